//! PRES-1 to PRES-5: which presence items make a record, change it or remove it.

use std::collections::BTreeSet;

use blockexc_model::price::Price;

use super::steps::has_record;
use crate::suite::compose::{
    deliveries, dont_have, have, have_at, list, presences, want_block, want_have,
};
use crate::suite::control::Capability::{Dump, Request};
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::Message;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "PRES-1",
        summary: "A peer says Have for a block that the target wants, and for two that it does not.",
        expects: "Its context has a record of the first, and of nothing that is no own want.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_of_own_wants_only(harness)),
    },
    Scenario {
        id: "PRES-1/delivered",
        summary: "A peer says Have for a wanted block and delivers it, in one message.",
        expects: "No record of what is no own want any longer.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(no_record_of_what_has_just_come(harness)),
    },
    Scenario {
        id: "PRES-2",
        summary: "A peer names an own want in a WantHave, a WantBlock and a delivery, but not in a Have.",
        expects: "No record of it.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_by_have_only(harness)),
    },
    Scenario {
        id: "PRES-3",
        summary: "A DontHave for an own want, from a peer without a record of it.",
        expects: "No record of it, and no WantBlock.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_creates_no_record(harness)),
    },
    Scenario {
        id: "PRES-3/elsewhere",
        summary: "Two peers have a wanted block; the one that is asked for it says DontHave.",
        expects: "Its record goes, and the other one is asked.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_makes_another_be_asked(harness)),
    },
    Scenario {
        id: "PRES-4",
        summary: "A Have at a price of 5, later one at 7.",
        expects: "The record has the price 7.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(later_price_replaces(harness)),
    },
    Scenario {
        id: "PRES-5",
        summary: "A peer says Have for a block that the target does not want yet; then it wants it.",
        expects: "The peer is sent a WantHave for it, as for any new want, and no WantBlock.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unwanted_have_leaves_no_trace(harness)),
    },
];

async fn records_of_own_wants_only(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let wanted = harness.address();
    let unwanted = [harness.address(), harness.dataset(2).address(1)];
    steps::want(harness, &peer, &wanted).await?;
    let items = [have(&unwanted[0]), have(&wanted), have(&unwanted[1])];
    peer.exchange(presences(items)).await?;
    let dump = harness.dump().await?;
    let wants: BTreeSet<&Address> = dump.own_wants()?.into_iter().collect();
    let context = harness.context(&peer).await?;
    let strays: Vec<String> = context
        .presence()?
        .iter()
        .filter(|record| !wants.contains(&record.address))
        .map(|record| crate::wire::address::show(&record.address).to_string())
        .collect();
    harness.require(
        strays.is_empty(),
        "records of own wants only",
        format!("records of {}", strays.join(", ")),
    )?;
    harness.assume(
        context.has_record(&wanted)?,
        "the Have for the own want is not recorded either",
    )
}

async fn no_record_of_what_has_just_come(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    steps::want(harness, &peer, &address).await?;
    let both = Message {
        payload: vec![block.delivery()],
        ..presences([have(&address)])
    };
    peer.exchange(both).await?;
    harness.assume(
        !harness.dump().await?.is_wanted(&address)?,
        "the delivery of a peer that was not asked does not count",
    )?;
    harness.require(
        !has_record(harness, &peer, &address).await?,
        "no record of a block that is no own want any longer",
        "a record",
    )
}

async fn records_by_have_only(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    steps::want(harness, &peer, &address).await?;
    let cut = block.data.slice(1..);
    let broken = crate::suite::compose::delivery(&address, &block.cid, cut);
    peer.exchange(list([want_have(&address), want_block(&address)]))
        .await?;
    harness.require(
        !has_record(harness, &peer, &address).await?,
        "no record after a want list",
        "a record",
    )?;
    peer.exchange(deliveries([broken])).await?;
    harness.require(
        !has_record(harness, &peer, &address).await?,
        "no record after a delivery that does not count",
        "a record",
    )
}

async fn dont_have_creates_no_record(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    let received = peer.exchange(presences([dont_have(&address)])).await?;
    harness.require(
        !has_record(harness, &peer, &address).await?,
        "no record",
        "a record",
    )?;
    harness.require(
        !received.has_want_block(&address),
        "no WantBlock",
        &received,
    )
}

async fn dont_have_makes_another_be_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    steps::only_asked(harness, &first, &address).await?;
    first.exchange(presences([dont_have(&address)])).await?;
    harness.require(
        !has_record(harness, &first, &address).await?,
        "no record of a block that the peer says it does not have",
        "a record",
    )?;
    let received = second
        .receive_until(|received| received.has_want_block(&address))
        .await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock to the other holder",
        &received,
    )
}

async fn later_price_replaces(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    for price in [5u8, 7] {
        let item = have_at(&address, vec![price]);
        peer.exchange(presences([item])).await?;
        let recorded = harness.context(&peer).await?.price_of(&address)?;
        let expected = Price::from(u64::from(price));
        if price == 5 {
            harness.assume(
                recorded == Some(expected),
                format!("the first Have is recorded as {recorded:?}"),
            )?;
        } else {
            harness.require(
                recorded == Some(expected),
                format!("{expected:?}"),
                format!("{recorded:?}"),
            )?;
        }
    }
    Ok(())
}

async fn unwanted_have_leaves_no_trace(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let usual = harness.address();
    harness.request(&usual).await?;
    let received = peer
        .receive_until(|received| received.has_want_have(&usual))
        .await?;
    harness.assume(
        received.has_want_have(&usual) && !received.has_want_block(&usual),
        format!("a want that nobody spoke of is not announced as usual: {received}"),
    )?;
    let address = harness.address();
    peer.exchange(presences([have(&address)])).await?;
    harness.request(&address).await?;
    let received = peer
        .receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.require(
        received.has_want_have(&address) && !received.has_want_block(&address),
        "a WantHave, and no WantBlock",
        &received,
    )
}
