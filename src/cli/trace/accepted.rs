//! [`Accepting`]: judges logs with a baseline, so that what is known is accepted and the rest is
//! still judged.
//!
//! An entry of a baseline names a requirement, or something wider or narrower. A failure is known when
//! a single deviation explains it, and every requirement that this deviation breaks has an entry. The
//! log is then explained again, by a model with that deviation.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::ControlFlow;

use blockexc_model::Deviation;
use blockexc_model::deviation::{Deviations, Layer};
use serde::{Deserialize, Serialize};

use super::input::Log;
use crate::suite::baseline::{Baseline, Entry};
use crate::suite::select::means;
use crate::trace::diagnose::MAX_PIECES;
use crate::trace::judge::{NodeVerdict, Suppose};
use crate::trace::read::{LogReader, ReadError};
use crate::trace::unexplained::Stop;
use crate::trace::validate::{explain_while, validate_while};

/// A known failure.
pub(super) struct Accepted {
    /// The node's name in its log.
    pub node: String,
    /// The line that shows it.
    pub line: u64,
    /// The deviation that explains it.
    pub deviation: Deviation,
    /// Why it is known: the reasons of the entries.
    pub reasons: Vec<String>,
}

/// Judges logs with a baseline.
pub(super) struct Accepting<'a> {
    baseline: &'a Baseline,
    /// The entries that came as listed, by their places.
    came: BTreeSet<usize>,
    /// The entries whose deviations were all refuted by a log.
    refuted: BTreeSet<usize>,
}

/// What came of a baseline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::cli) struct Outcome {
    /// Entries that came as listed.
    pub expected: Vec<String>,
    /// Entries that say that they may come or not.
    pub flaky: Vec<String>,
    /// Entries of which a log shows that the node does what is asked.
    pub stale: Vec<String>,
    /// Entries of which no log shows anything.
    pub unseen: Vec<String>,
    /// Of part of the logs only: entries that would be stale, unless another log shows that they come
    /// as listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refuted: Vec<String>,
}

impl<'a> Accepting<'a> {
    /// With this baseline.
    pub(super) fn new(baseline: &'a Baseline) -> Self {
        Accepting {
            baseline,
            came: BTreeSet::new(),
            refuted: BTreeSet::new(),
        }
    }

    /// The verdicts on a log, and what in it was known.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub(super) fn validate(
        &mut self,
        log: &Log,
        mut suppose: Suppose,
        go_on: impl Fn() -> ControlFlow<()> + Copy,
    ) -> Result<(Vec<NodeVerdict>, Vec<Accepted>), ReadError> {
        let mut accepted = Vec::new();
        loop {
            let verdicts = validate_while(|| log.open(), suppose.clone(), go_on)?;
            suppose.also.resize(verdicts.len(), Deviations::none());
            let before = accepted.len();
            for (verdict, also) in verdicts.iter().zip(&mut suppose.also) {
                let Some(Stop::Unexplained(failure)) = &verdict.stop else {
                    continue;
                };
                let Some(deviation) = self.known(&failure.deviations) else {
                    continue;
                };
                also.insert(deviation);
                let broken = deviation.breaks().iter();
                let entries: Vec<_> = broken.filter_map(|id| self.entry(id)).collect();
                let mut reasons: Vec<String> = Vec::new();
                for (place, entry) in entries {
                    self.came.insert(place);
                    if !reasons.contains(&entry.reason) {
                        reasons.push(entry.reason.clone());
                    }
                }
                accepted.push(Accepted {
                    node: verdict.header.node.clone(),
                    line: failure.line,
                    deviation,
                    reasons,
                });
            }
            if accepted.len() == before {
                self.look_for_refuted(log, &suppose, &verdicts, go_on)?;
                return Ok((verdicts, accepted));
            }
        }
    }

    /// What came of the baseline. `sees_all`: all logs were judged, and not a part of them.
    pub(super) fn outcome(&self, sees_all: bool) -> Outcome {
        let mut outcome = Outcome::default();
        for (place, entry) in self.baseline.entries.iter().enumerate() {
            let list = match (self.came.contains(&place), self.refuted.contains(&place)) {
                _ if entry.flaky => &mut outcome.flaky,
                (true, _) => &mut outcome.expected,
                (false, true) => &mut outcome.refuted,
                (false, false) => &mut outcome.unseen,
            };
            list.push(entry.name.clone());
        }
        if sees_all {
            outcome.conclude();
        }
        outcome
    }

    /// The entry that means this requirement.
    fn entry(&self, id: &str) -> Option<(usize, &'a Entry)> {
        let mut entries = self.baseline.entries.iter().enumerate();
        entries.find(|(_, entry)| lists(entry, id))
    }

    /// Of deviations that explain a failure that which breaks the least, and only what is listed.
    fn known(&self, explaining: &[Deviation]) -> Option<Deviation> {
        let is_known = |deviation: &&Deviation| {
            let broken = deviation.breaks();
            !broken.is_empty() && broken.iter().all(|id| self.entry(id).is_some())
        };
        let known = explaining.iter().filter(is_known);
        known
            .min_by_key(|deviation| deviation.breaks().len())
            .copied()
    }

    /// Notes the entries of which this log shows that the node does what is asked: none of the
    /// deviations that break it, added to those that are supposed, explains the log.
    fn look_for_refuted(
        &mut self,
        log: &Log,
        suppose: &Suppose,
        verdicts: &[NodeVerdict],
        go_on: impl Fn() -> ControlFlow<()> + Copy,
    ) -> Result<(), ReadError> {
        for (place, entry) in self.baseline.entries.iter().enumerate() {
            if entry.flaky || self.came.contains(&place) || self.refuted.contains(&place) {
                continue;
            }
            let breaks = |it: &&Deviation| it.breaks().iter().any(|id| lists(entry, id));
            let breaking: Vec<Deviation> = Deviation::ALL.iter().filter(breaks).copied().collect();
            if breaking.is_empty() || breaking.iter().any(|it| it.layer() != Layer::Model) {
                continue;
            }
            for (node, verdict) in verdicts.iter().enumerate() {
                let is_explained = verdict.stop.is_none();
                let is_short = verdict.explained <= MAX_PIECES;
                if is_explained
                    && is_short
                    && self.refutes_all(log, suppose, node, &breaking, go_on)?
                {
                    self.refuted.insert(place);
                }
            }
        }
        Ok(())
    }

    /// Whether the log of this node is explained by none of these deviations.
    fn refutes_all(
        &self,
        log: &Log,
        suppose: &Suppose,
        node: usize,
        deviations: &[Deviation],
        go_on: impl Fn() -> ControlFlow<()> + Copy,
    ) -> Result<bool, ReadError> {
        for deviation in deviations {
            let mut suppose = suppose.clone();
            suppose.also[node].insert(*deviation);
            let verdicts = explain_while(LogReader::new(log.open()?), suppose, go_on)?;
            if !matches!(verdicts[node].stop, Some(Stop::Unexplained(_))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether an entry means this requirement. One that means a scenario means its requirement: a log
/// does not tell scenarios apart.
fn lists(entry: &Entry, id: &str) -> bool {
    let requirement = entry.name.split('/').next().unwrap_or_default();
    entry.verdict.is_missed() && means(requirement, id, id)
}

impl Outcome {
    /// All logs were judged: what is refuted is stale.
    pub(super) fn conclude(&mut self) {
        self.stale.append(&mut self.refuted);
    }

    /// Adds what came of the same baseline with other logs.
    pub(super) fn add(&mut self, other: Outcome) {
        let came = [&self.expected[..], &other.expected].concat();
        let refuted = [&self.refuted[..], &other.refuted].concat();
        for name in self.names() {
            for list in [&mut self.expected, &mut self.refuted, &mut self.unseen] {
                list.retain(|it| *it != name);
            }
            let list = match (came.contains(&name), refuted.contains(&name)) {
                _ if self.flaky.contains(&name) => continue,
                (true, _) => &mut self.expected,
                (false, true) => &mut self.refuted,
                (false, false) => &mut self.unseen,
            };
            list.push(name);
        }
    }

    /// The names of all entries, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let lists = [
            &self.expected,
            &self.flaky,
            &self.stale,
            &self.unseen,
            &self.refuted,
        ];
        let mut names: Vec<String> = lists.into_iter().flatten().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Says what came.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let lists = [
            ("as listed", &self.expected),
            ("flaky", &self.flaky),
            ("stale: a log shows that this is done", &self.stale),
            ("not seen", &self.unseen),
            ("stale unless another log shows it", &self.refuted),
        ];
        for (what, names) in lists {
            if !names.is_empty() {
                writeln!(out, "baseline, {what}: {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}
