//! [`complete`] and [`merge`]: the parts of a campaign, put together.

use std::collections::BTreeMap;

use super::circumstances::Part;
use super::scenarios;
use super::verdict::RunResult;

/// Why parts are not put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A result is of a whole run.
    #[error("{0} is no part of a campaign: a result of a run with --shard is expected")]
    Whole(String),
    /// Two parts are of different campaigns.
    #[error("{one} and {other} are of different campaigns: their {what} differ")]
    Different {
        /// The name of the first.
        one: String,
        /// The name of the other.
        other: String,
        /// What differs.
        what: &'static str,
    },
    /// A part is there twice.
    #[error("{one} and {other} are both part {part}")]
    Doubled {
        /// The name of the first.
        one: String,
        /// The name of the other.
        other: String,
        /// Which part.
        part: Part,
    },
    /// Parts are missing.
    #[error("missing: {}", missing.iter().map(Part::to_string).collect::<Vec<_>>().join(", "))]
    Missing {
        /// Which.
        missing: Vec<Part>,
    },
    /// There are no parts.
    #[error("there is nothing to put together")]
    Nothing,
}

/// A result that may be one part of a campaign.
pub trait Shard {
    /// Which part it is; `None` is all of it.
    fn part(&self) -> Option<Part>;

    /// What differs between this and another result, so that they are of different campaigns.
    fn difference(&self, other: &Self) -> Option<&'static str>;
}

/// The name of the first of these that is not the same.
pub fn first_that_differs(same: &[(bool, &'static str)]) -> Option<&'static str> {
    let different = same.iter().find(|(is_same, _)| !is_same);
    different.map(|(_, what)| *what)
}

impl Shard for RunResult {
    fn part(&self) -> Option<Part> {
        self.part
    }

    fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [
            (
                self.blockexc_version == other.blockexc_version,
                "versions of blockexc",
            ),
            (self.target == other.target, "targets"),
            (self.protocol == other.protocol, "protocols"),
            (self.seed == other.seed, "seeds"),
            (self.selection == other.selection, "selections"),
            (self.options == other.options, "options"),
        ];
        first_that_differs(&same)
    }
}

/// All parts of one campaign, in their order. Each comes with the name of its file.
///
/// # Errors
///
/// When parts are missing, doubled, or of different campaigns.
pub fn complete<T: Shard>(parts: Vec<(String, T)>) -> Result<Vec<T>, MergeError> {
    let mut known: BTreeMap<Part, (String, T)> = BTreeMap::new();
    for (name, result) in parts {
        let part = result
            .part()
            .ok_or_else(|| MergeError::Whole(name.clone()))?;
        if let Some((first_part, (first, first_result))) = known.first_key_value() {
            let difference = match first_part.of == part.of {
                true => first_result.difference(&result),
                false => Some("numbers of parts"),
            };
            if let Some(what) = difference {
                return Err(MergeError::Different {
                    one: first.clone(),
                    other: name,
                    what,
                });
            }
        }
        if let Some((one, _)) = known.get(&part) {
            return Err(MergeError::Doubled {
                one: one.clone(),
                other: name,
                part,
            });
        }
        known.insert(part, (name, result));
    }
    let of = known.first_key_value().ok_or(MergeError::Nothing)?.0.of;
    let missing: Vec<Part> = (1..=of)
        .map(|number| Part { number, of })
        .filter(|part| !known.contains_key(part))
        .collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { missing });
    }
    Ok(known.into_values().map(|(_, result)| result).collect())
}

/// Puts the parts of a run of scenarios together. Each comes with the name of its file. The duration is that
/// of the longest part. What a baseline said of a part is left out: it is compared with the whole.
///
/// # Errors
///
/// When parts are missing, doubled, or of different campaigns.
pub fn merge(parts: Vec<(String, RunResult)>) -> Result<RunResult, MergeError> {
    let mut runs = complete(parts)?.into_iter();
    let mut whole = runs.next().ok_or(MergeError::Nothing)?;
    for run in runs {
        whole.started = whole.started.min(run.started);
        whole.duration_ms = whole.duration_ms.max(run.duration_ms);
        whole.interrupted |= run.interrupted;
        whole.not_run.extend(run.not_run);
        whole.results.extend(run.results);
    }
    let place = |id: &str| scenarios::all().position(|scenario| scenario.id == id);
    whole.results.sort_by_key(|result| place(&result.scenario));
    whole.not_run.sort_by_key(|id| place(id));
    whole.part = None;
    whole.baseline = None;
    let known = whole.results.len() + whole.not_run.len();
    whole.everything_selected = known == whole.selection.of;
    whole.conclude();
    Ok(whole)
}
