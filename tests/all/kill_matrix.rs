//! The kill matrix: for each deviation, the embedded node with it is run through every scenario, and
//! must miss exactly the requirements that the deviation breaks. So each scenario accuses its own
//! requirement and no other, and each deviation is caught. Dialects must miss what their deviations
//! break together.
//!
//! `BLOCKEXC_KILL=name,name` runs these deviations and dialects only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use blockexc::suite::baseline::{hindered, masked};
use blockexc::suite::embedded::EmbeddedSource;
use blockexc::suite::plan::Plan;
use blockexc::suite::protocol_id::CODEX;
use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::scenarios;
use blockexc::suite::transport::{KeyType, Muxer};
use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{Level, Requirement};
use blockexc_model::{Deviation, Deviations};
use futures::{StreamExt as _, stream};

/// Deviations that no scenario sees, with the reason. At most five.
const UNSEEN: &[(Deviation, &str)] = &[];

/// How many nodes run at once in each run, and how many runs at once. Most of the time is waiting.
const JOBS: usize = 8;
const RUNS: usize = 4;

/// Longer than any answer takes on a busy machine; every miss of the slowest kind waits for it.
const TIMEOUT: Duration = Duration::from_secs(4);

struct Row {
    name: String,
    /// The scenarios that are known to be hindered.
    hindered: BTreeSet<&'static str>,
    /// Whether they are all that may be inconclusive, or all that must be.
    is_dialect: bool,
    expected: BTreeSet<&'static str>,
    missed: BTreeSet<String>,
    result: RunResult,
}

impl Row {
    fn matches(&self) -> bool {
        let missed: BTreeSet<&str> = self.missed.iter().map(String::as_str).collect();
        missed == self.expected && self.not_as_hindered().is_empty()
    }

    /// The scenarios that are hindered otherwise than known. A single deviation hinders what is
    /// listed; in a dialect others may tell.
    fn not_as_hindered(&self) -> Vec<&str> {
        let results = self.result.results.iter();
        let wrong = results.filter(|result| {
            let cannot_tell = result.verdict == Verdict::Inconclusive;
            let is_known = self.hindered.contains(result.scenario.as_str());
            match self.is_dialect {
                true => cannot_tell && !is_known,
                false => !cannot_tell && is_known,
            }
        });
        wrong.map(|result| result.scenario.as_str()).collect()
    }
}

/// Of these requirements, those that a scenario can accuse.
pub fn testable(ids: impl Iterator<Item = &'static str>) -> BTreeSet<&'static str> {
    ids.filter(|id| {
        let requirement = Requirement::find(id).unwrap();
        requirement.level != Level::May
            && scenarios::all().any(|scenario| scenario.requirement_id() == *id)
    })
    .collect()
}

async fn row(name: &str, deviations: Deviations, expected: BTreeSet<&'static str>) -> Row {
    let source = EmbeddedSource {
        dialect: None,
        deviations,
        protocol: CODEX.to_owned(),
        muxer: Some(Muxer::Yamux),
        key_type: KeyType::Ed25519,
        arguments: vec![format!("--deviation {name}")],
        jobs: JOBS,
    };
    let plan = Plan {
        timeout: TIMEOUT,
        muxers: vec![Muxer::Yamux],
        key_type: KeyType::Ed25519,
        ..Plan::new(scenarios::all().collect(), 1)
    };
    let result = runner::run(Arc::new(source), &plan, &NoObserver).await;
    let missed = result
        .results
        .iter()
        .filter(|result| result.verdict.is_missed())
        .map(|result| result.requirement.clone())
        .collect();
    Row {
        name: name.to_owned(),
        hindered: hindered(deviations).map(|(id, _)| id).collect(),
        is_dialect: DIALECTS.iter().any(|dialect| dialect.name == name),
        expected,
        missed,
        result,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deviation_is_caught_and_accused_of_nothing_else() {
    assert!(UNSEEN.len() <= 5, "more than five deviations are unseen");
    let only = std::env::var("BLOCKEXC_KILL").ok();
    let chosen = |name: &str| {
        only.as_ref()
            .is_none_or(|names| names.split(',').any(|chosen| chosen == name))
    };
    let deviations = Deviation::ALL
        .iter()
        .filter(|deviation| chosen(deviation.name()))
        .map(|deviation| {
            let unseen = UNSEEN.iter().any(|(unseen, _)| unseen == deviation);
            let breaks = if unseen { &[] } else { deviation.breaks() };
            let expected = testable(breaks.iter().copied());
            (deviation.name(), Deviations::of(&[*deviation]), expected)
        });
    let dialects = DIALECTS
        .iter()
        .filter(|dialect| chosen(dialect.name))
        .map(|dialect| {
            let breaks = dialect.deviations.iter().flat_map(|deviation| {
                let unseen = UNSEEN.iter().any(|(unseen, _)| *unseen == deviation);
                if unseen { &[] } else { deviation.breaks() }
            });
            let mut expected = testable(breaks.copied());
            for id in masked(dialect.deviations) {
                expected.remove(id);
            }
            (dialect.name, dialect.deviations, expected)
        });
    let rows: Vec<Row> = stream::iter(dialects.chain(deviations))
        .map(|(name, deviations, expected)| row(name, deviations, expected))
        .buffered(RUNS)
        .collect()
        .await;
    assert!(!rows.is_empty(), "BLOCKEXC_KILL names nothing that exists");
    print!("{}", table(&rows));
    let uncaught: Vec<&str> = Deviation::ALL
        .iter()
        .filter(|deviation| !deviation.is_permitted())
        .filter(|deviation| !UNSEEN.iter().any(|(unseen, _)| unseen == *deviation))
        .filter(|deviation| testable(deviation.breaks().iter().copied()).is_empty())
        .map(|deviation| deviation.name())
        .collect();
    assert!(uncaught.is_empty(), "no scenario can catch {uncaught:?}");
    let wrong: Vec<Row> = rows.into_iter().filter(|row| !row.matches()).collect();
    assert!(wrong.is_empty(), "{}", mismatches(&wrong));
}

/// One line for each run.
fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let missed: Vec<&str> = row.missed.iter().map(String::as_str).collect();
        let verdict = if row.matches() {
            "as expected"
        } else {
            "WRONG"
        };
        writeln!(
            text,
            "{:<32} {:>6.1} s  {:>2} inconclusive  {verdict}: {}",
            row.name,
            row.result.duration_ms as f64 / 1000.0,
            row.result.counts.inconclusive,
            missed.join(" ")
        )
        .unwrap();
    }
    text
}

/// What is wrong with each of these runs, and what the scenarios concerned say.
fn mismatches(rows: &[Row]) -> String {
    let mut text = format!("{} runs are not as expected\n", rows.len());
    for row in rows {
        let missed: BTreeSet<&str> = row.missed.iter().map(String::as_str).collect();
        writeln!(text, "{}:", row.name).unwrap();
        for scenario in row.not_as_hindered() {
            let results = row.result.results.iter();
            let result = results.clone().find(|it| it.scenario == scenario);
            let said = result.map(|it| format!("{}: {:?}", it.verdict, it.reason));
            writeln!(text, "  {scenario} is not hindered as known: {said:?}").unwrap();
        }
        let by_requirement: BTreeMap<_, _> = row.result.by_requirement();
        for id in row.expected.symmetric_difference(&missed) {
            let kind = if missed.contains(id) {
                "accused wrongly"
            } else {
                "not caught"
            };
            writeln!(text, "  {id} is {kind}").unwrap();
            for result in by_requirement.get(id).into_iter().flatten() {
                if missed.contains(id) && result.verdict == Verdict::Pass {
                    continue;
                }
                write!(text, "    {} {}", result.scenario, result.verdict).unwrap();
                if let Some(reason) = &result.reason {
                    write!(text, ": {reason}").unwrap();
                }
                if let (Some(expected), Some(came)) = (&result.expected, &result.actual) {
                    write!(text, ": expected {expected}, actual {came}").unwrap();
                }
                writeln!(text).unwrap();
            }
        }
    }
    text
}
