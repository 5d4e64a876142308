//! Traces with more addresses than fit into one message: what the small world of the random traces
//! has not enough of. Each limit is met exactly, and passed by one.

use blockexc_model::address::Address;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::message::{
    Delivery, Evidence, Presence, PresenceType, WantEntry, WantList, WantType,
};
use blockexc_model::node::{MAX_BLOCKS_SENT, MAX_ENTRIES_SENT, MAX_PRESENCES_SENT};
use blockexc_model::price::Price;

use super::side_by_side::difference;
use super::trace::{Step, Trace};

const TREE: u8 = 100;

fn leaves(many: usize) -> impl Iterator<Item = Address<u8>> {
    (0..many as u64).map(|index| Address::Leaf { tree: TREE, index })
}

fn trace(steps: Vec<Step>) -> Trace {
    Trace {
        price: 7,
        account: None,
        retries: u32::MAX,
        wants_per_peer: u32::MAX,
        choices: 0,
        steps,
    }
}

fn nothing_from(from: u8) -> Step {
    Step::Received {
        from,
        want_list: None,
        deliveries: Vec::new(),
        presences: Vec::new(),
        account: None,
        payment: None,
    }
}

fn presences_from(peer: u8, many: usize, presence_type: PresenceType) -> Step {
    let mut step = nothing_from(peer);
    if let Step::Received { presences, .. } = &mut step {
        *presences = leaves(many)
            .map(|address| Presence {
                address,
                presence_type,
                price: Price::ZERO,
            })
            .collect();
    }
    step
}

fn deliveries_from(peer: u8, many: usize) -> Step {
    let mut step = nothing_from(peer);
    if let Step::Received { deliveries, .. } = &mut step {
        *deliveries = leaves(many)
            .map(|address| Delivery {
                evidence: Evidence::valid_for(&address),
                address,
                cid: 1,
            })
            .collect();
    }
    step
}

fn wants_from(peer: u8, many: usize, want_type: WantType) -> Step {
    let mut step = nothing_from(peer);
    if let Step::Received { want_list, .. } = &mut step {
        let entries = leaves(many)
            .enumerate()
            .map(|(place, address)| WantEntry {
                priority: (place % 3) as i32,
                want_type,
                ..WantEntry::want_have(address)
            })
            .collect();
        *want_list = Some(WantList {
            entries,
            full: false,
        });
    }
    step
}

/// So many own wants: told to a peer that joins, asked of one peer, then of another, and delivered
/// by a third, so that the first two are owed a cancel of each.
fn own_wants(many: usize) -> Trace {
    let mut steps = vec![Step::Joined(0), Step::Joined(1)];
    steps.extend(leaves(many).map(Step::Request));
    steps.extend([
        Step::Joined(2),
        presences_from(0, many, PresenceType::Have),
        presences_from(1, many, PresenceType::Have),
        presences_from(0, many, PresenceType::DontHave),
        deliveries_from(2, many),
    ]);
    trace(steps)
}

/// So many blocks are held, and asked after or asked for in one list.
fn held(many: usize, want_type: WantType) -> Trace {
    trace(vec![
        Step::Joined(0),
        Step::Stored {
            cid: 1,
            leaves: leaves(many).collect(),
        },
        wants_from(0, many, want_type),
    ])
}

#[test]
fn what_does_not_fit_into_one_message_is_split_alike() {
    for more in [0, 1] {
        for trace in [
            own_wants(MAX_ENTRIES_SENT + more),
            held(MAX_PRESENCES_SENT + more, WantType::WantHave),
            held(2 * MAX_BLOCKS_SENT + more, WantType::WantBlock),
        ] {
            assert_eq!(difference(&trace, Deviations::none()), None);
        }
    }
}

#[test]
fn a_list_that_is_too_long_is_a_difference() {
    let deviations = Deviations::of(&[Deviation::OversizedLists]);
    assert_eq!(difference(&own_wants(MAX_ENTRIES_SENT), deviations), None);
    assert!(difference(&own_wants(MAX_ENTRIES_SENT + 1), deviations).is_some());
}
