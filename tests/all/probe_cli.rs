//! `blockexc probe`, and the look before a run.

use predicates::prelude::*;
use predicates::str::contains;

use blockexc::suite::verdict::{RunResult, Verdict};

use super::program::{RunningNode, blockexc};

/// The CID of a block that nobody holds.
const NOWHERE: &str = "zDvZRwzkzHsok3Z8yMoiXE9EDBFwgr8WygB8s4ddcLzzSwwXAxLZ";

#[test]
fn a_node_is_described_and_what_would_add_scenarios_is_told() {
    let node = RunningNode::start(&["--muxer", "mplex"]);
    blockexc(&["probe", &node.address])
        .assert()
        .success()
        .stdout(contains("agent      ").and(contains("key        Secp256k1")))
        .stdout(contains("muxers     mplex\n"))
        .stdout(contains("answers    a WantHave, on a stream of its own"))
        .stdout(contains("payment    it has not asked for any"))
        .stdout(contains("conform would run 4").and(contains("with a control that can")));
}

#[test]
fn a_name_of_a_host_is_resolved() {
    let node = RunningNode::start(&[]);
    let named = node.address.replace("/ip4/127.0.0.1", "/dns4/localhost");
    blockexc(&["probe", &named])
        .assert()
        .success()
        .stdout(contains("answers    a WantHave"));
    let nobody = node
        .address
        .replace("/ip4/127.0.0.1", "/dns4/nobody.invalid");
    blockexc(&["probe", &nobody])
        .assert()
        .code(2)
        .stderr(contains("nobody.invalid is not resolved"));
}

#[test]
fn what_holds_names_is_looked_for() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "held by the node").unwrap();
    let node = RunningNode::start(&["--put", file.path().to_str().unwrap(), "--price", "5"]);
    blockexc(&["probe", &node.address, "--holds", NOWHERE, "--timeout", "1"])
        .assert()
        .code(2)
        .stdout(contains("does not serve what --holds names"));
    blockexc(&[
        "conform",
        "WANT-4",
        "--target",
        &node.address,
        "--timeout",
        "1",
    ])
    .args(["--holds", NOWHERE])
    .assert()
    .code(2)
    .stderr(contains("the target does not serve what --holds names").and(contains(NOWHERE)));
    let held = blockexc::wire::BlockCid::of_block(b"held by the node").to_string();
    blockexc(&["conform", "--holds", NOWHERE])
        .assert()
        .code(2)
        .stderr(contains("give --target, --start or --control too"));
    blockexc(&["probe", &node.address, "--holds", &held])
        .assert()
        .success()
        .stdout(contains("holds      serves").and(contains("payment    it asks for payment")));
}

/// `--holds` is repeated, and names a tree: leaves and proofs come from the node.
#[test]
fn a_dataset_that_the_node_holds_is_used_for_leaves() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![7; 4 * 65_536 + 5]).unwrap();
    let file = file.path().to_str().unwrap();
    let node = RunningNode::start(&["--put-dataset", file, "--put", file]);
    let printed = blockexc(&["tree", file]).assert().success();
    let printed = String::from_utf8(printed.get_output().stdout.clone()).unwrap();
    let mut words = printed.split_whitespace();
    let tree = words.find(|word| word.starts_with("zDzSv")).unwrap();
    let output = blockexc(&["conform", "XFER-1", "XFER-10", "WANT-2", "WANT-4"])
        .args(["--target", &node.address, "--holds", tree])
        .args(["--seed", "1", "--json", "-"])
        .assert()
        .success();
    let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
    for id in ["XFER-1", "XFER-1/leaf", "WANT-2/leaf", "WANT-4/leaf"] {
        let result = run.results.iter().find(|it| it.scenario == id).unwrap();
        assert_eq!(result.verdict, Verdict::Pass, "{result:#?}");
        assert!(result.rerun.contains(tree));
    }
    let few = run
        .results
        .iter()
        .find(|it| it.scenario == "XFER-10")
        .unwrap();
    let reason = few.reason.as_deref().unwrap();
    assert!(
        reason.contains("25 leaves: --holds names one of 5"),
        "{reason}"
    );
    // One of several that is not there is named.
    blockexc(&["conform", "XFER-1", "--target", &node.address])
        .args(["--holds", tree, "--holds", NOWHERE, "--timeout", "1"])
        .assert()
        .code(2)
        .stderr(contains("does not serve what --holds names").and(contains(NOWHERE)));
}

#[test]
fn what_is_no_node_is_told() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    blockexc(&["probe", &format!("/ip4/127.0.0.1/tcp/{port}")])
        .assert()
        .code(2)
        .stderr(contains(format!("/tcp/{port}")).and(contains("connect")));
}
