//! The report for people: counts by section, then each scenario that has trouble, failures first, then
//! the counts, the conclusion, and the IDs of what has trouble.

use std::io::{self, Write};

use super::counted::counted;
use super::style::{self, FAINT, HEADLINE};
use super::words::{self, TROUBLES};
use super::wrap::wrapped;
use crate::suite::verdict::{Conclusion, Counts, Line, RunResult, ScenarioResult, Verdict};

/// How many lines of an exchange are shown, half of them from its end.
const MOST_LINES: usize = 60;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Every scenario has a line, with the time it took, and skips their reasons.
    pub verbose: bool,
    /// Exchanges show their bytes.
    pub bytes: bool,
    /// Only the counts, the conclusion, and the IDs of what has trouble.
    pub brief: bool,
}

/// Writes the report.
///
/// # Errors
///
/// When writing fails.
pub fn write(run: &RunResult, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    if detail.brief {
        return closing(run, out);
    }
    write!(out, "{HEADLINE}{}{HEADLINE:#}", words::target(run))?;
    writeln!(out, "; {}; {}", run.protocol, words::seed(run))?;
    writeln!(out)?;
    for (section, results) in run.by_section() {
        section_line(&section, &results, out)?;
        if detail.verbose {
            for result in results {
                scenario_line(result, out)?;
            }
        }
    }
    for verdict in TROUBLES {
        for result in run.unknown(verdict) {
            writeln!(out)?;
            trouble(result, detail, out)?;
        }
    }
    let shown = TROUBLES.iter().flat_map(|verdict| run.unknown(*verdict));
    if words::shows_barriers(shown) {
        writeln!(out, "\n{FAINT}{}{FAINT:#}", wrapped(words::BARRIER, 0, 2))?;
    }
    if !detail.verbose {
        skips(run, out)?;
    }
    writeln!(out)?;
    closing(run, out)
}

fn section_line(section: &str, results: &[&ScenarioResult], out: &mut dyn Write) -> io::Result<()> {
    let title = words::section_title(section);
    let counts = Counts::of(results.iter().copied());
    writeln!(
        out,
        "  {HEADLINE}{section:<5}{HEADLINE:#} {title:<40} {}",
        in_words(&counts)
    )
}

/// `31 pass, 1 fail`, coloured, without what there is none of.
fn in_words(counts: &Counts) -> String {
    let words: Vec<String> = words::counts(counts)
        .into_iter()
        .map(|(verdict, count)| {
            let style = style::of(verdict);
            format!("{style}{count} {verdict}{style:#}")
        })
        .collect();
    words.join(", ")
}

fn scenario_line(result: &ScenarioResult, out: &mut dyn Write) -> io::Result<()> {
    let style = style::of(result.verdict);
    write!(
        out,
        "    {style}{:<12}{style:#} {:<24} {FAINT}{:>5} ms{FAINT:#}",
        result.verdict, result.scenario, result.duration_ms
    )?;
    match &result.reason {
        Some(reason) if result.verdict == Verdict::Skipped => writeln!(out, "  {reason}"),
        _ => writeln!(out, "  {}", result.summary),
    }
}

/// What is wrong, with everything that helps to see why.
fn trouble(result: &ScenarioResult, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    let style = style::of(result.verdict);
    writeln!(
        out,
        "{style}{} {}{style:#}",
        result.verdict.to_string().to_uppercase(),
        result.scenario
    )?;
    let requirement = format!("{} {}:", result.requirement, result.level);
    labelled(&requirement, &result.text, out)?;
    labelled("done:", &result.summary, out)?;
    match (&result.expected, &result.actual) {
        (Some(expected), Some(actual)) => {
            labelled("expected:", expected, out)?;
            labelled("actual:", actual, out)?;
        }
        _ => labelled("expected:", &result.expects, out)?,
    }
    if let Some(reason) = &result.reason {
        labelled("reason:", reason, out)?;
    }
    if let Some(known) = words::broken_by(&result.broken_by) {
        labelled("known:", &known, out)?;
    }
    let lines = &result.exchange;
    let hidden = lines.len().saturating_sub(MOST_LINES);
    let half = MOST_LINES / 2;
    for (i, line) in lines.iter().enumerate() {
        if hidden > 0 && i == half {
            writeln!(out, "  {FAINT}… {hidden} lines left out …{FAINT:#}")?;
        }
        if hidden == 0 || i < half || i >= half + hidden {
            exchange_line(line, detail, out)?;
        }
    }
    // Not broken into lines: it is to be copied.
    writeln!(out, "  again:    {}", result.rerun)
}

/// A text after its label, broken into lines that stand below one another.
fn labelled(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let label = format!("  {label:<9} ");
    writeln!(out, "{label}{}", wrapped(text, label.len(), 12))
}

/// ` 4  12.3 ms  peer A → target  2  want list: WantHave zDw…3fQ1 sendDontHave`
fn exchange_line(line: &Line, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    let stream = line
        .stream
        .map_or_else(String::new, |stream| format!("#{stream}"));
    // What a party does by itself has no direction.
    let parties = if line.to == line.from || (line.from == "suite" && line.to == "suite") {
        line.from.clone()
    } else if line.from == "suite" {
        line.to.clone()
    } else {
        format!("{} → {}", line.from, line.to)
    };
    writeln!(
        out,
        "  {FAINT}{:>4} {:>9.3} ms{FAINT:#}  {parties:<16} {stream:<4} {}",
        line.number, line.time_ms, line.text
    )?;
    if let (true, Some(bytes), Some(length)) = (detail.bytes, &line.bytes, line.length) {
        let cut = if bytes.len() < 2 * length { "…" } else { "" };
        writeln!(out, "       {FAINT}{length} bytes: {bytes}{cut}{FAINT:#}")?;
    }
    Ok(())
}

/// Each reason for skipping, with what was skipped for it.
fn skips(run: &RunResult, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for result in &run.results {
        if let (Verdict::Skipped, Some(reason)) = (result.verdict, &result.reason) {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, scenarios)) => scenarios.push(&result.scenario),
                None => reasons.push((reason, vec![&result.scenario])),
            }
        }
    }
    if !reasons.is_empty() {
        writeln!(out)?;
    }
    for (reason, scenarios) in reasons {
        writeln!(
            out,
            "{FAINT}skipped: {reason}{FAINT:#}\n  {}",
            scenarios.join(" ")
        )?;
    }
    Ok(())
}

/// The counts, the conclusion, and what has trouble, a line each.
fn closing(run: &RunResult, out: &mut dyn Write) -> io::Result<()> {
    let seconds = run.duration_ms as f64 / 1000.0;
    let counts = in_words(&run.counts);
    let total = counted(run.counts.total() as u64, "scenario", "scenarios");
    writeln!(out, "{total} in {seconds:.1} s: {counts}.")?;
    if let Some(baseline) = words::baseline(run) {
        writeln!(out, "{}", wrapped(&baseline, 0, 2))?;
    }
    let style = match run.conclusion {
        Conclusion::Conforms | Conclusion::NothingWrong | Conclusion::AsKnown => style::GOOD,
        Conclusion::DoesNotConform | Conclusion::StaleBaseline | Conclusion::Incomplete => {
            style::BAD
        }
        Conclusion::CouldNotTell => style::DOUBTFUL,
    };
    writeln!(out, "{style}{}{style:#}", words::conclusion(run))?;
    for verdict in TROUBLES {
        let style = style::of(verdict);
        for result in run.unknown(verdict) {
            writeln!(out, "  {style}{verdict:<12}{style:#} {}", result.scenario)?;
        }
    }
    Ok(())
}
