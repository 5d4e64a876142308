//! PRES-8 to PRES-11: prices, items that come twice, the helpers, unknown types.

use std::collections::BTreeSet;

use blockexc_model::price::Price;
use bytes::Bytes;

use crate::suite::compose::{dont_have, have, have_at, list, presences, want_block, want_have};
use crate::suite::control::Capability::{Dump, Request, RequestLeaf};
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::protobuf::BlockPresence;
use crate::wire::{Address, BlockCid};

/// A price whose bytes differ, read from either end.
const PRICE: u64 = 258;

/// A presence type that the protocol does not know.
const UNKNOWN_TYPE: i32 = 7;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "PRES-8",
        summary: "One message with a Have at a price of 33 bytes, one of 32 bytes, one of 2 and one of none.",
        expects: "The first is skipped; the others are recorded at their prices.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(long_price_is_skipped(harness)),
    },
    Scenario {
        id: "PRES-8/sent",
        summary: "A WantHave for a held block, of a target whose price is 258.",
        expects: "A Have at 258: at most 32 bytes, the most significant first.",
        needs: Needs::HELD,
        options: TargetOptions {
            price: PRICE,
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(price_is_sent_big_endian(harness)),
    },
    Scenario {
        id: "PRES-9",
        summary: "One message with two Have items for one own want, at 1 and at 2.",
        expects: "The record has the price 2.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(later_item_wins(harness)),
    },
    Scenario {
        id: "PRES-10",
        summary: "A peer has a plain block and two leaves that the target wants, and wants two blocks itself.",
        expects: "The helpers of the context agree with its records.",
        needs: Needs::control(&[Dump, Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(helpers_agree(harness)),
    },
    Scenario {
        id: "PRES-11",
        summary: "A presence item of an unknown type for an own want.",
        expects: "It counts as DontHave: the peer is not asked for the block.",
        needs: Needs::control(&[Request]).may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unknown_type_is_dont_have(harness)),
    },
];

async fn long_price_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    let addresses: Vec<Address> = (0..4).map(|_| harness.address()).collect();
    for address in &addresses {
        steps::want(harness, &peer, address).await?;
    }
    let prices: [Vec<u8>; 4] = [vec![1; 33], vec![1; 32], vec![1, 2], vec![]];
    let items = addresses.iter().zip(&prices);
    let items = items.map(|(address, price)| have_at(address, price.clone()));
    peer.exchange(presences(items)).await?;
    let context = harness.context(&peer).await?;
    harness.require(
        !context.has_record(&addresses[0])?,
        "the item with a price of 33 bytes skipped",
        "a record of it",
    )?;
    for (address, price) in addresses.iter().zip(&prices).skip(1) {
        let recorded = context.price_of(address)?;
        harness.require(
            recorded.is_some() && recorded == Price::from_big_endian(price).ok(),
            format!(
                "a record at the price of the bytes 0x{}",
                hex::encode(price)
            ),
            format!("{recorded:?}"),
        )?;
    }
    Ok(())
}

async fn price_is_sent_big_endian(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    let held = harness.held().await?.address;
    let received = peer.exchange(list([want_have(&held)])).await?;
    let prices: Vec<Price> = received
        .presences_of(&held)
        .iter()
        .map(|item| item.price)
        .collect();
    harness.assume(
        prices.len() == 1 && prices[0] != Price::ZERO,
        format!("a WantHave for a held block is answered without a price: {received}"),
    )?;
    let expected = Price::from(PRICE);
    harness.require(
        prices == [expected],
        format!("the price {expected}"),
        format!("the price {}", prices[0]),
    )
}

async fn later_item_wins(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    let items = [1u8, 2].map(|price| have_at(&address, vec![price]));
    peer.exchange(presences(items)).await?;
    let recorded = harness.context(&peer).await?.price_of(&address)?;
    harness.assume(recorded.is_some(), "neither item is recorded")?;
    harness.require(
        recorded == Some(Price::from(2)),
        "the price of the later item, 0x2",
        format!("{recorded:?}"),
    )
}

async fn helpers_agree(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    let wants = [harness.address(), dataset.address(0), dataset.address(2)];
    for address in &wants {
        steps::want(harness, &peer, address).await?;
    }
    peer.send(presences(wants.iter().map(have))).await?;
    let asked_for = [harness.address(), harness.dataset(2).address(0)];
    peer.send_confirmed(list(asked_for.iter().map(want_block)))
        .await?;
    let context = harness
        .context_when(&peer, |context| {
            let records = context.presence()?.len();
            Ok(records == wants.len() && context.wants()?.len() == asked_for.len())
        })
        .await?;
    harness.assume(
        context.presence()?.len() == wants.len(),
        "not all Have items are recorded",
    )?;
    let helpers = context.helpers()?;
    let have: BTreeSet<Address> = wants.iter().cloned().collect();
    harness.require(
        helpers.peer_have == have,
        "peer_have: the addresses with a record",
        format!("{:?}", helpers.peer_have),
    )?;
    let cids = |addresses: &mut dyn Iterator<Item = &Address>| -> BTreeSet<BlockCid> {
        addresses
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    };
    harness.require(
        helpers.peer_have_cids == cids(&mut wants.iter()),
        "peer_have_cids: the CIDs and tree CIDs of the addresses with a record",
        format!("{:?}", helpers.peer_have_cids),
    )?;
    let recorded = cids(&mut context.wants()?.iter().map(|entry| &entry.address));
    harness.require(
        helpers.peer_wants_cids == recorded,
        "peer_wants_cids: the CIDs and tree CIDs of the recorded wants",
        format!("{:?}", helpers.peer_wants_cids),
    )
}

async fn unknown_type_is_dont_have(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (plain, odd) = (harness.address(), harness.address());
    steps::want(harness, &peer, &plain).await?;
    steps::want(harness, &peer, &odd).await?;
    let item = BlockPresence {
        r#type: UNKNOWN_TYPE,
        ..have_at(&odd, Bytes::new())
    };
    let received = peer.exchange(presences([item])).await;
    let received = harness.survives(
        received,
        "the item is taken for DontHave, and the target goes on",
    )?;
    let usual = peer.exchange(presences([dont_have(&plain)])).await?;
    harness.assume(
        !usual.has_want_block(&plain),
        "a DontHave makes the target ask for the block, too",
    )?;
    harness.require(!received.has_want_block(&odd), "no WantBlock", &received)
}
