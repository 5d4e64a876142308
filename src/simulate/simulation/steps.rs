//! A node handles an event, the monitor checks the step, and its effects are carried out.

use std::time::Duration;

use blockexc_checker::analysis::interop::Obtained;
use blockexc_model::deviating::{Effect, Event, OtherEffect};
use blockexc_model::deviation::Deviations;

use super::Simulation;
use super::scheduled::Scheduled;
use crate::simulate::faults::{Condition, is_valid, lies};
use crate::simulate::properties::{ASKED_FOR, UNOBTAINABLE, VALID};
use crate::simulate::requests::Ending;
use crate::simulate::simulated_node::{HeldBlock, StateMachine};
use crate::wire::{Address, Delivery, Message, Network};

/// The range of times that discovery takes to find providers.
const DISCOVERY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// The range of times after which a node that answers want lists later answers one.
const SERVE_LATER: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// What the effects of a step need to know about the event that caused them.
struct Source {
    /// The sender of the message, if the event is one.
    from: Option<usize>,
    deliveries: Vec<Delivery>,
    /// For each delivery, whether its address was an own want before the step.
    wanted: Vec<bool>,
}

impl Simulation<'_> {
    /// A message arrives at a node.
    pub(super) fn receive(&mut self, from: usize, to: usize, mut message: Message) {
        if self.nodes[to].own_stream_only && !self.nodes[from].own_stream_only {
            // It arrives on a stream of the sender, from which the node reads only want lists.
            message = Message {
                want_list: message.want_list,
                ..Message::default()
            };
        }
        if self.nodes[to].condition == Condition::Lying
            && let Some(list) = message.want_list.take()
        {
            let answer = lies(&list, &self.world.blocks, &mut self.random);
            if !answer.is_empty() {
                self.transmit(to, from, answer);
            }
        }
        let from = self.world.peers[from];
        self.step(to, Event::Received { from, message });
    }

    /// A node handles an event, unless it was restarted after the event was scheduled.
    pub(super) fn step_in_life(&mut self, node: usize, life: u32, event: Event<Network>) {
        if self.nodes[node].life == life {
            self.step(node, event);
        }
    }

    /// A node handles an event, if it is up.
    pub(super) fn step(&mut self, number: usize, event: Event<Network>) {
        let node = &mut self.nodes[number];
        let Some(running) = &mut node.running else {
            return;
        };
        let is_checked = node.is_checked
            && (node.setup.deviations != Deviations::none()
                || node.steps.is_multiple_of(self.options.judge_every.max(1)));
        let before = match running {
            StateMachine::Model(model) if is_checked => Some(model.clone()),
            _ => None,
        };
        let (from, deliveries) = match &event {
            Event::Received { from, message } => (Some(*from), message.deliveries.clone()),
            _ => (None, Vec::new()),
        };
        let wanted: Vec<bool> = deliveries
            .iter()
            .map(|delivery| running.wants(&delivery.address))
            .collect();
        let needs_event = before.is_some() || self.recorder.is_some();
        let handled = needs_event.then(|| event.clone());
        let effects = running.step(event, &mut node.choices);
        node.steps += 1;
        self.counters.events += 1;
        let mut broken = Vec::new();
        if is_checked {
            if let (Some(before), Some(event), StateMachine::Model(after)) =
                (&before, &handled, &*running)
            {
                broken = self.monitor.check_step(before, event, &effects, after);
            }
            broken.extend(self.monitor.check_state(&running.dump()));
        }
        for property in broken {
            self.violated(number, property);
        }
        if let Some(event) = &handled {
            self.record_step(number, event, &effects);
        }
        let source = Source {
            from: from.and_then(|from| self.numbers.get(&from).copied()),
            deliveries,
            wanted,
        };
        for effect in effects {
            self.carry_out(number, &source, effect);
        }
    }

    fn record_step(&mut self, number: usize, event: &Event<Network>, effects: &[Effect<Network>]) {
        let Some(recorded) = self.recorded.filter(|recorded| recorded.node == number) else {
            return;
        };
        let node = &self.nodes[number];
        if node.life != recorded.life {
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            // Writing to memory cannot fail.
            let _ = recorder.step(event, effects);
        }
        self.is_recorded = node.steps >= recorded.steps;
        // Some violations show only in the state, so the log ends with it.
        if self.is_recorded
            && let (Some(recorder), Some(running)) = (&mut self.recorder, &node.running)
        {
            let _ = recorder.dumped(&running.dump());
        }
    }

    fn carry_out(&mut self, node: usize, source: &Source, effect: Effect<Network>) {
        match effect {
            Effect::Send { to, message } => {
                if let Some(&to) = self.numbers.get(&to) {
                    self.send(node, to, message);
                }
            }
            Effect::Keep {
                delivery,
                addresses,
                ..
            } => {
                self.keep(node, source, delivery, addresses);
            }
            Effect::Obtained(address) => self.obtained(node, source, &address),
            Effect::Failed(address) => {
                if let Some(request) = self.nodes[node].open_requests.remove(&address) {
                    self.examine_request(request);
                    let dialect = self.nodes[node].dialect;
                    self.requests.end(request, dialect, Ending::GivenUp);
                }
            }
            Effect::Discover(cid) => {
                let life = self.nodes[node].life;
                let time = self.now + self.random.between(DISCOVERY.0, DISCOVERY.1);
                self.queue
                    .push(time, Scheduled::Discovered { node, life, cid });
            }
            Effect::Other(OtherEffect::RefuseStream) => {
                if let Some(from) = source.from {
                    self.links.refuse_stream(from, node);
                }
            }
            Effect::Other(OtherEffect::ServeLater(peer)) => {
                if let Some(&peer) = self.numbers.get(&peer) {
                    let life = self.nodes[node].life;
                    let time = self.now + self.random.between(SERVE_LATER.0, SERVE_LATER.1);
                    self.queue.push(time, Scheduled::Serve { node, peer, life });
                }
            }
            Effect::Other(OtherEffect::Disconnect(peer)) => {
                if let Some(&peer) = self.numbers.get(&peer) {
                    self.disconnect(node, peer);
                }
            }
            Effect::Other(OtherEffect::Abort(_)) => {
                self.counters.aborts += 1;
                self.stop(node);
            }
            Effect::Cancelled { .. } => {}
        }
    }

    /// A node stores a delivered block.
    fn keep(&mut self, node: usize, source: &Source, delivery: usize, addresses: Vec<Address>) {
        let Some(delivered) = source.deliveries.get(delivery) else {
            return;
        };
        let is_valid = is_valid(&delivered.evidence, delivered.address.is_leaf());
        let was_wanted = source.wanted.get(delivery).copied().unwrap_or(false);
        for address in addresses {
            let held = HeldBlock {
                since: self.now,
                is_valid,
                is_own: false,
            };
            self.nodes[node].held.entry(address).or_insert(held);
        }
        if self.nodes[node].is_checked {
            if !was_wanted {
                self.violated(node, ASKED_FOR);
            }
            if !is_valid {
                self.violated(node, VALID);
            }
        }
    }

    /// A request of a node's user is met.
    fn obtained(&mut self, number: usize, source: &Source, address: &Address) {
        let node = &mut self.nodes[number];
        let Some(request) = node.open_requests.remove(address) else {
            return;
        };
        let is_valid = node.held.get(address).is_none_or(|held| held.is_valid);
        self.requests.met(request, node.dialect, self.now, is_valid);
        if let Some(from) = source.from {
            let [asker, holder] = [number, from].map(|node| self.nodes[node].dialect);
            let never = [true, false].iter().all(|before| {
                self.predictions.from_holder(asker, holder, *before) == Obtained::Never
            });
            if never {
                self.violated(number, UNOBTAINABLE);
            }
        }
    }
}
