//! [`Turns`]: what is owed to peers whose serving is put off (`serve-later`).
//!
//! A node is free to put off serving. What is put off is owed all the same, and due when everything
//! has been sent.

use std::collections::BTreeMap;

use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent};
use blockexc_model::message::Delivery;
use blockexc_model::node::First;
use libp2p::PeerId;

use super::broken::Causes;
use super::parts::{Part, parts};
use crate::wire::{Address, Network};

/// The peers whose serving has been put off and has not been seen, each with what it wants and is
/// held since, and what is broken if it is never sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns(BTreeMap<PeerId, BTreeMap<Address, &'static str>>);

impl Turns {
    /// Notes whose serving a step puts off, and whose has come.
    pub(super) fn note(
        &mut self,
        node: &Node<Network>,
        event: &Event<Network>,
        effects: &[Effect<Network>],
    ) {
        if let Event::Left(peer) | Event::Other(OtherEvent::Serve(peer)) = event {
            self.0.remove(peer);
        }
        for effect in effects {
            let Effect::Other(OtherEffect::ServeLater(peer)) = effect else {
                continue;
            };
            let causes = Causes::of(Some(event));
            let context = node.contexts().get(peer).into_iter();
            let wants = context.flat_map(|context| context.wants());
            let of_peer = self.0.entry(*peer).or_default();
            for entry in wants.filter(|entry| node.holds(&entry.address)) {
                let delivery = node
                    .held()
                    .get(&entry.address)
                    .map(|cid| Part::Delivery(Delivery::valid(entry.address.clone(), cid.clone())));
                let broken = delivery.and_then(|delivery| causes.missing(&delivery));
                of_peer
                    .entry(entry.address.clone())
                    .or_insert(broken.unwrap_or("WANT-13"));
            }
        }
    }

    /// Whether the serving of this peer has been put off.
    pub(super) fn waits(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }

    /// What is owed by turns that have not been seen, with what is broken without it. A turn may have
    /// come before a block did that is held now, so that only what was held when it was put off
    /// counts.
    pub(super) fn owed(&self, node: &Node<Network>) -> Vec<(PeerId, Part, &'static str)> {
        let mut owed = Vec::new();
        for (peer, held) in &self.0 {
            let turn = Event::Other(OtherEvent::Serve(*peer));
            for effect in node.clone().step(turn, &mut First) {
                let Effect::Send { to, message } = effect else {
                    continue;
                };
                for part in parts(&message) {
                    let Part::Delivery(delivery) = &part else {
                        continue;
                    };
                    // It may be named by another address than it was asked for by.
                    let is_it = |(address, _): &(&Address, &&'static str)| {
                        node.held().get(*address) == Some(&delivery.cid)
                    };
                    if to == *peer
                        && let Some((_, broken)) = held.iter().find(is_it)
                    {
                        owed.push((to, part, *broken));
                    }
                }
            }
        }
        owed
    }
}
