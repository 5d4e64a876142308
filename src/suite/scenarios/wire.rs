//! Scenarios of section WIRE: framing and encoding.

use bytes::Bytes;

use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    id: "WIRE-3",
    summary: "A frame whose bytes are no protobuf, on one of a peer's two streams.",
    expects: "The target closes that stream, goes on with the other, and keeps the connection.",
    needs: Needs::WIRE,
    options: TargetOptions::DEFAULT,
    run: |stage| Box::pin(garbage_closes_its_stream(stage)),
}];

async fn garbage_closes_its_stream(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let good = peer.open_stream().await?;
    let bad = peer.open_stream().await?;
    peer.barrier_on(&good).await?;
    // A length-delimited field that is longer than the frame.
    bad.send_frame(&Bytes::from_static(&[0x0a, 0xff, 0x01, 0x02]))
        .await?;
    let end = bad.end().await;
    // That the others go on is shown first: a target that is gone has ended the stream, too.
    stage.survives(peer.barrier_on(&good).await, "answers on the other stream")?;
    stage.require(end.is_some(), "the stream closed", "the stream left open")
}
