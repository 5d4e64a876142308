//! PRES: presence, limited to what we want.

use blockexc_model::address::{Address, Names};
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::Event;
use blockexc_model::message::{Message, PresenceType};

use super::message::is_valid;
use super::rule::{Rule, every};
use super::state::{context_of, is_asked, knows, knows_a_holder};
use super::step::Step;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_record_comes_of_a_have(),
        a_have_is_recorded(),
        a_dont_have_leaves_no_record(),
        what_was_asked_is_asked_elsewhere(),
        a_have_replaces_the_price(),
        an_unwanted_item_leaves_no_trace(),
        with_a_want_its_records_end(),
        nothing_else_removes_a_record(),
        items_are_handled_in_order(),
        the_helpers_agree_with_the_records(),
    ]
}

/// PRES-2
fn a_record_comes_of_a_have<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-2: a record comes of a Have for an own want",
        &["PRES-2"],
        |step| {
            let records = step.after.contexts().iter().flat_map(|(peer, context)| {
                let addresses = context.peer_have();
                addresses.map(move |address| (peer, address))
            });
            let new = records.filter(|(peer, address)| !knows(step.before, peer, address));
            every(new, |(peer, address)| {
                // A record of what was never wanted breaks PRES-5, one of a DontHave PRES-3.
                let denied = || {
                    let item = step.item(PresenceType::DontHave);
                    item.is_some_and(|(from, item)| from == peer && item.address == *address)
                };
                step.has_item(peer, address, PresenceType::Have) || denied()
            })
        },
    )
}

/// PRES-2, PRES-4
fn a_have_is_recorded<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-2: a Have for an own want is recorded",
        &["PRES-2", "PRES-4"],
        |step| {
            let (from, item) = step.item(PresenceType::Have)?;
            if !step.before.wants(&item.address) {
                return None;
            }
            Some(knows(step.after, from, &item.address))
        },
    )
}

/// PRES-3
fn a_dont_have_leaves_no_record<N: Names>() -> Rule<N> {
    Rule::new("PRES-3: a DontHave leaves no record", &["PRES-3"], |step| {
        let (from, item) = step.item(PresenceType::DontHave)?;
        Some(!knows(step.after, from, &item.address))
    })
}

/// PRES-3
fn what_was_asked_is_asked_elsewhere<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-3: what was asked of a peer that has it not is asked elsewhere",
        &["PRES-3"],
        |step| {
            let (from, item) = step.item(PresenceType::DontHave)?;
            if !is_asked(step.before, from, &item.address) {
                return None;
            }
            Some(step.asks_elsewhere(from, &item.address))
        },
    )
}

/// PRES-4
fn a_have_replaces_the_price<N: Names>() -> Rule<N> {
    Rule::new("PRES-4: a Have replaces the price", &["PRES-4"], |step| {
        let (from, item) = step.item(PresenceType::Have)?;
        if !knows(step.before, from, &item.address) {
            return None;
        }
        let price =
            context_of(step.after, from).and_then(|context| context.presence().get(&item.address));
        // That the record stays is PRES-2's.
        Some(price.is_none_or(|price| *price == item.price))
    })
}

/// PRES-5, PRES-1
fn an_unwanted_item_leaves_no_trace<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-5: an item for what is not wanted leaves no trace",
        &["PRES-5", "PRES-1"],
        |step| {
            let (_, item) = step.any_item()?;
            if step.before.wants(&item.address) {
                return None;
            }
            Some(step.changes_nothing() && step.sends().next().is_none())
        },
    )
}

/// PRES-6
fn with_a_want_its_records_end<N: Names>() -> Rule<N> {
    Rule::new("PRES-6: with a want its records end", &["PRES-6"], |step| {
        every(step.ended(), |address| !knows_a_holder(step.after, address))
    })
}

/// PRES-7
fn nothing_else_removes_a_record<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-7: nothing else removes a record",
        &["PRES-7"],
        |step| {
            let staying = step
                .contexts()
                .filter(|(peer, ..)| context_of(step.after, peer).is_some());
            let records = staying.flat_map(|(peer, before, _)| {
                let addresses = before.peer_have();
                addresses.map(move |address| (peer, address))
            });
            // A record of what is not wanted should not be there to begin with.
            let wanted = records.filter(|(_, address)| step.before.wants(address));
            every(wanted, |(peer, address)| {
                knows(step.after, peer, address) || may_remove(step, peer, address)
            })
        },
    )
}

/// Whether this step may remove this record: its want ends, the peer denies the block or delivers
/// it badly, is asked in vain, or joins anew.
fn may_remove<N: Names>(step: &Step<'_, N>, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
    let delivered_badly = || {
        step.received().is_some_and(|(from, message)| {
            from == peer
                && message
                    .deliveries
                    .iter()
                    .any(|delivery| delivery.address == *address && !is_valid(delivery))
        })
    };
    !step.after.wants(address)
        || step.has_item(peer, address, PresenceType::DontHave)
        || delivered_badly()
        || *step.event == Event::Retry(address.clone()) && is_asked(step.before, peer, address)
        || *step.event == Event::Joined(peer.clone())
}

/// PRES-9
fn items_are_handled_in_order<N: Names>() -> Rule<N> {
    Rule::new("PRES-9: items are handled in order", &["PRES-9"], |step| {
        let (from, message) = step.received_part()?;
        if message.presences.len() < 2 {
            return None;
        }
        let items = message.presences.iter().cloned();
        let messages = items.map(|item| Message::presences(vec![item]));
        let recorded = context_of(step.after, from).map(PeerContext::presence);
        Some(step.one_by_one(from, messages.collect(), |node, _| {
            context_of(node, from).map(PeerContext::presence) == recorded
        }))
    })
}

/// PRES-10
fn the_helpers_agree_with_the_records<N: Names>() -> Rule<N> {
    Rule::new(
        "PRES-10: the helpers agree with the records",
        &["PRES-10"],
        |step| {
            let (_, message) = step.received()?;
            if message.presences.is_empty() {
                return None;
            }
            Some(step.after.dump().contexts.values().all(|context| {
                let recorded = || context.presence.iter().map(|(address, _)| address);
                let cid = |address: &Address<N::Cid>| address.cid_or_tree_cid().clone();
                let wanted = context.wants.iter().map(|entry| cid(&entry.address));
                recorded().eq(&context.peer_have)
                    && context.peer_have_cids == recorded().map(cid).collect()
                    && context.peer_wants_cids == wanted.collect()
            }))
        },
    )
}
