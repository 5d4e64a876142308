//! Scenarios of section HELD: what the node holds.

use crate::suite::control::Capability::{Delete, Dump, Put, PutDataset, Request, RequestLeaf};
use crate::suite::control::Outcome;
use crate::suite::say::{list, want_block, want_have};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;
use crate::suite::steps;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "HELD-1",
        summary: "A block that one peer is asked for and another waits for is stored by the target's user.",
        expects: "The request completes, the want ends, the first is sent a cancel, the second the block.",
        needs: Needs::control(&[Dump, Request, Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(storing_ends_the_want(stage)),
    },
    Scenario {
        id: "HELD-1/leaf",
        summary: "A leaf is requested; then the target's user stores the dataset.",
        expects: "The request completes.",
        needs: Needs::control(&[RequestLeaf, PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(storing_a_dataset_ends_the_want(stage)),
    },
    Scenario {
        id: "HELD-2",
        summary: "A peer is told Have; then the block is deleted, and the peer asks for it.",
        expects: "Deleting sends nothing; the peer's WantBlock is recorded, and its WantHave is answered \
                  no more with Have.",
        needs: Needs::control(&[Dump, Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(deleting_is_silent(stage)),
    },
];

async fn storing_ends_the_want(stage: &Stage) -> Result<(), Stop> {
    let block = stage.block();
    let address = block.address();
    let (asked, waiting) = (stage.join().await?, stage.join().await?);
    let request = steps::want(stage, &asked, &address).await?;
    steps::be_asked(stage, &asked, &address).await?;
    waiting.tell(list([want_block(&address)])).await?;
    let context = stage
        .context_when(&waiting, |context| context.want(&address).is_some())
        .await?;
    let waits = context.want(&address).is_some();
    stage.put(&block).await?;
    let outcome = stage.outcome(request).await?;
    stage.require(
        outcome == Outcome::Completed(block.data),
        "the request completes",
        &outcome,
    )?;
    let wants = stage.dump().await?.own_wants;
    stage.require(
        wants.iter().all(|(want, _)| *want != address),
        "the want has ended",
        "it is an own want still",
    )?;
    let came = asked.until(|came| came.has_cancel(&address)).await?;
    stage.require(
        came.has_cancel(&address),
        "a cancel entry to the peer that was asked",
        &came,
    )?;
    stage.given(waits, "a WantBlock for a block not held is not recorded")?;
    let came = waiting.until(|came| came.has_delivery(&address)).await?;
    stage.require(
        came.has_delivery(&address),
        "the block to the peer that waits for it",
        &came,
    )
}

async fn storing_a_dataset_ends_the_want(stage: &Stage) -> Result<(), Stop> {
    let dataset = stage.dataset(3);
    let address = dataset.address(2);
    let request = stage.request(&address).await?;
    stage.put_dataset(&dataset).await?;
    let outcome = stage.outcome(request).await?;
    stage.require(
        outcome == Outcome::Completed(dataset.blocks[2].data.clone()),
        "the request completes",
        &outcome,
    )
}

async fn deleting_is_silent(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    let address = block.address();
    stage.put(&block).await?;
    let came = peer.exchange(list([want_have(&address)])).await?;
    stage.given(
        came.has_have(&address),
        format!("a WantHave for a held block is not answered with Have: {came}"),
    )?;
    let before = stage.context(&peer).await?;
    stage.delete(&block.cid).await?;
    let came = peer.barrier().await?;
    stage.require(came.is_nothing(), "nothing sent", &came)?;
    let after = stage.context(&peer).await?;
    stage.require(
        before == after,
        "the context as it was",
        format!("{after:?}"),
    )?;
    let came = peer.exchange(list([want_have(&address)])).await?;
    stage.require(!came.has_have(&address), "no Have any more", &came)?;
    // That a WantBlock is recorded at all is not what this is about.
    let usual = stage.address();
    peer.tell(list([want_block(&usual), want_block(&address)]))
        .await?;
    let context = stage
        .context_when(&peer, |context| context.want(&address).is_some())
        .await?;
    stage.given(
        context.want(&usual).is_some(),
        "a WantBlock for a block that was never held is not recorded either",
    )?;
    stage.require(
        context.want(&address).is_some(),
        "the WantBlock is recorded",
        "it is not",
    )
}
