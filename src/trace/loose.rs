//! [`LooseRun`]: explains a log that is not complete, as the logs of foreign nodes usually are.
//!
//! Such a log may show an output later than the input that caused it, in other messages than the
//! model's. It may leave out steps (retries, postponed serving), and it may start in the middle. So
//! messages are taken apart. A part that the model sends is *owed* until the log shows it. A
//! part that the log shows must be owed, or become owed by a step that the log leaves out, or
//! be one that a node is free to send at any time. A part that stays owed is an error only where
//! the log says that everything has been sent: at a `quiet` line.

use std::collections::{BTreeSet, HashSet};

use blockexc_model::Deviations;
use blockexc_model::deviating::{Event, OtherEvent, Setup};
use libp2p::PeerId;
use serde_json::Value;

use super::broken::{Causes, Scene};
use super::choices::{Asked, MAX_STATES, TooMany, outcomes};
use super::coverage::Coverage;
use super::dumped::Dumped;
use super::frame::wrongly_refused;
use super::full_list::wrongly_full;
use super::header::{Header, Kind};
use super::knowledge::Knowledge;
use super::line::Output;
use super::message::message_value;
use super::nearest::nearest;
use super::owed::{Due, Owed, State};
use super::parts::{Part, parts};
use super::record::{output_value, sent_value};
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained};
use crate::wire::{Address, Network, WantEntry, WantList, address};

/// How much of what is owed is looked through for what is near to a line, and how much of it is shown.
const MOST_COMPARED: usize = 200;
const MOST_SHOWN: usize = 20;

/// The addresses that were ever requested, as long as they may be held.
const LEAST_REQUESTED: usize = 4096;

/// The states that a node may be in after what its log has shown so far.
#[derive(Clone)]
pub struct LooseRun {
    setup: Setup,
    states: Vec<State>,
    knowledge: Knowledge,
    hides_retries: bool,
    hides_serving: bool,
    shows_obtained: bool,
    /// The addresses that were requested. `None`: not known.
    requested: Option<HashSet<Address>>,
    /// How many of them are kept before it is looked which are of no use.
    most_requested: usize,
    /// The peers that were sent a want list since they joined.
    listed: BTreeSet<PeerId>,
    coverage: Coverage,
    judged: u64,
}

impl LooseRun {
    /// A run that starts with a new node, or, as the header says, with one of which nothing is known.
    pub fn new(header: &Header, setup: Setup) -> Self {
        let shows_obtained = !header.omits(Kind::Obtained);
        LooseRun {
            states: vec![State::new(setup.clone(), shows_obtained)],
            setup,
            knowledge: Knowledge::new(header.from_the_middle),
            hides_retries: header.omits(Kind::Retried),
            hides_serving: header.omits(Kind::Served),
            shows_obtained,
            requested: (!header.from_the_middle).then(HashSet::new),
            most_requested: LEAST_REQUESTED,
            listed: BTreeSet::new(),
            coverage: Coverage::default(),
            judged: 0,
        }
    }

    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        self.knowledge.skipped()
    }

    /// The requirements that the log touches, as far as it is known.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The number of lines and parts of messages that could have been found to be wrong.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no state explains it, or too many do.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        let asked = Asked::of(step);
        if let Some(refused) = &step.refused {
            self.coverage.refused();
            self.judged += 1;
            if let Some((message, broken)) = wrongly_refused(refused, self.setup.deviations) {
                let what = format!(
                    "refused a frame of {} that is a message: {}",
                    refused.from,
                    message_value(&message)
                );
                return Err(Unexplained::at(step.line, what)
                    .breaking(broken)
                    .in_state(self.state())
                    .stop());
            }
        }
        let known: Vec<Event<Network>> = step
            .meanings()
            .filter_map(|event| self.knowledge.before(event))
            .collect();
        if let Some(event) = known.first() {
            if let Some(state) = self.states.first() {
                self.coverage.event(&state.node, event);
            }
            match event {
                Event::Request(address) => self.note_requested(address),
                Event::Joined(peer) | Event::Left(peer) => {
                    self.listed.remove(peer);
                }
                _ => {}
            }
            let untouched = match event {
                Event::Cancel(address) if self.knowledge.may_outlive_cancel(address) => {
                    self.states.clone()
                }
                _ => Vec::new(),
            };
            self.serve_before(event, &asked, step.line)?;
            self.advance(&known, &asked, step.line)?;
            self.add_states(untouched, step.line)?;
        }
        for (line, output) in &step.outputs {
            self.explain_output(*line, output, step, &asked)?;
        }
        if let Some(event) = &step.event {
            self.knowledge.after(event);
        }
        Ok(())
    }

    /// Remembers a request. Those that have ended without a block that is still held are forgotten, now
    /// and then: the memory is then in proportion to the model's.
    fn note_requested(&mut self, address: &Address) {
        let Some(requested) = &mut self.requested else {
            return;
        };
        requested.insert(address.clone());
        if requested.len() > self.most_requested {
            let states = &self.states;
            requested.retain(|address| {
                let mut nodes = states.iter().map(|state| &state.node);
                nodes.any(|node| node.wants(address) || node.holds(address))
            });
            self.most_requested = LEAST_REQUESTED.max(2 * requested.len());
        }
    }

    /// Adds the states in which a serving that the log leaves out came before this event.
    fn serve_before(
        &mut self,
        event: &Event<Network>,
        asked: &Asked,
        line: u64,
    ) -> Result<(), Stop> {
        let Event::Received { from, message } = event else {
            return Ok(());
        };
        let matters = |state: &&State| state.serving_matters(from, message);
        let unserved: Vec<State> = self.states.iter().filter(matters).cloned().collect();
        if !self.hides_serving || unserved.is_empty() {
            return Ok(());
        }
        let as_they_were = std::mem::replace(&mut self.states, unserved);
        let serving = Event::Other(OtherEvent::Serve(*from));
        self.advance(&[serving], asked, line)?;
        self.add_states(as_they_were, line)
    }

    /// The node may be in these states as well.
    fn add_states(&mut self, states: Vec<State>, line: u64) -> Result<(), Stop> {
        for state in states {
            if !self.states.contains(&state) {
                self.states.push(state);
            }
        }
        match self.states.len() > MAX_STATES {
            true => Err(too_many(line)),
            false => Ok(()),
        }
    }

    /// Every state handles the event, which may have several meanings.
    fn advance(
        &mut self,
        meanings: &[Event<Network>],
        asked: &Asked,
        line: u64,
    ) -> Result<(), Stop> {
        let mut states: Vec<State> = Vec::new();
        for state in std::mem::take(&mut self.states) {
            let mut readings: Vec<(State, &Event<Network>)> = Vec::with_capacity(1);
            if let [event, others @ ..] = meanings {
                readings.extend(others.iter().map(|event| (state.clone(), event)));
                readings.push((state, event));
            }
            for (State { node, debts }, event) in readings {
                let mut outcomes =
                    outcomes(node, event, asked, true).map_err(|TooMany| too_many(line))?;
                let last = outcomes.pop();
                let others = outcomes.into_iter().map(|it| (it, debts.clone()));
                let mut all: Vec<_> = others.collect();
                all.extend(last.map(|it| (it, debts)));
                for ((node, effects), debts) in all {
                    let mut after = State { node, debts };
                    for peer in after.owe(event, &effects, line) {
                        self.knowledge.forget_peer(&peer);
                    }
                    if !states.contains(&after) {
                        states.push(after);
                    }
                }
            }
        }
        if states.len() > MAX_STATES {
            return Err(too_many(line));
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
                self.coverage.output(output);
                if let Some(list) = &message.want_list {
                    if let Some((what, id)) = self.wrongly_full(to, list) {
                        return Err(Unexplained::at(line, format!("{what}: {output}"))
                            .after(step.line)
                            .breaking(vec![id])
                            .in_state(self.state())
                            .stop());
                    }
                    self.listed.insert(*to);
                    for state in &mut self.states {
                        state.shows_list(to, list.full, line);
                    }
                }
                for part in parts(message) {
                    if self.knowledge.judges(&part.address(), part.is_entry()) {
                        self.judged += 1;
                        self.explain_part(line, to, &part, step, asked)?;
                    } else {
                        self.knowledge.skip(1);
                    }
                }
                Ok(())
            }
            Output::SentGarbage { .. } => {
                self.judged += 1;
                Err(Unexplained::at(line, output.to_string())
                    .after(step.line)
                    .breaking(vec!["WIRE-1"])
                    .in_state(self.state())
                    .stop())
            }
            // A block that was never held cannot be obtained. How the node got it does not matter here.
            Output::Obtained(address) => {
                if !self.knowledge.judges(&Some(address.clone()), true) {
                    self.knowledge.ended(address);
                    return Ok(());
                }
                self.judged += 1;
                let before = self.states.first().cloned();
                self.states
                    .retain_mut(|state| state.shows_obtained(address));
                match before {
                    Some(before) if self.states.is_empty() => {
                        self.states.push(before);
                        Err(self.stop(line, output, step))
                    }
                    _ => Ok(()),
                }
            }
            // ASK-9: a log need not say after how many retries.
            Output::Failed(address) => {
                // It fails for all who have requested it.
                let cancelled = [Event::Cancel(address.clone())];
                while self.states.iter().any(|state| state.node.wants(address)) {
                    self.advance(&cancelled, asked, line)?;
                }
                self.knowledge.ended(address);
                Ok(())
            }
        }
    }

    /// What is wrong with a list that says it is full, with the requirement that it breaks.
    fn wrongly_full(&self, to: &PeerId, list: &WantList) -> Option<(&'static str, &'static str)> {
        if !list.full || !self.listed.contains(to) {
            return None;
        }
        let is_fresh = |entry: &WantEntry| {
            let part = Part::Entry(entry.clone());
            let mut states = self.states.iter();
            states.all(|state| {
                let mut owed = state.owed_to(to).iter();
                owed.any(|owed| owed.broken == Some("ASK-1") && part.matches(&owed.part))
            })
        };
        let (what, id, by) = wrongly_full(list, is_fresh)?;
        let by = Deviations::of(by);
        (!self.setup.deviations.intersects(by)).then_some((what, id))
    }

    /// The log shows a part of a message: it was owed, or becomes so by a step not shown.
    fn explain_part(
        &mut self,
        line: u64,
        to: &PeerId,
        part: &Part,
        step: &LoggedStep,
        asked: &Asked,
    ) -> Result<(), Stop> {
        let requested = &self.requested;
        let was_requested =
            |address: &Address| requested.as_ref().is_none_or(|it| it.contains(address));
        if let [state] = self.states.as_mut_slice()
            && (state.take(to, part) || state.may_send(to, part, was_requested))
        {
            return Ok(());
        }
        let mut explaining: Vec<State> = Vec::new();
        let mut overfull = Vec::new();
        for state in &self.states {
            let mut direct = state.clone();
            if direct.take(to, part) || direct.may_send(to, part, was_requested) {
                if !explaining.contains(&direct) {
                    explaining.push(direct);
                }
                continue;
            }
            for hidden in state.hidden_steps(to, part, self.hides_retries, self.hides_serving) {
                let outcomes = outcomes(state.node.clone(), &hidden, asked, true)
                    .map_err(|TooMany| too_many(line))?;
                for (node, effects) in outcomes {
                    let debts = state.debts.clone();
                    let mut after = State { node, debts };
                    overfull.extend(after.owe(&hidden, &effects, line));
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

    /// Explains a dump. In a log that starts in the middle, the first complete dump sets the state.
    ///
    /// # Errors
    ///
    /// When the model is in no such state.
    pub fn dumped(&mut self, line: u64, dumped: &Dumped) -> Result<(), Stop> {
        if !self.knowledge.is_all_known() {
            if let Some(node) = self.knowledge.learn(dumped, &self.setup) {
                self.states = vec![State::of(node, self.shows_obtained)];
            }
            return Ok(());
        }
        self.judged += 1;
        self.coverage.dumped(dumped);
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
                let what = format!("the dump differs: {}", difference.text);
                Err(Unexplained::at(line, what)
                    .breaking_some(difference.requirements)
                    .in_state(state)
                    .stop())
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
    /// When in every state something is due that has not come.
    pub fn quiet(&mut self, line: u64) -> Result<(), Stop> {
        if !self.knowledge.is_all_known() {
            return Ok(());
        }
        self.judged += 1;
        let due = |state: &State| {
            state.due(|peer, part| {
                peer.is_none_or(|peer| self.knowledge.judges_peer(peer))
                    && self.knowledge.judges(&part.address(), part.is_entry())
            })
        };
        let first = self.states.first().and_then(due);
        let quiet: Vec<State> = self
            .states
            .iter()
            .filter(|state| due(state).is_none())
            .cloned()
            .collect();
        let Some(first) = first.filter(|_| quiet.is_empty()) else {
            self.states = quiet;
            return Ok(());
        };
        let unexplained = match first {
            Due::Part(peer, owed) => {
                let since = if owed.since == 0 { line } else { owed.since };
                Unexplained::unsent(line, &peer, &owed.part.message())
                    .after(since)
                    .breaking(owed.broken.into_iter().collect())
            }
            Due::FullList(peer, since, sent_instead) => {
                let instead = match sent_instead {
                    Some(line) => format!("the list of line {line} is not full"),
                    None => "it was sent no list".to_owned(),
                };
                let what = format!(
                    "quiet, and {peer} has been sent no full list of own wants since it joined: \
                     {instead}"
                );
                Unexplained::at(line, what)
                    .after(since)
                    .breaking(vec!["JOIN-4"])
            }
            Due::Obtained(address, broken, since) => {
                let address = address::show(&address);
                let what = format!("quiet, and the request of {address} has not been met");
                Unexplained::at(line, what)
                    .after(since)
                    .allowing(vec![format!("obtained {address}")])
                    .breaking(broken.into_iter().collect())
            }
        };
        Err(unexplained.in_state(self.state()).stop())
    }

    fn state(&self) -> Dumped {
        let state = self.states.first();
        state
            .map(|state| Dumped::of(&state.node.dump()))
            .unwrap_or_default()
    }

    fn stop(&self, line: u64, output: &Output, step: &LoggedStep) -> Stop {
        let Some(state) = self.states.first() else {
            return Stop::Inconclusive {
                line,
                why: "no state is left".to_owned(),
            };
        };
        let causes = Causes::of(step.event.as_ref());
        let mut unexplained = Unexplained::at(line, output.to_string());
        match output {
            Output::Sent { to, message } => {
                let part_value = |to: &PeerId, owed: &Owed| -> Value {
                    sent_value(to, &owed.part.clone().message())
                };
                let to_peer = state.owed_to(to).iter().take(MOST_COMPARED);
                let near: Vec<Value> = to_peer.clone().map(|owed| part_value(to, owed)).collect();
                let shown = to_peer
                    .map(|owed| (to, owed))
                    .chain(state.owed_to_others(to));
                let shown = shown.take(MOST_SHOWN).map(|(peer, owed)| {
                    let message = message_value(&owed.part.clone().message());
                    format!("sent to {peer}: {message}")
                });
                let instead: Vec<(PeerId, Part)> = state
                    .owed_to(to)
                    .iter()
                    .map(|owed| (*to, owed.part.clone()))
                    .collect();
                let scene = Scene {
                    node: &state.node,
                    causes: &causes,
                    instead: &instead,
                    effects: None,
                    joined_again: false,
                };
                let parts = parts(message);
                let mut broken: Vec<&'static str> = parts
                    .iter()
                    .filter_map(|part| scene.shown(to, part))
                    .collect();
                // Something else was owed, and is answered wrongly.
                broken.extend(
                    parts
                        .iter()
                        .filter_map(|part| wrong_answer(state, to, part)),
                );
                unexplained = unexplained
                    .breaking(super::broken::once_each(broken))
                    .near(nearest(&output_value(output), &near))
                    .allowing(shown.collect());
            }
            Output::Obtained(it) => {
                unexplained.what = format!("obtained {}, which is not held", address::show(it));
                let broken = causes.wrongly_obtained(it);
                unexplained = unexplained.breaking(broken.into_iter().collect());
            }
            _ => {}
        }
        unexplained
            .after(step.line)
            .in_state(Dumped::of(&state.node.dump()))
            .stop()
    }
}

/// What a node breaks that sends one presence item where it owes another of the same address.
fn wrong_answer(state: &State, to: &PeerId, part: &Part) -> Option<&'static str> {
    let Part::Item(item) = part else {
        return None;
    };
    let owed = state.owed_to(to).iter();
    let mut owed = owed.filter(|owed| matches!(&owed.part, Part::Item(it) if it.address == item.address && it.presence_type != item.presence_type));
    owed.next()?.broken
}

fn too_many(line: u64) -> Stop {
    Stop::Inconclusive {
        line,
        why: format!("more than {MAX_STATES} states explain the log up to here"),
    }
}
