//! What a run comes to: [`Verdict`]s, [`ScenarioResult`]s, and the whole [`RunResult`], from which
//! every report is made.
//!
//! The structure is what `conform --json` writes; [`FORMAT_VERSION`] changes whenever the meaning
//! of anything in it does.

use std::collections::BTreeMap;
use std::fmt;

use blockexc_model::requirement::Level;
use blockexc_model::{Deviation, Requirement};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::circumstances::{Comparison, Expected, Part, RunOptions, Selection};
use super::exchange::{Content, Record};
use super::scenario::Scenario;
use super::stop::Stop;

/// The version of [`RunResult`] as JSON.
pub const FORMAT_VERSION: u32 = 2;

/// How many bytes of a frame are written into a result; its length is always there.
const MOST_BYTES: usize = 4096;

/// What one scenario comes to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The requirement is met, as far as this scenario can see.
    Pass,
    /// A SHOULD is missed.
    Warning,
    /// A MUST is missed.
    Fail,
    /// It could not be found out. It does not count as a pass.
    Inconclusive,
    /// The target cannot be tested so.
    Skipped,
}

impl Verdict {
    /// Every one there is.
    pub const ALL: &[Verdict] = &[
        Verdict::Pass,
        Verdict::Warning,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::Skipped,
    ];

    /// Whether the target missed something.
    pub fn is_missed(self) -> bool {
        matches!(self, Verdict::Fail | Verdict::Warning)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Pass => "pass",
            Verdict::Warning => "warning",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Skipped => "skipped",
        })
    }
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Every scenario was run, no MUST is missed, and nothing is inconclusive: exit code 0.
    Conforms,
    /// The same of the scenarios that could be run, which are not all: exit code 0.
    NothingWrong,
    /// All that is wrong is known from the baseline: exit code 0.
    AsKnown,
    /// A MUST is missed that no baseline knows of: exit code 1.
    DoesNotConform,
    /// Nothing unknown is wrong, but something that the baseline lists passes: exit code 1.
    StaleBaseline,
    /// Nothing is wrong, but not everything was run, and it had to be: exit code 1.
    Incomplete,
    /// No MUST is missed, but something is inconclusive, or the run was interrupted: exit code 2,
    /// or 130 when it was interrupted.
    CouldNotTell,
}

/// How many results of each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Counts {
    pub pass: usize,
    pub warning: usize,
    pub fail: usize,
    pub inconclusive: usize,
    pub skipped: usize,
}

impl Counts {
    /// Counts these.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a ScenarioResult>) -> Self {
        let mut counts = Counts::default();
        for result in results {
            *match result.verdict {
                Verdict::Pass => &mut counts.pass,
                Verdict::Warning => &mut counts.warning,
                Verdict::Fail => &mut counts.fail,
                Verdict::Inconclusive => &mut counts.inconclusive,
                Verdict::Skipped => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.warning + self.fail + self.inconclusive + self.skipped
    }
}

/// The node that was tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetDescription {
    /// In words: `the embedded reference node`, or the address.
    pub name: String,
    /// The dialect that an embedded node emulates.
    pub dialect: Option<String>,
    /// The deviations of an embedded node, by name.
    pub deviations: Vec<String>,
}

impl TargetDescription {
    /// A target of which no more is known than this name.
    pub fn named(name: String) -> Self {
        TargetDescription {
            name,
            dialect: None,
            deviations: Vec::new(),
        }
    }
}

/// Everything that a run found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of the program.
    pub blockexc_version: String,
    /// The node that was tested.
    pub target: TargetDescription,
    /// The protocol's ID.
    pub protocol: String,
    /// What every random choice was made from.
    pub seed: u64,
    /// When it began, in UTC, as RFC 3339 has it.
    pub started: String,
    /// What was selected.
    pub selection: Selection,
    /// How it was run.
    pub options: RunOptions,
    /// Which part of a campaign it is, if it is one.
    pub part: Option<Part>,
    /// Whether the user ended it early.
    pub interrupted: bool,
    /// The scenarios that were selected and not run, because the run was interrupted.
    pub not_run: Vec<String>,
    /// What came of the baseline, if there was one.
    pub baseline: Option<Comparison>,
    /// Whether every scenario there is was selected.
    pub everything_selected: bool,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// How many results of each verdict.
    pub counts: Counts,
    /// How long it took.
    pub duration_ms: u64,
    /// One for each scenario, in the order of the specification.
    pub results: Vec<ScenarioResult>,
}

impl RunResult {
    /// A run of this program that has these results and began then. The rest is as of a run of which
    /// nothing was left out; [`conclude`](Self::conclude) says what it comes to.
    pub fn of(target: TargetDescription, started: String, results: Vec<ScenarioResult>) -> Self {
        RunResult {
            format_version: FORMAT_VERSION,
            blockexc_version: env!("CARGO_PKG_VERSION").to_owned(),
            target,
            protocol: String::new(),
            seed: 0,
            started,
            selection: Selection {
                of: results.len(),
                ..Selection::default()
            },
            options: RunOptions::default(),
            part: None,
            interrupted: false,
            not_run: Vec::new(),
            baseline: None,
            everything_selected: false,
            conclusion: Conclusion::CouldNotTell,
            counts: Counts::default(),
            duration_ms: 0,
            results,
        }
    }

    /// Counts the results, and says what they come to.
    pub fn conclude(&mut self) {
        self.counts = Counts::of(&self.results);
        let unknown = |verdict: Verdict| {
            let mut results = self.results.iter();
            results.any(|result| result.verdict == verdict && result.known.is_none())
        };
        let known = self.results.iter().any(|it| it.known.is_some());
        let stale = self
            .baseline
            .as_ref()
            .is_some_and(|it| !it.stale.is_empty());
        let everything =
            self.everything_selected && self.part.is_none() && self.counts.skipped == 0;
        self.conclusion = if unknown(Verdict::Fail) {
            Conclusion::DoesNotConform
        } else if unknown(Verdict::Inconclusive) || self.interrupted {
            Conclusion::CouldNotTell
        } else if stale {
            Conclusion::StaleBaseline
        } else if self.options.require_all && self.counts.skipped > 0 {
            Conclusion::Incomplete
        } else if known {
            Conclusion::AsKnown
        } else if everything {
            Conclusion::Conforms
        } else {
            Conclusion::NothingWrong
        };
    }

    /// How many scenarios were run: all but those that were skipped.
    pub fn run(&self) -> usize {
        self.counts.total() - self.counts.skipped
    }

    /// The results of this verdict that no baseline knows of.
    pub fn unknown(&self, verdict: Verdict) -> impl Iterator<Item = &ScenarioResult> {
        self.results
            .iter()
            .filter(move |result| result.verdict == verdict && result.known.is_none())
    }

    /// The results by section, sections in the order of the specification.
    pub fn by_section(&self) -> Vec<(String, Vec<&ScenarioResult>)> {
        let mut sections: Vec<(String, Vec<&ScenarioResult>)> = Vec::new();
        for result in &self.results {
            match sections.last_mut() {
                Some((section, results)) if *section == result.section => results.push(result),
                _ => sections.push((result.section.clone(), vec![result])),
            }
        }
        sections
    }

    /// The worst verdict of each requirement that was tested.
    pub fn by_requirement(&self) -> BTreeMap<&str, Vec<&ScenarioResult>> {
        let mut requirements: BTreeMap<&str, Vec<&ScenarioResult>> = BTreeMap::new();
        for result in &self.results {
            let results = requirements.entry(result.requirement.as_str()).or_default();
            results.push(result);
        }
        requirements
    }
}

/// What one scenario found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioResult {
    /// Its ID.
    pub scenario: String,
    /// The ID of the requirement that it tests.
    pub requirement: String,
    /// The section of the requirement.
    pub section: String,
    /// How binding the requirement is.
    #[schemars(with = "String")]
    pub level: Level,
    /// What it asks.
    pub text: String,
    /// Where that is written.
    pub source: String,
    /// What the scenario does.
    pub summary: String,
    /// What it expects, in general.
    pub expects: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// What was expected where it failed.
    pub expected: Option<String>,
    /// What was found instead; `came` in JSON.
    #[serde(rename = "came")]
    pub actual: Option<String>,
    /// Why it is inconclusive or skipped.
    pub reason: Option<String>,
    /// What the baseline says of it, where it came as the baseline says.
    pub known: Option<Expected>,
    /// The known deviations that break the requirement, where it is missed.
    pub broken_by: Vec<String>,
    /// How long it took.
    pub duration_ms: u64,
    /// The log of the scenario; left out of passes, unless they are to be kept, and of skips.
    pub exchange: Vec<Line>,
    /// The command that runs just this scenario again.
    pub rerun: String,
}

/// What went to and fro in a scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exchanged<'a> {
    /// The log.
    pub records: &'a [Record],
    /// Whether the result of a pass holds it, too.
    pub of_passes: bool,
}

impl ScenarioResult {
    /// A pass of whatever is about this requirement.
    pub fn of(
        id: String,
        requirement: &Requirement,
        summary: String,
        expects: String,
        rerun: String,
    ) -> Self {
        ScenarioResult {
            scenario: id,
            requirement: requirement.id.to_owned(),
            section: requirement.section.name().to_owned(),
            level: requirement.level,
            text: requirement.text.to_owned(),
            source: requirement.source.to_owned(),
            summary,
            expects,
            verdict: Verdict::Pass,
            expected: None,
            actual: None,
            reason: None,
            known: None,
            broken_by: Vec::new(),
            duration_ms: 0,
            exchange: Vec::new(),
            rerun,
        }
    }

    /// The result of a scenario that ended so.
    pub fn new(
        scenario: &Scenario,
        requirement: &Requirement,
        ended: Result<(), Stop>,
        duration_ms: u64,
        exchanged: Exchanged<'_>,
        rerun: String,
    ) -> Self {
        let mut result = ScenarioResult {
            duration_ms,
            ..ScenarioResult::of(
                scenario.id.to_owned(),
                requirement,
                scenario.summary.to_owned(),
                scenario.expects.to_owned(),
                rerun,
            )
        };
        match ended {
            Ok(()) if !exchanged.of_passes => return result,
            Ok(()) => {}
            Err(Stop::Fail { expected, actual }) => {
                result.verdict = match requirement.level {
                    Level::Must => Verdict::Fail,
                    Level::Should => Verdict::Warning,
                    // A target is free: what it does is worth a remark only.
                    Level::May => Verdict::Pass,
                };
                result.expected = Some(expected);
                result.actual = Some(actual);
                if result.verdict.is_missed() {
                    result.broken_by = broken_by(requirement.id);
                }
            }
            Err(Stop::Inconclusive(reason)) => {
                result.verdict = Verdict::Inconclusive;
                result.reason = Some(reason);
            }
            Err(Stop::Skip(reason)) => {
                result.verdict = Verdict::Skipped;
                result.reason = Some(reason);
                return result;
            }
        }
        let lines = exchanged.records.iter().enumerate();
        result.exchange = lines.map(|(i, record)| Line::new(i + 1, record)).collect();
        result
    }
}

/// The known deviations that break this requirement, by name.
fn broken_by(id: &str) -> Vec<String> {
    let all = Deviation::ALL.iter();
    all.filter(|deviation| deviation.breaks().contains(&id))
        .map(|deviation| deviation.name().to_owned())
        .collect()
}

/// One line of an exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// Since the scenario began, to the microsecond.
    #[serde(deserialize_with = "to_the_microsecond")]
    pub time_ms: f64,
    /// Who did it: `target`, `suite`, `peer A`.
    pub from: String,
    /// Whom it was done to.
    pub to: String,
    /// The connection, counted from 1 in the scenario.
    pub connection: Option<u32>,
    /// The stream, counted from 1 in the scenario.
    pub stream: Option<u32>,
    /// What happened; `says` in JSON.
    #[serde(rename = "says")]
    pub text: String,
    /// How many bytes were sent, if any.
    pub length: Option<usize>,
    /// The bytes in hexadecimal, the first of them if they are many.
    pub bytes: Option<String>,
}

/// The number that was written: a parsed one may differ in its last bit.
fn to_the_microsecond<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let milliseconds = f64::deserialize(from)?;
    Ok((milliseconds * 1000.0).round() / 1000.0)
}

impl Line {
    /// This record, as the one of that number.
    pub(super) fn new(number: usize, record: &Record) -> Self {
        let (text, bytes) = match &record.content {
            Content::Frame { bytes, text } => (text.clone(), Some(bytes)),
            Content::Raw(bytes) => (format!("{} bytes as they are", bytes.len()), Some(bytes)),
            Content::Note(text) => (text.clone(), None),
        };
        Line {
            number,
            // Microseconds are enough.
            time_ms: record.time.as_micros() as f64 / 1000.0,
            from: record.from.clone(),
            to: record.to.clone(),
            connection: record.stream.map(|id| id.connection),
            stream: record.stream.map(|id| id.stream),
            text,
            length: bytes.map(bytes::Bytes::len),
            bytes: bytes.map(|bytes| hex::encode(&bytes[..bytes.len().min(MOST_BYTES)])),
        }
    }
}
