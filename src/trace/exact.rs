//! [`ExactRun`]: explains a complete log, which shows every output of each step.
//!
//! The outputs of the model and of the log have to be the same in each step: the same messages to
//! each peer in the same order, and the same requests met and failed. The order of messages to
//! different peers may differ, because no peer can observe it.

use blockexc_model::deviating::{Effect, Event, Node, Setup};
use blockexc_model::node::First;
use libp2p::PeerId;
use serde_json::Value;

use super::beginning::new_node;
use super::broken::{Causes, Scene, once_each};
use super::choices::{Asked, MAX_STATES, may_choose, outcomes};
use super::coverage::Coverage;
use super::dumped::Dumped;
use super::frame::wrongly_refused;
use super::line::Output;
use super::message::message_value;
use super::nearest::nearest;
use super::parts::{Part, parts};
use super::record::{effect_value, output_value};
use super::step::LoggedStep;
use super::turns::Turns;
use super::unexplained::{Stop, Unexplained};
use crate::wire::{Message, Network, address};

/// The most entries of one want list, and the most blocks of one message.
const MOST_ENTRIES: usize = 1000;
const MOST_BLOCKS: usize = 20;

/// The states that a node may be in after what its log has shown so far.
#[derive(Clone)]
pub struct ExactRun {
    setup: Setup,
    states: Vec<Node<Network>>,
    turns: Turns,
    coverage: Coverage,
    judged: u64,
}

/// The first difference between the outputs of the model and of the log.
struct Mismatch {
    /// The number of outputs of the log before it.
    explained: usize,
    /// The effects that come next in the model and are not in the log.
    missing: Vec<Effect<Network>>,
    /// Whether the input is a Joined event of a peer that had a context.
    joined_again: bool,
    /// Everything that the model does at this input.
    effects: Vec<Effect<Network>>,
}

impl ExactRun {
    /// A run that starts with a new node.
    pub fn new(setup: Setup) -> Self {
        ExactRun {
            states: vec![new_node(setup.clone())],
            setup,
            turns: Turns::default(),
            coverage: Coverage::default(),
            judged: 0,
        }
    }

    /// The requirements that the log touches.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The number of lines that could have been found to be wrong.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no state explains it, or too many do.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        // At the end of the log, what the input causes may be missing.
        self.judged += step.outputs.len() as u64 + u64::from(step.has_input() && !step.is_last);
        for (_, output) in &step.outputs {
            self.coverage.output(output);
        }
        if step.refused.is_some() {
            self.coverage.refused();
        }
        let Some(event) = &step.event else {
            return self.without_event(step);
        };
        let joined_again = matches!(event, Event::Joined(peer)
            if self.states.iter().any(|state| state.contexts().contains_key(peer)));
        if let Some(state) = self.states.first() {
            self.coverage.event(state, event);
        }
        if let [state] = self.states.as_mut_slice()
            && step.or.is_none()
            && !may_choose(state, event)
        {
            let effects = state.step(event.clone(), &mut First);
            return compare(&effects, step).map_err(|(explained, missing)| {
                let mismatch = Mismatch {
                    explained,
                    missing,
                    joined_again,
                    effects,
                };
                self.stop(step, mismatch)
            });
        }
        let asked = Asked::of(step);
        let mut explaining: Vec<Node<Network>> = Vec::new();
        let mut closest: Option<(Mismatch, Node<Network>)> = None;
        let mut readings: Vec<(Node<Network>, &Event<Network>)> = Vec::new();
        for state in std::mem::take(&mut self.states) {
            readings.extend(step.or.iter().map(|event| (state.clone(), event)));
            readings.push((state, event));
        }
        for (state, event) in readings {
            let outcomes =
                outcomes(state, event, &asked, step.is_last).map_err(|_| too_many(step))?;
            for (after, effects) in outcomes {
                match compare(&effects, step) {
                    Ok(()) if explaining.contains(&after) => {}
                    Ok(()) => {
                        if explaining.is_empty() {
                            self.turns.note(&after, event, &effects);
                        }
                        explaining.push(after);
                    }
                    Err((explained, missing)) => {
                        let further = closest
                            .as_ref()
                            .is_none_or(|(other, _)| other.explained < explained);
                        if further {
                            let mismatch = Mismatch {
                                explained,
                                missing,
                                joined_again,
                                effects,
                            };
                            closest = Some((mismatch, after));
                        }
                    }
                }
            }
        }
        if explaining.len() > MAX_STATES {
            return Err(too_many(step));
        }
        self.states = explaining;
        match closest {
            Some((mismatch, state)) if self.states.is_empty() => {
                self.states.push(state);
                Err(self.stop(step, mismatch))
            }
            _ => Ok(()),
        }
    }

    /// Explains a step that changes nothing: that of a frame that was refused, or outputs after a dump
    /// or at the beginning.
    fn without_event(&self, step: &LoggedStep) -> Result<(), Stop> {
        let state = self.state();
        if let Some(refused) = &step.refused
            && let Some((message, broken)) = wrongly_refused(refused, self.setup.deviations)
        {
            let what = format!(
                "refused a frame of {} that is a message: {}",
                refused.from,
                message_value(&message)
            );
            return Err(Unexplained::at(step.line, what)
                .breaking(broken)
                .in_state(state)
                .stop());
        }
        let Some((line, output)) = step.outputs.first() else {
            return Ok(());
        };
        // What follows a refused frame in a complete log was caused by it.
        let broken = step.refused.iter().map(|_| "WIRE-3").collect();
        Err(Unexplained::at(*line, output.to_string())
            .after(step.line)
            .breaking(broken)
            .in_state(state)
            .stop())
    }

    /// Explains a dump.
    ///
    /// # Errors
    ///
    /// When the model is in no such state.
    pub fn dumped(&mut self, line: u64, dumped: &Dumped) -> Result<(), Stop> {
        self.judged += 1;
        self.coverage.dumped(dumped);
        let mut difference = None;
        self.states.retain(|state| {
            let found = dumped.differs_from(&Dumped::of(&state.dump()), |_| true, |_| true);
            match found {
                None => true,
                Some(found) => {
                    difference = Some((found, Dumped::of(&state.dump())));
                    false
                }
            }
        });
        match difference {
            Some((difference, state)) if self.states.is_empty() => {
                let what = format!("the dump differs: {}", difference.text);
                Err(Unexplained::at(line, what)
                    .breaking_some(difference.requirements)
                    .in_state(state)
                    .stop())
            }
            _ => Ok(()),
        }
    }

    /// Explains a `quiet` line: each step of a complete log shows everything that was sent, but for
    /// what is put off.
    ///
    /// # Errors
    ///
    /// When something that was put off has not been sent.
    pub fn quiet(&mut self, line: u64) -> Result<(), Stop> {
        self.judged += 1;
        let owed = |node: &Node<Network>| self.turns.owed(node).into_iter().next();
        let Some(node) = self.states.first() else {
            return Ok(());
        };
        if self.states.iter().any(|node| owed(node).is_none()) {
            return Ok(());
        }
        let Some((peer, part, broken)) = owed(node) else {
            return Ok(());
        };
        Err(Unexplained::unsent(line, &peer, &part.message())
            .breaking(vec![broken])
            .in_state(self.state())
            .stop())
    }

    fn state(&self) -> Dumped {
        let state = self.states.first();
        state
            .map(|node| Dumped::of(&node.dump()))
            .unwrap_or_default()
    }

    fn stop(&self, step: &LoggedStep, mismatch: Mismatch) -> Stop {
        let causes = Causes::of(step.event.as_ref());
        let allowed: Vec<Value> = mismatch.missing.iter().filter_map(effect_value).collect();
        let unexplained = match step.outputs.get(mismatch.explained) {
            Some((line, output)) => {
                let broken = self.states.first().map_or_else(Vec::new, |node| {
                    broken_by_output(node, &causes, &mismatch, step, output)
                });
                let nearest = nearest(&output_value(output), &allowed);
                Unexplained::at(*line, output.to_string())
                    .breaking(broken)
                    .near(nearest)
            }
            None => {
                let missing = mismatch.missing.first();
                let what = missing.map_or_else(String::new, shown);
                let broken = missing.map_or_else(Vec::new, |effect| match effect {
                    Effect::Send { message, .. } => {
                        once_each(parts(message).iter().filter_map(|it| causes.missing(it)))
                    }
                    Effect::Failed(_) => vec!["ASK-9"],
                    _ => causes.not_obtained().into_iter().collect(),
                });
                Unexplained::at(step.ended, format!("missing before this line: {what}"))
                    .breaking(broken)
            }
        };
        unexplained
            .after(step.line)
            .allowing(mismatch.missing.iter().map(shown).collect())
            .in_state(self.state())
            .stop()
    }
}

/// What a node breaks that does this, which is not what the model does.
fn broken_by_output(
    node: &Node<Network>,
    causes: &Causes<'_>,
    mismatch: &Mismatch,
    step: &LoggedStep,
    output: &Output,
) -> Vec<&'static str> {
    match output {
        Output::Sent { to, message } => {
            broken_by_message(node, causes, mismatch, step, to, message)
        }
        Output::SentGarbage { .. } => vec!["WIRE-1"],
        Output::Obtained(address) => causes.wrongly_obtained(address).into_iter().collect(),
        Output::Failed(address) => {
            let broken = causes.wrongly_failed(address, node.wants(address));
            broken.into_iter().collect()
        }
    }
}

fn broken_by_message(
    node: &Node<Network>,
    causes: &Causes<'_>,
    mismatch: &Mismatch,
    step: &LoggedStep,
    to: &PeerId,
    message: &Message,
) -> Vec<&'static str> {
    let sends = mismatch.missing.iter().filter_map(|effect| match effect {
        Effect::Send { to, message } => Some((to, message)),
        _ => None,
    });
    let instead: Vec<(PeerId, Part)> = sends
        .clone()
        .flat_map(|(to, message)| parts(message).into_iter().map(|part| (*to, part)))
        .collect();
    let next = sends.clone().find(|(peer, _)| *peer == to);
    let mut broken = Vec::new();
    if message
        .want_list
        .as_ref()
        .is_some_and(|list| list.entries.len() > MOST_ENTRIES)
    {
        broken.push("JOIN-8");
    }
    if message.deliveries.len() > MOST_BLOCKS {
        broken.push("XFER-10");
    }
    let scene = Scene {
        node,
        causes,
        instead: &instead,
        effects: Some(&mismatch.effects),
        joined_again: mismatch.joined_again,
    };
    let said = parts(message);
    let expected: Vec<&Part> = instead
        .iter()
        .filter(|(peer, _)| peer == to)
        .map(|(_, part)| part)
        .collect();
    let odd: Vec<&Part> = said
        .iter()
        .filter(|part| !expected.contains(part))
        .collect();
    broken.extend(odd.iter().filter_map(|part| scene.shown(to, part)));
    if let Some((_, next)) = next
        && odd.is_empty()
        && broken.is_empty()
    {
        broken.extend(broken_by_order(causes, step, to, message, next));
    }
    once_each(broken)
}

/// What a message breaks all of whose parts are the model's, but in other messages or another order.
/// `next` is the model's message.
fn broken_by_order(
    causes: &Causes<'_>,
    step: &LoggedStep,
    to: &PeerId,
    message: &Message,
    next: &Message,
) -> Vec<&'static str> {
    if let (Some(list), Some(other)) = (&message.want_list, &next.want_list)
        && list.full != other.full
        && list.entries == other.entries
    {
        return match (&step.event, list.full) {
            (Some(Event::Joined(_)), _) => vec!["JOIN-4"],
            (Some(Event::Request(_)), true) => vec!["ASK-1"],
            (Some(Event::Received { .. }), true) => vec!["ASK-6"],
            _ => Vec::new(),
        };
    }
    let (said, expected) = (parts(message), parts(next));
    let later = step.outputs.iter().filter_map(|(_, output)| match output {
        Output::Sent { to: peer, message } if peer == to => Some(parts(message)),
        _ => None,
    });
    let sent: Vec<Part> = later.flatten().collect();
    let missing: Vec<&Part> = expected.iter().filter(|it| !sent.contains(it)).collect();
    if !missing.is_empty() {
        return once_each(missing.into_iter().filter_map(|it| causes.missing(it)));
    }
    let is_answer =
        matches!(&step.event, Some(Event::Received { message, .. }) if message.want_list.is_some());
    match said.first() {
        // One list is answered by several presence messages, or by deliveries before presences.
        Some(Part::Item(_)) if is_answer && said.len() < expected.len() => vec!["WANT-18"],
        Some(Part::Delivery(_)) if is_answer && !next.presences.is_empty() => vec!["WANT-18"],
        Some(Part::Delivery(_)) if message.deliveries != next.deliveries => vec!["WANT-14"],
        _ => Vec::new(),
    }
}

fn too_many(step: &LoggedStep) -> Stop {
    Stop::Inconclusive {
        line: step.line,
        why: format!("more than {MAX_STATES} states explain the log up to here"),
    }
}

/// Whether a log shows this effect.
fn shows(effect: &Effect<Network>) -> bool {
    matches!(
        effect,
        Effect::Send { .. } | Effect::Obtained(_) | Effect::Failed(_)
    )
}

/// Whether the output is this effect.
fn is(effect: &Effect<Network>, output: &Output) -> bool {
    match (effect, output) {
        (
            Effect::Send { to, message },
            Output::Sent {
                to: peer,
                message: said,
            },
        ) => to == peer && message == said,
        (Effect::Obtained(address), Output::Obtained(named))
        | (Effect::Failed(address), Output::Failed(named)) => address == named,
        _ => false,
    }
}

/// Whether the log has to show the effect before the output: messages to one peer keep their
/// order.
fn comes_before(effect: &Effect<Network>, output: &Output) -> bool {
    matches!(
        (effect, output),
        (Effect::Send { to, .. }, Output::Sent { to: peer, .. }) if to == peer
    )
}

/// Compares the effects of the model with the outputs of the log. When they differ: how many outputs
/// are explained before that, and which effects are missing then.
fn compare(
    effects: &[Effect<Network>],
    step: &LoggedStep,
) -> Result<(), (usize, Vec<Effect<Network>>)> {
    let mut awaited: Vec<Option<&Effect<Network>>> = effects
        .iter()
        .filter(|effect| shows(effect))
        .map(Some)
        .collect();
    let mut first = 0;
    for (explained, (_, output)) in step.outputs.iter().enumerate() {
        while first < awaited.len() && awaited[first].is_none() {
            first += 1;
        }
        let place = awaited[first..].iter().position(|effect| {
            effect.is_some_and(|effect| is(effect, output) || comes_before(effect, output))
        });
        match place.map(|place| first + place) {
            Some(place) if awaited[place].is_some_and(|effect| is(effect, output)) => {
                awaited[place] = None;
            }
            place => {
                // The effect that should be here comes first.
                let missing = place
                    .into_iter()
                    .filter_map(|place| awaited[place].take())
                    .cloned()
                    .collect::<Vec<_>>();
                let others = awaited.iter().flatten().map(|effect| (*effect).clone());
                return Err((explained, missing.into_iter().chain(others).collect()));
            }
        }
    }
    let missing: Vec<_> = awaited.into_iter().flatten().cloned().collect();
    if missing.is_empty() || step.is_last {
        Ok(())
    } else {
        Err((step.outputs.len(), missing))
    }
}

/// An effect as text.
fn shown(effect: &Effect<Network>) -> String {
    match effect {
        Effect::Send { to, message } => format!("sent to {to}: {}", message_value(message)),
        Effect::Obtained(it) => format!("obtained {}", address::show(it)),
        Effect::Failed(it) => format!("failed {}", address::show(it)),
        other => format!("{other:?}"),
    }
}
