//! Scenarios of section XFER: deliveries, where a want ends.

mod setting;
mod trees;

use bytes::Bytes;

use self::setting::{asked_peer, wanted_leaf};
use crate::suite::compose::{deliveries, delivery, have, list, presences, want_block, want_have};
use crate::suite::control::Capability::{Dump, Put, Request, RequestLeaf, RetryNow};
use crate::suite::control::{ControlError, Outcome};
use crate::suite::describe::short;
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::protobuf::BlockDelivery;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{Address, BlockCid};

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "XFER-1",
        summary: "A WantBlock for a held block, by its plain address.",
        expects: "A delivery with the address as asked for, the block's CID and its data.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivery_is_complete(harness)),
    },
    Scenario {
        id: "XFER-1/leaf",
        summary: "A WantBlock for a held leaf of a dataset.",
        expects: "A delivery with the leaf's address, the block's CID, its data, and a proof that verifies.",
        needs: Needs::HELD_LEAVES,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_delivery_is_complete(harness)),
    },
    Scenario {
        id: "XFER-2",
        summary: "A right delivery for an address that the target does not want.",
        expects: "It is ignored: the target does not have the block afterwards.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unwanted_delivery_is_ignored(harness)),
    },
    Scenario {
        id: "XFER-3/other-block",
        summary: "The peer that is asked for a block delivers another, valid one under its address.",
        expects: "The request stays pending.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(other_block_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-3/other-data",
        summary: "The peer that is asked for a block delivers data that does not hash to its CID.",
        expects: "The request stays pending.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(other_data_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-3/other-hash",
        summary: "A block is requested by a CID of a hash function that nobody knows; the peer that is \
                  asked for it delivers some data.",
        expects: "The request stays pending.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(data_of_an_unknown_hash_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-4/unproven",
        summary: "Another block is delivered for a wanted leaf, with the leaf's own proof.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unproven_leaf_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-4/no-proof",
        summary: "The right block is delivered for a wanted leaf, without a proof.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_without_proof_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-4/other-index",
        summary: "A block of the dataset is delivered for a wanted leaf, with a proof of its own place.",
        expects: "The request stays pending.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_of_another_index_does_not_count(harness)),
    },
    Scenario {
        id: "XFER-5",
        summary: "One message with data that does not match its CID for one want, and the right block \
                  for another.",
        expects: "The right one counts, the other does not.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(others_still_count(harness)),
    },
    Scenario {
        id: "XFER-5/beside",
        summary: "One message with another block for one leaf of a dataset, under that leaf's proof, and \
                  the right block for another.",
        expects: "The right one counts.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(trees::leaf_beside_a_forged_one_counts(harness)),
    },
    Scenario {
        id: "XFER-5/after",
        summary: "Another block is delivered for one leaf of a dataset, under that leaf's proof; then \
                  the right block for another leaf.",
        expects: "The right one counts: nothing of the other's proof was kept.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(trees::leaf_after_a_forged_one_counts(harness)),
    },
    Scenario {
        id: "XFER-6",
        summary: "Two peers have a wanted block; the one that is asked delivers another block for it.",
        expects: "Its record goes, and the other one is asked.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(asked_elsewhere_after_a_wrong_delivery(harness)),
    },
    Scenario {
        id: "XFER-6/leaf",
        summary: "The peer that is asked for a leaf delivers another block for it, under the leaf's \
                  proof; another peer has the leaf.",
        expects: "The request goes on: the other peer is asked.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(trees::forged_leaf_is_asked_elsewhere(harness)),
    },
    Scenario {
        id: "XFER-7",
        summary: "A plain block that the target wants is delivered by the peer it asked.",
        expects: "The request completes, the want ends, and the block is held.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivery_completes(harness)),
    },
    Scenario {
        id: "XFER-7/leaf",
        summary: "A block is wanted as a leaf and by its own CID; the leaf is delivered.",
        expects: "Both requests complete, and the block is held under both addresses.",
        needs: Needs::control(&[Dump, Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_delivery_completes_both(harness)),
    },
    Scenario {
        id: "XFER-7/cancels",
        summary: "A block was asked of one peer in vain, then of another, which delivers it.",
        expects: "The first is sent a cancel entry.",
        needs: Needs::control(&[Dump, Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(others_are_sent_a_cancel(harness)),
    },
    Scenario {
        id: "XFER-8",
        summary: "A wanted block is delivered by a peer that it was not asked of.",
        expects: "It may be taken or ignored, but wholly: the request completes and the block is held, \
                  or neither.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivery_of_somebody_else(harness)),
    },
    Scenario {
        id: "XFER-9",
        summary: "One list asks for four blocks that do not fit into one message together; or for one \
                  block 2,000 times, of a target whose limit cannot be set.",
        expects: "They are delivered, in messages within the limit.",
        needs: Needs::HELD,
        options: TargetOptions {
            frame_limit: Some(FRAME_LIMIT),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(messages_are_within_the_limit(harness)),
    },
    Scenario {
        id: "XFER-9/unsendable",
        summary: "The target's user stores a block of the length of the longest message; a peer asks \
                  for it by a WantHave.",
        expects: "There is no Have: the block could never be delivered. Whether it is stored is free.",
        needs: Needs::control(&[Put]),
        options: TargetOptions {
            frame_limit: Some(FRAME_LIMIT),
            needs_frame_limit: true,
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(what_cannot_be_sent_is_not_announced(harness)),
    },
    Scenario {
        id: "XFER-10",
        summary: "One list asks for 25 leaves of a stored dataset.",
        expects: "All are delivered, at most 20 in a message.",
        needs: Needs::HELD_LEAVES,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(messages_hold_few_blocks(harness)),
    },
    Scenario {
        id: "XFER-11",
        summary: "A WantHave and a WantBlock, both with sendDontHave, for the empty block.",
        expects: "There is neither a Have nor a delivery.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(the_empty_block_is_not_held(harness)),
    },
];

/// The longest frame of the target that is asked for more than that.
const FRAME_LIMIT: u64 = 64 * 1024;

/// The longest message that deployed nodes read, in bytes.
const DEPLOYED_LIMIT: usize = 100 * 1024 * 1024;
/// How often one list names the same block.
const OFTEN: usize = 2000;

async fn block_named_often(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = if harness.can(Put) {
        let block = harness.block_of(64 * 1024);
        harness.put(&block).await?;
        block.address()
    } else {
        harness.held().await?.address
    };
    let delivered = |received: &Received| received.has_delivery(&address);
    peer.send(list([want_block(&address)])).await?;
    let received = peer.receive_until(delivered).await?;
    let size = received
        .deliveries_of(&address)
        .first()
        .map(|it| it.block.data.len());
    let size = size.ok_or_else(|| {
        Stop::Inconclusive(format!(
            "a WantBlock for a held block is answered with {received}"
        ))
    })?;
    if size * OFTEN <= DEPLOYED_LIMIT {
        return Err(Stop::Skip(format!(
            "needs a held block of more than {} bytes: {} has {size}",
            DEPLOYED_LIMIT / OFTEN,
            short(&address)
        )));
    }
    peer.send(list((0..OFTEN).map(|_| want_block(&address))))
        .await?;
    let received = peer.receive_until(delivered).await?;
    // What is too long is seen, whatever comes after it or does not.
    let more = peer.barrier().await.unwrap_or_default();
    let longest = received
        .0
        .iter()
        .chain(&more.0)
        .map(|message| message.bytes.len())
        .max();
    let longest = longest.unwrap_or_default();
    harness.require(
        longest <= DEPLOYED_LIMIT,
        format!("messages of at most {DEPLOYED_LIMIT} bytes"),
        format!("one of {longest} bytes"),
    )?;
    harness.assume(
        delivered(&received),
        format!("a WantBlock for a held block, named often, is answered with {received}"),
    )
}

async fn delivery_is_complete(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    peer.send(list([want_block(&held.address)])).await?;
    let received = peer
        .receive_until(|received| received.deliveries().next().is_some())
        .await?;
    let delivered: Vec<_> = received.deliveries().collect();
    harness.assume(
        delivered.len() == 1,
        format!("a WantBlock for a held block is answered with {received}"),
    )?;
    harness.require(
        delivered[0].delivery.address == held.address,
        "the address as it was asked for",
        &received,
    )?;
    harness.require(
        delivered[0].is_valid(),
        "data that hashes to the CID given, the CID asked for, and for a leaf a proof that verifies",
        format!("{received}: {:?}", delivered[0].delivery.evidence),
    )?;
    let as_stored = held.data.is_none_or(|data| data == delivered[0].block.data);
    harness.require(as_stored, "the data that was stored", "other data")
}

async fn leaf_delivery_is_complete(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.held_leaves(5).await?;
    // The last of an odd number has no sibling; the one in the middle has.
    for index in [4, 2] {
        let address = dataset.address(index);
        peer.send(list([want_block(&address)])).await?;
        let received = peer
            .receive_until(|received| received.deliveries().next().is_some())
            .await?;
        let delivered: Vec<_> = received.deliveries().collect();
        harness.assume(
            delivered.len() == 1,
            format!("a WantBlock for a held leaf is answered with {received}"),
        )?;
        harness.require(
            delivered[0].delivery.address == address,
            "the address as it was asked for",
            &received,
        )?;
        harness.require(
            delivered[0].is_valid(),
            "the block's CID and data, and a proof that verifies",
            format!("{received}: {:?}", delivered[0].delivery.evidence),
        )?;
    }
    Ok(())
}

async fn unwanted_delivery_is_ignored(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    peer.exchange(deliveries([block.delivery()])).await?;
    let question = list([want_have(&address).with_dont_have()]);
    let received = peer.exchange(question).await?;
    harness.require(
        !received.has_have(&address),
        "no Have for the block afterwards",
        &received,
    )
}

/// After this delivery by the peer that is asked, the request is as pending as before.
async fn does_not_count(
    harness: &Harness,
    address: &Address,
    delivery: BlockDelivery,
) -> Result<(), Stop> {
    let (peer, request) = asked_peer(harness, address).await?;
    // The target may close the stream for it; the barrier is then asked on another.
    peer.exchange(deliveries([delivery])).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        !matches!(outcome, Outcome::Completed(_)),
        "the request stays pending",
        &outcome,
    )?;
    // That it goes on is the matter of XFER-6.
    harness.assume(
        outcome == Outcome::Pending,
        format!("the delivery does not count, and {outcome}"),
    )
}

async fn other_block_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let (wanted, other) = (harness.manifest(), harness.manifest());
    let address = wanted.address();
    let wrong = delivery(&address, &other.cid, other.data.clone());
    does_not_count(harness, &address, wrong).await
}

async fn other_data_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let (wanted, other) = (harness.manifest(), harness.manifest());
    let wrong = delivery(&wanted.address(), &wanted.cid, other.data);
    does_not_count(harness, &wanted.address(), wrong).await
}

async fn data_of_an_unknown_hash_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let unknown = BlockCid::parse(&cid_of_an_unknown_hash(&harness.bytes(32)));
    let cid = unknown.map_err(|error| Stop::Inconclusive(error.to_string()))?;
    let address = Address::Plain(cid.clone());
    let wrong = delivery(&address, &cid, harness.bytes(100));
    does_not_count(harness, &address, wrong).await
}

/// A CID whose digest is by a hash function of the range that is left to private use.
fn cid_of_an_unknown_hash(digest: &[u8]) -> Vec<u8> {
    let mut cid = vec![1, 0x55];
    let mut buffer = unsigned_varint::encode::u64_buffer();
    cid.extend(unsigned_varint::encode::u64(0x30_1234, &mut buffer));
    cid.push(digest.len() as u8);
    cid.extend(digest);
    cid
}

async fn the_empty_block_is_not_held(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = Address::Plain(BlockCid::of_block(b""));
    let asked = [want_have(&address), want_block(&address)];
    let received = peer
        .exchange(list(asked.map(Entry::with_dont_have)))
        .await?;
    harness.require(
        !received.has_have(&address) && !received.has_delivery(&address),
        "no Have for the empty block, and no delivery of it",
        &received,
    )
}

async fn unproven_leaf_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(harness);
    let other: Block = harness.block();
    let wrong = BlockDelivery {
        proof: Some(dataset.proof(1)),
        ..delivery(&address, &other.cid, other.data)
    };
    does_not_count(harness, &address, wrong).await
}

async fn leaf_without_proof_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(harness);
    let wrong = BlockDelivery {
        proof: None,
        ..dataset.delivery(1)
    };
    does_not_count(harness, &address, wrong).await
}

async fn leaf_of_another_index_does_not_count(harness: &Harness) -> Result<(), Stop> {
    let (dataset, address) = wanted_leaf(harness);
    let wrong = BlockDelivery {
        address: dataset.delivery(1).address,
        ..dataset.delivery(3)
    };
    does_not_count(harness, &address, wrong).await
}

async fn others_still_count(harness: &Harness) -> Result<(), Stop> {
    let (spoilt, right) = (harness.manifest(), harness.manifest());
    let (peer, pending) = asked_peer(harness, &spoilt.address()).await?;
    let request = steps::want(harness, &peer, &right.address()).await?;
    steps::be_asked(harness, &peer, &right.address()).await?;
    let data = Bytes::from_static(b"not the block");
    let wrong = delivery(&spoilt.address(), &spoilt.cid, data);
    peer.exchange(deliveries([wrong, right.delivery()])).await?;
    let outcome = harness.outcome(pending).await?;
    harness.assume(
        outcome == Outcome::Pending,
        format!("data that does not match its CID counts: {outcome}"),
    )?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(right.data),
        "the right delivery beside it counts",
        &outcome,
    )
}

async fn asked_elsewhere_after_a_wrong_delivery(harness: &Harness) -> Result<(), Stop> {
    let (wanted, other) = (harness.manifest(), harness.manifest());
    let address = wanted.address();
    let (first, second, request) = steps::two_holders(harness, &address).await?;
    let alone = harness.asked_of(&address).await? == Some(vec![first.id()]);
    let wrong = delivery(&address, &other.cid, other.data);
    first.exchange(deliveries([wrong])).await?;
    let outcome = harness.outcome(request).await?;
    harness.assume(
        outcome == Outcome::Pending,
        format!("another block counts: {outcome}"),
    )?;
    let context = harness.context(&first).await?;
    harness.require(
        !context.has_record(&address)?,
        "no record for the peer that delivered something else",
        "a record",
    )?;
    harness.assume(alone, "the other holder was asked from the beginning")?;
    let received = second
        .receive_until(|received| received.has_want_block(&address))
        .await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock to the other holder",
        &received,
    )
}

async fn delivery_completes(harness: &Harness) -> Result<(), Stop> {
    let block = harness.block();
    let address = block.address();
    let (peer, request) = asked_peer(harness, &address).await?;
    peer.exchange(deliveries([block.delivery()])).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(block.data),
        "the request completes with the block",
        &outcome,
    )?;
    let dump = harness.dump().await?;
    harness.require(
        dump.is_held(&address)?,
        "the block is held",
        "it is not held",
    )?;
    harness.require(
        !dump.is_wanted(&address)?,
        "the want has ended",
        "it is an own want still",
    )
}

async fn leaf_delivery_completes_both(harness: &Harness) -> Result<(), Stop> {
    let (dataset, leaf) = wanted_leaf(harness);
    let block = &dataset.blocks[1];
    let plain = block.address();
    let (peer, as_leaf) = asked_peer(harness, &leaf).await?;
    let as_plain = steps::want(harness, &peer, &plain).await?;
    peer.exchange(deliveries([dataset.delivery(1)])).await?;
    for (request, what) in [(as_leaf, "for the leaf"), (as_plain, "for its own CID")] {
        let outcome = harness.outcome(request).await?;
        harness.require(
            outcome == Outcome::Completed(block.data.clone()),
            format!("the request {what} completes"),
            &outcome,
        )?;
    }
    let dump = harness.dump().await?;
    for address in [&leaf, &plain] {
        harness.require(
            dump.is_held(address)?,
            "the block is held under the leaf and under its own CID",
            format!("not under {}", crate::wire::address::show(address)),
        )?;
    }
    Ok(())
}

async fn others_are_sent_a_cancel(harness: &Harness) -> Result<(), Stop> {
    let block = harness.manifest();
    let address = block.address();
    let (first, second, request) = steps::two_holders(harness, &address).await?;
    steps::only_asked(harness, &first, &address).await?;
    steps::be_asked_instead(harness, &second, &first, &address).await?;
    first.barrier().await?;
    second.exchange(deliveries([block.delivery()])).await?;
    let outcome = harness.outcome(request).await?;
    harness.assume(
        outcome == Outcome::Completed(block.data),
        format!("the delivery does not count: {outcome}"),
    )?;
    let received = first
        .receive_until(|received| received.has_cancel(&address))
        .await?;
    harness.require(
        received.has_cancel(&address),
        "a cancel entry to the peer that was asked and did not answer",
        &received,
    )
}

async fn delivery_of_somebody_else(harness: &Harness) -> Result<(), Stop> {
    let block = harness.manifest();
    let address = block.address();
    let (_, request) = asked_peer(harness, &address).await?;
    let other = harness.join().await?;
    other.exchange(presences([have(&address)])).await?;
    other.exchange(deliveries([block.delivery()])).await?;
    let completed = harness.outcome(request).await? == Outcome::Completed(block.data);
    let held = harness.dump().await?.is_held(&address)?;
    harness.require(
        completed == held,
        "the request completes and the block is held, or neither",
        format!("completed: {completed}, held: {held}"),
    )
}

async fn messages_hold_few_blocks(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.held_leaves(25).await?;
    let wanted: Vec<Address> = (0..25).map(|index| dataset.address(index)).collect();
    peer.send(list(wanted.iter().map(want_block))).await?;
    let all = |received: &Received| wanted.iter().all(|it| received.has_delivery(it));
    let received = peer.receive_until(all).await?;
    harness.assume(
        all(&received),
        format!("not every held leaf is delivered: {received}"),
    )?;
    let most = received.messages().map(|message| message.deliveries.len());
    let most = most.max().unwrap_or_default();
    harness.require(
        most <= 20,
        "at most 20 blocks in a message",
        format!("{most} blocks in one message"),
    )
}

async fn what_cannot_be_sent_is_not_announced(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block_of(usize::try_from(FRAME_LIMIT).unwrap_or(usize::MAX));
    if let Err(refused) = harness.try_to_put(&block).await? {
        harness.assume(
            matches!(refused, ControlError::Failed { .. }),
            refused.to_string(),
        )?;
    }
    let received = peer.exchange(list([want_have(&block.address())])).await?;
    harness.require(
        !received.has_have(&block.address()),
        format!("no Have for a block that no message of {FRAME_LIMIT} bytes has room for"),
        &received,
    )
}

async fn messages_are_within_the_limit(harness: &Harness) -> Result<(), Stop> {
    if harness.options().frame_limit.is_none() || !harness.can(Put) {
        return block_named_often(harness).await;
    }
    let peer = harness.join().await?;
    // Each fits into a message, no two do.
    let size = usize::try_from(FRAME_LIMIT / 2).unwrap_or(usize::MAX);
    let blocks: Vec<Block> = (0..4).map(|_| harness.block_of(size)).collect();
    for block in &blocks {
        harness.put(block).await?;
    }
    let wanted = blocks.iter().map(|block| want_block(&block.address()));
    peer.send(list(wanted)).await?;
    let all = |received: &Received| {
        blocks
            .iter()
            .all(|block| received.has_delivery(&block.address()))
    };
    let received = peer.receive_until(all).await?;
    for message in &received.0 {
        harness.require(
            message.bytes.len() as u64 <= FRAME_LIMIT,
            format!("messages of at most {FRAME_LIMIT} bytes"),
            format!("one of {} bytes", message.bytes.len()),
        )?;
    }
    harness.require(all(&received), "all four blocks", &received)
}
