//! The command, between `blockexc node` and `blockexc get`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::ChildStdout;

use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::dialect::DIALECTS;
use predicates::str::contains;

use crate::program::{OwnProcess, RunningNode, blockexc};

/// `blockexc observe` in a process of its own, which ends when this is dropped.
pub struct Observer {
    /// The process.
    pub process: OwnProcess,
    /// Where to dial.
    pub address: String,
    out: BufReader<ChildStdout>,
}

impl Observer {
    pub fn start(arguments: &[&str]) -> Self {
        let mut process = OwnProcess::start("observe", arguments);
        let mut out = process.output();
        let mut address = String::new();
        out.read_line(&mut address).unwrap();
        Observer {
            process,
            address: address.trim().to_owned(),
            out,
        }
    }

    /// Waits until it ends by itself. Returns its exit code and what it printed.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        (self.process.0.wait().unwrap().code(), text)
    }
}

/// A file of three blocks, of which the last is not full.
fn file(folder: &std::path::Path) -> (String, Vec<u8>) {
    let bytes: Vec<u8> = (0..150_000_u32).map(|it| (it % 251) as u8).collect();
    let file = folder.join("file");
    std::fs::write(&file, &bytes).unwrap();
    (file.display().to_string(), bytes)
}

/// What a node with these arguments holds comes through, from a node over mplex to one over yamux.
fn got_through(node: &[&str], observe: &[&str]) -> (Option<i32>, String, RunResult, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, bytes) = file(folder.path());
    let tree = {
        let shown = blockexc(&["tree", &file]).assert().success();
        let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
        text.split_whitespace().nth(1).unwrap().to_owned()
    };
    let mut arguments = vec!["--put-dataset", &file, "--muxer", "mplex"];
    arguments.extend(node);
    let node = RunningNode::start(&arguments);
    let json = folder.path().join("result.json").display().to_string();
    let log = folder.path().join("log.jsonl").display().to_string();
    let mut arguments = vec![
        "--to",
        &node.address,
        "--once",
        "--json",
        &json,
        "--record",
        &log,
    ];
    arguments.extend(observe);
    let mut observer = Observer::start(&arguments);
    let output = folder.path().join("copy");
    let shown = output.display().to_string();
    let get = [
        "get",
        &tree,
        "--size",
        "150000",
        "--from",
        &observer.address,
        "--muxer",
        "yamux",
        "--output",
        &shown,
        "--timeout",
        "20",
    ];
    blockexc(&get).assert().success();
    assert_eq!(std::fs::read(&output).unwrap(), bytes);
    let (code, text) = observer.ended();
    let run = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    (code, text, run, std::fs::read_to_string(&log).unwrap())
}

#[test]
fn a_file_comes_through_and_nothing_is_wrong() {
    let (code, text, run, log) = got_through(&[], &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        run.results.iter().all(|it| it.verdict == Verdict::Pass),
        "{text}"
    );
    assert!(run.results.len() > 10, "{text}");
    blockexc(&["trace", "validate", "-"])
        .write_stdin(log)
        .assert()
        .success()
        .stdout(contains("dialling: the reference explains all"))
        .stdout(contains("dialled: the reference explains all"));
}

#[test]
fn a_node_that_deviates_is_named() {
    let (code, text, run, log) = got_through(&["--deviation", "deliver-twice"], &[]);
    assert_eq!(code, Some(1), "{text}");
    let wrong: Vec<_> = run
        .results
        .iter()
        .filter(|it| it.verdict != Verdict::Pass)
        .collect();
    let names: Vec<_> = wrong.iter().map(|it| it.scenario.as_str()).collect();
    assert_eq!(names, ["WANT-2/dialled"], "{text}");
    assert!(text.contains("FAIL WANT-2/dialled"), "{text}");
    let refused = blockexc(&["trace", "validate", "-"])
        .write_stdin(log)
        .assert();
    refused
        .code(1)
        .stdout(contains("dialling: the reference explains all"));
    let known = ["--dialled-deviation", "deliver-twice"];
    let (code, text, ..) = got_through(&["--deviation", "deliver-twice"], &known);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn every_dialect_is_what_it_is_taken_for() {
    for dialect in DIALECTS {
        let taken = ["--dialled-dialect", dialect.name];
        let (code, text, ..) = got_through(&["--dialect", dialect.name], &taken);
        assert_eq!(code, Some(0), "{}: {text}", dialect.name);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = blockexc(&["observe", "--to", "nowhere"]).assert().code(2);
    refused.stderr(contains("nowhere"));
    let listen = [
        "observe",
        "--to",
        "/ip4/127.0.0.1/tcp/1",
        "--listen",
        "/ip4/192.0.2.1/tcp/1",
    ];
    let refused = blockexc(&listen).assert().code(2);
    refused.stderr(contains("/ip4/192.0.2.1/tcp/1 is not listened at"));
    let record = [
        "observe",
        "--to",
        "/ip4/127.0.0.1/tcp/1",
        "--record",
        "nowhere/log",
    ];
    let refused = blockexc(&record).assert().code(2);
    refused.stderr(contains("nowhere/log cannot be written"));
}
