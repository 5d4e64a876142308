//! Scenarios of section WANT: when the peer's want list is updated.
//!
//! A scenario that builds upon a recorded want says it with [`Peer::send_confirmed`], so that no later list
//! of a barrier touches it. One that has no dump to look into stores the block afterwards, and
//! where it expects silence or accuses a missing delivery, has a *witness*: another peer that
//! wants the same block in the plainest way. A witness that is not served makes the scenario
//! inconclusive: then stored blocks are not sent to anybody (WANT-13).

use blockexc_model::price::Price;
use bytes::Bytes;

use crate::suite::compose::{
    WANT_BLOCK, cancel, deliveries, full_list, have, list, presences, want_block, want_have,
};
use crate::suite::control::Capability::{
    Delete, Dump, Put, PutDataset, Request as RequestBlock, RequestLeaf,
};
use crate::suite::control::{ContextDump, Outcome};
use crate::suite::describe::short;
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::{HeldBlock, TargetOptions};
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::protobuf::{BlockAddress, BlockDelivery};
use crate::wire::{Address, BlockCid, WantEntry};

/// A price that reads the same in either byte order, as 8 bytes: how prices are encoded is for
/// PRES-8 to ask.
const PALINDROMIC_PRICE: u64 = 0x0700_0000_0000_0007;

/// As many entries as every node must accept in one list (JOIN-8).
const LONG_LIST: usize = 1024;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-1",
        summary: "Two WantBlock entries for blocks that the target does not hold, each in a list of \
                  its own.",
        expects: "Both are recorded, in the order in which they came, as they were sent.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_block_is_recorded(harness)),
    },
    Scenario {
        id: "WANT-1/leaf",
        summary: "A WantBlock entry for a leaf of a dataset that the target does not hold.",
        expects: "It is recorded under its leaf address.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_want_is_recorded(harness)),
    },
    Scenario {
        id: "WANT-2",
        summary: "A WantBlock for a block that the target holds.",
        expects: "Its delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_block_is_delivered(harness)),
    },
    Scenario {
        id: "WANT-2/leaf",
        summary: "WantBlock entries for a leaf of a stored dataset, and for the same block by its \
                  own CID.",
        expects: "A delivery for each.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_leaf_is_delivered(harness)),
    },
    Scenario {
        id: "WANT-2/forgotten",
        summary: "A WantBlock for a block that the target holds; then a look at the peer's wants.",
        expects: "No entry for it is left.",
        needs: Needs {
            control: &[Dump],
            held: true,
        },
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_want_is_forgotten(harness)),
    },
    Scenario {
        id: "WANT-2/once",
        summary: "A held block is asked for and delivered; then the target deletes it, and stores it \
                  again.",
        expects: "No second delivery: the want was met.",
        needs: Needs::control(&[Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivered_want_is_met_once(harness)),
    },
    Scenario {
        id: "WANT-3",
        summary: "WantHave entries for a plain block and a leaf that the target does not hold, with \
                  and without sendDontHave.",
        expects: "None of them is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_is_not_recorded(harness)),
    },
    Scenario {
        id: "WANT-3/unserved",
        summary: "One peer sends a WantHave for a block, another a WantBlock; then the target stores \
                  the block.",
        expects: "The first is not sent the block: it has not asked for it. The second, if it is \
                  not served, makes this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_is_no_order(harness)),
    },
    Scenario {
        id: "WANT-4",
        summary: "A WantHave for a block that the target holds, with and without sendDontHave.",
        expects: "A Have item for that address each time.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(have_for_a_held_block(harness)),
    },
    Scenario {
        id: "WANT-4/leaf",
        summary: "WantHave entries for a leaf of a stored dataset, and for the same block by its own \
                  CID.",
        expects: "A Have item for each, under the address that was asked about.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(have_for_a_held_leaf(harness)),
    },
    Scenario {
        id: "WANT-4/price",
        summary: "A WantHave for a block that the target holds, of a target with a price.",
        expects: "A Have item with that price.",
        needs: Needs::HELD,
        options: TargetOptions {
            price: PALINDROMIC_PRICE,
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(have_names_the_price(harness)),
    },
    Scenario {
        id: "WANT-5",
        summary: "A WantHave with sendDontHave for a block that the target does not hold.",
        expects: "A DontHave item for that address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_when_asked_for(harness)),
    },
    Scenario {
        id: "WANT-5/leaf",
        summary: "A WantHave with sendDontHave for a leaf of a dataset that the target does not hold.",
        expects: "A DontHave item for the leaf's address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_for_a_leaf(harness)),
    },
    Scenario {
        id: "WANT-6",
        summary: "A WantHave without sendDontHave for a block that the target does not hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(silence_when_not_asked_for(harness)),
    },
    Scenario {
        id: "WANT-6/leaf",
        summary: "A WantHave without sendDontHave for a leaf of a dataset that the target does not \
                  hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(silence_about_a_leaf(harness)),
    },
    Scenario {
        id: "WANT-7",
        summary: "WantBlock entries with sendDontHave for a plain block and a leaf that the target \
                  does not hold.",
        expects: "A DontHave item for each.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(dont_have_for_a_want_block(harness)),
    },
    Scenario {
        id: "WANT-8",
        summary: "Cancel entries for blocks that the target neither holds nor was asked for, typed \
                  WantHave and WantBlock, with sendDontHave.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_is_not_answered(harness)),
    },
    Scenario {
        id: "WANT-8/held",
        summary: "Cancel entries for a block that the target holds, typed WantHave and WantBlock, \
                  with sendDontHave.",
        expects: "No answer: neither presence nor delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_of_a_held_block_is_not_answered(harness)),
    },
    Scenario {
        id: "WANT-8/removed",
        summary: "A want is recorded, and cancelled.",
        expects: "The entry is gone.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_removes_the_entry(harness)),
    },
    Scenario {
        id: "WANT-8/unrecorded",
        summary: "Cancel entries for blocks without a record, typed WantHave and WantBlock.",
        expects: "Nothing is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancel_is_not_recorded(harness)),
    },
    Scenario {
        id: "WANT-8/unserved",
        summary: "A peer asks for a block and cancels, another then asks for it; the target stores \
                  it.",
        expects: "The first is not sent the block. The second, if it is not served, makes this \
                  inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelled_want_is_not_served(harness)),
    },
    Scenario {
        id: "WANT-9",
        summary: "Three wants are recorded; then the first is sent again, with another priority and \
                  sendDontHave.",
        expects: "One entry for it, at its old position, with the new fields.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_again_updates_in_place(harness)),
    },
    Scenario {
        id: "WANT-10",
        summary: "A WantBlock is recorded; then a WantHave with sendDontHave for the same block.",
        expects: "A DontHave item, as for a block without a record.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_of_a_recorded_address_is_answered(harness)),
    },
    Scenario {
        id: "WANT-10/kept",
        summary: "A WantBlock with a priority is recorded; then a WantHave for the same block.",
        expects: "The entry is as it was.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_leaves_the_record(harness)),
    },
    Scenario {
        id: "WANT-10/served",
        summary: "A WantBlock is recorded, then a WantHave for the same block comes, and the target \
                  stores the block.",
        expects: "The block is sent all the same. Another peer that only sent a WantBlock, if it is \
                  not served, makes this inconclusive.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_does_not_silence_the_want(harness)),
    },
    Scenario {
        id: "WANT-10/held",
        summary: "A WantBlock and a WantHave for one held block, in one list.",
        expects: "Its delivery and a Have item.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(want_have_beside_a_want_block_of_a_held_block(harness)),
    },
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
];

// ---- words of this section

/// Says so, and waits until it came, or until it is proven that it does not.
async fn send_until(
    peer: &Peer,
    message: crate::wire::protobuf::Message,
    done: impl Fn(&Received) -> bool,
) -> Result<Received, Stop> {
    peer.send(message).await?;
    Ok(peer.receive_until(done).await?)
}

/// Has the peer say this want, and gives its context with the want recorded: a precondition.
async fn record(harness: &Harness, peer: &Peer, entries: Vec<Entry>) -> Result<ContextDump, Stop> {
    let message = list(entries);
    let addresses: Vec<Address> = message
        .wantlist
        .iter()
        .flat_map(|list| &list.entries)
        .filter_map(|entry| crate::wire::address::from_protobuf(entry.address.as_ref()).ok())
        .collect();
    peer.send_confirmed(message).await?;
    let all = |context: &ContextDump| {
        addresses
            .iter()
            .all(|address| context.want(address).is_some())
    };
    let context = harness.context_when(peer, all).await?;
    harness.assume(
        all(&context),
        format!(
            "what {} asked for is not recorded (WANT-1): {}",
            peer.name(),
            wants(&context)
        ),
    )?;
    Ok(context)
}

/// What a context records of the peer's wants, in a line.
fn wants(context: &ContextDump) -> String {
    let shown: Vec<String> = context
        .wants
        .iter()
        .map(|entry| {
            format!(
                "{}{:?} {} priority {}{}",
                if entry.cancel { "cancelled " } else { "" },
                entry.want_type,
                short(&entry.address),
                entry.priority,
                if entry.send_dont_have {
                    " sendDontHave"
                } else {
                    ""
                }
            )
        })
        .collect();
    if shown.is_empty() {
        "no wants recorded".to_owned()
    } else {
        format!("the wants recorded: {}", shown.join(", "))
    }
}

/// What a context records of the peer's wants, in its order.
fn recorded_order(context: &ContextDump) -> Vec<Address> {
    let wants = context.wants.iter();
    wants.map(|entry| entry.address.clone()).collect()
}

/// Whether this block came, under whatever address: what a delivery looks like is for XFER-1.
fn brings(received: &Received, block: &Block) -> bool {
    received
        .deliveries()
        .any(|delivered| delivered.block.data == block.data)
}

/// The same of a block that may be known by its address only.
fn brings_held(received: &Received, held: &HeldBlock) -> bool {
    received.has_delivery(&held.address)
        || received
            .deliveries()
            .any(|delivered| Some(&delivered.block.data) == held.data.as_ref())
}

/// Waits for this block, which the witness has asked for: a precondition.
async fn assume_served(harness: &Harness, baseline: &Peer, block: &Block) -> Result<(), Stop> {
    let received = baseline
        .receive_until(|received| brings(received, block))
        .await?;
    harness.assume(
        brings(&received, block),
        format!(
            "{}, which asked for {} before it was stored, was not sent it either (WANT-13): {received}",
            baseline.name(),
            short(&block.address())
        ),
    )
}

/// That an ordinary WantHave with sendDontHave is answered: a precondition.
async fn answers_want_have(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    let address = harness.address();
    let question = list([want_have(&address).with_dont_have()]);
    let received = send_until(peer, question, |received| received.has_dont_have(&address)).await?;
    harness.assume(
        received.has_dont_have(&address),
        format!("an ordinary WantHave with sendDontHave is not answered (WANT-5): {received}"),
    )
}

/// Makes the target request this block, be told of it and sent it by this peer: a precondition.
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

// ---- WANT-1

async fn want_block_is_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (first, second) = (harness.address(), harness.address());
    peer.send_confirmed(list([want_block(&first).with_priority(3)]))
        .await?;
    let context = harness
        .context_when(&peer, |context| context.want(&first).is_some())
        .await?;
    let expected = WantEntry {
        priority: 3,
        ..WantEntry::want_block(first.clone())
    };
    harness.require(
        context.want(&first) == Some(&expected),
        format!("a WantBlock for {} with priority 3 recorded", short(&first)),
        wants(&context),
    )?;
    peer.send_confirmed(list([want_block(&second).with_dont_have()]))
        .await?;
    let context = harness
        .context_when(&peer, |context| context.want(&second).is_some())
        .await?;
    let expected = WantEntry {
        send_dont_have: true,
        ..WantEntry::want_block(second.clone())
    };
    harness.require(
        context.want(&second) == Some(&expected),
        format!(
            "a WantBlock for {} with sendDontHave recorded",
            short(&second)
        ),
        wants(&context),
    )?;
    harness.assume(
        context.want(&first).is_some(),
        "the second list has dropped what the first asked for (WANT-12)",
    )?;
    harness.require(
        context.wants.last() == Some(&expected),
        format!("{} appended, at the end", short(&second)),
        wants(&context),
    )
}

async fn leaf_want_is_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let leaf = harness.dataset(3).address(2);
    peer.send_confirmed(list([want_block(&leaf)])).await?;
    let context = harness
        .context_when(&peer, |context| context.want(&leaf).is_some())
        .await?;
    harness.require(
        context.want(&leaf) == Some(&WantEntry::want_block(leaf.clone())),
        format!("a WantBlock for {} recorded", short(&leaf)),
        wants(&context),
    )
}

// ---- WANT-2

async fn held_block_is_delivered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = send_until(&peer, list([want_block(&held.address)]), |received| {
        brings_held(received, &held)
    })
    .await?;
    harness.require(
        brings_held(&received, &held),
        format!("the delivery of {}", short(&held.address)),
        &received,
    )
}

async fn held_leaf_is_delivered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    harness.put_dataset(&dataset).await?;
    let block = &dataset.blocks[1];
    for address in [dataset.address(1), block.address()] {
        let received = send_until(&peer, list([want_block(&address)]), |received| {
            brings(received, block)
        })
        .await?;
        harness.require(
            brings(&received, block),
            format!("the delivery of {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn delivered_want_is_forgotten(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = send_until(&peer, list([want_block(&held.address)]), |received| {
        brings_held(received, &held)
    })
    .await?;
    harness.assume(
        brings_held(&received, &held),
        format!("a held block is not delivered: {received}"),
    )?;
    let gone = |context: &ContextDump| context.want(&held.address).is_none();
    let context = harness.context_when(&peer, gone).await?;
    harness.require(
        gone(&context),
        format!("no entry for {}", short(&held.address)),
        wants(&context),
    )
}

async fn delivered_want_is_met_once(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    harness.put(&block).await?;
    let received = send_until(&peer, list([want_block(&block.address())]), |received| {
        brings(received, &block)
    })
    .await?;
    harness.assume(
        brings(&received, &block),
        format!("a held block is not delivered: {received}"),
    )?;
    no_second_delivery(harness, &peer, &block).await
}

/// The block, which the peer was sent, is deleted and stored again.
async fn no_second_delivery(harness: &Harness, peer: &Peer, block: &Block) -> Result<(), Stop> {
    harness.delete(&block.cid).await?;
    harness.put(block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, block),
        format!("no second delivery of {}", short(&block.address())),
        &received,
    )
}

// ---- WANT-3

async fn want_have_is_not_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (plain, leaf) = (harness.address(), harness.dataset(2).address(1));
    for entry in [
        want_have(&plain),
        want_have(&leaf).with_dont_have(),
        want_have(&plain).with_priority(1),
    ] {
        peer.send_confirmed(list([entry])).await?;
        let context = harness.context(&peer).await?;
        harness.require(
            context.want(&plain).is_none() && context.want(&leaf).is_none(),
            "no entry for a WantHave",
            wants(&context),
        )?;
    }
    Ok(())
}

async fn want_have_is_no_order(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_have(&block.address())]))
        .await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, &block),
        format!("no delivery to {}, which only sent a WantHave", peer.name()),
        &received,
    )
}

// ---- WANT-4

async fn have_for_a_held_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let address = &held.address;
    for entry in [want_have(address), want_have(address).with_dont_have()] {
        let received =
            send_until(&peer, list([entry]), |received| received.has_have(address)).await?;
        harness.require(
            received.has_have(address) && !received.has_dont_have(address),
            format!("a Have item for {}", short(address)),
            &received,
        )?;
    }
    Ok(())
}

async fn have_for_a_held_leaf(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    harness.put_dataset(&dataset).await?;
    for address in [dataset.address(2), dataset.blocks[2].address()] {
        let received = send_until(&peer, list([want_have(&address)]), |received| {
            received.has_have(&address)
        })
        .await?;
        harness.require(
            received.has_have(&address),
            format!("a Have item for {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn have_names_the_price(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let received = send_until(&peer, list([want_have(&held.address)]), |received| {
        received.has_have(&held.address)
    })
    .await?;
    harness.assume(
        received.has_have(&held.address),
        format!("a held block is not answered with Have: {received}"),
    )?;
    let price = Price::from(PALINDROMIC_PRICE);
    harness.require(
        received
            .presences_of(&held.address)
            .iter()
            .all(|presence| presence.price == price),
        format!("a Have item with the price {price}"),
        &received,
    )
}

// ---- WANT-5, WANT-6, WANT-7

async fn dont_have_when_asked_for(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_answered_dont_have(harness, &address).await
}

async fn dont_have_for_a_leaf(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_answered_dont_have(harness, &leaf).await
}

async fn is_answered_dont_have(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let question = list([want_have(address).with_dont_have()]);
    let received = send_until(&peer, question, |received| received.has_dont_have(address)).await?;
    harness.require(
        received.has_dont_have(address) && !received.has_have(address),
        format!("a DontHave item for {}", short(address)),
        &received,
    )
}

async fn silence_when_not_asked_for(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_not_answered(harness, &address).await
}

async fn silence_about_a_leaf(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_not_answered(harness, &leaf).await
}

async fn is_not_answered(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let received = peer.exchange(list([want_have(address)])).await?;
    harness.require(
        received.presences_of(address).is_empty() && !received.has_delivery(address),
        format!("no answer about {}", short(address)),
        &received,
    )
}

async fn dont_have_for_a_want_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for address in [harness.address(), harness.dataset(2).address(1)] {
        let question = list([want_block(&address).with_dont_have()]);
        let received =
            send_until(&peer, question, |received| received.has_dont_have(&address)).await?;
        harness.require(
            received.has_dont_have(&address),
            format!("a DontHave item for {}", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

// ---- WANT-8

/// Cancel entries for this address with every other field that could mislead.
fn cancels_of(address: &Address) -> [Entry; 2] {
    let typed_want_have = cancel(address).with_dont_have().with_priority(1);
    let typed_want_block = Entry {
        want_type: WANT_BLOCK,
        ..typed_want_have.clone()
    };
    [typed_want_have, typed_want_block]
}

async fn cancel_is_not_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for address in [harness.address(), harness.dataset(2).address(0)] {
        for entry in cancels_of(&address) {
            let received = peer.exchange(list([entry])).await?;
            harness.require(
                received.presences_of(&address).is_empty(),
                format!("no answer to the cancel entry for {}", short(&address)),
                &received,
            )?;
        }
    }
    Ok(())
}

async fn cancel_of_a_held_block_is_not_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    for entry in cancels_of(&held.address) {
        let received = peer.exchange(list([entry])).await?;
        harness.require(
            received.presences_of(&held.address).is_empty() && !brings_held(&received, &held),
            format!("no answer to the cancel entry for {}", short(&held.address)),
            &received,
        )?;
    }
    Ok(())
}

async fn cancel_removes_the_entry(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for (address, index) in [(harness.address(), 0), (harness.dataset(2).address(1), 1)] {
        record(harness, &peer, vec![want_block(&address)]).await?;
        let [typed_want_have, typed_want_block] = cancels_of(&address);
        let entry = if index == 0 {
            typed_want_have
        } else {
            typed_want_block
        };
        peer.send_confirmed(list([entry])).await?;
        let gone = |context: &ContextDump| context.want(&address).is_none();
        let context = harness.context_when(&peer, gone).await?;
        harness.require(
            gone(&context),
            format!("no entry for {}, which was cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancel_is_not_recorded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    for entry in cancels_of(&address) {
        peer.send_confirmed(list([entry])).await?;
        let context = harness.context(&peer).await?;
        harness.require(
            context.want(&address).is_none(),
            format!("no entry for {}, which was only cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancelled_want_is_not_served(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(list([cancel(&block.address())]))
        .await?;
    baseline
        .send_confirmed(list([want_block(&block.address())]))
        .await?;
    harness.put(&block).await?;
    assume_served(harness, &baseline, &block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, &block),
        format!("no delivery to {}, which has cancelled", peer.name()),
        &received,
    )
}

// ---- WANT-9

async fn want_again_updates_in_place(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let addresses = [harness.address(), harness.address(), harness.address()];
    // In one list: were they in several, a node that takes each for a full one would keep one.
    let before = record(harness, &peer, addresses.iter().map(want_block).collect()).await?;
    let again = before.wants[0].address.clone();
    peer.send_confirmed(list([want_block(&again).with_priority(5).with_dont_have()]))
        .await?;
    let expected = WantEntry {
        priority: 5,
        send_dont_have: true,
        ..WantEntry::want_block(again.clone())
    };
    let updated = |context: &ContextDump| context.want(&again) == Some(&expected);
    let after = harness.context_when(&peer, updated).await?;
    harness.assume(
        addresses
            .iter()
            .all(|address| *address == again || after.want(address).is_some()),
        format!(
            "the second list has dropped what it does not name (WANT-12): {}",
            wants(&after)
        ),
    )?;
    harness.require(
        updated(&after),
        format!("{} with priority 5 and sendDontHave", short(&again)),
        wants(&after),
    )?;
    harness.require(
        recorded_order(&after) == recorded_order(&before),
        format!("one entry for each, {} still the first", short(&again)),
        wants(&after),
    )
}

// ---- WANT-10

async fn want_have_of_a_recorded_address_is_answered(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_want_have(harness, &peer).await?;
    for address in [harness.address(), harness.dataset(2).address(1)] {
        peer.send_confirmed(list([want_block(&address)])).await?;
        peer.take_received();
        let question = list([want_have(&address).with_dont_have()]);
        let received =
            send_until(&peer, question, |received| received.has_dont_have(&address)).await?;
        harness.require(
            received.has_dont_have(&address),
            format!("a DontHave item for {}, which is recorded", short(&address)),
            &received,
        )?;
    }
    Ok(())
}

async fn want_have_leaves_the_record(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    let entry = want_block(&address).with_priority(3);
    let before = record(harness, &peer, vec![entry]).await?;
    for entry in [want_have(&address), want_have(&address).with_dont_have()] {
        peer.send_confirmed(list([entry])).await?;
        let after = harness.context(&peer).await?;
        harness.require(
            after.want(&address) == before.want(&address),
            format!("as before, {}", wants(&before)),
            wants(&after),
        )?;
    }
    Ok(())
}

async fn want_have_does_not_silence_the_want(harness: &Harness) -> Result<(), Stop> {
    let (peer, baseline) = (harness.join().await?, harness.join().await?);
    let block = harness.block();
    peer.send_confirmed(list([want_block(&block.address())]))
        .await?;
    peer.send_confirmed(list([want_have(&block.address())]))
        .await?;
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
        format!("the delivery of {}", short(&block.address())),
        &received,
    )
}

async fn want_have_beside_a_want_block_of_a_held_block(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.held().await?;
    let address = &held.address;
    let apart = send_until(&peer, list([want_have(address)]), |received| {
        received.has_have(address)
    })
    .await?;
    harness.assume(
        apart.has_have(address),
        format!("a WantHave alone is not answered with Have (WANT-4): {apart}"),
    )?;
    let apart = send_until(&peer, list([want_block(address)]), |received| {
        brings_held(received, &held)
    })
    .await?;
    harness.assume(
        brings_held(&apart, &held),
        format!("a WantBlock alone is not answered with the delivery (WANT-2): {apart}"),
    )?;
    let both = |received: &Received| brings_held(received, &held) && received.has_have(address);
    let question = list([want_block(address), want_have(address)]);
    let received = send_until(&peer, question, both).await?;
    harness.require(
        both(&received),
        format!(
            "the delivery of {0} and a Have item for {0}",
            short(address)
        ),
        &received,
    )
}

// ---- WANT-11, WANT-12

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
        context.want(&dropped).is_none()
            && context.want(&named).is_some()
            && context.want(&new).is_some()
    };
    let context = harness.context_when(&peer, replaced).await?;
    harness.require(
        replaced(&context),
        format!("{} and {} only", short(&named), short(&new)),
        wants(&context),
    )
}

async fn empty_full_list_drops_all(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    record(harness, &peer, vec![want_block(&address)]).await?;
    peer.send(full_list([])).await?;
    let gone = |context: &ContextDump| context.want(&address).is_none();
    let context = harness.context_when(&peer, gone).await?;
    harness.require(gone(&context), "no wants recorded", wants(&context))
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
        .context_when(&peer, |context| context.want(&other).is_some())
        .await?;
    harness.require(
        after.want(&address) == before.want(&address),
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

// ---- WANT-13

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
    let block = harness.block();
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
    let gone = |context: &ContextDump| context.want(&block.address()).is_none();
    let context = harness.context_when(&peer, gone).await?;
    harness.require(
        gone(&context),
        format!("no entry for {}, which was sent", short(&block.address())),
        wants(&context),
    )
}

// ---- WANT-14

/// In which order these blocks came first, by their places among them, counted from one.
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
    let blocks = [harness.block(), harness.block(), harness.block()];
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
    let all = |context: &ContextDump| {
        addresses
            .iter()
            .all(|address| context.want(address).is_some())
    };
    let before = harness.context_when(&peer, all).await?;
    harness.assume(
        all(&before),
        format!(
            "not every want is recorded (WANT-1, WANT-12): {}",
            wants(&before)
        ),
    )?;
    let [cancelled, remaining @ ..] = &recorded_order(&before)[..] else {
        return Err(Stop::Inconclusive(
            "nothing is recorded (WANT-1)".to_owned(),
        ));
    };
    peer.send(list([cancel(cancelled)])).await?;
    let after = harness
        .context_when(&peer, |context| context.want(cancelled).is_none())
        .await?;
    harness.assume(
        after.want(cancelled).is_none()
            && remaining
                .iter()
                .all(|remaining| after.want(remaining).is_some()),
        format!(
            "a cancel entry removes what it names, and nothing else (WANT-8, WANT-12): {}",
            wants(&after)
        ),
    )?;
    let names: Vec<String> = remaining.iter().map(short).collect();
    harness.require(
        recorded_order(&after) == remaining,
        format!("the wants in the order recorded: {}", names.join(", ")),
        wants(&after),
    )
}

// ---- WANT-15

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
        context.want(&before).is_none(),
        "a cancel entry in a list of its own does not remove the want (WANT-8)",
    )?;
    peer.send_confirmed(list([
        want_block(&cancelled),
        cancel(&cancelled),
        cancel(&wanted),
        want_block(&wanted),
    ]))
    .await?;
    let in_order = |context: &ContextDump| {
        context.want(&cancelled).is_none() && context.want(&wanted).is_some()
    };
    let context = harness.context_when(&peer, in_order).await?;
    harness.require(
        in_order(&context),
        format!(
            "{} recorded after its cancel, {} not recorded before its cancel",
            short(&wanted),
            short(&cancelled)
        ),
        wants(&context),
    )
}

// ---- WANT-16

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

// ---- WANT-17

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

// ---- WANT-18

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
