//! A counterexample of `blockexc check`: shown, written to files, and repeated from one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use blockexc_checker::analysis::configuration::Configuration;
use blockexc_checker::analysis::report::{Report, ReportedVerdict};
use blockexc_checker::show::counterexample::Counterexample;
use blockexc_checker::show::replay::{self, Replay};
use clap::Args;

use super::Exit;
use super::results::write_file;
use crate::report::counted::counted;
use crate::report::style::{BAD, GOOD, HEADLINE};

/// The files to which the shortest counterexample is to be written.
#[derive(Args, Clone, Debug)]
pub struct Files {
    /// Write the chart of the shortest counterexample to this file, as a Mermaid diagram
    #[arg(long, value_name = "FILE")]
    pub mermaid: Option<PathBuf>,
    /// Write that chart to this file, as SVG
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the shortest counterexample to this file, for `blockexc check replay`
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

/// Repeat a counterexample that was written to a file
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// The file that `--trace` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// The counterexample with the fewest steps of all, in words, and to files on request.
pub(super) fn show_counterexamples(
    files: &Files,
    configurations: &[Configuration],
    reports: &[Report],
    most_states: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let violations = configurations
        .iter()
        .zip(reports)
        .flat_map(|(configuration, report)| {
            report
                .properties
                .iter()
                .filter_map(move |property| match property.verdict {
                    ReportedVerdict::Violated(steps) => Some((steps, configuration, property.name)),
                    _ => None,
                })
        });
    let Some((_, configuration, property)) = violations.min_by_key(|(steps, ..)| *steps) else {
        if files.mermaid.is_some() || files.svg.is_some() || files.trace.is_some() {
            writeln!(
                out,
                "nothing is violated: there is no counterexample to be written\n"
            )?;
        }
        return Ok(());
    };
    let Some(found) = configuration.counterexample(property, Some(most_states))? else {
        return Ok(());
    };
    let chart = found.chart();
    writeln!(
        out,
        "{HEADLINE}The shortest way to a violation{HEADLINE:#}: \"{property}\", in {}\n",
        configuration.name()
    )?;
    writeln!(out, "{}", chart.text())?;
    if let Counterexample::Closed { round, .. } = &found
        && *round > 0
    {
        writeln!(
            out,
            "The last {} for ever, while the want stays unmet.\n",
            counted(*round as u64, "step repeats", "steps repeat")
        )?;
    }
    write_counterexample(files, &found, out)
}

/// The counterexample to the files that were asked for.
pub(super) fn write_counterexample(
    files: &Files,
    found: &Counterexample<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let chart = found.chart();
    if let Some(file) = &files.mermaid {
        write_file(file, chart.mermaid())?;
    }
    if let Some(file) = &files.svg {
        write_file(file, chart.svg())?;
    }
    if let Some(file) = &files.trace {
        match found.replay() {
            Some(replay) => write_file(file, replay.to_json())?,
            None => writeln!(
                out,
                "that a run goes on for ever does not show by repeating it: {} is not written\n",
                file.display()
            )?,
        }
    }
    Ok(())
}

/// Repeats the counterexample in a file.
///
/// # Errors
///
/// When the file cannot be read, is no counterexample, or writing fails.
pub(super) fn run_replay(args: &ReplayArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let file: &Path = &args.file;
    let name = || file.display().to_string();
    let length = fs::metadata(file)
        .with_context(|| format!("{} cannot be read", name()))?
        .len();
    if length > replay::MOST_BYTES as u64 {
        bail!(
            "{} has {length} bytes; a counterexample has at most {}",
            name(),
            replay::MOST_BYTES
        );
    }
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", name()))?;
    let replay = Replay::from_json(&text).with_context(name)?;
    let replayed = replay.run().with_context(name)?;
    writeln!(out, "{}", replayed.chart.text())?;
    let requirements = replayed.requirements.join(", ");
    if replayed.violated {
        writeln!(
            out,
            "{BAD}violated{BAD:#}: {} ({requirements})",
            replayed.property
        )?;
        Ok(Exit::Bad)
    } else {
        writeln!(
            out,
            "{GOOD}not violated{GOOD:#} any more: {} ({requirements})",
            replayed.property
        )?;
        Ok(Exit::Good)
    }
}
