//! One trace through the model and the engine at once.

use blockexc::node::engine::Engine;
use blockexc_checker::step::rules::{Step as JudgedStep, StepChecker};
use blockexc_model::address::Address;
use blockexc_model::deviating::{Node, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::node::Choose;

use super::trace::{Dice, Few, Trace, WORLD};

/// Chooses by the trace's own dice, and remembers between whom it had to choose.
struct Recorded {
    dice: Dice,
    offered: Vec<(Address<u8>, Vec<u8>)>,
}

impl Recorded {
    fn new(trace: &Trace) -> Self {
        Recorded {
            dice: Dice::new(trace.choices),
            offered: Vec::new(),
        }
    }
}

impl Choose<Few> for Recorded {
    fn holder(&mut self, address: &Address<u8>, holders: &[u8]) -> usize {
        self.offered.push((address.clone(), holders.to_vec()));
        // Now and then one that is out of range, which counts as the last.
        self.dice.below(holders.len() + 1)
    }
}

/// What the model, deviating so, does otherwise than the engine.
pub fn difference(trace: &Trace, deviations: Deviations) -> Option<String> {
    run(trace, deviations, None)
}

/// The same, or the first rule or invariant of the specification that the model breaks.
pub fn judged_difference(
    trace: &Trace,
    deviations: Deviations,
    judge: &StepChecker<Few>,
) -> Option<String> {
    run(trace, deviations, Some(judge))
}

fn run(trace: &Trace, deviations: Deviations, judge: Option<&StepChecker<Few>>) -> Option<String> {
    let mut model = Node::<Few>::deviating(Setup {
        config: trace.config(),
        deviations,
    });
    let mut engine = Engine::<Few>::new(trace.config());
    let (mut model_choices, mut engine_choices) = (Recorded::new(trace), Recorded::new(trace));
    for (number, step) in trace.steps.iter().enumerate() {
        let event = step.event();
        let before = judge.map(|_| model.clone());
        let expected = model.step(event.clone(), &mut model_choices);
        let done = engine.step_among_deviating(event.clone(), &mut engine_choices);
        if expected != done {
            return Some(format!(
                "step {number}: effects differ\n model: {expected:#?}\nengine: {done:#?}"
            ));
        }
        if model_choices.offered != engine_choices.offered {
            return Some(format!(
                "step {number}: choices differ\n model: {:?}\nengine: {:?}",
                model_choices.offered, engine_choices.offered
            ));
        }
        model_choices.offered.clear();
        engine_choices.offered.clear();
        let (expected_state, state) = (model.dump(), engine.dump());
        if expected_state != state {
            return Some(format!(
                "step {number}: states differ\n model: {expected_state:#?}\nengine: {state:#?}"
            ));
        }
        for (address, _) in &WORLD {
            let expected = (model.wants(address), model.holds(address));
            let said = (engine.wants(address), engine.holds(address));
            if expected != said {
                return Some(format!(
                    "step {number}: {address:?} is wanted and held: model {expected:?}, engine {said:?}"
                ));
            }
        }
        if let (Some(judge), Some(before)) = (judge, before) {
            let broken = judge.broken(&JudgedStep {
                before: &before,
                event: &event,
                effects: &expected,
                after: &model,
            });
            let names: Vec<_> = judge
                .predicates()
                .enumerate()
                .filter(|(place, _)| broken.contains(*place))
                .map(|(_, predicate)| predicate.name)
                .collect();
            if !names.is_empty() {
                return Some(format!("step {number}: the model breaks {names:?}"));
            }
        }
    }
    None
}
