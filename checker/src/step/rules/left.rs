//! LEFT: how a context ends.

use blockexc_model::address::Names;

use super::rule::{Rule, every};
use super::state::context_of;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_peer_that_left_has_no_context(),
        what_was_asked_is_asked_elsewhere(),
    ]
}

/// LEFT-1, LEFT-3
fn a_peer_that_left_has_no_context<N: Names>() -> Rule<N> {
    Rule::new(
        "LEFT-1: a peer that left has no context",
        &["LEFT-1", "LEFT-3"],
        |step| {
            let peer = step.left()?;
            Some(context_of(step.after, peer).is_none())
        },
    )
}

/// LEFT-2
fn what_was_asked_is_asked_elsewhere<N: Names>() -> Rule<N> {
    Rule::new(
        "LEFT-2: what was asked of a peer that left is asked elsewhere",
        &["LEFT-2"],
        |step| {
            let peer = step.left()?;
            let own_wants = step.before.own_wants();
            let asked = own_wants.filter(|(_, want)| want.asked.contains(peer));
            every(asked, |(address, _)| step.asks_elsewhere(peer, address))
        },
    )
}
