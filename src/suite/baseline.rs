//! [`Baseline`]: which scenarios are known not to pass, and why.
//!
//! A baseline is a TOML file of entries. An entry names a scenario, a requirement or a section, and
//! the verdict that is expected of it. What is listed and comes so does not fail the run. An entry is
//! *stale* when all that it names was run and passed. The entry that names the least counts: a
//! scenario's before its requirement's before its section's. A flaky one leaves room for what a wider
//! one expects.

mod hindered;

use std::collections::BTreeMap;

use blockexc_model::requirement::{Level, REQUIREMENTS};
use blockexc_model::{Deviation, Deviations, Dialect};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::hindered::hindered;
use super::circumstances::{Comparison, Expected};
use super::scenarios;
use super::select::{SelectError, check_name, means, names};
use super::verdict::{ScenarioResult, Verdict};
use crate::near::Unknown;

/// Requirements that one deviation breaks and another, of the same node, keeps from showing.
const MASKED: &[(Deviation, Deviation, &[&str])] = &[
    // It shows only with a delivery of a peer that was not asked, which is ignored.
    (
        Deviation::LatePresence,
        Deviation::OnlyAsked,
        &["PRES-1", "WIRE-6"],
    ),
    // It shows only with a proof that is refused, and none is.
    (
        Deviation::FailOnUnstorable,
        Deviation::AcceptUnprovenLeaf,
        &["XFER-6"],
    ),
];

/// The requirements that a node with these deviations breaks, and that may not show on it.
pub fn masked(deviations: Deviations) -> impl Iterator<Item = &'static str> {
    MASKED
        .iter()
        .filter(move |(one, other, _)| deviations.contains(*one) && deviations.contains(*other))
        .flat_map(|(_, _, ids)| ids.iter().copied())
}

/// The verdicts that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The entries, in the order of the file.
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A scenario, a requirement or a section.
    pub name: String,
    /// The verdict that is expected.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Where more is written of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which the entry counts, `"2026-12-31"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
    /// It may also pass: both are accepted, and counted apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
}

/// Why a baseline is refused.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not TOML of this form.
    #[error("the baseline cannot be read: {0}")]
    Format(#[from] toml::de::Error),
    /// An entry names nothing.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// An entry names what no scenario tests.
    #[error("the entry {0} names what no scenario tests")]
    Untested(String),
    /// Two entries have one name.
    #[error("{0} has two entries")]
    Doubled(String),
    /// An entry counts no longer.
    #[error(
        "the entry {name} has expired on {on}: look whether it still fails, and extend or delete it"
    )]
    Expired {
        /// Its name.
        name: String,
        /// Its last day.
        on: NaiveDate,
    },
    /// An entry says nothing of why.
    #[error("the entry {0} has an empty reason: say why it is known to fail")]
    NoReason(String),
    /// An entry expects what is no trouble.
    #[error("the entry {name} expects `{verdict}`: fail, warning or inconclusive is expected")]
    NoTrouble {
        /// Its name.
        name: String,
        /// What it expects.
        verdict: Verdict,
    },
}

impl Baseline {
    /// Reads a baseline of scenarios; `today` says which entries have expired.
    ///
    /// # Errors
    ///
    /// When it is not of this form, or an entry is unknown, doubled, expired or without a reason.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, BaselineError> {
        Self::parse_with(text, today, |name| {
            check_name(name).map_err(|error| match error {
                SelectError::Unknown(unknown) => BaselineError::Unknown(unknown),
                _ => BaselineError::Untested(name.to_owned()),
            })
        })
    }

    /// Reads a baseline of whatever `check` knows the names of.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and what `check` says.
    pub fn parse_with(
        text: &str,
        today: NaiveDate,
        check: impl Fn(&str) -> Result<(), BaselineError>,
    ) -> Result<Self, BaselineError> {
        let baseline: Baseline = toml::from_str(text)?;
        let mut seen: Vec<String> = Vec::new();
        for entry in &baseline.entries {
            let name = entry.name.to_uppercase();
            check(&entry.name)?;
            if seen.contains(&name) {
                return Err(BaselineError::Doubled(entry.name.clone()));
            }
            seen.push(name);
            if entry.reason.trim().is_empty() {
                return Err(BaselineError::NoReason(entry.name.clone()));
            }
            if matches!(entry.verdict, Verdict::Pass | Verdict::Skipped) {
                return Err(BaselineError::NoTrouble {
                    name: entry.name.clone(),
                    verdict: entry.verdict,
                });
            }
            if let Some(on) = entry.expires.filter(|on| *on < today) {
                return Err(BaselineError::Expired {
                    name: entry.name.clone(),
                    on,
                });
            }
        }
        Ok(baseline)
    }

    /// The baseline that a dialect's deviations imply. `more` deviates as well.
    pub fn of_dialect(dialect: &Dialect, more: &[Deviation]) -> Self {
        let deviations: Deviations = dialect
            .deviations
            .iter()
            .chain(more.iter().copied())
            .collect();
        let mut broken: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for deviation in deviations.iter() {
            for id in deviation.breaks() {
                broken.entry(id).or_default().push(deviation.name());
            }
        }
        let entries = REQUIREMENTS.iter().filter_map(|requirement| {
            let by = broken.get(requirement.id)?;
            let tested = scenarios::all().any(|it| it.requirement_id() == requirement.id);
            if !tested || requirement.level == Level::May {
                return None;
            }
            Some(Entry {
                name: requirement.id.to_owned(),
                verdict: if requirement.level == Level::Must {
                    Verdict::Fail
                } else {
                    Verdict::Warning
                },
                reason: format!("{} deviates by {}", dialect.name, by.join(", ")),
                link: None,
                expires: None,
                flaky: masked(deviations).any(|id| id == requirement.id),
            })
        });
        let hindered = hindered(deviations).map(|(scenario, by)| Entry {
            name: scenario.to_owned(),
            verdict: Verdict::Inconclusive,
            reason: format!(
                "{} deviates by {by}, and so it may not come to that",
                dialect.name
            ),
            link: None,
            expires: None,
            flaky: true,
        });
        let mut baseline = Baseline {
            entries: Vec::new(),
        };
        for entry in hindered.chain(entries) {
            let is_there = |it: &Entry| it.name == entry.name && it.verdict == entry.verdict;
            if !baseline.entries.iter().any(is_there) {
                baseline.entries.push(entry);
            }
        }
        baseline
    }

    /// The baseline of these results. What an older one says of a scenario is kept.
    pub fn of_results(results: &[ScenarioResult], older: &Baseline) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for result in results {
            let trouble = result.verdict.is_missed() || result.verdict == Verdict::Inconclusive;
            let known = older.entry(result);
            if !trouble && !known.is_some_and(|entry| entry.flaky) {
                continue;
            }
            let entry = match known {
                Some(entry) if entry.flaky || entry.verdict == result.verdict => entry.clone(),
                Some(entry) => Entry {
                    verdict: result.verdict,
                    name: result.scenario.clone(),
                    ..entry.clone()
                },
                None => Entry {
                    name: result.scenario.clone(),
                    verdict: result.verdict,
                    reason: result
                        .actual
                        .clone()
                        .or_else(|| result.reason.clone())
                        .unwrap_or_else(|| "not known".to_owned()),
                    link: None,
                    expires: None,
                    flaky: false,
                },
            };
            if !entries.iter().any(|known| known.name == entry.name) {
                entries.push(entry);
            }
        }
        Baseline { entries }
    }

    /// As TOML.
    ///
    /// # Errors
    ///
    /// When a value cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let head =
            "# What is known not to pass, and why. docs/baselines.md explains the entries.\n\n";
        Ok(format!("{head}{}", toml::to_string(self)?))
    }

    /// The entry that means this scenario.
    pub fn entry(&self, result: &ScenarioResult) -> Option<&Entry> {
        self.place(result).map(|place| &self.entries[place])
    }

    /// The place of the entry that means this scenario.
    fn place(&self, result: &ScenarioResult) -> Option<usize> {
        let names = names(&result.scenario, &result.requirement);
        let means_it: Vec<usize> = names
            .into_iter()
            .flat_map(|name| {
                let entries = self.entries.iter().enumerate();
                entries.filter(move |(_, entry)| entry.name.eq_ignore_ascii_case(name))
            })
            .map(|(place, _)| place)
            .collect();
        let expects_it = |place: &usize| self.entries[*place].verdict == result.verdict;
        let narrowest = *means_it.first()?;
        if self.entries[narrowest].flaky {
            return means_it.into_iter().find(expects_it).or(Some(narrowest));
        }
        Some(narrowest)
    }

    /// Whether it is known that this requirement is missed.
    pub fn knows(&self, requirement: &str) -> bool {
        let is_missed = |entry: &&Entry| entry.verdict.is_missed();
        let mut missed = self.entries.iter().filter(is_missed);
        missed.any(|entry| means(&entry.name, requirement, requirement))
    }

    /// Says of each result of scenarios what this expects of it, and compares.
    pub fn compare(&self, results: &mut [ScenarioResult]) -> Comparison {
        let all: Vec<_> = scenarios::all()
            .map(|it| (it.id, it.requirement_id()))
            .collect();
        self.compare_with(results, &all)
    }

    /// The same of anything; `all` names all that there is, each with its requirement.
    pub fn compare_with(&self, results: &mut [ScenarioResult], all: &[(&str, &str)]) -> Comparison {
        let mut comparison = Comparison::default();
        // Of each entry: what came as listed, and what was not seen.
        let mut seen = vec![(0usize, 0usize); self.entries.len()];
        for result in results.iter_mut() {
            let Some(place) = self.place(result) else {
                continue;
            };
            let entry = self.entries[place].clone();
            let as_listed = result.verdict == entry.verdict;
            let unseen = matches!(result.verdict, Verdict::Skipped | Verdict::Inconclusive);
            seen[place].0 += usize::from(as_listed);
            seen[place].1 += usize::from(unseen && !as_listed);
            let either = entry.flaky && result.verdict == Verdict::Pass;
            if !as_listed && !either {
                continue;
            }
            match entry.flaky {
                true => comparison.flaky += 1,
                false => comparison.expected += 1,
            }
            result.known = Some(Expected {
                entry: entry.name,
                reason: entry.reason,
                link: entry.link,
                flaky: entry.flaky,
            });
        }
        for (entry, (expected, not_seen)) in self.entries.iter().zip(seen) {
            let named = all
                .iter()
                .filter(|(id, of)| means(&entry.name, id, of))
                .count();
            let run = results
                .iter()
                .filter(|it| means(&entry.name, &it.scenario, &it.requirement))
                .count();
            if expected > 0 || entry.flaky {
                continue;
            }
            let list = match not_seen > 0 || run < named {
                true => &mut comparison.unseen,
                false => &mut comparison.stale,
            };
            list.push(entry.name.clone());
        }
        comparison
    }
}

#[cfg(test)]
mod tests;
