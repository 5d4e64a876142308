//! PRES-6 and PRES-7: when a record goes, and when it stays.

use super::steps::has_record;
use crate::suite::compose::{account, deliveries, dont_have, have, list, presences, want_block};
use crate::suite::control::Capability::{Cancel, Dump, Put, Request, RetryNow};
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::Message;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
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
];

/// Neither peer's context has a record of what is no own want any more.
async fn no_records(harness: &Harness, address: &Address, peers: [&Peer; 2]) -> Result<(), Stop> {
    let dump = harness.dump().await?;
    harness.assume(!dump.is_wanted(address)?, "the want has not ended")?;
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
    let block: Block = harness.manifest();
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
    let (first, second, request) = steps::two_holders(harness, &address).await?;
    harness.cancel(request).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_go_on_giving_up(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    harness.retry_now(&address).await?;
    no_records(harness, &address, [&first, &second]).await
}

async fn records_stay(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses = [harness.address(), harness.address()];
    for address in &addresses {
        steps::want(harness, &peer, address).await?;
    }
    peer.exchange(presences(addresses.iter().map(have))).await?;
    for address in &addresses {
        let recorded = has_record(harness, &peer, address).await?;
        harness.assume(recorded, "the Have items are not recorded")?;
    }
    let other = harness.join().await?;
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
