//! Random traces for proptest: made by the dice, and made smaller step by step.

pub use blockexc::suite::random::generate::Dice;
pub use blockexc::suite::random::stimulus::{Few, Step, Trace, WORLD};
use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Traces of up to this many steps.
#[derive(Clone, Copy, Debug)]
pub struct Traces(pub usize);

impl Strategy for Traces {
    type Tree = Shrinking;
    type Value = Trace;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut dice = Dice::new(runner.rng().next_u64());
        Ok(Shrinking::new(dice.trace(self.0)))
    }
}

/// A trace on its way to a smaller one.
pub struct Shrinking {
    current: Trace,
    /// What `current` was before the change that is being tried.
    last: Option<Trace>,
    /// Changes of the smallest failing trace so far that were not tried yet, the next one last.
    untried: Option<Vec<Trace>>,
}

impl Shrinking {
    fn new(trace: Trace) -> Self {
        Shrinking {
            current: trace,
            last: None,
            untried: None,
        }
    }

    fn try_next(&mut self) -> bool {
        let untried = self.untried.get_or_insert_with(|| smaller(&self.current));
        let Some(next) = untried.pop() else {
            return false;
        };
        self.last = Some(std::mem::replace(&mut self.current, next));
        true
    }
}

impl ValueTree for Shrinking {
    type Value = Trace;

    fn current(&self) -> Trace {
        self.current.clone()
    }

    /// The current trace fails: go on from there.
    fn simplify(&mut self) -> bool {
        if self.last.take().is_some() {
            self.untried = None;
        }
        self.try_next()
    }

    /// The current trace does not fail: back, and try another change.
    fn complicate(&mut self) -> bool {
        match self.last.take() {
            Some(last) => {
                self.current = last;
                self.try_next()
            }
            None => false,
        }
    }
}

/// Every smaller trace, what takes most away last.
fn smaller(trace: &Trace) -> Vec<Trace> {
    let mut smaller = Vec::new();
    let with_steps = |steps| Trace {
        steps,
        ..trace.clone()
    };
    for (place, step) in trace.steps.iter().enumerate() {
        for step in step.simpler() {
            let mut steps = trace.steps.clone();
            steps[place] = step;
            smaller.push(with_steps(steps));
        }
    }
    let mut length = 1;
    while length <= trace.steps.len() {
        for start in (0..=trace.steps.len() - length).step_by(length) {
            let mut steps = trace.steps.clone();
            steps.drain(start..start + length);
            smaller.push(with_steps(steps));
        }
        length *= 2;
    }
    smaller
}
