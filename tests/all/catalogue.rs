//! Requirements, deviations and scenarios belong together under one ID: this holds them to it.

use std::collections::BTreeSet;

use blockexc::suite::scenarios;
use blockexc_model::Deviation;
use blockexc_model::requirement::{Level, REQUIREMENTS, Requirement};

#[test]
fn every_observable_requirement_has_a_scenario() {
    let tested: BTreeSet<&str> = scenarios::all()
        .map(|scenario| scenario.requirement_id())
        .collect();
    let untested: Vec<&str> = REQUIREMENTS
        .iter()
        .filter(|requirement| !requirement.observable.is_empty() && requirement.level != Level::May)
        .map(|requirement| requirement.id)
        .filter(|id| !tested.contains(id))
        .collect();
    assert!(untested.is_empty(), "without a scenario: {untested:?}");
}

#[test]
fn every_scenario_names_an_observable_requirement() {
    for scenario in scenarios::all() {
        let requirement = scenario
            .requirement()
            .unwrap_or_else(|| panic!("{} names no requirement", scenario.id));
        assert!(
            !requirement.observable.is_empty(),
            "{}: {} cannot be observed",
            scenario.id,
            requirement.id
        );
    }
}

#[test]
fn scenario_ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for scenario in scenarios::all() {
        let id = scenario.id;
        assert!(seen.insert(id), "{id} is there twice");
        if let Some((_, word)) = id.split_once('/') {
            let letters = word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!(
                letters && !word.is_empty() && !word.starts_with('-') && !word.ends_with('-'),
                "{id}: what follows the slash is words in lower case, joined by hyphens"
            );
        }
        for text in [scenario.summary, scenario.expects] {
            assert!(text.ends_with('.'), "{id}: `{text}` is no sentence");
        }
    }
}

#[test]
fn scenarios_stand_in_the_order_of_the_specification() {
    let place = |id: &str| REQUIREMENTS.iter().position(|known| known.id == id);
    let order: Vec<_> = scenarios::all()
        .map(|scenario| (place(scenario.requirement_id()), scenario.id))
        .collect();
    for pair in order.windows(2) {
        assert!(
            pair[0].0 <= pair[1].0,
            "{} comes after {}",
            pair[0].1,
            pair[1].1
        );
    }
}

#[test]
fn deviations_break_requirements_that_exist() {
    for deviation in Deviation::ALL {
        for id in deviation.breaks() {
            assert!(
                Requirement::find(id).is_some(),
                "{deviation} breaks {id}, which is no requirement"
            );
        }
    }
}
