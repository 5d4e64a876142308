//! The steps of the core, and how their effects are carried out.

use std::collections::HashMap;

use blockexc_model::Deviation;
use blockexc_model::deviating::{Effect, Event, OtherEffect, OtherEvent};
use bytes::Bytes;
use libp2p::PeerId;
use tokio::time::Instant;
use tracing::{debug, error};

use super::Shell;
use super::source::Source;
use crate::node::handle::RequestError;
use crate::node::store::{LeafProof, StoreError, StoredBlock};
use crate::wire::{Address, BlockCid, Message, Network};

impl Shell {
    /// The core handles an event, and the effects are carried out.
    pub(super) fn step(&mut self, event: Event<Network>, source: Option<Source>) {
        let effects = self.core.handle(event);
        self.carry_out(effects, source.as_ref());
        self.serve();
    }

    /// Deviating nodes only: serves those whose time has come.
    pub(super) fn serve(&mut self) {
        let is_due = |it: &(Instant, PeerId)| it.0 <= Instant::now();
        while self.to_serve.front().is_some_and(is_due)
            && let Some((_, peer)) = self.to_serve.pop_front()
        {
            let effects = self.core.handle(Event::Other(OtherEvent::Serve(peer)));
            self.carry_out(effects, None);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect<Network>>, source: Option<&Source>) {
        let stored = self.store_blocks(&effects, source);
        for effect in effects {
            match effect {
                Effect::Send { to, message } if self.unserved.contains(&to) => {
                    self.send_without_blocks(&to, message);
                }
                Effect::Send { to, message } => {
                    let deviations = self.options.deviations;
                    if deviations.contains(Deviation::DropListWhileServing)
                        && !message.deliveries.is_empty()
                    {
                        self.served.insert(to);
                    }
                    self.exchange().send(&to, message);
                }
                // All of them have been stored already.
                Effect::Keep { .. } => {}
                Effect::Obtained(address) => {
                    let block = self.read(&address, &stored);
                    self.end_request(&address, &block);
                }
                Effect::Failed(address) => {
                    let connected = self.swarm.connected_peers().count();
                    let why = self.remarks.why(&address, connected);
                    self.end_request(&address, &Err(RequestError::NotFound(why)));
                }
                Effect::Cancelled { address, .. } => self.cancelled(&address),
                Effect::Discover(cid) => debug!("nobody to ask where {cid} is: no discovery here"),
                Effect::Other(OtherEffect::RefuseStream) => {
                    if let Some(source) = source {
                        self.close_stream(source.peer, source.connection, source.stream);
                    }
                }
                Effect::Other(OtherEffect::ServeLater(peer)) => {
                    if !self.to_serve.iter().any(|(_, it)| *it == peer) {
                        let at = Instant::now() + self.options.serve_after;
                        self.to_serve.push_back((at, peer));
                    }
                }
                Effect::Other(OtherEffect::Disconnect(peer)) => self.exchange().disconnect(&peer),
                Effect::Other(OtherEffect::Abort(cause)) => self.dead = Some(cause.to_owned()),
            }
        }
    }

    /// Stores all blocks of a step at once. Returns their CIDs by address.
    fn store_blocks(
        &self,
        effects: &[Effect<Network>],
        source: Option<&Source>,
    ) -> HashMap<Address, BlockCid> {
        let mut by_address = HashMap::new();
        let Some(source) = source else {
            return by_address;
        };
        let mut blocks = Vec::new();
        for effect in effects {
            let Effect::Keep {
                delivery,
                cid,
                addresses,
            } = effect
            else {
                continue;
            };
            let Some(received) = source.blocks.get(*delivery) else {
                continue;
            };
            // One without a proof (`accept-unproven-leaf`) is kept with an empty one.
            let proof = received.proof.as_deref().unwrap_or_default();
            let leaves = addresses.iter().filter(|address| address.is_leaf());
            let leaves = leaves.map(|address| LeafProof {
                address: address.clone(),
                proof: Bytes::copy_from_slice(proof),
            });
            let block = StoredBlock {
                cid: cid.clone(),
                data: source.bytes_to_store(&received.data),
            };
            // One that is named wrongly is found by its name (`accept-mislabelled`).
            let names = addresses.iter().filter_map(|address| match address {
                Address::Plain(name) if *name != block.cid => Some(name.clone()),
                _ => None,
            });
            blocks.extend(names.map(|cid| {
                let data = block.data.clone();
                (StoredBlock { cid, data }, Vec::new())
            }));
            blocks.push((block, leaves.collect()));
            by_address.extend(
                addresses
                    .iter()
                    .map(|address| (address.clone(), cid.clone())),
            );
        }
        if !blocks.is_empty()
            && let Err(error) = self.store.put_all(&blocks)
        {
            error!(
                "{} blocks that came could not be stored: {error}",
                blocks.len()
            );
        }
        by_address
    }

    /// Reads the block of an address from the store.
    fn read(
        &self,
        address: &Address,
        stored: &HashMap<Address, BlockCid>,
    ) -> Result<Bytes, RequestError> {
        let store = |error: StoreError| RequestError::Store(error.to_string());
        let cid = match (stored.get(address), address) {
            (Some(cid), _) => cid.clone(),
            (None, Address::Plain(cid)) => cid.clone(),
            (None, leaf) => match self.store.leaf(leaf).map_err(store)? {
                Some((cid, _)) => cid,
                None => return Err(RequestError::Store("its proof is not there".to_owned())),
            },
        };
        self.store
            .block(&cid)
            .map_err(store)?
            .ok_or_else(|| RequestError::Store("it is not there".to_owned()))
    }

    /// All requests of an own want have been cancelled; or, as long as it goes on for others, the
    /// last of them (ASK-10).
    fn cancelled(&mut self, address: &Address) {
        let outcome = Err(RequestError::Cancelled);
        if !self.core.wants(address) {
            return self.end_request(address, &outcome);
        }
        let requesters = self.requesters.get_mut(address);
        if let Some(requester) = requesters.and_then(Vec::pop) {
            // The requester may have gone.
            let _ = requester.send(outcome);
        }
    }

    /// By the deviation `poisoned-serving`: everything but the blocks.
    fn send_without_blocks(&mut self, to: &PeerId, mut message: Message) {
        message.deliveries.clear();
        if !message.is_empty() {
            self.exchange().send(to, message);
        }
    }

    fn end_request(&mut self, address: &Address, outcome: &Result<Bytes, RequestError>) {
        self.remarks.end(address);
        for requester in self.requesters.remove(address).unwrap_or_default() {
            // The requester may have gone.
            let _ = requester.send(outcome.clone());
        }
    }
}
