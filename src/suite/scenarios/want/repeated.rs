//! WANT-9 and WANT-10: a second entry for an address that is recorded.

use super::steps::{
    answers_want_have, assume_served, brings, brings_held, has_wants, record, send_until, wants,
};
use crate::suite::compose::{list, want_block, want_have};
use crate::suite::control::Capability::Put;
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::WantEntry;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-9",
        summary: "Three wants are recorded; then the first is sent again, with another priority and \
                  sendDontHave.",
        expects: "One entry for it, at its old position, with the new fields.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_again_updates_in_place(harness)),
    },
    Scenario {
        id: "WANT-10",
        summary: "A WantBlock is recorded; then a WantHave with sendDontHave for the same block.",
        expects: "A DontHave item, as for a block without a record.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_of_a_recorded_address_is_answered(harness)),
    },
    Scenario {
        id: "WANT-10/kept",
        summary: "A WantBlock with a priority is recorded; then a WantHave for the same block.",
        expects: "The entry is as it was.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_leaves_the_record(harness)),
    },
    Scenario {
        id: "WANT-10/served",
        summary: "A WantBlock is recorded, then a WantHave for the same block comes, and the target \
                  stores the block.",
        expects: "The block is sent all the same. Another peer that only sent a WantBlock, if it is \
                  not served, makes this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_does_not_silence_the_want(harness)),
    },
    Scenario {
        id: "WANT-10/held",
        summary: "A WantBlock and a WantHave for one held block, in one list.",
        expects: "Its delivery and a Have item.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_beside_a_want_block_of_a_held_block(harness)),
    },
];

async fn want_again_updates_in_place(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses = [harness.address(), harness.address(), harness.address()];
    // In one list: were they in several, a node that takes each for a full one would keep one.
    let before = record(harness, &peer, addresses.iter().map(want_block).collect()).await?;
    // Where the order is unknown, any of them will do.
    let order = before.wants_in_order();
    let again = match &order {
        Ok(order) => order[0].clone(),
        Err(_) => addresses[0].clone(),
    };
    peer.send_confirmed(list([want_block(&again).with_priority(5).with_dont_have()]))
        .await?;
    let expected = WantEntry {
        priority: 5,
        send_dont_have: true,
        ..WantEntry::want_block(again.clone())
    };
    let updated =
        |context: &ContextDump| Ok(context.want(&again)?.is_some_and(|it| it.is_of(&expected)));
    let after = harness.context_when(&peer, updated).await?;
    harness.assume(
        has_wants(&after, addresses.iter().filter(|it| **it != again))?,
        format!(
            "the second list has dropped what it does not name (WANT-12): {}",
            wants(&after)
        ),
    )?;
    harness.require(
        updated(&after)?,
        format!("{} with priority 5 and sendDontHave", short(&again)),
        wants(&after),
    )?;
    harness.require(
        order.is_err() || after.wants_in_order()? == order?,
        format!("one entry for each, {} still the first", short(&again)),
        wants(&after),
    )
}

async fn want_have_of_a_recorded_address_is_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_want_have(harness, &peer).await?;
    for address in [harness.address(), harness.dataset(2).address(1)] {
        peer.send_confirmed(list([want_block(&address)])).await?;
        peer.take_received();
        let question = list([want_have(&address).with_dont_have()]);
        let received =
            send_until(&peer, question, |received| received.has_dont_have(&address)).await?;
        harness.require(
            received.has_dont_have(&address),
            format!("a DontHave item for {}, which is recorded", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn want_have_leaves_the_record(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    let entry = want_block(&address).with_priority(3);
    let before = record(harness, &peer, vec![entry]).await?;
    for entry in [want_have(&address), want_have(&address).with_dont_have()] {
        peer.send_confirmed(list([entry])).await?;
        let after = harness.context(&peer).await?;
        harness.require(
            after.want(&address)? == before.want(&address)?,
            format!("as before, {}", wants(&before)),
            wants(&after),
        )?;
    }
    Ok(())
}

async fn want_have_does_not_silence_the_want(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(list([want_have(&block.address())]))
        .await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer
        .receive_until(|received| brings(received, &block))
        .await?;
    harness.require(
        brings(&received, &block),
        format!("the delivery of {}", short(&block.address())),
        &received,
    )
}

async fn want_have_beside_a_want_block_of_a_held_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let address = &held.address;
    let apart = send_until(&peer, list([want_have(address)]), |received| {
        received.has_have(address)
    })
    .await?;
    harness.assume(
        apart.has_have(address),
        format!("a WantHave alone is not answered with Have (WANT-4): {apart}"),
    )?;
    // Another peer: a node may deliver a block once only to each (WANT-2).
    let other = harness.join().await?;
    let apart = send_until(&other, list([want_block(address)]), |received| {
        brings_held(received, &held)
    })
    .await?;
    harness.assume(
        brings_held(&apart, &held),
        format!("a WantBlock alone is not answered with the delivery (WANT-2): {apart}"),
    )?;
    let both = |received: &Received| brings_held(received, &held) && received.has_have(address);
    let question = list([want_block(address), want_have(address)]);
    let received = send_until(&peer, question, both).await?;
    harness.require(
        both(&received),
        format!(
            "the delivery of {0} and a Have item for {0}",
            short(address)
        ),
        &received,
    )
}
