//! WANT-1 and WANT-2: a WantBlock is recorded, or answered with the delivery.

use super::steps::{
    ask_for, brings, brings_held, drawn_by_one_want, no_second_delivery, send_until, wants,
};
use crate::suite::compose::{list, want_block};
use crate::suite::control::Capability::{Delete, Dump, Put};
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::WantEntry;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-1",
        summary: "Two WantBlock entries for blocks that the target does not hold, each in a list of \
                  its own.",
        expects: "Both are recorded, in the order in which they came, as they were sent.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_block_is_recorded(harness)),
    },
    Scenario {
        id: "WANT-1/leaf",
        summary: "A WantBlock entry for a leaf of a dataset that the target does not hold.",
        expects: "It is recorded under its leaf address.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_want_is_recorded(harness)),
    },
    Scenario {
        id: "WANT-1/again",
        summary: "A held block is delivered to a peer, then deleted, and asked for again.",
        expects: "The second WantBlock is recorded.",
        needs: Needs::control(&[Dump, Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_after_a_delivery_is_recorded(harness)),
    },
    Scenario {
        id: "WANT-2",
        summary: "A WantBlock for a block that the target holds.",
        expects: "Its delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_block_is_delivered(harness)),
    },
    Scenario {
        id: "WANT-2/leaf",
        summary: "WantBlock entries for a leaf of a stored dataset, and for the same block by its \
                  own CID.",
        expects: "A delivery for each.",
        needs: Needs::HELD_LEAVES,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_leaf_is_delivered(harness)),
    },
    Scenario {
        id: "WANT-2/forgotten",
        summary: "A WantBlock for a block that the target holds; then a look at the peer's wants.",
        expects: "No entry for it is left.",
        needs: Needs {
            control: &[Dump],
            ..Needs::HELD
        },
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_want_is_forgotten(harness)),
    },
    Scenario {
        id: "WANT-2/again",
        summary: "A held block is asked for and delivered, and asked for again: the first may have been \
                  lost, or refused.",
        expects: "It is delivered again.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_block_is_delivered_again(harness)),
    },
    Scenario {
        id: "WANT-2/single",
        summary: "A WantBlock for a block that the target holds.",
        expects: "One delivery, and no second one.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(one_want_draws_one_delivery(harness)),
    },
    Scenario {
        id: "WANT-2/once",
        summary: "A held block is asked for and delivered; then the target deletes it, and stores it \
                  again.",
        expects: "No second delivery: the want was met.",
        needs: Needs::control(&[Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_want_is_met_once(harness)),
    },
];

async fn want_block_is_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (first, second) = (harness.address(), harness.address());
    peer.send_confirmed(list([want_block(&first).with_priority(3)]))
        .await?;
    let context = harness
        .context_when(&peer, |context| context.has_want(&first))
        .await?;
    let expected = WantEntry {
        priority: 3,
        ..WantEntry::want_block(first.clone())
    };
    harness.require(
        context.want(&first)?.is_some_and(|it| it.is_of(&expected)),
        format!("a WantBlock for {} with priority 3 recorded", short(&first)),
        wants(&context),
    )?;
    peer.send_confirmed(list([want_block(&second).with_dont_have()]))
        .await?;
    let context = harness
        .context_when(&peer, |context| context.has_want(&second))
        .await?;
    let expected = WantEntry {
        send_dont_have: true,
        ..WantEntry::want_block(second.clone())
    };
    harness.require(
        context.want(&second)?.is_some_and(|it| it.is_of(&expected)),
        format!(
            "a WantBlock for {} with sendDontHave recorded",
            short(&second)
        ),
        wants(&context),
    )?;
    harness.assume(
        context.has_want(&first)?,
        "the second list has dropped what the first asked for (WANT-12)",
    )?;
    // Where the order is unknown, it is not judged.
    let order = context.wants_in_order().unwrap_or_default();
    harness.require(
        order.last().is_none_or(|last| *last == second),
        format!("{} appended, at the end", short(&second)),
        wants(&context),
    )
}

async fn leaf_want_is_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let leaf = harness.dataset(3).address(2);
    peer.send_confirmed(list([want_block(&leaf)])).await?;
    let context = harness
        .context_when(&peer, |context| context.has_want(&leaf))
        .await?;
    let expected = WantEntry::want_block(leaf.clone());
    harness.require(
        context.want(&leaf)?.is_some_and(|it| it.is_of(&expected)),
        format!("a WantBlock for {} recorded", short(&leaf)),
        wants(&context),
    )
}

async fn held_block_is_delivered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = ask_for(&peer, &held).await?;
    harness.require(
        brings_held(&received, &held),
        format!("the delivery of {}", short(&held.address)),
        &received,
    )
}

async fn want_after_a_delivery_is_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    let address = block.address();
    harness.put(&block).await?;
    let received = send_until(&peer, list([want_block(&address)]), |received| {
        brings(received, &block)
    })
    .await?;
    harness.assume(
        brings(&received, &block),
        format!("a held block is not delivered: {received}"),
    )?;
    harness.delete(&block.cid).await?;
    peer.send_confirmed(list([want_block(&address)])).await?;
    let context = harness
        .context_when(&peer, |context| Ok(context.want(&address)?.is_some()))
        .await?;
    harness.require(
        context.want(&address)?.is_some(),
        format!("a WantBlock for {} recorded", short(&address)),
        wants(&context),
    )
}

async fn delivered_block_is_delivered_again(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    for is_first in [true, false] {
        let received = ask_for(&peer, &held).await?;
        let is_delivered = brings_held(&received, &held);
        harness.assume(
            is_delivered || !is_first,
            format!("a held block is not delivered: {received}"),
        )?;
        harness.require(
            is_delivered,
            format!("the delivery of {}, again", short(&held.address)),
            &received,
        )?;
    }
    Ok(())
}

async fn one_want_draws_one_delivery(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = drawn_by_one_want(&peer, &held).await?;
    let deliveries = received.deliveries_of(&held.address).len();
    harness.assume(
        deliveries > 0,
        format!("a held block is not delivered: {received}"),
    )?;
    harness.require(
        deliveries == 1,
        format!("one delivery of {}", short(&held.address)),
        &received,
    )
}

async fn held_leaf_is_delivered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.held_leaves(3).await?;
    let block = &dataset.blocks[1];
    for address in [dataset.address(1), block.address()] {
        let received = send_until(&peer, list([want_block(&address)]), |received| {
            brings(received, block)
        })
        .await?;
        harness.require(
            brings(&received, block),
            format!("the delivery of {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn delivered_want_is_forgotten(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = ask_for(&peer, &held).await?;
    harness.assume(
        brings_held(&received, &held),
        format!("a held block is not delivered: {received}"),
    )?;
    let gone = |context: &ContextDump| Ok(!context.has_want(&held.address)?);
    let context = harness.context_when(&peer, gone).await?;
    harness.require(
        gone(&context)?,
        format!("no entry for {}", short(&held.address)),
        wants(&context),
    )
}

async fn delivered_want_is_met_once(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    harness.put(&block).await?;
    let received = send_until(&peer, list([want_block(&block.address())]), |received| {
        brings(received, &block)
    })
    .await?;
    harness.assume(
        brings(&received, &block),
        format!("a held block is not delivered: {received}"),
    )?;
    no_second_delivery(harness, &peer, &block).await
}
