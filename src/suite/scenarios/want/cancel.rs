//! WANT-8: a cancel entry removes the recorded want and is not answered.

use super::steps::{assume_served, brings, brings_held, drawn_by_one_want, record, wants};
use crate::suite::compose::{WANT_BLOCK, cancel, list, want_block};
use crate::suite::control::Capability::Put;
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::wantlist::Entry;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-8",
        summary: "Cancel entries for blocks that the target neither holds nor was asked for, typed \
                  WantHave and WantBlock, with sendDontHave.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_is_not_answered(harness)),
    },
    Scenario {
        id: "WANT-8/held",
        summary: "Cancel entries for a block that the target holds, typed WantHave and WantBlock, \
                  with sendDontHave.",
        expects: "No answer: neither presence nor delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_of_a_held_block_is_not_answered(harness)),
    },
    Scenario {
        id: "WANT-8/removed",
        summary: "A want is recorded, and cancelled.",
        expects: "The entry is gone.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_removes_the_entry(harness)),
    },
    Scenario {
        id: "WANT-8/unrecorded",
        summary: "Cancel entries for blocks without a record, typed WantHave and WantBlock.",
        expects: "Nothing is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_is_not_recorded(harness)),
    },
    Scenario {
        id: "WANT-8/unserved",
        summary: "A peer asks for a block and cancels, another then asks for it; the target stores \
                  it.",
        expects: "The first is not sent the block. The second, if it is not served, makes this \
                  inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelled_want_is_not_served(harness)),
    },
];

/// Cancel entries for this address with every other field that could mislead.
fn cancels_of(address: &Address) -> [Entry; 2] {
    let typed_want_have = cancel(address).with_dont_have().with_priority(1);
    let typed_want_block = Entry {
        want_type: WANT_BLOCK,
        ..typed_want_have.clone()
    };
    [typed_want_have, typed_want_block]
}

async fn cancel_is_not_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for address in [harness.address(), harness.dataset(2).address(0)] {
        for entry in cancels_of(&address) {
            let received = peer.exchange(list([entry])).await?;
            harness.require(
                received.presences_of(&address).is_empty(),
                format!("no answer to the cancel entry for {}", short(&address)),
                &received,
            )?;
        }
    }
    Ok(())
}

async fn cancel_of_a_held_block_is_not_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    for entry in cancels_of(&held.address) {
        let received = peer.exchange(list([entry])).await?;
        harness.require(
            received.presences_of(&held.address).is_empty() && !brings_held(&received, &held),
            format!("no answer to the cancel entry for {}", short(&held.address)),
            &received,
        )?;
    }
    // A node may put deliveries off until after a barrier's answer. One that is asked for comes
    // behind them.
    let received = drawn_by_one_want(&peer, &held).await?;
    harness.assume(
        brings_held(&received, &held),
        format!("a WantBlock is not answered with the delivery (WANT-2): {received}"),
    )?;
    let deliveries = received.deliveries().count();
    if deliveries == 1 {
        return Ok(());
    }
    // What one WantBlock draws by itself is not this scenario's.
    let alone = drawn_by_one_want(&peer, &held).await?;
    harness.require(
        deliveries <= alone.deliveries().count(),
        format!(
            "one delivery of {}, for the WantBlock",
            short(&held.address)
        ),
        format!("{deliveries} deliveries: {received}"),
    )
}

async fn cancel_removes_the_entry(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for (address, index) in [(harness.address(), 0), (harness.dataset(2).address(1), 1)] {
        record(harness, &peer, vec![want_block(&address)]).await?;
        let [typed_want_have, typed_want_block] = cancels_of(&address);
        let entry = if index == 0 {
            typed_want_have
        } else {
            typed_want_block
        };
        peer.send_confirmed(list([entry])).await?;
        let gone = |context: &ContextDump| Ok(!context.has_want(&address)?);
        let context = harness.context_when(&peer, gone).await?;
        harness.require(
            gone(&context)?,
            format!("no entry for {}, which was cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancel_is_not_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    for entry in cancels_of(&address) {
        peer.send_confirmed(list([entry])).await?;
        let context = harness.context(&peer).await?;
        harness.require(
            !context.has_want(&address)?,
            format!("no entry for {}, which was only cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancelled_want_is_not_served(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(list([cancel(&block.address())]))
        .await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, &block),
        format!("no delivery to {}, which has cancelled", peer.name()),
        &received,
    )
}
