//! Deviations are caught by an adapter as they are in this process.
//!
//! A sample of deviations runs the scenarios of what it breaks, and some of the others.
//! `BLOCKEXC_KILL_BY_ADAPTER=all` runs every deviation through every scenario.

use std::collections::BTreeSet;

use blockexc::suite::scenario::Scenario;
use blockexc::suite::scenarios;
use blockexc_model::Deviation;
use futures::{StreamExt as _, stream};

use super::super::kill_matrix::testable;
use super::super::program::troubles;
use super::by_adapter;

/// How many deviations are tried.
const SAMPLE: usize = 20;
/// Every so many scenarios are run beside those of what is broken.
const OTHERS: usize = 10;
/// How many adapters run at once, each with its nodes.
const RUNS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn deviations_are_caught_and_accused_of_nothing_else() {
    let all = std::env::var("BLOCKEXC_KILL_BY_ADAPTER").is_ok_and(|value| value == "all");
    let step = if all {
        1
    } else {
        Deviation::ALL.len().div_ceil(SAMPLE)
    };
    let wrong: Vec<String> = stream::iter(Deviation::ALL.iter().step_by(step))
        .map(|deviation| caught(*deviation, all))
        .buffered(RUNS)
        .filter_map(|caught| async { caught.err() })
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with what the suite says of this deviation, if anything is.
async fn caught(deviation: Deviation, all: bool) -> Result<(), String> {
    let broken = testable(deviation.breaks().iter().copied());
    let scenarios: Vec<&'static Scenario> = scenarios::all()
        .enumerate()
        .filter(|(i, it)| all || broken.contains(it.requirement_id()) || i % OTHERS == 0)
        .map(|(_, scenario)| scenario)
        .collect();
    let run = by_adapter(&format!("--deviation {deviation}"), scenarios).await;
    let missed = run.results.iter().filter(|it| it.verdict.is_missed());
    let missed: BTreeSet<&str> = missed.map(|result| result.requirement.as_str()).collect();
    println!("{deviation}: {:.1} s", run.duration_ms as f64 / 1000.0);
    if missed == broken {
        return Ok(());
    }
    Err(format!(
        "{deviation}: {missed:?} instead of {broken:?}\n  {}",
        troubles(&run).join("\n  ")
    ))
}
