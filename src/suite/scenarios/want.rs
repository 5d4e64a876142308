//! Scenarios of section WANT: when the peer's want list is updated.
//!
//! A scenario that builds upon a recorded want says it with [`Peer::tell`], so that no later list
//! of a barrier touches it. One that has no dump to look into stores the block afterwards, and
//! where it expects silence or accuses a missing delivery, has a *witness*: another peer that
//! wants the same block in the plainest way. A witness that is not served makes the scenario
//! inconclusive: then stored blocks are not sent to anybody (WANT-13).

use blockexc_model::price::Price;
use bytes::Bytes;

use crate::suite::control::Capability::{
    Delete, Dump, Put, PutDataset, Request as RequestBlock, RequestLeaf,
};
use crate::suite::control::{ContextDump, Outcome};
use crate::suite::material::Block;
use crate::suite::peer::Peer;
use crate::suite::received::{Came, short};
use crate::suite::say::{
    WANT_BLOCK, cancel, deliveries, full_list, have, list, presences, want_block, want_have,
};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;
use crate::suite::target::HeldBlock;
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
        run: |stage| Box::pin(want_block_is_recorded(stage)),
    },
    Scenario {
        id: "WANT-1/leaf",
        summary: "A WantBlock entry for a leaf of a dataset that the target does not hold.",
        expects: "It is recorded under its leaf address.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(leaf_want_is_recorded(stage)),
    },
    Scenario {
        id: "WANT-2",
        summary: "A WantBlock for a block that the target holds.",
        expects: "Its delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(held_block_is_delivered(stage)),
    },
    Scenario {
        id: "WANT-2/leaf",
        summary: "WantBlock entries for a leaf of a stored dataset, and for the same block by its \
                  own CID.",
        expects: "A delivery for each.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(held_leaf_is_delivered(stage)),
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
        run: |stage| Box::pin(delivered_want_is_forgotten(stage)),
    },
    Scenario {
        id: "WANT-2/once",
        summary: "A held block is asked for and delivered; then the target deletes it, and stores it \
                  again.",
        expects: "No second delivery: the want was met.",
        needs: Needs::control(&[Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivered_want_is_met_once(stage)),
    },
    Scenario {
        id: "WANT-3",
        summary: "WantHave entries for a plain block and a leaf that the target does not hold, with \
                  and without sendDontHave.",
        expects: "None of them is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_is_not_recorded(stage)),
    },
    Scenario {
        id: "WANT-3/unserved",
        summary: "One peer sends a WantHave for a block, another a WantBlock; then the target stores \
                  the block.",
        expects: "The first is not sent the block: it has not asked for it. (The second, if it is \
                  not served, makes this inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_is_no_order(stage)),
    },
    Scenario {
        id: "WANT-4",
        summary: "A WantHave for a block that the target holds, with and without sendDontHave.",
        expects: "A Have item for that address each time.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(have_for_a_held_block(stage)),
    },
    Scenario {
        id: "WANT-4/leaf",
        summary: "WantHave entries for a leaf of a stored dataset, and for the same block by its own \
                  CID.",
        expects: "A Have item for each, under the address that was asked about.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(have_for_a_held_leaf(stage)),
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
        run: |stage| Box::pin(have_names_the_price(stage)),
    },
    Scenario {
        id: "WANT-5",
        summary: "A WantHave with sendDontHave for a block that the target does not hold.",
        expects: "A DontHave item for that address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(dont_have_when_asked_for(stage)),
    },
    Scenario {
        id: "WANT-5/leaf",
        summary: "A WantHave with sendDontHave for a leaf of a dataset that the target does not hold.",
        expects: "A DontHave item for the leaf's address, and no Have.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(dont_have_for_a_leaf(stage)),
    },
    Scenario {
        id: "WANT-6",
        summary: "A WantHave without sendDontHave for a block that the target does not hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(silence_when_not_asked_for(stage)),
    },
    Scenario {
        id: "WANT-6/leaf",
        summary: "A WantHave without sendDontHave for a leaf of a dataset that the target does not \
                  hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(silence_about_a_leaf(stage)),
    },
    Scenario {
        id: "WANT-7",
        summary: "WantBlock entries with sendDontHave for a plain block and a leaf that the target \
                  does not hold.",
        expects: "A DontHave item for each.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(dont_have_for_a_want_block(stage)),
    },
    Scenario {
        id: "WANT-8",
        summary: "Cancel entries for blocks that the target neither holds nor was asked for, typed \
                  WantHave and WantBlock, with sendDontHave.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_is_not_answered(stage)),
    },
    Scenario {
        id: "WANT-8/held",
        summary: "Cancel entries for a block that the target holds, typed WantHave and WantBlock, \
                  with sendDontHave.",
        expects: "No answer: neither presence nor delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_of_a_held_block_is_not_answered(stage)),
    },
    Scenario {
        id: "WANT-8/removed",
        summary: "A want is recorded, and cancelled.",
        expects: "The entry is gone.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_removes_the_entry(stage)),
    },
    Scenario {
        id: "WANT-8/unrecorded",
        summary: "Cancel entries for blocks without a record, typed WantHave and WantBlock.",
        expects: "Nothing is recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_is_not_recorded(stage)),
    },
    Scenario {
        id: "WANT-8/unserved",
        summary: "A peer asks for a block and cancels, another then asks for it; the target stores \
                  it.",
        expects: "The first is not sent the block. (The second, if it is not served, makes this \
                  inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancelled_want_is_not_served(stage)),
    },
    Scenario {
        id: "WANT-9",
        summary: "Three wants are recorded; then the first is sent again, with another priority and \
                  sendDontHave.",
        expects: "One entry for it, at its old position, with the new fields.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_again_updates_in_place(stage)),
    },
    Scenario {
        id: "WANT-10",
        summary: "A WantBlock is recorded; then a WantHave with sendDontHave for the same block.",
        expects: "A DontHave item, as for a block without a record.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_of_a_recorded_address_is_answered(stage)),
    },
    Scenario {
        id: "WANT-10/kept",
        summary: "A WantBlock with a priority is recorded; then a WantHave for the same block.",
        expects: "The entry is as it was.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_leaves_the_record(stage)),
    },
    Scenario {
        id: "WANT-10/served",
        summary: "A WantBlock is recorded, then a WantHave for the same block comes, and the target \
                  stores the block.",
        expects: "The block is sent all the same. (Another peer that only sent a WantBlock, if it is \
                  not served, makes this inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_does_not_silence_the_want(stage)),
    },
    Scenario {
        id: "WANT-10/held",
        summary: "A WantBlock and a WantHave for one held block, in one list.",
        expects: "Its delivery and a Have item.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(want_have_beside_a_want_block_of_a_held_block(stage)),
    },
    Scenario {
        id: "WANT-11",
        summary: "Two wants are recorded; then a list with full = true names the second and a third.",
        expects: "The first is dropped, the others are recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(full_list_replaces(stage)),
    },
    Scenario {
        id: "WANT-11/empty",
        summary: "A want is recorded; then a list with full = true and no entries.",
        expects: "The want is dropped.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(empty_full_list_drops_all(stage)),
    },
    Scenario {
        id: "WANT-11/unserved",
        summary: "A peer asks for a block, then sends a list with full = true that does not name it; \
                  the target stores the block.",
        expects: "The peer is not sent it. (Another peer that asked for it, if it is not served, \
                  makes this inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(replaced_want_is_not_served(stage)),
    },
    Scenario {
        id: "WANT-12",
        summary: "A want is recorded; then a list with full = false names another.",
        expects: "The first entry is as it was.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(partial_list_adds(stage)),
    },
    Scenario {
        id: "WANT-12/served",
        summary: "A peer asks for a block, then sends a list with full = false that does not name \
                  it; the target stores the block.",
        expects: "The peer is sent it. (Another peer that asked for it, if it is not served, makes \
                  this inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(unnamed_want_is_served(stage)),
    },
    Scenario {
        id: "WANT-13",
        summary: "Two peers ask for a block that the target does not hold; then it stores it.",
        expects: "Each is sent it.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(stored_block_is_sent(stage)),
    },
    Scenario {
        id: "WANT-13/leaf",
        summary: "A peer asks for a leaf of a dataset that the target does not hold; then it stores \
                  the dataset.",
        expects: "The peer is sent the leaf's block.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(stored_leaf_is_sent(stage)),
    },
    Scenario {
        id: "WANT-13/own-cid",
        summary: "A peer asks for a block by its own CID; then the target stores a dataset with that \
                  block.",
        expects: "The peer is sent it.",
        needs: Needs::control(&[PutDataset]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(stored_leaf_is_sent_by_its_own_cid(stage)),
    },
    Scenario {
        id: "WANT-13/delivered",
        summary: "One peer asks for a block, which the target then requests and is sent by another \
                  peer.",
        expects: "The first peer is sent it.",
        needs: Needs::control(&[RequestBlock]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivered_block_is_passed_on(stage)),
    },
    Scenario {
        id: "WANT-13/delivered-leaf",
        summary: "One peer asks for a leaf, another for the same block by its own CID; the target \
                  requests the leaf and is sent it by a third peer.",
        expects: "Each is sent it, by its own CID if it is held so.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(delivered_leaf_is_passed_on(stage)),
    },
    Scenario {
        id: "WANT-13/once",
        summary: "A peer asks for a block, and is sent it when the target stores it; then the target \
                  deletes it, and stores it again.",
        expects: "No second delivery: the entry went with the first.",
        needs: Needs::control(&[Put, Delete]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(woken_want_is_met_once(stage)),
    },
    Scenario {
        id: "WANT-13/forgotten",
        summary: "A peer asks for a block, and is sent it when the target stores it; then a look at \
                  the peer's wants.",
        expects: "No entry for it is left.",
        needs: Needs::control(&[Put, Dump]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(woken_want_is_forgotten(stage)),
    },
    Scenario {
        id: "WANT-14",
        summary: "Four WantBlock entries of different priorities for held blocks, in one list.",
        expects: "The deliveries in order of priority, the highest first.",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(highest_priority_first(stage)),
    },
    Scenario {
        id: "WANT-14/woken",
        summary: "A peer asks for three blocks, the second with the highest priority, the others \
                  with the same; the target requests them, and is sent all in one message.",
        expects: "The peer is sent the second, then the first, then the third.",
        needs: Needs::control(&[RequestBlock]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(highest_priority_is_passed_on_first(stage)),
    },
    Scenario {
        id: "WANT-14/cancelled",
        summary: "Three wants are recorded, and the first is cancelled.",
        expects: "The others stay in the order recorded.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_keeps_the_order_recorded(stage)),
    },
    Scenario {
        id: "WANT-15",
        summary: "A list of four WantHave entries with sendDontHave for blocks that the target does \
                  not hold.",
        expects: "The DontHave items in the order of the entries, as lists of one entry each would \
                  be answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(entries_are_answered_in_order(stage)),
    },
    Scenario {
        id: "WANT-15/cancel",
        summary: "A list of a WantBlock and its cancel, and of a cancel and a WantBlock after it.",
        expects: "The first is not recorded, the second is.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(entries_take_effect_in_order(stage)),
    },
    Scenario {
        id: "WANT-16",
        summary: "A list whose entries have no address, an address without a CID, and a leaf address \
                  without a tree, with sendDontHave, between two entries that are usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(entries_without_an_address_are_skipped(stage)),
    },
    Scenario {
        id: "WANT-16/cid",
        summary: "A list with an entry whose CID does not parse, between two entries that are usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(unreadable_cid_is_skipped(stage)),
    },
    Scenario {
        id: "WANT-16/tree",
        summary: "A list with an entry whose tree CID does not parse, between two entries that are \
                  usable.",
        expects: "The two are answered, and nothing else is.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(unreadable_tree_is_skipped(stage)),
    },
    Scenario {
        id: "WANT-17",
        summary: "Two peers ask for the same two blocks; the second cancels one, and then sends an \
                  empty list with full = true.",
        expects: "The first peer's wants are as they were.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(lists_concern_their_sender_only(stage)),
    },
    Scenario {
        id: "WANT-17/served",
        summary: "Two peers ask for the same block, and the second cancels; then the target stores \
                  it.",
        expects: "The first is sent it. (A third that asks for it last, if it is not served, makes \
                  this inconclusive.)",
        needs: Needs::control(&[Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(cancel_concerns_its_sender_only(stage)),
    },
    Scenario {
        id: "WANT-18",
        summary: "A list of three WantHave entries with sendDontHave for blocks that the target does \
                  not hold.",
        expects: "One message with the three DontHave items.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(one_list_one_presence_message(stage)),
    },
    Scenario {
        id: "WANT-18/long",
        summary: "The same with a list of 1024 entries.",
        expects: "One message with 1024 DontHave items.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(one_long_list_one_presence_message(stage)),
    },
    Scenario {
        id: "WANT-18/delivery",
        summary: "A list with a WantBlock for a held block between two WantHave entries.",
        expects: "One message with both presence items, not after the delivery.",
        needs: Needs::HELD,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(presences_before_deliveries(stage)),
    },
];

// ---- words of this section

/// Says so, and waits until it came, or until it is proven that it does not.
async fn say_until(
    peer: &Peer,
    message: crate::wire::protobuf::Message,
    done: impl Fn(&Came) -> bool,
) -> Result<Came, Stop> {
    peer.send(message).await?;
    Ok(peer.until(done).await?)
}

/// Has the peer say this want, and gives its context with the want recorded: a precondition.
async fn record(stage: &Stage, peer: &Peer, entries: Vec<Entry>) -> Result<ContextDump, Stop> {
    let message = list(entries);
    let addresses: Vec<Address> = message
        .wantlist
        .iter()
        .flat_map(|list| &list.entries)
        .filter_map(|entry| crate::wire::address::from_protobuf(entry.address.as_ref()).ok())
        .collect();
    peer.tell(message).await?;
    let all = |context: &ContextDump| {
        addresses
            .iter()
            .all(|address| context.want(address).is_some())
    };
    let context = stage.context_when(peer, all).await?;
    stage.given(
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
fn order_recorded(context: &ContextDump) -> Vec<Address> {
    let wants = context.wants.iter();
    wants.map(|entry| entry.address.clone()).collect()
}

/// Whether this block came, under whatever address: what a delivery looks like is for XFER-1.
fn brings(came: &Came, block: &Block) -> bool {
    came.deliveries()
        .any(|delivered| delivered.block.data == block.data)
}

/// The same of a block that may be known by its address only.
fn brings_held(came: &Came, held: &HeldBlock) -> bool {
    came.has_delivery(&held.address)
        || came
            .deliveries()
            .any(|delivered| Some(&delivered.block.data) == held.data.as_ref())
}

/// Waits for this block, which the witness has asked for: a precondition.
async fn witnessed(stage: &Stage, witness: &Peer, block: &Block) -> Result<(), Stop> {
    let came = witness.until(|came| brings(came, block)).await?;
    stage.given(
        brings(&came, block),
        format!(
            "{}, which asked for {} before it was stored, was not sent it either (WANT-13): {came}",
            witness.name(),
            short(&block.address())
        ),
    )
}

/// That an ordinary WantHave with sendDontHave is answered: a precondition.
async fn answers_want_have(stage: &Stage, peer: &Peer) -> Result<(), Stop> {
    let address = stage.address();
    let question = list([want_have(&address).with_dont_have()]);
    let came = say_until(peer, question, |came| came.has_dont_have(&address)).await?;
    stage.given(
        came.has_dont_have(&address),
        format!("an ordinary WantHave with sendDontHave is not answered (WANT-5): {came}"),
    )
}

/// Makes the target request this block, be told of it and sent it by this peer: a precondition.
async fn obtain(
    stage: &Stage,
    from: &Peer,
    wanted: &[(Address, BlockDelivery)],
) -> Result<(), Stop> {
    let mut requests = Vec::new();
    for (address, _) in wanted {
        requests.push(stage.request(address).await?);
    }
    let heard = |came: &Came| {
        wanted
            .iter()
            .all(|(address, _)| !came.entries_for(address).is_empty())
    };
    from.until(heard).await?;
    from.send(presences(wanted.iter().map(|(address, _)| have(address))))
        .await?;
    let asked = |came: &Came| {
        wanted
            .iter()
            .all(|(address, _)| came.has_want_block(address))
    };
    from.until(asked).await?;
    from.send(deliveries(
        wanted.iter().map(|(_, delivery)| delivery.clone()),
    ))
    .await?;
    for request in requests {
        let outcome = stage.outcome_in_the_end(request).await?;
        stage.given(
            matches!(outcome, Outcome::Completed(_)),
            format!("the target did not obtain the block (XFER-7): {outcome}"),
        )?;
    }
    Ok(())
}

// ---- WANT-1

async fn want_block_is_recorded(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (first, second) = (stage.address(), stage.address());
    peer.tell(list([want_block(&first).with_priority(3)]))
        .await?;
    let context = stage
        .context_when(&peer, |context| context.want(&first).is_some())
        .await?;
    let expected = WantEntry {
        priority: 3,
        ..WantEntry::want_block(first.clone())
    };
    stage.require(
        context.want(&first) == Some(&expected),
        format!("a WantBlock for {} with priority 3 recorded", short(&first)),
        wants(&context),
    )?;
    peer.tell(list([want_block(&second).with_dont_have()]))
        .await?;
    let context = stage
        .context_when(&peer, |context| context.want(&second).is_some())
        .await?;
    let expected = WantEntry {
        send_dont_have: true,
        ..WantEntry::want_block(second.clone())
    };
    stage.require(
        context.want(&second) == Some(&expected),
        format!(
            "a WantBlock for {} with sendDontHave recorded",
            short(&second)
        ),
        wants(&context),
    )?;
    stage.given(
        context.want(&first).is_some(),
        "the second list has dropped what the first asked for (WANT-12)",
    )?;
    stage.require(
        context.wants.last() == Some(&expected),
        format!("{} appended, at the end", short(&second)),
        wants(&context),
    )
}

async fn leaf_want_is_recorded(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let leaf = stage.dataset(3).address(2);
    peer.tell(list([want_block(&leaf)])).await?;
    let context = stage
        .context_when(&peer, |context| context.want(&leaf).is_some())
        .await?;
    stage.require(
        context.want(&leaf) == Some(&WantEntry::want_block(leaf.clone())),
        format!("a WantBlock for {} recorded", short(&leaf)),
        wants(&context),
    )
}

// ---- WANT-2

async fn held_block_is_delivered(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let came = say_until(&peer, list([want_block(&held.address)]), |came| {
        brings_held(came, &held)
    })
    .await?;
    stage.require(
        brings_held(&came, &held),
        format!("the delivery of {}", short(&held.address)),
        &came,
    )
}

async fn held_leaf_is_delivered(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let dataset = stage.dataset(3);
    stage.put_dataset(&dataset).await?;
    let block = &dataset.blocks[1];
    for address in [dataset.address(1), block.address()] {
        let came = say_until(&peer, list([want_block(&address)]), |came| {
            brings(came, block)
        })
        .await?;
        stage.require(
            brings(&came, block),
            format!("the delivery of {}", short(&address)),
            &came,
        )?;
    }
    Ok(())
}

async fn delivered_want_is_forgotten(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let came = say_until(&peer, list([want_block(&held.address)]), |came| {
        brings_held(came, &held)
    })
    .await?;
    stage.given(
        brings_held(&came, &held),
        format!("a held block is not delivered: {came}"),
    )?;
    let gone = |context: &ContextDump| context.want(&held.address).is_none();
    let context = stage.context_when(&peer, gone).await?;
    stage.require(
        gone(&context),
        format!("no entry for {}", short(&held.address)),
        wants(&context),
    )
}

async fn delivered_want_is_met_once(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    stage.put(&block).await?;
    let came = say_until(&peer, list([want_block(&block.address())]), |came| {
        brings(came, &block)
    })
    .await?;
    stage.given(
        brings(&came, &block),
        format!("a held block is not delivered: {came}"),
    )?;
    no_second_delivery(stage, &peer, &block).await
}

/// The block, which the peer was sent, is deleted and stored again.
async fn no_second_delivery(stage: &Stage, peer: &Peer, block: &Block) -> Result<(), Stop> {
    stage.delete(&block.cid).await?;
    stage.put(block).await?;
    let came = peer.barrier().await?;
    stage.require(
        !brings(&came, block),
        format!("no second delivery of {}", short(&block.address())),
        &came,
    )
}

// ---- WANT-3

async fn want_have_is_not_recorded(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (plain, leaf) = (stage.address(), stage.dataset(2).address(1));
    for entry in [
        want_have(&plain),
        want_have(&leaf).with_dont_have(),
        want_have(&plain).with_priority(1),
    ] {
        peer.tell(list([entry])).await?;
        let context = stage.context(&peer).await?;
        stage.require(
            context.want(&plain).is_none() && context.want(&leaf).is_none(),
            "no entry for a WantHave",
            wants(&context),
        )?;
    }
    Ok(())
}

async fn want_have_is_no_order(stage: &Stage) -> Result<(), Stop> {
    let (peer, witness) = (stage.join().await?, stage.join().await?);
    let block = stage.block();
    peer.tell(list([want_have(&block.address())])).await?;
    witness.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.barrier().await?;
    stage.require(
        !brings(&came, &block),
        format!("no delivery to {}, which only sent a WantHave", peer.name()),
        &came,
    )
}

// ---- WANT-4

async fn have_for_a_held_block(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let address = &held.address;
    for entry in [want_have(address), want_have(address).with_dont_have()] {
        let came = say_until(&peer, list([entry]), |came| came.has_have(address)).await?;
        stage.require(
            came.has_have(address) && !came.has_dont_have(address),
            format!("a Have item for {}", short(address)),
            &came,
        )?;
    }
    Ok(())
}

async fn have_for_a_held_leaf(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let dataset = stage.dataset(3);
    stage.put_dataset(&dataset).await?;
    for address in [dataset.address(2), dataset.blocks[2].address()] {
        let came = say_until(&peer, list([want_have(&address)]), |came| {
            came.has_have(&address)
        })
        .await?;
        stage.require(
            came.has_have(&address),
            format!("a Have item for {}", short(&address)),
            &came,
        )?;
    }
    Ok(())
}

async fn have_names_the_price(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let came = say_until(&peer, list([want_have(&held.address)]), |came| {
        came.has_have(&held.address)
    })
    .await?;
    stage.given(
        came.has_have(&held.address),
        format!("a held block is not answered with Have: {came}"),
    )?;
    let price = Price::from(PALINDROMIC_PRICE);
    stage.require(
        came.presences_of(&held.address)
            .iter()
            .all(|presence| presence.price == price),
        format!("a Have item with the price {price}"),
        &came,
    )
}

// ---- WANT-5, WANT-6, WANT-7

async fn dont_have_when_asked_for(stage: &Stage) -> Result<(), Stop> {
    let address = stage.address();
    is_answered_dont_have(stage, &address).await
}

async fn dont_have_for_a_leaf(stage: &Stage) -> Result<(), Stop> {
    let leaf = stage.dataset(2).address(1);
    is_answered_dont_have(stage, &leaf).await
}

async fn is_answered_dont_have(stage: &Stage, address: &Address) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let question = list([want_have(address).with_dont_have()]);
    let came = say_until(&peer, question, |came| came.has_dont_have(address)).await?;
    stage.require(
        came.has_dont_have(address) && !came.has_have(address),
        format!("a DontHave item for {}", short(address)),
        &came,
    )
}

async fn silence_when_not_asked_for(stage: &Stage) -> Result<(), Stop> {
    let address = stage.address();
    is_not_answered(stage, &address).await
}

async fn silence_about_a_leaf(stage: &Stage) -> Result<(), Stop> {
    let leaf = stage.dataset(2).address(1);
    is_not_answered(stage, &leaf).await
}

async fn is_not_answered(stage: &Stage, address: &Address) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let came = peer.exchange(list([want_have(address)])).await?;
    stage.require(
        came.presences_of(address).is_empty() && !came.has_delivery(address),
        format!("no answer about {}", short(address)),
        &came,
    )
}

async fn dont_have_for_a_want_block(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    for address in [stage.address(), stage.dataset(2).address(1)] {
        let question = list([want_block(&address).with_dont_have()]);
        let came = say_until(&peer, question, |came| came.has_dont_have(&address)).await?;
        stage.require(
            came.has_dont_have(&address),
            format!("a DontHave item for {}", short(&address)),
            &came,
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

async fn cancel_is_not_answered(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    for address in [stage.address(), stage.dataset(2).address(0)] {
        for entry in cancels_of(&address) {
            let came = peer.exchange(list([entry])).await?;
            stage.require(
                came.presences_of(&address).is_empty(),
                format!("no answer to the cancel entry for {}", short(&address)),
                &came,
            )?;
        }
    }
    Ok(())
}

async fn cancel_of_a_held_block_is_not_answered(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    for entry in cancels_of(&held.address) {
        let came = peer.exchange(list([entry])).await?;
        stage.require(
            came.presences_of(&held.address).is_empty() && !brings_held(&came, &held),
            format!("no answer to the cancel entry for {}", short(&held.address)),
            &came,
        )?;
    }
    Ok(())
}

async fn cancel_removes_the_entry(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    for (address, index) in [(stage.address(), 0), (stage.dataset(2).address(1), 1)] {
        record(stage, &peer, vec![want_block(&address)]).await?;
        let [typed_want_have, typed_want_block] = cancels_of(&address);
        let entry = if index == 0 {
            typed_want_have
        } else {
            typed_want_block
        };
        peer.tell(list([entry])).await?;
        let gone = |context: &ContextDump| context.want(&address).is_none();
        let context = stage.context_when(&peer, gone).await?;
        stage.require(
            gone(&context),
            format!("no entry for {}, which was cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancel_is_not_recorded(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    for entry in cancels_of(&address) {
        peer.tell(list([entry])).await?;
        let context = stage.context(&peer).await?;
        stage.require(
            context.want(&address).is_none(),
            format!("no entry for {}, which was only cancelled", short(&address)),
            wants(&context),
        )?;
    }
    Ok(())
}

async fn cancelled_want_is_not_served(stage: &Stage) -> Result<(), Stop> {
    let (peer, witness) = (stage.join().await?, stage.join().await?);
    let block = stage.block();
    peer.tell(list([want_block(&block.address())])).await?;
    peer.tell(list([cancel(&block.address())])).await?;
    witness.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.barrier().await?;
    stage.require(
        !brings(&came, &block),
        format!("no delivery to {}, which has cancelled", peer.name()),
        &came,
    )
}

// ---- WANT-9

async fn want_again_updates_in_place(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let addresses = [stage.address(), stage.address(), stage.address()];
    // In one list: were they in several, a node that takes each for a full one would keep one.
    let before = record(stage, &peer, addresses.iter().map(want_block).collect()).await?;
    let again = before.wants[0].address.clone();
    peer.tell(list([want_block(&again).with_priority(5).with_dont_have()]))
        .await?;
    let expected = WantEntry {
        priority: 5,
        send_dont_have: true,
        ..WantEntry::want_block(again.clone())
    };
    let updated = |context: &ContextDump| context.want(&again) == Some(&expected);
    let after = stage.context_when(&peer, updated).await?;
    stage.given(
        addresses
            .iter()
            .all(|address| *address == again || after.want(address).is_some()),
        format!(
            "the second list has dropped what it does not name (WANT-12): {}",
            wants(&after)
        ),
    )?;
    stage.require(
        updated(&after),
        format!("{} with priority 5 and sendDontHave", short(&again)),
        wants(&after),
    )?;
    stage.require(
        order_recorded(&after) == order_recorded(&before),
        format!("one entry for each, {} still the first", short(&again)),
        wants(&after),
    )
}

// ---- WANT-10

async fn want_have_of_a_recorded_address_is_answered(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    answers_want_have(stage, &peer).await?;
    for address in [stage.address(), stage.dataset(2).address(1)] {
        peer.tell(list([want_block(&address)])).await?;
        peer.take();
        let question = list([want_have(&address).with_dont_have()]);
        let came = say_until(&peer, question, |came| came.has_dont_have(&address)).await?;
        stage.require(
            came.has_dont_have(&address),
            format!("a DontHave item for {}, which is recorded", short(&address)),
            &came,
        )?;
    }
    Ok(())
}

async fn want_have_leaves_the_record(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    let entry = want_block(&address).with_priority(3);
    let before = record(stage, &peer, vec![entry]).await?;
    for entry in [want_have(&address), want_have(&address).with_dont_have()] {
        peer.tell(list([entry])).await?;
        let after = stage.context(&peer).await?;
        stage.require(
            after.want(&address) == before.want(&address),
            format!("as before, {}", wants(&before)),
            wants(&after),
        )?;
    }
    Ok(())
}

async fn want_have_does_not_silence_the_want(stage: &Stage) -> Result<(), Stop> {
    let (peer, witness) = (stage.join().await?, stage.join().await?);
    let block = stage.block();
    peer.tell(list([want_block(&block.address())])).await?;
    peer.tell(list([want_have(&block.address())])).await?;
    witness.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.until(|came| brings(came, &block)).await?;
    stage.require(
        brings(&came, &block),
        format!("the delivery of {}", short(&block.address())),
        &came,
    )
}

async fn want_have_beside_a_want_block_of_a_held_block(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let address = &held.address;
    let apart = say_until(&peer, list([want_have(address)]), |came| {
        came.has_have(address)
    })
    .await?;
    stage.given(
        apart.has_have(address),
        format!("a WantHave alone is not answered with Have (WANT-4): {apart}"),
    )?;
    let apart = say_until(&peer, list([want_block(address)]), |came| {
        brings_held(came, &held)
    })
    .await?;
    stage.given(
        brings_held(&apart, &held),
        format!("a WantBlock alone is not answered with the delivery (WANT-2): {apart}"),
    )?;
    let both = |came: &Came| brings_held(came, &held) && came.has_have(address);
    let question = list([want_block(address), want_have(address)]);
    let came = say_until(&peer, question, both).await?;
    stage.require(
        both(&came),
        format!(
            "the delivery of {0} and a Have item for {0}",
            short(address)
        ),
        &came,
    )
}

// ---- WANT-11, WANT-12

async fn full_list_replaces(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (dropped, named, new) = (stage.address(), stage.address(), stage.address());
    record(stage, &peer, vec![want_block(&dropped), want_block(&named)]).await?;
    peer.tell(full_list([want_block(&named), want_block(&new)]))
        .await?;
    let replaced = |context: &ContextDump| {
        context.want(&dropped).is_none()
            && context.want(&named).is_some()
            && context.want(&new).is_some()
    };
    let context = stage.context_when(&peer, replaced).await?;
    stage.require(
        replaced(&context),
        format!("{} and {} only", short(&named), short(&new)),
        wants(&context),
    )
}

async fn empty_full_list_drops_all(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    record(stage, &peer, vec![want_block(&address)]).await?;
    peer.send(full_list([])).await?;
    let gone = |context: &ContextDump| context.want(&address).is_none();
    let context = stage.context_when(&peer, gone).await?;
    stage.require(gone(&context), "no wants recorded", wants(&context))
}

async fn replaced_want_is_not_served(stage: &Stage) -> Result<(), Stop> {
    let (peer, witness) = (stage.join().await?, stage.join().await?);
    let (block, other) = (stage.block(), stage.address());
    peer.tell(list([want_block(&block.address())])).await?;
    peer.tell(full_list([want_block(&other)])).await?;
    witness.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.barrier().await?;
    stage.require(
        !brings(&came, &block),
        format!(
            "no delivery to {}, whose full list does not name the block",
            peer.name()
        ),
        &came,
    )
}

async fn partial_list_adds(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (address, other) = (stage.address(), stage.address());
    let entry = want_block(&address).with_priority(3);
    let before = record(stage, &peer, vec![entry]).await?;
    peer.tell(list([want_block(&other)])).await?;
    let after = stage
        .context_when(&peer, |context| context.want(&other).is_some())
        .await?;
    stage.require(
        after.want(&address) == before.want(&address),
        format!("{} as it was recorded", short(&address)),
        wants(&after),
    )
}

async fn unnamed_want_is_served(stage: &Stage) -> Result<(), Stop> {
    let (peer, witness) = (stage.join().await?, stage.join().await?);
    let (block, other) = (stage.block(), stage.address());
    peer.tell(list([want_block(&block.address())])).await?;
    peer.tell(list([want_block(&other)])).await?;
    witness.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.until(|came| brings(came, &block)).await?;
    stage.require(
        brings(&came, &block),
        format!(
            "the delivery of {}, which the second list does not name",
            short(&block.address())
        ),
        &came,
    )
}

// ---- WANT-13

async fn stored_block_is_sent(stage: &Stage) -> Result<(), Stop> {
    let peers = [stage.join().await?, stage.join().await?];
    let block = stage.block();
    for peer in &peers {
        peer.tell(list([want_block(&block.address())])).await?;
    }
    stage.put(&block).await?;
    for peer in &peers {
        is_sent(stage, peer, &block, &block.address()).await?;
    }
    Ok(())
}

/// The peer is sent this block, which it asked for by this address.
async fn is_sent(stage: &Stage, peer: &Peer, block: &Block, address: &Address) -> Result<(), Stop> {
    let came = peer.until(|came| brings(came, block)).await?;
    stage.require(
        brings(&came, block),
        format!("the delivery of {} to {}", short(address), peer.name()),
        &came,
    )
}

async fn stored_leaf_is_sent(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let dataset = stage.dataset(3);
    let leaf = dataset.address(1);
    peer.tell(list([want_block(&leaf)])).await?;
    stage.put_dataset(&dataset).await?;
    is_sent(stage, &peer, &dataset.blocks[1], &leaf).await
}

async fn stored_leaf_is_sent_by_its_own_cid(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let dataset = stage.dataset(3);
    let block = &dataset.blocks[1];
    peer.tell(list([want_block(&block.address())])).await?;
    stage.put_dataset(&dataset).await?;
    is_sent(stage, &peer, block, &block.address()).await
}

async fn delivered_block_is_passed_on(stage: &Stage) -> Result<(), Stop> {
    let (peer, holder) = (stage.join().await?, stage.join().await?);
    let block = stage.block();
    peer.tell(list([want_block(&block.address())])).await?;
    obtain(stage, &holder, &[(block.address(), block.delivery())]).await?;
    is_sent(stage, &peer, &block, &block.address()).await
}

async fn delivered_leaf_is_passed_on(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let by_own_cid = stage.join().await?;
    let holder = stage.join().await?;
    let dataset = stage.dataset(3);
    let (leaf, block) = (dataset.address(1), &dataset.blocks[1]);
    let own = block.address();
    peer.tell(list([want_block(&leaf)])).await?;
    by_own_cid.tell(list([want_block(&own)])).await?;
    obtain(stage, &holder, &[(leaf.clone(), dataset.delivery(1))]).await?;
    is_sent(stage, &peer, block, &leaf).await?;
    let held = say_until(&holder, list([want_have(&own)]), |came| came.has_have(&own)).await?;
    stage.given(
        held.has_have(&own),
        format!("the leaf's block is not held under its own CID (XFER-7): {held}"),
    )?;
    is_sent(stage, &by_own_cid, block, &own).await
}

async fn woken_want_is_met_once(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    peer.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &peer, &block).await?;
    no_second_delivery(stage, &peer, &block).await
}

async fn woken_want_is_forgotten(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    peer.tell(list([want_block(&block.address())])).await?;
    stage.put(&block).await?;
    witnessed(stage, &peer, &block).await?;
    let gone = |context: &ContextDump| context.want(&block.address()).is_none();
    let context = stage.context_when(&peer, gone).await?;
    stage.require(
        gone(&context),
        format!("no entry for {}, which was sent", short(&block.address())),
        wants(&context),
    )
}

// ---- WANT-14

/// In which order these blocks came first, by their places among them, counted from one.
fn order_of(came: &Came, blocks: &[Block]) -> Vec<usize> {
    let mut order = Vec::new();
    for delivered in came.deliveries() {
        let place = blocks
            .iter()
            .position(|block| block.data == delivered.block.data);
        if let Some(place) = place.map(|place| place + 1)
            && !order.contains(&place)
        {
            order.push(place);
        }
    }
    order
}

async fn comes_in_order(
    stage: &Stage,
    peer: &Peer,
    blocks: &[Block],
    expected: &[usize],
) -> Result<(), Stop> {
    let all = |came: &Came| blocks.iter().all(|block| brings(came, block));
    let came = peer.until(all).await?;
    stage.given(
        all(&came),
        format!("not every block is delivered (WANT-2, WANT-13): {came}"),
    )?;
    let order = order_of(&came, blocks);
    let named = |places: &[usize]| {
        let names: Vec<String> = places
            .iter()
            .map(|place| short(&blocks[place - 1].address()))
            .collect();
        names.join(", ")
    };
    stage.require(
        order == expected,
        format!("the deliveries in the order {}", named(expected)),
        format!("the order {}", named(&order)),
    )
}

async fn highest_priority_first(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let blocks = [stage.block(), stage.block(), stage.block(), stage.block()];
    for block in &blocks {
        stage.put(block).await?;
    }
    // No two the same: in which order the entries are handled is for WANT-15 to ask.
    let priorities = [1, 7, 0, 4];
    let entries = blocks.iter().zip(priorities);
    peer.send(list(entries.map(|(block, priority)| {
        want_block(&block.address()).with_priority(priority)
    })))
    .await?;
    comes_in_order(stage, &peer, &blocks, &[2, 4, 1, 3]).await
}

async fn highest_priority_is_passed_on_first(stage: &Stage) -> Result<(), Stop> {
    let (peer, holder) = (stage.join().await?, stage.join().await?);
    let blocks = [stage.block(), stage.block(), stage.block()];
    // Each in a list of its own, so that the order recorded is beyond doubt.
    for (block, priority) in blocks.iter().zip([1, 2, 1]) {
        peer.tell(list([want_block(&block.address()).with_priority(priority)]))
            .await?;
    }
    let wanted: Vec<_> = blocks
        .iter()
        .map(|block| (block.address(), block.delivery()))
        .collect();
    obtain(stage, &holder, &wanted).await?;
    comes_in_order(stage, &peer, &blocks, &[2, 1, 3]).await
}

async fn cancel_keeps_the_order_recorded(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let addresses = [stage.address(), stage.address(), stage.address()];
    // In one list: were they in several, a node that takes each for a full one would keep one.
    // And without a barrier's question, which some nodes record as the last.
    peer.send(list(addresses.iter().map(want_block))).await?;
    let all = |context: &ContextDump| {
        addresses
            .iter()
            .all(|address| context.want(address).is_some())
    };
    let before = stage.context_when(&peer, all).await?;
    stage.given(
        all(&before),
        format!(
            "not every want is recorded (WANT-1, WANT-12): {}",
            wants(&before)
        ),
    )?;
    let [cancelled, kept @ ..] = &order_recorded(&before)[..] else {
        return Err(Stop::Inconclusive(
            "nothing is recorded (WANT-1)".to_owned(),
        ));
    };
    peer.send(list([cancel(cancelled)])).await?;
    let after = stage
        .context_when(&peer, |context| context.want(cancelled).is_none())
        .await?;
    stage.given(
        after.want(cancelled).is_none() && kept.iter().all(|kept| after.want(kept).is_some()),
        format!(
            "a cancel entry removes what it names, and nothing else (WANT-8, WANT-12): {}",
            wants(&after)
        ),
    )?;
    let names: Vec<String> = kept.iter().map(short).collect();
    stage.require(
        order_recorded(&after) == kept,
        format!("the wants in the order recorded: {}", names.join(", ")),
        wants(&after),
    )
}

// ---- WANT-15

async fn entries_are_answered_in_order(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let addresses = [
        stage.address(),
        stage.dataset(2).address(1),
        stage.address(),
        stage.address(),
    ];
    let all = |came: &Came| addresses.iter().all(|address| came.has_dont_have(address));
    let entries = addresses.iter();
    let question = list(entries.map(|address| want_have(address).with_dont_have()));
    let came = say_until(&peer, question, all).await?;
    stage.given(
        all(&came),
        format!("not every entry is answered (WANT-5): {came}"),
    )?;
    stage.require(
        came.presences()
            .map(|presence| &presence.address)
            .eq(&addresses),
        format!(
            "the items in the order {}",
            addresses.each_ref().map(short).join(", ")
        ),
        &came,
    )
}

async fn entries_take_effect_in_order(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (before, cancelled, wanted) = (stage.address(), stage.address(), stage.address());
    // What the scenario builds upon, each in a list of its own.
    record(stage, &peer, vec![want_block(&before)]).await?;
    peer.tell(list([cancel(&before)])).await?;
    let context = stage.context(&peer).await?;
    stage.given(
        context.want(&before).is_none(),
        "a cancel entry in a list of its own does not remove the want (WANT-8)",
    )?;
    peer.tell(list([
        want_block(&cancelled),
        cancel(&cancelled),
        cancel(&wanted),
        want_block(&wanted),
    ]))
    .await?;
    let in_order = |context: &ContextDump| {
        context.want(&cancelled).is_none() && context.want(&wanted).is_some()
    };
    let context = stage.context_when(&peer, in_order).await?;
    stage.require(
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

async fn entries_without_an_address_are_skipped(stage: &Stage) -> Result<(), Stop> {
    let like = stage.address();
    let leaf_without_tree = BlockAddress {
        leaf: true,
        index: 3,
        ..BlockAddress::default()
    };
    for address in [None, Some(BlockAddress::default()), Some(leaf_without_tree)] {
        unusable_entry_is_skipped(stage, unusable(address, &like)).await?;
    }
    Ok(())
}

async fn unreadable_cid_is_skipped(stage: &Stage) -> Result<(), Stop> {
    let like = stage.address();
    let truncated = match &like {
        Address::Plain(cid) | Address::Leaf { tree: cid, .. } => truncated(cid),
    };
    for cid in [Bytes::new(), Bytes::from_static(b"no CID"), truncated] {
        let address = BlockAddress {
            cid: Some(cid),
            ..BlockAddress::default()
        };
        unusable_entry_is_skipped(stage, unusable(Some(address), &like)).await?;
    }
    Ok(())
}

async fn unreadable_tree_is_skipped(stage: &Stage) -> Result<(), Stop> {
    let like = stage.address();
    let dataset = stage.dataset(2);
    for tree_cid in [Bytes::new(), truncated(&dataset.cid())] {
        let address = BlockAddress {
            leaf: true,
            tree_cid: Some(tree_cid),
            ..BlockAddress::default()
        };
        unusable_entry_is_skipped(stage, unusable(Some(address), &like)).await?;
    }
    Ok(())
}

/// The bytes of a CID, but for the last.
fn truncated(cid: &BlockCid) -> Bytes {
    let bytes = cid.as_bytes();
    Bytes::copy_from_slice(&bytes[..bytes.len().saturating_sub(1)])
}

async fn unusable_entry_is_skipped(stage: &Stage, entry: Entry) -> Result<(), Stop> {
    let peer = stage.join().await?;
    answers_want_have(stage, &peer).await?;
    let (before, after) = (stage.address(), stage.address());
    let question = list([
        want_have(&before).with_dont_have(),
        entry,
        want_have(&after).with_dont_have(),
    ]);
    let both = |came: &Came| came.has_dont_have(&before) && came.has_dont_have(&after);
    let mut came = say_until(&peer, question, both).await?;
    // An answer to the unusable entry may come after them.
    came.extend(peer.barrier().await?.0);
    stage.require(
        both(&came),
        format!(
            "DontHave items for {} and {}, the entries around the unusable one",
            short(&before),
            short(&after)
        ),
        &came,
    )?;
    stage.require(
        came.0
            .iter()
            .all(|received| received.decoded.unusable.is_empty())
            && came.presences().count() == 2
            && came.deliveries().next().is_none(),
        "no answer to the unusable entry",
        &came,
    )
}

// ---- WANT-17

async fn lists_concern_their_sender_only(stage: &Stage) -> Result<(), Stop> {
    let (peer, other) = (stage.join().await?, stage.join().await?);
    let addresses = [stage.address(), stage.address()];
    let entries = || addresses.iter().map(want_block).collect::<Vec<_>>();
    let before = record(stage, &peer, entries()).await?;
    record(stage, &other, entries()).await?;
    let lists = [
        list([cancel(&addresses[0])]),
        list([want_block(&addresses[1]).with_priority(9)]),
        full_list([]),
    ];
    for message in lists {
        other.tell(message).await?;
        let after = stage.context(&peer).await?;
        stage.require(
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

async fn cancel_concerns_its_sender_only(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let other = stage.join().await?;
    let witness = stage.join().await?;
    let block = stage.block();
    let address = block.address();
    peer.tell(list([want_block(&address)])).await?;
    other.tell(list([want_block(&address)])).await?;
    other.tell(list([cancel(&address)])).await?;
    witness.tell(list([want_block(&address)])).await?;
    stage.put(&block).await?;
    witnessed(stage, &witness, &block).await?;
    let came = peer.until(|came| brings(came, &block)).await?;
    stage.require(
        brings(&came, &block),
        format!(
            "the delivery of {} to {}, which has not cancelled",
            short(&address),
            peer.name()
        ),
        &came,
    )
}

// ---- WANT-18

async fn one_list_one_presence_message(stage: &Stage) -> Result<(), Stop> {
    comes_as_one_presence_message(stage, 3).await
}

async fn one_long_list_one_presence_message(stage: &Stage) -> Result<(), Stop> {
    comes_as_one_presence_message(stage, LONG_LIST).await
}

async fn comes_as_one_presence_message(stage: &Stage, entries: usize) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let addresses: Vec<Address> = (0..entries).map(|_| stage.address()).collect();
    let answered = |came: &Came| came.presences().count() == entries;
    let question = list(
        addresses
            .iter()
            .map(|address| want_have(address).with_dont_have()),
    );
    let came = say_until(&peer, question, answered).await?;
    stage.given(
        answered(&came),
        format!("not every entry is answered (WANT-5, JOIN-8): {came}"),
    )?;
    let messages = came
        .messages()
        .filter(|message| !message.presences.is_empty())
        .count();
    stage.require(
        messages == 1,
        format!("one message with {entries} presence items"),
        format!("{messages} messages with presence items: {came}"),
    )
}

async fn presences_before_deliveries(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let held = stage.held().await?;
    let absent = stage.address();
    let all = |came: &Came| {
        brings_held(came, &held) && came.has_have(&held.address) && came.has_dont_have(&absent)
    };
    let question = list([
        want_have(&held.address),
        want_block(&held.address),
        want_have(&absent).with_dont_have(),
    ]);
    let came = say_until(&peer, question, all).await?;
    stage.given(
        all(&came),
        format!("not every entry is answered (WANT-2, WANT-4, WANT-5): {came}"),
    )?;
    let with_presences: Vec<usize> = came
        .messages()
        .enumerate()
        .filter(|(_, message)| !message.presences.is_empty())
        .map(|(place, _)| place)
        .collect();
    let first_delivery = came
        .messages()
        .position(|message| !message.deliveries.is_empty());
    stage.require(
        with_presences.len() == 1 && with_presences.first() <= first_delivery.as_ref(),
        "one message with both presence items, before the delivery",
        &came,
    )
}
