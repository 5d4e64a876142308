//! WIRE-1 to WIRE-3: frames, their limit, and frames that are no message.

use bytes::Bytes;

use super::steps::{GARBAGE, answers_usually, bytes_of, question, serves_another};
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::encode_frame;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WIRE-1",
        summary: "Two frames in one write, and one frame in many.",
        expects: "All three messages are answered, in frames that are messages.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(frames_are_found(harness)),
    },
    Scenario {
        id: "WIRE-2",
        summary: "A length of 2^40 on one of a peer's two streams.",
        expects: "The target closes that stream, goes on with the other, and serves another peer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(long_frame_closes_its_stream(harness)),
    },
    Scenario {
        id: "WIRE-3",
        summary: "A frame whose bytes are no protobuf, on one of a peer's two streams.",
        expects: "The target closes that stream, goes on with the other, and keeps the connection.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(garbage_closes_its_stream(harness)),
    },
];

async fn frames_are_found(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let addresses = [harness.address(), harness.address(), harness.address()];
    let frames: Vec<Bytes> = addresses
        .iter()
        .map(|address| encode_frame(&bytes_of(&question(address))))
        .collect();
    let stream = peer.open_stream().await?;
    stream
        .send_raw([&frames[0][..], &frames[1][..]].concat())
        .await?;
    for chunk in frames[2].chunks(3) {
        stream.send_raw(Bytes::copy_from_slice(chunk)).await?;
    }
    let received = peer.barrier_on(&stream).await?;
    for address in &addresses {
        harness.require(
            received.has_dont_have(address),
            "an answer to each of the three messages",
            &received,
        )?;
    }
    let broken = received.0.iter().find_map(|it| it.undecodable.clone());
    harness.require(
        broken.is_none(),
        "answers that are messages",
        broken.unwrap_or_default(),
    )
}

async fn long_frame_closes_its_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let good = peer.open_stream().await?;
    let bad = peer.open_stream().await?;
    peer.barrier_on(&good).await?;
    let mut buffer = unsigned_varint::encode::u64_buffer();
    let length = unsigned_varint::encode::u64(1 << 40, &mut buffer);
    bad.send_raw([length, &[0x0a; 100]].concat()).await?;
    let end = bad.end().await;
    harness.survives(peer.barrier_on(&good).await, "answers on the other stream")?;
    serves_another(harness).await?;
    harness.require(end.is_some(), "the stream closed", "the stream left open")
}

async fn garbage_closes_its_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let good = peer.open_stream().await?;
    let bad = peer.open_stream().await?;
    peer.barrier_on(&good).await?;
    bad.send_frame(&Bytes::from_static(GARBAGE)).await?;
    let end = bad.end().await;
    // That the others go on is shown first: a target that is gone has ended the stream, too.
    harness.survives(peer.barrier_on(&good).await, "answers on the other stream")?;
    harness.require(end.is_some(), "the stream closed", "the stream left open")
}
