//! The suite against a node that it steers through a REST interface: a stand-in serves the paths of
//! deployed nodes in front of this project's node.

pub mod stand_in;

use std::sync::Arc;
use std::time::Duration;

use blockexc::suite::plan::Plan;
use blockexc::suite::rest::Rest;
use blockexc::suite::rest_source::RestSource;
use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::scenarios;
use blockexc::suite::source::OneNode;
use blockexc::suite::target::Held;
use blockexc::suite::transport::Muxer;
use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::{Deviation, Deviations};

use super::program::troubles;
use stand_in::StandIn;

const LONG: Duration = Duration::from_secs(20);

async fn run(deviations: Deviations, prefix: &'static str) -> RunResult {
    let stand_in = StandIn::start(deviations, prefix).await;
    let rest = Rest::find(&stand_in.url(), LONG).await.unwrap();
    let info = rest.info().await.unwrap();
    let source = RestSource {
        address: info.addresses[0].clone(),
        rest,
        node: OneNode {
            name: "the stand-in".to_owned(),
            held: Held::default(),
            arguments: Vec::new(),
        },
    };
    let plan = Plan {
        // What does not come is waited for so long, scenario by scenario.
        timeout: Duration::from_secs(3),
        muxers: vec![Muxer::Yamux],
        ..Plan::new(scenarios::all().collect(), 5)
    };
    let run = runner::run(Arc::new(source), &plan, &NoObserver).await;
    stand_in.stop().await;
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_behind_it_passes() {
    let run = run(Deviations::none(), "/api/storage/v1").await;
    assert_eq!(troubles(&run), Vec::<String>::new());
    assert!(run.counts.pass >= 60, "{:?}", run.counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_behind_it_misses_is_found() {
    let deviations = [Deviation::AlwaysDontHave].into_iter().collect();
    let run = run(deviations, "/api/codex/v1").await;
    let failed: Vec<&str> = run
        .results
        .iter()
        .filter(|result| result.verdict == Verdict::Fail)
        .map(|result| result.requirement.as_str())
        .collect();
    assert!(
        !failed.is_empty() && failed.iter().all(|id| *id == "WANT-6"),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_such_interface_is_named() {
    let error = Rest::find("nowhere", LONG).await.unwrap_err();
    assert!(error.contains("`nowhere` is no URL"), "{error}");
    let stand_in = StandIn::start(Deviations::none(), "/other/v1").await;
    let error = Rest::find(&stand_in.url(), LONG).await.unwrap_err();
    assert!(
        error.contains("no node's REST interface") && error.contains("404"),
        "{error}"
    );
    stand_in.stop().await;
}

/// The suite starts the node's process, and asks its interface where the node is.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_the_suite_starts_is_steered_through_it() {
    let stand_in = StandIn::start(Deviations::none(), "/api/storage/v1").await;
    let control = format!("rest:{}", stand_in.url());
    let conform = |start: &'static str, control: String| {
        tokio::task::spawn_blocking(move || {
            assert_cmd::Command::cargo_bin("blockexc")
                .unwrap()
                .args([
                    "conform", "ASK-1", "WANT-5", "--json", "-", "--start", start,
                ])
                .args(["--start-within", "2", "--control", &control])
                .assert()
        })
    };
    let output = conform("exec sleep 600", control.clone())
        .await
        .unwrap()
        .success();
    let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(troubles(&run), Vec::<String>::new());
    assert!(run.counts.pass >= 2, "{:?}", run.counts);
    let (_, url) = control.split_once(':').unwrap();
    assert!(run.target.name.contains(url), "{}", run.target.name);
    let again = &run.results[0].rerun;
    assert!(again.contains("--control rest:") && again.contains("--start 'exec sleep 600'"));
    stand_in.stop().await;
    let nobody = conform("echo up >&2; exec sleep 600", control)
        .await
        .unwrap();
    nobody
        .code(2)
        .stderr(predicates::str::contains(
            "has no REST interface within 2 s",
        ))
        .stderr(predicates::str::contains("up"));
}

/// The adapter that is written in Python, where there is a Python.
#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_in_python_steers_it_too() {
    let mut python = std::process::Command::new("python3");
    if python.arg("--version").output().is_err() {
        eprintln!("there is no python3: the adapter is not tried");
        return;
    }
    let stand_in = StandIn::start(Deviations::none(), "/api/codex/v1").await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/adapter_rest.py");
    let control = format!("exec:python3 {script} {}", stand_in.url());
    let ended = tokio::task::spawn_blocking(move || {
        assert_cmd::Command::cargo_bin("blockexc")
            .unwrap()
            .args([
                "conform", "ASK", "WANT", "WIRE", "--seed", "5", "--json", "-",
            ])
            .args(["--timeout", "3", "--control", &control])
            .assert()
    });
    let output = ended.await.unwrap();
    let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(troubles(&run), Vec::<String>::new());
    let requests = run
        .results
        .iter()
        .find(|it| it.scenario == "ASK-1")
        .unwrap();
    assert_eq!(requests.verdict, Verdict::Pass, "{requests:#?}");
    stand_in.stop().await;
}
