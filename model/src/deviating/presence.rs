//! PRES, by deviating nodes.

use std::collections::BTreeSet;

use super::node::{Node, Step};
use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::Presence;
use crate::node::presence as rule;
use crate::price::Price;

/// [`PresenceReplaces`], then [`ItemsInReverse`]. After the items the stale records of the peer go,
/// which [`KeepPresenceOnResolve`], [`KeepPresenceUnasked`], [`KeepPresenceOnCancel`] and
/// [`LatePresence`] leave; [`PresenceUnbounded`] keeps all.
pub fn presences<N: Names>(
    node: &mut Node<N>, from: &N::Peer, mut items: Vec<Presence<N::Cid>>, step: &mut Step<'_, N>,
) {
    if items.is_empty() {
        return;
    }
    if node.deviates(PresenceReplaces) {
        let unnamed = unnamed_records(node, from, &items);
        node.clean_presence(from, &unnamed);
    }
    if node.deviates(ItemsInReverse) {
        items.reverse();
    }
    rule::presences(node, from, items, step);
    if !node.deviates(PresenceUnbounded) {
        let stale = node.stale_records(from);
        node.clean_presence(from, &stale);
    }
}

fn unnamed_records<N: Names>(
    node: &Node<N>, peer: &N::Peer, items: &[Presence<N::Cid>],
) -> Vec<Address<N::Cid>> {
    let named: BTreeSet<_> = items.iter().map(|item| &item.address).collect();
    let context = node.contexts.get(peer).into_iter();
    let records = context.flat_map(|context| context.peer_have());
    records
        .filter(|address| !named.contains(address))
        .cloned()
        .collect()
}

/// [`PresenceUnbounded`].
pub fn have<N: Names>(node: &mut Node<N>, from: &N::Peer, item: Presence<N::Cid>) {
    if node.deviates(PresenceUnbounded) {
        node.record_presence(from, item.address, item.price);
    } else {
        rule::have(node, from, item);
    }
}

/// [`FirstPriceStays`]. A Have takes away that [`DontHaveRecorded`] had recorded a DontHave.
pub fn record_presence<N: Names>(
    node: &mut Node<N>, from: &N::Peer, address: Address<N::Cid>, price: Price,
) {
    let context = node.contexts.get(from);
    if node.deviates(FirstPriceStays) && context.is_some_and(|context| context.contains(&address)) {
        return;
    }
    node.behaviour.forget(from, |remembered| {
        remembered.denied.remove(&address);
    });
    rule::record_presence(node, from, address, price);
}

/// [`DontHaveRecorded`]; or [`StuckOnDontHave`].
pub fn dont_have<N: Names>(
    node: &mut Node<N>, from: &N::Peer, item: Presence<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(StuckOnDontHave) && !node.deviates(DontHaveRecorded) {
        return node.clean_presence(from, &[item.address]);
    }
    if !node.deviates(DontHaveRecorded) {
        return rule::dont_have(node, from, item, step);
    }
    if !node.wants(&item.address) && !node.deviates(PresenceUnbounded) {
        return;
    }
    if let Some(context) = node.contexts.get_mut(from) {
        context.set_presence(item.address.clone(), item.price);
        node.behaviour
            .change(from, |remembered| remembered.denied.insert(item.address));
    }
}

/// What is remembered of the record goes with it, and the mark of [`OnlyAsked`].
pub fn lose_holder<N: Names>(
    node: &mut Node<N>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N>,
) {
    node.behaviour.forget(peer, |remembered| {
        remembered.denied.remove(address);
        remembered.asked.remove(address);
    });
    rule::lose_holder(node, peer, address, step);
}

/// What [`DontHaveRecorded`] remembers of the records goes with them.
pub fn forget_presence<N: Names>(node: &mut Node<N>, address: &Address<N::Cid>) {
    for peer in node.peers() {
        node.behaviour.forget(&peer, |remembered| {
            remembered.denied.remove(address);
        });
    }
    rule::forget_presence(node, address);
}

/// [`HelpersForgetLeaves`].
pub fn peer_have_cids<N: Names>(node: &Node<N>, peer: &N::Peer) -> BTreeSet<N::Cid> {
    if !node.deviates(HelpersForgetLeaves) {
        return rule::peer_have_cids(node, peer);
    }
    let context = node.contexts.get(peer).into_iter();
    let records = context.flat_map(|context| context.peer_have());
    records
        .filter(|address| !address.is_leaf())
        .map(|address| address.cid_or_tree_cid().clone())
        .collect()
}
