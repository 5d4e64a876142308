//! What `blockexc check` says of its searches, in words and as JSON.

use std::fs;
use std::io::Write;

use blockexc_checker::analysis::report::{Report, ReportedVerdict};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::Exit;
use crate::report::counted::counted;
use crate::report::style::{BAD, DOUBTFUL, FAINT, GOOD, HEADLINE};

/// All results, for JSON.
#[derive(Serialize)]
pub(super) struct Results<'a> {
    pub format: &'static str,
    pub dialect: &'static str,
    pub deviations: Vec<String>,
    pub threads: usize,
    /// Whether the user ended the search.
    pub interrupted: bool,
    /// The configurations that were not begun.
    pub unsearched: &'a [&'a str],
    pub configurations: &'a [Report],
    /// The properties of which no configuration reached the premise.
    pub idle: &'a [&'static str],
    pub seconds: f64,
    /// The most memory that the process held, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// Says what the search through one configuration found.
pub(super) fn write_report(
    report: &Report,
    verbose: bool,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let ended = match &report.bounded_by {
        None => format!("{GOOD}exhausted{GOOD:#}"),
        Some(why) => format!("{DOUBTFUL}bounded{DOUBTFUL:#}: {why}"),
    };
    writeln!(
        out,
        "{HEADLINE}{}{HEADLINE:#}: {}",
        report.name, report.description
    )?;
    writeln!(
        out,
        "  {}, {}, {} deep, {ended}; {:.2} s, {} states/s, {} ({:.0} bytes a state)",
        counted(report.states as u64, "state", "states"),
        counted(report.transitions, "transition", "transitions"),
        counted(report.depth.into(), "step", "steps"),
        report.seconds,
        HumanCount(report.states_per_second() as u64),
        HumanBytes(report.memory as u64),
        report.bytes_per_state(),
    )?;
    if report.renamings > 0 {
        writeln!(
            out,
            "  states that are the same under {} count as one",
            counted(report.renamings as u64, "renaming", "renamings")
        )?;
    }
    let failed = report.failures().count();
    let open = report
        .properties
        .iter()
        .filter(|property| property.verdict.is_open())
        .count();
    let good = report.properties.len() - failed - open;
    let all = counted(report.properties.len() as u64, "property", "properties");
    let good = counted(good as u64, "holds", "hold");
    write!(out, "  {all}: {good}")?;
    if open > 0 {
        let open = counted(open as u64, "is", "are");
        write!(out, ", {open} not violated as far as was seen")?;
    }
    if failed > 0 {
        let failed = counted(failed as u64, "does", "do");
        write!(out, ", {BAD}{failed} not{BAD:#}")?;
    }
    writeln!(out)?;
    for property in &report.properties {
        let text = match property.verdict {
            ReportedVerdict::Violated(steps) => {
                format!("{BAD}violated{BAD:#} after {}", in_steps(steps))
            }
            ReportedVerdict::NeverSeen => format!("{BAD}never seen{BAD:#}"),
            ReportedVerdict::Holds if verbose && !property.premise_reached => {
                format!("{FAINT}holds, but its premise is never the case here{FAINT:#}")
            }
            ReportedVerdict::Holds if verbose => format!("{GOOD}holds{GOOD:#}"),
            ReportedVerdict::Seen(steps) if verbose => {
                format!("{GOOD}seen{GOOD:#} after {}", in_steps(steps))
            }
            ReportedVerdict::NotViolated if verbose => {
                format!("{DOUBTFUL}not violated so far{DOUBTFUL:#}")
            }
            ReportedVerdict::NotSeen if verbose => format!("{DOUBTFUL}not seen so far{DOUBTFUL:#}"),
            _ => continue,
        };
        writeln!(
            out,
            "    {text}: {} {FAINT}({}){FAINT:#}",
            property.name,
            property.requirements.join(", ")
        )?;
    }
    writeln!(out)
}

fn in_steps(steps: usize) -> String {
    counted(steps as u64, "step", "steps")
}

/// Says what all searches come to.
pub(super) fn conclude(
    reports: &[Report],
    idle: &[&str],
    seconds: f64,
    out: &mut dyn Write,
) -> std::io::Result<Exit> {
    let states: usize = reports.iter().map(|report| report.states).sum();
    let bounded = reports
        .iter()
        .filter(|report| report.bounded_by.is_some())
        .count();
    let failed: usize = reports.iter().map(|report| report.failures().count()).sum();
    write!(
        out,
        "{}, {}, {seconds:.1} s",
        counted(reports.len() as u64, "configuration", "configurations"),
        counted(states as u64, "state", "states")
    )?;
    if let Some(bytes) = peak_memory() {
        write!(out, ", at most {} of memory", HumanBytes(bytes))?;
    }
    writeln!(out)?;
    if !idle.is_empty() {
        writeln!(
            out,
            "{DOUBTFUL}of these properties no configuration reaches the premise{DOUBTFUL:#}: {}",
            idle.join("; ")
        )?;
    }
    let idle = !idle.is_empty();
    if failed > 0 {
        let failed = counted(failed as u64, "property", "properties");
        writeln!(out, "{BAD}violated{BAD:#}: {failed}")?;
        return Ok(Exit::Bad);
    }
    if reports.is_empty() {
        writeln!(out, "{DOUBTFUL}nothing was searched{DOUBTFUL:#}")?;
        return Ok(Exit::CouldNotTell);
    }
    if bounded > 0 {
        writeln!(
            out,
            "{DOUBTFUL}nothing violated as far as was seen{DOUBTFUL:#}: {} stopped, which proves \
             nothing",
            counted(bounded as u64, "search was", "searches were")
        )?;
        return Ok(Exit::CouldNotTell);
    }
    writeln!(
        out,
        "{GOOD}everything holds{GOOD:#}, in every state of all of them"
    )?;
    // What holds of nothing holds of anything.
    Ok(if idle { Exit::CouldNotTell } else { Exit::Good })
}

/// The most memory that this process held so far, in bytes: where the system keeps count.
pub(super) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
