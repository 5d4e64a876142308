//! WANT-13 and WANT-14: recorded wants are served when the block is there, and in which order.

use super::steps::{assume_served, brings, has_wants, no_second_delivery, send_until, wants};
use crate::suite::compose::{cancel, deliveries, have, list, presences, want_block, want_have};
use crate::suite::control::Capability::{
    Delete, Dump, Put, PutDataset, Request as RequestBlock, RequestLeaf,
};
use crate::suite::control::Outcome;
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::BlockDelivery;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-13",
        summary: "Two peers ask for a block that the target does not hold; then it stores it.",
        expects: "Each is sent it.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(stored_block_is_sent(harness)),
    },
    Scenario {
        id: "WANT-13/leaf",
        summary: "A peer asks for a leaf of a dataset that the target does not hold; then it stores \
                  the dataset.",
        expects: "The peer is sent the leaf's block.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(stored_leaf_is_sent(harness)),
    },
    Scenario {
        id: "WANT-13/own-cid",
        summary: "A peer asks for a block by its own CID; then the target stores a dataset with that \
                  block.",
        expects: "The peer is sent it.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(stored_leaf_is_sent_by_its_own_cid(harness)),
    },
    Scenario {
        id: "WANT-13/delivered",
        summary: "One peer asks for a block, which the target then requests and is sent by another \
                  peer.",
        expects: "The first peer is sent it.",
        needs: Needs::control(&[RequestBlock]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_block_is_passed_on(harness)),
    },
    Scenario {
        id: "WANT-13/delivered-leaf",
        summary: "One peer asks for a leaf, another for the same block by its own CID; the target \
                  requests the leaf and is sent it by a third peer.",
        expects: "Each is sent it, by its own CID if it is held so.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_leaf_is_passed_on(harness)),
    },
    Scenario {
        id: "WANT-13/once",
        summary: "A peer asks for a block, and is sent it when the target stores it; then the target \
                  deletes it, and stores it again.",
        expects: "No second delivery: the entry went with the first.",
        needs: Needs::control(&[Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(woken_want_is_met_once(harness)),
    },
    Scenario {
        id: "WANT-13/forgotten",
        summary: "A peer asks for a block, and is sent it when the target stores it; then a look at \
                  the peer's wants.",
        expects: "No entry for it is left.",
        needs: Needs::control(&[Put, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(woken_want_is_forgotten(harness)),
    },
    Scenario {
        id: "WANT-14",
        summary: "Four WantBlock entries of different priorities for held blocks, in one list.",
        expects: "The deliveries in order of priority, the highest first.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(highest_priority_first(harness)),
    },
    Scenario {
        id: "WANT-14/woken",
        summary: "A peer asks for three blocks, the second with the highest priority, the others \
                  with the same; the target requests them, and is sent all in one message.",
        expects: "The peer is sent the second, then the first, then the third.",
        needs: Needs::control(&[RequestBlock]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(highest_priority_is_passed_on_first(harness)),
    },
    Scenario {
        id: "WANT-14/cancelled",
        summary: "Three wants are recorded, and the first is cancelled.",
        expects: "The others stay in the order recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_keeps_the_order_recorded(harness)),
    },
];

/// Makes the target request these blocks, which this peer announces and delivers. Inconclusive when
/// a request does not complete.
async fn obtain(
    harness: &Harness,
    from: &Peer,
    wanted: &[(Address, BlockDelivery)],
) -> Result<(), Stop> {
    let mut requests = Vec::new();
    for (address, _) in wanted {
        requests.push(harness.request(address).await?);
    }
    let heard = |received: &Received| {
        wanted
            .iter()
            .all(|(address, _)| !received.entries_for(address).is_empty())
    };
    from.receive_until(heard).await?;
    from.send(presences(wanted.iter().map(|(address, _)| have(address))))
        .await?;
    let asked = |received: &Received| {
        wanted
            .iter()
            .all(|(address, _)| received.has_want_block(address))
    };
    from.receive_until(asked).await?;
    from.send(deliveries(
        wanted.iter().map(|(_, delivery)| delivery.clone()),
    ))
    .await?;
    for request in requests {
        let outcome = harness.outcome_in_the_end(request).await?;
        harness.assume(
            matches!(outcome, Outcome::Completed(_)),
            format!("the target did not obtain the block (XFER-7): {outcome}"),
        )?;
    }
    Ok(())
}

async fn stored_block_is_sent(harness: &Harness) -> Result<(), Stop> {
    let peers = [harness.join().await?, harness.join().await?];
    let block = harness.block();
    for peer in &peers {
        peer.send_confirmed(list([want_block(&block.address())]))
            .await?;
    }
    harness.put(&block).await?;
    for peer in &peers {
        is_sent(harness, peer, &block, &block.address()).await?;
    }
    Ok(())
}

/// The peer is sent this block, which it asked for by this address.
async fn is_sent(
    harness: &Harness,
    peer: &Peer,
    block: &Block,
    address: &Address,
) -> Result<(), Stop> {
    let received = peer
        .receive_until(|received| brings(received, block))
        .await?;
    harness.require(
        brings(&received, block),
        format!("the delivery of {} to {}", short(address), peer.name()),
        &received,
    )
}

async fn stored_leaf_is_sent(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    let leaf = dataset.address(1);
    peer.send_confirmed(list([want_block(&leaf)])).await?;
    harness.put_dataset(&dataset).await?;
    is_sent(harness, &peer, &dataset.blocks[1], &leaf).await
}

async fn stored_leaf_is_sent_by_its_own_cid(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    let block = &dataset.blocks[1];
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put_dataset(&dataset).await?;
    is_sent(harness, &peer, block, &block.address()).await
}

async fn delivered_block_is_passed_on(harness: &Harness) -> Result<(), Stop> {
    let (peer, holder) = (harness.join().await?, harness.join().await?);
    let block = harness.manifest();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    obtain(harness, &holder, &[(block.address(), block.delivery())]).await?;
    is_sent(harness, &peer, &block, &block.address()).await
}

async fn delivered_leaf_is_passed_on(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let by_own_cid = harness.join().await?;
    let holder = harness.join().await?;
    let dataset = harness.dataset(3);
    let (leaf, block) = (dataset.address(1), &dataset.blocks[1]);
    let own = block.address();
    peer.send_confirmed(list([want_block(&leaf)])).await?;
    by_own_cid.send_confirmed(list([want_block(&own)])).await?;
    obtain(harness, &holder, &[(leaf.clone(), dataset.delivery(1))]).await?;
    is_sent(harness, &peer, block, &leaf).await?;
    let held = send_until(&holder, list([want_have(&own)]), |received| {
        received.has_have(&own)
    })
    .await?;
    harness.assume(
        held.has_have(&own),
        format!("the leaf's block is not held under its own CID (XFER-7): {held}"),
    )?;
    is_sent(harness, &by_own_cid, block, &own).await
}

async fn woken_want_is_met_once(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &peer, &block).await?;
    no_second_delivery(harness, &peer, &block).await
}

async fn woken_want_is_forgotten(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &peer, &block).await?;
    let gone = |context: &ContextDump| Ok(!context.has_want(&block.address())?);
    let context = harness.context_when(&peer, gone).await?;
    harness.require(
        gone(&context)?,
        format!("no entry for {}, which was sent", short(&block.address())),
        wants(&context),
    )
}

/// The order in which these blocks first came, as their positions, counted from one.
fn order_of(received: &Received, blocks: &[Block]) -> Vec<usize> {
    let mut order = Vec::new();
    for delivered in received.deliveries() {
        let position = blocks
            .iter()
            .position(|block| block.data == delivered.block.data);
        if let Some(position) = position.map(|position| position + 1)
            && !order.contains(&position)
        {
            order.push(position);
        }
    }
    order
}

async fn comes_in_order(
    harness: &Harness,
    peer: &Peer,
    blocks: &[Block],
    expected: &[usize],
) -> Result<(), Stop> {
    let all = |received: &Received| blocks.iter().all(|block| brings(received, block));
    let received = peer.receive_until(all).await?;
    harness.assume(
        all(&received),
        format!("not every block is delivered (WANT-2, WANT-13): {received}"),
    )?;
    let order = order_of(&received, blocks);
    let named = |places: &[usize]| {
        let names: Vec<String> = places
            .iter()
            .map(|position| short(&blocks[position - 1].address()))
            .collect();
        names.join(", ")
    };
    harness.require(
        order == expected,
        format!("the deliveries in the order {}", named(expected)),
        format!("the order {}", named(&order)),
    )
}

async fn highest_priority_first(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let blocks = [
        harness.block(),
        harness.block(),
        harness.block(),
        harness.block(),
    ];
    for block in &blocks {
        harness.put(block).await?;
    }
    // No two the same: in which order the entries are handled is for WANT-15 to ask.
    let priorities = [1, 7, 0, 4];
    let entries = blocks.iter().zip(priorities);
    peer.send(list(entries.map(|(block, priority)| {
        want_block(&block.address()).with_priority(priority)
    })))
    .await?;
    comes_in_order(harness, &peer, &blocks, &[2, 4, 1, 3]).await
}

async fn highest_priority_is_passed_on_first(harness: &Harness) -> Result<(), Stop> {
    let (peer, holder) = (harness.join().await?, harness.join().await?);
    let blocks = [harness.manifest(), harness.manifest(), harness.manifest()];
    // Each in a list of its own, so that the order recorded is beyond doubt.
    for (block, priority) in blocks.iter().zip([1, 2, 1]) {
        peer.send_confirmed(list([want_block(&block.address()).with_priority(priority)]))
            .await?;
    }
    let wanted: Vec<_> = blocks
        .iter()
        .map(|block| (block.address(), block.delivery()))
        .collect();
    obtain(harness, &holder, &wanted).await?;
    comes_in_order(harness, &peer, &blocks, &[2, 1, 3]).await
}

async fn cancel_keeps_the_order_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses = [harness.address(), harness.address(), harness.address()];
    // In one list: were they in several, a node that takes each for a full one would keep one.
    // And without a barrier's question, which some nodes record as the last.
    peer.send(list(addresses.iter().map(want_block))).await?;
    let all = |context: &ContextDump| has_wants(context, &addresses);
    let before = harness.context_when(&peer, all).await?;
    harness.assume(
        all(&before)?,
        format!(
            "not every want is recorded (WANT-1, WANT-12): {}",
            wants(&before)
        ),
    )?;
    let [cancelled, remaining @ ..] = &before.wants_in_order()?[..] else {
        return Err(Stop::Inconclusive(
            "nothing is recorded (WANT-1)".to_owned(),
        ));
    };
    peer.send(list([cancel(cancelled)])).await?;
    let after = harness
        .context_when(&peer, |context| Ok(!context.has_want(cancelled)?))
        .await?;
    harness.assume(
        !after.has_want(cancelled)? && has_wants(&after, remaining)?,
        format!(
            "a cancel entry removes what it names, and nothing else (WANT-8, WANT-12): {}",
            wants(&after)
        ),
    )?;
    let names: Vec<String> = remaining.iter().map(short).collect();
    harness.require(
        after.wants_in_order()? == remaining,
        format!("the wants in the order recorded: {}", names.join(", ")),
        wants(&after),
    )
}
