//! WANT-15 to WANT-20: the entries of one list, what concerns its sender only, and lists that come together.

use bytes::Bytes;
use prost::Message as _;

use super::steps::{
    answers_want_have, assume_served, brings, brings_held, record, send_until, wants,
};
use crate::suite::compose::{cancel, full_list, list, want_block, want_have};
use crate::suite::control::Capability::Put;
use crate::suite::describe::short;
use crate::suite::dump::ContextDump;
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::protobuf::BlockAddress;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{Address, BlockCid, encode_frame};

/// As many entries as every node must accept in one list (JOIN-8).
const LONG_LIST: usize = 1024;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-15",
        summary: "A list of four WantHave entries with sendDontHave for blocks that the target does \
                  not hold.",
        expects: "The DontHave items in the order of the entries, as lists of one entry each would \
                  be answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(entries_are_answered_in_order(harness)),
    },
    Scenario {
        id: "WANT-15/cancel",
        summary: "A list of a WantBlock and its cancel, and of a cancel and a WantBlock after it.",
        expects: "The first is not recorded, the second is.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(entries_take_effect_in_order(harness)),
    },
    Scenario {
        id: "WANT-16",
        summary: "A list whose entries have no address, an address without a CID, and a leaf address \
                  without a tree, with sendDontHave, between two entries that are usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(entries_without_an_address_are_skipped(harness)),
    },
    Scenario {
        id: "WANT-16/want-block",
        summary: "A WantBlock entry without an address; then a WantBlock for a held block.",
        expects: "The held block is delivered.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_block_without_an_address_is_skipped(harness)),
    },
    Scenario {
        id: "WANT-16/cid",
        summary: "A list with an entry whose CID does not parse, between two entries that are usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unreadable_cid_is_skipped(harness)),
    },
    Scenario {
        id: "WANT-16/tree",
        summary: "A list with an entry whose tree CID does not parse, between two entries that are \
                  usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unreadable_tree_is_skipped(harness)),
    },
    Scenario {
        id: "WANT-17",
        summary: "Two peers ask for the same two blocks; the second cancels one, and then sends an \
                  empty list with full = true.",
        expects: "The first peer's wants are as they were.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(lists_concern_their_sender_only(harness)),
    },
    Scenario {
        id: "WANT-17/served",
        summary: "Two peers ask for the same block, and the second cancels; then the target stores \
                  it.",
        expects: "The first is sent it. A third that asks for it last, if it is not served, makes \
                  this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_concerns_its_sender_only(harness)),
    },
    Scenario {
        id: "WANT-18",
        summary: "A list of three WantHave entries with sendDontHave for blocks that the target does \
                  not hold.",
        expects: "One message with the three DontHave items.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(one_list_one_presence_message(harness)),
    },
    Scenario {
        id: "WANT-18/long",
        summary: "The same with a list of 1024 entries.",
        expects: "One message with 1024 DontHave items.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(one_long_list_one_presence_message(harness)),
    },
    Scenario {
        id: "WANT-18/delivery",
        summary: "A list with a WantBlock for a held block between two WantHave entries.",
        expects: "One message with both presence items, not after the delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(presences_before_deliveries(harness)),
    },
    Scenario {
        id: "WANT-19",
        summary: "A target that records three wants of a peer is asked for four blocks, and stores the \
                  first.",
        expects: "The first is delivered: the fourth has not taken its place.",
        needs: Needs::control(&[Put]),
        options: TargetOptions {
            wants_per_peer: Some(3),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(recorded_wants_stay(harness)),
    },
    Scenario {
        id: "WANT-20",
        summary: "Two lists in one write, each with a WantBlock for a block that the target holds.",
        expects: "Both blocks are delivered.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(lists_in_one_write_are_handled(harness)),
    },
];

async fn recorded_wants_stay(harness: &Harness) -> Result<(), Stop> {
    let (peer, modest) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    let others = [harness.address(), harness.address(), harness.address()];
    for address in [&block.address()].into_iter().chain(&others) {
        peer.send_confirmed(list([want_block(address)])).await?;
    }
    for address in [&block.address(), &others[0]] {
        modest.send_confirmed(list([want_block(address)])).await?;
    }
    harness.put(&block).await?;
    let brings = |received: &Received| received.has_delivery(&block.address());
    let received = modest.receive_until(brings).await?;
    harness.assume(
        brings(&received),
        format!("a peer within the bound is not served: {received}"),
    )?;
    let received = peer.receive_until(brings).await?;
    harness.require(
        brings(&received),
        "the delivery of the block that was asked for first",
        &received,
    )
}

async fn entries_are_answered_in_order(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses = [
        harness.address(),
        harness.dataset(2).address(1),
        harness.address(),
        harness.address(),
    ];
    let all = |received: &Received| {
        addresses
            .iter()
            .all(|address| received.has_dont_have(address))
    };
    let entries = addresses.iter();
    let question = list(entries.map(|address| want_have(address).with_dont_have()));
    let received = send_until(&peer, question, all).await?;
    harness.assume(
        all(&received),
        format!("not every entry is answered (WANT-5): {received}"),
    )?;
    harness.require(
        received
            .presences()
            .map(|presence| &presence.address)
            .eq(&addresses),
        format!(
            "the items in the order {}",
            addresses.each_ref().map(short).join(", ")
        ),
        &received,
    )
}

async fn entries_take_effect_in_order(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (before, cancelled, wanted) = (harness.address(), harness.address(), harness.address());
    // What the scenario builds upon, each in a list of its own.
    record(harness, &peer, vec![want_block(&before)]).await?;
    peer.send_confirmed(list([cancel(&before)])).await?;
    let context = harness.context(&peer).await?;
    harness.assume(
        !context.has_want(&before)?,
        "a cancel entry in a list of its own does not remove the want (WANT-8)",
    )?;
    peer.send_confirmed(list([
        want_block(&cancelled),
        cancel(&cancelled),
        cancel(&wanted),
        want_block(&wanted),
    ]))
    .await?;
    let in_order =
        |context: &ContextDump| Ok(!context.has_want(&cancelled)? && context.has_want(&wanted)?);
    let context = harness.context_when(&peer, in_order).await?;
    harness.require(
        in_order(&context)?,
        format!(
            "{} recorded after its cancel, {} not recorded before its cancel",
            short(&wanted),
            short(&cancelled)
        ),
        wants(&context),
    )
}

/// An entry that asks about this address, for want of a better one, with sendDontHave.
fn unusable(address: Option<BlockAddress>, like: &Address) -> Entry {
    Entry {
        address,
        ..want_have(like).with_dont_have()
    }
}

async fn entries_without_an_address_are_skipped(harness: &Harness) -> Result<(), Stop> {
    let like = harness.address();
    let leaf_without_tree = BlockAddress {
        leaf: true,
        index: 3,
        ..BlockAddress::default()
    };
    for address in [None, Some(BlockAddress::default()), Some(leaf_without_tree)] {
        unusable_entry_is_skipped(harness, unusable(address, &like)).await?;
    }
    Ok(())
}

async fn want_block_without_an_address_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let asks = || list([want_block(&held.address)]);
    // A node may serve a peer once only: another one shows that this block is served at all.
    let other = harness.join().await?;
    let brings = |received: &Received| received.has_delivery(&held.address);
    let received = send_until(&other, asks(), brings).await?;
    harness.assume(
        brings(&received),
        format!("a held block is not delivered: {received}"),
    )?;
    let nowhere = Entry {
        address: None,
        ..want_block(&held.address)
    };
    peer.exchange(list([nowhere])).await?;
    let received = send_until(&peer, asks(), brings).await?;
    harness.require(
        brings(&received),
        "the delivery of the held block",
        &received,
    )
}

async fn unreadable_cid_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let like = harness.address();
    let truncated = match &like {
        Address::Plain(cid) | Address::Leaf { tree: cid, .. } => truncated(cid),
    };
    for cid in [Bytes::new(), Bytes::from_static(b"no CID"), truncated] {
        let address = BlockAddress {
            cid: Some(cid),
            ..BlockAddress::default()
        };
        unusable_entry_is_skipped(harness, unusable(Some(address), &like)).await?;
    }
    Ok(())
}

async fn unreadable_tree_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let like = harness.address();
    let dataset = harness.dataset(2);
    for tree_cid in [Bytes::new(), truncated(&dataset.cid())] {
        let address = BlockAddress {
            leaf: true,
            tree_cid: Some(tree_cid),
            ..BlockAddress::default()
        };
        unusable_entry_is_skipped(harness, unusable(Some(address), &like)).await?;
    }
    Ok(())
}

/// The bytes of a CID, but for the last.
fn truncated(cid: &BlockCid) -> Bytes {
    let bytes = cid.as_bytes();
    Bytes::copy_from_slice(&bytes[..bytes.len().saturating_sub(1)])
}

async fn unusable_entry_is_skipped(harness: &Harness, entry: Entry) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_want_have(harness, &peer).await?;
    let (before, after) = (harness.address(), harness.address());
    let question = list([
        want_have(&before).with_dont_have(),
        entry,
        want_have(&after).with_dont_have(),
    ]);
    let both =
        |received: &Received| received.has_dont_have(&before) && received.has_dont_have(&after);
    let mut received = send_until(&peer, question, both).await?;
    // An answer to the unusable entry may come after them.
    received.extend(peer.barrier().await?.0);
    harness.require(
        both(&received),
        format!(
            "DontHave items for {} and {}, the entries around the unusable one",
            short(&before),
            short(&after)
        ),
        &received,
    )?;
    harness.require(
        received
            .0
            .iter()
            .all(|message| message.decoded.unusable.is_empty())
            && received.presences().count() == 2
            && received.deliveries().next().is_none(),
        "no answer to the unusable entry",
        &received,
    )
}

async fn lists_concern_their_sender_only(harness: &Harness) -> Result<(), Stop> {
    let (peer, other) = (harness.join().await?, harness.join().await?);
    let addresses = [harness.address(), harness.address()];
    let entries = || addresses.iter().map(want_block).collect::<Vec<_>>();
    let before = record(harness, &peer, entries()).await?;
    record(harness, &other, entries()).await?;
    let lists = [
        list([cancel(&addresses[0])]),
        list([want_block(&addresses[1]).with_priority(9)]),
        full_list([]),
    ];
    for message in lists {
        other.send_confirmed(message).await?;
        let after = harness.context(&peer).await?;
        harness.require(
            after.wants == before.wants,
            format!(
                "of {}, whose lists are not concerned, {}",
                peer.name(),
                wants(&before)
            ),
            wants(&after),
        )?;
    }
    Ok(())
}

async fn cancel_concerns_its_sender_only(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let other = harness.join().await?;
    let baseline = harness.join().await?;
    let block = harness.block();
    let address = block.address();
    peer.send_confirmed(list([want_block(&address)])).await?;
    other.send_confirmed(list([want_block(&address)])).await?;
    other.send_confirmed(list([cancel(&address)])).await?;
    baseline
        .send_confirmed(list([want_block(&address)]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer
        .receive_until(|received| brings(received, &block))
        .await?;
    harness.require(
        brings(&received, &block),
        format!(
            "the delivery of {} to {}, which has not cancelled",
            short(&address),
            peer.name()
        ),
        &received,
    )
}

async fn one_list_one_presence_message(harness: &Harness) -> Result<(), Stop> {
    comes_as_one_presence_message(harness, 3).await
}

async fn one_long_list_one_presence_message(harness: &Harness) -> Result<(), Stop> {
    comes_as_one_presence_message(harness, LONG_LIST).await
}

async fn comes_as_one_presence_message(harness: &Harness, entries: usize) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses: Vec<Address> = (0..entries).map(|_| harness.address()).collect();
    let answered = |received: &Received| received.presences().count() == entries;
    let question = list(
        addresses
            .iter()
            .map(|address| want_have(address).with_dont_have()),
    );
    let received = send_until(&peer, question, answered).await?;
    harness.assume(
        answered(&received),
        format!("not every entry is answered (WANT-5, JOIN-8): {received}"),
    )?;
    let messages = received
        .messages()
        .filter(|message| !message.presences.is_empty())
        .count();
    harness.require(
        messages == 1,
        format!("one message with {entries} presence items"),
        format!("{messages} messages with presence items: {received}"),
    )
}

async fn presences_before_deliveries(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let absent = harness.address();
    let all = |received: &Received| {
        brings_held(received, &held)
            && received.has_have(&held.address)
            && received.has_dont_have(&absent)
    };
    let question = list([
        want_have(&held.address),
        want_block(&held.address),
        want_have(&absent).with_dont_have(),
    ]);
    let received = send_until(&peer, question, all).await?;
    harness.assume(
        all(&received),
        format!("not every entry is answered (WANT-2, WANT-4, WANT-5): {received}"),
    )?;
    let with_presences: Vec<usize> = received
        .messages()
        .enumerate()
        .filter(|(_, message)| !message.presences.is_empty())
        .map(|(position, _)| position)
        .collect();
    let first_delivery = received
        .messages()
        .position(|message| !message.deliveries.is_empty());
    harness.require(
        with_presences.len() == 1 && with_presences.first() <= first_delivery.as_ref(),
        "one message with both presence items, before the delivery",
        &received,
    )
}

async fn lists_in_one_write_are_handled(harness: &Harness) -> Result<(), Stop> {
    let (first, second) = (harness.block(), harness.block());
    for block in [&first, &second] {
        harness.put(block).await?;
    }
    let peer = harness.join().await?;
    let frame = |block: &Block| {
        let message = list([want_block(&block.address())]);
        encode_frame(&message.encode_to_vec())
    };
    let both = [frame(&first), frame(&second)].concat();
    peer.own_stream().await?.send_raw(both).await?;
    let came = |block: &Block, received: &Received| received.has_delivery(&block.address());
    let received = peer
        .receive_until(|received| came(&first, received) && came(&second, received))
        .await?;
    harness.assume(
        came(&first, &received),
        format!("the block of the first list is not delivered: {received}"),
    )?;
    harness.require(
        came(&second, &received),
        "the block of the second list, too",
        &received,
    )
}
