#![allow(clippy::unwrap_used)]

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn parse(text: &str) -> Result<Baseline, BaselineError> {
    Baseline::parse(text, day("2026-06-01"))
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

const ENTRY: &str = "[[entry]]\nname = \"WANT-6\"\nverdict = \"fail\"\nreason = \"known\"\n";

/// A result for every scenario: of the given verdict if named, else a pass.
fn results(of: &[(&str, Verdict)]) -> Vec<ScenarioResult> {
    let all = scenarios::all().map(|scenario| {
        let requirement = scenario.requirement().unwrap();
        let mut result = ScenarioResult::new(
            scenario,
            requirement,
            Ok(()),
            0,
            Default::default(),
            String::new(),
        );
        if let Some((_, verdict)) = of.iter().find(|(id, _)| *id == scenario.id) {
            result.verdict = *verdict;
        }
        result
    });
    all.collect()
}

#[test]
fn entries_that_are_wrong_are_refused_by_name() {
    assert_eq!(parse(ENTRY).unwrap().entries.len(), 1);
    assert!(refused(&ENTRY.replace("WANT-6", "WNAT-6")).contains("did you mean WANT-6"));
    assert!(refused(&format!("{ENTRY}{ENTRY}")).contains("WANT-6 has two entries"));
    assert!(refused(&ENTRY.replace("\"known\"", "\" \"")).contains("empty reason"));
    assert!(refused(&ENTRY.replace("reason = \"known\"\n", "")).contains("reason"));
    assert!(refused(&ENTRY.replace("fail", "pass")).contains("expects `pass`"));
    assert!(refused(&format!("{ENTRY}resaon = \"x\"\n")).contains("resaon"));
    let expired = refused(&format!("{ENTRY}expires = \"2026-05-31\"\n"));
    assert!(
        expired.contains("WANT-6 has expired on 2026-05-31"),
        "{expired}"
    );
    assert!(parse(&format!("{ENTRY}expires = \"2026-06-01\"\n")).is_ok());
    assert!(refused(&ENTRY.replace("WANT-6", "PAY-2")).contains("no scenario tests"));
}

#[test]
fn what_fails_as_listed_is_known_and_what_passes_is_stale() {
    let baseline = parse(ENTRY).unwrap();
    let mut fails = results(&[("WANT-6", Verdict::Fail)]);
    let comparison = baseline.compare(&mut fails);
    assert_eq!((comparison.expected, comparison.stale.len()), (1, 0));
    let known = fails.iter().find(|it| it.scenario == "WANT-6").unwrap();
    assert_eq!(known.known.as_ref().unwrap().reason, "known");
    let comparison = baseline.compare(&mut results(&[]));
    assert_eq!(comparison.stale, ["WANT-6"]);
    let comparison = baseline.compare(&mut results(&[("WANT-6", Verdict::Skipped)]));
    assert_eq!(comparison.unseen, ["WANT-6"]);
    assert!(comparison.stale.is_empty());
}

#[test]
fn another_verdict_than_the_listed_one_is_not_known() {
    let baseline = parse(&ENTRY.replace("fail", "inconclusive")).unwrap();
    let mut fails = results(&[("WANT-6", Verdict::Fail)]);
    assert_eq!(baseline.compare(&mut fails).expected, 0);
    assert!(fails.iter().all(|it| it.known.is_none()));
}

#[test]
fn a_flaky_entry_takes_either_and_is_never_stale() {
    let baseline = parse(&format!("{ENTRY}flaky = true\n")).unwrap();
    for verdict in [Verdict::Fail, Verdict::Pass] {
        let comparison = baseline.compare(&mut results(&[("WANT-6", verdict)]));
        assert!(comparison.flaky >= 1, "{verdict}");
        assert_eq!(comparison.expected, 0);
        assert!(comparison.stale.is_empty());
    }
}

#[test]
fn the_narrowest_entry_counts() {
    let section = ENTRY
        .replace("WANT-6", "WANT")
        .replace("known", "all of it");
    let baseline = parse(&format!("{section}{ENTRY}")).unwrap();
    let mut fails = results(&[("WANT-6", Verdict::Fail), ("WANT-5", Verdict::Fail)]);
    baseline.compare(&mut fails);
    let reason = |id: &str| {
        let result = fails.iter().find(|it| it.scenario == id).unwrap();
        result.known.clone().unwrap().reason
    };
    assert_eq!(reason("WANT-6"), "known");
    assert_eq!(reason("WANT-5"), "all of it");
}

#[test]
fn a_written_baseline_keeps_reasons_and_knows_all_that_fails() {
    let older = parse(ENTRY).unwrap();
    let failing = [("WANT-6", Verdict::Fail), ("WANT-5", Verdict::Inconclusive)];
    let written = Baseline::of_results(&results(&failing), &older);
    let text = written.to_toml().unwrap();
    let read = parse(&text).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.entries.len(), 2);
    let known = read.entries.iter().find(|it| it.name == "WANT-6").unwrap();
    assert_eq!(known.reason, "known");
    assert_eq!(read.compare(&mut results(&failing)).expected, 2);
    // What passes has no entry any more.
    assert!(
        Baseline::of_results(&results(&[]), &older)
            .entries
            .is_empty()
    );
}

#[test]
fn a_dialect_implies_what_its_deviations_break() {
    let dialect = Dialect::find("codex-2025-06").unwrap();
    let baseline = Baseline::of_dialect(dialect, &[]);
    assert!(baseline.knows("PRES-3"));
    assert!(!baseline.knows("WANT-2"));
    let more = Baseline::of_dialect(dialect, &["always-dont-have".parse().unwrap()]);
    assert!(more.entries.len() > baseline.entries.len());
}
