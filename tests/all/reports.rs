//! The reports of a run, baselines and parts of campaigns, as the command line makes them.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use blockexc::suite::verdict::{Conclusion, RunResult, Verdict};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

fn blockexc(arguments: &[&str], folder: &Path) -> Command {
    let mut command = program::blockexc(arguments);
    command.current_dir(folder);
    command
}

/// A small run with a pass and failures.
const RUN: &[&str] = &[
    "conform",
    "WANT-5",
    "WANT-6",
    "--seed",
    "7",
    "--deviation",
    "always-dont-have",
];

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

fn result(folder: &Path, file: &str) -> RunResult {
    serde_json::from_str(&read(folder, file)).unwrap()
}

const FILES: &[&str] = &[
    "--json",
    "r.json",
    "--junit",
    "r.xml",
    "--html",
    "r.html",
    "--markdown",
    "r.md",
];

#[test]
fn the_run_and_its_stored_result_give_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = blockexc(RUN, one.path()).args(FILES).assert().code(1);
    let stored = one.path().join("r.json");
    let again = blockexc(&["report", stored.to_str().unwrap()], two.path())
        .args(FILES)
        .assert()
        .success();
    assert_eq!(run.get_output().stdout, again.get_output().stdout);
    for file in ["r.json", "r.xml", "r.html", "r.md"] {
        assert_eq!(read(one.path(), file), read(two.path(), file), "{file}");
    }
}

/// What Jenkins' schema for JUnit allows, which is the strictest of the readers: of each element, its
/// attributes (`!` before what has to be there) and the elements in it.
const JUNIT: &[(&str, &[&str], &[&str])] = &[
    (
        "testsuites",
        &["name", "time", "tests", "failures", "errors"],
        &["testsuite"],
    ),
    (
        "testsuite",
        &[
            "!name",
            "!tests",
            "!failures",
            "!errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
    ),
    (
        "testcase",
        &["!name", "time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("skipped", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("failure", &["type", "message"], &[]),
    ("system-out", &[], &[]),
    ("system-err", &[], &[]),
];

fn check_junit(xml: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(xml).map_err(|error| error.to_string())?;
    for element in document.descendants().filter(|it| it.is_element()) {
        let name = element.tag_name().name();
        let Some((_, attributes, inside)) = JUNIT.iter().find(|(known, ..)| *known == name) else {
            return Err(format!("there is no element {name}"));
        };
        for attribute in element.attributes() {
            let known = |it: &&str| it.trim_start_matches('!') == attribute.name();
            if !attributes.iter().any(known) {
                return Err(format!("{name} has no attribute {}", attribute.name()));
            }
        }
        for needed in attributes.iter().filter_map(|it| it.strip_prefix('!')) {
            if element.attribute(needed).is_none() {
                return Err(format!("{name} lacks {needed}"));
            }
        }
        for child in element.children().filter(|it| it.is_element()) {
            if !inside.contains(&child.tag_name().name()) {
                return Err(format!("{name} has {} in it", child.tag_name().name()));
            }
        }
    }
    Ok(())
}

#[test]
fn junit_is_as_its_readers_want_it() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path()).args(FILES).assert().code(1);
    // Every verdict: of the failing scenarios, one is made each of the others.
    let mut run = result(folder.path(), "r.json");
    let verdicts = [Verdict::Inconclusive, Verdict::Skipped, Verdict::Warning];
    let template = run.results.iter().find(|it| it.verdict == Verdict::Fail);
    let template = template.unwrap().clone();
    for verdict in verdicts {
        let mut result = template.clone();
        result.verdict = verdict;
        result.reason = Some("a reason with <tags> & \u{1} in it".to_owned());
        run.results.push(result);
    }
    run.conclude();
    fs::write(
        folder.path().join("all.json"),
        serde_json::to_string(&run).unwrap(),
    )
    .unwrap();
    blockexc(&["report", "all.json", "--junit", "all.xml"], folder.path())
        .assert()
        .success();
    let xml = read(folder.path(), "all.xml");
    check_junit(&xml).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let count = |name: &str| {
        let all = document.descendants();
        all.filter(|it| it.tag_name().name() == name).count()
    };
    assert_eq!(count("testcase"), run.results.len());
    assert_eq!(count("failure"), run.counts.fail);
    assert_eq!(
        (count("error"), count("skipped"), count("system-out")),
        (1, 1, 1)
    );
    // What is checked can fail.
    assert!(check_junit(&xml.replacen("<testcase name", "<testcase nam", 1)).is_err());
    assert!(check_junit(&xml.replacen("<testsuites ", "<testsuites skipped=\"1\" ", 1)).is_err());
}

/// `BLOCKEXC_BLESS=1` writes the schema anew.
#[test]
fn results_are_as_their_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results.schema.json");
    let schema = schemars::schema_for!(RunResult);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("BLOCKEXC_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stored, text,
        "BLOCKEXC_BLESS=1 writes docs/results.schema.json anew"
    );
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path()).args(FILES).assert().code(1);
    let mut value: Value = serde_json::from_str(&read(folder.path(), "r.json")).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value["results"][0]["verdict"] = "good".into();
    assert!(!validator.is_valid(&value));
}

#[test]
fn the_page_loads_nothing_and_keeps_strange_words_as_text() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path()).args(FILES).assert().code(1);
    let mut run = result(folder.path(), "r.json");
    run.results[0].reason = Some("<script>alert(1)</script>".to_owned());
    fs::write(
        folder.path().join("s.json"),
        serde_json::to_string(&run).unwrap(),
    )
    .unwrap();
    blockexc(&["report", "s.json", "--html", "s.html"], folder.path())
        .assert()
        .success();
    let page = read(folder.path(), "s.html");
    assert!(!page.contains("<script>alert"));
    for loads in ["src=", "href=\"http", "url(", "@import", "fetch("] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(page.contains("<svg") && page.contains("WANT-6"));
}

#[test]
fn conclusions_say_no_more_than_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(
        &[
            "conform", "WANT-5", "--seed", "1", "--brief", "--json", "r.json",
        ],
        folder.path(),
    )
    .assert()
    .success()
    .stdout(contains("Nothing wrong in the").and(contains("conforms").not()));
    assert_eq!(
        result(folder.path(), "r.json").conclusion,
        Conclusion::NothingWrong
    );
    let mut run = result(folder.path(), "r.json");
    run.results[0].verdict = Verdict::Skipped;
    run.options.require_all = true;
    run.conclude();
    assert_eq!(run.conclusion, Conclusion::Incomplete);
}

#[test]
fn brief_names_what_has_trouble_and_shows_no_exchange() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path())
        .arg("--brief")
        .assert()
        .code(1)
        .stdout(contains("  fail         WANT-6\n").and(contains("again:").not()));
}

#[test]
fn a_baseline_accepts_what_is_known_and_refuses_what_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path())
        .args(["--json", "r.json"])
        .assert()
        .code(1);
    blockexc(
        &["baseline", "write", "known.toml", "--from", "r.json"],
        folder.path(),
    )
    .assert()
    .success();
    blockexc(RUN, folder.path())
        .args(["--baseline", "known.toml"])
        .assert()
        .success()
        .stdout(contains("Nothing new wrong"));
    // Without the deviation, all that is listed passes.
    blockexc(&RUN[..5], folder.path())
        .args(["--baseline", "known.toml"])
        .assert()
        .code(1)
        .stdout(contains("stale").and(contains("WANT-6")));
    let reworded =
        read(folder.path(), "known.toml").replacen("reason = \"", "reason = \"agreed: ", 1);
    fs::write(folder.path().join("known.toml"), reworded).unwrap();
    blockexc(
        &["baseline", "write", "known.toml", "--from", "r.json"],
        folder.path(),
    )
    .assert()
    .success();
    assert!(read(folder.path(), "known.toml").contains("reason = \"agreed: "));
    fs::write(
        folder.path().join("wrong.toml"),
        "[[entry]]\nname = \"WNAT-6\"\nverdict = \"fail\"\nreason = \"x\"\n",
    )
    .unwrap();
    blockexc(RUN, folder.path())
        .args(["--baseline", "wrong.toml"])
        .assert()
        .code(2)
        .stderr(contains("wrong.toml").and(contains("did you mean WANT-6")));
}

#[test]
fn parts_put_together_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        blockexc(&["conform", "PRES", "--seed", "3"], folder.path())
            .args(more)
            .assert()
            .success();
    };
    run(&["--json", "whole.json"]);
    for number in 1..=4 {
        let (shard, file) = (format!("{number}/4"), format!("{number}.json"));
        run(&["--shard", &shard, "--json", &file]);
    }
    let files = ["1.json", "2.json", "3.json", "4.json"];
    blockexc(&["report", "merge", "--json", "merged.json"], folder.path())
        .args(files)
        .assert()
        .success();
    let verdicts = |file: &str| -> Vec<(String, Verdict)> {
        let results = result(folder.path(), file).results.into_iter();
        results.map(|it| (it.scenario, it.verdict)).collect()
    };
    assert_eq!(verdicts("merged.json"), verdicts("whole.json"));
    let (merged, whole) = (
        result(folder.path(), "merged.json"),
        result(folder.path(), "whole.json"),
    );
    assert_eq!(merged.conclusion, whole.conclusion);
    assert_eq!(merged.counts, whole.counts);
    let refused = |files: &[&str]| {
        let assert = blockexc(&["report", "merge"], folder.path())
            .args(files)
            .assert()
            .code(2);
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    };
    assert!(refused(&["1.json", "3.json"]).contains("missing: 2/4, 4/4"));
    assert!(refused(&["1.json", "1.json"]).contains("are both part 1/4"));
    assert!(refused(&["whole.json"]).contains("no part of a campaign"));
    blockexc(
        &[
            "conform", "PRES", "--seed", "4", "--shard", "2/4", "--json", "o.json",
        ],
        folder.path(),
    )
    .assert()
    .success();
    assert!(refused(&["1.json", "o.json"]).contains("their seeds differ"));
}

#[test]
fn results_stand_side_by_side_those_that_differ_first() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(RUN, folder.path())
        .args(["--json", "bad.json"])
        .assert()
        .code(1);
    blockexc(&RUN[..5], folder.path())
        .args(["--json", "good.json"])
        .assert()
        .success();
    let table = ["--markdown", "t.md", "--html", "t.html"];
    blockexc(
        &["report", "compare", "bad.json", "good.json"],
        folder.path(),
    )
    .args(table)
    .assert()
    .success()
    .stdout(predicates::function::function(|text: &str| {
        text.find("WANT-6").unwrap() < text.find("WANT-5").unwrap()
    }));
    assert!(read(folder.path(), "t.md").contains("| **WANT-6** | fail | pass |"));
    assert!(read(folder.path(), "t.html").contains("1 of 2 requirements differ"));
}

#[test]
fn a_target_that_is_not_there_leaves_the_older_result() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r.json"), "before").unwrap();
    blockexc(
        &[
            "conform",
            "--target",
            "/ip4/127.0.0.1/tcp/1",
            "--json",
            "r.json",
        ],
        folder.path(),
    )
    .assert()
    .code(2);
    assert_eq!(read(folder.path(), "r.json"), "before");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_keeps_what_it_found() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("blockexc");
    for arguments in [
        &["conform", "--seed", "1", "--json", "r.json"][..],
        &["check", "--json", "r.json"],
        &[
            "simulate", "--hours", "500", "--nodes", "30", "--json", "r.json",
        ],
    ] {
        fs::write(folder.path().join("r.json"), "before").unwrap();
        let child = Command::new(&program)
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let sent = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).to_lowercase();
        assert_eq!(output.status.code(), Some(130), "{arguments:?}: {text}");
        assert!(text.contains("interrupted"), "{arguments:?}: {text}");
        let written: Value = serde_json::from_str(&read(folder.path(), "r.json")).unwrap();
        assert!(written["interrupted"] == true || written["interrupted_at_ms"].is_u64());
    }
}

#[test]
fn completions_and_man_pages_are_made() {
    let folder = tempfile::tempdir().unwrap();
    blockexc(&["completions", "bash"], folder.path())
        .assert()
        .success()
        .stdout(contains("_blockexc"));
    blockexc(&["man", "man"], folder.path()).assert().success();
    assert!(read(folder.path(), "man/blockexc.1").contains(".TH"));
    assert!(read(folder.path(), "man/blockexc-conform.1").contains("baseline"));
}

/// The steps of the action for GitHub are this script: it gives the outputs that the action names.
#[cfg(unix)]
#[test]
fn the_script_for_ci_collects_reports_and_gives_the_outputs_of_the_action() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let mut command = Command::new(root.join("ci/conform.sh"));
        command
            .current_dir(folder.path())
            .env("BLOCKEXC", assert_cmd::cargo::cargo_bin("blockexc"))
            .env("BLOCKEXC_ARGUMENTS", arguments)
            .env("GITHUB_OUTPUT", folder.path().join("outputs"))
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary"));
        command.assert()
    };
    run("WANT-5 WANT-6 --seed 7 --deviation always-dont-have").code(1);
    for file in ["result.json", "junit.xml", "report.html", "summary.md"] {
        assert!(
            folder.path().join("blockexc-reports").join(file).exists(),
            "{file}"
        );
    }
    assert!(read(folder.path(), "summary").contains("does not conform"));
    let outputs = read(folder.path(), "outputs");
    let counts = result(folder.path(), "blockexc-reports/result.json").counts;
    assert!(
        outputs.contains("conclusion=does-not-conform\n"),
        "{outputs}"
    );
    assert!(
        outputs.contains(&format!("\nfail={}\n", counts.fail)),
        "{outputs}"
    );
    assert!(
        outputs.contains(&format!("\npass={}\n", counts.pass)),
        "{outputs}"
    );
    let action = fs::read_to_string(root.join("action.yml")).unwrap();
    for line in outputs.lines() {
        let (name, _) = line.split_once('=').unwrap();
        let output = format!("steps.conform.outputs.{name} }}}}");
        assert!(action.contains(&output), "{name}");
    }
    // A run that cannot begin leaves no older reports that could be taken for its own.
    run("NOTHING").code(2);
    assert!(!folder.path().join("blockexc-reports/result.json").exists());
}
