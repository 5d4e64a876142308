//! Scenarios of section XFER: deliveries, where a want ends.

use bytes::Bytes;

use crate::suite::control::Capability::{Dump, Put, PutDataset, Request, RequestLeaf, RetryNow};
use crate::suite::control::{Outcome, RequestId};
use crate::suite::material::{Block, Dataset};
use crate::suite::peer::Peer;
use crate::suite::say::{deliveries, delivery, have, list, presences, want_block, want_have};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;
use crate::suite::steps;
use crate::wire::Address;
use crate::wire::protobuf::BlockDelivery;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "XFER-1",
        summary: "A WantBlock for a held block, by its plain address.",
        expects: "A delivery with the address as asked for, the block's CID and its data.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivery_is_complete(stage)),
    },
    Scenario {
        id: "XFER-1/leaf",
        summary: "A WantBlock for a held leaf of a dataset.",
        expects: "A delivery with the leaf's address, the block's CID, its data, and a proof that verifies.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(leaf_delivery_is_complete(stage)),
    },
    Scenario {
        id: "XFER-2",
        summary: "A right delivery for an address that the target does not want.",
        expects: "It is ignored: the target does not have the block afterwards.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(unwanted_delivery_is_ignored(stage)),
    },
    Scenario {
        id: "XFER-3/other-block",
        summary: "The peer that is asked for a block delivers another, valid one under its address.",
        expects: "The request stays pending.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(other_block_does_not_count(stage)),
    },
    Scenario {
        id: "XFER-3/other-data",
        summary: "The peer that is asked for a block delivers data that does not hash to its CID.",
        expects: "The request stays pending.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(other_data_does_not_count(stage)),
    },
    Scenario {
        id: "XFER-4/unproven",
        summary: "Another block is delivered for a wanted leaf, with the leaf's own proof.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(unproven_leaf_does_not_count(stage)),
    },
    Scenario {
        id: "XFER-4/no-proof",
        summary: "The right block is delivered for a wanted leaf, without a proof.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(leaf_without_proof_does_not_count(stage)),
    },
    Scenario {
        id: "XFER-4/other-index",
        summary: "A block of the dataset is delivered for a wanted leaf, with a proof of its own place.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(leaf_of_another_index_does_not_count(stage)),
    },
    Scenario {
        id: "XFER-5",
        summary: "One message with data that does not match its CID for one want, and the right block \
                  for another.",
        expects: "The right one counts, the other does not.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(others_still_count(stage)),
    },
    Scenario {
        id: "XFER-6",
        summary: "Two peers have a wanted block; the one that is asked delivers another block for it.",
        expects: "Its record goes, and the other one is asked.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(asked_elsewhere_after_a_wrong_delivery(stage)),
    },
    Scenario {
        id: "XFER-7",
        summary: "A plain block that the target wants is delivered by the peer it asked.",
        expects: "The request completes, the want ends, and the block is held.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivery_completes(stage)),
    },
    Scenario {
        id: "XFER-7/leaf",
        summary: "A block is wanted as a leaf and by its own CID; the leaf is delivered.",
        expects: "Both requests complete, and the block is held under both addresses.",
        needs: Needs::control(&[Dump, Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(leaf_delivery_completes_both(stage)),
    },
    Scenario {
        id: "XFER-7/cancels",
        summary: "A block was asked of one peer in vain, then of another, which delivers it.",
        expects: "The first is sent a cancel entry.",
        needs: Needs::control(&[Dump, Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(others_are_sent_a_cancel(stage)),
    },
    Scenario {
        id: "XFER-8",
        summary: "A wanted block is delivered by a peer that it was not asked of.",
        expects: "It may be taken or ignored, but wholly: the request completes and the block is held, \
                  or neither.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivery_of_somebody_else(stage)),
    },
    Scenario {
        id: "XFER-9",
        summary: "One list asks for four blocks that do not fit into one message together.",
        expects: "All are delivered, in messages within the limit.",
        needs: Needs::control(&[Put]),
        options: TargetOptions {
            frame_limit: Some(FRAME_LIMIT),
            ..TargetOptions::DEFAULT
        },
        run: |stage| Box::pin(messages_are_within_the_limit(stage)),
    },
];

/// The longest frame of the target that is asked for more than that.
const FRAME_LIMIT: u64 = 64 * 1024;

async fn delivery_is_complete(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let came = peer.exchange(list([want_block(&held.address)])).await?;
    let delivered: Vec<_> = came.deliveries().collect();
    stage.given(
        delivered.len() == 1,
        format!("a WantBlock for a held block is answered with {came}"),
    )?;
    stage.require(
        delivered[0].delivery.address == held.address,
        "the address as it was asked for",
        &came,
    )?;
    stage.require(
        delivered[0].is_valid(),
        "data that hashes to the CID given, the CID asked for, and for a leaf a proof that verifies",
        format!("{came}: {:?}", delivered[0].delivery.evidence),
    )?;
    let as_stored = held.data.is_none_or(|data| data == delivered[0].block.data);
    stage.require(as_stored, "the data that was stored", "other data")
}

async fn leaf_delivery_is_complete(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let dataset = stage.dataset(5);
    stage.put_dataset(&dataset).await?;
    // The last of an odd number has no sibling; the one in the middle has.
    for index in [4, 2] {
        let address = dataset.address(index);
        let came = peer.exchange(list([want_block(&address)])).await?;
        let delivered: Vec<_> = came.deliveries().collect();
        stage.given(
            delivered.len() == 1,
            format!("a WantBlock for a held leaf is answered with {came}"),
        )?;
        stage.require(
            delivered[0].delivery.address == address,
            "the address as it was asked for",
            &came,
        )?;
        stage.require(
            delivered[0].is_valid(),
            "the block's CID and data, and a proof that verifies",
            format!("{came}: {:?}", delivered[0].delivery.evidence),
        )?;
    }
    Ok(())
}

async fn unwanted_delivery_is_ignored(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    let address = block.address();
    peer.exchange(deliveries([block.delivery()])).await?;
    let question = list([want_have(&address).with_dont_have()]);
    let came = peer.exchange(question).await?;
    stage.require(
        !came.has_have(&address),
        "no Have for the block afterwards",
        &came,
    )
}

/// A peer that is asked for what the target wants.
async fn asked_peer(stage: &Stage, address: &Address) -> Result<(Peer, RequestId), Stop> {
    let peer = stage.join().await?;
    let request = steps::want(stage, &peer, address).await?;
    steps::be_asked(stage, &peer, address).await?;
    Ok((peer, request))
}

/// After this delivery by the peer that is asked, the request is as pending as before.
async fn does_not_count(
    stage: &Stage,
    address: &Address,
    delivery: BlockDelivery,
) -> Result<(), Stop> {
    let (peer, request) = asked_peer(stage, address).await?;
    // The target may close the stream for it; the barrier is then asked on another.
    peer.exchange(deliveries([delivery])).await?;
    let outcome = stage.outcome(request).await?;
    stage.require(
        outcome == Outcome::Pending,
        "the request stays pending",
        &outcome,
    )
}

async fn other_block_does_not_count(stage: &Stage) -> Result<(), Stop> {
    let (wanted, other) = (stage.block(), stage.block());
    let address = wanted.address();
    let wrong = delivery(&address, &other.cid, other.data.clone());
    does_not_count(stage, &address, wrong).await
}

async fn other_data_does_not_count(stage: &Stage) -> Result<(), Stop> {
    let (wanted, other) = (stage.block(), stage.block());
    let wrong = delivery(&wanted.address(), &wanted.cid, other.data);
    does_not_count(stage, &wanted.address(), wrong).await
}

/// A dataset, and the address of the leaf of it that is wanted.
fn wanted_leaf(stage: &Stage) -> (Dataset, Address) {
    let dataset = stage.dataset(4);
    let address = dataset.address(1);
    (dataset, address)
}

async fn unproven_leaf_does_not_count(stage: &Stage) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(stage);
    let other: Block = stage.block();
    let wrong = BlockDelivery {
        proof: Some(dataset.proof(1)),
        ..delivery(&address, &other.cid, other.data)
    };
    does_not_count(stage, &address, wrong).await
}

async fn leaf_without_proof_does_not_count(stage: &Stage) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(stage);
    let wrong = BlockDelivery {
        proof: None,
        ..dataset.delivery(1)
    };
    does_not_count(stage, &address, wrong).await
}

async fn leaf_of_another_index_does_not_count(stage: &Stage) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(stage);
    let wrong = BlockDelivery {
        address: dataset.delivery(1).address,
        ..dataset.delivery(3)
    };
    does_not_count(stage, &address, wrong).await
}

async fn others_still_count(stage: &Stage) -> Result<(), Stop> {
    let (spoilt, right) = (stage.block(), stage.block());
    let (peer, pending) = asked_peer(stage, &spoilt.address()).await?;
    let request = steps::want(stage, &peer, &right.address()).await?;
    steps::be_asked(stage, &peer, &right.address()).await?;
    let data = Bytes::from_static(b"not the block");
    let wrong = delivery(&spoilt.address(), &spoilt.cid, data);
    peer.exchange(deliveries([wrong, right.delivery()])).await?;
    let outcome = stage.outcome(pending).await?;
    stage.given(
        outcome == Outcome::Pending,
        format!("data that does not match its CID counts: {outcome}"),
    )?;
    let outcome = stage.outcome(request).await?;
    stage.require(
        outcome == Outcome::Completed(right.data),
        "the right delivery beside it counts",
        &outcome,
    )
}

async fn asked_elsewhere_after_a_wrong_delivery(stage: &Stage) -> Result<(), Stop> {
    let (wanted, other) = (stage.block(), stage.block());
    let address = wanted.address();
    let (first, second, request) = steps::two_holders(stage, &address).await?;
    let alone = stage.asked_of(&address).await? == Some(vec![first.id()]);
    let wrong = delivery(&address, &other.cid, other.data);
    first.exchange(deliveries([wrong])).await?;
    let outcome = stage.outcome(request).await?;
    stage.given(
        outcome == Outcome::Pending,
        format!("another block counts: {outcome}"),
    )?;
    let context = stage.context(&first).await?;
    stage.require(
        context.price_of(&address).is_none(),
        "no record for the peer that delivered something else",
        "a record",
    )?;
    stage.given(alone, "the other holder was asked from the beginning")?;
    let came = second.until(|came| came.has_want_block(&address)).await?;
    stage.require(
        came.has_want_block(&address),
        "a WantBlock to the other holder",
        &came,
    )
}

async fn delivery_completes(stage: &Stage) -> Result<(), Stop> {
    let block = stage.block();
    let address = block.address();
    let (peer, request) = asked_peer(stage, &address).await?;
    peer.exchange(deliveries([block.delivery()])).await?;
    let outcome = stage.outcome(request).await?;
    stage.require(
        outcome == Outcome::Completed(block.data),
        "the request completes with the block",
        &outcome,
    )?;
    let dump = stage.dump().await?;
    stage.require(
        dump.held.contains(&address),
        "the block is held",
        "it is not held",
    )?;
    stage.require(
        dump.own_wants.iter().all(|(want, _)| *want != address),
        "the want has ended",
        "it is an own want still",
    )
}

async fn leaf_delivery_completes_both(stage: &Stage) -> Result<(), Stop> {
    let (dataset, leaf) = wanted_leaf(stage);
    let block = &dataset.blocks[1];
    let plain = block.address();
    let (peer, as_leaf) = asked_peer(stage, &leaf).await?;
    let as_plain = steps::want(stage, &peer, &plain).await?;
    peer.exchange(deliveries([dataset.delivery(1)])).await?;
    for (request, what) in [(as_leaf, "for the leaf"), (as_plain, "for its own CID")] {
        let outcome = stage.outcome(request).await?;
        stage.require(
            outcome == Outcome::Completed(block.data.clone()),
            format!("the request {what} completes"),
            &outcome,
        )?;
    }
    let dump = stage.dump().await?;
    for address in [&leaf, &plain] {
        stage.require(
            dump.held.contains(address),
            "the block is held under the leaf and under its own CID",
            format!("not under {}", crate::wire::address::show(address)),
        )?;
    }
    Ok(())
}

async fn others_are_sent_a_cancel(stage: &Stage) -> Result<(), Stop> {
    let block = stage.block();
    let address = block.address();
    let (first, second, request) = steps::two_holders(stage, &address).await?;
    steps::only_asked(stage, &first, &address).await?;
    stage.retry_now(&address).await?;
    let came = second.until(|came| came.has_want_block(&address)).await?;
    stage.given(
        came.has_want_block(&address),
        format!("the other holder is not asked on a retry: {came}"),
    )?;
    first.barrier().await?;
    second.exchange(deliveries([block.delivery()])).await?;
    let outcome = stage.outcome(request).await?;
    stage.given(
        outcome == Outcome::Completed(block.data),
        format!("the delivery does not count: {outcome}"),
    )?;
    let came = first.until(|came| came.has_cancel(&address)).await?;
    stage.require(
        came.has_cancel(&address),
        "a cancel entry to the peer that was asked and did not answer",
        &came,
    )
}

async fn delivery_of_somebody_else(stage: &Stage) -> Result<(), Stop> {
    let block = stage.block();
    let address = block.address();
    let (_, request) = asked_peer(stage, &address).await?;
    let other = stage.join().await?;
    other.exchange(presences([have(&address)])).await?;
    other.exchange(deliveries([block.delivery()])).await?;
    let completed = stage.outcome(request).await? == Outcome::Completed(block.data);
    let held = stage.dump().await?.held.contains(&address);
    stage.require(
        completed == held,
        "the request completes and the block is held, or neither",
        format!("completed: {completed}, held: {held}"),
    )
}

async fn messages_are_within_the_limit(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    // Each fits into a message, no two do.
    let size = usize::try_from(FRAME_LIMIT / 2).unwrap_or(usize::MAX);
    let blocks: Vec<Block> = (0..4).map(|_| stage.block_of(size)).collect();
    for block in &blocks {
        stage.put(block).await?;
    }
    let wanted = blocks.iter().map(|block| want_block(&block.address()));
    let came = peer.exchange(list(wanted)).await?;
    for received in &came.0 {
        stage.require(
            received.bytes.len() as u64 <= FRAME_LIMIT,
            format!("messages of at most {FRAME_LIMIT} bytes"),
            format!("one of {} bytes", received.bytes.len()),
        )?;
    }
    let all = blocks
        .iter()
        .all(|block| came.has_delivery(&block.address()));
    stage.require(all, "all four blocks", &came)
}
