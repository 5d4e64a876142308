//! Nodes that the suite starts by a command, and nodes that end and are not started again.

use assert_cmd::cargo::cargo_bin;
use blockexc::suite::scenarios;
use blockexc::suite::verdict::{RunResult, ScenarioResult, Verdict};

use super::program::{RunningNode, blockexc};

/// The command that runs the dialect which five messages end.
fn emulation() -> String {
    format!(
        "{} node --dialect codex-2025-06",
        cargo_bin("blockexc").display()
    )
}

/// The scenarios of the wire alone in which a message ends such a node, and some in which none does.
const SOME: &[&str] = &[
    "WANT-5",
    "WIRE-5",
    "WIRE-9/want-types",
    "WIRE-9/cids",
    "WIRE-8",
];

fn conform(arguments: &[&str], code: i32) -> RunResult {
    let output = blockexc(&["conform", "--seed", "1", "--timeout", "3", "--json", "-"])
        .args(SOME)
        .args(arguments)
        .assert()
        .code(code);
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

fn of<'a>(run: &'a RunResult, scenario: &str) -> &'a ScenarioResult {
    let mut results = run.results.iter();
    results.find(|result| result.scenario == scenario).unwrap()
}

#[test]
fn a_node_that_ends_is_started_again_and_its_end_is_a_failure_of_its_own() {
    let run = conform(&["--start", &emulation()], 1);
    for scenario in ["WIRE-5", "WIRE-9/want-types"] {
        let result = of(&run, scenario);
        assert_eq!(result.verdict, Verdict::Fail, "{result:#?}");
        let actual = result.actual.as_deref().unwrap();
        assert!(actual.contains("the process ended"), "{actual}");
        assert!(actual.contains("the last bytes sent were"), "{actual}");
    }
    assert_eq!(run.counts.inconclusive, 0, "{run:#?}");
    assert_eq!(of(&run, "WANT-5").verdict, Verdict::Pass);
    assert_eq!(of(&run, "WIRE-9/cids").verdict, Verdict::Pass);
    assert!(of(&run, "WIRE-5").rerun.contains("--start '"));
}

/// Scenarios that are known to end some node have to be marked so.
#[test]
fn what_ends_an_emulated_node_is_marked() {
    let output = blockexc(&[
        "conform",
        "--dialect",
        "codex-2025-06",
        "--seed",
        "1",
        "--json",
        "-",
    ])
    .assert()
    .code(1);
    let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let ended = run.results.iter().filter(|result| {
        let actual = result.actual.as_deref().unwrap_or_default();
        actual.contains("the process ended")
    });
    let ended: Vec<&str> = ended.map(|result| result.scenario.as_str()).collect();
    assert!(ended.len() >= 4, "{ended:?}");
    for id in ended {
        let scenario = scenarios::all().find(|scenario| scenario.id == id).unwrap();
        assert!(scenario.needs.may_end, "{id}");
    }
}

#[test]
fn a_command_that_starts_no_node_is_an_error_with_its_last_words() {
    blockexc(&[
        "conform",
        "WANT-5",
        "--start",
        "echo no such chain >&2; exit 4",
    ])
    .assert()
    .code(2)
    .stderr(predicates::str::contains("no such chain"));
}

#[test]
fn where_nobody_starts_it_again_what_may_end_it_runs_last() {
    let node = RunningNode::start(&["--dialect", "codex-2025-06"]);
    let run = conform(&["--target", &node.address], 1);
    assert_eq!(of(&run, "WIRE-5").verdict, Verdict::Fail);
    for result in &run.results {
        let reason = result.reason.as_deref().unwrap_or_default();
        let is_lost = reason.contains("the target is gone since WIRE-5");
        let may_end = result.scenario.starts_with("WIRE-9");
        assert_eq!(is_lost, may_end, "{result:#?}");
    }
    // What ran last is reported where it stands in the specification.
    let place = |id: &str| run.results.iter().position(|result| result.scenario == id);
    assert!(place("WIRE-5") < place("WIRE-8/truncated"));
}
