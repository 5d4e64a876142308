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

/// [`FailOnUnstorable`]: the requests fail first, so that the rest of the message is ignored.
pub fn deliveries<N: Names>(
    node: &mut Node<N>, from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>, step: &mut Step<'_, N>,
) {
    if node.deviates(FailOnUnstorable) {
        let wanted = deliveries.iter().filter(|it| node.wants(&it.address));
        let unstorable = wanted.filter(|delivery| is_unstorable(node, delivery));
        let trees: BTreeSet<_> = unstorable.filter_map(|it| tree(&it.address)).collect();
        let beside = deliveries.iter().map(|delivery| &delivery.address);
        for address in beside.filter(|it| tree(it).is_some_and(|tree| trees.contains(tree))) {
            if node.wants(address) {
                node.give_up(address, step);
            }
        }
    }
    rule::deliveries(node, from, deliveries, step);
}

/// The tree of a leaf address.
fn tree<C>(address: &Address<C>) -> Option<&C> {
    address.is_leaf().then(|| address.cid_or_tree_cid())
}

/// Whether the proof of this leaf is not the one that the store would accept: it does not verify,
/// unless that goes unnoticed, or it contradicts what [`PoisonedTree`] keeps of the tree.
fn is_unstorable<N: Names>(node: &Node<N>, delivery: &Delivery<N::Cid>) -> bool {
    let evidence = delivery.evidence;
    if tree(&delivery.address).is_none() || !evidence.has_data || !evidence.data_matches_cid {
        return false;
    }
    contradicts_tree(node, delivery)
        || evidence.proof == ProofEvidence::Unverified && !node.counts(delivery)
}

/// [`PoisonedTree`]: whether the proof is of another tree than what is kept.
fn contradicts_tree<N: Names>(node: &Node<N>, delivery: &Delivery<N::Cid>) -> bool {
    let tree = tree(&delivery.address);
    match tree.and_then(|tree| node.behaviour.trees.get(tree)) {
        Some(true) => delivery.evidence.proof == ProofEvidence::Verified,
        Some(false) => delivery.evidence.proof == ProofEvidence::Unverified,
        None => false,
    }
}

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

/// [`ManifestsOnly`], [`PoisonedTree`]; then [`AcceptMislabelled`], [`AcceptUnprovenLeaf`].
pub fn counts<N: Names>(node: &Node<N>, delivery: &Delivery<N::Cid>) -> bool {
    let evidence = delivery.evidence;
    let is_refused = node.deviates(ManifestsOnly)
        && !delivery.address.is_leaf()
        && !N::is_manifest(&delivery.cid);
    if is_refused || node.deviates(PoisonedTree) && contradicts_tree(node, delivery) {
        return false;
    }
    let proof_decodes = matches!(
        evidence.proof,
        ProofEvidence::Unverified | ProofEvidence::Verified
    );
    let is_let_pass = node.deviates(AcceptMislabelled)
        || node.deviates(AcceptUnprovenLeaf) && delivery.address.is_leaf() && proof_decodes
        || node.deviates(PoisonedTree) && evidence.proof == ProofEvidence::Unverified;
    is_let_pass && evidence.has_data && evidence.data_matches_cid || rule::counts(node, delivery)
}

/// [`PoisonedTree`]; or [`StuckOnInvalid`].
pub fn reject<N: Names>(
    node: &mut Node<N>, from: &N::Peer, delivery: &Delivery<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(PoisonedTree) && contradicts_tree(node, delivery) {
        node.give_up(&delivery.address, step);
    } else if node.deviates(StuckOnInvalid) {
        rule::has_answered(node, from, &delivery.address);
    } else {
        rule::reject(node, from, delivery, step);
    }
}

/// [`PoisonedTree`] keeps the nodes of the first proof of a tree.
pub fn accept<N: Names>(
    node: &mut Node<N>, from: &N::Peer, index: usize, delivery: Delivery<N::Cid>,
    step: &mut Step<'_, N>,
) -> Arrived<N> {
    if node.deviates(PoisonedTree)
        && let Some(tree) = tree(&delivery.address)
    {
        let is_forged = delivery.evidence.proof != ProofEvidence::Verified;
        let trees = &mut node.behaviour.trees;
        trees.entry(tree.clone()).or_insert(is_forged);
    }
    rule::accept(node, from, index, delivery, step)
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

/// [`NoCancelSent`], [`NoCancelOnDelivery`]; or [`CancelToHolders`], and [`CancelToDeliverer`].
pub fn cancel_at_others<N: Names>(
    node: &mut Node<N>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    block: &Arrived<N>, step: &mut Step<'_, N>,
) {
    if node.deviates(NoCancelSent) || node.deviates(NoCancelOnDelivery) {
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

/// [`ServeOnce`] and [`ResendCooldown`] remember it. [`DeliverUnderOwnCid`]; then
/// [`DeliverTwice`].
pub fn deliver<N: Names>(
    node: &mut Node<N>, to: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N>,
) {
    if node.deviates(ServeOnce) || node.deviates(ResendCooldown) {
        let address = entry.address.clone();
        node.behaviour
            .change(to, |remembered| remembered.served.insert(address));
    }
    let mut entry = entry.clone();
    if node.deviates(DeliverUnderOwnCid) {
        entry.address = Address::Plain(cid.clone());
    }
    if node.deviates(DeliverTwice) {
        rule::deliver(node, to, &entry, cid.clone(), step);
    }
    rule::deliver(node, to, &entry, cid, step);
}
