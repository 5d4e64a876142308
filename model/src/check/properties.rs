//! What must hold of a whole network, as data.
//!
//! There are three kinds of [`Property`]. Every rule and every invariant of a node is one: no step of
//! any node breaks it. What relates several nodes, or a node and its connections, must always hold
//! ([`safety`](safety())). And what shows that the network does anything at all must hold at least
//! once ([`activity`](activity())).

mod activity;
mod for_stateright;
mod property;
mod safety;

use stateright::Model;

use super::names::Small;
use super::network::Network;
use super::open::OpenNetwork;
use super::rules::StepChecker;

pub use activity::{MET, activity, cancelling, deleting, open_activity, relaying};
pub use for_stateright::for_stateright;
pub use property::{Judging, Kind, Predicate, Property, Test};
pub use safety::{ASKED_IS_KNOWN, is_owed, progress, safety, settled};

fn unbroken<M: Model>(checker: &StepChecker<Small>) -> Vec<Property<M>> {
    checker
        .predicates()
        .enumerate()
        .map(|(number, predicate)| Property {
            name: predicate.name,
            requirements: predicate.requirements,
            kind: Kind::Always,
            test: Test::Unbroken(number),
            premise: None,
            when_quiet: false,
        })
        .collect()
}

/// What must hold of an open network.
pub fn open(model: &OpenNetwork) -> Vec<Property<OpenNetwork>> {
    unbroken(model.judge())
}

/// What must hold of a closed network, whether wants are pursued anew or not.
pub fn network(model: &Network) -> Vec<Property<Network>> {
    let mut properties = unbroken(model.judge());
    properties.extend(safety());
    properties.extend(activity());
    properties
}
