//! Scenarios of section PRES: presence, limited to what we want.

use std::collections::BTreeSet;

use blockexc_model::price::Price;
use bytes::Bytes;

use crate::suite::compose::{
    account, deliveries, dont_have, have, have_at, list, presences, want_block, want_have,
};
use crate::suite::control::Capability::{Cancel, Dump, Put, Request, RequestLeaf, RetryNow};
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::protobuf::{BlockPresence, Message};
use crate::wire::{Address, BlockCid};

/// The scenarios of this section.
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
    Scenario {
        id: "PRES-6/delivered",
        summary: "Two peers have a wanted block; the one that is asked delivers it.",
        expects: "No context has a record of it any longer.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_go_on_delivery(harness)),
    },
    Scenario {
        id: "PRES-6/stored",
        summary: "Two peers have a wanted block; the target's user stores it.",
        expects: "No context has a record of it any longer.",
        needs: Needs::control(&[Dump, Request, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_go_on_storing(harness)),
    },
    Scenario {
        id: "PRES-6/cancelled",
        summary: "Two peers have a wanted block; its request is cancelled.",
        expects: "No context has a record of it any longer.",
        needs: Needs::control(&[Dump, Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_go_on_cancelling(harness)),
    },
    Scenario {
        id: "PRES-6/given-up",
        summary: "Two peers have a wanted block; every retry is used up.",
        expects: "No context has a record of it any longer.",
        needs: Needs::control(&[Dump, Request, RetryNow]),
        options: TargetOptions {
            retries: Some(0),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(records_go_on_giving_up(harness)),
    },
    Scenario {
        id: "PRES-7",
        summary: "A peer has two wanted blocks; it says Have for one again, sends a want list and an \
                  account, and another peer says DontHave.",
        expects: "Both records stay.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(records_stay(harness)),
    },
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
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unknown_type_is_dont_have(harness)),
    },
];

/// A price whose bytes differ, read from either end.
const PRICE: u64 = 258;
/// A presence type that the protocol does not know.
const UNKNOWN_TYPE: i32 = 7;

async fn has_record(harness: &Harness, peer: &Peer, address: &Address) -> Result<bool, Stop> {
    Ok(harness.context(peer).await?.price_of(address).is_some())
}

async fn records_of_own_wants_only(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let wanted = harness.address();
    let unwanted = [harness.address(), harness.dataset(2).address(1)];
    steps::want(harness, &peer, &wanted).await?;
    let items = [have(&unwanted[0]), have(&wanted), have(&unwanted[1])];
    peer.exchange(presences(items)).await?;
    let dump = harness.dump().await?;
    let wants: BTreeSet<&Address> = dump.own_wants.iter().map(|(address, _)| address).collect();
    let context = harness.context(&peer).await?;
    let strays: Vec<String> = context
        .presence
        .iter()
        .filter(|(address, _)| !wants.contains(address))
        .map(|(address, _)| crate::wire::address::show(address).to_string())
        .collect();
    harness.require(
        strays.is_empty(),
        "records of own wants only",
        format!("records of {}", strays.join(", ")),
    )?;
    harness.assume(
        context.price_of(&wanted).is_some(),
        "the Have for the own want is not recorded either",
    )
}

async fn no_record_of_what_has_just_come(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    let address = block.address();
    steps::want(harness, &peer, &address).await?;
    let both = Message {
        payload: vec![block.delivery()],
        ..presences([have(&address)])
    };
    peer.exchange(both).await?;
    let wants = harness.dump().await?.own_wants;
    harness.assume(
        wants.iter().all(|(want, _)| *want != address),
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
    let block = harness.block();
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
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    for price in [5u8, 7] {
        let item = have_at(&address, vec![price]);
        peer.exchange(presences([item])).await?;
        let recorded = harness.context(&peer).await?.price_of(&address);
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

/// Neither peer's context has a record of what is no own want any more.
async fn no_records(harness: &Harness, address: &Address, peers: [&Peer; 2]) -> Result<(), Stop> {
    let dump = harness.dump().await?;
    harness.assume(
        dump.own_wants.iter().all(|(want, _)| want != address),
        "the want has not ended",
    )?;
    for peer in peers {
        harness.require(
            !has_record(harness, peer, address).await?,
            format!("no record in the context of {}", peer.name()),
            "a record of what is no own want",
        )?;
    }
    Ok(())
}

async fn records_go_on_delivery(harness: &Harness) -> Result<(), Stop> {
    let block: Block = harness.block();
    let address = block.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    first.exchange(deliveries([block.delivery()])).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_go_on_storing(harness: &Harness) -> Result<(), Stop> {
    let block = harness.block();
    let address = block.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    harness.put(&block).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_go_on_cancelling(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    harness.cancel(&address).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_go_on_giving_up(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    harness.retry_now(&address).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_stay(harness: &Harness) -> Result<(), Stop> {
    let (peer, other) = (harness.join().await?, harness.join().await?);
    let addresses = [harness.address(), harness.address()];
    for address in &addresses {
        steps::want(harness, &peer, address).await?;
    }
    peer.exchange(presences(addresses.iter().map(have))).await?;
    for address in &addresses {
        let recorded = has_record(harness, &peer, address).await?;
        harness.assume(recorded, "the Have items are not recorded")?;
    }
    peer.send(presences([have(&addresses[0])])).await?;
    peer.send(list([want_block(&harness.address())])).await?;
    peer.send(account(vec![1; 20])).await?;
    peer.exchange(Message::default()).await?;
    other
        .exchange(presences(addresses.iter().map(dont_have)))
        .await?;
    for address in &addresses {
        harness.require(
            has_record(harness, &peer, address).await?,
            "the record stays",
            "no record",
        )?;
    }
    Ok(())
}

async fn long_price_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
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
        context.price_of(&addresses[0]).is_none(),
        "the item with a price of 33 bytes skipped",
        "a record of it",
    )?;
    for (address, price) in addresses.iter().zip(&prices).skip(1) {
        let recorded = context.price_of(address);
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
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    let items = [1u8, 2].map(|price| have_at(&address, vec![price]));
    peer.exchange(presences(items)).await?;
    let recorded = harness.context(&peer).await?.price_of(&address);
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
            context.presence.len() == wants.len() && context.wants.len() == asked_for.len()
        })
        .await?;
    harness.assume(
        context.presence.len() == wants.len(),
        "not all Have items are recorded",
    )?;
    let have: BTreeSet<Address> = wants.iter().cloned().collect();
    harness.require(
        context.peer_have == have,
        "peer_have: the addresses with a record",
        format!("{:?}", context.peer_have),
    )?;
    let cids = |addresses: &mut dyn Iterator<Item = &Address>| -> BTreeSet<BlockCid> {
        addresses
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    };
    harness.require(
        context.peer_have_cids == cids(&mut wants.iter()),
        "peer_have_cids: the CIDs and tree CIDs of the addresses with a record",
        format!("{:?}", context.peer_have_cids),
    )?;
    let recorded = cids(&mut context.wants.iter().map(|entry| &entry.address));
    harness.require(
        context.peer_wants_cids == recorded,
        "peer_wants_cids: the CIDs and tree CIDs of the recorded wants",
        format!("{:?}", context.peer_wants_cids),
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
