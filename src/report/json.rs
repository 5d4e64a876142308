//! The report for programs: one JSON object, a [`RunResult`] as it is.
//!
//! `format_version` says how to read it; within a version, fields are added and never changed. A
//! result's `verdict` is one of `pass`, `warning` (a missed SHOULD), `fail` (a missed MUST),
//! `inconclusive` and `skipped`; the last two have a `reason`, the second and third `expected` and
//! `came`. `exchange` is the numbered log of the scenario, and empty for passes and skips.

use std::io::Write;

use crate::suite::verdict::RunResult;

/// Writes the report.
///
/// # Errors
///
/// When writing fails.
pub fn write(run: &RunResult, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, run)?;
    writeln!(out)?;
    Ok(())
}
