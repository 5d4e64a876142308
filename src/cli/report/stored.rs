//! Stored results, read from their files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::suite::verdict::{FORMAT_VERSION, RunResult};

/// Reads the result of a run of scenarios.
///
/// # Errors
///
/// When it cannot be read, or is none, naming the file.
pub(in crate::cli) fn read(file: &Path) -> anyhow::Result<RunResult> {
    read_run(file, value(file)?)
}

/// The result of a run of scenarios, from the JSON of this file.
///
/// # Errors
///
/// When it is none, naming the file.
pub(super) fn read_run(file: &Path, value: Value) -> anyhow::Result<RunResult> {
    let name = file.display();
    let version = &value["format_version"];
    if version.as_u64() != Some(FORMAT_VERSION.into()) {
        bail!(
            "{name} has format_version {version}: {FORMAT_VERSION} is expected, as `conform --json` \
             of this program writes it"
        );
    }
    serde_json::from_value(value)
        .with_context(|| format!("{name} is no result of `conform --json`"))
}

/// The JSON in a file.
///
/// # Errors
///
/// When it cannot be read, or is no JSON, naming the file.
pub(super) fn value(file: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| {
        let name = file.display();
        format!("{name}: JSON is expected, as a run writes it with --json")
    })
}
