//! Runs vectors: asks a driver, and makes of its answers the results that every report is made from.

use std::time::Instant;

use blockexc_model::Deviation;
use blockexc_model::requirement::Level;

use super::driver::{Driver, DriverSettings, Greeting, Said};
use super::files::FORMAT;
use super::judged::Judged;
use super::vector::Vector;
use crate::shortened::shortened;
use crate::suite::circumstances::{RunOptions, Selection, now};
use crate::suite::verdict::{Line, RunResult, ScenarioResult, TargetDescription, Verdict};

/// How often a driver that ends or falls silent is started again.
const MOST_STARTS: usize = 10;
/// How many letters of a question or an answer are shown.
const MOST_SHOWN: usize = 4000;

/// Runs these vectors. When `interrupted` returns, the results are of those that were answered.
///
/// # Errors
///
/// When the driver does not start.
pub async fn run(
    vectors: &[&Vector],
    settings: &DriverSettings,
    of: usize,
    interrupted: impl Future<Output = ()>,
) -> Result<RunResult, String> {
    let begun = Instant::now();
    let started = now();
    let (driver, greeting) = Driver::start(settings).await?;
    let mut asking = Asking {
        settings,
        driver: Some(driver),
        starts: 1,
        lost: String::new(),
    };
    let mut results = Vec::new();
    tokio::pin!(interrupted);
    for vector in vectors {
        let result = tokio::select! {
            result = asking.result(vector, &greeting) => result,
            () = &mut interrupted => break,
        };
        results.push(result);
    }
    if let Some(driver) = asking.driver.take() {
        driver.end().await;
    }
    let not_run: Vec<String> = vectors[results.len()..]
        .iter()
        .map(|vector| vector.id.clone())
        .collect();
    let target = TargetDescription::named(format!("driver: {}", greeting.name));
    let mut run = RunResult {
        protocol: FORMAT.to_owned(),
        selection: Selection {
            of,
            ..Selection::default()
        },
        options: RunOptions {
            timeout_ms: u64::try_from(settings.within.as_millis()).unwrap_or(u64::MAX),
            arguments: vec![settings.command.clone()],
            ..RunOptions::default()
        },
        interrupted: !not_run.is_empty(),
        not_run,
        everything_selected: vectors.len() == of,
        duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..RunResult::of(target, started, results)
    };
    run.conclude();
    Ok(run)
}

/// The conversation, with a driver that is started again when it ends.
struct Asking<'a> {
    settings: &'a DriverSettings,
    driver: Option<Driver>,
    starts: usize,
    lost: String,
}

impl Asking<'_> {
    async fn result(&mut self, vector: &Vector, greeting: &Greeting) -> ScenarioResult {
        let begun = Instant::now();
        let mut result = blank(vector, self.settings);
        if !greeting.kinds.iter().any(|kind| kind == vector.command) {
            result.verdict = Verdict::Skipped;
            result.reason = Some(format!(
                "unsupported: the driver has no `{}`",
                vector.command
            ));
            return result;
        }
        let said = self.ask(vector).await;
        let answered = begun.elapsed().as_secs_f64() * 1000.0;
        result.duration_ms = answered as u64;
        let shown = match &said {
            Said::Answer(answer) => shortened(&answer.to_string(), MOST_SHOWN).into_owned(),
            Said::Unsupported => "unsupported".to_owned(),
            Said::Error(error) => format!("error: {error}"),
            Said::Broken(why) => format!("no answer: {why}"),
        };
        conclude(&mut result, vector, said);
        if !matches!(result.verdict, Verdict::Pass | Verdict::Skipped) {
            let asked = shortened(&vector.question.to_string(), MOST_SHOWN).into_owned();
            result.exchange = vec![
                line(1, 0.0, ["suite", "driver"], asked),
                line(2, answered, ["driver", "suite"], shown),
            ];
        }
        result
    }

    async fn ask(&mut self, vector: &Vector) -> Said {
        if self.driver.is_none() && self.starts < MOST_STARTS {
            self.starts += 1;
            match Driver::start(self.settings).await {
                Ok((driver, _)) => self.driver = Some(driver),
                Err(why) => self.lost = why,
            }
        }
        let Some(driver) = &self.driver else {
            return Said::Broken(format!("it is not started again: {}", self.lost));
        };
        let said = driver.ask(vector).await;
        if let Said::Broken(why) = &said {
            self.lost.clone_from(why);
            if let Some(driver) = self.driver.take() {
                driver.end().await;
            }
        }
        said
    }
}

fn line(number: usize, time_ms: f64, [from, to]: [&str; 2], text: String) -> Line {
    Line {
        number,
        time_ms: (time_ms * 1000.0).round() / 1000.0,
        from: from.to_owned(),
        to: to.to_owned(),
        connection: None,
        stream: None,
        text,
        length: None,
        bytes: None,
    }
}

fn blank(vector: &Vector, settings: &DriverSettings) -> ScenarioResult {
    ScenarioResult::of(
        vector.id.clone(),
        vector.requirement,
        vector.summary.clone(),
        "One of the outcomes of the vector.".to_owned(),
        format!("blockexc vectors run {} -- {}", vector.id, settings.command),
    )
}

fn conclude(result: &mut ScenarioResult, vector: &Vector, said: Said) {
    let inconclusive = |reason: String| (Verdict::Inconclusive, Some(reason));
    let (verdict, reason) = match said {
        Said::Unsupported => {
            let reason = "unsupported: the driver does not take this vector";
            (Verdict::Skipped, Some(reason.to_owned()))
        }
        Said::Error(error) => inconclusive(format!("the driver says: {error}")),
        Said::Broken(why) => inconclusive(format!("the driver does not answer: {why}")),
        Said::Answer(answer) => match vector.judge(&answer) {
            Judged::Allowed => (Verdict::Pass, None),
            Judged::NoAnswer(why) => inconclusive(format!(
                "the driver's answer has not the form of one: {why}"
            )),
            Judged::Wrong {
                expected,
                actual,
                as_by,
            } => {
                let (verdict, reason) = accuse(vector, &as_by);
                result.expected = Some(expected);
                result.actual = Some(actual);
                let names = as_by.iter().map(|deviation| deviation.name().to_owned());
                result.broken_by = names.collect();
                (verdict, reason)
            }
        },
    };
    result.verdict = verdict;
    result.reason = reason;
}

/// What a wrong answer comes to. When known deviations do exactly this, and one of them does not
/// break this vector's requirement, nothing is said of that.
pub fn accuse(vector: &Vector, as_by: &[Deviation]) -> (Verdict, Option<String>) {
    let requirement = vector.requirement;
    let breaks_it = |deviation: &Deviation| deviation.breaks().contains(&requirement.id);
    if !as_by.iter().all(breaks_it) {
        let each: Vec<String> = as_by
            .iter()
            .map(|it| format!("{it}, which breaks {}", it.breaks().join(" and ")))
            .collect();
        let reason = format!(
            "it is wrong, and so does a node that deviates by {}: it cannot be told whether {} is met",
            each.join(", or by "),
            requirement.id
        );
        return (Verdict::Inconclusive, Some(reason));
    }
    match requirement.level {
        Level::Must => (Verdict::Fail, None),
        Level::Should => (Verdict::Warning, None),
        Level::May => {
            let reason = "it is none of the outcomes, and a node is free in what this is about";
            (Verdict::Inconclusive, Some(reason.to_owned()))
        }
    }
}
