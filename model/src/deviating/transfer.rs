//! XFER, by deviating nodes.

use std::collections::BTreeSet;

use super::node::{Node, Step};
use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::{Delivery, ProofEvidence, WantEntry};
use crate::node::arrived::{Arrived, Source};
use crate::node::ask::holders;
use crate::node::transfer as rule;

pub use crate::node::transfer::*;

/// [`OnlyAsked`], with what [`AskOutlivesCancel`] left marked. Then [`AcceptUnwanted`], and a
/// delivery that [`TakeTwice`] takes again.
pub fn is_awaited<N: Names>(
    node: &mut Node<N>, from: &N::Peer, delivery: &Delivery<N::Cid>,
) -> bool {
    let address = &delivery.address;
    let was_marked = node.asked_marks(from).any(|marked| marked == address);
    node.behaviour.forget(from, |remembered| {
        remembered.asked.remove(address);
    });
    if node.deviates(OnlyAsked) && !was_marked {
        return false;
    }
    rule::is_awaited(node, from, delivery)
        || node.deviates(AcceptUnwanted)
        || node.behaviour.taken.contains(address)
}

/// [`AcceptMislabelled`], [`AcceptUnprovenLeaf`].
pub fn counts<N: Names>(node: &Node<N>, delivery: &Delivery<N::Cid>) -> bool {
    let evidence = delivery.evidence;
    let proof_decodes = matches!(
        evidence.proof,
        ProofEvidence::Unverified | ProofEvidence::Verified
    );
    let is_let_pass = node.deviates(AcceptMislabelled)
        || node.deviates(AcceptUnprovenLeaf) && delivery.address.is_leaf() && proof_decodes;
    is_let_pass && evidence.has_data && evidence.data_matches_cid || rule::counts(node, delivery)
}

/// [`StuckOnInvalid`].
pub fn reject<N: Names>(
    node: &mut Node<N>, from: &N::Peer, delivery: &Delivery<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(StuckOnInvalid) {
        rule::has_answered(node, from, &delivery.address);
    } else {
        rule::reject(node, from, delivery, step);
    }
}

/// [`UnsharedLeaf`].
pub fn addresses_of<N: Names>(node: &Node<N>, delivery: &Delivery<N::Cid>) -> Vec<Address<N::Cid>> {
    if node.deviates(UnsharedLeaf) {
        vec![delivery.address.clone()]
    } else {
        rule::addresses_of(node, delivery)
    }
}

/// [`UploadKeepsWant`], or [`EndNamedWantOnly`]; then [`TakeTwice`]. With [`CancelToHolders`] and
/// [`AskOutlivesCancel`], what is known and marked of a block that is no own want goes as well.
pub fn meet_want<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, block: &Arrived<N>, step: &mut Step<'_, N>,
) {
    let is_upload = block.source == Source::Upload;
    let is_named = block.addresses.first() == Some(address);
    if is_upload && node.deviates(UploadKeepsWant)
        || !is_upload && !is_named && node.deviates(EndNamedWantOnly)
    {
        return;
    }
    if node.wants(address) {
        if node.deviates(TakeTwice) && matches!(block.source, Source::Delivery(_)) {
            node.behaviour.taken.insert(address.clone());
        }
        rule::meet_want(node, address, block, step);
    } else if node.behaviour.taken.contains(address) {
        cancel_again(address, step);
    } else if node.deviates(CancelToHolders) || node.deviates(AskOutlivesCancel) {
        node.close_want(address, &BTreeSet::new(), block, step);
    }
}

/// [`TakeTwice`]: whoever is owed a cancel of this address is owed another.
fn cancel_again<N: Names>(address: &Address<N::Cid>, step: &mut Step<'_, N>) {
    for owed in step.owed_to_all() {
        if owed.cancels.iter().any(|entry| entry.address == *address) {
            owed.cancels.push(WantEntry::cancel(address.clone()));
        }
    }
}

/// Whoever is marked as asked counts as such, and is marked no longer. [`KeepPresenceOnResolve`] and
/// [`KeepPresenceUnasked`] keep the records of some peers.
pub fn close_want<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    block: &Arrived<N>, step: &mut Step<'_, N>,
) {
    let mut asked = unanswered.clone();
    for peer in node.peers() {
        if node.asked_marks(&peer).any(|marked| marked == address) {
            node.behaviour.forget(&peer, |remembered| {
                remembered.asked.remove(address);
            });
            asked.insert(peer);
        }
    }
    let keeps_others = node.deviates(KeepPresenceOnResolve);
    let keeps_unasked = node.deviates(KeepPresenceUnasked);
    if !keeps_others && !keeps_unasked {
        return rule::close_want(node, address, &asked, block, step);
    }
    node.cancel_at_others(address, &asked, block, step);
    for peer in node.peers() {
        let delivered = block.is_from(&peer);
        let keeps =
            keeps_others && !delivered || keeps_unasked && (delivered || !asked.contains(&peer));
        if !keeps {
            node.clean_presence(&peer, std::slice::from_ref(address));
        }
    }
}

/// [`NoCancelSent`]; or [`CancelToHolders`], and [`CancelToDeliverer`].
pub fn cancel_at_others<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    block: &Arrived<N>, step: &mut Step<'_, N>,
) {
    if node.deviates(NoCancelSent) {
        return;
    }
    let mut told = unanswered.clone();
    if node.deviates(CancelToHolders) {
        told.extend(holders(node, address));
    }
    rule::cancel_at_others(node, address, &told, block, step);
    if node.deviates(CancelToDeliverer)
        && let Some(deliverer) = told.iter().find(|peer| block.is_from(peer))
    {
        step.cancel(deliverer, address.clone());
    }
}

/// [`DeliverUnderOwnCid`].
pub fn deliver<N: Names>(
    node: &mut Node<N>, to: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N>,
) {
    if node.deviates(DeliverUnderOwnCid) {
        let mut entry = entry.clone();
        entry.address = Address::Plain(cid.clone());
        rule::deliver(node, to, &entry, cid, step);
    } else {
        rule::deliver(node, to, entry, cid, step);
    }
}
