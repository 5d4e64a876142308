//! `blockexc trace validate` of several logs, of a part of them, of what comes through a pipe, with
//! a baseline, and as a log is written; and the sample of docs/traces.md.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, starts_with};
use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = r#"{"format":"blockexc-trace/1","complete":true}"#;
const STORED: &str = r#"{"event":"stored","cid":"BLOCK"}"#;
const JOINED: &str = r#"{"event":"joined","peer":"PEER"}"#;
const LEFT: &str = r#"{"event":"left","peer":"PEER"}"#;
const ASKED: &str = r#"{"event":"received","from":"PEER","message":{"want_list":{"entries":[{"address":"BLOCK","want_type":"WantHave"}]}}}"#;
const HAS: &str =
    r#"{"event":"sent","to":"PEER","message":{"presences":[{"address":"BLOCK","type":"Have"}]}}"#;
const DENIED: &str = r#"{"event":"sent","to":"PEER","message":{"presences":[{"address":"BLOCK","type":"DontHave"}]}}"#;

const GOOD: &[&str] = &[HEADER, STORED, JOINED, ASKED, HAS];
/// A node that does not answer, and denies what it has.
const SILENT: &[&str] = &[HEADER, STORED, JOINED, ASKED, LEFT, JOINED, LEFT];
const DENYING: &[&str] = &[HEADER, STORED, JOINED, ASKED, DENIED];
const EMPTY: &[&str] = &[HEADER];

fn text(lines: &[&str]) -> String {
    let peer = "12D3KooWB8sCGZCrwr79HtabLAn95qyPQx6RYHXjEbiD6QKou7ww";
    let block = "zDxWB8ED3fWBtaVLy425cFJzEYsfjcF5fa8kRXSQXHXKeanmZihf";
    let text = lines.join("\n") + "\n";
    text.replace("PEER", peer).replace("BLOCK", block)
}

fn file(folder: &TempDir, name: &str, lines: &[&str]) -> PathBuf {
    let file = folder.path().join(name);
    fs::write(&file, text(lines)).unwrap();
    file
}

fn validate(files: &[&Path], arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command.args(["trace", "validate"]).args(files);
    command.args(arguments).env_remove("RUST_LOG");
    command
}

#[test]
fn several_logs_are_judged_and_the_worst_counts() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(&folder, "good", GOOD);
    let denying = file(&folder, "denying", DENYING);
    let empty = file(&folder, "empty", EMPTY);
    let slip = file(&folder, "slip", &[HEADER, "nonsense"]);
    validate(&[&good, &good], &[])
        .assert()
        .code(0)
        .stdout(contains(
            "good:\nthe node: the reference explains all 4 events",
        ))
        .stdout(contains("all logs together:\n  touches 4 of"));
    validate(&[&good, &empty], &[]).assert().code(2);
    // One that cannot be read does not keep the others from being judged.
    validate(&[&slip, &good], &[])
        .assert()
        .code(2)
        .stderr(contains("slip: line 2: not a line of a log"))
        .stdout(contains("explains all 4 events"));
    validate(&[&slip, &empty, &denying], &[]).assert().code(1);
    let shown = validate(&[&good, &denying, &slip], &["--json", "-"]).assert();
    let value: Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(value["nodes"][1]["stop"]["requirements"][0], "WANT-4");
    assert!(
        value["nodes"][1]["file"]
            .as_str()
            .unwrap()
            .ends_with("denying")
    );
    assert!(
        value["unreadable"][0]["file"]
            .as_str()
            .unwrap()
            .ends_with("slip")
    );
}

#[test]
fn a_part_of_the_logs_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(&folder, "good", GOOD);
    let denying = file(&folder, "denying", DENYING);
    let both: [&Path; 2] = [&good, &denying];
    validate(&both, &["--shard", "1/2"]).assert().code(0);
    validate(&both, &["--shard", "2/2"]).assert().code(1);
    validate(&both, &["--shard", "3/3"])
        .assert()
        .code(2)
        .stderr(contains("part 3/3 has no log: there are 2"));
}

#[test]
fn parts_of_the_logs_put_together_are_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(&folder, "good", GOOD);
    let silent = file(&folder, "silent", SILENT);
    let slip = file(&folder, "slip", &[HEADER, "{}"]);
    let known = folder.path().join("known.toml");
    let entry = |name: &str| {
        format!("[[entry]]\nname = \"{name}\"\nverdict = \"fail\"\nreason = \"a test\"\n")
    };
    std::fs::write(&known, entry("WANT-4") + &entry("WANT-13")).unwrap();
    let known = ["--baseline", known.to_str().unwrap()];
    let merge = |files: &[&str]| {
        let mut command = Command::cargo_bin("blockexc").unwrap();
        command.args(["report", "merge", "--json", "merged.json"]);
        command.args(files).current_dir(folder.path());
        command.assert()
    };
    for baseline in [&[][..], &known] {
        let judge = |files: &[&Path], more: &[&str]| {
            let mut command = validate(files, more);
            command.args(baseline).current_dir(folder.path()).assert()
        };
        let files: [&Path; 3] = [&slip, &good, &silent];
        let code = if baseline.is_empty() { 1 } else { 2 };
        judge(&files, &["--json", "whole.json"]).code(code);
        for number in 1..=3 {
            let (shard, file) = (format!("{number}/3"), format!("{number}.json"));
            judge(&files, &["--shard", &shard, "--json", &file]);
        }
        merge(&["3.json", "1.json", "2.json"]).code(code);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("merged.json"), read("whole.json"));
        merge(&["3.json", "2.json"])
            .code(2)
            .stderr(contains("missing: 1/3"));
        judge(&[&good, &silent], &["--shard", "1/3", "--json", "1.json"]);
        merge(&["1.json", "2.json", "3.json"])
            .code(2)
            .stderr(contains("their lists of logs differ"));
    }
}

#[test]
fn a_log_comes_through_a_pipe() {
    let standard_input = Path::new("-");
    for (lines, code) in [(GOOD, 0), (DENYING, 1), (EMPTY, 2)] {
        for arguments in [&[][..], &["--follow"]] {
            validate(&[standard_input], arguments)
                .write_stdin(text(lines))
                .assert()
                .code(code);
        }
    }
    // It is diagnosed, though it can be read only once.
    for arguments in [&[][..], &["--follow"]] {
        validate(&[standard_input], arguments)
            .write_stdin(text(SILENT))
            .assert()
            .code(1)
            .stdout(contains(
                "as a node does by silent-have, which breaks WANT-4",
            ));
    }
    validate(&[standard_input, standard_input], &[])
        .assert()
        .code(2)
        .stderr(contains("the standard input is there only once"));
}

#[test]
fn long_json_is_cut_unless_all_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let one = r#"{"address":"BLOCK","type":"DontHave"}"#;
    let many = vec![one; 20].join(",");
    let denied = format!(r#"{{"event":"sent","to":"PEER","message":{{"presences":[{many}]}}}}"#);
    let log = file(&folder, "log", &[HEADER, STORED, JOINED, ASKED, &denied]);
    validate(&[&log], &[])
        .assert()
        .code(1)
        .stdout(contains("characters more, which --verbose shows"));
    validate(&[&log], &["--verbose"])
        .assert()
        .code(1)
        .stdout(contains("--verbose").not())
        .stdout(contains("does not touch: JOIN-2"));
}

/// A baseline of these entries, each of a name and whether it is flaky.
fn baseline(folder: &TempDir, entries: &[(&str, bool)]) -> String {
    let mut text = String::new();
    for (name, flaky) in entries {
        text += &format!(
            "[[entry]]\nname = \"{name}\"\nverdict = \"fail\"\nreason = \"not yet\"\nflaky = {flaky}\n"
        );
    }
    let file = folder.path().join("known.toml");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn what_is_known_is_accepted_and_the_rest_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let silent = file(&folder, "silent", SILENT);
    for name in ["WANT-4", "WANT", "WANT-4/leaf"] {
        let known = baseline(&folder, &[(name, false)]);
        validate(&[&silent], &["--baseline", &known])
            .assert()
            .code(0)
            .stdout(starts_with(
                "the node: line 5 is known: silent-have breaks WANT-4 (not yet)\n\
                 the node: the model with silent-have explains all 6 events\n",
            ))
            .stdout(contains(format!("baseline, as listed: {name}\n")));
    }
    // Something else is listed, or something else fails.
    let other = baseline(&folder, &[("WANT-1", false)]);
    validate(&[&silent], &["--baseline", &other])
        .assert()
        .code(1);
    let known = baseline(&folder, &[("WANT-4", false)]);
    let more = file(&folder, "more", &[SILENT, &[JOINED, HAS]].concat());
    validate(&[&more], &["--baseline", &known])
        .assert()
        .code(1)
        .stdout(contains("line 5 is known"))
        .stdout(contains("not line 9"));
    let wrong = baseline(&folder, &[("WANT-444", false)]);
    validate(&[&silent], &["--baseline", &wrong])
        .assert()
        .code(2)
        .stderr(contains("known.toml"));
}

#[test]
fn what_is_listed_and_shown_to_be_done_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    // Both deviations from HELD-2 and none from it: a block is deleted, and nobody is told.
    let deleted = r#"{"event":"deleted","cid":"BLOCK"}"#;
    let done = file(&folder, "done", &[HEADER, STORED, JOINED, deleted, LEFT]);
    let silent = file(&folder, "silent", SILENT);
    let known = baseline(&folder, &[("HELD-2", false)]);
    validate(&[&done], &["--baseline", &known])
        .assert()
        .code(1)
        .stdout(contains(
            "baseline, stale: a log shows that this is done: HELD-2",
        ));
    // Of a log in which nothing is deleted nothing can be said, and of a part of the logs neither.
    let good = file(&folder, "good", GOOD);
    validate(&[&good], &["--baseline", &known])
        .assert()
        .code(0)
        .stdout(contains("baseline, not seen: HELD-2"));
    validate(&[&done, &good], &["--baseline", &known, "--shard", "1/2"])
        .assert()
        .code(0)
        .stdout(contains(
            "baseline, stale unless another log shows it: HELD-2",
        ));
    let both = baseline(&folder, &[("HELD-2", true), ("WANT-4", false)]);
    validate(&[&done, &silent], &["--baseline", &both])
        .assert()
        .code(0)
        .stdout(contains("baseline, flaky: HELD-2"));
}

/// Starts to follow a file.
fn follow(file: &Path) -> Child {
    std::process::Command::new(assert_cmd::cargo::cargo_bin("blockexc"))
        .args(["trace", "validate", "--follow"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How a command has ended: its exit code and what it wrote.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if since.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it goes on");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

fn append(file: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_log_is_judged_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let growing = file(&folder, "growing", &GOOD[..3]);
    let mut child = follow(&growing);
    // Lines come in pieces.
    let rest = text(&GOOD[3..]);
    append(&growing, &rest[..30]);
    std::thread::sleep(Duration::from_millis(200));
    append(&growing, &rest[30..]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(child.try_wait().unwrap(), None);
    // No input follows the wrong line: it is reported all the same.
    append(&growing, &text(&[ASKED, DENIED]));
    let (code, shown) = ended(child);
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("not line 7"), "{shown}");
    assert!(shown.contains("breaks WANT-4"), "{shown}");

    // The input of a file ends when it is removed.
    let growing = file(&folder, "removed", GOOD);
    let child = follow(&growing);
    std::thread::sleep(Duration::from_millis(200));
    fs::remove_file(&growing).unwrap();
    let (code, shown) = ended(child);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("explains all 4 events"), "{shown}");
}

const SAMPLE: &str = include_str!("../../examples/traces/sample.jsonl");

#[test]
fn the_sample_is_that_of_the_document_and_explained() {
    let document = include_str!("../../docs/traces.md");
    assert!(
        document.contains(SAMPLE),
        "docs/traces.md has another sample"
    );
    validate(&[Path::new("-")], &[])
        .write_stdin(SAMPLE)
        .assert()
        .code(0)
        .stdout(starts_with("Alice: the reference explains all 21 events\n"));
    // It can fail: each line that is sent is missed.
    let lines: Vec<&str> = SAMPLE.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        if line.contains(r#""event": "sent""#) || line.contains("obtained") {
            let without = [&lines[..place], &lines[place + 1..]].concat().join("\n");
            validate(&[Path::new("-")], &[])
                .write_stdin(without)
                .assert()
                .code(1);
        }
    }
}

/// The converter, where there is a Python.
#[test]
fn the_converter_makes_the_sample() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/traces");
    let mut python = std::process::Command::new("python3");
    python
        .arg(format!("{folder}/convert_log.py"))
        .arg(format!("{folder}/node.log"));
    let Ok(output) = python.output() else {
        eprintln!("there is no python3: the converter is not tried");
        return;
    };
    assert_eq!(String::from_utf8(output.stdout).unwrap(), SAMPLE);
}
