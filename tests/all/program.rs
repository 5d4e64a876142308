//! The program, started by tests, and what its results come to.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

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

/// A process that ends when this is dropped.
pub struct OwnProcess(pub Child);

impl OwnProcess {
    /// Starts the program with these arguments; its standard error is not shown.
    pub fn start(command: &str, arguments: &[&str]) -> Self {
        let mut program = std::process::Command::new(cargo_bin("blockexc"));
        program.arg(command).args(arguments).stderr(Stdio::null());
        OwnProcess(program.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// What it prints. It is there once.
    pub fn output(&mut self) -> BufReader<ChildStdout> {
        BufReader::new(self.0.stdout.take().unwrap())
    }

    /// The most memory that was resident so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let digits = line.unwrap().split_whitespace().nth(1);
        digits.unwrap().parse().unwrap()
    }
}

impl Drop for OwnProcess {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `blockexc node` in a process of its own, which ends when this is dropped.
pub struct RunningNode {
    /// The process.
    pub process: OwnProcess,
    /// Where it is.
    pub address: String,
}

impl RunningNode {
    /// Starts it with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let mut process = OwnProcess::start("node", arguments);
        let mut lines = process.output().lines().map(Result::unwrap);
        // What it holds comes first.
        let address = lines.find(|line| line.starts_with("/ip4/")).unwrap();
        RunningNode { process, address }
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
