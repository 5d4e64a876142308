//! JOIN, by deviating nodes.

use super::node::{Node, Step};
use crate::address::Names;
use crate::context::PeerContext;
use crate::deviation::Deviation::*;
use crate::node::join as rule;

pub use crate::node::join::*;

/// [`RejoinResets`], then [`RejoinResends`].
pub fn joined_again<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if node.deviates(RejoinResets) {
        node.contexts.insert(peer.clone(), PeerContext::default());
        node.behaviour.peers.remove(peer);
    }
    if node.deviates(RejoinResends) {
        send_list(node, peer, step);
    }
}

/// [`ReviveOnRejoin`]: the old context comes back, without records of what is no own want.
pub fn new_context<N: Names>(node: &mut Node<N>, peer: &N::Peer) -> PeerContext<N> {
    let Some((mut context, mut remembered)) = node.behaviour.departed.remove(peer) else {
        return rule::new_context(node, peer);
    };
    context
        .presence
        .retain(|address, _| node.wants.contains(address));
    remembered
        .denied
        .retain(|address| node.wants.contains(address));
    node.behaviour.change(peer, |now| *now = remembered);
    context
}

/// [`AccountWithheld`].
pub fn send_account<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if !node.deviates(AccountWithheld) {
        rule::send_account(node, peer, step);
    }
}

/// [`NoListOnJoin`], then [`ListWhenEmpty`].
pub fn send_own_wants<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if !node.deviates(NoListOnJoin) {
        send_list(node, peer, step);
    }
}

/// [`ListWhenEmpty`].
fn send_list<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if node.deviates(ListWhenEmpty) {
        node.send_own_want_list(peer, step);
    } else {
        rule::send_own_wants(node, peer, step);
    }
}

/// [`NoAnnounceAgain`] remembers that the peer was told of every own want.
pub fn send_own_want_list<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    rule::send_own_want_list(node, peer, step);
    if node.deviates(NoAnnounceAgain) {
        let all = node.wants.keys().cloned().collect();
        node.behaviour
            .change(peer, |remembered| remembered.announced = all);
    }
}
