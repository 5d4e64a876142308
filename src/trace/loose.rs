//! [`LooseRun`]: explains a log that is not complete: a foreign node's, as a rule.
//!
//! Such a log may show what was sent later than the input that caused it, in other messages than
//! the model's, and without the silent steps between (retries, postponed serving); it may start in
//! the middle. So messages are taken apart: what the model sends is *owed*, part by part, and what
//! the log shows must be owed to that peer at that time, or become so by a silent step, or be
//! something that a node is free to say. Nothing that is owed and does not come is held against
//! the node but where the log itself says that all is sent: a `quiet` line.

use std::collections::BTreeMap;

use blockexc_model::Deviation;
use blockexc_model::message::{
    Account, Delivery, Payment, Presence, PresenceType, WantEntry, WantType,
};
use blockexc_model::node::{Config, Effect, Event, Node};
use libp2p::PeerId;

use super::choices::{Asked, MOST_STATES, TooMany, outcomes};
use super::dumped::Dumped;
use super::known::Known;
use super::line::Deed;
use super::message::message_value;
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained, breaks_by_doing, breaks_by_not_sending};
use crate::wire::{Address, BlockCid, Message, Network, WantList, address};

/// So many parts may be owed to one peer; of one that is owed more, nothing is judged until it
/// joins again.
const MOST_OWED: usize = 4096;

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Entry(WantEntry<BlockCid>),
    /// A full list without entries.
    EmptyList,
    Item(Presence<BlockCid>),
    Delivery(Delivery<BlockCid>),
    Account(Account),
    Payment(Payment),
}

impl Part {
    /// As a message of its own.
    fn message(self) -> Message {
        match self {
            Part::Entry(entry) => Message::want_list(vec![entry], false),
            Part::EmptyList => Message::want_list(Vec::new(), true),
            Part::Item(item) => Message::presences(vec![item]),
            Part::Delivery(delivery) => Message::deliveries(vec![delivery]),
            Part::Account(account) => Message::account(account),
            Part::Payment(payment) => Message {
                payment: Some(payment),
                ..Message::default()
            },
        }
    }
}

fn parts(message: &Message) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(WantList { entries, full }) = &message.want_list {
        parts.extend(entries.iter().cloned().map(Part::Entry));
        if entries.is_empty() && *full {
            parts.push(Part::EmptyList);
        }
    }
    parts.extend(message.presences.iter().cloned().map(Part::Item));
    parts.extend(message.deliveries.iter().cloned().map(Part::Delivery));
    parts.extend(message.account.map(Part::Account));
    parts.extend(message.payment.clone().map(Part::Payment));
    parts
}

/// A state that the node can be in, with what it owes.
#[derive(Clone, PartialEq, Eq)]
struct State {
    node: Node<Network>,
    owed: BTreeMap<PeerId, Vec<Part>>,
}

/// The states that a node can be in, by what its log has shown so far.
pub struct LooseRun {
    config: Config,
    states: Vec<State>,
    known: Known,
}

impl LooseRun {
    /// A run that starts with a new node, or, in the middle, with one that nothing is known of.
    pub fn new(config: Config, from_the_middle: bool) -> Self {
        LooseRun {
            states: vec![State {
                node: Node::new(config.clone()),
                owed: BTreeMap::new(),
            }],
            config,
            known: Known::new(from_the_middle),
        }
    }

    /// How many parts of messages were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        self.known.skipped()
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no choice explains it, or there are too many.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        let asked = Asked::of(step);
        if let Some(event) = &step.event
            && let Some(event) = self.known.before(event)
        {
            self.advance(&event, &asked, step)?;
        }
        for (line, deed) in &step.deeds {
            self.deed(*line, deed, step, &asked)?;
        }
        if let Some(event) = &step.event {
            self.known.after(event);
        }
        Ok(())
    }

    /// The event happens, in every state.
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
                    owed: state.owed.clone(),
                };
                if let Event::Left(peer) = event {
                    after.owed.remove(peer); // LEFT-4
                }
                for peer in owe(&mut after.owed, effects) {
                    self.known.lose_sight_of(&peer);
                }
                if !states.contains(&after) {
                    states.push(after);
                }
            }
        }
        if states.len() > MOST_STATES {
            return Err(too_many(step.line));
        }
        self.states = states;
        Ok(())
    }

    fn deed(
        &mut self,
        line: u64,
        deed: &Deed,
        step: &LoggedStep,
        asked: &Asked,
    ) -> Result<(), Stop> {
        match deed {
            Deed::Sent { to, message } => {
                if !self.known.judges_peer(to) {
                    self.known.skip(parts(message).len());
                    return Ok(());
                }
                for part in parts(message) {
                    if self.known.judges(&part.address(), part.is_entry()) {
                        self.part(line, to, &part, step, asked)?;
                    } else {
                        self.known.skip(1);
                    }
                }
                Ok(())
            }
            // However it came by the block: what is not held cannot be obtained.
            Deed::Obtained(address) => {
                if !self.known.judges(&Some(address.clone()), true) {
                    self.known.ended(address);
                    return Ok(());
                }
                self.keep_states(line, deed, step, |state| state.node.holds(address))
            }
            // ASK-9: after how many retries, the log need not say.
            Deed::Failed(address) => {
                if let Some(event) = self.known.before(&Event::Cancel(address.clone())) {
                    self.advance(&event, asked, step)?;
                }
                self.known.ended(address);
                Ok(())
            }
        }
    }

    /// A part of a message is sent: it was owed, or a silent step makes it so.
    fn part(
        &mut self,
        line: u64,
        to: &PeerId,
        part: &Part,
        step: &LoggedStep,
        asked: &Asked,
    ) -> Result<(), Stop> {
        let mut explaining: Vec<State> = Vec::new();
        let mut over = Vec::new();
        for state in &self.states {
            let mut direct = state.clone();
            if direct.take(to, part) || direct.may_say(to, part) {
                if !explaining.contains(&direct) {
                    explaining.push(direct);
                }
                continue;
            }
            for silent in state.silent_steps(to, part) {
                let outcomes = outcomes(state.node.clone(), &silent, asked, true)
                    .map_err(|TooMany| too_many(line))?;
                for (node, effects) in outcomes {
                    let mut after = State {
                        node,
                        owed: state.owed.clone(),
                    };
                    over.extend(owe(&mut after.owed, effects));
                    if after.take(to, part) && !explaining.contains(&after) {
                        explaining.push(after);
                    }
                }
            }
        }
        for peer in over {
            self.known.lose_sight_of(&peer);
        }
        if explaining.len() > MOST_STATES {
            return Err(too_many(line));
        }
        if explaining.is_empty() {
            let deed = Deed::Sent {
                to: *to,
                message: part.clone().message(),
            };
            return Err(self.stop(line, &deed, step));
        }
        self.states = explaining;
        Ok(())
    }

    fn keep_states(
        &mut self,
        line: u64,
        deed: &Deed,
        step: &LoggedStep,
        keeps: impl Fn(&State) -> bool,
    ) -> Result<(), Stop> {
        if !self.states.iter().any(&keeps) {
            return Err(self.stop(line, deed, step));
        }
        self.states.retain(keeps);
        Ok(())
    }

    /// Explains a dump. The first one of a log that starts in the middle makes known what was
    /// unknown.
    ///
    /// # Errors
    ///
    /// When the model is in no such state.
    pub fn dumped(&mut self, line: u64, dumped: &Dumped) -> Result<(), Stop> {
        if !self.known.is_all_known() {
            if let Some(node) = self.known.learn(dumped, &self.config) {
                self.states = vec![State {
                    node,
                    owed: BTreeMap::new(),
                }];
            }
            return Ok(());
        }
        let known = &self.known;
        let mut difference = None;
        let matching: Vec<State> = self
            .states
            .iter()
            .filter(|state| {
                let model = Dumped::of(&state.node.dump());
                let found = dumped.differs_from(
                    &model,
                    |peer| known.judges_peer(peer),
                    |address| known.judges(&Some(address.clone()), true),
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

    /// Nothing is on its way: what a peer is owed now, it will not get.
    ///
    /// # Errors
    ///
    /// When in every state something is owed.
    pub fn quiet(&mut self, line: u64) -> Result<(), Stop> {
        if !self.known.is_all_known() {
            return Ok(());
        }
        let owes = |state: &State| {
            state.owed.iter().find_map(|(peer, parts)| {
                let part = parts.iter().find(|part| {
                    self.known.judges_peer(peer)
                        && self.known.judges(&part.address(), part.is_entry())
                        && state.must_say(part)
                })?;
                Some((*peer, part.clone()))
            })
        };
        let settled: Vec<State> = self
            .states
            .iter()
            .filter(|state| owes(state).is_none())
            .cloned()
            .collect();
        let Some(state) = self.states.first().filter(|_| settled.is_empty()) else {
            self.states = settled;
            return Ok(());
        };
        let Some((peer, part)) = owes(state) else {
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
            requirements: breaks_by_not_sending(&message, None),
            deviations: Vec::new(),
            state: Box::new(Dumped::of(&state.node.dump())),
        })))
    }

    fn stop(&self, line: u64, deed: &Deed, step: &LoggedStep) -> Stop {
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
        let owed = state.owed.iter().flat_map(|(peer, parts)| {
            parts.iter().map(move |part| {
                let message = message_value(&part.clone().message());
                format!("sent to {peer}: {message}")
            })
        });
        let what = match deed {
            Deed::Obtained(it) => format!("obtained {}, which is not held", address::show(it)),
            other => other.to_string(),
        };
        Stop::Unexplained(Box::new(Unexplained {
            node: String::new(),
            line,
            input: step.line,
            what,
            allowed: owed.take(20).collect(),
            requirements: breaks_by_doing(deed, step.event.as_ref(), knows, |it| node.wants(it)),
            deviations: Vec::new(),
            state: Box::new(Dumped::of(&node.dump())),
        }))
    }
}

fn too_many(line: u64) -> Stop {
    Stop::Inconclusive {
        line,
        why: format!("more than {MOST_STATES} states explain the log up to here"),
    }
}

impl Part {
    fn is_entry(&self) -> bool {
        matches!(self, Part::Entry(_))
    }

    fn address(&self) -> Option<Address> {
        match self {
            Part::Entry(entry) => Some(entry.address.clone()),
            Part::Item(item) => Some(item.address.clone()),
            Part::Delivery(delivery) => Some(delivery.address.clone()),
            Part::EmptyList | Part::Account(_) | Part::Payment(_) => None,
        }
    }

    /// Whether a node that owes the one has paid it by the other.
    fn pays(&self, owed: &Part) -> bool {
        match (self, owed) {
            // Priorities of own wants, how a cancel is typed, and whether word of absence is asked
            // for, a foreign node decides itself.
            (Part::Entry(said), Part::Entry(owed)) => {
                said.address == owed.address
                    && said.cancel == owed.cancel
                    && (said.cancel || said.want_type == owed.want_type)
            }
            // Whether its own blocks are sound a log need not say.
            (Part::Delivery(said), Part::Delivery(owed)) => {
                said.address == owed.address && said.cid == owed.cid
            }
            _ => self == owed,
        }
    }
}

impl State {
    /// Takes a part from what is owed; says whether it was.
    fn take(&mut self, to: &PeerId, part: &Part) -> bool {
        let Some(owed) = self.owed.get_mut(to) else {
            return false;
        };
        let place = owed.iter().position(|owed| part.pays(owed));
        place.map(|place| owed.remove(place)).is_some()
    }

    /// Whether a node is free to say this, owed or not.
    fn may_say(&self, to: &PeerId, part: &Part) -> bool {
        match part {
            // ASK-1: it may batch a want with others and announce it again, but names nothing
            // that it does not want.
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

    /// Whether what is owed must be said, however late. What is owed of a want that has ended
    /// since need not be, nor what the specification only recommends.
    fn must_say(&self, part: &Part) -> bool {
        match part {
            Part::Entry(entry) => entry.cancel || self.node.wants(&entry.address),
            // WANT-7 is a SHOULD, and a DontHave owed by it looks like one owed by WANT-5.
            Part::Item(item) => item.presence_type == PresenceType::Have,
            // JOIN-6, PAY-2
            Part::Account(_) | Part::Payment(_) => false,
            Part::Delivery(_) | Part::EmptyList => true,
        }
    }

    /// The silent steps by which this part may come to be owed.
    fn silent_steps(&self, to: &PeerId, part: &Part) -> Vec<Event<Network>> {
        match part {
            // ASK-8: a retry asks another holder.
            Part::Entry(entry) if self.node.wants(&entry.address) => {
                vec![Event::Retry(entry.address.clone())]
            }
            Part::Delivery(_)
                if self
                    .node
                    .config()
                    .deviations
                    .contains(Deviation::ServeLater) =>
            {
                vec![Event::Serve(*to)]
            }
            _ => Vec::new(),
        }
    }
}

/// Adds what the effects of a step send to what is owed. Says of whom too much is owed.
fn owe(owed: &mut BTreeMap<PeerId, Vec<Part>>, effects: Vec<Effect<Network>>) -> Vec<PeerId> {
    let mut over = Vec::new();
    for effect in effects {
        if let Effect::Send { to, message } = effect {
            let parts_owed = owed.entry(to).or_default();
            parts_owed.extend(parts(&message));
            if parts_owed.len() > MOST_OWED {
                parts_owed.clear();
                over.push(to);
            }
        }
    }
    over
}
