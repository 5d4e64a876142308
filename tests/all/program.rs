//! The program, started by tests, and what its results come to.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use blockexc::suite::verdict::{RunResult, ScenarioResult, Verdict};

/// The program with these arguments.
pub fn blockexc(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("blockexc").unwrap();
    command.args(arguments).env_remove("RUST_LOG");
    command
}

/// The command of an example, which is built if it is not up to date.
pub fn example(name: &str) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = std::process::Command::new(cargo);
    // What Cargo tells a test of its package some build scripts look at: with it they, and all
    // that needs them, would be built again, and once more after the test.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let built = command
        .args(["build", "--workspace", "--all-features", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success(), "the example does not build");
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).unwrap();
    target.join("examples").join(name).display().to_string()
}

/// `blockexc node` in a process of its own, which ends when this is dropped.
pub struct RunningNode {
    child: Child,
    /// Where it is.
    pub address: String,
}

impl RunningNode {
    /// Starts it with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = std::process::Command::new(cargo_bin("blockexc"));
        command.arg("node").args(arguments).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        // What it holds comes first.
        let address = lines.find(|line| line.starts_with("/ip4/")).unwrap();
        RunningNode { child, address }
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A result in a line, with what it says.
pub fn shown(result: &ScenarioResult) -> String {
    let ScenarioResult {
        scenario,
        verdict,
        expected,
        actual,
        reason,
        ..
    } = result;
    format!("{scenario} {verdict}: {reason:?} {expected:?} {actual:?}")
}

/// What neither passed nor was skipped.
pub fn troubles(run: &RunResult) -> Vec<String> {
    let is_well = |verdict| matches!(verdict, Verdict::Pass | Verdict::Skipped);
    let troubled = run.results.iter().filter(|it| !is_well(it.verdict));
    troubled.map(shown).collect()
}
