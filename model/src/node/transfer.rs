//! XFER: deliveries, where a want ends.

use std::collections::BTreeSet;

use crate::address::{Address, Names};
use crate::message::{Delivery, ProofEvidence, WantEntry};

use super::arrived::{Arrived, Source};
use super::behaviour::Behaviour;
use super::state::{Effect, Node};
use super::step::Step;

/// The deliveries of one message. XFER-5: each is judged by itself.
pub fn deliveries<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>,
    step: &mut Step<'_, N, B>,
) {
    let mut arrived = Vec::new();
    for (index, delivery) in deliveries.into_iter().enumerate() {
        if !node.is_awaited(from, &delivery) {
            continue;
        }
        if node.counts(&delivery) {
            arrived.push(node.accept(from, index, delivery, step));
        } else {
            node.reject(from, &delivery, step);
        }
    }
    node.wake(&arrived, step);
}

/// XFER-2: a delivery for an address that is no own want is ignored. XFER-8: it does not matter
/// which peer brings it.
pub fn is_awaited<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, _: &N::Peer, delivery: &Delivery<N::Cid>,
) -> bool {
    node.wants(&delivery.address)
}

/// XFER-3: the data must hash to the CID, and for a plain address that CID must be the address.
/// XFER-4: for a leaf address the proof must verify the block as this leaf of this tree.
pub fn counts<N: Names, B: Behaviour<N>>(_: &Node<N, B>, delivery: &Delivery<N::Cid>) -> bool {
    let evidence = delivery.evidence;
    let is_the_address = if delivery.address.is_leaf() {
        evidence.proof == ProofEvidence::Verified
    } else {
        evidence.cid_matches_address
    };
    evidence.has_data && evidence.data_matches_cid && is_the_address
}

/// XFER-5: a delivery that does not count stores nothing and ends nothing. XFER-6: if it
/// came from the peer that was asked, that peer does not have the block.
pub fn reject<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, delivery: &Delivery<N::Cid>, step: &mut Step<'_, N, B>,
) {
    has_answered(node, from, &delivery.address);
    if node.is_asked(from, &delivery.address) {
        node.lose_holder(from, &delivery.address, step);
    }
}

/// The peer has answered, so no cancel is owed to it (ASK-7).
pub fn has_answered<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, address: &Address<N::Cid>,
) {
    if let Some(want) = node.wants.get_mut(address) {
        want.unanswered.remove(peer);
    }
}

/// XFER-7: a delivery that counts is stored, and the block is held from now on.
pub fn accept<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, index: usize, delivery: Delivery<N::Cid>,
    step: &mut Step<'_, N, B>,
) -> Arrived<N> {
    let block = Arrived::<N> {
        addresses: node.addresses_of(&delivery),
        cid: delivery.cid,
        source: Source::Delivery(from.clone()),
    };
    step.effect(Effect::Keep {
        delivery: index,
        cid: block.cid.clone(),
        addresses: block.addresses.clone(),
    });
    node.hold(&block, step);
    block
}

/// XFER-7: a leaf's block is held under its own CID too.
pub fn addresses_of<N: Names, B: Behaviour<N>>(
    _: &Node<N, B>, delivery: &Delivery<N::Cid>,
) -> Vec<Address<N::Cid>> {
    let own = Address::Plain(delivery.cid.clone());
    if delivery.address == own {
        vec![own]
    } else {
        vec![delivery.address.clone(), own]
    }
}

/// XFER-7, HELD-1: the block is held under all of its addresses, and the own wants for them end.
pub fn hold<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, block: &Arrived<N>, step: &mut Step<'_, N, B>,
) {
    for address in &block.addresses {
        node.held.insert(address.clone(), block.cid.clone());
        node.meet_want(address, block, step);
    }
}

/// XFER-7, HELD-1: an own want ends by its block; everybody who requested it gets it.
pub fn meet_want<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, block: &Arrived<N>, step: &mut Step<'_, N, B>,
) {
    if let Some(want) = node.wants.remove(address) {
        step.effect(Effect::Obtained(address.clone()));
        node.close_want(address, &want.unanswered, block, step);
    }
}

/// XFER-7, HELD-1: others that were asked are told that the want is over. PRES-6: no record of it
/// stays.
pub fn close_want<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    block: &Arrived<N>, step: &mut Step<'_, N, B>,
) {
    node.cancel_at_others(address, unanswered, block, step);
    node.forget_presence(address);
}

/// XFER-7, HELD-1: whoever was asked and has not answered is sent a cancel, but for the peer
/// that delivered.
pub fn cancel_at_others<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    block: &Arrived<N>, step: &mut Step<'_, N, B>,
) {
    for peer in unanswered.iter().filter(|peer| !block.is_from(peer)) {
        step.cancel(peer, address.clone());
    }
}

/// XFER-1: a delivery names the block by the address that it was asked for. WANT-14: it carries
/// the want's priority until it is sent.
pub fn deliver<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, to: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N, B>,
) {
    step.delivery(
        to,
        entry.priority,
        Delivery::valid(entry.address.clone(), cid),
    );
}
