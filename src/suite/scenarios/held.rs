//! Scenarios of section HELD: what the node holds.

use crate::suite::compose::{list, want_block, want_have};
use crate::suite::control::Capability::{Delete, Dump, Put, PutDataset, Request, RequestLeaf};
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "HELD-1",
        summary: "A block that one peer is asked for and another waits for is stored by the target's user.",
        expects: "The request completes, the want ends, the first is sent a cancel, the second the block.",
        needs: Needs::control(&[Dump, Request, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(storing_ends_the_want(harness)),
    },
    Scenario {
        id: "HELD-1/leaf",
        summary: "A leaf is requested; then the target's user stores the dataset.",
        expects: "The request completes.",
        needs: Needs::control(&[RequestLeaf, PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(storing_a_dataset_ends_the_want(harness)),
    },
    Scenario {
        id: "HELD-1/unwanted",
        summary: "The target's user stores a block that nobody wants.",
        expects: "No peer is sent a cancel for it.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(storing_cancels_nothing_unwanted(harness)),
    },
    Scenario {
        id: "HELD-2",
        summary: "A peer is told Have; then the block is deleted, and the peer asks for it.",
        expects: "Deleting sends nothing; the peer's WantBlock is recorded, and its WantHave is answered \
                  no more with Have.",
        needs: Needs::control(&[Dump, Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(deleting_is_silent(harness)),
    },
];

async fn storing_cancels_nothing_unwanted(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    harness.put(&block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !received.has_cancel(&block.address()),
        "no cancel for a block that was never wanted",
        &received,
    )
}

async fn storing_ends_the_want(harness: &Harness) -> Result<(), Stop> {
    let block = harness.block();
    let address = block.address();
    let asked = harness.join().await?;
    let request = steps::want(harness, &asked, &address).await?;
    steps::be_asked(harness, &asked, &address).await?;
    let waiting = harness.join().await?;
    waiting.send_confirmed(list([want_block(&address)])).await?;
    let context = harness
        .context_when(&waiting, |context| context.has_want(&address))
        .await?;
    let waits = context.has_want(&address)?;
    harness.put(&block).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(block.data),
        "the request completes",
        &outcome,
    )?;
    harness.require(
        !harness.dump().await?.is_wanted(&address)?,
        "the want has ended",
        "it is an own want still",
    )?;
    let received = asked
        .receive_until(|received| received.has_cancel(&address))
        .await?;
    harness.require(
        received.has_cancel(&address),
        "a cancel entry to the peer that was asked",
        &received,
    )?;
    harness.assume(waits, "a WantBlock for a block not held is not recorded")?;
    let received = waiting
        .receive_until(|received| received.has_delivery(&address))
        .await?;
    harness.require(
        received.has_delivery(&address),
        "the block to the peer that waits for it",
        &received,
    )
}

async fn storing_a_dataset_ends_the_want(harness: &Harness) -> Result<(), Stop> {
    let dataset = harness.dataset(3);
    let address = dataset.address(2);
    let request = harness.request(&address).await?;
    harness.put_dataset(&dataset).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(dataset.blocks[2].data.clone()),
        "the request completes",
        &outcome,
    )
}

async fn deleting_is_silent(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    let address = block.address();
    harness.put(&block).await?;
    let received = peer.exchange(list([want_have(&address)])).await?;
    harness.assume(
        received.has_have(&address),
        format!("a WantHave for a held block is not answered with Have: {received}"),
    )?;
    let before = harness.context(&peer).await?;
    harness.delete(&block.cid).await?;
    let received = peer.barrier().await?;
    harness.require(received.is_empty(), "nothing sent", &received)?;
    let after = harness.context(&peer).await?;
    harness.require(
        before == after,
        "the context as it was",
        format!("{after:?}"),
    )?;
    let received = peer.exchange(list([want_have(&address)])).await?;
    harness.require(!received.has_have(&address), "no Have any more", &received)?;
    // That a WantBlock is recorded at all is not what this is about.
    let usual = harness.address();
    peer.send_confirmed(list([want_block(&usual), want_block(&address)]))
        .await?;
    let context = harness
        .context_when(&peer, |context| context.has_want(&address))
        .await?;
    harness.assume(
        context.has_want(&usual)?,
        "a WantBlock for a block that was never held is not recorded either",
    )?;
    harness.require(
        context.has_want(&address)?,
        "the WantBlock is recorded",
        "it is not",
    )
}
