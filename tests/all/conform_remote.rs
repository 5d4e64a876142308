//! The suite against a node that it can reach by its address only, as any foreign node.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use assert_cmd::Command;
use blockexc::node::{self, NodeHandle, NodeOptions};
use blockexc::suite::exchange::Exchange;
use blockexc::suite::fixture::Fixtures;
use blockexc::suite::pace::Pace;
use blockexc::suite::peer::Peer;
use blockexc::suite::peer_config::PeerConfig;
use blockexc::suite::plan::Plan;
use blockexc::suite::probe::{self, Unreachable};
use blockexc::suite::protocol_id::{CODEX, STORAGE};
use blockexc::suite::quirks::AnswerOn;
use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::scenarios;
use blockexc::suite::source::{OneNode, RemoteSource};
use blockexc::suite::target::{Held, HeldBlock};
use blockexc::suite::transport::{KeyType, Muxer};
use blockexc::suite::verdict::{Conclusion, Verdict};
use blockexc::wire::{Address, BlockCid};
use blockexc_model::{Deviation, Deviations};
use libp2p::Multiaddr;
use predicates::str::contains;

use super::program::troubles;

async fn node(protocol: &str, key_type: node::KeyType) -> NodeHandle {
    let options = NodeOptions {
        keypair: key_type.generate(),
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        protocol: protocol.to_owned(),
        ..NodeOptions::default()
    };
    node::start(options).await.unwrap()
}

fn plan(muxer: Muxer, key_type: KeyType) -> Plan {
    Plan {
        timeout: Duration::from_secs(20),
        muxers: vec![muxer],
        key_type,
        ..Plan::new(scenarios::all().collect(), 5)
    }
}

async fn the_reference_passes(muxer: Muxer, theirs: node::KeyType, ours: KeyType) {
    let node = node(CODEX, theirs).await;
    let data = bytes::Bytes::from_static(b"held by the target");
    let held = node.put(data.clone()).await.unwrap();
    let source = RemoteSource {
        address: node.addresses()[0].clone(),
        node: OneNode {
            name: "the reference".to_owned(),
            held: Held {
                blocks: vec![HeldBlock {
                    address: Address::Plain(held),
                    data: Some(data),
                }],
                trees: Vec::new(),
            },
            arguments: Vec::new(),
        },
    };
    let plan = plan(muxer, ours);
    probe::reach(&source, &plan).await.unwrap();
    let run = runner::run(Arc::new(source), &plan, &NoObserver).await;
    assert_eq!(troubles(&run), Vec::<String>::new());
    assert_eq!(run.conclusion, Conclusion::NothingWrong);
    assert!(run.counts.pass > 0);
    let skipped = run.results.iter().filter(|r| r.verdict == Verdict::Skipped);
    for result in skipped {
        let reason = result.reason.as_deref().unwrap();
        assert!(
            reason.starts_with("needs "),
            "{}: {reason}",
            result.scenario
        );
    }
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_yamux_with_ed25519() {
    the_reference_passes(Muxer::Yamux, node::KeyType::Ed25519, KeyType::Ed25519).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_mplex_with_secp256k1() {
    the_reference_passes(Muxer::Mplex, node::KeyType::Secp256k1, KeyType::Secp256k1).await;
}

/// One held block, named often, draws a message that no deployed node reads.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_beyond_the_limit_is_seen_from_the_wire() {
    for (deviations, verdict) in [
        (Deviations::none(), Verdict::Pass),
        (
            Deviations::of(&[Deviation::UnboundedMessage]),
            Verdict::Fail,
        ),
    ] {
        let node = node::start(NodeOptions {
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            deviations,
            ..NodeOptions::default()
        });
        let node = node.await.unwrap();
        let held = node.put(vec![7; 64 * 1024].into()).await.unwrap();
        let source = remote(&node.addresses()[0], held);
        let plan = Plan {
            scenarios: scenarios::all().filter(|it| it.id == "XFER-9").collect(),
            ..plan(Muxer::Yamux, KeyType::Ed25519)
        };
        let run = runner::run(Arc::new(source), &plan, &NoObserver).await;
        assert_eq!(run.results[0].verdict, verdict, "{:?}", troubles(&run));
        node.shutdown().await;
    }
}

/// Others use the target, too: its user requests blocks all the time, and another node does.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_shared_is_not_accused_of_what_others_do() {
    let (node, other) = (
        node(CODEX, node::KeyType::Ed25519).await,
        node(CODEX, node::KeyType::Ed25519).await,
    );
    other.connect(node.addresses()[0].clone()).await.unwrap();
    let users = [node.clone(), other.clone()].map(|busy| {
        tokio::spawn(async move {
            let mut wanted = Fixtures::new(7, &busy.peer_id().to_string());
            loop {
                busy.start_request(wanted.address()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    });
    let source = RemoteSource {
        address: node.addresses()[0].clone(),
        node: OneNode {
            name: "the reference".to_owned(),
            held: Held::default(),
            arguments: Vec::new(),
        },
    };
    let plan = Plan {
        keep_passes: true,
        ..plan(Muxer::Yamux, KeyType::Ed25519)
    };
    let run = runner::run(Arc::new(source), &plan, &NoObserver).await;
    for user in users {
        user.abort();
    }
    assert_eq!(troubles(&run), Vec::<String>::new());
    let mut lines = run.results.iter().flat_map(|result| &result.exchange);
    assert!(lines.any(|line| line.text.contains("wants of others")));
    node.shutdown().await;
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_protocol_is_named() {
    // A node of that protocol is not part of this project: a peer that agrees to it will do.
    let rewrite = Peer::new(&PeerConfig {
        target: Multiaddr::empty(),
        exchange: Exchange::new(),
        protocol: STORAGE.to_owned(),
        muxers: vec![Muxer::Mplex],
        key_type: KeyType::Secp256k1,
        pace: Pace::new(Duration::from_secs(20)),
        grace: Duration::from_secs(20),
        may_answer_late: false,
        answer_on: AnswerOn::OwnStream,
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(Fixtures::new(9, "rewrite"))),
        counters: Arc::default(),
    });
    let address = rewrite.listen().await.unwrap();
    let source = RemoteSource {
        address: address.clone(),
        node: OneNode {
            name: "the rewrite".to_owned(),
            held: Held::default(),
            arguments: Vec::new(),
        },
    };
    let reached = probe::reach(&source, &plan(Muxer::Mplex, KeyType::Ed25519)).await;
    assert!(matches!(reached, Err(Unreachable::Rewrite { .. })));
    let address = address.to_string();
    let ended = tokio::task::spawn_blocking(move || {
        Command::cargo_bin("blockexc")
            .unwrap()
            .args(["conform", "--target", &address])
            .assert()
    });
    ended
        .await
        .unwrap()
        .code(2)
        .stderr(contains("Logos Storage's rewrite of 2026"));
}

/// The node at this address, which is known to hold this block.
pub fn remote(address: &Multiaddr, held: BlockCid) -> RemoteSource {
    RemoteSource {
        address: address.clone(),
        node: OneNode {
            name: "a node".to_owned(),
            held: Held {
                blocks: vec![HeldBlock {
                    address: Address::Plain(held),
                    data: None,
                }],
                trees: Vec::new(),
            },
            arguments: Vec::new(),
        },
    }
}
