//! [`LooseRun`]: explains a log that is not complete, as the logs of foreign nodes usually are.
//!
//! Such a log may show an output later than the input that caused it, in other messages than the
//! model's. It may leave out steps (retries, postponed serving), and it may start in the middle. So
//! messages are taken apart. A part that the model sends is *pending* until the log shows it. A
//! part that the log shows must be pending, or become pending by a step that the log leaves out, or
//! be one that a node is free to send at any time. A part that stays pending is an error only where
//! the log says that everything has been sent: at a `quiet` line.

use std::collections::{BTreeMap, BTreeSet};

use blockexc_model::Deviation;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::node::First;
use libp2p::PeerId;

use super::choices::{Asked, MAX_STATES, TooMany, outcomes};
use super::dumped::Dumped;
use super::knowledge::Knowledge;
use super::line::Output;
use super::message::message_value;
use super::parts::{Part, parts};
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained, broken_by_missing, broken_by_output};
use crate::wire::{Address, Network, address};

/// The largest number of pending parts for one peer. When there are more, this peer is not judged
/// until it joins again.
const MAX_PENDING: usize = 4096;

/// A state that the node may be in, with the parts that it has sent and the log has not shown.
#[derive(Clone, PartialEq, Eq)]
struct State {
    node: Node<Network>,
    pending: BTreeMap<PeerId, Vec<Part>>,
    /// The peers whose serving has been put off and has not been seen (`serve-later`), each with
    /// what it wants and is held since: what it must be sent at last.
    turns: BTreeMap<PeerId, BTreeSet<Address>>,
}

/// The states that a node may be in after what its log has shown so far.
pub struct LooseRun {
    setup: Setup,
    states: Vec<State>,
    knowledge: Knowledge,
}

impl LooseRun {
    /// A run that starts with a new node. `from_the_middle`: with a node of which nothing is known.
    pub fn new(setup: Setup, from_the_middle: bool) -> Self {
        LooseRun {
            states: vec![State {
                node: Node::deviating(setup.clone()),
                pending: BTreeMap::new(),
                turns: BTreeMap::new(),
            }],
            setup,
            knowledge: Knowledge::new(from_the_middle),
        }
    }

    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        self.knowledge.skipped()
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no state explains it, or too many do.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        let asked = Asked::of(step);
        if let Some(event) = &step.event
            && let Some(event) = self.knowledge.before(event)
        {
            let untouched = match &event {
                Event::Cancel(address) if self.knowledge.may_outlive_cancel(address) => {
                    self.states.clone()
                }
                _ => Vec::new(),
            };
            self.advance(&event, &asked, step)?;
            for state in untouched {
                if !self.states.contains(&state) {
                    self.states.push(state);
                }
            }
            if self.states.len() > MAX_STATES {
                return Err(too_many(step.line));
            }
        }
        for (line, output) in &step.outputs {
            self.explain_output(*line, output, step, &asked)?;
        }
        if let Some(event) = &step.event {
            self.knowledge.after(event);
        }
        Ok(())
    }

    /// Every state handles the event.
    fn advance(
        &mut self,
        event: &Event<Network>,
        asked: &Asked,
        step: &LoggedStep,
    ) -> Result<(), Stop> {
        let mut states: Vec<State> = Vec::new();
        for state in std::mem::take(&mut self.states) {
            for (node, effects) in
                outcomes(state.node, event, asked, true).map_err(|TooMany| too_many(step.line))?
            {
                let mut after = State {
                    node,
                    pending: state.pending.clone(),
                    turns: state.turns.clone(),
                };
                if let Event::Left(peer) = event {
                    after.pending.remove(peer); // LEFT-4
                    after.turns.remove(peer);
                }
                after.put_off(&effects);
                for peer in add_pending(&mut after.pending, effects) {
                    self.knowledge.forget_peer(&peer);
                }
                if !states.contains(&after) {
                    states.push(after);
                }
            }
        }
        if states.len() > MAX_STATES {
            return Err(too_many(step.line));
        }
        self.states = states;
        Ok(())
    }

    fn explain_output(
        &mut self,
        line: u64,
        output: &Output,
        step: &LoggedStep,
        asked: &Asked,
    ) -> Result<(), Stop> {
        match output {
            Output::Sent { to, message } => {
                if !self.knowledge.judges_peer(to) {
                    self.knowledge.skip(parts(message).len());
                    return Ok(());
                }
                for part in parts(message) {
                    if self.knowledge.judges(&part.address(), part.is_entry()) {
                        self.explain_part(line, to, &part, step, asked)?;
                    } else {
                        self.knowledge.skip(1);
                    }
                }
                Ok(())
            }
            // A block that is not held cannot be obtained. How the node got it does not matter here.
            Output::Obtained(address) => {
                if !self.knowledge.judges(&Some(address.clone()), true) {
                    self.knowledge.ended(address);
                    return Ok(());
                }
                self.keep_states(line, output, step, |state| state.node.holds(address))
            }
            // ASK-9: a log need not say after how many retries.
            Output::Failed(address) => {
                // It fails for all who have requested it.
                let wants = |state: &State| state.node.wants(address);
                while self.states.iter().any(wants) {
                    self.advance(&Event::Cancel(address.clone()), asked, step)?;
                }
                self.knowledge.ended(address);
                Ok(())
            }
        }
    }

    /// The log shows a part of a message: it was pending, or becomes so by a step not shown.
    fn explain_part(
        &mut self,
        line: u64,
        to: &PeerId,
        part: &Part,
        step: &LoggedStep,
        asked: &Asked,
    ) -> Result<(), Stop> {
        let mut explaining: Vec<State> = Vec::new();
        let mut overfull = Vec::new();
        for state in &self.states {
            let mut direct = state.clone();
            if direct.take(to, part) || direct.may_send(to, part) {
                if !explaining.contains(&direct) {
                    explaining.push(direct);
                }
                continue;
            }
            for hidden in state.hidden_steps(to, part) {
                let outcomes = outcomes(state.node.clone(), &hidden, asked, true)
                    .map_err(|TooMany| too_many(line))?;
                for (node, effects) in outcomes {
                    let mut after = State {
                        node,
                        pending: state.pending.clone(),
                        turns: state.turns.clone(),
                    };
                    if let Event::Other(OtherEvent::Serve(peer)) = hidden {
                        after.turns.remove(&peer);
                    }
                    overfull.extend(add_pending(&mut after.pending, effects));
                    if after.take(to, part) && !explaining.contains(&after) {
                        explaining.push(after);
                    }
                }
            }
        }
        for peer in overfull {
            self.knowledge.forget_peer(&peer);
        }
        if explaining.len() > MAX_STATES {
            return Err(too_many(line));
        }
        if explaining.is_empty() {
            let output = Output::Sent {
                to: *to,
                message: part.clone().message(),
            };
            return Err(self.stop(line, &output, step));
        }
        self.states = explaining;
        Ok(())
    }

    fn keep_states(
        &mut self,
        line: u64,
        output: &Output,
        step: &LoggedStep,
        keeps: impl Fn(&State) -> bool,
    ) -> Result<(), Stop> {
        if !self.states.iter().any(&keeps) {
            return Err(self.stop(line, output, step));
        }
        self.states.retain(keeps);
        Ok(())
    }

    /// Explains a dump. In a log that starts in the middle, the first complete dump sets the state.
    ///
    /// # Errors
    ///
    /// When the model is in no such state.
    pub fn dumped(&mut self, line: u64, dumped: &Dumped) -> Result<(), Stop> {
        if !self.knowledge.is_all_known() {
            if let Some(node) = self.knowledge.learn(dumped, &self.setup) {
                self.states = vec![State {
                    node,
                    pending: BTreeMap::new(),
                    turns: BTreeMap::new(),
                }];
            }
            return Ok(());
        }
        let knowledge = &self.knowledge;
        let mut difference = None;
        let matching: Vec<State> = self
            .states
            .iter()
            .filter(|state| {
                let model = Dumped::of(&state.node.dump());
                let found = dumped.differs_from(
                    &model,
                    |peer| knowledge.judges_peer(peer),
                    |address| knowledge.judges(&Some(address.clone()), true),
                );
                let matches = found.is_none();
                if let Some(found) = found {
                    difference.get_or_insert((found, model));
                }
                matches
            })
            .cloned()
            .collect();
        match difference {
            Some((difference, state)) if matching.is_empty() => {
                Err(Stop::Unexplained(Box::new(Unexplained {
                    node: String::new(),
                    line,
                    input: line,
                    what: format!("the dump differs: {}", difference.text),
                    allowed: Vec::new(),
                    requirements: difference.requirements.to_vec(),
                    deviations: Vec::new(),
                    state: Box::new(state),
                })))
            }
            _ => {
                self.states = matching;
                Ok(())
            }
        }
    }

    /// Explains a `quiet` line: the node has sent everything that it had to send.
    ///
    /// # Errors
    ///
    /// When in every state something is pending that has to be sent.
    pub fn quiet(&mut self, line: u64) -> Result<(), Stop> {
        if !self.knowledge.is_all_known() {
            return Ok(());
        }
        let unsent = |state: &State| {
            let pending = state.pending.iter();
            let pending =
                pending.flat_map(|(peer, parts)| parts.iter().map(|it| (*peer, it.clone())));
            let mut owed = pending.chain(state.owed_turns());
            owed.find(|(peer, part)| {
                self.knowledge.judges_peer(peer)
                    && self.knowledge.judges(&part.address(), part.is_entry())
                    && state.must_send(part)
            })
        };
        let quiet: Vec<State> = self
            .states
            .iter()
            .filter(|state| unsent(state).is_none())
            .cloned()
            .collect();
        let Some(state) = self.states.first().filter(|_| quiet.is_empty()) else {
            self.states = quiet;
            return Ok(());
        };
        let Some((peer, part)) = unsent(state) else {
            return Ok(());
        };
        let message = part.message();
        Err(Stop::Unexplained(Box::new(Unexplained {
            node: String::new(),
            line,
            input: line,
            what: format!(
                "quiet, and {peer} has not been sent: {}",
                message_value(&message)
            ),
            allowed: vec![format!("sent to {peer}: {}", message_value(&message))],
            requirements: broken_by_missing(&message, None),
            deviations: Vec::new(),
            state: Box::new(Dumped::of(&state.node.dump())),
        })))
    }

    fn stop(&self, line: u64, output: &Output, step: &LoggedStep) -> Stop {
        let Some(state) = self.states.first() else {
            return Stop::Inconclusive {
                line,
                why: "no state is left".to_owned(),
            };
        };
        let node = &state.node;
        let knows = |peer: &PeerId, address: &Address| {
            node.contexts()
                .get(peer)
                .is_some_and(|context| context.contains(address))
        };
        let pending = state.pending.iter().flat_map(|(peer, parts)| {
            parts.iter().map(move |part| {
                let message = message_value(&part.clone().message());
                format!("sent to {peer}: {message}")
            })
        });
        let what = match output {
            Output::Obtained(it) => format!("obtained {}, which is not held", address::show(it)),
            other => other.to_string(),
        };
        Stop::Unexplained(Box::new(Unexplained {
            node: String::new(),
            line,
            input: step.line,
            what,
            allowed: pending.take(20).collect(),
            requirements: broken_by_output(output, step.event.as_ref(), knows, |it| node.wants(it)),
            deviations: Vec::new(),
            state: Box::new(Dumped::of(&node.dump())),
        }))
    }
}

fn too_many(line: u64) -> Stop {
    Stop::Inconclusive {
        line,
        why: format!("more than {MAX_STATES} states explain the log up to here"),
    }
}

impl State {
    /// Removes a part from the pending ones. Returns whether it was there.
    fn take(&mut self, to: &PeerId, part: &Part) -> bool {
        let Some(pending) = self.pending.get_mut(to) else {
            return false;
        };
        let place = pending.iter().position(|sent| part.matches(sent));
        place.map(|place| pending.remove(place)).is_some()
    }

    /// Notes whose serving this step puts off.
    fn put_off(&mut self, effects: &[Effect<Network>]) {
        for effect in effects {
            let Effect::Other(OtherEffect::ServeLater(peer)) = effect else {
                continue;
            };
            let context = self.node.contexts().get(peer).into_iter();
            let wants = context.flat_map(|context| context.wants());
            let held = wants.filter(|entry| self.node.holds(&entry.address));
            let held = held.map(|entry| entry.address.clone());
            self.turns.entry(*peer).or_default().extend(held);
        }
    }

    /// What is owed by turns that have not been seen. A turn may have come before a block did that is
    /// held now, so that only what was held when it was put off counts.
    fn owed_turns(&self) -> Vec<(PeerId, Part)> {
        let mut owed = Vec::new();
        for (peer, held) in &self.turns {
            let turn = Event::Other(OtherEvent::Serve(*peer));
            let effects = self.node.clone().step(turn, &mut First);
            let messages = effects.iter().filter_map(|effect| match effect {
                Effect::Send { to, message } if to == peer => Some(message),
                _ => None,
            });
            let parts = messages.flat_map(parts);
            let blocks = parts.filter(
                |part| matches!(part, Part::Delivery(delivery) if held.contains(&delivery.address)),
            );
            owed.extend(blocks.map(|part| (*peer, part)));
        }
        owed
    }

    /// Whether a node is free to send this part at any time.
    fn may_send(&self, to: &PeerId, part: &Part) -> bool {
        match part {
            // ASK-1: a node may announce a want again, or later with others.
            Part::Entry(entry) if !entry.cancel && entry.want_type == WantType::WantHave => {
                self.node.wants(&entry.address) && self.node.contexts().contains_key(to)
            }
            // XFER-7: a cancel to the deliverer is tolerated.
            Part::Entry(entry) if entry.cancel => self.node.holds(&entry.address),
            // PAY-2
            Part::Payment(_) => true,
            _ => false,
        }
    }

    /// Whether a pending part has to be sent at last. Entries for wants that have ended since, and
    /// parts that the specification only recommends, need not be.
    fn must_send(&self, part: &Part) -> bool {
        match part {
            Part::Entry(entry) => entry.cancel || self.node.wants(&entry.address),
            // WANT-7 is a SHOULD, and its DontHave looks like that of WANT-5.
            Part::Item(item) => item.presence_type == PresenceType::Have,
            // JOIN-6, PAY-2
            Part::Account(_) | Part::Payment(_) => false,
            Part::Delivery(_) | Part::EmptyList => true,
        }
    }

    /// The steps that a log may leave out, and that may make this part pending.
    fn hidden_steps(&self, to: &PeerId, part: &Part) -> Vec<Event<Network>> {
        match part {
            // ASK-8: a retry asks another holder.
            Part::Entry(entry) if self.node.wants(&entry.address) => {
                vec![Event::Retry(entry.address.clone())]
            }
            Part::Delivery(_) if self.node.deviates(Deviation::ServeLater) => {
                vec![Event::Other(OtherEvent::Serve(*to))]
            }
            _ => Vec::new(),
        }
    }
}

/// Adds what a step sends to the pending parts. Returns the peers for whom there were too many.
fn add_pending(
    pending: &mut BTreeMap<PeerId, Vec<Part>>,
    effects: Vec<Effect<Network>>,
) -> Vec<PeerId> {
    let mut overfull = Vec::new();
    for effect in effects {
        if let Effect::Send { to, message } = effect {
            let of_peer = pending.entry(to).or_default();
            of_peer.extend(parts(&message));
            if of_peer.len() > MAX_PENDING {
                of_peer.clear();
                overfull.push(to);
            }
        }
    }
    overfull
}
