//! ASK: how the node pursues its own wants.

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating::{Effect, Event, Node};
use blockexc_model::message::{Message, PresenceType, WantEntry};
use blockexc_model::node::OwnWant;

use super::rule::{Rule, every};
use super::state::{asked_of, knows, knows_a_holder, same_contexts};
use super::step::Step;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_fresh_want_is_announced(),
        requesting_an_own_want_does_nothing(),
        requesting_a_held_block_completes(),
        only_known_holders_are_asked(),
        the_last_word_is_an_ask_only_where_asked(),
        word_of_own_wants_is_followed_by_asking(),
        cancelling_ends_the_want(),
        one_of_several_cancels(),
        cancelling_anything_else_does_nothing(),
        a_retry_asks_another_or_announces_anew(),
        a_retry_counts(),
        after_the_last_retry_the_request_fails(),
    ]
}

/// ASK-1
fn a_fresh_want_is_announced<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-1: a fresh want is announced to every context",
        &["ASK-1"],
        |step| {
            let address = step.requested()?;
            if step.before.holds(address) || step.before.wants(address) {
                return None;
            }
            let entry = WantEntry::want_have(address.clone());
            let announcement = Message::want_list(vec![entry], false);
            let mut peers = step.before.contexts().keys();
            Some(
                step.after
                    .own_wants()
                    .last()
                    .is_some_and(|(last, _)| last == address)
                    && same_contexts(step.before, step.after)
                    && peers.all(|peer| step.sent_to(peer).eq([&announcement]))
                    && step.sends().count() == step.before.contexts().len()
                    && asks_discovery(step, address),
            )
        },
    )
}

fn asks_discovery<N: Names>(step: &Step<'_, N>, address: &Address<N::Cid>) -> bool {
    step.has_effect(&Effect::Discover(address.cid_or_tree_cid().clone()))
}

/// ASK-2
fn requesting_an_own_want_does_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-2: requesting an own want again does nothing",
        &["ASK-2"],
        |step| {
            let address = step.requested()?;
            let others = others(step.before, address)?;
            let mut after = step.after.clone();
            if let Some(want) = after.wants.get_mut(address) {
                want.others = others;
            }
            Some(after == *step.before && step.effects.is_empty())
        },
    )
}

/// How many others have requested this own want (ASK-10).
fn others<N: Names>(node: &Node<N>, address: &Address<N::Cid>) -> Option<u32> {
    let mut wants = node.own_wants();
    let (_, want) = wants.find(|(wanted, _)| *wanted == address)?;
    Some(want.others)
}

/// ASK-3
fn requesting_a_held_block_completes<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-3: requesting a held block completes at once",
        &["ASK-3"],
        |step| {
            let address = step.requested()?;
            if !step.before.holds(address) {
                return None;
            }
            Some(step.changes_nothing() && step.effects == [Effect::Obtained(address.clone())])
        },
    )
}

/// ASK-4
fn only_known_holders_are_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-4: a block is asked only of a peer known to have it",
        &["ASK-4"],
        |step| {
            every(step.asks(), |(peer, entry)| {
                knows(step.before, peer, &entry.address) || knows(step.after, peer, &entry.address)
            })
        },
    )
}

/// ASK-5, ASK-7, XFER-7, WIRE-6
fn the_last_word_is_an_ask_only_where_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-5: the last word to a peer is an ask only where it is asked",
        &["ASK-5", "ASK-7", "XFER-7", "WIRE-6"],
        |step| {
            every(step.asks(), |(peer, entry)| {
                let mut entries = step.entries_to(peer);
                let last = entries.rfind(|last| last.address == entry.address);
                last.is_some_and(|last| last.cancel)
                    || asked_of(step.after, &entry.address) == [peer]
            })
        },
    )
}

/// ASK-6
fn word_of_own_wants_is_followed_by_asking<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-6: word of own wants is followed by asking for them in one list",
        &["ASK-6"],
        |step| {
            let (from, message) = step.received_part()?;
            if message.presences.is_empty() {
                return None;
            }
            let was_asked = |address: &_| !asked_of(step.before, address).is_empty();
            let own_wants = step.after.own_wants().map(|(address, _)| address);
            let owed: Vec<_> = own_wants
                .filter(|address| !was_asked(address) && knows(step.after, from, address))
                .cloned()
                .map(WantEntry::want_block)
                .collect();
            if owed.is_empty() {
                return None;
            }
            // What was asked of this peer, and is denied and then announced by this message, is
            // asked again in the same list.
            let is_again = |entry: &WantEntry<N::Cid>| {
                was_asked(&entry.address)
                    && step.has_item(from, &entry.address, PresenceType::DontHave)
                    && step.has_item(from, &entry.address, PresenceType::Have)
            };
            let lists: Vec<_> = step.lists_to(from).collect();
            let [list] = lists.as_slice() else {
                return Some(false);
            };
            let entries = list.entries.iter();
            Some(!list.full && entries.filter(|entry| !is_again(entry)).eq(&owed))
        },
    )
}

/// ASK-7
fn cancelling_ends_the_want<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-7: cancelling ends the want and is told to whom it was asked of",
        &["ASK-7"],
        |step| {
            let address = step.cancelled()?;
            if others(step.before, address)? > 0 {
                return None;
            }
            let answer = Effect::Cancelled {
                address: address.clone(),
                was_wanted: true,
            };
            Some(
                !step.after.wants(address)
                    && step.cancels_unanswered(address, None)
                    && step.has_effect(&answer),
            )
        },
    )
}

/// ASK-10
fn one_of_several_cancels<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-10: a want that others have requested goes on",
        &["ASK-10"],
        |step| {
            let address = step.cancelled()?;
            let before = others(step.before, address)?;
            if before == 0 {
                return None;
            }
            let answer = Effect::Cancelled {
                address: address.clone(),
                was_wanted: true,
            };
            Some(
                others(step.after, address) == Some(before - 1)
                    && asked_of(step.after, address) == asked_of(step.before, address)
                    && same_contexts(step.before, step.after)
                    && step.effects == [answer],
            )
        },
    )
}

/// ASK-7
fn cancelling_anything_else_does_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-7: cancelling anything else does nothing",
        &["ASK-7"],
        |step| {
            let address = step.cancelled()?;
            if step.before.wants(address) {
                return None;
            }
            let answer = Effect::Cancelled {
                address: address.clone(),
                was_wanted: false,
            };
            Some(step.changes_nothing() && step.effects == [answer])
        },
    )
}

/// The own want that is to be retried.
fn retried<'a, N: Names>(step: &Step<'a, N>) -> Option<(&'a Address<N::Cid>, &'a OwnWant<N>)> {
    let Event::Retry(address) = step.event else {
        return None;
    };
    let mut own_wants = step.before.own_wants();
    own_wants.find(|(wanted, _)| *wanted == address)
}

/// ASK-8
fn a_retry_asks_another_or_announces_anew<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-8: a retry asks another holder, or announces the want anew",
        &["ASK-8"],
        |step| {
            let (address, want) = retried(step)?;
            if want.retries >= step.before.config().retries {
                return None;
            }
            let mut were_asked = want.asked.iter();
            let forgotten = were_asked.all(|peer| !knows(step.after, peer, address));
            let pursued = match asked_of(step.after, address).as_slice() {
                [] => !knows_a_holder(step.after, address) && announces_anew(step, address),
                [other] => !want.asked.contains(*other) && step.asks_for(other, address),
                _ => false,
            };
            Some(forgotten && pursued)
        },
    )
}

fn announces_anew<N: Names>(step: &Step<'_, N>, address: &Address<N::Cid>) -> bool {
    let entry = WantEntry::want_have(address.clone());
    let mut peers = step.after.contexts().keys();
    peers.all(|peer| step.entries_to(peer).any(|sent| *sent == entry))
        && asks_discovery(step, address)
}

/// ASK-9. Where there is no last retry, how often is not kept.
fn a_retry_counts<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-9: each retry counts, with peers or without",
        &["ASK-9"],
        |step| {
            let (address, before) = retried(step)?;
            let most = step.before.config().retries;
            if most == u32::MAX || before.retries >= most {
                return None;
            }
            let mut wants = step.after.own_wants();
            let after = wants.find(|(wanted, _)| *wanted == address);
            Some(after.is_some_and(|(_, want)| want.retries > before.retries))
        },
    )
}

/// ASK-9
fn after_the_last_retry_the_request_fails<N: Names>() -> Rule<N> {
    Rule::new(
        "ASK-9: after the last retry the request fails",
        &["ASK-9"],
        |step| {
            let (address, want) = retried(step)?;
            if want.retries < step.before.config().retries {
                return None;
            }
            Some(
                !step.after.wants(address)
                    && step.has_effect(&Effect::Failed(address.clone()))
                    && step.cancels_unanswered(address, None),
            )
        },
    )
}
