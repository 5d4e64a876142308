//! One peer plays the target for another.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::suite::compose::{dont_have, have, list, presences, want_have};
use crate::suite::exchange::Exchange;
use crate::suite::fixture::Fixtures;
use crate::suite::pace::Pace;
use crate::suite::protocol_id::CODEX;
use crate::suite::stream::StreamEnd;
use crate::suite::transport::{KeyType, Muxer};

fn config(target: Multiaddr, muxer: Muxer, seed: u64) -> PeerConfig {
    PeerConfig {
        target,
        exchange: Exchange::new(),
        protocol: CODEX.to_owned(),
        muxers: vec![muxer],
        key_type: KeyType::Secp256k1,
        pace: Pace::new(Duration::from_secs(20)),
        grace: Duration::from_secs(20),
        may_answer_late: false,
        answer_on: AnswerOn::default(),
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(Fixtures::new(seed, "test"))),
        counters: Arc::default(),
    }
}

/// One peer plays the target for another.
async fn pair(muxer: Muxer) -> (Peer, Peer) {
    let target = Peer::new(&config(Multiaddr::empty(), muxer, 1));
    let address = target.listen().await.unwrap();
    let peer = Peer::new(&config(address, muxer, 2));
    peer.connect().await.unwrap();
    (target, peer)
}

async fn barriers_show_what_came_before(muxer: Muxer) {
    let (target, peer) = pair(muxer).await;
    let address = peer.endpoint.config.random(Fixtures::address);
    let asked = address.clone();
    let answering = tokio::spawn(async move {
        let received = target
            .receive_until(|received| received.want_entries().count() == 2)
            .await
            .unwrap();
        let entries: Vec<_> = received.want_entries().cloned().collect();
        assert_eq!(entries[0].address, asked);
        assert!(!entries[0].send_dont_have && entries[1].send_dont_have);
        // On a stream of its own: the barrier does not mind.
        target
            .send(presences([have(&asked), dont_have(&entries[1].address)]))
            .await
            .unwrap();
        target
    });
    let received = peer.exchange(list([want_have(&address)])).await.unwrap();
    assert_eq!(received.presences().count(), 1, "{received}");
    assert!(received.has_have(&address));
    assert!(peer.take_received().is_empty());
    let target = answering.await.unwrap();
    assert!(!target.targets_stream().unwrap().is_ours());
    // Leaving is seen on the other side, and a barrier then reports it.
    peer.leave().await;
    assert!(target.disconnected().await);
    assert!(matches!(
        target.barrier().await,
        Err(PeerError::NoStream { .. })
    ));
}

#[tokio::test]
async fn barriers_show_what_came_before_over_yamux() {
    barriers_show_what_came_before(Muxer::Yamux).await;
}

#[tokio::test]
async fn barriers_show_what_came_before_over_mplex() {
    barriers_show_what_came_before(Muxer::Mplex).await;
}

#[tokio::test]
async fn streams_are_ended_as_told() {
    let (target, peer) = pair(Muxer::Yamux).await;
    let (one, two) = (
        peer.open_stream().await.unwrap(),
        peer.open_stream().await.unwrap(),
    );
    let deadline = target.deadline();
    assert!(
        target
            .endpoint
            .wait(deadline, |_| target.streams().len() == 2)
            .await
    );
    let theirs = target.streams();
    one.finish().await;
    assert_eq!(theirs[0].end().await, Some(StreamEnd::Closed));
    two.send_raw(Bytes::from_static(&[5, 0])).await.unwrap();
    two.reset().await;
    assert!(matches!(
        theirs[1].end().await,
        Some(StreamEnd::Reset(_) | StreamEnd::BadFrame(_))
    ));
    assert!(peer.is_connected());
    // The other way round.
    let theirs = target.open_stream().await.unwrap();
    assert!(
        peer.endpoint
            .wait(deadline, |_| peer.targets_stream().is_some())
            .await
    );
    peer.targets_stream().unwrap().finish().await;
    assert_eq!(theirs.end().await, Some(StreamEnd::Closed));
}

#[tokio::test]
async fn the_protocol_is_negotiated_and_others_are_refused() {
    let (_target, peer) = pair(Muxer::Yamux).await;
    let spoken = peer.negotiate(&["/other/1.0.0", CODEX]).await.unwrap();
    assert_eq!(spoken.as_deref(), Some(CODEX));
    assert_eq!(peer.negotiate(&["/ipfs/id/1.0.0"]).await.unwrap(), None);
}
