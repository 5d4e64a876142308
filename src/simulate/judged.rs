//! What every node is held to that is to follow the specification: the rules of each step for a
//! node that runs the model, and what its state shows for any.

use std::collections::BTreeMap;

use blockexc_model::check::rules::{Step, StepChecker};
use blockexc_model::message::WantType;
use blockexc_model::node::{Effect, Event, Node};
use serde::Serialize;

use super::agenda::Time;
use crate::node::core::Dump;
use crate::wire::Network;

/// A property, with the requirements that a node breaks when it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Property {
    /// What it says.
    pub name: &'static str,
    /// What it stands for.
    pub requirements: &'static [&'static str],
}

/// Each request is met that could be.
pub const MET: Property = Property {
    name: "a want is met whose block a well-behaved peer held that stayed connected",
    requirements: &["ASK-6", "ASK-8"],
};
/// What the checker says cannot be obtained is not.
pub const UNOBTAINABLE: Property = Property {
    name: "a block comes from nobody of whom the asker's dialect can obtain nothing",
    requirements: &[],
};
/// Nothing is stored that was not asked for.
pub const ASKED_FOR: Property = Property {
    name: "nothing is stored that was not asked for",
    requirements: &["XFER-2"],
};
/// What is stored is what was asked for.
pub const SOUND: Property = Property {
    name: "what is stored is the block that was asked for",
    requirements: &["XFER-3", "XFER-4"],
};
/// After everything, nothing is left.
pub const NOTHING_LEFT: Property = Property {
    name: "when every request has ended, no context holds a presence record",
    requirements: &["PRES-6"],
};
/// A predicate over a node's state.
struct Shown {
    property: Property,
    holds: fn(&Dump) -> bool,
}

const SHOWN: &[Shown] = &[
    Shown {
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
    Shown {
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
    Shown {
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
    Shown {
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
    Shown {
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

/// Where a property was violated first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violated {
    /// Which property.
    pub property: Property,
    /// Which node, counted from zero.
    pub node: usize,
    /// When.
    pub time: Time,
    /// In which life of the node.
    pub life: u32,
    /// After how many events of that life.
    pub step: u64,
}

/// Judges, and remembers what was violated.
#[derive(Default)]
pub struct Findings {
    judge: StepChecker<Network>,
    /// How often each property was violated.
    pub violations: BTreeMap<Property, u64>,
    /// The first violation.
    pub first: Option<Violated>,
    /// How many steps were judged by the rules, and how many states were looked at.
    pub judged: (u64, u64),
}

impl Findings {
    /// A property was violated.
    pub fn violated(&mut self, violated: Violated) {
        let count = self.violations.entry(violated.property.clone());
        *count.or_default() += 1;
        self.first.get_or_insert(violated);
    }

    /// Which properties a node's state does not keep.
    pub fn shown(&mut self, dump: &Dump) -> Vec<Property> {
        self.judged.1 += 1;
        SHOWN
            .iter()
            .filter(|shown| !(shown.holds)(dump))
            .map(|shown| shown.property.clone())
            .collect()
    }

    /// Which rules a step of the model breaks.
    pub fn judge(
        &mut self,
        before: &Node<Network>,
        event: &Event<Network>,
        effects: &[Effect<Network>],
        after: &Node<Network>,
    ) -> Vec<Property> {
        self.judged.0 += 1;
        let broken = self.judge.broken(&Step {
            before,
            event,
            effects,
            after,
        });
        if broken.is_empty() {
            return Vec::new();
        }
        self.judge
            .predicates()
            .enumerate()
            .filter(|(place, _)| broken.contains(*place))
            .map(|(_, predicate)| Property {
                name: predicate.name,
                requirements: predicate.requirements,
            })
            .collect()
    }
}
