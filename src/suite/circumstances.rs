//! What a run was asked to do, and what was known before: [`Selection`], [`RunOptions`], [`Part`] of a
//! campaign, and the [`Comparison`] with a baseline.

use std::fmt;
use std::str::FromStr;

use chrono::{SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was selected, as it was written on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Sections, requirements and scenarios to run. Empty means everything.
    pub selected: Vec<String>,
    /// Sections, requirements and scenarios not to run.
    pub excluded: Vec<String>,
    /// How many scenarios the suite has.
    pub of: usize,
}

/// How the suite was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunOptions {
    /// How long one answer was waited for, in milliseconds.
    pub timeout_ms: u64,
    /// The muxers that the suite's peers offered.
    pub muxers: Vec<String>,
    /// The type of the keys of the suite's peers.
    pub key_type: String,
    /// The arguments that name the target and say how it is reached.
    pub arguments: Vec<String>,
    /// Whether a skipped scenario counts as a failure.
    pub require_all: bool,
    /// Whether the scenarios ran in an order that the seed made, and not in that of the specification.
    #[serde(default)]
    pub shuffled: bool,
}

/// The time now, in UTC, as RFC 3339 has it: when a run begins.
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// One part of a campaign: number `number` of `of`, counted from one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Part {
    /// Which part, counted from one.
    pub number: usize,
    /// How many parts the campaign has.
    pub of: usize,
}

impl Part {
    /// The most parts of a campaign.
    pub const MOST: usize = 100_000;

    /// Those of these things that belong to this part: every `of`-th one.
    pub fn take<T>(self, things: impl IntoIterator<Item = T>) -> Vec<T> {
        let skipped = self.number.saturating_sub(1);
        things
            .into_iter()
            .skip(skipped)
            .step_by(self.of.max(1))
            .collect()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What a baseline says of one result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// The name of the entry.
    pub entry: String,
    /// Why it is known.
    pub reason: String,
    /// Where more is written of it.
    pub link: Option<String>,
    /// Whether either verdict is accepted.
    pub flaky: bool,
}

/// What came of a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// How many scenarios came as listed.
    pub expected: usize,
    /// How many scenarios of flaky entries came either way.
    pub flaky: usize,
    /// Entries whose scenarios were all run and passed.
    pub stale: Vec<String>,
    /// Entries of which not every scenario was run and could be told: they are not judged.
    pub unseen: Vec<String>,
}

/// The text is no part of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part: I/N is expected, such as 1/4, with I from 1 to N and N at most 100000")]
pub struct NoPart(String);

impl FromStr for Part {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Self, NoPart> {
        let wrong = || NoPart(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let number: usize = number.parse().map_err(|_| wrong())?;
        let of: usize = of.parse().map_err(|_| wrong())?;
        if number == 0 || number > of || of > Part::MOST {
            return Err(wrong());
        }
        Ok(Part { number, of })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn parts_share_everything_and_nothing_twice() {
        let mut all: Vec<usize> = (1..=4)
            .flat_map(|number| Part { number, of: 4 }.take(0..10))
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_part_is_refused() {
        assert_eq!("2/4".parse(), Ok(Part { number: 2, of: 4 }));
        for text in ["0/4", "5/4", "1", "a/b", "1/0", "1/100001", ""] {
            let error = text.parse::<Part>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
