//! [`Runs`]: simulations with one seed after the other, as one result.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::Exit;
use crate::report::counted::counted;
use crate::report::style::{BAD, GOOD};
use crate::simulate::summary::Summary;
use crate::suite::campaign::{Shard, first_that_differs};
use crate::suite::circumstances::Part;

/// The name of the format.
pub(in crate::cli) const FORMAT: &str = "blockexc-simulations/1";

/// The results of several simulations that differ in their seeds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Runs {
    /// [`FORMAT`].
    format: String,
    /// The version of the program.
    blockexc_version: String,
    /// What every simulation was run with.
    options: Value,
    /// The seed of the first simulation; the others follow it, one by one.
    seed: u64,
    /// How many simulations there are, those of other parts among them.
    runs: u64,
    /// Which part of the campaign this is, if it is not all of it.
    part: Option<Part>,
    /// The seeds that an interruption left out.
    not_run: Vec<u64>,
    /// The seeds with which a property was violated.
    violated: Vec<u64>,
    /// The summary of each simulation.
    simulations: Vec<Value>,
    /// Whether the user interrupted it.
    interrupted: bool,
}

impl Runs {
    /// No simulation yet, of so many.
    pub(in crate::cli) fn new(options: Value, seed: u64, runs: u64, part: Option<Part>) -> Self {
        Runs {
            format: FORMAT.to_owned(),
            blockexc_version: env!("CARGO_PKG_VERSION").to_owned(),
            options,
            seed,
            runs,
            part,
            not_run: Vec::new(),
            violated: Vec::new(),
            simulations: Vec::new(),
            interrupted: false,
        }
    }

    /// The seeds of this part.
    pub(in crate::cli) fn seeds(&self) -> Vec<u64> {
        let all = (0..self.runs).map(|run| self.seed.wrapping_add(run));
        match self.part {
            Some(part) => part.take(all),
            None => all.collect(),
        }
    }

    /// Adds what came of a simulation.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub(in crate::cli) fn add(&mut self, summary: &Summary) -> serde_json::Result<()> {
        if summary.first_violation.is_some() {
            self.violated.push(summary.seed);
        }
        self.interrupted |= summary.interrupted_at_ms.is_some();
        self.simulations.push(serde_json::to_value(summary)?);
        Ok(())
    }

    /// Notes what an interruption left out.
    pub(in crate::cli) fn leave_out(&mut self, seeds: &[u64]) {
        self.interrupted |= !seeds.is_empty();
        self.not_run.extend(seeds);
    }

    /// Puts all parts together.
    pub(in crate::cli) fn merged(parts: Vec<Runs>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            whole.not_run.extend(part.not_run);
            whole.violated.extend(part.violated);
            whole.simulations.extend(part.simulations);
            whole.interrupted |= part.interrupted;
        }
        let place = |seed: u64| seed.wrapping_sub(whole.seed);
        whole.not_run.sort_by_key(|seed| place(*seed));
        whole.violated.sort_by_key(|seed| place(*seed));
        let of = |summary: &Value| summary["seed"].as_u64().map(place);
        whole.simulations.sort_by_key(of);
        whole.part = None;
        Some(whole)
    }

    /// Says how many there were, and which violated something.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(in crate::cli) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let count = self.simulations.len();
        writeln!(
            out,
            "{}",
            counted(count as u64, "simulation", "simulations")
        )?;
        if self.interrupted {
            writeln!(
                out,
                "interrupted: {} of {} were not begun",
                self.not_run.len(),
                self.not_run.len() + count
            )?;
        }
        if self.violated.is_empty() {
            return writeln!(out, "{GOOD}every want was met that could be{GOOD:#}");
        }
        let seeds: Vec<String> = self.violated.iter().map(u64::to_string).collect();
        writeln!(
            out,
            "{BAD}a property is violated with the seeds {}{BAD:#}",
            seeds.join(", ")
        )
    }

    /// How the program ends.
    pub(in crate::cli) fn exit(&self) -> Exit {
        if self.interrupted {
            Exit::Interrupted
        } else if self.violated.is_empty() {
            Exit::Good
        } else {
            Exit::Bad
        }
    }
}

impl Shard for Runs {
    fn part(&self) -> Option<Part> {
        self.part
    }

    fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [
            (
                self.blockexc_version == other.blockexc_version,
                "versions of blockexc",
            ),
            (self.seed == other.seed, "seeds"),
            (self.runs == other.runs, "numbers of runs"),
            (self.options == other.options, "options"),
        ];
        first_that_differs(&same)
    }
}
