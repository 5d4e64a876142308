//! ASK-8 and ASK-9: a want is pursued anew, and given up in the end.

use super::steps::{asked_peer, hears_of, is_over, two_holders};
use crate::suite::compose::{deliveries, have, presences};
use crate::suite::control::Capability::{Cancel, Dump, Request, RetryNow};
use crate::suite::control::Outcome;
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::steps::{RETRIES, retried};
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// How often a want is pursued anew in the scenarios that wait for the end.
const RETRIES_TO_THE_END: u32 = 2;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "ASK-8",
        summary: "Two peers say Have for a requested block, and the first is asked; the target is \
                  told to pursue the want anew; then again and again, the one that was asked says \
                  Have anew.",
        expects: "Each time the other is asked. Whoever does not answer may be disconnected.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_asks_another_holder(harness)),
    },
    Scenario {
        id: "ASK-8/record",
        summary: "A peer is asked for a requested block; the target is told to pursue the want anew.",
        expects: "No presence record for the block is left for that peer. It may be disconnected.",
        needs: Needs::control(&[Request, RetryNow, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_drops_the_record(harness)),
    },
    Scenario {
        id: "ASK-8/announced",
        summary: "Of three peers, one says Have for a requested block and is asked; the target is \
                  told to pursue the want anew.",
        expects: "Each is sent a WantHave entry again, the asked one unless it is disconnected.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_without_a_holder_announces(harness)),
    },
    Scenario {
        id: "ASK-9",
        summary: "A peer joins and says nothing; a request is pursued anew once more than the \
                  configured number of retries.",
        expects: "The request fails, and the want is over: who joins is not told of it.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions {
            retries: Some(RETRIES_TO_THE_END),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(request_fails_in_the_end(harness)),
    },
    Scenario {
        id: "ASK-9/alone",
        summary: "No peer is there; a request is pursued anew once more than the configured number of \
                  retries.",
        expects: "The request fails all the same.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions {
            retries: Some(RETRIES_TO_THE_END),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(request_fails_without_peers(harness)),
    },
    Scenario {
        id: "ASK-10",
        summary: "A block is requested twice, and the target is told to cancel once; a peer has the \
                  block.",
        expects: "One request goes on: the peer is asked, and its delivery completes it.",
        needs: Needs::control(&[Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(other_requester_gets_the_block(harness)),
    },
];

/// A request that is pursued anew once more than the configured number of retries must fail.
async fn fails_in_the_end(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let request = harness.request(address).await?;
    for _ in 0..=RETRIES_TO_THE_END {
        harness.retry_now(address).await?;
    }
    let outcome = harness.outcome_in_the_end(request).await?;
    harness.require(
        matches!(outcome, Outcome::Failed(_)),
        format!("the request failed after {RETRIES_TO_THE_END} retries"),
        outcome,
    )
}

async fn request_fails_without_peers(harness: &Harness) -> Result<(), Stop> {
    fails_in_the_end(harness, &harness.address()).await
}

async fn other_requester_gets_the_block(harness: &Harness) -> Result<(), Stop> {
    let block = harness.manifest();
    let address = block.address();
    let requests = [
        harness.request(&address).await?,
        harness.request(&address).await?,
    ];
    harness.cancel(requests[1]).await?;
    let peer = harness.join().await?;
    hears_of(&peer, std::slice::from_ref(&address)).await?;
    peer.exchange(presences([have(&address)])).await?;
    peer.exchange(deliveries([block.delivery()])).await?;
    let mut completed = 0;
    for request in requests {
        let outcome = harness.outcome(request).await?;
        completed += usize::from(outcome == Outcome::Completed(block.data.clone()));
    }
    harness.require(
        completed > 0,
        "the request that was not cancelled completes with the block",
        "neither request has completed",
    )
}

/// A node that may ask the same holder again asks another one by chance; not so many times.
async fn retry_asks_another_holder(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let (first, second) = two_holders(harness, &address).await?;
    let (mut asked, mut other) = (&first, &second);
    for _ in 0..RETRIES {
        let (who, received) = retried(harness, [other, asked], &address).await?;
        harness.require(
            who == Some(0),
            format!(
                "a WantBlock for {} to {}, the other holder",
                short(&address),
                other.name()
            ),
            received,
        )?;
        // Its record is gone, unless it says again that it has the block.
        let answered = asked.exchange(presences([have(&address)])).await;
        // Whoever does not answer may be disconnected.
        if answered.is_err() && asked.disconnected().await {
            return Ok(());
        }
        answered?;
        (asked, other) = (other, asked);
    }
    Ok(())
}

async fn retry_drops_the_record(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let peer = asked_peer(harness, &address).await?;
    harness.retry_now(&address).await?;
    let dump = harness.dump().await?;
    let recorded = match dump.context(&peer.id())? {
        Some(context) => context.has_record(&address)?,
        None => false,
    };
    harness.require(
        !recorded,
        format!(
            "no presence record for {} of {}, which has not answered",
            short(&address),
            peer.name()
        ),
        "the record is still there",
    )
}

async fn retry_without_a_holder_announces(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let asked = asked_peer(harness, &address).await?;
    let others = [harness.join().await?, harness.join().await?];
    for peer in &others {
        hears_of(peer, std::slice::from_ref(&address)).await?;
    }
    // Until now, whoever joined heard of it by the own want list.
    for peer in [&asked, &others[0], &others[1]] {
        peer.barrier().await?;
    }
    harness.retry_now(&address).await?;
    for peer in [&others[0], &others[1], &asked] {
        let received = peer
            .receive_until(|received| received.has_want_have(&address))
            .await;
        // Whoever does not answer may be disconnected.
        if received.is_err() && peer.id() == asked.id() && peer.disconnected().await {
            continue;
        }
        let received = received?;
        harness.require(
            received.has_want_have(&address),
            format!(
                "a WantHave entry for {} to {}, again",
                short(&address),
                peer.name()
            ),
            &received,
        )?;
    }
    Ok(())
}

async fn request_fails_in_the_end(harness: &Harness) -> Result<(), Stop> {
    let _peer = harness.join().await?;
    let address = harness.address();
    fails_in_the_end(harness, &address).await?;
    is_over(harness, &address).await
}
