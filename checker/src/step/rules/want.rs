//! WANT: when the peer's want list is updated.

use std::cmp::Reverse;

use blockexc_model::address::Names;
use blockexc_model::deviation::Deviation;
use blockexc_model::message::{Message, Presence, PresenceType, WantEntry};
use blockexc_model::node::MAX_PRESENCES_SENT;

use super::message::is_want_block;
use super::rule::{Rule, every};
use super::state::{context_of, is_recorded, recorded, same_context, wants_of};
use super::step::Step;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_want_block_is_recorded_last(),
        beyond_the_bound_the_recorded_stay(),
        a_want_block_for_what_is_held_is_answered(),
        a_want_have_is_not_recorded(),
        a_want_have_for_what_is_held_is_answered(),
        a_want_have_for_what_is_not_held_is_denied_as_asked(),
        a_want_have_for_what_is_not_held_is_not_answered_unasked(),
        a_want_block_for_what_is_not_held_is_denied_as_asked(),
        a_cancel_removes_the_entry(),
        a_want_block_updates_in_place(),
        a_want_have_for_what_is_recorded_changes_nothing(),
        a_full_list_replaces(),
        a_partial_list_leaves_what_it_does_not_name(),
        what_becomes_held_is_sent(),
        highest_priority_first(),
        a_cancel_leaves_the_others_in_order(),
        entries_are_handled_in_order(),
        a_list_changes_no_other_context(),
        one_list_is_answered_with_one_presence_message(),
    ]
}

/// WANT-1
fn a_want_block_is_recorded_last<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-1: a WantBlock for what is not held is recorded last",
        &["WANT-1"],
        |step| {
            let (from, entry) = step.want_block()?;
            if step.before.holds(&entry.address)
                || is_recorded(step.before, from, &entry.address)
                || !step.had_room(from)
            {
                return None;
            }
            Some(wants_of(step.after, from).last() == Some(entry))
        },
    )
}

/// WANT-19
fn beyond_the_bound_the_recorded_stay<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-19: beyond the bound what is recorded stays, and nothing is added",
        &["WANT-19"],
        |step| {
            let (from, entry) = step.want_block()?;
            let (_, list) = step.received_list()?;
            if list.full
                || step.before.holds(&entry.address)
                || is_recorded(step.before, from, &entry.address)
                || step.had_room(from)
            {
                return None;
            }
            Some(wants_of(step.after, from).eq(wants_of(step.before, from)))
        },
    )
}

/// WANT-2
fn a_want_block_for_what_is_held_is_answered<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-2: a WantBlock for what is held is answered with it",
        &["WANT-2"],
        |step| {
            let (from, entry) = step.want_block()?;
            if !step.before.holds(&entry.address) {
                return None;
            }
            Some(
                step.count_deliveries(from, &entry.address) == 1
                    && !is_recorded(step.after, from, &entry.address),
            )
        },
    )
    .unless(Deviation::ServeLater)
}

/// WANT-3
fn a_want_have_is_not_recorded<N: Names>() -> Rule<N> {
    Rule::new("WANT-3: a WantHave is not recorded", &["WANT-3"], |step| {
        let (from, entry) = step.want_have()?;
        if is_recorded(step.before, from, &entry.address) {
            return None;
        }
        Some(!is_recorded(step.after, from, &entry.address))
    })
}

/// WANT-4
fn a_want_have_for_what_is_held_is_answered<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-4: a WantHave for what is held is answered with Have",
        &["WANT-4"],
        |step| {
            let (from, entry) = step.want_have()?;
            if !step.before.holds(&entry.address) || is_recorded(step.before, from, &entry.address)
            {
                return None;
            }
            let have = Presence {
                address: entry.address.clone(),
                presence_type: PresenceType::Have,
                price: step.before.config().price,
            };
            Some(step.items_to(from).eq([&have]))
        },
    )
}

/// WANT-5
fn a_want_have_for_what_is_not_held_is_denied_as_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-5: a WantHave for what is not held is answered with DontHave, as asked",
        &["WANT-5"],
        |step| {
            let (from, entry) = step.want_have()?;
            if step.before.holds(&entry.address)
                || !entry.send_dont_have
                || is_recorded(step.before, from, &entry.address)
            {
                return None;
            }
            Some(step.answers(from, &entry.address) == [PresenceType::DontHave])
        },
    )
}

/// WANT-6
fn a_want_have_for_what_is_not_held_is_not_answered_unasked<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-6: a WantHave for what is not held is not answered unasked",
        &["WANT-6"],
        |step| {
            let (from, entry) = step.want_have()?;
            if step.before.holds(&entry.address) || entry.send_dont_have {
                return None;
            }
            Some(step.answers(from, &entry.address).is_empty())
        },
    )
}

/// WANT-7
fn a_want_block_for_what_is_not_held_is_denied_as_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-7: a WantBlock for what is not held is answered with DontHave, as asked",
        &["WANT-7"],
        |step| {
            let (from, entry) = step.want_block()?;
            if step.before.holds(&entry.address) || !entry.send_dont_have {
                return None;
            }
            Some(step.answers(from, &entry.address) == [PresenceType::DontHave])
        },
    )
}

/// WANT-8
fn a_cancel_removes_the_entry<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-8: a cancel removes the entry and is not answered",
        &["WANT-8"],
        |step| {
            let (from, entry) = step.entry()?;
            if !entry.cancel {
                return None;
            }
            Some(!is_recorded(step.after, from, &entry.address) && step.effects.is_empty())
        },
    )
}

/// WANT-9
fn a_want_block_updates_in_place<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-9: a WantBlock for what is recorded updates it in place",
        &["WANT-9"],
        |step| {
            let (from, entry) = step.entry_of_partial_list()?;
            if !is_want_block(entry) || step.before.holds(&entry.address) {
                return None;
            }
            let (place, _) = recorded(step.before, from, &entry.address)?;
            Some(recorded(step.after, from, &entry.address) == Some((place, entry)))
        },
    )
}

/// WANT-10
fn a_want_have_for_what_is_recorded_changes_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-10: a WantHave for what is recorded is answered and changes nothing",
        &["WANT-10"],
        |step| {
            let (from, entry) = step.want_have()?;
            let (_, before) = recorded(step.before, from, &entry.address)?;
            let expected: &[PresenceType] = if step.before.holds(&entry.address) {
                &[PresenceType::Have]
            } else if entry.send_dont_have {
                &[PresenceType::DontHave]
            } else {
                &[]
            };
            let after = recorded(step.after, from, &entry.address).map(|(_, after)| after);
            Some(step.answers(from, &entry.address) == expected && after == Some(before))
        },
    )
}

/// WANT-11
fn a_full_list_replaces<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-11: a full list replaces what was recorded",
        &["WANT-11"],
        |step| {
            let (from, list) = step.received_list()?;
            if !list.full {
                return None;
            }
            let mut wants = wants_of(step.after, from);
            Some(wants.all(|record| names(&list.entries, record)))
        },
    )
}

/// WANT-12
fn a_partial_list_leaves_what_it_does_not_name<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-12: a list that is not full leaves what it does not name",
        &["WANT-12"],
        |step| {
            let (from, message) = step.received()?;
            let list = message.want_list.as_ref()?;
            if list.full || !message.deliveries.is_empty() {
                return None;
            }
            let unnamed = |node| {
                context_of(node, from).map(|context| {
                    let wants = context.wants();
                    wants
                        .filter(|record| !names(&list.entries, record))
                        .collect::<Vec<_>>()
                })
            };
            // What is owed and held is served by a deviating node whenever it comes to it.
            Some(unnamed(step.before) == unnamed(step.after))
        },
    )
}

/// Whether an entry names the block of this record.
fn names<C: PartialEq>(entries: &[WantEntry<C>], record: &WantEntry<C>) -> bool {
    entries.iter().any(|entry| entry.address == record.address)
}

/// WANT-13
fn what_becomes_held_is_sent<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-13: what becomes held is sent to whoever waits for it",
        &["WANT-13"],
        |step| {
            // The list of the same message may have taken a want back, or made one.
            if step.has_several_parts() {
                return None;
            }
            every(step.waiting_for_newly_held(), |(peer, address)| {
                step.count_deliveries(peer, address) == 1 && !is_recorded(step.after, peer, address)
            })
        },
    )
    .unless(Deviation::ServeLater)
}

/// WANT-14
fn highest_priority_first<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-14: highest priority first, then in the order recorded",
        &["WANT-14"],
        |step| {
            if step.has_several_parts() {
                return None;
            }
            let peers = step.before.contexts().keys();
            let ranks = peers.map(|peer| ranks_of_deliveries(step, peer));
            let several = ranks.filter(|ranks| ranks.len() > 1);
            every(several, |ranks| ranks.is_sorted())
        },
    )
    .unless(Deviation::ServeLater)
}

/// The rank by WANT-14 of each delivery to this peer: the priority of the entry that it answers, and
/// the entry's place. The entries are those of the list that the peer sends in this step, or those
/// that were recorded.
fn ranks_of_deliveries<N: Names>(step: &Step<'_, N>, peer: &N::Peer) -> Vec<(Reverse<i32>, usize)> {
    let entries: Vec<_> = match step.received_list() {
        Some((from, list)) if from == peer => list.entries.iter().collect(),
        _ => wants_of(step.before, peer).collect(),
    };
    let mut unanswered: Vec<_> = entries
        .into_iter()
        .enumerate()
        .filter(|(_, entry)| is_want_block(entry))
        .map(|(place, entry)| ((Reverse(entry.priority), place), &entry.address))
        .collect();
    unanswered.sort();
    let deliveries = step.deliveries_to(peer);
    let ranks = deliveries.filter_map(|delivery| {
        let mut addresses = unanswered.iter().map(|(_, address)| address);
        // What is named twice is delivered twice, each time by an entry of its own.
        let answered = addresses.position(|address| **address == delivery.address)?;
        Some(unanswered.remove(answered).0)
    });
    ranks.collect()
}

/// WANT-14, WANT-8
fn a_cancel_leaves_the_others_in_order<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-14: a cancel leaves the others in the order recorded",
        &["WANT-14", "WANT-8"],
        |step| {
            let (from, entry) = step.entry_of_partial_list()?;
            if !entry.cancel {
                return None;
            }
            let is_other = |other: &&WantEntry<N::Cid>| other.address != entry.address;
            let before = wants_of(step.before, from).filter(is_other);
            let after = wants_of(step.after, from).filter(is_other);
            Some(before.eq(after))
        },
    )
}

/// WANT-15
fn entries_are_handled_in_order<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-15: entries are handled in order, each as if alone",
        &["WANT-15"],
        |step| {
            let (from, message) = step.received_part()?;
            let list = message.want_list.as_ref()?;
            if list.full || list.entries.len() < 2 {
                return None;
            }
            let entries = list.entries.iter().cloned();
            let messages = entries.map(|entry| Message::want_list(vec![entry], false));
            Some(step.does_the_same_one_by_one(from, messages.collect()))
        },
    )
}

/// WANT-17
fn a_list_changes_no_other_context<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-17: a peer's list changes no other context",
        &["WANT-17"],
        |step| {
            let (from, message) = step.received_part()?;
            message.want_list.as_ref()?;
            let mut others = step.contexts().filter(|(peer, ..)| *peer != from);
            Some(
                others.all(|(_, before, after)| {
                    after.is_some_and(|after| same_context(before, after))
                }),
            )
        },
    )
}

/// WANT-18
fn one_list_is_answered_with_one_presence_message<N: Names>() -> Rule<N> {
    Rule::new(
        "WANT-18: one list is answered with one presence message, before the deliveries",
        &["WANT-18"],
        |step| {
            let (from, _) = step.received_list()?;
            if step.items_to(from).count() < 2 {
                return None;
            }
            let sent: Vec<_> = step.sent_to(from).collect();
            let items = sent.iter().map(|message| message.presences.len());
            let items: Vec<_> = items.filter(|count| *count > 0).collect();
            // A message is followed by another only when it is full.
            let mut all_but_last = items.iter().rev().skip(1);
            let mut from_first_delivery = sent
                .iter()
                .skip_while(|message| message.deliveries.is_empty());
            Some(
                all_but_last.all(|count| *count == MAX_PRESENCES_SENT)
                    && from_first_delivery.all(|message| message.presences.is_empty()),
            )
        },
    )
}
