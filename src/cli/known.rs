//! The arguments that say what is known of a target.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use blockexc_model::Dialect;
use chrono::{NaiveDate, Utc};
use clap::Args;

use super::dialect;
use crate::suite::baseline::{Baseline, BaselineError};
use crate::suite::verdict::RunResult;

/// What is known of the target.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is known")]
pub(super) struct KnownArgs {
    /// What is known to fail, with reasons: a TOML file. What fails as listed does not fail the run;
    /// what is listed and passes does
    #[arg(long, value_name = "FILE", conflicts_with = "expect")]
    baseline: Option<PathBuf>,
    /// Expect what this dialect's deviations break, and nothing else
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    expect: Option<&'static Dialect>,
}

impl KnownArgs {
    /// Whether anything is said.
    pub(super) fn is_given(&self) -> bool {
        self.baseline.is_some() || self.expect.is_some()
    }

    /// The dialect that is expected, if one is.
    pub(super) fn expected(&self) -> Option<&'static Dialect> {
        self.expect
    }

    /// The baseline that is to be compared with, if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is refused, naming the file.
    pub(super) fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        if let Some(dialect) = self.expect {
            return Ok(Some(Baseline::of_dialect(dialect, &[])));
        }
        let Some(file) = &self.baseline else {
            return Ok(None);
        };
        read(file, Utc::now().date_naive()).map(Some)
    }
}

/// Reads a baseline.
///
/// # Errors
///
/// When it cannot be read or is refused, naming the file.
pub(super) fn read(file: &Path, today: NaiveDate) -> anyhow::Result<Baseline> {
    read_with(file, |text| Baseline::parse(text, today))
}

/// Reads a baseline of whatever `parse` takes it for.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_with(
    file: &Path,
    parse: impl FnOnce(&str) -> Result<Baseline, BaselineError>,
) -> anyhow::Result<Baseline> {
    let name = || file.display().to_string();
    let text = fs::read_to_string(file).with_context(name)?;
    parse(&text).with_context(name)
}

/// Compares the results with what is known, and concludes again.
pub(super) fn apply(baseline: Option<&Baseline>, run: &mut RunResult) {
    for result in &mut run.results {
        result.known = None;
    }
    run.baseline = baseline.map(|baseline| baseline.compare(&mut run.results));
    run.conclude();
}
