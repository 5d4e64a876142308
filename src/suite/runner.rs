//! Runs scenarios: each on a target of its own if the source has several, some at once. A scenario
//! that panics or hangs does not harm another.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::{FutureExt as _, StreamExt as _, stream};

use super::exchange::Exchange;
use super::plan::Plan;
use super::quirk_detection::detect_quirks;
use super::quirks::Quirks;
use super::scenario::Scenario;
use super::scenarios;
use super::setup::{set_up, tear_down};
use super::source::TargetSource;
use super::stop::Stop;
use super::verdict::{Counts, FORMAT_VERSION, RunResult, ScenarioResult};

/// A whole scenario may take this many times what one thing in it may.
const WHOLE: u32 = 20;

/// Follows a run.
pub trait Observer: Send + Sync {
    /// A scenario begins.
    fn begun(&self, _scenario: &'static Scenario) {}
    /// A scenario has ended.
    fn ended(&self, _result: &ScenarioResult) {}
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// Runs a plan. The results are in the plan's order.
pub async fn run(source: Arc<dyn TargetSource>, plan: &Plan, observer: &dyn Observer) -> RunResult {
    let start = Instant::now();
    let quirks = detect_quirks(source.as_ref(), plan).await;
    let shared = Arc::new(plan.clone());
    let results: Vec<ScenarioResult> = stream::iter(plan.scenarios.iter().copied())
        .map(|scenario| {
            let (source, plan) = (Arc::clone(&source), Arc::clone(&shared));
            async move {
                observer.begun(scenario);
                // A task of its own, so that none waits for another's computing.
                let task = tokio::spawn({
                    let (source, plan) = (Arc::clone(&source), Arc::clone(&plan));
                    async move { run_one(source.as_ref(), &plan, quirks, scenario).await }
                });
                let result = task.await.unwrap_or_else(|error| {
                    let stop = Stop::Inconclusive(format!("internal error: {error}"));
                    let again = rerun(source.as_ref(), &plan, scenario);
                    ScenarioResult::new(
                        scenario,
                        requirement_of(scenario),
                        Err(stop),
                        0,
                        &[],
                        again,
                    )
                });
                observer.ended(&result);
                result
            }
        })
        .buffered(source.jobs().max(1))
        .collect()
        .await;
    source.end().await;
    RunResult {
        format_version: FORMAT_VERSION,
        blockexc_version: env!("CARGO_PKG_VERSION").to_owned(),
        target: source.describe(),
        protocol: plan.protocol.clone(),
        seed: plan.seed,
        everything_selected: plan.scenarios.len() == scenarios::all().count(),
        conclusion: RunResult::conclude(&results),
        counts: Counts::of(&results),
        duration_ms: milliseconds(start),
        results,
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Runs one scenario to its result, whatever it does.
async fn run_one(
    source: &dyn TargetSource,
    plan: &Plan,
    quirks: Quirks,
    scenario: &'static Scenario,
) -> ScenarioResult {
    let start = Instant::now();
    let exchange = Exchange::new();
    let ended = match source.offers().lacks(&scenario.needs, &scenario.options) {
        Some(reason) => Err(Stop::Skip(reason)),
        None => run_within_deadline(source, plan, quirks, scenario, &exchange).await,
    };
    ScenarioResult::new(
        scenario,
        requirement_of(scenario),
        ended,
        milliseconds(start),
        &exchange.records(),
        rerun(source, plan, scenario),
    )
}

/// The command that runs just this scenario again, with the same random choices.
fn rerun(source: &dyn TargetSource, plan: &Plan, scenario: &Scenario) -> String {
    let mut arguments = vec!["blockexc conform".to_owned()];
    arguments.push(scenario.id.to_owned());
    arguments.push(format!("--seed {}", plan.seed));
    arguments.extend(source.arguments());
    arguments.join(" ")
}

fn requirement_of(scenario: &Scenario) -> &'static blockexc_model::Requirement {
    scenario.requirement().unwrap_or(&NO_REQUIREMENT)
}

/// Stands in for a requirement that a scenario names and that does not exist; a test forbids it.
static NO_REQUIREMENT: blockexc_model::Requirement = blockexc_model::Requirement {
    id: "?",
    section: blockexc_model::requirement::Section::Wire,
    level: blockexc_model::requirement::Level::Must,
    text: "There is no such requirement.",
    source: "",
    rationale: "",
    observable: &[],
};

/// Sets the scenario up, runs it within its deadline, and tears it down.
async fn run_within_deadline(
    source: &dyn TargetSource,
    plan: &Plan,
    quirks: Quirks,
    scenario: &'static Scenario,
    exchange: &Exchange,
) -> Result<(), Stop> {
    let harness = set_up(
        source,
        plan,
        quirks,
        scenario.id,
        &scenario.options,
        exchange,
    )
    .await?;
    let running = AssertUnwindSafe((scenario.run)(&harness)).catch_unwind();
    let whole = plan.timeout * WHOLE;
    let ended = match tokio::time::timeout(whole, running).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(panic)) => Err(Stop::Inconclusive(format!(
            "internal error: the scenario panicked: {}",
            panic_text(panic.as_ref())
        ))),
        Err(_) => Err(Stop::Inconclusive(format!(
            "the scenario did not end within {} s",
            whole.as_secs_f32()
        ))),
    };
    // Without a control nothing is proven.
    let lost = harness
        .target()
        .control
        .as_ref()
        .and_then(|control| control.lost());
    let ended = match (ended, lost) {
        (Err(Stop::Inconclusive(reason)), Some(lost)) if reason.contains(&lost) => {
            Err(Stop::Inconclusive(reason))
        }
        (Err(Stop::Inconclusive(what) | Stop::Fail { actual: what, .. }), Some(lost)) => {
            Err(Stop::Inconclusive(format!(
                "the adapter is not to be relied on: {lost} ({what})"
            )))
        }
        (ended, _) => ended,
    };
    // That the target has ended explains more than that it does not answer.
    let ended = match (ended, harness.target_ended().await) {
        (Err(Stop::Inconclusive(reason)), Some(end)) => Err(Stop::Inconclusive(format!(
            "the target has ended: {end} ({reason})"
        ))),
        (Err(Stop::Fail { expected, actual }), Some(end)) => Err(Stop::Fail {
            expected,
            actual: format!("the target has ended: {end} ({actual})"),
        }),
        (ended, _) => ended,
    };
    exchange.end();
    tear_down(&harness).await;
    ended
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests;
