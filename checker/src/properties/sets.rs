//! Which properties are asked of a network.

use stateright::Model;

use crate::network::closed::Network;
use crate::network::limits::Retries;
use crate::network::names::Small;
use crate::network::open::OpenNetwork;
use crate::search::property::{Condition, Kind, Property};
use crate::step::rules::StepChecker;

use super::activity::{activity, cancelling, deleting, has_relays, relaying};
use super::safety::{safety, settled};

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

/// Everything that is asked of a closed network: what can be seen in it depends on what may
/// happen in it.
pub fn properties_of(model: &Network) -> Vec<Property<Network>> {
    let mut properties = network(model);
    if model.limits.cancels > 0 {
        properties.extend(cancelling());
    }
    if model.limits.deletions > 0 {
        properties.extend(deleting());
    }
    if !may_record_the_second(model) {
        properties.push(settled());
    }
    if has_relays(model) {
        properties.extend(relaying());
    }
    properties
}

/// Whether a node may ask a peer for the same block twice, and the peer serve the first, delete the
/// block and record the second. It asks twice by a retry. It also does when it cancels and requests
/// anew, if the want was announced twice because of a reconnect, and is answered twice.
fn may_record_the_second(model: &Network) -> bool {
    let limits = model.limits;
    let retries = limits.retries > 0 || model.retries != Retries::Limited;
    retries || limits.cancels > 0 && limits.disconnects > 0 && limits.deletions > 0
}

fn unbroken<M: Model>(judge: &StepChecker<Small>) -> Vec<Property<M>> {
    judge
        .predicates()
        .enumerate()
        .map(|(place, predicate)| Property {
            name: predicate.name,
            requirements: predicate.requirements,
            kind: Kind::Always,
            condition: Condition::OfStep(place),
            premise: None,
            when_quiet: false,
        })
        .collect()
}
