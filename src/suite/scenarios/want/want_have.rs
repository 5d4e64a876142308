//! WANT-3 to WANT-7: a WantHave is answered and not recorded; when DontHave is sent.

use blockexc_model::price::Price;

use super::steps::{assume_served, brings, send_until, wants};
use crate::suite::compose::{list, want_block, want_have};
use crate::suite::control::Capability::Put;
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// A price that reads the same in either byte order, as 8 bytes: how prices are encoded is for
/// PRES-8 to ask.
const PALINDROMIC_PRICE: u64 = 0x0700_0000_0000_0007;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-3",
        summary: "WantHave entries for a plain block and a leaf that the target does not hold, with \
                  and without sendDontHave.",
        expects: "None of them is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_is_not_recorded(harness)),
    },
    Scenario {
        id: "WANT-3/unserved",
        summary: "One peer sends a WantHave for a block, another a WantBlock; then the target stores \
                  the block.",
        expects: "The first is not sent the block: it has not asked for it. The second, if it is \
                  not served, makes this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_is_no_order(harness)),
    },
    Scenario {
        id: "WANT-4",
        summary: "A WantHave for a block that the target holds, with and without sendDontHave.",
        expects: "A Have item for that address each time.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(have_for_a_held_block(harness)),
    },
    Scenario {
        id: "WANT-4/leaf",
        summary: "WantHave entries for a leaf of a stored dataset, and for the same block by its own \
                  CID.",
        expects: "A Have item for each, under the address that was asked about.",
        needs: Needs::HELD_LEAVES,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(have_for_a_held_leaf(harness)),
    },
    Scenario {
        id: "WANT-4/price",
        summary: "A WantHave for a block that the target holds, of a target with a price.",
        expects: "A Have item with that price.",
        needs: Needs::HELD,
        options: TargetOptions {
            price: PALINDROMIC_PRICE,
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(have_names_the_price(harness)),
    },
    Scenario {
        id: "WANT-5",
        summary: "A WantHave with sendDontHave for a block that the target does not hold.",
        expects: "A DontHave item for that address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_when_asked_for(harness)),
    },
    Scenario {
        id: "WANT-5/leaf",
        summary: "A WantHave with sendDontHave for a leaf of a dataset that the target does not hold.",
        expects: "A DontHave item for the leaf's address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_for_a_leaf(harness)),
    },
    Scenario {
        id: "WANT-6",
        summary: "A WantHave without sendDontHave for a block that the target does not hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(silence_when_not_asked_for(harness)),
    },
    Scenario {
        id: "WANT-6/leaf",
        summary: "A WantHave without sendDontHave for a leaf of a dataset that the target does not \
                  hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(silence_about_a_leaf(harness)),
    },
    Scenario {
        id: "WANT-7",
        summary: "WantBlock entries with sendDontHave for a plain block and a leaf that the target \
                  does not hold.",
        expects: "A DontHave item for each.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_for_a_want_block(harness)),
    },
];

async fn want_have_is_not_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (plain, leaf) = (harness.address(), harness.dataset(2).address(1));
    for entry in [
        want_have(&plain),
        want_have(&leaf).with_dont_have(),
        want_have(&plain).with_priority(1),
    ] {
        peer.send_confirmed(list([entry])).await?;
        let context = harness.context(&peer).await?;
        harness.require(
            !context.has_want(&plain)? && !context.has_want(&leaf)?,
            "no entry for a WantHave",
            wants(&context),
        )?;
    }
    Ok(())
}

async fn want_have_is_no_order(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_have(&block.address())]))
        .await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, &block),
        format!("no delivery to {}, which only sent a WantHave", peer.name()),
        &received,
    )
}

async fn have_for_a_held_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let address = &held.address;
    for entry in [want_have(address), want_have(address).with_dont_have()] {
        let received =
            send_until(&peer, list([entry]), |received| received.has_have(address)).await?;
        harness.require(
            received.has_have(address) && !received.has_dont_have(address),
            format!("a Have item for {}", short(address)),
            &received,
        )?;
    }
    Ok(())
}

async fn have_for_a_held_leaf(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.held_leaves(3).await?;
    for address in [dataset.address(2), dataset.blocks[2].address()] {
        let received = send_until(&peer, list([want_have(&address)]), |received| {
            received.has_have(&address)
        })
        .await?;
        harness.require(
            received.has_have(&address),
            format!("a Have item for {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn have_names_the_price(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    let held = harness.held().await?;
    let received = send_until(&peer, list([want_have(&held.address)]), |received| {
        received.has_have(&held.address)
    })
    .await?;
    harness.assume(
        received.has_have(&held.address),
        format!("a held block is not answered with Have: {received}"),
    )?;
    let price = Price::from(PALINDROMIC_PRICE);
    harness.require(
        received
            .presences_of(&held.address)
            .iter()
            .all(|presence| presence.price == price),
        format!("a Have item with the price {price}"),
        &received,
    )
}

async fn dont_have_when_asked_for(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_answered_dont_have(harness, &address).await
}

async fn dont_have_for_a_leaf(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_answered_dont_have(harness, &leaf).await
}

async fn is_answered_dont_have(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let question = list([want_have(address).with_dont_have()]);
    let received = send_until(&peer, question, |received| received.has_dont_have(address)).await?;
    harness.require(
        received.has_dont_have(address) && !received.has_have(address),
        format!("a DontHave item for {}", short(address)),
        &received,
    )
}

async fn silence_when_not_asked_for(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_not_answered(harness, &address).await
}

async fn silence_about_a_leaf(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_not_answered(harness, &leaf).await
}

async fn is_not_answered(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let received = peer.exchange(list([want_have(address)])).await?;
    harness.require(
        received.presences_of(address).is_empty() && !received.has_delivery(address),
        format!("no answer about {}", short(address)),
        &received,
    )
}

async fn dont_have_for_a_want_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for address in [harness.address(), harness.dataset(2).address(1)] {
        let question = list([want_block(&address).with_dont_have()]);
        let received =
            send_until(&peer, question, |received| received.has_dont_have(&address)).await?;
        harness.require(
            received.has_dont_have(&address),
            format!("a DontHave item for {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}
