//! The drivers in `examples/`, and drivers that break the rules.

use std::sync::OnceLock;
use std::time::Duration;

use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc::vectors::driver::DriverSettings;
use blockexc::vectors::run::run;
use blockexc::vectors::vector::{self, Vector};

use crate::program::{blockexc, example, troubles};

/// Every vector, made once.
pub fn vectors() -> &'static [Vector] {
    static VECTORS: OnceLock<Vec<Vector>> = OnceLock::new();
    VECTORS.get_or_init(|| vector::all().unwrap())
}

/// Whether there is a Python to try drivers with.
pub fn has_python() -> bool {
    let python = std::process::Command::new("python3")
        .arg("--version")
        .output();
    if python.is_err() {
        eprintln!("there is no python3: drivers in Python are not tried");
    }
    python.is_ok()
}

/// Runs the vectors that a driver is asked for by these commands.
pub fn run_on(command: &str, commands: &[&str]) -> RunResult {
    let all = vectors().iter();
    let some: Vec<_> = all.filter(|it| commands.contains(&it.command)).collect();
    let settings = DriverSettings {
        command: command.to_owned(),
        within: Duration::from_secs(10),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let run = run(&some, &settings, some.len(), std::future::pending());
    runtime.block_on(run).unwrap()
}

const CODEC: &[&str] = &["wire", "tree"];
const STATE: &[&str] = &["state", "sequence"];

fn script(name: &str) -> String {
    format!("python3 {}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_drivers_in_python_pass() {
    if !has_python() {
        return;
    }
    for (name, commands) in [("vectors_codec.py", CODEC), ("vectors_state.py", STATE)] {
        let run = run_on(&script(name), commands);
        assert!(troubles(&run).is_empty(), "{name}: {:#?}", troubles(&run));
        assert_eq!(run.counts.pass, run.results.len(), "{name}");
        assert!(run.counts.pass > 100, "{name}");
    }
}

#[test]
fn the_driver_in_rust_passes_and_its_deviations_are_seen() {
    let driver = example("vectors_model");
    let run = run_on(&driver, STATE);
    assert!(troubles(&run).is_empty(), "{:#?}", troubles(&run));
    assert_eq!(run.counts.pass, run.results.len());
    for (deviation, id) in [("presence-unbounded", "PRES-1"), ("ignore-full", "WANT-11")] {
        let run = run_on(&format!("{driver} {deviation}"), STATE);
        let mut results = run.results.iter();
        let accused = results.find(|it| it.verdict.is_missed() && it.requirement == id);
        let accused = accused.unwrap_or_else(|| panic!("{deviation}: {:#?}", troubles(&run)));
        assert!(
            accused.broken_by.contains(&deviation.to_owned()),
            "{accused:#?}"
        );
    }
    // A choice fails nobody.
    for choice in [
        "only-asked",
        "serve-later",
        "cancel-to-holders",
        "refresh-in-full",
    ] {
        let run = run_on(&format!("{driver} {choice}"), STATE);
        assert!(troubles(&run).is_empty(), "{choice}: {:#?}", troubles(&run));
    }
}

/// A driver in a few lines of the shell: it greets, and then does this.
fn shell(then: &str) -> String {
    let hello = r#"{"id":1,"ok":{"version":1,"name":"shell","kinds":["wire"]}}"#;
    format!("sh -c 'read l; echo '\\''{hello}'\\''; {then}'")
}

#[test]
fn what_is_no_answer_accuses_nobody() {
    for (then, reason) in [
        ("read l; exit 3", "the driver does not answer"),
        ("read l; echo nonsense; sleep 9", "no JSON"),
        (
            r#"read l; echo "{\"id\":2,\"ok\":{\"skipped\":[]}}"; sleep 9"#,
            "`message` is an object",
        ),
        (
            r#"read l; echo "{\"id\":2,\"error\":\"out of ink\"}"; sleep 9"#,
            "out of ink",
        ),
    ] {
        let some = &vectors()[..1];
        let wire: Vec<_> = vectors()
            .iter()
            .filter(|it| it.command == "wire")
            .take(1)
            .collect();
        let settings = DriverSettings {
            command: shell(then),
            within: Duration::from_secs(10),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let run = runtime.block_on(run(&wire, &settings, some.len(), std::future::pending()));
        let run = run.unwrap();
        assert_eq!(run.results[0].verdict, Verdict::Inconclusive, "{then}");
        let said = run.results[0].reason.as_deref().unwrap();
        assert!(said.contains(reason), "{then}: {said}");
    }
}

#[test]
fn what_a_driver_does_not_know_is_skipped_with_that_word() {
    let arguments = ["vectors", "run", "--kind", "tree", "-v", "--", "sh", "-c"];
    let hello = r#"{"id":1,"ok":{"version":1,"name":"shell","kinds":[]}}"#;
    let script = format!("read l; echo '{hello}'; read l; echo '{{\"id\":2,\"ok\":{{}}}}'");
    let ended = blockexc(&arguments).arg(&script).assert().success();
    let shown = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    assert!(
        shown.contains("unsupported: the driver has no `tree`"),
        "{shown}"
    );
    let all = [
        "vectors",
        "run",
        "--require-all",
        "--kind",
        "tree",
        "--",
        "sh",
        "-c",
    ];
    blockexc(&all).arg(&script).assert().code(1);
}

#[test]
fn what_cannot_be_run_is_an_error_that_names_it() {
    for (arguments, named) in [
        (&["WNAT-1", "--", "true"][..], "`WNAT-1`"),
        (&["--kind", "wier", "--", "true"], "`wier` is no kind"),
        (&["--", "true"], "the driver `true`"),
        (
            &["--", "no-such-driver-anywhere"],
            "no-such-driver-anywhere",
        ),
        (
            &[
                "--",
                "sh",
                "-c",
                "read l; echo '{\"id\":1,\"ok\":{\"version\":2,\"name\":\"x\",\"kinds\":[]}}'; read l",
            ],
            "version 2",
        ),
    ] {
        let arguments: Vec<&str> = ["vectors", "run"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ended = blockexc(&arguments).assert().code(2);
        let error = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
        assert!(error.contains(named), "{arguments:?}: {error}");
    }
}

/// A baseline of vectors counts as one of scenarios does.
#[test]
fn a_baseline_knows_vectors_and_grows_stale() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fault = folder.path().join("driver.py");
    let text =
        std::fs::read_to_string(script("vectors_codec.py").split_once(' ').unwrap().1).unwrap();
    let faulty = text.replace("if length > limit:", "if length >= limit:");
    std::fs::write(&fault, faulty).unwrap();
    let baseline = folder.path().join("known.toml");
    let entry = |name: &str| {
        let entry =
            format!("[[entry]]\nname = \"{name}\"\nverdict = \"fail\"\nreason = \"known\"\n");
        std::fs::write(&baseline, entry).unwrap();
    };
    let known = baseline.display().to_string();
    let driver = fault.display().to_string();
    let arguments = [
        "vectors",
        "run",
        "WIRE-2",
        "--baseline",
        &known,
        "--",
        "python3",
        &driver,
    ];
    entry("WIRE-2/longest");
    blockexc(&arguments).assert().code(0);
    entry("WIRE-2/too-long");
    blockexc(&arguments).assert().code(1);
    entry("WIRE-2/nothing");
    blockexc(&arguments).assert().code(2);
}
