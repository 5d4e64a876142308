//! The command line of the suite: exit codes, selection, and what is printed where.

use blockexc::suite::scenarios;
use blockexc::suite::verdict::{Conclusion, RunResult, Verdict};
use blockexc_model::Deviation;
use blockexc_model::dialect::DIALECTS;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program::blockexc;

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

/// Over mplex a connection stands for as long as anybody has one of its streams.
#[test]
fn a_connection_that_is_broken_off_ends_over_either_muxer() {
    for muxer in ["yamux", "mplex"] {
        blockexc(&["conform", "LEFT-4", "--muxer", muxer])
            .assert()
            .success();
    }
}

#[test]
fn control_names_what_is_expected() {
    blockexc(&["conform", "--control", "smoke:signals"])
        .assert()
        .code(2)
        .stderr(contains("exec:'COMMAND' or rest:URL is expected"));
    blockexc(&[
        "conform",
        "WANT-5",
        "--control",
        "exec:echo no adapter; echo sorry >&2",
    ])
    .assert()
    .code(2)
    .stderr(contains("no adapter").and(contains("sorry")));
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
fn a_shuffled_run_has_the_same_verdicts_in_the_same_places() {
    let run = |more: &[&str]| {
        let output = blockexc(&["conform", "WANT", "JOIN", "--json", "-", "--seed", "3"])
            .args(more)
            .assert()
            .success();
        let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
        run
    };
    let (in_line, shuffled) = (run(&[]), run(&["--shuffle", "--keep-passes"]));
    assert!(shuffled.options.shuffled && !in_line.options.shuffled);
    for (one, other) in in_line.results.iter().zip(&shuffled.results) {
        assert_eq!(
            (&one.scenario, one.verdict),
            (&other.scenario, other.verdict)
        );
        assert!(one.exchange.is_empty() && !other.exchange.is_empty());
    }
    blockexc(&["conform", "WANT-5", "--seed", "3", "--shuffle"])
        .assert()
        .success()
        .stdout(contains("seed 3, shuffled"));
}

#[test]
fn spec_shows_a_requirement_with_all_that_is_known_of_it() {
    blockexc(&["spec", "want-10"])
        .assert()
        .success()
        .stdout(contains("WANT-10 MUST").and(contains("overwrite-want")))
        .stdout(contains("codex-2025-06"))
        .stdout(contains("model/src/node/want.rs:").and(contains("want_have")))
        .stdout(contains("src/node/engine/want_lists.rs:"))
        .stdout(contains("a WantHave"));
    blockexc(&["spec"])
        .assert()
        .success()
        .stdout(contains("PAY-2").and(contains("JOIN-1 ")));
    blockexc(&["spec", "WANT-100"])
        .assert()
        .code(2)
        .stderr(contains("`WANT-100`").and(contains("WANT-10")));
}

#[test]
fn spec_shows_deviations_and_dialects_with_what_they_break() {
    blockexc(&["spec", "first-want-stays"])
        .assert()
        .success()
        .stdout(contains("WANT-9 ").and(contains("instead of model/src/node/want.rs:")));
    blockexc(&["spec", "codex-2025-06"])
        .assert()
        .success()
        .stdout(contains("PRES-3 ").and(contains("by dont-have-recorded")))
        .stdout(contains("WANT-2 ").not());
    blockexc(&["spec", "--deviations"])
        .assert()
        .success()
        .stdout(contains("serve-later").and(contains("breaks nothing")));
    blockexc(&["spec", "--dialects"])
        .assert()
        .success()
        .stdout(contains("neverust-2026-03").and(contains("WIRE-7")));
}

#[test]
fn spec_searches_and_explains() {
    blockexc(&["spec", "--search", "donthave"])
        .assert()
        .success()
        .stdout(contains("WANT-5 ").and(contains("silent-dont-have")))
        .stdout(contains("Have, DontHave"));
    blockexc(&["spec", "--search", "no such words"])
        .assert()
        .code(2)
        .stderr(contains("nothing contains `no such words`"));
    blockexc(&["spec", "--glossary"])
        .assert()
        .success()
        .stdout(contains("barrier").and(contains("A question that a peer")));
}

/// One document for each way to ask, and each list in it only where it was asked for.
#[test]
fn spec_goes_to_json() {
    for (arguments, list, first, count) in [
        (&["WANT-10"][..], "requirements", "WANT-10", 1),
        (&["LEFT"], "requirements", "LEFT-1", 5),
        (
            &["presence-unbounded"],
            "deviations",
            "presence-unbounded",
            1,
        ),
        (&["codex-2025-06"], "dialects", "codex-2025-06", 1),
        (
            &["--deviations"],
            "deviations",
            "context-on-message",
            Deviation::ALL.len(),
        ),
        (&["--dialects"], "dialects", "reference", DIALECTS.len()),
        (&["--search", "WANT-18"], "requirements", "WANT-18", 1),
    ] {
        let output = blockexc(&["spec", "--json", "-"])
            .args(arguments)
            .assert()
            .success();
        let document: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(document["format"], "blockexc-spec/1");
        let entries = document[list].as_array().unwrap();
        assert_eq!(entries.len(), count, "{arguments:?}");
        let name = entries[0].get("id").or(entries[0].get("name"));
        assert_eq!(name.unwrap(), first);
        if !arguments.contains(&"--search") {
            assert_eq!(document.as_object().unwrap().len(), 2, "{arguments:?}");
        }
    }
    let output = blockexc(&["spec", "--glossary", "--json", "-"])
        .assert()
        .success();
    let document: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let terms = document["glossary"].as_array().unwrap();
    for term in [
        "barrier",
        "context",
        "dump",
        "Joined",
        "leaf",
        "Left",
        "own want",
        "presence record",
    ] {
        assert!(terms.iter().any(|one| one["term"] == term), "{term}");
    }
}

#[test]
fn unknown_names_are_answered_with_those_that_come_near() {
    for (arguments, near) in [
        (&["spec", "presence-unbunded"][..], "presence-unbounded"),
        (&["spec", "codex-2025-6"], "codex-2025-06"),
        (
            &["conform", "--deviation", "presence-unbunded"],
            "presence-unbounded",
        ),
        (&["conform", "--dialect", "codex-2025"], "codex-2025-06"),
        (&["conform", "WANT-10/hold"], "WANT-10/held"),
        (&["conform", "--exclude", "WNAT-6"], "WANT-6"),
        (&["check", "--requirement", "PRES-33"], "PRES-3"),
        (
            &["check", "questions", "asked-again-and-silence"],
            "asked-again-and-silenced",
        ),
        (
            &["check", "interop", "--losses", "neverust"],
            "neverust-2026-03",
        ),
        (&["node", "--deviation", "silent-hav"], "silent-have"),
        (&["simulate", "--dialect", "logos"], "logos-2025-12"),
        (
            &["trace", "draw", "log", "--deviation", "serve-latr"],
            "serve-later",
        ),
    ] {
        blockexc(arguments)
            .assert()
            .code(2)
            .stderr(contains("did you mean").and(contains(near)));
    }
}
