//! The command, between `blockexc node` and `blockexc get`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use assert_cmd::cargo::cargo_bin;
use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::dialect::DIALECTS;
use predicates::str::contains;

use crate::program::{RunningNode, blockexc};

/// `blockexc observe` in a process of its own, which ends when this is dropped.
pub struct Observer {
    child: Child,
    /// Where to dial.
    pub address: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Observer {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = std::process::Command::new(cargo_bin("blockexc"));
        command.arg("observe").args(arguments).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        out.read_line(&mut address).unwrap();
        Observer {
            child,
            address: address.trim().to_owned(),
            out,
        }
    }

    /// Waits until it ends by itself. Returns its exit code and what it printed.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }

    /// The most memory that was resident so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let digits = line.unwrap().split_whitespace().nth(1);
        digits.unwrap().parse().unwrap()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
