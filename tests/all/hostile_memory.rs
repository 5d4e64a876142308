//! A node in a process of its own against peers that want to use up its memory (WIRE-2, WIRE-10).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use blockexc::node::{self, NodeHandle, NodeOptions};
use blockexc::suite::compose::{list, want_have};
use blockexc::suite::exchange::Exchange;
use blockexc::suite::fixture::Fixtures;
use blockexc::suite::pace::Pace;
use blockexc::suite::peer::Peer;
use blockexc::suite::peer_config::PeerConfig;
use blockexc::suite::protocol_id::CODEX;
use blockexc::suite::quirks::AnswerOn;
use blockexc::suite::transport::{KeyType, Muxer};
use libp2p::Multiaddr;

use super::program::RunningNode;

/// What the node's process may take, in KiB.
const MOST_MEMORY: u64 = 200 * 1024;
/// How many streams the hostile peer opens.
const STREAMS: usize = 500;
/// How long the hostile peer waits for a node that has stopped reading what it writes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Peers that are to dial this address.
pub fn setting(target: Multiaddr, muxer: Muxer) -> PeerConfig {
    PeerConfig {
        target,
        exchange: Exchange::new(),
        protocol: CODEX.to_owned(),
        muxers: vec![muxer],
        key_type: KeyType::Ed25519,
        pace: Pace::new(Duration::from_secs(20)),
        grace: Duration::from_secs(20),
        may_answer_late: false,
        answer_on: AnswerOn::default(),
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(Fixtures::new(1, "hostile"))),
        counters: Arc::default(),
    }
}

/// Somebody else's question is answered.
async fn serves_others(setting: &PeerConfig) {
    let peer = Peer::new(setting);
    peer.connect().await.unwrap();
    peer.barrier().await.expect("another peer is answered");
}

async fn memory_stays_bounded(muxer: Muxer) {
    let node = RunningNode::start(&[]);
    let setting = setting(node.address.parse().unwrap(), muxer);

    let long = Peer::new(&setting);
    long.connect().await.unwrap();
    let stream = long.open_stream().await.unwrap();
    let mut buffer = unsigned_varint::encode::u64_buffer();
    let length = unsigned_varint::encode::u64(1 << 40, &mut buffer);
    stream
        .send_raw([length, &[0; 60_000]].concat())
        .await
        .unwrap();
    serves_others(&setting).await;

    let greedy = Peer::new(&setting);
    greedy.never_read();
    greedy.connect().await.unwrap();
    let mut opened = 0;
    let mut part = vec![0x80, 0x80, 0x80, 0x20]; // a frame of 64 MiB, of which little comes
    part.resize(20_000, 0);
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        // The node may refuse some, or all that come after.
        let opening = tokio::time::timeout(PATIENCE, greedy.open_stream()).await;
        let Ok(Ok(stream)) = opening else { break };
        opened += 1;
        let _ = tokio::time::timeout(PATIENCE, stream.send_raw(part.clone())).await;
        streams.push(stream);
        if opened % 100 == 0 {
            serves_others(&setting).await;
        }
    }
    // And questions whose answers are never read, until the node stops reading them.
    let asking = greedy.open_stream().await;
    for _ in 0..200 {
        let question =
            (0..100).map(|_| want_have(&setting.random(Fixtures::address)).with_dont_have());
        let Ok(asking) = &asking else { break };
        let asked = tokio::time::timeout(PATIENCE, asking.send(&list(question))).await;
        if !matches!(asked, Ok(Ok(()))) {
            break;
        }
    }
    assert!(opened >= 100, "only {opened} streams were opened");
    serves_others(&setting).await;
    let peak = node.process.peak_memory();
    println!("{muxer:?}: {opened} streams, at most {peak} KiB resident");
    assert!(peak < MOST_MEMORY, "{peak} KiB resident");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_bounded_over_yamux() {
    memory_stays_bounded(Muxer::Yamux).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_bounded_over_mplex() {
    memory_stays_bounded(Muxer::Mplex).await;
}

/// Asks for so many answers, as fast as the node takes questions.
async fn ask_for(peer: &Peer, setting: &PeerConfig, answers: usize) {
    let stream = peer.open_stream().await.unwrap();
    for _ in 0..answers.div_ceil(100) {
        let question =
            (0..100).map(|_| want_have(&setting.random(Fixtures::address)).with_dont_have());
        let asked = tokio::time::timeout(PATIENCE, stream.send(&list(question))).await;
        if !matches!(asked, Ok(Ok(()))) {
            break;
        }
    }
}

/// Waits until the node has no context of this peer any more; says whether that is so in time.
async fn has_left(node: &NodeHandle, peer: &Peer) -> bool {
    let gone = async {
        while node.dump().await.unwrap().contexts.contains_key(&peer.id()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(5 * PATIENCE, gone).await.is_ok()
}

async fn who_does_not_read_is_disconnected(muxer: Muxer) {
    // More than the buffers on the way take.
    const ANSWERS: usize = 200_000;
    let node = node::start(NodeOptions {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        waiting_per_peer: 10_000,
        ..NodeOptions::default()
    })
    .await
    .unwrap();
    let setting = setting(node.addresses()[0].clone(), muxer);

    let reads = Peer::new(&setting);
    reads.connect().await.unwrap();
    ask_for(&reads, &setting, 5_000).await;
    reads.barrier().await.unwrap();

    let greedy = Peer::new(&setting);
    greedy.never_read();
    greedy.connect().await.unwrap();
    ask_for(&greedy, &setting, ANSWERS).await;
    assert!(
        has_left(&node, &greedy).await,
        "{muxer:?}: what is not read may pile up"
    );
    // Nobody else is the worse for it (WIRE-10).
    reads.barrier().await.unwrap();
    serves_others(&setting).await;
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_disconnected_over_yamux() {
    who_does_not_read_is_disconnected(Muxer::Yamux).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_disconnected_over_mplex() {
    who_does_not_read_is_disconnected(Muxer::Mplex).await;
}
