//! HELD: what the node holds.

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating::Event;
use blockexc_model::deviation::Deviation;

use super::rule::{Rule, every};
use super::state::same_contexts;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_stored_block_is_held_and_ends_its_wants(),
        a_stored_block_is_sent_to_whoever_waits(),
        a_stored_block_cancels_what_was_asked(),
        deleting_sends_nothing(),
    ]
}

/// HELD-1
fn a_stored_block_is_held_and_ends_its_wants<N: Names>() -> Rule<N> {
    Rule::new(
        "HELD-1: a stored block is held and ends its wants",
        &["HELD-1"],
        |step| match step.event {
            Event::Stored { cid, leaves } => {
                let plain = Address::Plain(cid.clone());
                let mut addresses = leaves.iter().chain([&plain]);
                Some(addresses.all(|address| step.obtains(address, None)))
            }
            _ => None,
        },
    )
}

/// HELD-1, WANT-13
fn a_stored_block_is_sent_to_whoever_waits<N: Names>() -> Rule<N> {
    Rule::new(
        "HELD-1: a stored block is sent to whoever waits for it",
        &["HELD-1", "WANT-13"],
        |step| match step.event {
            Event::Stored { .. } => every(step.waiting_for_newly_held(), |(peer, address)| {
                step.count_deliveries(peer, address) > 0
            }),
            _ => None,
        },
    )
    .unless(Deviation::ServeLater)
}

/// HELD-1
fn a_stored_block_cancels_what_was_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "HELD-1: a stored block is cancelled only at peers that were asked for it",
        &["HELD-1"],
        |step| {
            if !matches!(step.event, Event::Stored { .. }) {
                return None;
            }
            let peers = step.before.contexts().keys();
            let sent = peers.flat_map(|peer| step.entries_to(peer).map(move |it| (peer, it)));
            every(sent.filter(|(_, entry)| entry.cancel), |(peer, entry)| {
                let mut wants = step.before.own_wants();
                let want = wants.find(|(address, _)| **address == entry.address);
                want.is_some_and(|(_, want)| want.unanswered.contains(peer))
            })
        },
    )
    .unless(Deviation::CancelToHolders)
    .unless(Deviation::AskOutlivesCancel)
}

/// HELD-2
fn deleting_sends_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "HELD-2: deleting sends nothing and changes no context",
        &["HELD-2"],
        |step| match step.event {
            Event::Deleted(cid) => Some(
                step.effects.is_empty()
                    && same_contexts(step.before, step.after)
                    && step.before.own_wants().eq(step.after.own_wants())
                    && !step.after.held().values().any(|held| held == cid),
            ),
            _ => None,
        },
    )
}
