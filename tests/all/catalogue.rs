//! Requirements, deviations and scenarios belong together under one ID: this holds them to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use blockexc::node::index::{ENGINE, SHELL};
use blockexc::suite::scenarios;
use blockexc_model::Deviation;
use blockexc_model::deviation::Layer;
use blockexc_model::requirement::{Level, REQUIREMENTS, Requirement, Section};
use blockexc_model::source::{self, DEVIATIONS, RULES, SourceFile};

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

/// Requirements of the state machine of which no function of the model tells, and why.
const NOT_IN_THE_MODEL: &[(&str, &str)] = &[
    ("XFER-9", "the wire splits what is too long for a frame"),
    ("LEFT-4", "queues of messages are the shell's"),
    ("LEFT-5", "queues of messages are the shell's"),
    ("PRES-11", "the wire reads an unknown type as DontHave"),
    ("WANT-16", "the wire leaves such an entry out"),
    ("WANT-20", "the shell hands on every list"),
    ("XFER-11", "what is in a block is the shell's"),
];

/// The same of the engine.
const NOT_IN_THE_ENGINE: &[(&str, &str)] = &[
    ("XFER-9", "the wire splits what is too long for a frame"),
    ("LEFT-4", "queues of messages are the shell's"),
    ("LEFT-5", "queues of messages are the shell's"),
    ("PRES-8", "the wire reads prices, with the model's type"),
    ("PRES-11", "the wire reads an unknown type as DontHave"),
    ("WANT-16", "the wire leaves such an entry out"),
    ("WANT-20", "the shell hands on every list"),
    ("XFER-11", "what is in a block is the shell's"),
];

fn assert_each_is_met(files: &[SourceFile], ids: &[&str], exceptions: &[(&str, &str)]) {
    for id in ids {
        let is_met = !source::that_meet(files, id).is_empty();
        let is_listed = exceptions.iter().any(|(listed, _)| listed == id);
        assert!(is_met || is_listed, "no function names {id}");
        assert!(
            !is_met || !is_listed,
            "{id} is met, and listed as if it were not"
        );
    }
    for (listed, _) in exceptions {
        assert!(ids.contains(listed), "{listed} needs no exception");
    }
}

#[test]
fn functions_name_every_requirement() {
    let is_of_the_wire = |requirement: &&Requirement| requirement.section == Section::Wire;
    let (wire, others): (Vec<_>, Vec<_>) = REQUIREMENTS.iter().partition(is_of_the_wire);
    let ids = |requirements: Vec<&Requirement>| -> Vec<&str> {
        requirements
            .iter()
            .map(|requirement| requirement.id)
            .collect()
    };
    let others = ids(others);
    assert_each_is_met(RULES, &others, NOT_IN_THE_MODEL);
    assert_each_is_met(ENGINE, &others, NOT_IN_THE_ENGINE);
    assert_each_is_met(SHELL, &ids(wire), &[]);
}

#[test]
fn every_function_that_is_named_stands_where_it_is_said_to() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for requirement in REQUIREMENTS {
        for files in [RULES, ENGINE, SHELL] {
            for function in source::that_meet(files, requirement.id) {
                let text = fs::read_to_string(root.join(function.file)).unwrap();
                let line = text.lines().nth(function.line - 1).unwrap();
                let signature = format!("fn {}", function.name);
                assert!(line.contains(&signature), "{function:?}: {line}");
            }
        }
    }
}

#[test]
fn every_deviation_is_used_by_the_code_of_its_layer() {
    for deviation in Deviation::ALL {
        let files = match deviation.layer() {
            Layer::Model => DEVIATIONS,
            Layer::Shell => SHELL,
        };
        let functions = source::that_use(files, &format!("{deviation:?}"));
        assert!(!functions.is_empty(), "{deviation} changes nothing");
    }
}

/// Files beside those that are searched, in the same folders.
const NOT_SEARCHED: &[(&str, &str)] = &[
    ("src/node/index.rs", "lists the others"),
    ("src/node/engine/consistency.rs", "belongs to the tests"),
    ("src/wire/json.rs", "prints messages for people"),
];

/// A file that is added to one of these folders is searched too.
#[test]
fn no_file_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed: BTreeSet<&str> = [RULES, DEVIATIONS, ENGINE, SHELL]
        .into_iter()
        .flatten()
        .map(|file| file.path)
        .collect();
    for folder in [
        "model/src/node",
        "model/src/deviating",
        "src/node",
        "src/node/engine",
        "src/node/shell",
        "src/node/shell",
        "src/wire",
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = format!("{folder}/{name}");
            if name.ends_with(".rs") {
                let is_left_out = NOT_SEARCHED.iter().any(|(file, _)| *file == path);
                assert_ne!(listed.contains(path.as_str()), is_left_out, "{path}");
            }
        }
    }
    for (file, _) in NOT_SEARCHED {
        assert!(root.join(file).exists(), "{file} is gone");
    }
}
