//! The suite's peers listen, and the target connects to them.

use std::sync::Arc;
use std::time::Duration;

use blockexc::node::{self, NodeOptions};
use blockexc::suite::listen::Listen;
use blockexc::suite::plan::Plan;
use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::select::select;
use blockexc::suite::source::{OneNode, RemoteSource};
use blockexc::suite::target::Held;
use blockexc::suite::transport::KeyType;
use blockexc::suite::verdict::{RunResult, Verdict};

use super::conform_rest::stand_in::StandIn;
use super::program::{blockexc, shown};

/// A port that was free a moment ago, and some after it.
fn port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    // Far from those that the system gives to others.
    socket.local_addr().unwrap().port() / 2 + 10_000
}

/// A node that was told who they are dials them again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_was_told_their_addresses_dials_them() {
    let node = node::start(NodeOptions {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        ..NodeOptions::default()
    });
    let node = node.await.unwrap();
    let listen = Listen {
        address: format!("/ip4/127.0.0.1/tcp/{}", port()).parse().unwrap(),
        wait: Some(Duration::from_secs(10)),
    };
    let told = [1, 2, 3, 4].map(|number| listen.dialled_at(number, KeyType::Secp256k1, 3));
    let dialling = tokio::spawn({
        let node = node.clone();
        async move {
            loop {
                for address in &told {
                    // Nobody listens there between two scenarios.
                    let _ = node.connect(address.clone()).await;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let plan = Plan {
        listen: Some(listen),
        keep_passes: true,
        ..Plan::new(select(&["WANT".to_owned()], &[]).unwrap(), 3)
    };
    let source = RemoteSource {
        address: node.addresses()[0].clone(),
        node: OneNode {
            name: "the reference".to_owned(),
            held: Held::default(),
            arguments: Vec::new(),
        },
    };
    let run = runner::run(Arc::new(source), &plan, &NoObserver).await;
    dialling.abort();
    node.shutdown().await;
    let ran = run
        .results
        .iter()
        .filter(|it| it.verdict != Verdict::Skipped);
    let ran: Vec<_> = ran.collect();
    assert!(ran.len() > 5, "{:?}", run.counts);
    for result in ran {
        assert_eq!(result.verdict, Verdict::Pass, "{}", shown(result));
        let texts = || result.exchange.iter().map(|line| line.text.as_str());
        assert!(
            texts().any(|text| text.contains("is connected to")),
            "{}",
            result.scenario
        );
    }
}

/// Through REST `connect` scenarios in which the node asks are played so.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_its_control_tells_to_connects_to_them() {
    let stand_in = StandIn::start(Default::default(), "/api/codex/v1").await;
    let control = format!("rest:{}", stand_in.url());
    let ended = tokio::task::spawn_blocking(move || {
        blockexc(&["conform", "ASK-1", "ASK-4", "--seed", "5", "--json", "-"])
            .args(["--keep-passes", "--control", &control])
            .args(["--listen", "/ip4/127.0.0.1/tcp/0"])
            .assert()
            .success()
    });
    let output = ended.await.unwrap();
    let run: RunResult = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let result = run
        .results
        .iter()
        .find(|it| it.scenario == "ASK-1")
        .unwrap();
    assert_eq!(result.verdict, Verdict::Pass, "{}", shown(result));
    let texts: Vec<&str> = result
        .exchange
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("is connected to")),
        "{texts:?}"
    );
    assert!(
        !texts.iter().any(|text| text.starts_with("connects")),
        "{texts:?}"
    );
    assert!(result.rerun.contains("--listen /ip4/127.0.0.1/tcp/0"));
    stand_in.stop().await;
}

#[test]
fn what_nobody_can_dial_is_refused() {
    let target = ["--target", "/ip4/127.0.0.1/tcp/9", "--seed", "1"];
    for (more, said) in [
        (&["--listen", "/ip4/127.0.0.1/tcp/0"][..], "or --wait"),
        (
            &["--listen", "/unix/x"],
            "/ip4/ADDRESS/tcp/PORT is expected",
        ),
        (
            &["--listen", "/ip4/127.0.0.1/tcp/0", "--wait", "3"],
            "has to know the port",
        ),
    ] {
        blockexc(&["conform"])
            .args(target)
            .args(more)
            .assert()
            .code(2)
            .stderr(predicates::str::contains(said));
    }
}
