//! The properties that a node has to have that follows the specification.

use blockexc_model::message::WantType;
use serde::Serialize;

use crate::wire::Dump;

/// A property, with the requirements that a node violates when the property does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Property {
    /// The property as a sentence.
    pub name: &'static str,
    /// The IDs of the requirements.
    pub requirements: &'static [&'static str],
}

/// Every request that can be met is met.
pub const MET: Property = Property {
    name: "a want is met if a well-behaved peer holds the block and stays connected",
    requirements: &["ASK-6", "ASK-8"],
};
/// What the model checker says cannot be obtained is not obtained.
pub const UNOBTAINABLE: Property = Property {
    name: "a node obtains no block from a peer from which its dialect can obtain none",
    requirements: &[],
};
/// Nothing is stored that was not asked for.
pub const ASKED_FOR: Property = Property {
    name: "nothing is stored that was not asked for",
    requirements: &["XFER-2"],
};
/// Every stored block is the block that was asked for.
pub const VALID: Property = Property {
    name: "what is stored is the block that was asked for",
    requirements: &["XFER-3", "XFER-4"],
};
/// No presence record outlives the requests.
pub const NOTHING_LEFT: Property = Property {
    name: "when every request has ended, no context holds a presence record",
    requirements: &["PRES-6"],
};

/// A property of a single state.
pub struct StateProperty {
    /// The property.
    pub property: Property,
    /// Whether the state has it.
    pub holds: fn(&Dump) -> bool,
}

/// The properties of every state of a node that follows the specification.
pub const STATE_PROPERTIES: &[StateProperty] = &[
    StateProperty {
        property: Property {
            name: "presence is limited to own wants",
            requirements: &["PRES-1"],
        },
        holds: |dump| {
            dump.contexts
                .values()
                .flat_map(|context| &context.peer_have)
                .all(|address| dump.own_wants.iter().any(|(want, _)| want == address))
        },
    },
    StateProperty {
        property: Property {
            name: "an own want is asked of at most one peer, which has a context and a record",
            requirements: &["ASK-4", "ASK-5", "LEFT-2"],
        },
        holds: |dump| {
            dump.own_wants.iter().all(|(address, asked)| {
                asked.len() <= 1
                    && asked.iter().all(|peer| {
                        dump.contexts
                            .get(peer)
                            .is_some_and(|context| context.peer_have.contains(address))
                    })
            })
        },
    },
    StateProperty {
        property: Property {
            name: "a want known somewhere is asked of somebody",
            requirements: &["ASK-6", "LEFT-2", "PRES-3", "XFER-6"],
        },
        holds: |dump| {
            dump.own_wants.iter().all(|(address, asked)| {
                !asked.is_empty()
                    || !dump
                        .contexts
                        .values()
                        .any(|context| context.peer_have.contains(address))
            })
        },
    },
    StateProperty {
        property: Property {
            name: "only explicit wants are recorded, of blocks that are not held",
            requirements: &["WANT-2", "WANT-3", "WANT-8", "WANT-13"],
        },
        holds: |dump| {
            dump.contexts
                .values()
                .flat_map(|context| &context.wants)
                .all(|entry| {
                    entry.want_type == WantType::WantBlock
                        && !entry.cancel
                        && !dump.held.contains(&entry.address)
                })
        },
    },
    StateProperty {
        property: Property {
            name: "no own want is held",
            requirements: &["XFER-7", "HELD-1"],
        },
        holds: |dump| {
            dump.own_wants
                .iter()
                .all(|(address, _)| !dump.held.contains(address))
        },
    },
];
