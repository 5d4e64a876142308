//! WIRE: what a step shows of the requirements on messages.

use blockexc_model::address::Names;
use blockexc_model::deviating::Event;

use super::message::{count_parts, parts};
use super::rule::Rule;
use super::state::{is_recorded, wants_of};

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        parts_are_handled_in_order(),
        an_empty_message_does_nothing(),
        nothing_ends_the_process(),
        no_more_wants_than_there_is_room_for(),
    ]
}

/// WIRE-6
fn parts_are_handled_in_order<N: Names>() -> Rule<N> {
    Rule::new(
        "WIRE-6: the parts of a message are handled in order",
        &["WIRE-6"],
        |step| {
            let (from, message) = step.received()?;
            if count_parts(message) < 2 {
                return None;
            }
            Some(step.does_the_same_one_by_one(from, parts(message)))
        },
    )
}

/// WIRE-6
fn an_empty_message_does_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "WIRE-6: an empty message does nothing",
        &["WIRE-6"],
        |step| {
            let (_, message) = step.received()?;
            message.is_empty().then(|| step.does_nothing())
        },
    )
}

/// WIRE-9
fn nothing_ends_the_process<N: Names>() -> Rule<N> {
    Rule::new(
        "WIRE-9: nothing that a peer does ends the process",
        &["WIRE-9"],
        |step| match step.event {
            Event::Received { .. } | Event::Joined(_) | Event::Left(_) => Some(!step.aborts()),
            _ => None,
        },
    )
}

/// WIRE-10
fn no_more_wants_than_there_is_room_for<N: Names>() -> Rule<N> {
    Rule::new(
        "WIRE-10: no more of a peer's wants are recorded than there is room for",
        &["WIRE-10"],
        |step| {
            let (from, entry) = step.want_block()?;
            if is_recorded(step.before, from, &entry.address) || step.had_room(from) {
                return None;
            }
            let wants = |node| wants_of(node, from).count();
            Some(wants(step.after) <= wants(step.before))
        },
    )
}
