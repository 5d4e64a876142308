//! WIRE-7 and WIRE-8: every stream is read; what is cut off or overlong is refused.

use bytes::Bytes;

use super::steps::{answers_usually, bytes_of, question};
use crate::suite::compose::{deliveries, have, presences};
use crate::suite::control::Capability::Request;
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WIRE-7",
        summary: "A Have on a stream that the peer opened.",
        expects: "It is read as on any other: the peer is asked for the block.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(answers_are_read_on_the_peers_stream(harness)),
    },
    Scenario {
        id: "WIRE-7/delivery",
        summary: "A delivery of a wanted block on a stream that the peer opened.",
        expects: "It counts as on any other.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(deliveries_are_read_on_the_peers_stream(harness)),
    },
    Scenario {
        id: "WIRE-7/several",
        summary: "Want lists on two streams of the peer, and on the one that the target opened.",
        expects: "All are answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(lists_are_read_on_every_stream(harness)),
    },
    Scenario {
        id: "WIRE-7/half-closed",
        summary: "A stream with one whole message, closed by the peer for writing right behind it.",
        expects: "The message is answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(half_closed_stream_is_answered(harness)),
    },
    Scenario {
        id: "WIRE-8/truncated",
        summary: "A stream that ends within a length, and one that ends within a frame.",
        expects: "They are dropped quietly; the target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cut_off_frames_are_dropped(harness)),
    },
    Scenario {
        id: "WIRE-8/overlong",
        summary: "A message behind a length in more bytes than it needs.",
        expects: "It is refused: not answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(overlong_length_is_refused(harness)),
    },
];

async fn answers_are_read_on_the_peers_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (known, address) = (harness.address(), harness.address());
    steps::want(harness, &peer, &known).await?;
    steps::want(harness, &peer, &address).await?;
    let Some(targets) = peer.targets_stream() else {
        return Err(Stop::Inconclusive(
            "the target has opened no stream to compare with".to_owned(),
        ));
    };
    let asks = |address: Address| move |received: &Received| received.has_want_block(&address);
    targets.send(&presences([have(&known)])).await?;
    let received = peer.receive_until(asks(known.clone())).await?;
    harness.assume(
        received.has_want_block(&known),
        format!("a Have on the target's own stream is not followed by a WantBlock: {received}"),
    )?;
    let own = peer.open_stream().await?;
    own.send(&presences([have(&address)])).await?;
    let received = peer.receive_until(asks(address.clone())).await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock after a Have on the peer's stream, as after one on the target's",
        &received,
    )
}

async fn deliveries_are_read_on_the_peers_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (known, block) = (harness.manifest(), harness.manifest());
    let usual = steps::want(harness, &peer, &known.address()).await?;
    let request = steps::want(harness, &peer, &block.address()).await?;
    let Some(targets) = peer.targets_stream() else {
        return Err(Stop::Inconclusive(
            "the target has opened no stream to compare with".to_owned(),
        ));
    };
    targets.send(&deliveries([known.delivery()])).await?;
    peer.barrier_on(&targets).await?;
    let outcome = harness.outcome(usual).await?;
    harness.assume(
        outcome == Outcome::Completed(known.data),
        format!("a delivery on the target's own stream does not count: {outcome}"),
    )?;
    let own = peer.open_stream().await?;
    own.send(&deliveries([block.delivery()])).await?;
    peer.barrier_on(&own).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(block.data),
        "the request completes with the block that came on the peer's stream",
        &outcome,
    )
}

async fn lists_are_read_on_every_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let mut streams = vec![peer.open_stream().await?, peer.open_stream().await?];
    streams.extend(peer.targets_stream());
    for stream in &streams {
        let address = harness.address();
        stream.send(&question(&address)).await?;
        let received = peer
            .receive_until(|received| received.has_dont_have(&address))
            .await;
        let received = harness.survives(received, "an answer")?;
        harness.require(
            received.has_dont_have(&address),
            format!("an answer to the question on stream {}", stream.number()),
            &received,
        )?;
    }
    Ok(())
}

async fn half_closed_stream_is_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let address = harness.address();
    let stream = peer.open_stream().await?;
    stream.send(&question(&address)).await?;
    stream.finish().await;
    let received = peer
        .receive_until(|received| received.has_dont_have(&address))
        .await;
    let received = harness.survives(received, "an answer")?;
    harness.require(
        received.has_dont_have(&address),
        "an answer to the question on the stream that was closed behind it",
        &received,
    )
}

async fn cut_off_frames_are_dropped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for cut in [&[0x80][..], &[0xff, 0x01, 0x0a, 0x02][..]] {
        let stream = peer.open_stream().await?;
        stream.send_raw(Bytes::from_static(cut)).await?;
        stream.finish().await;
        let good = peer.open_stream().await?;
        let received = harness.survives(
            peer.barrier_on(&good).await,
            "the target answers on another stream",
        )?;
        harness.require(
            received.presences().next().is_none(),
            "nothing said about it",
            &received,
        )?;
    }
    Ok(())
}

async fn overlong_length_is_refused(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let good = peer.open_stream().await?;
    let address = harness.address();
    let message = bytes_of(&question(&address));
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX);
    harness.assume(length < 0x80, "the message is too long for this")?;
    let bad = peer.open_stream().await?;
    bad.send_raw([&[length | 0x80, 0x00][..], &message].concat())
        .await?;
    // Either the stream is closed, and nothing more comes of it, or the answer is here.
    let answered = peer.receive_until(|received| received.has_dont_have(&address));
    let received = tokio::select! {
        _ = bad.end() => peer.barrier_on(&good).await?,
        received = answered => received?,
    };
    harness.require(
        !received.has_dont_have(&address),
        "a message behind an overlong length refused",
        &received,
    )
}
