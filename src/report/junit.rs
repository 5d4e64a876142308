//! The report for CI servers: JUnit XML. A suite for each section, a case for each scenario. A missed
//! SHOULD is output of a case that passes; what could not be told is an error.

use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::words;
use crate::suite::verdict::{RunResult, ScenarioResult, Verdict};

/// The report as XML.
///
/// # Errors
///
/// When it cannot be put into XML.
pub fn report(run: &RunResult) -> anyhow::Result<String> {
    let mut report = Report::new(format!("blockexc conform: {}", words::target(run)));
    let started = DateTime::parse_from_rfc3339(&run.started).ok();
    report.set_time(Duration::from_millis(run.duration_ms));
    for (section, results) in run.by_section() {
        let mut suite = TestSuite::new(section.clone());
        if let Some(started) = started {
            suite.set_timestamp(started);
        }
        let took = results.iter().map(|result| result.duration_ms).sum();
        suite.set_time(Duration::from_millis(took));
        for result in results {
            suite.add_test_case(case(result));
        }
        report.add_test_suite(suite);
    }
    // Jenkins' schema knows this attribute of a suite, and not of all suites together.
    let skipped: usize = report.test_suites.iter().map(|suite| suite.skipped).sum();
    let xml = report.to_string()?;
    Ok(xml.replacen(&format!(" skipped=\"{skipped}\""), "", 1))
}

fn case(result: &ScenarioResult) -> TestCase {
    let mut status = match result.verdict {
        Verdict::Fail if result.known.is_none() => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Inconclusive if result.known.is_none() => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Verdict::Fail | Verdict::Inconclusive | Verdict::Skipped => TestCaseStatus::skipped(),
        Verdict::Pass | Verdict::Warning => TestCaseStatus::success(),
    };
    let message = match &result.known {
        Some(known) => format!("{}, as the baseline says: {}", result.verdict, known.reason),
        None => match (&result.reason, &result.actual) {
            (Some(reason), _) => reason.clone(),
            (None, Some(actual)) => format!(
                "{} {}: {} Actual: {actual}",
                result.requirement, result.level, result.text
            ),
            (None, None) => String::new(),
        },
    };
    if !message.is_empty() {
        status.set_message(message);
        status.set_type(result.verdict.to_string());
    }
    if result.verdict != Verdict::Skipped && result.known.is_none() {
        status.set_description(description(result));
    }
    let mut case = TestCase::new(result.scenario.clone(), status);
    case.set_classname(format!("blockexc.{}", result.requirement));
    case.set_time(Duration::from_millis(result.duration_ms));
    if result.verdict == Verdict::Warning {
        case.set_system_out(format!(
            "warning: a SHOULD is missed\n{}",
            description(result)
        ));
    }
    case
}

/// What is wrong, as text.
fn description(result: &ScenarioResult) -> String {
    let mut lines = vec![format!(
        "{} {}: {}",
        result.requirement, result.level, result.text
    )];
    lines.push(format!("done: {}", result.summary));
    let expected = result.expected.as_ref().unwrap_or(&result.expects);
    lines.push(format!("expected: {expected}"));
    if let Some(actual) = &result.actual {
        lines.push(format!("actual: {actual}"));
    }
    if let Some(reason) = &result.reason {
        lines.push(format!("reason: {reason}"));
    }
    if let Some(words) = words::broken_by(&result.broken_by) {
        lines.push(words);
    }
    for line in &result.exchange {
        lines.push(format!(
            "{:>4} {:>9.3} ms  {} to {}: {}",
            line.number, line.time_ms, line.from, line.to, line.text
        ));
    }
    lines.push(format!("again: {}", result.rerun));
    lines.join("\n")
}
