//! [`ExactRun`]: explains a complete log, in which each step shows all that came of it.
//!
//! What the model does in a step and what the log shows must be the same: the same messages to
//! each peer in the same order, the same requests met and failed. The order of messages to
//! different peers is left open, for it cannot be observed.

use blockexc_model::node::{Config, Effect, First, Node};

use super::choices::{Asked, MOST_STATES, may_choose, outcomes};
use super::dumped::Dumped;
use super::line::Deed;
use super::message::message_value;
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained, breaks_by_doing, breaks_by_not_sending};
use crate::wire::{Network, address};

/// The states that a node can be in, by what its log has shown so far.
pub struct ExactRun {
    states: Vec<Node<Network>>,
}

/// Where what the model does and what the log shows part.
struct Mismatch {
    /// How many deeds the model explains.
    explained: usize,
    /// What of the model's doings comes next, and is not there.
    missing: Vec<Effect<Network>>,
}

impl ExactRun {
    /// A run that starts with a new node.
    pub fn new(config: Config) -> Self {
        ExactRun {
            states: vec![Node::new(config)],
        }
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When no choice explains it, or there are too many.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        let Some(event) = &step.event else {
            // What stands behind a dump, or at the very beginning, no input has caused.
            return match step.deeds.is_empty() {
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
        if explaining.len() > MOST_STATES {
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
        let unexpected = step.deeds.get(mismatch.explained);
        let (line, what, requirements) = match unexpected {
            Some((line, deed)) => {
                let mut broken = breaks_by_doing(
                    deed,
                    event,
                    |peer, address| {
                        state
                            .and_then(|node| node.contexts().get(peer))
                            .is_some_and(|context| context.contains(address))
                    },
                    |address| state.is_some_and(|node| node.wants(address)),
                );
                if let Some(Effect::Send { message, .. }) = mismatch.missing.first() {
                    broken.extend(breaks_by_not_sending(message, event));
                }
                (
                    *line,
                    format!("{deed}"),
                    super::unexplained::once_each(broken),
                )
            }
            None => {
                let missing = mismatch.missing.first();
                let broken = match missing {
                    Some(Effect::Send { message, .. }) => breaks_by_not_sending(message, event),
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
        why: format!("more than {MOST_STATES} states explain the log up to here"),
    }
}

/// Whether this effect shows in a log.
fn shows(effect: &Effect<Network>) -> bool {
    matches!(
        effect,
        Effect::Send { .. } | Effect::Obtained(_) | Effect::Failed(_)
    )
}

fn is(effect: &Effect<Network>, deed: &Deed) -> bool {
    match (effect, deed) {
        (
            Effect::Send { to, message },
            Deed::Sent {
                to: peer,
                message: said,
            },
        ) => to == peer && message == said,
        (Effect::Obtained(address), Deed::Obtained(named))
        | (Effect::Failed(address), Deed::Failed(named)) => address == named,
        _ => false,
    }
}

/// Whether the effect must have been seen before anything else of its kind is: a message to a
/// peer stands before the next to the same peer.
fn stands_before(effect: &Effect<Network>, deed: &Deed) -> bool {
    matches!(
        (effect, deed),
        (Effect::Send { to, .. }, Deed::Sent { to: peer, .. }) if to == peer
    )
}

fn compare(effects: &[Effect<Network>], step: &LoggedStep) -> Result<(), Mismatch> {
    let mut awaited: Vec<Option<&Effect<Network>>> = effects
        .iter()
        .filter(|effect| shows(effect))
        .map(Some)
        .collect();
    let mut first = 0;
    for (explained, (_, deed)) in step.deeds.iter().enumerate() {
        while first < awaited.len() && awaited[first].is_none() {
            first += 1;
        }
        let place = awaited[first..].iter().position(|effect| {
            effect.is_some_and(|effect| is(effect, deed) || stands_before(effect, deed))
        });
        match place.map(|place| first + place) {
            Some(place) if awaited[place].is_some_and(|effect| is(effect, deed)) => {
                awaited[place] = None;
            }
            place => {
                // What should stand here comes first.
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
            explained: step.deeds.len(),
            missing,
        })
    }
}

/// An effect, for people.
pub(super) fn shown(effect: &Effect<Network>) -> String {
    match effect {
        Effect::Send { to, message } => format!("sent to {to}: {}", message_value(message)),
        Effect::Obtained(it) => format!("obtained {}", address::show(it)),
        Effect::Failed(it) => format!("failed {}", address::show(it)),
        other => format!("{other:?}"),
    }
}
