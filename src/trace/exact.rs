//! [`ExactRun`]: explains a complete log, which shows every output of each step.
//!
//! The outputs of the model and of the log have to be the same in each step: the same messages to
//! each peer in the same order, and the same requests met and failed. The order of messages to
//! different peers may differ, because no peer can observe it.

use blockexc_model::deviating::{Effect, Node, Setup};
use blockexc_model::node::First;

use super::choices::{Asked, MAX_STATES, may_choose, outcomes};
use super::dumped::Dumped;
use super::line::Output;
use super::message::message_value;
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained, broken_by_missing, broken_by_output};
use crate::wire::{Network, address};

/// The states that a node may be in after what its log has shown so far.
pub struct ExactRun {
    states: Vec<Node<Network>>,
}

/// The first difference between the outputs of the model and of the log.
struct Mismatch {
    /// The number of outputs of the log before it.
    explained: usize,
    /// The effects that come next in the model and are not in the log.
    missing: Vec<Effect<Network>>,
}

impl ExactRun {
    /// A run that starts with a new node.
    pub fn new(setup: Setup) -> Self {
        ExactRun {
            states: vec![Node::deviating(setup)],
        }
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no state explains it, or too many do.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        let Some(event) = &step.event else {
            // No input has caused outputs after a dump, or at the beginning.
            return match step.outputs.is_empty() {
                true => Ok(()),
                false => Err(self.stop(
                    step,
                    &Mismatch {
                        explained: 0,
                        missing: Vec::new(),
                    },
                )),
            };
        };
        if let [state] = self.states.as_mut_slice()
            && !may_choose(state, event)
        {
            let effects = state.step(event.clone(), &mut First);
            return compare(&effects, step).map_err(|mismatch| self.stop(step, &mismatch));
        }
        let asked = Asked::of(step);
        let mut explaining: Vec<Node<Network>> = Vec::new();
        let mut closest: Option<(Mismatch, Node<Network>)> = None;
        for state in std::mem::take(&mut self.states) {
            let outcomes =
                outcomes(state, event, &asked, step.is_last).map_err(|_| too_many(step))?;
            for (after, effects) in outcomes {
                match compare(&effects, step) {
                    Ok(()) if explaining.contains(&after) => {}
                    Ok(()) => explaining.push(after),
                    Err(mismatch) => {
                        let further = closest
                            .as_ref()
                            .is_none_or(|(other, _)| other.explained < mismatch.explained);
                        if further {
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
                Err(self.stop(step, &mismatch))
            }
            _ => Ok(()),
        }
    }

    /// Explains a dump.
    ///
    /// # Errors
    ///
    /// When the model is in no such state.
    pub fn dumped(&mut self, line: u64, dumped: &Dumped) -> Result<(), Stop> {
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
            _ => Ok(()),
        }
    }

    fn stop(&self, step: &LoggedStep, mismatch: &Mismatch) -> Stop {
        let event = step.event.as_ref();
        let state = self.states.first();
        let unexpected = step.outputs.get(mismatch.explained);
        let (line, what, requirements) = match unexpected {
            Some((line, output)) => {
                let mut broken = broken_by_output(
                    output,
                    event,
                    |peer, address| {
                        state
                            .and_then(|node| node.contexts().get(peer))
                            .is_some_and(|context| context.contains(address))
                    },
                    |address| state.is_some_and(|node| node.wants(address)),
                );
                if let Some(Effect::Send { message, .. }) = mismatch.missing.first() {
                    broken.extend(broken_by_missing(message, event));
                }
                (
                    *line,
                    format!("{output}"),
                    super::unexplained::once_each(broken),
                )
            }
            None => {
                let missing = mismatch.missing.first();
                let broken = match missing {
                    Some(Effect::Send { message, .. }) => broken_by_missing(message, event),
                    Some(Effect::Failed(_)) => vec!["ASK-9"],
                    _ => vec!["XFER-7", "HELD-1", "ASK-3"],
                };
                let what = missing.map_or_else(String::new, shown);
                (
                    step.ended,
                    format!("missing before this line: {what}"),
                    broken,
                )
            }
        };
        Stop::Unexplained(Box::new(Unexplained {
            node: String::new(),
            line,
            input: step.line,
            what,
            allowed: mismatch.missing.iter().map(shown).collect(),
            requirements,
            deviations: Vec::new(),
            state: Box::new(
                state
                    .map(|node| Dumped::of(&node.dump()))
                    .unwrap_or_default(),
            ),
        }))
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

/// Compares the effects of the model with the outputs of the log.
fn compare(effects: &[Effect<Network>], step: &LoggedStep) -> Result<(), Mismatch> {
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
                return Err(Mismatch {
                    explained,
                    missing: missing.into_iter().chain(others).collect(),
                });
            }
        }
    }
    let missing: Vec<_> = awaited.into_iter().flatten().cloned().collect();
    if missing.is_empty() || step.is_last {
        Ok(())
    } else {
        Err(Mismatch {
            explained: step.outputs.len(),
            missing,
        })
    }
}

/// An effect as text.
pub(super) fn shown(effect: &Effect<Network>) -> String {
    match effect {
        Effect::Send { to, message } => format!("sent to {to}: {}", message_value(message)),
        Effect::Obtained(it) => format!("obtained {}", address::show(it)),
        Effect::Failed(it) => format!("failed {}", address::show(it)),
        other => format!("{other:?}"),
    }
}
