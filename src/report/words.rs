//! The words in which every report says what a run comes to.

use blockexc_model::Dialect;
use blockexc_model::requirement::Section;

use super::counted::counted;
use crate::suite::verdict::{Conclusion, Counts, RunResult, ScenarioResult, Verdict};

/// What "(barrier)" in an exchange means.
pub const BARRIER: &str = "(barrier): the suite's own question, a WantHave for a block that cannot \
    exist. A node answers in order, so what had to come before has come when it is answered.";

/// How questions of barriers are marked in an exchange.
const BARRIER_MARK: &str = "barrier)";

/// The order in which troubles are reported.
pub const TROUBLES: [Verdict; 3] = [Verdict::Fail, Verdict::Warning, Verdict::Inconclusive];

/// The verdicts with their counts, without those that there are none of.
pub fn counts(counts: &Counts) -> Vec<(Verdict, usize)> {
    [
        (Verdict::Fail, counts.fail),
        (Verdict::Warning, counts.warning),
        (Verdict::Inconclusive, counts.inconclusive),
        (Verdict::Skipped, counts.skipped),
        (Verdict::Pass, counts.pass),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .collect()
}

/// `1 fail, 31 pass`, without what there is none of.
pub fn counts_in_words(of: &Counts) -> String {
    let words: Vec<String> = counts(of)
        .iter()
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    words.join(", ")
}

/// The conclusion in one sentence that says no more than was seen.
pub fn conclusion(run: &RunResult) -> String {
    let ran = run.run();
    let of = run.selection.of;
    let seen = match run.everything_selected && run.part.is_none() {
        true => format!("{ran} of {of} scenarios that could be run"),
        false => format!("{ran} of {of} scenarios that were selected and could be run"),
    };
    let sentence = match run.conclusion {
        Conclusion::Conforms => format!("The target conforms: all {of} scenarios were run"),
        Conclusion::NothingWrong => format!("Nothing wrong in the {seen}"),
        Conclusion::AsKnown => {
            format!("Nothing new wrong in the {seen}: the rest is as the baseline says")
        }
        Conclusion::DoesNotConform => "The target does not conform".to_owned(),
        Conclusion::StaleBaseline => "The baseline is stale: what it lists passes".to_owned(),
        Conclusion::Incomplete => format!(
            "Not everything was run: {} skipped",
            counted(run.counts.skipped as u64, "scenario was", "scenarios were")
        ),
        Conclusion::CouldNotTell => "It could not be told".to_owned(),
    };
    match run.interrupted {
        true => format!(
            "Interrupted, {} not run. {sentence}.",
            counted(run.not_run.len() as u64, "scenario was", "scenarios were")
        ),
        false => format!("{sentence}."),
    }
}

/// What came of the baseline, in one sentence, if there was one.
pub fn baseline(run: &RunResult) -> Option<String> {
    let it = run.baseline.as_ref()?;
    let mut text = format!("Baseline: {} as listed", it.expected);
    if it.flaky > 0 {
        text.push_str(&format!(", {} flaky", it.flaky));
    }
    if !it.stale.is_empty() {
        let stale = it.stale.join(" ");
        text.push_str(&format!("; stale, since what they list passes: {stale}"));
    }
    if !it.unseen.is_empty() {
        text.push_str(&format!("; not all seen: {}", it.unseen.join(" ")));
    }
    text.push('.');
    Some(text)
}

/// The target in one line.
pub fn target(run: &RunResult) -> String {
    let mut text = run.target.name.clone();
    let of_dialect = run.target.dialect.as_deref().and_then(Dialect::find);
    if let Some(dialect) = &run.target.dialect {
        text.push_str(&format!(", dialect {dialect}"));
    }
    if let Some(known) = of_dialect {
        text.push_str(&format!(" ({})", known.evidence.words()));
    }
    let beyond: Vec<&str> = run
        .target
        .deviations
        .iter()
        .map(String::as_str)
        .filter(|name| {
            !of_dialect
                .is_some_and(|dialect| dialect.deviations.iter().any(|it| it.name() == *name))
        })
        .collect();
    if !beyond.is_empty() {
        text.push_str(&format!(", with {}", beyond.join(", ")));
    }
    if let Some(part) = run.part {
        text.push_str(&format!("; part {part} of a campaign"));
    }
    text
}

/// What is known to break a requirement so, if anything is.
pub fn broken_by(deviations: &[String]) -> Option<String> {
    match deviations {
        [] => None,
        [one] => Some(format!("as a node does that deviates by {one}")),
        more => Some(format!(
            "as a node does that deviates by one of {}",
            more.join(", ")
        )),
    }
}

/// The title of a section, by its name.
pub fn section_title(name: &str) -> &'static str {
    let mut sections = Section::ALL.iter();
    let section = sections.find(|known| known.name() == name);
    section.map_or("", |known| known.title())
}

/// The seed of a run, and whether it made the order.
pub fn seed(run: &RunResult) -> String {
    let order = if run.options.shuffled {
        ", shuffled"
    } else {
        ""
    };
    format!("seed {}{order}", run.seed)
}

/// Whether any exchange of these results shows a barrier's question.
pub fn shows_barriers<'a>(results: impl IntoIterator<Item = &'a ScenarioResult>) -> bool {
    let mut lines = results.into_iter().flat_map(|result| &result.exchange);
    lines.any(|line| line.text.contains(BARRIER_MARK))
}
