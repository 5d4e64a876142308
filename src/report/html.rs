//! The report as one HTML page, which loads nothing from elsewhere.

use askama::Template;
use blockexc_checker::show::chart::{Chart, Row};
use bytes::Bytes;

use super::words;
use crate::shortened::shortened;
use crate::suite::verdict::{Counts, Line, RunResult, ScenarioResult, Verdict};
use crate::wire::json::describe;

/// So many rows of an exchange are drawn, the last ones.
const MOST_ROWS: usize = 40;
/// So many letters of a row are drawn; all of them stand in the list.
const MOST_LETTERS: usize = 60;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    run: &'a RunResult,
    target: String,
    conclusion: String,
    baseline: Option<String>,
    counts: Vec<(Verdict, usize)>,
    sections: Vec<SectionPart<'a>>,
    barrier: Option<&'static str>,
    verdicts: &'static [Verdict],
}

struct SectionPart<'a> {
    name: String,
    title: &'static str,
    counts: String,
    scenarios: Vec<Shown<'a>>,
}

struct Shown<'a> {
    result: &'a ScenarioResult,
    /// The words that the filter looks at.
    words: String,
    broken_by: Option<String>,
    chart: Option<String>,
    undrawn: usize,
    lines: Vec<ShownLine<'a>>,
}

struct ShownLine<'a> {
    line: &'a Line,
    decoded: Option<String>,
    is_cut: bool,
}

/// The report as HTML.
///
/// # Errors
///
/// When the template cannot be filled in.
pub fn report(run: &RunResult) -> anyhow::Result<String> {
    let sections = run
        .by_section()
        .into_iter()
        .map(|(name, results)| SectionPart {
            counts: words::counts_in_words(&Counts::of(results.iter().copied())),
            title: words::section_title(&name),
            name,
            scenarios: results.into_iter().map(shown).collect(),
        });
    let page = Page {
        run,
        target: words::target(run),
        conclusion: words::conclusion(run),
        baseline: words::baseline(run),
        counts: words::counts(&run.counts),
        sections: sections.collect(),
        barrier: words::shows_barriers(&run.results).then_some(words::BARRIER),
        verdicts: Verdict::ALL,
    };
    Ok(page.render()?)
}

fn shown(result: &ScenarioResult) -> Shown<'_> {
    let words = format!(
        "{} {} {} {} {}",
        result.scenario,
        result.text,
        result.summary,
        result.actual.as_deref().unwrap_or_default(),
        result.reason.as_deref().unwrap_or_default()
    );
    let drawn = result.verdict != Verdict::Pass && !result.exchange.is_empty();
    Shown {
        result,
        words: words.to_lowercase(),
        broken_by: words::broken_by(&result.broken_by),
        chart: drawn.then(|| chart(&result.exchange).svg()),
        undrawn: result.exchange.len().saturating_sub(MOST_ROWS),
        lines: result.exchange.iter().map(shown_line).collect(),
    }
}

fn shown_line(line: &Line) -> ShownLine<'_> {
    let bytes = line.bytes.as_ref().and_then(|text| hex::decode(text).ok());
    let is_cut = match (&bytes, line.length) {
        (Some(bytes), Some(length)) => bytes.len() < length,
        _ => false,
    };
    let decoded = bytes
        .filter(|_| !is_cut)
        .map(|bytes| match describe(&Bytes::from(bytes)) {
            Ok(value) => format!("{value:#}"),
            Err(error) => error.to_string(),
        });
    ShownLine {
        line,
        decoded,
        is_cut,
    }
}

/// The end of an exchange as a sequence chart.
fn chart(lines: &[Line]) -> Chart {
    let mut chart = Chart {
        lanes: Vec::new(),
        rows: Vec::new(),
        offence: None,
        ending: None,
    };
    fn lane(lanes: &mut Vec<String>, name: &str) -> usize {
        lanes
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                lanes.push(name.to_owned());
                lanes.len() - 1
            })
    }
    for line in &lines[lines.len().saturating_sub(MOST_ROWS)..] {
        let text = shortened(&line.text, MOST_LETTERS).into_owned();
        let from = lane(&mut chart.lanes, &line.from);
        let to = lane(&mut chart.lanes, &line.to);
        chart.rows.push(match (from == to, line.length) {
            (true, _) => Row::Note { lane: from, text },
            (false, Some(_)) => Row::Message { from, to, text },
            (false, None) => Row::Between {
                lanes: [from, to],
                text,
            },
        });
    }
    chart
}
