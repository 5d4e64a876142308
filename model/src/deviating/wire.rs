//! WIRE, by deviating nodes: a whole message.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Effect, Node, OtherEffect, Step};
use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::deviation::Deviation::*;
use crate::message::{Delivery, Message, Presence, PresenceType, ProofEvidence, WantEntry};
use crate::node::wire as rule;
use crate::price::Price;

/// [`ContextOnMessage`]; or [`AcceptFromStranger`].
pub fn received<N: Names>(
    node: &mut Node<N>, from: &N::Peer, message: Message<N>, step: &mut Step<'_, N>,
) {
    if node.deviates(ContextOnMessage) && !node.contexts.contains_key(from) {
        node.contexts.insert(from.clone(), PeerContext::default());
    }
    if node.deviates(AcceptFromStranger) && !node.contexts.contains_key(from) {
        return node.deliveries(from, message.deliveries, step);
    }
    rule::received(node, from, message, step);
}

/// [`RefuseMessageOnBadDelivery`]; or [`AbortOnMissingData`]. What [`TakeTwice`] has noted is
/// forgotten with the message.
pub fn message<N: Names>(
    node: &mut Node<N>, from: &N::Peer, message: Message<N>, step: &mut Step<'_, N>,
) {
    if node.deviates(RefuseMessageOnBadDelivery) && message.deliveries.iter().any(is_bad) {
        for delivery in message
            .deliveries
            .iter()
            .filter(|delivery| is_bad(delivery))
        {
            node.reject(from, delivery, step);
        }
        return step.effect(Effect::Other(OtherEffect::RefuseStream));
    }
    let is_without =
        |delivery: &Delivery<N::Cid>| !delivery.evidence.has_data && node.wants(&delivery.address);
    if node.deviates(AbortOnMissingData) && message.deliveries.iter().any(is_without) {
        return step.effect(Effect::Other(OtherEffect::Abort("a delivery has no data")));
    }
    rule::message(node, from, message, step);
    node.behaviour.taken.clear();
}

/// Data that does not match its CID, or a proof that does not decode.
fn is_bad<C>(delivery: &Delivery<C>) -> bool {
    let evidence = delivery.evidence;
    evidence.has_data && !evidence.data_matches_cid || evidence.proof == ProofEvidence::Undecodable
}

/// [`LatePresence`]: the presence items are judged by the own wants as they were before the
/// deliveries of the same message.
pub fn blocks_then_presences<N: Names>(
    node: &mut Node<N>, from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>,
    presences: Vec<Presence<N::Cid>>, step: &mut Step<'_, N>,
) {
    if !node.deviates(LatePresence) {
        return rule::blocks_then_presences(node, from, deliveries, presences, step);
    }
    let wants = node.wants.iter();
    // Each own want, and whether it is asked of nobody.
    let wanted: BTreeMap<_, _> = wants
        .map(|(address, want)| (address.clone(), want.asked.is_empty()))
        .collect();
    node.deliveries(from, deliveries, step);
    let kept = ended_records(node, from, |address| wanted.contains_key(address));
    let (late, timely): (Vec<_>, Vec<_>) = presences
        .into_iter()
        .partition(|item| wanted.contains_key(&item.address) && !node.wants(&item.address));
    node.presences(from, timely, step);
    if !node.contexts.contains_key(from) {
        return;
    }
    let counts = |item: &Presence<N::Cid>| {
        item.presence_type == PresenceType::Have || node.deviates(DontHaveRecorded)
    };
    let said: Vec<_> = late
        .into_iter()
        .filter(counts)
        .map(LateRecord::of)
        .collect();
    let mut asked = BTreeSet::new();
    for record in &said {
        if wanted.get(&record.address) == Some(&true) && asked.insert(record.address.clone()) {
            step.want(from, WantEntry::want_block(record.address.clone()));
        }
    }
    for record in kept.into_iter().chain(said) {
        restore(node, from, record);
    }
}

/// A record of a want that has ended in the same message.
struct LateRecord<C> {
    address: Address<C>,
    price: Price,
    is_denied: bool,
}

impl<C> LateRecord<C> {
    fn of(item: Presence<C>) -> Self {
        LateRecord {
            is_denied: item.presence_type == PresenceType::DontHave,
            address: item.address,
            price: item.price,
        }
    }
}

/// The peer's records of wants that have ended since they were own wants.
fn ended_records<N: Names>(
    node: &Node<N>, peer: &N::Peer, was_wanted: impl Fn(&Address<N::Cid>) -> bool,
) -> Vec<LateRecord<N::Cid>> {
    let context = node.contexts.get(peer).into_iter();
    context
        .flat_map(|context| context.presence())
        .filter(|(address, _)| was_wanted(address) && !node.wants(address))
        .map(|(address, price)| LateRecord {
            is_denied: node.is_denied(peer, address),
            address: address.clone(),
            price: *price,
        })
        .collect()
}

fn restore<N: Names>(node: &mut Node<N>, peer: &N::Peer, record: LateRecord<N::Cid>) {
    node.behaviour.change(peer, |remembered| {
        if record.is_denied {
            remembered.denied.insert(record.address.clone());
        } else {
            remembered.denied.remove(&record.address);
        }
    });
    if let Some(context) = node.contexts.get_mut(peer) {
        context.set_presence(record.address, record.price);
    }
}
