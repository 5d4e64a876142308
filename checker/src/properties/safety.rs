//! What must hold of every state of a closed network: what relates several nodes, or a node and its
//! connections.

use crate::network::closed::{Network, UNCONNECTED, UNREAD};
use crate::network::state::State;
use crate::search::property::{Condition, Kind, Property};

use super::ends::{End, asked_of, ends, is_want_block, records, waits};

/// The name of the property that says that nobody is asked in vain.
pub const ASKED_IS_KNOWN: &str = "fallen silent, whoever is asked knows of it";

/// What relates several nodes, or a node and its connections.
pub fn safety() -> Vec<Property<Network>> {
    vec![
        Property {
            name: "whatever arrives is read, whoever opened its stream",
            requirements: &["WIRE-7"],
            kind: Kind::Always,
            condition: Condition::OfStep(UNREAD),
            premise: None,
            when_quiet: false,
        },
        Property {
            name: "no context without a connection, or a Left to be handled",
            requirements: &["JOIN-1", "LEFT-1"],
            kind: Kind::Always,
            condition: Condition::OfStep(UNCONNECTED),
            premise: None,
            when_quiet: false,
        },
        always(
            "fallen silent, a context of a node that wants nothing holds no record",
            &["PRES-1", "PRES-6"],
            |_, state| {
                !state.is_quiet()
                    || state
                        .nodes
                        .iter()
                        .filter(|node| node.own_wants().len() == 0)
                        .all(|node| {
                            node.contexts()
                                .values()
                                .all(|context| context.presence().is_empty())
                        })
            },
            |_, state| {
                state.is_quiet() && state.nodes.iter().all(|node| node.own_wants().len() == 0)
            },
        ),
        always(
            "fallen silent, no peer waits for a block that its peer holds",
            &["WANT-2", "WANT-13"],
            |_, state| {
                !state.is_quiet()
                    || state.nodes.iter().all(|node| {
                        node.contexts()
                            .values()
                            .flat_map(|context| context.wants())
                            .all(|entry| !node.holds(&entry.address) || !is_want_block(entry))
                    })
            },
            |_, state| {
                state.is_quiet() && state.nodes.iter().any(|node| waits(node).next().is_some())
            },
        ),
        always(
            ASKED_IS_KNOWN,
            &["ASK-6", "WANT-1"],
            |model, state| {
                !state.is_quiet()
                    || ends(model, state).filter(End::is_mutual).all(|end| {
                        asked_of(end.node, end.peer).all(|address| {
                            records(end.other, end.me).any(|recorded| recorded == address)
                        })
                    })
            },
            |model, state| {
                state.is_quiet()
                    && ends(model, state)
                        .filter(End::is_mutual)
                        .any(|end| asked_of(end.node, end.peer).next().is_some())
            },
        ),
    ]
}

/// What is recorded as wanted is wanted. This holds of the specification only where nobody is asked
/// for the same block twice, by a retry or by another request after a reconnect: a peer that is asked
/// twice may serve the first, delete the block and record the second, and XFER-7 sends the one that
/// delivered no cancel.
pub fn settled() -> Property<Network> {
    always(
        "fallen silent, whoever is recorded as wanting a block wants it",
        &["ASK-7", "XFER-7", "WANT-8"],
        |model, state| {
            !state.is_quiet()
                || ends(model, state)
                    .filter(End::is_mutual)
                    .all(|end| records(end.node, end.peer).all(|address| end.other.wants(address)))
        },
        |model, state| {
            state.is_quiet()
                && ends(model, state)
                    .filter(End::is_mutual)
                    .any(|end| records(end.node, end.peer).next().is_some())
        },
    )
}

/// Progress, as far as it can be said of single states: where nothing pursues a want anew, it must
/// not be needed. This does not hold of the specification without retries; with them it is a
/// matter of [`crate::search::fair_cycles`].
pub fn progress() -> Property<Network> {
    always(
        "fallen silent, nobody wants what a connected peer holds",
        &["ASK-6", "ASK-8"],
        |model, state| !state.is_quiet() || !is_owed(model, state),
        |_, state| state.is_quiet() && state.nodes.iter().any(|node| node.own_wants().len() > 0),
    )
}

/// Whether some node wants a block that a peer holds with which it is connected.
pub fn is_owed(model: &Network, state: &State) -> bool {
    ends(model, state).filter(|end| end.open).any(|end| {
        end.node
            .own_wants()
            .any(|(address, _)| end.other.holds(address))
    })
}

/// How the names of properties begin that are about networks in which nothing is under way.
const QUIET: &str = "fallen silent";

fn always(
    name: &'static str,
    requirements: &'static [&'static str],
    holds: fn(&Network, &State) -> bool,
    premise: fn(&Network, &State) -> bool,
) -> Property<Network> {
    Property {
        name,
        requirements,
        kind: Kind::Always,
        condition: Condition::OfState(holds),
        premise: Some(premise),
        when_quiet: name.starts_with(QUIET),
    }
}
