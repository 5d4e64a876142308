//! One trace through the model and the engine at once.

use blockexc::node::engine::Engine;
use blockexc_model::address::Address;
use blockexc_model::check::rules::{Judge, Step as JudgedStep};
use blockexc_model::deviation::Deviations;
use blockexc_model::node::{Choose, Config, Event, MAX_PRESENCES_SENT, Node};

use super::trace::{Dice, Few, Trace};

/// Chooses by the trace's own dice, and remembers between whom it had to choose.
struct Recorded {
    dice: Dice,
    offered: Vec<(Address<u8>, Vec<u8>)>,
}

impl Recorded {
    fn new(trace: &Trace) -> Self {
        Recorded {
            dice: Dice(trace.choices),
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
    judge: &Judge<Few>,
) -> Option<String> {
    run(trace, deviations, Some(judge))
}

fn run(trace: &Trace, deviations: Deviations, judge: Option<&Judge<Few>>) -> Option<String> {
    let mut model = Node::<Few>::new(Config {
        deviations,
        ..trace.config()
    });
    let mut engine = match Engine::<Few>::new(trace.config()) {
        Ok(engine) => engine,
        Err(deviates) => return Some(deviates.to_string()),
    };
    let (mut model_choices, mut engine_choices) = (Recorded::new(trace), Recorded::new(trace));
    for (number, step) in trace.steps.iter().enumerate() {
        let event = step.event();
        let before = judge.map(|_| model.clone());
        let expected = model.step(event.clone(), &mut model_choices);
        let done = engine.step(event.clone(), &mut engine_choices);
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
        let chose = !model_choices.offered.is_empty();
        model_choices.offered.clear();
        engine_choices.offered.clear();
        let (expected_state, state) = (model.dump(), engine.dump());
        if expected_state != state {
            return Some(format!(
                "step {number}: states differ\n model: {expected_state:#?}\nengine: {state:#?}"
            ));
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
                .filter(|name| !is_excused(name, &event, chose))
                .collect();
            if !names.is_empty() {
                return Some(format!("step {number}: the model breaks {names:?}"));
            }
        }
    }
    None
}

/// The rules that compare a step with the same message handled in parts.
const REPLAYING: &[&str] = &["PRES-9:", "WANT-15:", "XFER-5:", "WIRE-6:"];

/// The rules are written for the lists that a model checker tries: short ones. Of some lists that
/// come here, and of choices other than the first, they ask more than the requirement does.
fn is_excused(rule: &str, event: &Event<Few>, chose: bool) -> bool {
    // These handle the message again, in parts, and always choose the first holder.
    if chose && REPLAYING.iter().any(|id| rule.starts_with(id)) {
        return true;
    }
    let Event::Received { message, .. } = event else {
        return false;
    };
    if rule.starts_with("ASK-6: word") {
        // The rule leaves out what was asked before the step; an address that the message both
        // denies and announces is released and asked again in it.
        let mut named: Vec<_> = message.presences.iter().map(|item| &item.address).collect();
        named.sort_unstable();
        return named.windows(2).any(|pair| pair[0] == pair[1]);
    }
    let Some(list) = &message.want_list else {
        return false;
    };
    if rule.starts_with("WANT-14: highest") {
        // The rule ranks a delivery by the first entry for its address; a list that names an
        // address twice has it delivered twice, the second time by the second entry (WANT-15).
        let mut named: Vec<_> = list.entries.iter().map(|entry| &entry.address).collect();
        named.sort_unstable();
        named.windows(2).any(|pair| pair[0] == pair[1])
    } else if rule.starts_with("WANT-18: one list") {
        // The rule asks for one message; WANT-18 splits it at this many items.
        list.entries.len() > MAX_PRESENCES_SENT
    } else {
        false
    }
}
