//! What holds of a node after every step, as predicates that a checker, a property test and a
//! trace validator share.

use crate::address::Names;
use crate::node::Node;
use crate::node::Reference;

/// A predicate over a node, with the requirements that it stands for.
pub struct Invariant<N: Names, B = Reference> {
    /// What it says, in a few words.
    pub name: &'static str,
    /// The requirements that a node breaks when it does not hold.
    pub requirements: &'static [&'static str],
    /// Whether it holds.
    pub holds: fn(&Node<N, B>) -> bool,
}

/// Every invariant there is.
pub fn invariants<N: Names, B>() -> Vec<Invariant<N, B>> {
    vec![
        Invariant {
            name: "presence is limited to own wants",
            requirements: &["PRES-1", "PRES-6"],
            holds: |node| {
                node.contexts()
                    .values()
                    .flat_map(|context| context.peer_have())
                    .all(|address| node.wants(address))
            },
        },
        Invariant {
            name: "an own want is asked of at most one peer",
            requirements: &["ASK-5"],
            holds: |node| node.own_wants().all(|(_, want)| want.asked.len() <= 1),
        },
        Invariant {
            name: "whoever is asked has a context",
            requirements: &["LEFT-2"],
            holds: |node| {
                node.own_wants()
                    .flat_map(|(_, want)| &want.asked)
                    .all(|peer| node.contexts().contains_key(peer))
            },
        },
        Invariant {
            name: "whoever is asked has a presence record",
            requirements: &["ASK-4"],
            holds: |node| {
                node.own_wants().all(|(address, want)| {
                    want.asked
                        .iter()
                        .filter_map(|peer| node.contexts().get(peer))
                        .all(|context| context.contains(address))
                })
            },
        },
        // Without it a want could end and its last holder not be told (ASK-7, XFER-7).
        Invariant {
            name: "whoever is asked has yet to answer",
            requirements: &["XFER-6"],
            holds: |node| {
                node.own_wants()
                    .all(|(_, want)| want.asked.is_subset(&want.unanswered))
            },
        },
        Invariant {
            name: "a want known somewhere is asked of somebody",
            requirements: &["ASK-6", "LEFT-2", "PRES-3", "XFER-6"],
            holds: |node| {
                node.own_wants().all(|(address, want)| {
                    !want.asked.is_empty()
                        || !node
                            .contexts()
                            .values()
                            .any(|context| context.contains(address))
                })
            },
        },
        Invariant {
            name: "no peer waits for a block that is held",
            requirements: &["WANT-2", "WANT-13"],
            holds: |node| {
                node.contexts()
                    .values()
                    .flat_map(|context| context.wants())
                    .all(|entry| !node.holds(&entry.address))
            },
        },
        Invariant {
            name: "only explicit wants are recorded",
            requirements: &["WANT-3", "WANT-8", "WANT-10"],
            holds: |node| {
                node.contexts()
                    .values()
                    .flat_map(|context| context.wants())
                    .all(|entry| {
                        entry.want_type == crate::message::WantType::WantBlock && !entry.cancel
                    })
            },
        },
        Invariant {
            name: "no own want is held",
            requirements: &["XFER-7", "HELD-1"],
            holds: |node| node.own_wants().all(|(address, _)| !node.holds(address)),
        },
        // Without it deleting a block could leave a leaf without its block (XFER-7, HELD-2).
        Invariant {
            name: "a plain address is held as its own block",
            requirements: &["XFER-3"],
            holds: |node| {
                node.held()
                    .iter()
                    .all(|(address, cid)| address.is_leaf() || address.cid_or_tree_cid() == cid)
            },
        },
        Invariant {
            name: "a leaf's block is held under its own CID too",
            requirements: &["XFER-7"],
            holds: |node| {
                node.held()
                    .values()
                    .all(|cid| node.holds(&crate::Address::Plain(cid.clone())))
            },
        },
    ]
}
