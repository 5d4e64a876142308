//! Runs scenarios: each on a target of its own if the source has several, some at once. A scenario
//! that panics or hangs does not harm another.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use blockexc_model::requirement::Level;
use futures::{FutureExt as _, StreamExt as _, stream};

use super::circumstances::{Selection, now};
use super::exchange::{Content, Exchange, Record};
use super::plan::Plan;
use super::quirk_detection::learn_manner;
use super::quirks::Manner;
use super::scenario::Scenario;
use super::scenarios;
use super::setup::{set_up, tear_down};
use super::source::TargetSource;
use super::stop::Stop;
use super::verdict::{Exchanged, RunResult, ScenarioResult};

/// A whole scenario may take this many times what one thing in it may.
const WHOLE: u32 = 20;
/// How long a target that has ended may accept connections still.
const ENDING: Duration = Duration::from_millis(500);
/// Between two looks whether it does.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Follows a run.
#[async_trait]
pub trait Observer: Send + Sync {
    /// A scenario begins.
    fn begun(&self, _scenario: &'static Scenario) {}
    /// A scenario has ended.
    fn ended(&self, _result: &ScenarioResult) {}
    /// Returns when the run is to end early.
    async fn interrupted(&self) {
        std::future::pending().await
    }
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// Runs a plan. The results are in the plan's order. When the observer interrupts it, they are those
/// of the scenarios that had ended.
pub async fn run(source: Arc<dyn TargetSource>, plan: &Plan, observer: &dyn Observer) -> RunResult {
    let start = Instant::now();
    let started = now();
    let manner = Arc::new(learn_manner(source.as_ref(), plan).await);
    let shared = Arc::new(plan.clone());
    let gone = Arc::new(Gone::default());
    let mut order = plan.in_order();
    if !source.starts_again() {
        order.sort_by_key(|(_, scenario)| scenario.needs.may_end);
    }
    let mut results: Vec<(usize, ScenarioResult)> = stream::iter(order)
        .map(|(place, scenario)| {
            let (source, plan) = (Arc::clone(&source), Arc::clone(&shared));
            let (gone, manner) = (Arc::clone(&gone), Arc::clone(&manner));
            async move {
                observer.begun(scenario);
                // A task of its own, so that none waits for another's computing.
                let task = tokio::spawn({
                    let (source, plan) = (Arc::clone(&source), Arc::clone(&plan));
                    async move { run_one(source.as_ref(), &plan, &manner, scenario, &gone).await }
                });
                let result = task.await.unwrap_or_else(|error| {
                    let stop = Stop::Inconclusive(format!("internal error: {error}"));
                    let again = rerun(source.as_ref(), &plan, scenario);
                    ScenarioResult::new(
                        scenario,
                        requirement_of(scenario),
                        Err(stop),
                        0,
                        Exchanged::default(),
                        again,
                    )
                });
                observer.ended(&result);
                (place, result)
            }
        })
        .buffer_unordered(jobs(source.as_ref(), plan))
        .take_until(observer.interrupted())
        .collect()
        .await;
    source.end().await;
    results.sort_by_key(|(place, _)| *place);
    let results: Vec<ScenarioResult> = results.into_iter().map(|(_, result)| result).collect();
    let not_run: Vec<String> = plan
        .scenarios
        .iter()
        .map(|scenario| scenario.id.to_owned())
        .filter(|id| !results.iter().any(|result| result.scenario == *id))
        .collect();
    let of = scenarios::all().count();
    let mut run = RunResult {
        protocol: plan.protocol.clone(),
        seed: plan.seed,
        selection: Selection {
            of,
            ..Selection::default()
        },
        options: plan.options(source.arguments()),
        interrupted: !not_run.is_empty(),
        not_run,
        everything_selected: plan.scenarios.len() == of,
        duration_ms: milliseconds(start),
        ..RunResult::of(source.describe(), started, results)
    };
    run.conclude();
    run
}

/// How many scenarios run at once. Ports that are named serve one.
fn jobs(source: &dyn TargetSource, plan: &Plan) -> usize {
    match plan.listen {
        Some(_) => 1,
        None => source.jobs().max(1),
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Since which scenario the target is gone, where nobody starts it again.
#[derive(Default)]
struct Gone(Mutex<Option<&'static str>>);

impl Gone {
    fn since(&self) -> Option<&'static str> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, since: Option<&'static str>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// Runs one scenario to its result, whatever it does.
async fn run_one(
    source: &dyn TargetSource,
    plan: &Plan,
    manner: &Manner,
    scenario: &'static Scenario,
    gone: &Gone,
) -> ScenarioResult {
    let start = Instant::now();
    let mut exchange = Exchange::new();
    let ended = match source.offers().lacks(&scenario.needs, &scenario.options) {
        Some(reason) => Err(Stop::Skip(reason)),
        None => run_on_what_is_there(source, plan, manner, scenario, gone, &mut exchange).await,
    };
    ScenarioResult::new(
        scenario,
        requirement_of(scenario),
        ended,
        milliseconds(start),
        Exchanged {
            records: &exchange.records(),
            of_passes: plan.keep_passes,
        },
        rerun(source, plan, scenario),
    )
}

/// Runs a scenario, unless the target is gone. If the target's process ends, the scenario is run
/// once more: what happens twice is no chance.
async fn run_on_what_is_there(
    source: &dyn TargetSource,
    plan: &Plan,
    manner: &Manner,
    scenario: &'static Scenario,
    gone: &Gone,
    exchange: &mut Exchange,
) -> Result<(), Stop> {
    if let Some(since) = gone.since() {
        if let Some(why) = source.is_gone().await {
            return Err(Stop::Inconclusive(format!(
                "the target is gone since {since}: {why}"
            )));
        }
        gone.set(None);
    }
    let (ended, end) = run_within_deadline(source, plan, manner, scenario, exchange).await;
    let is_skip = matches!(ended, Err(Stop::Skip(_)));
    if let Some(end) = end
        && !is_skip
    {
        if !source.starts_again()
            && let Some(why) = source.is_gone().await
        {
            gone.set(Some(scenario.id));
            return Err(Stop::Inconclusive(format!(
                "the target's process ended, and whether it ends each time cannot be seen, for nobody \
                 starts it again: {why}; {}",
                last_sent(exchange)
            )));
        }
        let first = std::mem::take(exchange);
        let (again, end_again) =
            run_within_deadline(source, plan, manner, scenario, exchange).await;
        return match end_again {
            Some(end) => Err(ended_twice(scenario, &end, ended, exchange)),
            None => {
                *exchange = first;
                let then = match again {
                    Ok(()) => "passed".to_owned(),
                    Err(stop) => format!("came to {stop:?}"),
                };
                Err(Stop::Inconclusive(format!(
                    "the target's process ended, and not when the scenario was run again, which \
                     {then}: {end}"
                )))
            }
        };
    }
    if !source.starts_again()
        && matches!(ended, Err(Stop::Fail { .. } | Stop::Inconclusive(_)))
        && is_gone_after(source, scenario).await
    {
        gone.set(Some(scenario.id));
    }
    ended
}

/// Whether the target is gone now. One that this scenario may have ended is given a moment: it can
/// accept connections for as long as it goes down.
async fn is_gone_after(source: &dyn TargetSource, scenario: &Scenario) -> bool {
    let deadline = Instant::now() + ENDING;
    while source.is_gone().await.is_none() {
        if !scenario.needs.may_end || Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    true
}

/// What it comes to that this scenario ends the target's process each time.
fn ended_twice(
    scenario: &Scenario,
    end: &str,
    ended: Result<(), Stop>,
    exchange: &Exchange,
) -> Stop {
    let sent = last_sent(exchange);
    let process = format!("the process ended, each of two times: {end}; {sent}");
    match ended {
        // What a target is free to do is no reason to end.
        _ if requirement_of(scenario).level == Level::May => Stop::Inconclusive(process),
        Err(Stop::Fail { expected, .. }) => Stop::Fail {
            expected,
            actual: process,
        },
        _ => Stop::Fail {
            expected: "the target goes on".to_owned(),
            actual: process,
        },
    }
}

/// What was sent last, in words.
fn last_sent(exchange: &Exchange) -> String {
    let sent: Vec<String> = exchange.last_sent().iter().map(show_sent).collect();
    match sent.is_empty() {
        true => "nothing was sent in this scenario".to_owned(),
        false => format!("the last bytes sent were {}", sent.join(", then ")),
    }
}

/// A frame that was sent: its first bytes, and what it says.
fn show_sent(record: &Record) -> String {
    const SHOWN: usize = 40;
    let (bytes, text) = match &record.content {
        Content::Frame { bytes, text } => (bytes.as_ref(), text.as_str()),
        Content::Raw(bytes) => (bytes.as_ref(), "as they are"),
        Content::Note(text) => (&[][..], text.as_str()),
    };
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!(
        "{}{more} ({text})",
        hex::encode(&bytes[..bytes.len().min(SHOWN)])
    )
}

/// The command that runs just this scenario again, with the same random choices.
fn rerun(source: &dyn TargetSource, plan: &Plan, scenario: &Scenario) -> String {
    let mut arguments = vec!["blockexc conform".to_owned()];
    arguments.push(scenario.id.to_owned());
    arguments.push(format!("--seed {}", plan.seed));
    arguments.extend(source.arguments());
    if let Some(listen) = &plan.listen {
        arguments.push(format!("--listen {}", listen.address));
        if let Some(wait) = listen.wait {
            arguments.push(format!("--wait {}", wait.as_secs_f64()));
        }
    }
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

/// Sets the scenario up, runs it within its deadline, and tears it down. Gives what it comes to, and
/// how the target's process ended, if it did and the target's control can tell.
async fn run_within_deadline(
    source: &dyn TargetSource,
    plan: &Plan,
    manner: &Manner,
    scenario: &'static Scenario,
    exchange: &Exchange,
) -> (Result<(), Stop>, Option<String>) {
    let options = &scenario.options;
    let harness = match set_up(source, plan, manner, scenario.id, options, exchange).await {
        Ok(harness) => harness,
        Err(stop) => return (Err(stop), None),
    };
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
    let is_lost = lost.is_some();
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
    let end = match ended {
        Err(_) if !is_lost => harness.target_ended().await,
        _ => None,
    };
    exchange.end();
    tear_down(&harness).await;
    (ended, end)
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
