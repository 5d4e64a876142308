//! Nodes connect, disconnect, and send messages over their connections.

use std::time::Duration;

use blockexc_model::address::Address as ModelAddress;

use super::scheduled::Scheduled;
use super::{MIN_PEERS, Simulation};
use crate::simulate::faults::{CONNECTION_LIFETIME, Condition, Fault, SLOW_DELAY, garbage};
use crate::wire::{BlockCid, Message};

/// The largest number of providers that a node connects to after one discovery.
const MAX_PROVIDERS: usize = 3;

impl Simulation<'_> {
    /// A node with few peers is connected to a random other node.
    pub(super) fn connect_if_few_peers(&mut self, node: usize) {
        if self.links.neighbours(node).len() < MIN_PEERS {
            let other = self.random.below(self.nodes.len());
            self.connect(node, other);
        }
    }

    /// Discovery names some nodes that hold the block, or a block of the dataset. The node connects
    /// to them.
    pub(super) fn connect_to_providers(&mut self, node: usize, cid: &BlockCid) {
        let leaves = [0, u64::MAX].map(|index| ModelAddress::Leaf {
            tree: cid.clone(),
            index,
        });
        let [first, last] = leaves;
        let plain = ModelAddress::Plain(cid.clone());
        let mut providers: Vec<usize> = (0..self.nodes.len())
            .filter(|&other| other != node && !self.links.is_open(node, other))
            .filter(|&other| {
                let held = &self.nodes[other].held;
                held.contains_key(&plain) || held.range(&first..=&last).next().is_some()
            })
            .collect();
        for _ in 0..MAX_PROVIDERS.min(providers.len()) {
            let provider = providers.swap_remove(self.random.below(providers.len()));
            self.connect(node, provider);
        }
    }

    fn connect(&mut self, a: usize, b: usize) {
        let is_up = |node: usize| self.nodes[node].running.is_some();
        if a == b || self.links.is_open(a, b) || !is_up(a) || !is_up(b) {
            return;
        }
        self.counters.connections += 1;
        let notified = self.links.open(a, b, self.now, &mut self.random);
        for ((node, peer), time) in [(a, b), (b, a)].into_iter().zip(notified) {
            let life = self.nodes[node].life;
            self.queue
                .push(time, Scheduled::Joined { node, peer, life });
        }
        if self.has_fault(Fault::Disconnects) {
            let generation = self.links.generation(a, b);
            let disconnect = Scheduled::Disconnect { a, b, generation };
            self.schedule_after(CONNECTION_LIFETIME, disconnect);
        }
    }

    /// Closes the connection of two nodes, if there is one.
    pub(super) fn disconnect(&mut self, a: usize, b: usize) {
        if !self.links.is_open(a, b) {
            return;
        }
        self.counters.disconnections += 1;
        let notified = self.links.close(a, b, self.now, &mut self.random);
        for ((node, peer), time) in [(a, b), (b, a)].into_iter().zip(notified) {
            let life = self.nodes[node].life;
            self.queue.push(time, Scheduled::Left { node, peer, life });
        }
    }

    /// A node's state machine sends a message. Invalid blocks get the evidence of garbage, and a
    /// silent node sends nothing.
    pub(super) fn send(&mut self, from: usize, to: usize, mut message: Message) {
        let node = &self.nodes[from];
        for delivery in &mut message.deliveries {
            let held = node.held.get(&delivery.address);
            if held.is_some_and(|held| !held.is_valid) {
                delivery.evidence = garbage(delivery.address.is_leaf(), &mut self.random);
            }
        }
        if node.condition != Condition::Silent {
            self.transmit(from, to, message);
        }
    }

    /// Puts a message onto the connection, if there is one.
    pub(super) fn transmit(&mut self, from: usize, to: usize, message: Message) {
        if !self.links.is_open(from, to) {
            return; // LEFT-4
        }
        let delay = match self.nodes[from].condition {
            Condition::Slow => self.random.between(SLOW_DELAY.0, SLOW_DELAY.1),
            _ => Duration::ZERO,
        };
        self.counters.count_message(&message);
        let stream = self.links.stream(from, to);
        let time = self
            .links
            .arrival(from, to, self.now, delay, &mut self.random);
        let message = Box::new(message);
        self.queue.push(
            time,
            Scheduled::Arrival {
                from,
                to,
                stream,
                message,
            },
        );
    }
}
