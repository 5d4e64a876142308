//! ASK, by deviating nodes.

use std::collections::BTreeSet;

use super::node::{Effect, Node, OtherEffect, Step};
use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::WantEntry;
use crate::node::ask as rule;

pub use crate::node::ask::*;

/// [`RequestHeldAsks`].
pub fn request_held<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    rule::request_held(node, address, step);
    if node.deviates(RequestHeldAsks) {
        node.announce(address, step);
    }
}

/// [`RequestAgainAnnounces`].
pub fn request_again<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    rule::request_again(node, address, step);
    if node.deviates(RequestAgainAnnounces) {
        node.announce(address, step);
    }
}

/// A fresh want that is known to be had somewhere, by a record that [`PresenceUnbounded`],
/// [`KeepPresenceOnResolve`], [`KeepPresenceUnasked`], [`KeepPresenceOnCancel`] or [`LatePresence`]
/// has left, is asked for at once. [`AskUnannounced`] asks somebody in any case.
pub fn pursue<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>) {
    if node.ask_any_holder(address, step) {
        return;
    }
    let peers = node.peers();
    if node.deviates(AskUnannounced)
        && let Some(peer) = step.choose(address, &peers)
    {
        return node.ask(peer, address, step);
    }
    rule::pursue(node, address, step);
}

/// How many peers [`AnnounceToBest`] tells.
pub const BEST: usize = 3;

/// [`AnnounceToBest`]: discovery is asked only when no peer is known to have anything of the
/// dataset.
pub fn announce<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>) {
    if !node.deviates(AnnounceToBest) {
        return rule::announce(node, address, step);
    }
    let dataset = address.cid_or_tree_cid();
    let has_some = |peer: &N::Peer| {
        let mut records = node.contexts.get(peer).into_iter();
        records.any(|context| context.peer_have_cids().contains(dataset))
    };
    let (some, nothing): (Vec<_>, Vec<_>) = node.peers().into_iter().partition(has_some);
    let is_found = address.is_leaf() && !some.is_empty();
    let best = if is_found { some } else { nothing };
    for peer in best.into_iter().take(BEST) {
        node.announce_to(&peer, address, step);
    }
    if !is_found {
        step.effect(Effect::Discover(dataset.clone()));
    }
}

/// [`NoAnnounceAgain`]: a peer is told of a want once; a retry tells anybody. [`AnnounceInFull`]:
/// it is told by a full list.
pub fn announce_to<N: Names>(
    node: &mut Node<N>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(NoAnnounceAgain) {
        let want = node.wants.get(address);
        let is_retry = want.is_some_and(|want| want.retries > 0);
        let note = |told: &mut super::node::Remembered<N>| told.announced.insert(address.clone());
        if !is_retry && !node.behaviour.change(peer, note) {
            return;
        }
    }
    if node.deviates(AnnounceInFull) {
        step.own_want_list(peer, unknown_to(node, peer));
    } else {
        rule::announce_to(node, peer, address, step);
    }
}

/// A WantHave for each own want that the peer is not known to have.
fn unknown_to<N: Names>(node: &Node<N>, peer: &N::Peer) -> Vec<WantEntry<N::Cid>> {
    let context = node.contexts.get(peer);
    let is_unknown =
        |want: &&Address<N::Cid>| !context.is_some_and(|context| context.contains(want));
    let unknown = node.wants.keys().filter(is_unknown);
    unknown.cloned().map(WantEntry::want_have).collect()
}

/// [`OnlyAsked`], [`AskOutlivesCancel`] and [`AbortOnStaleAsk`] mark it on the peer.
pub fn ask<N: Names>(
    node: &mut Node<N>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    rule::ask(node, peer, address, step);
    let marks = node.deviates(OnlyAsked)
        || node.deviates(AskOutlivesCancel)
        || node.deviates(AbortOnStaleAsk);
    if marks && node.wants(address) {
        node.behaviour
            .change(peer, |remembered| remembered.asked.insert(address.clone()));
    }
}

/// [`AskEveryHolder`].
pub fn ask_any_holder<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) -> bool {
    if !node.deviates(AskEveryHolder) {
        return rule::ask_any_holder(node, address, step);
    }
    let holders = rule::holders(node, address);
    for holder in &holders {
        node.ask(holder, address, step);
    }
    !holders.is_empty()
}

/// [`AskOnRetryOnly`]; or [`AskEveryHolder`], which asks for what is asked of others too; or
/// [`AskInSlices`], which asks anybody.
pub fn ask_for_all_known_at<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    if node.deviates(AskOnRetryOnly) {
        return;
    }
    let asks_every_holder = node.deviates(AskEveryHolder);
    if !asks_every_holder && !node.deviates(AskInSlices) {
        return rule::ask_for_all_known_at(node, peer, step);
    }
    let Some(context) = node.contexts.get(peer) else {
        return;
    };
    let known = node
        .wants
        .iter()
        .filter(|(address, _)| context.contains(address));
    let unasked = known.filter(|(_, want)| {
        want.asked.is_empty() || asks_every_holder && !want.asked.contains(peer)
    });
    let addresses: Vec<_> = unasked.map(|(address, _)| address.clone()).collect();
    for address in addresses {
        if asks_every_holder {
            node.ask(peer, &address, step);
        } else {
            node.ask_any_holder(&address, step);
        }
    }
}

/// [`NeverRetry`].
pub fn retry<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>) {
    if !node.deviates(NeverRetry) {
        rule::retry(node, address, step);
    }
}

/// [`FirstCancelEnds`].
pub fn goes_on_for_others<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>) -> bool {
    !node.deviates(FirstCancelEnds) && rule::goes_on_for_others(node, address)
}

/// [`RetriesCountWhenAsked`].
pub fn count_retry<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>) {
    if !node.deviates(RetriesCountWhenAsked) || !node.asked(address).is_empty() {
        rule::count_retry(node, address);
    }
}

/// [`RetryForever`].
pub fn has_retried_enough<N: Names>(node: &Node<N>, address: &Address<N::Cid>) -> bool {
    !node.deviates(RetryForever) && rule::has_retried_enough(node, address)
}

/// [`AskAgainOnRetry`].
pub fn pursue_anew<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    if !node.deviates(AskAgainOnRetry) {
        return rule::pursue_anew(node, address, step);
    }
    if let Some(want) = node.wants.get_mut(address) {
        want.asked.clear();
    }
    if !node.ask_any_holder(address, step) {
        node.announce_anew(address, step);
    }
}

/// [`DropSlowPeer`].
pub fn lose_silent<N: Names>(
    node: &mut Node<N>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(DropSlowPeer) {
        step.effect(Effect::Other(OtherEffect::Disconnect(peer.clone())));
    }
    rule::lose_silent(node, peer, address, step);
}

/// [`RefreshInFull`]: each peer is told by a full list of the own wants that it is not known to
/// have. What [`NoAnnounceAgain`] remembers of the want is forgotten.
pub fn announce_anew<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    for peer in node.peers() {
        node.behaviour.forget(&peer, |remembered| {
            remembered.announced.remove(address);
        });
    }
    if !node.deviates(RefreshInFull) {
        return rule::announce_anew(node, address, step);
    }
    for peer in node.peers() {
        let entries = unknown_to(node, &peer);
        if !entries.is_empty() {
            step.own_want_list(&peer, entries);
        }
    }
    step.effect(Effect::Discover(address.cid_or_tree_cid().clone()));
}

/// [`KeepPresenceOnCancel`]. Marks on peers go, but for [`AskOutlivesCancel`] and
/// [`AbortOnStaleAsk`].
pub fn abandon<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>, step: &mut Step<'_, N>) {
    if !node.deviates(AskOutlivesCancel) && !node.deviates(AbortOnStaleAsk) {
        for peer in node.peers() {
            node.behaviour.forget(&peer, |remembered| {
                remembered.asked.remove(address);
            });
        }
    }
    if !node.deviates(KeepPresenceOnCancel) {
        return rule::abandon(node, address, step);
    }
    if let Some(want) = node.wants.remove(address) {
        node.withdraw(address, &want.unanswered, step);
    }
}

/// [`CancelSilently`], [`NoCancelSent`].
pub fn withdraw<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    step: &mut Step<'_, N>,
) {
    if !node.deviates(CancelSilently) && !node.deviates(NoCancelSent) {
        rule::withdraw(node, address, unanswered, step);
    }
}
