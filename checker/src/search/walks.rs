//! Random walks through a model: what can be done where the states are too many to be searched. A
//! walk that violates nothing proves nothing.

use std::ops::ControlFlow;

use stateright::Model;

use super::checkable::Checkable;
use super::exploration::Trail;
use super::numbers::Numbers;
use super::property::{Kind, Property};

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub struct Walks {
    /// So many walks.
    pub walks: u64,
    /// Each ends after so many steps, or when nothing can happen any more.
    pub steps: usize,
    /// What the choices are made of: the same seed walks the same ways.
    pub seed: u64,
}

/// What walks have shown.
pub struct Walked<M: Model> {
    /// How many walks were begun.
    pub walks: u64,
    /// How many steps they had together.
    pub steps: u64,
    /// How many steps the longest had.
    pub longest: usize,
    /// How many ended in a state in which nothing can happen any more.
    pub ended: u64,
    /// Of each property, in their order: the walk that violated it, the one with the fewest steps.
    pub violations: Vec<Option<Trail<M>>>,
}

/// Walks through a model, and looks at every property that must hold always in each state on the
/// way. A walk ends where it violates one. `progress` is told how many walks were made, and says
/// whether to go on.
pub fn walk<M: Checkable>(
    model: &M,
    properties: &[Property<M>],
    how: Walks,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Walked<M>
where
    M::Action: Clone,
{
    let mut walked = Walked {
        walks: 0,
        steps: 0,
        longest: 0,
        ended: 0,
        violations: properties.iter().map(|_| None).collect(),
    };
    let mut numbers = Numbers(how.seed);
    while walked.walks < how.walks && progress(walked.walks).is_continue() {
        walked.walks += 1;
        walked.once(model, properties, how.steps, &mut numbers);
    }
    walked
}

impl<M: Checkable> Walked<M>
where
    M::Action: Clone,
{
    fn once(&mut self, model: &M, properties: &[Property<M>], most: usize, numbers: &mut Numbers) {
        let starts = model.init_states();
        let Some(start) = numbers.one_of(&starts) else {
            return;
        };
        let mut state = start.clone();
        let mut trail = Trail::<M> {
            start,
            steps: Vec::new(),
        };
        let mut actions = Vec::new();
        while trail.steps.len() < most {
            actions.clear();
            model.actions(&state, &mut actions);
            let Some(action) = numbers.one_of(&actions) else {
                self.ended += 1;
                break;
            };
            // What cannot be done after all changes nothing.
            let Some(next) = model.next_state(&state, action.clone()) else {
                continue;
            };
            state = next;
            trail.steps.push((action, state.clone()));
            self.steps += 1;
            if self.note(model, properties, &state, &trail) {
                break;
            }
        }
        self.longest = self.longest.max(trail.steps.len());
    }

    /// Notes what this state violates, and returns whether it is anything.
    fn note(
        &mut self,
        model: &M,
        properties: &[Property<M>],
        state: &M::State,
        trail: &Trail<M>,
    ) -> bool {
        let mut is_violated = false;
        for (property, shortest) in properties.iter().zip(&mut self.violations) {
            let is_asked =
                property.kind == Kind::Always && (!property.when_quiet || model.is_quiet(state));
            if !is_asked || property.holds(model, state) {
                continue;
            }
            is_violated = true;
            let known = shortest.as_ref().map(|trail: &Trail<M>| trail.steps.len());
            if known.is_none_or(|known| trail.steps.len() < known) {
                *shortest = Some(Trail {
                    start: trail.start.clone(),
                    steps: trail.steps.clone(),
                });
            }
        }
        is_violated
    }
}
