//! `blockexc probe`, and the look before a run.

use predicates::prelude::*;
use predicates::str::contains;

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

#[test]
fn what_is_no_node_is_told() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    blockexc(&["probe", &format!("/ip4/127.0.0.1/tcp/{port}")])
        .assert()
        .code(2)
        .stderr(contains(format!("/tcp/{port}")).and(contains("connect")));
}
