//! LEFT, by deviating nodes.

use super::node::{Effect, Node, OtherEffect, Step};
use crate::address::Names;
use crate::deviation::Deviation::*;
use crate::node::left as rule;

pub use crate::node::left::*;

/// [`KeepContextOnLeft`]; or [`AbortOnStaleAsk`], or [`ReviveOnRejoin`]. What is remembered of the
/// peer goes with its context.
pub fn left<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if node.deviates(KeepContextOnLeft) {
        return;
    }
    if node.deviates(AbortOnStaleAsk) && has_stale_mark(node, peer) {
        node.contexts.remove(peer);
        node.behaviour.peers.remove(peer);
        let why = "a peer leaves that is still marked as asked";
        return step.effect(Effect::Other(OtherEffect::Abort(why)));
    }
    if node.deviates(ReviveOnRejoin)
        && let Some(context) = node.contexts.get(peer)
    {
        let remembered = node.behaviour.peers.get(peer).cloned();
        let departed = (context.clone(), remembered.unwrap_or_default());
        node.behaviour.departed.insert(peer.clone(), departed);
    }
    rule::left(node, peer, step);
    node.behaviour.peers.remove(peer);
}

/// Whether the peer is marked as asked for an own want that is not asked of it.
fn has_stale_mark<N: Names>(node: &Node<N>, peer: &N::Peer) -> bool {
    node.asked_marks(peer)
        .any(|address| node.wants(address) && !node.is_asked(peer, address))
}

/// [`StuckOnLeft`], or [`WaitOnLeft`].
pub fn ask_elsewhere<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if node.deviates(StuckOnLeft) {
        // What was asked of the peer stays so, but it is sent no cancel if it comes again.
        for (_, want) in node.wants.iter_mut() {
            want.unanswered.remove(peer);
        }
    } else if node.deviates(WaitOnLeft) {
        release_and_wait(node, peer);
    } else {
        rule::ask_elsewhere(node, peer, step);
    }
}

/// [`WaitOnLeft`]. What is stuck by [`StuckOnInvalid`] stays so when asks are kept as marks on
/// the peer ([`OnlyAsked`]): the invalid delivery has taken the mark away.
fn release_and_wait<N: Names>(node: &mut Node<N>, peer: &N::Peer) {
    let keeps_stuck = node.deviates(OnlyAsked) && node.deviates(StuckOnInvalid);
    for address in rule::release(node, peer) {
        let is_stuck = keeps_stuck && !node.asked_marks(peer).any(|marked| *marked == address);
        if is_stuck && let Some(want) = node.wants.get_mut(&address) {
            want.asked.insert(peer.clone());
        }
    }
}
