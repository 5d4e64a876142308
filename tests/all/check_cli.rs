//! The command line of the model checker: exit codes, files, and what is said.

use std::fs;
use std::net::TcpListener;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn check(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command.arg("check").args(arguments).env_remove("RUST_LOG");
    command
}

fn json(file: &std::path::Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_reference_holds_and_says_how_many_states_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("results.json");
    check(&["--only", "a triangle", "--max-states", "1000000"])
        .args(["--json", file.to_str().unwrap()])
        .assert()
        // The larger triangle is not searched to the end.
        .code(2)
        .stdout(contains("28,496 states, 122,035 transitions"))
        .stdout(contains("exhausted"))
        .stdout(contains("bounded: it saw as many states as it was to see"))
        .stdout(contains("proves nothing"));
    let results = json(&file);
    assert_eq!(results["format"], "blockexc-check/1");
    let first = &results["configurations"][0];
    assert_eq!(first["states"], 28_496);
    assert!(first["bounded_by"].is_null());
    assert!(results["configurations"][1]["bounded_by"].is_string());
    let verdicts = first["properties"].as_array().unwrap();
    assert!(verdicts.iter().all(|property| {
        property["verdict"] == "holds" || property["verdict"]["seen"].is_u64()
    }));
}

#[test]
fn threads_and_symmetry_change_no_verdict() {
    let small = ["--only", "a row of three"];
    for more in [
        &["--threads", "1"][..],
        &["--threads", "2"],
        &["--symmetry"],
    ] {
        check(&small)
            .args(more)
            .assert()
            .code(0)
            .stdout(contains("everything holds"));
    }
}

#[test]
fn one_order_finds_the_same_states_by_fewer_transitions() {
    for (order, transitions) in [("every", "18,591"), ("one", "7,615")] {
        check(&["--only", "a row of three", "--order", order])
            .assert()
            .code(0)
            .stdout(contains(format!("5,257 states, {transitions} transitions")));
    }
}

#[test]
fn wider_networks_are_searched_when_asked_for() {
    let few = ["--only", "four in a ring", "--max-states", "20000"];
    check(&few)
        .arg("--wider")
        .assert()
        .code(2)
        .stdout(contains("4 nodes, 1 block"))
        .stdout(contains("the same under 1 renaming"))
        .stdout(contains("proves nothing"));
    check(&few)
        .assert()
        .code(2)
        .stderr(contains("no configuration's name contains"));
}

#[test]
fn a_network_of_ones_own_is_searched() {
    check(&["--nodes", "2", "--blocks", "1", "--disconnects", "1"])
        .args(["--cancels", "1", "--deletions", "1", "--leaves"])
        .assert()
        .code(0)
        .stdout(contains("2 nodes, 1 block by leaf address and by CID"));
    check(&["--nodes", "9"])
        .assert()
        .code(2)
        .stderr(contains("2..=5"));
}

#[test]
fn a_violation_is_shown_written_and_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [trace, svg, mermaid] = ["trace.json", "chart.svg", "chart.mmd"].map(path);
    check(&[
        "--deviation",
        "presence-unbounded",
        "--requirement",
        "PRES-1",
    ])
    .args(["--only", "essentials", "--trace", &trace])
    .args(["--svg", &svg, "--mermaid", &mermaid])
    .assert()
    .code(1)
    .stdout(contains("violated after 2 steps"))
    .stdout(contains("PRES-1 MUST"))
    .stdout(contains("context of B: has b0; wants nothing"));
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg"));
    assert!(
        fs::read_to_string(&mermaid)
            .unwrap()
            .starts_with("sequenceDiagram")
    );
    check(&["replay", &trace])
        .assert()
        .code(1)
        .stdout(contains("violated: PRES-5"));
    // The same steps of a node that does not deviate violate nothing.
    let mended = fs::read_to_string(&trace)
        .unwrap()
        .replace("\"presence-unbounded\"", "");
    fs::write(&trace, mended).unwrap();
    check(&["replay", &trace])
        .assert()
        .code(0)
        .stdout(contains("not violated any more"));
    fs::write(&trace, "{").unwrap();
    check(&["replay", &trace])
        .assert()
        .code(2)
        .stderr(contains("not JSON"));
}

#[test]
fn a_want_put_off_for_ever_is_shown_as_a_cycle() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace.json");
    check(&["--deviation", "silent-have", "--only", "a patient pair"])
        .args(["--trace", trace.to_str().unwrap()])
        .assert()
        .code(1)
        .stdout(contains("repeat for ever"))
        .stdout(contains("is not written"));
    assert!(!trace.exists());
}

#[test]
fn interop_goes_to_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("interop.json");
    check(&["interop", "--losses", "neverust-2026-03", "--safety"])
        .args(["--json", file.to_str().unwrap()])
        .assert()
        .code(0)
        .stdout(contains("With retries, the block held from the start"))
        .stdout(contains("neverust-2026-03 asks reference, with retries"))
        .stdout(contains("WIRE-7"));
    let table = json(&file);
    // Seven askers, seven holders, with and without retries, held before and later.
    assert_eq!(table["progress"].as_array().unwrap().len(), 196);
    let never = |cell: &&Value| cell["obtained"] == "never";
    let cells = table["progress"].as_array().unwrap();
    assert!(
        cells
            .iter()
            .filter(never)
            .all(|cell| cell["asker"] == "neverust-2026-03")
    );
    check(&["interop", "--losses", "nobody"])
        .assert()
        .code(2)
        .stderr(contains("there are reference"));
}

#[test]
fn questions_are_answered_one_by_one() {
    check(&["questions", "asked-again-and-silenced"])
        .assert()
        .code(0)
        .stdout(contains("The last 2 steps repeat for ever"))
        .stdout(contains("WANT-10 MUST"));
    check(&["questions", "elephants"])
        .assert()
        .code(2)
        .stderr(contains("there are cleaning-once-is-enough"));
}

#[test]
fn the_browser_needs_an_address_that_is_free() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check(&["--only", "a pair", "--explore", &address])
        .assert()
        .code(2)
        .stderr(contains("cannot be served").and(contains(&address)));
}

#[test]
fn a_name_that_is_none_is_answered_with_those_there_are() {
    check(&["--only", "nothing"])
        .assert()
        .code(2)
        .stderr(contains("a triangle, two blocks"));
    check(&["--requirement", "PRES-99"])
        .assert()
        .code(2)
        .stderr(contains("no requirement is named `PRES-99`").and(contains("PRES-9")));
}

#[test]
fn a_requirement_is_searched_where_a_property_stands_for_it() {
    // Networks without such a property are left out: every search is exhausted.
    check(&["--requirement", "LEFT-1", "--only", "pair"])
        .assert()
        .code(0)
        .stdout(contains("everything holds"));
    check(&["--requirement", "WIRE-2"])
        .assert()
        .code(2)
        .stderr(contains("no property of these networks stands for WIRE-2"));
}

/// Said before the search, not after it.
#[test]
fn a_file_that_cannot_be_written_is_said_at_once() {
    for arguments in [
        &["--json"][..],
        &["--mermaid"],
        &["--svg"],
        &["--trace"],
        &["interop", "--json"],
        &["questions", "--json"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("nowhere");
        for (file, why) in [
            (nowhere.join("file"), "there is no folder"),
            (folder.path().to_owned(), "it is a folder"),
        ] {
            let mut command = check(arguments);
            let assert = command.arg(&file).assert();
            assert.code(2).stdout("").stderr(contains(why));
        }
    }
}

#[test]
fn induction_takes_every_step_from_every_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("induction.json");
    check(&["induction", "--only", "room for one"])
        .args(["--json", file.to_str().unwrap()])
        .assert()
        .code(0)
        .stdout(contains("all of them"))
        .stdout(contains("every step keeps the invariants and every rule"));
    let results = json(&file);
    assert_eq!(results["format"], "blockexc-induction/1");
    let world = &results["worlds"][0];
    assert_eq!(world["exhausted"], true);
    assert!(world["states"].as_u64() > Some(1000));
    let predicates = world["predicates"].as_array().unwrap();
    assert!(predicates.iter().all(|kept| kept["broken"] == 0));
}

#[test]
fn induction_shows_the_step_that_breaks_an_invariant() {
    let deviation = ["--deviation", "presence-unbounded"];
    check(&["induction", "--only", "room for one"])
        .args(deviation)
        .assert()
        .code(1)
        .stdout(contains("presence is limited to own wants"))
        .stdout(contains("what happens"))
        .stdout(contains("after"));
    check(&["induction", "--only", "nowhere"])
        .assert()
        .code(2)
        .stderr(contains("no world's name contains `nowhere`"));
}
