//! [`result`]: what random traces come to, in the form of every other run.
//!
//! Each requirement that the traces touch has a result. Where the target did what the model does not,
//! there is one for the trace, under a requirement that it breaks.

use blockexc_model::requirement::{Level, Requirement, Section};
use blockexc_model::{Deviation, Deviations};

use super::campaign::{Campaign, Failure, Orders};
use super::judged::Finding;
use crate::shortened::shortened;
use crate::suite::verdict::{Line, RunResult, ScenarioResult, Verdict};

/// So many of the lines that would have been allowed are shown.
const MOST_ALLOWED: usize = 3;
/// So many letters of a line are shown. The saved log has all of it.
const MOST_SHOWN: usize = 400;

/// Stands for the requirement where a line is wrong for certain, and what it breaks is not.
static SOME: Requirement = Requirement {
    id: "?",
    section: Section::Wire,
    level: Level::Must,
    text: "This exchange breaks a requirement, and does not tell which.",
    source: "",
    rationale: "",
    observable: &[],
};

/// The result of these traces. `again` is the command that plays all of them again, without what
/// names the target. `saved` are the names of the files with the traces that fail, each quoted.
pub fn result(
    campaign: &Campaign,
    orders: &Orders,
    started: String,
    again: &str,
    saved: &[String],
) -> RunResult {
    let Orders {
        source,
        plan,
        expect,
    } = orders;
    let model = expect.map_or("the reference", |dialect| dialect.name);
    let arguments = source.arguments();
    let command = |what: &str| {
        let mut words = vec![what.to_owned()];
        words.extend(arguments.iter().cloned());
        words.join(" ")
    };
    let expects = format!("What a run of {model} does.");
    let mut results: Vec<ScenarioResult> = Vec::new();
    let findings = campaign.failures.iter();
    let findings = findings.filter_map(|failure| failure.finding.as_ref().ok());
    let broken: Vec<&str> = findings
        .flat_map(|it| it.requirements().iter().copied())
        .collect();
    for requirement in campaign.coverage.touched() {
        if !broken.contains(&requirement.id) {
            results.push(ScenarioResult::of(
                format!("random/{}", requirement.id),
                requirement,
                format!("{} random traces touch it", campaign.traces),
                expects.clone(),
                command(again),
            ));
        }
    }
    for (failure, file) in campaign.failures.iter().zip(saved) {
        let again = format!("blockexc conform --replay {file}");
        results.push(of_failure(failure, model, command(&again)));
    }
    for (number, why) in &campaign.broken_off {
        let mut broken_off = ScenarioResult::of(
            format!("random/trace-{number}"),
            &SOME,
            "a random trace, which was broken off".to_owned(),
            expects.clone(),
            command(again),
        );
        broken_off.text = "The trace was broken off before its end.".to_owned();
        broken_off.verdict = Verdict::Inconclusive;
        broken_off.reason = Some(why.clone());
        results.push(broken_off);
    }
    if results.is_empty() {
        let mut nothing = ScenarioResult::of(
            "random/nothing".to_owned(),
            &SOME,
            "random traces".to_owned(),
            expects,
            command(again),
        );
        nothing.text = "The traces show nothing.".to_owned();
        nothing.verdict = Verdict::Inconclusive;
        nothing.reason = Some("no trace touched any requirement".to_owned());
        results.push(nothing);
    }
    let mut run = RunResult {
        protocol: plan.protocol.clone(),
        seed: plan.seed,
        options: plan.options(arguments),
        interrupted: campaign.interrupted,
        duration_ms: campaign.duration_ms,
        ..RunResult::of(source.describe(), started, results)
    };
    run.conclude();
    run
}

fn of_failure(failure: &Failure, model: &str, rerun: String) -> ScenarioResult {
    let expects = format!("What a run of {model} does{}.", freely(failure.suppose));
    let finding = failure.finding.as_ref().ok();
    let ids = finding.map_or(&[][..], Finding::requirements);
    let requirement = ids.iter().find_map(|id| Requirement::find(id));
    let steps = failure.saved.trace.steps.iter().enumerate();
    let steps: Vec<String> = steps
        .map(|(number, step)| format!("{}. {step}", number + 1))
        .collect();
    let mut result = ScenarioResult::of(
        format!("random/trace-{}", failure.saved.number),
        requirement.unwrap_or(&SOME),
        steps.join("; "),
        expects,
        rerun,
    );
    let records = failure.played.exchange.records();
    let lines = records.iter().enumerate();
    result.exchange = lines.map(|(i, record)| Line::new(i + 1, record)).collect();
    match &failure.finding {
        Err(why) => {
            result.verdict = Verdict::Inconclusive;
            result.reason = Some(why.clone());
        }
        Ok(finding) => accuse(&mut result, finding),
    }
    result
}

/// The choices that the target was seen to make, in words.
fn freely(suppose: Deviations) -> String {
    let names = suppose.iter().filter(|it| it.is_permitted());
    let names: Vec<&str> = names.map(|it| it.name()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" that chooses as it may: {}", names.join(", ")),
    }
}

/// What is wrong, and how it is known.
fn accuse(result: &mut ScenarioResult, finding: &Finding) {
    result.expected = Some(expected(finding));
    let mut actual = cut(&finding.what());
    if let [_, others @ ..] = finding.requirements()
        && !others.is_empty()
    {
        actual.push_str(&format!("; this breaks {} too", others.join(" and ")));
    }
    result.actual = Some(actual);
    let names = finding.deviations().iter().map(|it| it.name().to_owned());
    result.broken_by = names.collect();
    let is_certain = !finding.requirements().is_empty()
        || !finding.may_break().is_empty()
        || !finding.without().is_empty();
    result.verdict = match (is_certain, result.level) {
        (true, Level::Must) => Verdict::Fail,
        (true, Level::Should) => Verdict::Warning,
        (true, Level::May) | (false, _) => Verdict::Inconclusive,
    };
    if !is_certain {
        let reason = "the model does not explain this, nor does any single deviation that is known: \
            it cannot be told what it breaks";
        result.reason = Some(reason.to_owned());
    } else if finding.requirements().is_empty() {
        result.text = unclear(finding);
    }
}

/// What is wrong where it is certain that something is, and not which of several things.
fn unclear(finding: &Finding) -> String {
    let names = |all: &[Deviation]| {
        let names: Vec<&str> = all.iter().map(|it| it.name()).collect();
        names.join(" or by ")
    };
    match (finding.without(), finding.deviations()) {
        ([], _) => format!(
            "Some of {} is not met: this exchange does not tell which.",
            finding.may_break().join(", ")
        ),
        (without, []) => format!(
            "The target is expected to deviate by {}, and does not.",
            names(without)
        ),
        (without, with) => format!(
            "The target does not deviate by {}, as is expected, or it deviates by {} as well.",
            names(without),
            names(with)
        ),
    }
}

fn cut(text: &str) -> String {
    shortened(text, MOST_SHOWN).into_owned()
}

fn expected(finding: &Finding) -> String {
    let Finding::Unexplained(it) = finding else {
        return "the process goes on".to_owned();
    };
    let shown = it.allowed.iter().take(MOST_ALLOWED);
    let mut shown: Vec<String> = shown.map(|it| cut(it)).collect();
    match it.allowed.len().saturating_sub(MOST_ALLOWED) {
        0 if shown.is_empty() => return "nothing of the kind".to_owned(),
        0 => {}
        more => shown.push(format!("or {more} more")),
    }
    shown.join("; ")
}
