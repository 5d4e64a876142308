//! A relay in a process of its own between peers that want to use up its memory, or to stop it.

use std::time::Duration;

use blockexc::suite::compose::{list, want_have};
use blockexc::suite::fixture::Fixtures;
use blockexc::suite::peer::Peer;
use blockexc::suite::transport::Muxer;

use super::cli::Observer;
use super::told::peer;

/// What the relay's process may take, in KiB.
const MOST_MEMORY: u64 = 400 * 1024;
/// How many streams the peer opens.
const STREAMS: usize = 500;
/// How long a peer waits for one that reads nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// What this peer sends comes to that one.
async fn hears(from: &Peer, to: &Peer, fixtures: &mut Fixtures) {
    let question = fixtures.address();
    let stream = from.open_stream().await.unwrap();
    stream.send(&list([want_have(&question)])).await.unwrap();
    let heard = async {
        loop {
            let received = to.take_received();
            if received
                .want_entries()
                .any(|entry| entry.address == question)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(20), heard).await;
    heard.expect("the other direction goes on");
}

async fn memory_stays_bounded(muxer: Muxer) {
    let nobody = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    let dialled = peer(nobody, muxer);
    let address = dialled.listen().await.unwrap();
    let observer = Observer::start(&["--to", &address.to_string()]);
    let dialling = peer(observer.address.parse().unwrap(), muxer);
    let mut fixtures = Fixtures::new(1, "questions");
    dialling.never_read();
    dialling.connect().await.unwrap();
    hears(&dialling, &dialled, &mut fixtures).await;

    let long = dialling.open_stream().await.unwrap();
    let mut buffer = unsigned_varint::encode::u64_buffer();
    let length = unsigned_varint::encode::u64(1 << 40, &mut buffer);
    let bytes = [length, &[0; 60_000]].concat();
    long.send_raw(bytes).await.unwrap();
    hears(&dialling, &dialled, &mut fixtures).await;

    let mut part = vec![0x80, 0x80, 0x80, 0x02]; // a frame of 4 MiB, of which little comes
    part.resize(20_000, 0);
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let opening = tokio::time::timeout(PATIENCE, dialling.open_stream()).await;
        let Ok(Ok(stream)) = opening else { break };
        stream.send_raw(part.clone()).await.unwrap();
        streams.push(stream);
    }
    assert!(
        streams.len() >= 400,
        "only {} streams were opened",
        streams.len()
    );

    // What one side does not read makes the other wait, and nothing else.
    let unread = dialled.open_stream().await.unwrap();
    let mut sent = 0;
    let answer = vec![0; 1 << 20];
    while sent < 200 {
        let sending = unread.send_raw(answer.clone());
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(Ok(())) => sent += 1,
            _ => break,
        }
    }
    assert!(sent < 100, "{sent} MiB went to a peer that reads nothing");
    streams.truncate(100);
    let last = streams.last().unwrap();
    let still = tokio::time::timeout(PATIENCE, last.send_raw(vec![0; 1000])).await;
    assert!(matches!(still, Ok(Ok(()))), "the other direction goes on");
    let peak = observer.process.peak_memory();
    println!(
        "{muxer:?}: {} streams, at most {peak} KiB resident",
        STREAMS
    );
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
