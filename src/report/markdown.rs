//! The report for a job's summary or a comment: Markdown, short.

use std::fmt::Write as _;

use super::words::{self, TROUBLES};
use crate::shortened::shortened;
use crate::suite::verdict::{Counts, RunResult};

/// So many scenarios of each verdict are told of; how many more there are is said.
const MOST: usize = 50;
/// How many letters of what came are shown.
const MOST_LETTERS: usize = 400;

/// The report as Markdown.
pub fn report(run: &RunResult) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(run, &mut text);
    text
}

fn write(run: &RunResult, text: &mut String) -> std::fmt::Result {
    writeln!(text, "### {}\n", plain(&words::conclusion(run)))?;
    writeln!(
        text,
        "{}; {}; {}; blockexc {}; begun {}\n",
        plain(&words::target(run)),
        code(&run.protocol),
        words::seed(run),
        run.blockexc_version,
        run.started
    )?;
    if let Some(baseline) = words::baseline(run) {
        writeln!(text, "{}\n", plain(&baseline))?;
    }
    writeln!(
        text,
        "| section | pass | warning | fail | inconclusive | skipped |"
    )?;
    writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    for (section, results) in run.by_section() {
        row(&section, &Counts::of(results.iter().copied()), text)?;
    }
    row("all", &run.counts, text)?;
    for verdict in TROUBLES {
        let found: Vec<_> = run.unknown(verdict).collect();
        if found.is_empty() {
            continue;
        }
        writeln!(text, "\n**{verdict}**\n")?;
        for result in found.iter().take(MOST) {
            let what = result.actual.as_ref().or(result.reason.as_ref());
            let what = what.map_or("", String::as_str);
            writeln!(
                text,
                "- **{}** ({} {}): {} {}",
                result.scenario,
                result.requirement,
                result.level,
                plain(&result.text),
                plain(&shortened(what, MOST_LETTERS))
            )?;
            writeln!(text, "  {}", code(&result.rerun))?;
        }
        if found.len() > MOST {
            writeln!(text, "- and {} more", found.len() - MOST)?;
        }
    }
    Ok(())
}

fn row(name: &str, counts: &Counts, text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {} |",
        counts.pass, counts.warning, counts.fail, counts.inconclusive, counts.skipped
    )
}

/// Text that Markdown leaves as it is.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Text as code. Backticks in it become quotes.
pub fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace(['\n', '\r'], " "))
}
