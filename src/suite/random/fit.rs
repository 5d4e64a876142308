//! [`fit`]: what of a trace a target can be put through.

use blockexc_model::{Deviation, Deviations};

use super::stimulus::{PEERS, Step, Trace};
use crate::suite::control::Capability;
use crate::suite::needs::Offers;
use crate::suite::target::StartOption;

/// The trace without what these targets do not offer, and without what ends the process of a node with
/// these deviations: little would be left of most traces. A peer that speaks has joined before.
pub fn fit(trace: Trace, offers: &Offers, suppose: Deviations) -> Trace {
    let takes = |option| offers.options.contains(&option);
    let is_set = |option, value, otherwise| if takes(option) { value } else { otherwise };
    let mut fitted = Trace {
        price: is_set(StartOption::Price, trace.price, 0),
        account: trace.account.filter(|_| takes(StartOption::Account)),
        retries: trace.retries,
        wants_per_peer: trace.wants_per_peer,
        choices: trace.choices,
        steps: Vec::with_capacity(trace.steps.len()),
    };
    if !takes(StartOption::Retries) {
        fitted.retries = u32::MAX;
    }
    if !takes(StartOption::WantsPerPeer) {
        fitted.wants_per_peer = u32::MAX;
    }
    let mut joined = [false; PEERS as usize];
    for mut step in trace.steps {
        spare(&mut step, suppose);
        match &step {
            Step::Joined(peer) => {
                let joined = &mut joined[usize::from(*peer)];
                if *joined && !can(offers, Capability::JoinedAgain) {
                    continue;
                }
                *joined = true;
            }
            Step::Left(peer) => {
                if !std::mem::take(&mut joined[usize::from(*peer)]) {
                    continue;
                }
            }
            Step::Received { from, .. } => {
                if !std::mem::replace(&mut joined[usize::from(*from)], true) {
                    fitted.steps.push(Step::Joined(*from));
                }
            }
            // A turn to serve is nobody's to give.
            Step::Serve(_) => continue,
            steered => {
                if !needed(steered).iter().all(|it| can(offers, *it)) {
                    continue;
                }
            }
        }
        fitted.steps.push(step);
    }
    fitted
}

/// Takes out of a message what would end the process of a node with these deviations.
fn spare(step: &mut Step, suppose: Deviations) {
    let Step::Received {
        want_list,
        deliveries,
        ..
    } = step
    else {
        return;
    };
    if suppose.contains(Deviation::AbortOnMissingData) {
        for delivery in deliveries {
            delivery.evidence.has_data = true;
        }
    }
    if suppose.contains(Deviation::AbortOnUnknownEnum) {
        for entry in want_list.iter_mut().flat_map(|list| &mut list.entries) {
            entry.priority = entry.priority.max(0);
        }
    }
}

fn can(offers: &Offers, capability: Capability) -> bool {
    offers.control.contains(&capability)
}

/// What a control has to be able to do for this step.
fn needed(step: &Step) -> &'static [Capability] {
    match step {
        Step::Joined(_) | Step::Left(_) | Step::Received { .. } | Step::Serve(_) => &[],
        Step::Request(address) if address.is_leaf() => &[Capability::RequestLeaf],
        Step::Request(_) => &[Capability::Request],
        Step::Cancel(_) => &[Capability::Cancel],
        Step::Retry(_) => &[Capability::RetryNow],
        Step::Stored { leaves, .. } if leaves.is_empty() => &[Capability::Put],
        Step::Stored { .. } => &[Capability::PutDataset],
        Step::Deleted(_) => &[Capability::Delete],
    }
}
