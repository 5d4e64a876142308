//! Which reports of a run are to be written, and where.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::Exit;
use super::results::{is_standard_output, look_ahead, write_file, write_json};
use crate::report::{console, html, json, junit, markdown};
use crate::suite::scenario::Scenario;
use crate::suite::verdict::{Conclusion, RunResult};

/// The arguments that ask for reports.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportArgs {
    /// Write the result as JSON to this file, or - for the standard output instead of the report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the result as JUnit XML to this file, for a CI server
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the result as one HTML page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the result as Markdown to this file, short enough for a comment
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Show only the counts, the conclusion, and the scenarios with trouble
    #[arg(long, conflicts_with_all = ["verbose", "bytes"])]
    brief: bool,
    /// Show the bytes of each exchange
    #[arg(long)]
    bytes: bool,
    /// Show a line for every scenario
    #[arg(long, short)]
    verbose: bool,
}

impl ReportArgs {
    /// Whether the standard output is for JSON alone.
    pub(super) fn is_json_shown(&self) -> bool {
        self.json.as_deref().is_some_and(is_standard_output)
    }

    /// Whether any report goes to a file.
    pub(super) fn has_files(&self) -> bool {
        let json = self.json.is_some() && !self.is_json_shown();
        json || self.junit.is_some() || self.html.is_some() || self.markdown.is_some()
    }

    /// Where the JSON goes, of a result that has no other form.
    ///
    /// # Errors
    ///
    /// When another form is asked for.
    pub(super) fn only_json(&self) -> anyhow::Result<Option<&Path>> {
        if self.junit.is_some() || self.html.is_some() || self.markdown.is_some() {
            bail!("only a result of `conform` has reports: --json is expected");
        }
        Ok(self.json.as_deref())
    }

    /// Whether the files can be written, as far as can be told: a run whose report cannot be written
    /// is a run for nothing.
    ///
    /// # Errors
    ///
    /// When one is a folder, or in a folder that is not there.
    pub(super) fn look_ahead(&self) -> anyhow::Result<()> {
        if !self.is_json_shown() {
            look_ahead([&self.json])?;
        }
        look_ahead([&self.junit, &self.html, &self.markdown])
    }

    /// Writes all reports, the files first: who reads the output may have had enough. One that
    /// cannot be written does not keep the others from being written.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, naming it, or the output cannot: the first of these errors.
    pub(super) fn write(&self, run: &RunResult, out: &mut dyn Write) -> anyhow::Result<()> {
        let json = self.json.as_deref().filter(|_| !self.is_json_shown());
        let written = [
            into(json, || {
                let mut text = Vec::new();
                json::write(run, &mut text)?;
                Ok(text)
            }),
            into(self.junit.as_deref(), || junit::report(run)),
            into(self.html.as_deref(), || html::report(run)),
            into(self.markdown.as_deref(), || Ok(markdown::report(run))),
        ];
        if self.is_json_shown() {
            json::write(run, out)?;
        } else {
            let detail = console::Detail {
                verbose: self.verbose,
                bytes: self.bytes,
                brief: self.brief,
            };
            console::write(run, detail, out)?;
        }
        written.into_iter().collect()
    }

    /// Shows what would be run, or writes it as JSON where JSON is asked for.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, naming it, or the output cannot.
    pub(super) fn write_list(
        &self,
        scenarios: &[&'static Scenario],
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        if let Some(file) = &self.json {
            let entries: Vec<_> = scenarios.iter().map(|one| listed(one)).collect();
            return write_json(file, &entries, out);
        }
        for scenario in scenarios {
            writeln!(out, "{:<28} {}", scenario.id, scenario.summary)?;
        }
        Ok(())
    }
}

fn listed(scenario: &Scenario) -> serde_json::Value {
    serde_json::json!({
        "id": scenario.id,
        "requirement": scenario.requirement_id(),
        "summary": scenario.summary,
        "expects": scenario.expects,
    })
}

/// Writes a report to this file, if there is one.
fn into<T: AsRef<[u8]>>(
    file: Option<&Path>,
    report: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<()> {
    file.map_or(Ok(()), |file| write_file(file, report()?))
}

/// How the program ends after such a run.
pub(super) fn exit_of(run: &RunResult) -> Exit {
    if run.interrupted {
        return Exit::Interrupted;
    }
    match run.conclusion {
        Conclusion::Conforms | Conclusion::NothingWrong | Conclusion::AsKnown => Exit::Good,
        Conclusion::DoesNotConform | Conclusion::StaleBaseline | Conclusion::Incomplete => {
            Exit::Bad
        }
        Conclusion::CouldNotTell => Exit::CouldNotTell,
    }
}
