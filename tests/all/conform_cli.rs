//! The command line of the suite: exit codes, selection, and what is printed where.

use assert_cmd::Command;
use blockexc::suite::scenarios;
use blockexc::suite::verdict::{Conclusion, RunResult, Verdict};
use predicates::prelude::*;
use predicates::str::contains;

fn blockexc(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command.args(arguments).env_remove("RUST_LOG");
    command
}

#[test]
fn list_names_every_scenario_and_runs_none() {
    let output = blockexc(&["conform", "--list"]).assert().success();
    let listed = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let listed: Vec<&str> = listed
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let all: Vec<&str> = scenarios::all().map(|scenario| scenario.id).collect();
    assert_eq!(listed, all);
}

#[test]
fn a_selection_of_nothing_is_an_error() {
    blockexc(&["conform", "WANT-5", "--exclude", "WANT"])
        .assert()
        .code(2)
        .stderr(contains("no scenario is selected"));
}

#[test]
fn an_unknown_selector_is_named_with_what_is_near() {
    blockexc(&["conform", "WNAT-6"])
        .assert()
        .code(2)
        .stderr(contains("`WNAT-6`").and(contains("WANT-6")));
}

#[test]
fn a_target_that_is_not_there_is_named_with_the_cause() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("/ip4/127.0.0.1/tcp/{port}");
    blockexc(&["conform", "--target", &address])
        .assert()
        .code(2)
        .stderr(contains(address.as_str()).and(contains("refused")));
}

#[test]
fn an_address_that_cannot_be_dialled_is_an_error() {
    blockexc(&["conform", "--target", "/unix/socket"])
        .assert()
        .code(2)
        .stderr(contains("/unix/socket"));
}

#[test]
fn a_selection_says_nothing_about_the_whole() {
    blockexc(&["conform", "WANT-5", "want-6", "--seed", "7"])
        .assert()
        .success()
        .stdout(contains("seed 7").and(contains("conforms").not()))
        .stdout(contains("\u{1b}").not());
}

#[test]
fn a_failure_shows_all_that_helps_and_exits_with_1() {
    blockexc(&["conform", "WANT-6", "--seed", "7"])
        .args(["--deviation", "always-dont-have"])
        .assert()
        .code(1)
        .stdout(contains("FAIL WANT-6"))
        .stdout(contains("WANT-6 MUST: A WantHave entry"))
        .stdout(contains("expected:").and(contains("actual:")))
        .stdout(contains("want list: WantHave"))
        .stdout(contains(
            "again:    blockexc conform WANT-6 --seed 7 --deviation always-dont-have",
        ))
        .stdout(contains("does not conform"));
}

#[test]
fn json_holds_every_result_and_the_same_seed_says_the_same() {
    let run = || {
        let output = blockexc(&["conform", "WANT", "JOIN-2", "--json", "-", "--seed", "3"])
            .args(["--deviation", "always-dont-have"])
            .assert()
            .code(1);
        let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
        run
    };
    let first = run();
    assert_eq!(first.conclusion, Conclusion::DoesNotConform);
    assert_eq!(first.results.len(), first.counts.total());
    assert!(!first.everything_selected);
    assert_eq!(first.target.deviations, ["always-dont-have"]);
    let failed = |run: &RunResult| {
        let result = run
            .results
            .iter()
            .find(|result| result.scenario == "WANT-6");
        result.unwrap().clone()
    };
    let (one, two) = (failed(&first), failed(&run()));
    assert_eq!(one.verdict, Verdict::Fail);
    let said = |exchange: &[blockexc::suite::verdict::Line]| -> Vec<Option<String>> {
        exchange.iter().map(|line| line.bytes.clone()).collect()
    };
    assert!(one.exchange.iter().any(|line| line.bytes.is_some()));
    assert_eq!(said(&one.exchange), said(&two.exchange));
}

#[test]
fn spec_shows_a_requirement_with_all_that_is_known_of_it() {
    blockexc(&["spec", "want-10"])
        .assert()
        .success()
        .stdout(contains("WANT-10 MUST").and(contains("overwrite-want")))
        .stdout(contains("codex-2025-06"));
    blockexc(&["spec"])
        .assert()
        .success()
        .stdout(contains("PAY-2").and(contains("JOIN-1 ")));
    blockexc(&["spec", "WANT-100"])
        .assert()
        .code(2)
        .stderr(contains("`WANT-100`").and(contains("WANT-10")));
}
