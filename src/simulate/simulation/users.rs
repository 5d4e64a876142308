//! What users do: request, cancel, upload and delete blocks. Also the retry timers of requests.

use std::time::Duration;

use blockexc_model::address::Address as ModelAddress;
use blockexc_model::deviating::Event;

use super::Simulation;
use super::scheduled::Scheduled;
use crate::simulate::requests::{Ending, LossReason, Request};
use crate::simulate::simulated_node::HeldBlock;
use crate::wire::BlockCid;

/// How many of 1000 requests are cancelled, within [`CANCELLED_WITHIN`].
const CANCELLED_PER_THOUSAND: u32 = 50;
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);
/// How many of 1000 requested dataset blocks are requested by their own CID.
const BY_CID_PER_THOUSAND: u32 = 200;
/// How many of 1000 deletions may take a block that the node's own user uploaded.
const OWN_DELETED_PER_THOUSAND: u32 = 20;

impl Simulation<'_> {
    /// The user of a node requests a random block, unless the node has or wants it.
    pub(super) fn request(&mut self, number: usize) {
        let node = &self.nodes[number];
        if node.running.is_none() {
            return;
        }
        let block = &self.world.blocks[self.random.below(self.world.blocks.len())];
        let address = match &block.leaf {
            Some(leaf) if !self.random.per_thousand(BY_CID_PER_THOUSAND) => leaf.clone(),
            _ => block.plain(),
        };
        if node.held.contains_key(&address) || node.open_requests.contains_key(&address) {
            return;
        }
        let request = self.requests.begin(
            node.dialect,
            Request {
                node: number,
                address: address.clone(),
                since: self.now,
                loss_reason: LossReason::NobodyHeldIt,
            },
        );
        self.nodes[number]
            .open_requests
            .insert(address.clone(), request);
        self.step(number, Event::Request(address));
        self.schedule_retry(number, request);
        if self.random.per_thousand(CANCELLED_PER_THOUSAND) {
            let time = self.now + self.random.between(Duration::ZERO, CANCELLED_WITHIN);
            let cancel = Scheduled::Cancel {
                node: number,
                request,
            };
            self.queue.push(time, cancel);
        }
    }

    fn schedule_retry(&mut self, node: usize, request: u64) {
        let time = self.now + self.options.retry_interval;
        self.queue.push(time, Scheduled::Retry { node, request });
    }

    /// The retry timer of a request fires.
    pub(super) fn retry(&mut self, node: usize, request: u64) {
        let Some(open) = self.requests.get(request) else {
            return;
        };
        let address = open.address.clone();
        let running = self.nodes[node].running.as_ref();
        if running.is_some_and(|running| running.wants(&address)) {
            self.step(node, Event::Retry(address));
        }
        if self.requests.get(request).is_some() {
            self.schedule_retry(node, request);
        }
    }

    /// A user cancels a request, if it is still open.
    pub(super) fn cancel(&mut self, node: usize, request: u64) {
        let Some(open) = self.requests.get(request) else {
            return;
        };
        let address = open.address.clone();
        let dialect = self.nodes[node].dialect;
        self.requests.end(request, dialect, Ending::Cancelled);
        self.nodes[node].open_requests.remove(&address);
        self.step(node, Event::Cancel(address));
    }

    /// The user of a node uploads a block, unless the node holds it.
    pub(super) fn upload(&mut self, node: usize, block: usize) {
        let it = &self.world.blocks[block];
        if self.nodes[node].running.is_none() || self.nodes[node].held.contains_key(&it.plain()) {
            return;
        }
        self.counters.uploads += 1;
        let event = Event::Stored {
            cid: it.cid.clone(),
            leaves: it.leaves(),
        };
        self.hold(node, block, true);
        self.step(node, event);
    }

    /// A block that nobody holds, or any block if there is none.
    pub(super) fn rare_block(&mut self) -> usize {
        let gone: Vec<usize> = (0..self.world.blocks.len())
            .filter(|&block| {
                let plain = self.world.blocks[block].plain();
                let mut nodes = self.nodes.iter();
                !nodes.any(|node| node.held.contains_key(&plain))
            })
            .collect();
        let any = self.random.below(self.world.blocks.len());
        self.random.one_of(&gone).copied().unwrap_or(any)
    }

    /// Puts a block into the store of a node.
    pub(super) fn hold(&mut self, node: usize, block: usize, is_own: bool) {
        let held = HeldBlock {
            since: self.now,
            is_valid: true,
            is_own,
        };
        for address in self.world.blocks[block].addresses() {
            self.nodes[node].held.insert(address, held);
        }
    }

    /// A node deletes one of its blocks, to free space.
    pub(super) fn delete(&mut self, number: usize) {
        let takes_own = self.random.per_thousand(OWN_DELETED_PER_THOUSAND);
        let node = &self.nodes[number];
        if node.running.is_none() {
            return;
        }
        let held: Vec<&BlockCid> = node
            .held
            .iter()
            .filter(|(_, held)| takes_own || !held.is_own)
            .filter_map(|(address, _)| match address {
                ModelAddress::Plain(cid) => Some(cid),
                ModelAddress::Leaf { .. } => None,
            })
            .collect();
        let Some(cid) = self.random.one_of(&held).map(|cid| (*cid).clone()) else {
            return;
        };
        self.counters.deletions += 1;
        let blocks = self.world.blocks.iter();
        for block in blocks.filter(|block| block.cid == cid) {
            for address in block.addresses() {
                self.nodes[number].held.remove(&address);
                self.nodes[number].deleted.insert(address, self.now);
            }
        }
        self.step(number, Event::Deleted(cid));
    }
}
