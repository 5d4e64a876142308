//! Verdicts on logs, as text and as JSON.

use std::io::{self, Write};

use blockexc_model::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::REQUIREMENTS;
use serde_json::{Value, json};

use crate::report::counted::counted;
use crate::trace::coverage::Coverage;
use crate::trace::diagnose::MAX_PIECES;
use crate::trace::find::Found;
use crate::trace::judge::NodeVerdict;
use crate::trace::unexplained::{Stop, Unexplained};

/// So many characters of a message or a state are shown, unless more is asked for.
const MOST_CHARACTERS: usize = 300;
/// So many allowed lines, and so many differences, unless more is asked for.
const MOST_LINES: usize = 3;

pub(super) fn called(node: &str) -> &str {
    if node.is_empty() { "the node" } else { node }
}

/// The verdict on the log of a node.
pub(super) fn show(verdict: &NodeVerdict, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let node = called(&verdict.header.node);
    let model = supposed(verdict);
    if verdict.skipped > 0 {
        writeln!(
            out,
            "{node}: not judged, because what they are about is unknown: {} of messages",
            counted(verdict.skipped, "part", "parts")
        )?;
    }
    let explained = counted(verdict.explained, "event", "events");
    match &verdict.stop {
        None => writeln!(out, "{node}: {model} explains all {explained}")?,
        Some(Stop::Inconclusive { line, why }) => writeln!(
            out,
            "{node}: it cannot be told: {explained}, up to line {}, explained; at line {line} {why}",
            verdict.explained_to
        )?,
        Some(Stop::Vacuous { events: 0 }) => {
            writeln!(
                out,
                "{node}: the log is empty: it has a header and no event"
            )?;
        }
        Some(Stop::Vacuous { events }) => writeln!(
            out,
            "{node}: the log says nothing: in its {} there is nothing that could be wrong (nothing \
             sent, no request met, no dump, no `quiet`)",
            counted(*events, "event", "events")
        )?,
        Some(Stop::Unexplained(unexplained)) => {
            let to = match verdict.explained {
                0 => String::new(),
                _ => format!(", up to line {}", verdict.explained_to),
            };
            let line = unexplained.line;
            writeln!(
                out,
                "{node}: {model} explains {explained}{to}, and not line {line}"
            )?;
            explain(unexplained, verdict, verbose, out)?;
        }
    }
    if !matches!(verdict.stop, Some(Stop::Vacuous { .. })) {
        show_coverage(verdict.coverage, verbose, out)?;
    }
    Ok(())
}

/// Which requirements logs touch.
pub(super) fn show_coverage(
    coverage: Coverage,
    verbose: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ids = |requirements: &mut dyn Iterator<Item = &'static blockexc_model::Requirement>| {
        requirements.map(|it| it.id).collect::<Vec<_>>().join(" ")
    };
    let touched = coverage.touched().count();
    write!(
        out,
        "  touches {touched} of {} requirements",
        REQUIREMENTS.len()
    )?;
    match touched {
        0 => writeln!(out)?,
        _ => writeln!(out, ": {}", ids(&mut coverage.touched()))?,
    }
    if verbose {
        writeln!(out, "  does not touch: {}", ids(&mut coverage.untouched()))?;
    }
    Ok(())
}

/// The beginning of a long text.
fn cut(text: &str, verbose: bool) -> String {
    let length = text.chars().count();
    if verbose || length <= MOST_CHARACTERS {
        return text.to_owned();
    }
    let begin: String = text.chars().take(MOST_CHARACTERS).collect();
    let more = length - MOST_CHARACTERS;
    format!("{begin}… ({more} characters more, which --verbose shows)")
}

fn explain(
    it: &Unexplained,
    verdict: &NodeVerdict,
    verbose: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = if verbose { usize::MAX } else { MOST_LINES };
    let more = |length: usize, what: &str| match length.checked_sub(most) {
        None | Some(0) => String::new(),
        Some(more) => format!("  and {more} {what} more, which --verbose shows\n"),
    };
    writeln!(out, "  line {}: {}", it.line, cut(&it.what, verbose))?;
    if it.input != it.line {
        writeln!(out, "  after the input of line {}", it.input)?;
    }
    if let Some(nearest) = &it.nearest {
        let line = nearest.line.to_string();
        writeln!(out, "  nearest allowed line: {}", cut(&line, verbose))?;
        for difference in nearest.differences.iter().take(most) {
            writeln!(out, "    differs in {}", cut(difference, verbose))?;
        }
        write!(out, "{}", more(nearest.differences.len(), "differences"))?;
    }
    if it.allowed.is_empty() {
        writeln!(out, "  the model does nothing more here")?;
    }
    for allowed in it.allowed.iter().take(most) {
        writeln!(out, "  the model: {}", cut(allowed, verbose))?;
    }
    write!(out, "{}", more(it.allowed.len(), "of the model"))?;
    for requirement in it.broken() {
        writeln!(
            out,
            "  breaks {} ({}): {}",
            requirement.id, requirement.level, requirement.text
        )?;
    }
    match (it.requirements.as_slice(), it.may_break.as_slice()) {
        ([], []) => writeln!(out, "  breaks no requirement, as far as this line shows")?,
        ([], some) => writeln!(out, "  breaks some of {}", some.join(", "))?,
        _ => {}
    }
    for deviation in &it.deviations {
        writeln!(
            out,
            "  as a node does by {deviation}, which {}: {}",
            breaks(*deviation),
            deviation.summary()
        )?;
    }
    for deviation in &it.without {
        writeln!(
            out,
            "  as {} does without {deviation}: {}",
            supposed(verdict),
            deviation.summary()
        )?;
    }
    if let Some(line) = it.explained_to {
        writeln!(out, "  but only up to line {line}")?;
    }
    if it.deviations.is_empty() && it.without.is_empty() {
        match verdict.explained > MAX_PIECES {
            true => writeln!(out, "  no deviation was tried: the log is too long")?,
            false => writeln!(out, "  no single deviation known explains it")?,
        }
    }
    let state = it.state.value().to_string();
    writeln!(out, "  the model's state: {}", cut(&state, verbose))
}

fn breaks(deviation: Deviation) -> String {
    match deviation.breaks() {
        [] => "is permitted".to_owned(),
        broken => format!("breaks {}", broken.join(", ")),
    }
}

pub(super) fn supposed(verdict: &NodeVerdict) -> String {
    if verdict.deviations.is_empty() {
        return "the reference".to_owned();
    }
    let mut dialects = DIALECTS.iter();
    match dialects.find(|dialect| dialect.deviations == verdict.deviations) {
        Some(dialect) => dialect.name.to_owned(),
        None => {
            let names: Vec<_> = verdict.deviations.iter().map(Deviation::name).collect();
            format!("the model with {}", names.join(", "))
        }
    }
}

/// The verdict on the log of a node, as JSON.
pub(super) fn verdict_value(verdict: &NodeVerdict) -> Value {
    let ids = |requirements: &mut dyn Iterator<Item = &'static blockexc_model::Requirement>| {
        requirements.map(|it| it.id).collect::<Vec<_>>()
    };
    json!({
        "node": verdict.header.node,
        "model": supposed(verdict),
        "explained_events": verdict.explained,
        "explained_to_line": verdict.explained_to,
        "not_judged": verdict.skipped,
        "touches": ids(&mut verdict.coverage.touched()),
        "does_not_touch": ids(&mut verdict.coverage.untouched()),
        "stop": verdict.stop.as_ref().map(stop_value),
    })
}

fn stop_value(stop: &Stop) -> Value {
    let names = |deviations: &[Deviation]| -> Vec<&'static str> {
        deviations
            .iter()
            .map(|deviation| deviation.name())
            .collect()
    };
    match stop {
        Stop::Inconclusive { line, why } => json!({ "inconclusive": why, "line": line }),
        Stop::Vacuous { events } => json!({ "vacuous": true, "events": events }),
        Stop::Unexplained(it) => json!({
            "line": it.line,
            "input": it.input,
            "what": it.what,
            "allowed": it.allowed,
            "nearest": it.nearest.as_ref().map(|nearest| json!({
                "line": nearest.line,
                "differences": nearest.differences,
            })),
            "requirements": it.requirements,
            "may_break": it.may_break,
            "deviations": names(&it.deviations),
            "without": names(&it.without),
            "state": it.state.value(),
        }),
    }
}

/// Which dialects explain the log of a node.
pub(super) fn show_found(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let node = called(&found.node);
    for (dialect, stop) in &found.dialects {
        let name = dialect.name;
        match stop {
            None => writeln!(out, "{node}: {name} explains the log")?,
            Some(Stop::Unexplained(it)) => {
                writeln!(out, "{node}: {name} does not, from line {}", it.line)?;
            }
            Some(Stop::Inconclusive { line, why }) => {
                writeln!(out, "{node}: {name}: unclear at line {line}: {why}")?;
            }
            Some(Stop::Vacuous { .. }) => {
                writeln!(
                    out,
                    "{node}: {name}: the log says nothing that could be wrong"
                )?;
            }
        }
    }
    Ok(())
}

/// Which dialects explain the log of a node, as JSON.
pub(super) fn found_value(found: &Found) -> Value {
    let dialects: serde_json::Map<_, _> = found
        .dialects
        .iter()
        .map(|(dialect, stop)| {
            let stop = stop.as_ref().map(stop_value);
            (dialect.name.to_owned(), json!(stop))
        })
        .collect();
    json!({ "node": found.node, "dialects": dialects })
}
