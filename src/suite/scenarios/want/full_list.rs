//! WANT-11 and WANT-12: a full list replaces what is recorded, another adds to it.

use super::steps::{assume_served, brings, record, wants};
use crate::suite::compose::{full_list, list, want_block};
use crate::suite::control::Capability::Put;
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-11",
        summary: "Two wants are recorded; then a list with full = true names the second and a third.",
        expects: "The first is dropped, the others are recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(full_list_replaces(harness)),
    },
    Scenario {
        id: "WANT-11/empty",
        summary: "A want is recorded; then a list with full = true and no entries.",
        expects: "The want is dropped.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(empty_full_list_drops_all(harness)),
    },
    Scenario {
        id: "WANT-11/unserved",
        summary: "A peer asks for a block, then sends a list with full = true that does not name it; \
                  the target stores the block.",
        expects: "The peer is not sent it. Another peer that asked for it, if it is not served, \
                  makes this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(replaced_want_is_not_served(harness)),
    },
    Scenario {
        id: "WANT-12",
        summary: "A want is recorded; then a list with full = false names another.",
        expects: "The first entry is as it was.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(partial_list_adds(harness)),
    },
    Scenario {
        id: "WANT-12/served",
        summary: "A peer asks for a block, then sends a list with full = false that does not name \
                  it; the target stores the block.",
        expects: "The peer is sent it. Another peer that asked for it, if it is not served, makes \
                  this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unnamed_want_is_served(harness)),
    },
];

async fn full_list_replaces(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (dropped, named, new) = (harness.address(), harness.address(), harness.address());
    record(
        harness,
        &peer,
        vec![want_block(&dropped), want_block(&named)],
    )
    .await?;
    peer.send_confirmed(full_list([want_block(&named), want_block(&new)]))
        .await?;
    let replaced = |context: &ContextDump| {
        Ok(!context.has_want(&dropped)? && context.has_want(&named)? && context.has_want(&new)?)
    };
    let context = harness.context_when(&peer, replaced).await?;
    harness.require(
        replaced(&context)?,
        format!("{} and {} only", short(&named), short(&new)),
        wants(&context),
    )
}

async fn empty_full_list_drops_all(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    record(harness, &peer, vec![want_block(&address)]).await?;
    peer.send(full_list([])).await?;
    let gone = |context: &ContextDump| Ok(!context.has_want(&address)?);
    let context = harness.context_when(&peer, gone).await?;
    harness.require(gone(&context)?, "no wants recorded", wants(&context))
}

async fn replaced_want_is_not_served(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let (block, other) = (harness.block(), harness.address());
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(full_list([want_block(&other)])).await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, &block),
        format!(
            "no delivery to {}, whose full list does not name the block",
            peer.name()
        ),
        &received,
    )
}

async fn partial_list_adds(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (address, other) = (harness.address(), harness.address());
    let entry = want_block(&address).with_priority(3);
    let before = record(harness, &peer, vec![entry]).await?;
    peer.send_confirmed(list([want_block(&other)])).await?;
    let after = harness
        .context_when(&peer, |context| context.has_want(&other))
        .await?;
    harness.require(
        after.want(&address)? == before.want(&address)?,
        format!("{} as it was recorded", short(&address)),
        wants(&after),
    )
}

async fn unnamed_want_is_served(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let (block, other) = (harness.block(), harness.address());
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(list([want_block(&other)])).await?;
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
        format!(
            "the delivery of {}, which the second list does not name",
            short(&block.address())
        ),
        &received,
    )
}
