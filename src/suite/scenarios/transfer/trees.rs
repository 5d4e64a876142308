//! XFER-5 and XFER-6 of leaves: what a forged proof does to the rest of its dataset.
//!
//! A node that misses XFER-4 takes the forged leaf for the right one; that is another scenario's.

use super::setting::{asked_peer, wanted_leaf};
use crate::suite::compose::{deliveries, delivery, have, presences};
use crate::suite::control::Outcome;
use crate::suite::fixture::Dataset;
use crate::suite::harness::Harness;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::wire::protobuf::BlockDelivery;

/// Another block for this leaf, with the leaf's own proof.
fn forged(harness: &Harness, dataset: &Dataset, index: usize) -> BlockDelivery {
    let other = harness.block();
    BlockDelivery {
        proof: Some(dataset.proof(index)),
        ..delivery(&dataset.address(index), &other.cid, other.data)
    }
}

pub(super) async fn leaf_beside_a_forged_one_counts(harness: &Harness) -> Result<(), Stop> {
    right_leaf_counts(harness, true).await
}

pub(super) async fn leaf_after_a_forged_one_counts(harness: &Harness) -> Result<(), Stop> {
    right_leaf_counts(harness, false).await
}

async fn right_leaf_counts(harness: &Harness, in_one_message: bool) -> Result<(), Stop> {
    let (dataset, leaf) = wanted_leaf(harness);
    let right = dataset.address(2);
    let (peer, _) = asked_peer(harness, &leaf).await?;
    let request = steps::want(harness, &peer, &right).await?;
    steps::be_asked(harness, &peer, &right).await?;
    let (wrong, good) = (forged(harness, &dataset, 1), dataset.delivery(2));
    if in_one_message {
        peer.exchange(deliveries([wrong, good])).await?;
    } else {
        peer.exchange(deliveries([wrong])).await?;
        let outcome = harness.outcome(request).await?;
        harness.assume(
            outcome == Outcome::Pending,
            format!("the request for another leaf has ended: {outcome}"),
        )?;
        peer.exchange(deliveries([good])).await?;
    }
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(dataset.blocks[2].data.clone()),
        "the request for the right leaf completes",
        &outcome,
    )
}

pub(super) async fn forged_leaf_is_asked_elsewhere(harness: &Harness) -> Result<(), Stop> {
    let (dataset, leaf) = wanted_leaf(harness);
    let (first, request) = asked_peer(harness, &leaf).await?;
    first
        .exchange(deliveries([forged(harness, &dataset, 1)]))
        .await?;
    let outcome = harness.outcome(request).await?;
    harness.assume(
        !matches!(outcome, Outcome::Completed(_)),
        format!("a leaf that is not proven counts: {outcome}"),
    )?;
    harness.require(outcome == Outcome::Pending, "the request goes on", &outcome)?;
    let second = harness.join().await?;
    second.exchange(presences([have(&leaf)])).await?;
    second.exchange(deliveries([dataset.delivery(1)])).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(dataset.blocks[1].data.clone()),
        "the leaf that another peer delivers completes the request",
        &outcome,
    )
}
