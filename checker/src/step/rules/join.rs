//! JOIN: how a context comes to be.

use blockexc_model::address::Names;
use blockexc_model::deviating::Event;
use blockexc_model::message::WantEntry;

use super::rule::{Rule, every};
use super::state::context_of;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        only_joined_creates_a_context(),
        a_new_context_is_empty(),
        joined_again_does_nothing(),
        joined_is_answered_with_the_own_wants(),
        no_own_wants_no_list(),
        the_account_is_sent_on_joined(),
        a_message_without_a_context_is_dropped(),
    ]
}

/// JOIN-1
fn only_joined_creates_a_context<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-1: only Joined creates a context",
        &["JOIN-1"],
        |step| {
            let after = step.after.contexts().keys();
            let created = after.filter(|peer| context_of(step.before, peer).is_none());
            every(created, |peer| *step.event == Event::Joined(peer.clone()))
        },
    )
}

/// JOIN-2, LEFT-3
fn a_new_context_is_empty<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-2: a new context is empty",
        &["JOIN-2", "LEFT-3"],
        |step| {
            let peer = step.joined()?;
            Some(context_of(step.after, peer).is_some_and(|context| {
                context.presence().is_empty()
                    && context.wants().len() == 0
                    && context.account().is_none()
                    && context.payment().is_none()
            }))
        },
    )
}

/// JOIN-3
fn joined_again_does_nothing<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-3: Joined of a peer with a context does nothing",
        &["JOIN-3"],
        |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_some() => {
                Some(step.does_nothing())
            }
            _ => None,
        },
    )
}

/// JOIN-4, LEFT-3
fn joined_is_answered_with_the_own_wants<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-4: Joined is answered with the own want list",
        &["JOIN-4", "LEFT-3"],
        |step| {
            let peer = step.joined()?;
            if step.before.own_wants().len() == 0 {
                return None;
            }
            let mut sent: Vec<_> = step.entries_to(peer).cloned().collect();
            let mut own: Vec<_> = step
                .before
                .own_wants()
                .map(|(address, _)| WantEntry::want_have(address.clone()))
                .collect();
            sent.sort_by(|a, b| a.address.cmp(&b.address));
            own.sort_by(|a, b| a.address.cmp(&b.address));
            let mut lists = step.lists_to(peer).enumerate();
            Some(sent == own && lists.all(|(place, list)| list.full == (place == 0)))
        },
    )
}

/// JOIN-5
fn no_own_wants_no_list<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-5: no own wants, no list on Joined",
        &["JOIN-5"],
        |step| {
            let peer = step.joined()?;
            if step.before.own_wants().len() > 0 {
                return None;
            }
            Some(step.lists_to(peer).next().is_none())
        },
    )
}

/// JOIN-6
fn the_account_is_sent_on_joined<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-6: whoever asks for payment sends its account on Joined",
        &["JOIN-6"],
        |step| {
            let peer = step.joined()?;
            let account = Some(step.before.config().account?);
            Some(step.sent_to(peer).any(|message| message.account == account))
        },
    )
}

/// JOIN-7, JOIN-1
fn a_message_without_a_context_is_dropped<N: Names>() -> Rule<N> {
    Rule::new(
        "JOIN-7: a message from a peer without a context is dropped",
        &["JOIN-7", "JOIN-1"],
        |step| match step.event {
            Event::Received { from, .. } if context_of(step.before, from).is_none() => {
                Some(step.does_nothing())
            }
            _ => None,
        },
    )
}
