//! `blockexc probe`, and the look before a run.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use predicates::str::contains;

struct Node(Child, String);

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn node(arguments: &[&str]) -> Node {
    let mut command = std::process::Command::new(cargo_bin("blockexc"));
    command.arg("node").args(arguments).stderr(Stdio::null());
    let mut node = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(node.stdout.take().unwrap());
    let mut lines = output.lines().map(Result::unwrap);
    // What it holds comes first.
    let address = lines.find(|line| line.starts_with("/ip4/")).unwrap();
    Node(node, address)
}

fn blockexc(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command.args(arguments);
    command
}

/// The CID of a block that nobody holds.
const NOWHERE: &str = "zDvZRwzkzHsok3Z8yMoiXE9EDBFwgr8WygB8s4ddcLzzSwwXAxLZ";

#[test]
fn a_node_is_described_and_what_would_add_scenarios_is_told() {
    let node = node(&["--muxer", "mplex"]);
    blockexc(&["probe", &node.1])
        .assert()
        .success()
        .stdout(contains("agent      ").and(contains("key        Secp256k1")))
        .stdout(contains("muxers     mplex\n"))
        .stdout(contains("answers    a WantHave, on a stream of its own"))
        .stdout(contains("payment    it has not asked for any"))
        .stdout(contains("conform would run 3").and(contains("with a control that can")));
}

#[test]
fn what_holds_names_is_looked_for() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "held by the node").unwrap();
    let node = node(&["--put", file.path().to_str().unwrap(), "--price", "5"]);
    blockexc(&["probe", &node.1, "--holds", NOWHERE, "--timeout", "1"])
        .assert()
        .code(2)
        .stdout(contains("does not serve what --holds names"));
    blockexc(&["conform", "WANT-4", "--target", &node.1, "--timeout", "1"])
        .args(["--holds", NOWHERE])
        .assert()
        .code(2)
        .stderr(contains("the target does not serve what --holds names").and(contains(NOWHERE)));
    let held = blockexc::wire::BlockCid::of_block(b"held by the node").to_string();
    blockexc(&["conform", "--holds", NOWHERE])
        .assert()
        .code(2)
        .stderr(contains("give --target, --start or --control too"));
    blockexc(&["probe", &node.1, "--holds", &held])
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
