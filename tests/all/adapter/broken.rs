//! Adapters that are broken: the run ends in time, says what was wrong, and leaves no process.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::verdict::Verdict;

use super::super::program::shown;
use super::{named, open, plan};

/// Greets, and reads the command to start.
const GREETS: &str = r#"read line; echo '{"id":1,"ok":{"version":1,"adapter":"a","node":"n","capabilities":["start","stop"]}}'; read line; echo "my last words" >&2;"#;

/// How each is broken, and what is to be said of it.
const BROKEN: &[(&str, &str)] = &[
    ("echo garbage; cat >/dev/null", "what is no JSON: `garbage`"),
    ("echo '[1,2]'; cat >/dev/null", "what is no answer: `[1,2]`"),
    (
        "head -c 100000000 /dev/zero | tr '\\0' x; cat",
        "a line of more than 33554432 bytes",
    ),
    ("exit 3", "it has ended"),
    ("kill -9 $$", "it has ended"),
    ("exec >&-; cat", "it has ended"),
    (
        r#"echo '{"id":7,"ok":{}}'; cat >/dev/null"#,
        "it answers command 7, and 2 is asked",
    ),
    (
        r#"echo '{"id":2}'; cat >/dev/null"#,
        "not one of `ok`, `unsupported` and `error`",
    ),
    (
        r#"echo '{"id":2,"ok":{"addresses":3}}'; cat >/dev/null"#,
        "is not what is expected",
    ),
    (
        r#"echo '{"id":2,"ok":{"addresses":["/ip4/x"],"peer":""}}'; cat >/dev/null"#,
        "names `/ip4/x`",
    ),
    (
        r#"echo '{"id":2,"error":"no disk"}'; cat >/dev/null"#,
        "no disk",
    ),
    (
        r#"echo '{"id":2,"unsupported":true}'; cat >/dev/null"#,
        "does not support it",
    ),
];

/// The processes whose command line has this in it.
fn running(marker: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|it| fs::read_to_string(it.path().join("cmdline")).ok());
    // The words of a command line are told apart by zeros.
    let lines = lines.map(|line| line.replace('\0', " "));
    lines.filter(|line| line.contains(marker)).collect()
}

fn wait_until_gone(marker: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !running(marker).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", running(marker));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_left() {
    for (index, (broken, said)) in BROKEN.iter().enumerate() {
        // Something that goes on beside it, and that nobody ends but the suite.
        let marker = format!("sleep 31415{index:02}");
        let command = format!("{marker} & {GREETS} {broken}");
        let source = open(&command).await.unwrap();
        assert!(!running(&marker).is_empty(), "{broken}");
        let scenarios = named(&["WANT-5", "WANT-6"]);
        let run = runner::run(Arc::new(source), &plan(scenarios), &NoObserver).await;
        for result in &run.results {
            assert_eq!(result.verdict, Verdict::Inconclusive, "{broken}");
            assert!(shown(result).contains(said), "{broken}: {}", shown(result));
        }
        wait_until_gone(&marker);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_are_shown() {
    let source = open(&format!("{GREETS} exit 3")).await.unwrap();
    let run = runner::run(Arc::new(source), &plan(named(&["WANT-5"])), &NoObserver).await;
    let said = shown(&run.results[0]);
    assert!(said.contains("my last words"), "{said}");
}

/// Twice to one command, and while nothing is asked.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_waits_for_is_noticed() {
    let twice = r#"read line; echo '{"id":1,"ok":{"version":1,"adapter":"a","node":"n","capabilities":["start","stop"]}}'; echo '{"id":1,"ok":{}}'; cat >/dev/null"#;
    let source = open(twice).await.unwrap();
    let run = runner::run(Arc::new(source), &plan(named(&["WANT-5"])), &NoObserver).await;
    assert_eq!(run.results[0].verdict, Verdict::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_hangs_does_not_hang_the_run() {
    let marker = "sleep 2718281";
    let start = Instant::now();
    let hangs = r#"read line; echo '{"id":1,"ok":{"version":1,"adapter":"a","node":"n","capabilities":["set_price"],"running":{"addresses":["/ip4/127.0.0.1/tcp/1"],"peer":""}}}';"#;
    let source = open(&format!("{hangs} exec {marker}")).await.unwrap();
    // Its scenario sets a price first.
    let run = runner::run(
        Arc::new(source),
        &plan(named(&["PRES-8/sent"])),
        &NoObserver,
    )
    .await;
    let said = shown(&run.results[0]);
    assert!(
        !matches!(run.results[0].verdict, Verdict::Pass | Verdict::Fail),
        "{said}"
    );
    assert!(start.elapsed() < Duration::from_secs(60));
    wait_until_gone(marker);
}

/// When the suite is killed, what it has started ends, even if it does not look at its input.
#[test]
fn nothing_outlives_a_suite_that_is_killed() {
    let marker = "sleep 1618033";
    let program = assert_cmd::cargo::cargo_bin("blockexc");
    let mut suite = Command::new(program)
        .args([
            "conform",
            "--control",
            &format!("exec:{marker} & exec {marker}"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    // The suite's own command line names it, too.
    while running(marker).len() < 3 {
        assert!(Instant::now() < deadline, "{:?}", running(marker));
        std::thread::sleep(Duration::from_millis(20));
    }
    suite.kill().unwrap();
    suite.wait().unwrap();
    wait_until_gone(marker);
}
