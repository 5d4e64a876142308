//! `blockexc trace`: exit codes, and what is said; and the log that a running node records.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use blockexc::node::recording::Recording;
use blockexc::node::{self, NodeOptions};
use blockexc::trace::header::Header;
use blockexc::wire::Address;
use bytes::Bytes;
use predicates::prelude::predicate;
use predicates::str::{contains, starts_with};
use serde_json::Value;

const PEER: &str = "12D3KooWB8sCGZCrwr79HtabLAn95qyPQx6RYHXjEbiD6QKou7ww";
const BLOCK: &str = "zDxWB8ED3fWBtaVLy425cFJzEYsfjcF5fa8kRXSQXHXKeanmZihf";

fn trace(arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command
        .arg("trace")
        .args(arguments)
        .arg(file)
        .env_remove("RUST_LOG");
    command
}

fn file(folder: &Path, lines: &[&str]) -> PathBuf {
    let file = folder.join("log.jsonl");
    let log = lines.join("\n") + "\n";
    fs::write(&file, log.replace("PEER", PEER).replace("BLOCK", BLOCK)).unwrap();
    file
}

const STORED: &str = r#"{"event":"stored","cid":"BLOCK"}"#;
const JOINED: &str = r#"{"event":"joined","peer":"PEER"}"#;
const ASKED: &str = r#"{"event":"received","from":"PEER","message":{"want_list":{"entries":[{"address":"BLOCK","want_type":"WantHave"}]}}}"#;
const ANSWERED: &str =
    r#"{"event":"sent","to":"PEER","message":{"presences":[{"address":"BLOCK","type":"Have"}]}}"#;
const DENIED: &str = r#"{"event":"sent","to":"PEER","message":{"presences":[{"address":"BLOCK","type":"DontHave"}]}}"#;
const LOOSE: &str = r#"{"format":"blockexc-trace/1","node":"Alice"}"#;
const COMPLETE: &str = r#"{"format":"blockexc-trace/1","node":"Alice","complete":true}"#;

#[test]
fn a_log_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    for header in [LOOSE, COMPLETE] {
        let log = file(folder.path(), &[header, STORED, JOINED, ASKED, ANSWERED]);
        let text = fs::read_to_string(&log)
            .unwrap()
            .replace(r#"{"event""#, r#"{"node":"Alice","event""#);
        fs::write(&log, text).unwrap();
        trace(&["validate"], &log)
            .assert()
            .code(0)
            .stdout(starts_with("Alice: the reference explains all 4 events\n"))
            .stdout(contains("requirements: JOIN-1 JOIN-5 WANT-4 HELD-1\n"));
    }
}

#[test]
fn a_log_that_is_not_explained_says_what_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let log = file(
        folder.path(),
        &[
            COMPLETE,
            STORED,
            JOINED,
            ASKED,
            r#"{"event":"left","peer":"PEER"}"#,
        ],
    );
    trace(&["validate"], &log)
        .assert()
        .code(1)
        .stdout(starts_with(
            "Alice: the reference explains 3 events, up to line 4, and not line 5\n",
        ))
        .stdout(contains("missing before this line: sent to 12D3KooW"))
        .stdout(contains("after the input of line 4"))
        .stdout(contains(
            "breaks WANT-4 (MUST): A WantHave entry for a held address",
        ))
        .stdout(contains(
            "as a node does by silent-have, which breaks WANT-4:",
        ))
        .stdout(contains("the model's state: {\"contexts\":"));
    trace(&["validate", "--deviation", "silent-have"], &log)
        .assert()
        .code(0)
        .stdout(starts_with(
            "Alice: the model with silent-have explains all 4 events\n",
        ));
    let shown = trace(&["validate", "--json", "-"], &log).assert().code(1);
    let verdict: Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(verdict["nodes"][0]["stop"]["requirements"][0], "WANT-4");
    assert_eq!(verdict["nodes"][0]["stop"]["line"], 5);
}

#[test]
fn what_no_deviation_explains_is_judged_by_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    for header in [LOOSE, COMPLETE] {
        let log = file(folder.path(), &[header, STORED, JOINED, ASKED, DENIED]);
        trace(&["validate"], &log)
            .assert()
            .code(1)
            .stdout(contains("line 5: sent to"))
            .stdout(contains("no single deviation known explains it"))
            .stdout(contains("breaks WANT-4"))
            .stdout(contains(
                "message.presences[0].type: \"DontHave\", allowed: \"Have\"",
            ));
    }
}

#[test]
fn what_is_owed_is_missed_where_the_log_says_that_all_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let quiet = r#"{"event":"quiet"}"#;
    let log = file(folder.path(), &[LOOSE, STORED, JOINED, ASKED, quiet]);
    trace(&["validate"], &log)
        .assert()
        .code(1)
        .stdout(contains("line 5: quiet, and 12D3KooW"))
        .stdout(contains("breaks WANT-4"));
    let log = file(folder.path(), &[LOOSE, STORED, JOINED, ASKED, ANSWERED]);
    trace(&["validate"], &log).assert().code(0);
}

#[test]
fn dialects_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let log = file(folder.path(), &[COMPLETE, STORED, JOINED, ASKED, ANSWERED]);
    trace(&["validate", "--find-dialect"], &log)
        .assert()
        .code(0)
        .stdout(contains("Alice: reference explains the log\n"))
        .stdout(contains("Alice: logos-2025-12 explains the log\n"));
    let log = file(folder.path(), &[COMPLETE, STORED, JOINED, ASKED, DENIED]);
    trace(&["validate", "--find-dialect"], &log)
        .assert()
        .code(1)
        .stdout(contains("Alice: reference does not, from line 5\n"));
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let log = file(folder.path(), &[LOOSE, "nonsense"]);
    trace(&["validate"], &log)
        .assert()
        .code(2)
        .stderr(contains("log.jsonl: line 2: not a line of a log"));
    trace(&["validate"], Path::new("/does/not/exist"))
        .assert()
        .code(2)
        .stderr(predicate::eq(
            "error: /does/not/exist: reading the log: No such file or directory (os error 2)\n",
        ));
    // A writer that was stopped leaves half a line.
    fs::write(&log, LOOSE.to_owned() + "\n{\"event\":\"joi").unwrap();
    trace(&["validate"], &log)
        .assert()
        .code(2)
        .stdout(predicate::eq(
            "Alice: the log is empty: it has a header and no event\n",
        ));
}

#[test]
fn a_failing_log_is_shrunk_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let other =
        r#"{"event":"joined","peer":"12D3KooWHFd1gyNYFqxt7ke9FY2VoVVWY2XSPhvL9vg2pB6wQGfa"}"#;
    let log = file(
        folder.path(),
        &[
            COMPLETE, STORED, other, JOINED, ASKED, ANSWERED, ASKED, DENIED,
        ],
    );
    let shown = trace(&["shrink"], &log)
        .assert()
        .code(0)
        .stderr("7 lines up to the failure, 4 are enough\n");
    let small = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert_eq!(small.lines().count(), 5, "{small}");
    fs::write(&log, &small).unwrap();
    trace(&["validate"], &log)
        .assert()
        .code(1)
        .stdout(contains("line 5: sent to"));
    trace(&["draw"], &log)
        .assert()
        .code(0)
        .stdout(starts_with("    Alice       Kou7ww\n"))
        .stdout(contains(" 1  o           |           stored nmZihf\n"))
        .stdout(contains(" 3  |<----------|           WantHave nmZihf\n"))
        .stdout(contains(" 4  |---------->|           DontHave nmZihf\n"))
        .stdout(contains("line 5 is not explained: breaks WANT-4"));
    trace(&["draw", "--mermaid", "-"], &log)
        .assert()
        .code(0)
        .stdout(starts_with("sequenceDiagram"));
    trace(&["draw", "--svg", "-"], &log)
        .assert()
        .code(0)
        .stdout(contains("<svg"));
    trace(&["draw", "--node", "Bob"], &log)
        .assert()
        .code(2)
        .stderr(contains(
            "there is no such node in the log, there are: Alice",
        ));
    let good = file(folder.path(), &[LOOSE, STORED]);
    trace(&["shrink"], &good)
        .assert()
        .code(1)
        .stderr("nothing in the log fails\n");
}

#[tokio::test]
async fn the_logs_of_two_running_nodes_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str| {
        let log = folder.path().join(name);
        let header = Header {
            complete: true,
            retries: Some(100),
            ..Header::of(name)
        };
        let recording = Recording::new(Box::new(fs::File::create(&log).unwrap()), &header).unwrap();
        let options = NodeOptions {
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            record: Some(recording),
            ..NodeOptions::default()
        };
        (options, log)
    };
    let (serving, served) = recorded("serves");
    let (asking, asked) = recorded("asks");
    let serves = node::start(serving).await.unwrap();
    let asks = node::start(asking).await.unwrap();
    asks.connect(serves.addresses()[0].clone()).await.unwrap();
    for number in 0..20_u8 {
        let data = Bytes::from(vec![number; 100]);
        let cid = serves.put(data.clone()).await.unwrap();
        let request = asks.request(Address::Plain(cid));
        let got = tokio::time::timeout(Duration::from_secs(30), request).await;
        assert_eq!(got.unwrap().unwrap(), data);
    }
    asks.shutdown().await;
    serves.shutdown().await;
    for (log, least) in [(served, 60), (asked, 60)] {
        let shown = trace(&["validate"], &log).assert().code(0);
        let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
        let (_, events) = shown.split_once("explains all ").unwrap();
        let (events, _) = events.split_once(" events").unwrap();
        assert!(events.parse::<u32>().unwrap() >= least, "{shown}");
    }
}
