//! ASK-7: a request is cancelled.

use super::steps::{asked_peer, hears_of, is_over, two_holders};
use crate::suite::compose::{have, presences};
use crate::suite::control::Capability::{Cancel, Put, Request, RequestLeaf, RetryNow};
use crate::suite::control::{Outcome, RequestId};
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::scenario::Scenario;
use crate::suite::steps::be_asked_instead;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "ASK-7",
        summary: "A peer is asked for a requested block, then the target is told to cancel.",
        expects: "It reports true, the peer is sent a cancel entry, and the want is over: who joins \
                  is not told of it, and who says Have is not asked.",
        needs: Needs::control(&[Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_is_announced_to_the_asked(harness)),
    },
    Scenario {
        id: "ASK-7/leaf",
        summary: "The same with a leaf of a dataset.",
        expects: "It reports true, the peer is sent a cancel entry, and the want is over.",
        needs: Needs::control(&[RequestLeaf, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_a_leaf_is_announced_to_the_asked(harness)),
    },
    Scenario {
        id: "ASK-7/retried",
        summary: "A peer is asked for a requested block and does not answer, another is asked in its \
                  place; then the target is told to cancel.",
        expects: "Each of the two is sent a cancel entry.",
        needs: Needs::control(&[Request, Cancel, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_is_announced_to_all_who_were_asked(harness)),
    },
    Scenario {
        id: "ASK-7/nothing",
        summary: "The target is told to cancel a request that has completed, for a block that it \
                  holds, and one that it has cancelled before.",
        expects: "It reports false each time, and the peer is sent nothing about the first.",
        needs: Needs::control(&[Request, Cancel, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_nothing_is_silent(harness)),
    },
];

async fn cancelling_is_announced_to_the_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    cancelling_ends(harness, &address).await
}

async fn cancelling_a_leaf_is_announced_to_the_asked(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    cancelling_ends(harness, &leaf).await
}

/// The target is told to cancel an own want, and must report true.
async fn reports_true(harness: &Harness, request: RequestId) -> Result<(), Stop> {
    harness.require(
        harness.cancel(request).await?,
        format!("true, for request {} is pending", request.0),
        "the target reports false",
    )
}

/// This peer, which was asked, must be sent a cancel entry.
async fn is_sent_a_cancel(harness: &Harness, peer: &Peer, address: &Address) -> Result<(), Stop> {
    let received = peer
        .receive_until(|received| received.has_cancel(address))
        .await?;
    harness.require(
        received.has_cancel(address),
        format!(
            "a cancel entry for {} to {}, which was asked for it",
            short(address),
            peer.name()
        ),
        &received,
    )
}

async fn cancelling_ends(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let request = harness.request(address).await?;
    let asked = asked_peer(harness, address).await?;
    let unasked = harness.join().await?;
    hears_of(&unasked, std::slice::from_ref(address)).await?;
    reports_true(harness, request).await?;
    is_sent_a_cancel(harness, &asked, address).await?;
    is_over(harness, address).await?;
    let received = unasked.exchange(presences([have(address)])).await?;
    harness.require(
        !received.has_want_block(address),
        format!("no WantBlock for {}, which is cancelled", short(address)),
        &received,
    )
}

async fn cancelling_is_announced_to_all_who_were_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let request = harness.request(&address).await?;
    let (first, second) = two_holders(harness, &address).await?;
    be_asked_instead(harness, &second, &first, &address).await?;
    reports_true(harness, request).await?;
    is_sent_a_cancel(harness, &second, &address).await?;
    harness.assume(
        first.is_connected(),
        format!("{} is disconnected after the retry", first.name()),
    )?;
    is_sent_a_cancel(harness, &first, &address).await
}

async fn cancelling_nothing_is_silent(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.block();
    harness.put(&held).await?;
    let address = held.address();
    let completed = harness.request(&address).await?;
    let outcome = harness.outcome_in_the_end(completed).await?;
    harness.assume(
        outcome == Outcome::Completed(held.data),
        format!("a request for a block that is held does not complete (ASK-3): {outcome}"),
    )?;
    // What was sent because of the request is ASK-3's.
    peer.barrier().await?;
    reports_false(harness, completed).await?;
    let received = peer.barrier().await?;
    harness.require(
        received.entries_for(&address).is_empty(),
        format!("no entry for {}, which is no own want", short(&address)),
        &received,
    )?;
    let cancelled = harness.request(&harness.address()).await?;
    reports_true(harness, cancelled).await?;
    reports_false(harness, cancelled).await
}

async fn reports_false(harness: &Harness, request: RequestId) -> Result<(), Stop> {
    harness.require(
        !harness.cancel(request).await?,
        format!("false, for request {} is over", request.0),
        "the target reports true",
    )
}
