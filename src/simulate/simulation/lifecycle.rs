//! Nodes start, stop, and become faulty for a while.

use blockexc_model::deviating::Event;

use super::Simulation;
use super::scheduled::Scheduled;
use crate::simulate::faults::{Condition, DOWNTIME, FAULT_DURATION, Fault};
use crate::simulate::requests::Ending;
use crate::simulate::simulated_node::StateMachine;
use crate::trace::header::Header;
use crate::trace::record::Recorder;

impl Simulation<'_> {
    /// A node that is down starts, with the blocks of its store.
    pub(super) fn start(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        if node.running.is_some() {
            return;
        }
        node.running = Some(StateMachine::new(&node.setup, node.engine));
        node.life += 1;
        node.steps = 0;
        node.condition = Condition::Healthy;
        node.healthy_since = self.now;
        let life = node.life;
        if self
            .recorded
            .is_some_and(|recorded| recorded.node == number && recorded.life == life)
        {
            self.begin_recording(number);
        }
        for block in 0..self.world.blocks.len() {
            let block = &self.world.blocks[block];
            let held = &self.nodes[number].held;
            if held.contains_key(&block.plain()) {
                let mut leaves = block.leaves();
                leaves.retain(|leaf| held.contains_key(leaf));
                let cid = block.cid.clone();
                self.step(number, Event::Stored { cid, leaves });
            }
        }
    }

    fn begin_recording(&mut self, number: usize) {
        let node = &self.nodes[number];
        let header = Header {
            complete: true,
            dialect: Some(node.dialect),
            retries: Some(node.setup.config.retries),
            ..Header::of(&node.peer.to_string())
        };
        // Writing to memory cannot fail.
        self.recorder = Recorder::new(Vec::new(), &header).ok();
    }

    /// A node stops. It loses its requests and connections, and starts again later.
    pub(super) fn stop(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        if node.running.take().is_none() {
            return;
        }
        self.counters.restarts += 1;
        let dialect = node.dialect;
        for request in std::mem::take(&mut node.open_requests).into_values() {
            self.requests.end(request, dialect, Ending::Restarted);
        }
        for peer in self.links.neighbours(number).to_vec() {
            self.disconnect(number, peer);
        }
        let time = self.now + self.random.between(DOWNTIME.0, DOWNTIME.1);
        self.queue.push(time, Scheduled::Start { node: number });
    }

    /// A healthy node becomes slow, silent or lying.
    pub(super) fn begin_fault(&mut self, number: usize, fault: Fault) {
        let node = &mut self.nodes[number];
        if let Some(condition) = fault.condition()
            && node.is_healthy()
        {
            node.condition = condition;
            *self.counters.spells.entry(fault).or_default() += 1;
            let time = self.now + self.random.between(FAULT_DURATION.0, FAULT_DURATION.1);
            self.queue.push(time, Scheduled::FaultEnds { node: number });
        }
    }

    /// A node becomes healthy again.
    pub(super) fn end_fault(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        if node.condition != Condition::Healthy {
            node.condition = Condition::Healthy;
            node.healthy_since = self.now;
        }
    }
}
