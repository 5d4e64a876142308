//! The engine against the model: whatever they do differently is a mistake in one of them.
//!
//! Level 1, without a network: both are put through the same random traces, with the same
//! choices. After every step the effects are equal, the state is equal, and the model keeps every
//! rule and invariant of the specification. `BLOCKEXC_TRACES` says how many traces to run. A
//! failing trace is made as small as it gets, printed step by step, and saved in `tests/traces`,
//! whose traces are run before all others. With `BLOCKEXC_SHRINK=0` it is neither made smaller nor
//! saved: enough for whoever asks only whether there is a difference.

mod many_addresses;
mod side_by_side;
pub mod trace;

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use blockexc_checker::step::rules::StepChecker;
use blockexc_model::deviation::{Deviation, Deviations, Layer};
use proptest::test_runner::{
    Config as Runs, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};

use side_by_side::{difference, judged_difference};
use trace::{Dice, Trace, Traces};

/// So many traces are run by default, of at most so many steps.
const TRACES: u32 = 2000;
const STEPS: usize = 100;
/// Within so many traces every deviation has to be found.
const TRACES_FOR_DEVIATIONS: usize = 2000;

fn saved_traces() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces")
}

/// The trace, step by step.
fn readable(trace: &Trace) -> String {
    let mut text = format!("{:?}\n", trace.config());
    for (number, step) in trace.steps.iter().enumerate() {
        writeln!(text, "{number:>3}. {step:?}").unwrap();
    }
    text
}

fn save(trace: &Trace) -> PathBuf {
    let json = serde_json::to_string_pretty(trace).unwrap();
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    let path = saved_traces().join(format!("{:016x}.json", hasher.finish()));
    fs::create_dir_all(saved_traces()).unwrap();
    fs::write(&path, json).unwrap();
    path
}

#[test]
fn saved_traces_show_no_difference() {
    let judge = StepChecker::default();
    let Ok(files) = fs::read_dir(saved_traces()) else {
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let trace: Trace = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if let Some(found) = judged_difference(&trace, Deviations::none(), &judge) {
            panic!("{}: {found}\n{}", path.display(), readable(&trace));
        }
    }
}

#[test]
fn engine_and_model_do_the_same() {
    saved_traces_show_no_difference();
    let traces = std::env::var("BLOCKEXC_TRACES").map_or(TRACES, |traces| traces.parse().unwrap());
    let shrinks = std::env::var("BLOCKEXC_SHRINK").map_or(true, |shrinks| shrinks != "0");
    let judge = StepChecker::default();
    let mut runner = TestRunner::new(Runs {
        cases: traces,
        max_shrink_iters: if shrinks { 1_000_000 } else { 0 },
        failure_persistence: None,
        ..Runs::default()
    });
    let result = runner.run(&Traces(STEPS), |trace| {
        match judged_difference(&trace, Deviations::none(), &judge) {
            Some(found) => Err(TestCaseError::fail(found)),
            None => Ok(()),
        }
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(found, _)) if !shrinks => panic!("{found}"),
        Err(TestError::Fail(found, trace)) => {
            let path = save(&trace);
            panic!("{found}\n{}saved as {}", readable(&trace), path.display());
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    // A rule that never had anything to say would have held of anything.
    let unreached: Vec<_> = judge.unreached().iter().map(|rule| rule.name).collect();
    assert!(unreached.is_empty(), "no trace reached {unreached:?}");
}

#[test]
fn traces_shrink_to_what_matters() {
    // With a model that records what nobody wants, two steps show it: a peer joins, and says that
    // it has a block.
    let deviations = Deviations::of(&[Deviation::PresenceUnbounded]);
    let mut runner = TestRunner::new_with_rng(
        Runs {
            cases: 2000,
            max_shrink_iters: 1_000_000,
            failure_persistence: None,
            ..Runs::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let result = runner.run(&Traces(STEPS), |trace| {
        match difference(&trace, deviations) {
            Some(found) => Err(TestCaseError::fail(found)),
            None => Ok(()),
        }
    });
    let Err(TestError::Fail(_, trace)) = result else {
        panic!("the deviation was not found");
    };
    assert_eq!(trace.steps.len(), 2, "{}", readable(&trace));
}

/// Deviations of the model that no trace of this world can show; `many_addresses` shows them.
const OUT_OF_REACH: &[(Deviation, &str)] = &[
    (
        Deviation::OversizedLists,
        "takes more than 1000 own wants, and there are seven addresses",
    ),
    (
        Deviation::ListsOf1024,
        "takes more than 1000 own wants, and there are seven addresses",
    ),
    (
        Deviation::AskInSlices,
        "takes more than 128 own wants, and there are seven addresses",
    ),
];

#[test]
fn every_deviation_of_the_model_is_found() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for deviation in Deviation::ALL {
        if deviation.layer() != Layer::Model || deviation.breaks().is_empty() {
            continue;
        }
        if let Some((_, reason)) = OUT_OF_REACH.iter().find(|(out, _)| out == deviation) {
            writeln!(table, "{deviation:<32} out of reach: {reason}").unwrap();
            continue;
        }
        let mut dice = Dice::new(0);
        let deviations = Deviations::of(&[*deviation]);
        let found = (1..=TRACES_FOR_DEVIATIONS)
            .find(|_| difference(&dice.trace(STEPS), deviations).is_some());
        match found {
            Some(traces) => writeln!(table, "{deviation:<32} {traces}").unwrap(),
            None => missed.push(deviation.name()),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}\n{table}");
    insta::assert_snapshot!(table);
}
