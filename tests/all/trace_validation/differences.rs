//! A dump that differs from the model's state is held against the requirements that fit what
//! differs: which list, which element of it, and how.

use std::collections::{BTreeMap, BTreeSet};

use blockexc::trace::difference::Difference;
use blockexc::trace::dumped::{Dumped, DumpedContext};
use blockexc::wire::Dump;
use blockexc::wire::{Address, BlockCid, Network};
use blockexc_model::Deviation;
use blockexc_model::deviating::{Effect, Node, Setup};
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::message::{Account, WantEntry};
use blockexc_model::price::Price;
use libp2p::PeerId;
use libp2p::identity::Keypair;

use super::logged::{Choices, on_the_network};
use crate::cross_check::trace::Dice;

fn block(number: u8) -> Address {
    Address::Plain(BlockCid::of_block(&[number]))
}

fn blocks(numbers: &[u8]) -> BTreeSet<Address> {
    numbers.iter().copied().map(block).collect()
}

fn wants(numbers: &[u8]) -> Vec<WantEntry<BlockCid>> {
    let blocks = numbers.iter().copied().map(block);
    blocks.map(WantEntry::want_block).collect()
}

fn peer() -> PeerId {
    let key = Keypair::ed25519_from_bytes([1; 32]).unwrap();
    key.public().to_peer_id()
}

/// A state: blocks 1 and 2 are held, 3 and 4 are own wants, the peer has 3 and waits for 5, 6 and 7.
fn state() -> Dumped {
    let context = DumpedContext {
        presence: Some(BTreeMap::from([(block(3), Price::from(5))])),
        peer_have_cids: Some(BTreeSet::from([BlockCid::of_block(&[3])])),
        wants: Some(wants(&[5, 6, 7])),
        account: Some(None),
    };
    Dumped {
        contexts: Some(BTreeMap::from([(peer(), context)])),
        own_wants: Some(blocks(&[3, 4])),
        held: Some(blocks(&[1, 2])),
    }
}

fn context(dumped: &mut Dumped) -> &mut DumpedContext {
    let contexts = dumped.contexts.as_mut().unwrap();
    contexts.get_mut(&peer()).unwrap()
}

fn difference(shown: &Dumped, model: &Dumped) -> Option<Difference> {
    shown.differs_from(model, |_| true, |_| true)
}

/// What a log is held against that shows the state changed so.
fn against(change: impl FnOnce(&mut Dumped)) -> &'static [&'static str] {
    let mut shown = state();
    change(&mut shown);
    difference(&shown, &state()).unwrap().requirements
}

#[test]
fn the_same_state_does_not_differ() {
    assert_eq!(difference(&state(), &state()), None);
    assert_eq!(difference(&Dumped::default(), &state()), None);
}

/// As many wants as in the model, fewer, or more: that says nothing by itself.
#[test]
fn a_want_that_is_added_is_told_from_one_that_is_missing() {
    let missing = [
        "WANT-1", "WANT-8", "WANT-10", "WANT-12", "WANT-15", "WANT-17", "WANT-19", "JOIN-3",
    ];
    let added = [
        "WANT-3", "WANT-8", "WANT-11", "WANT-15", "WANT-19", "WIRE-10", "JOIN-2", "LEFT-3",
    ];
    let shown = |numbers: &[u8]| {
        let numbers = numbers.to_vec();
        against(move |state| context(state).wants = Some(wants(&numbers)))
    };
    assert_eq!(shown(&[5, 7]), missing);
    assert_eq!(shown(&[]), missing);
    assert_eq!(shown(&[5, 6, 7, 8]), added);
    // One is added, one is missing.
    assert_eq!(shown(&[5, 6, 8]), added);
    assert_eq!(shown(&[8]), added);
}

#[test]
fn an_added_want_is_judged_by_what_it_asks_for() {
    let with = |entry: WantEntry<BlockCid>| {
        against(|state| context(state).wants.as_mut().unwrap().push(entry))
    };
    assert_eq!(with(WantEntry::want_have(block(8))), ["WANT-3", "WANT-10"]);
    assert_eq!(with(WantEntry::cancel(block(8))), ["WANT-8"]);
    // A block that is held is sent, not waited for.
    assert_eq!(with(WantEntry::want_block(block(1))), ["WANT-2", "WANT-13"]);
}

#[test]
fn a_want_in_another_place_is_told_from_a_changed_one() {
    let changed = |change: fn(&mut Vec<WantEntry<BlockCid>>)| {
        against(|state| change(context(state).wants.as_mut().unwrap()))
    };
    assert_eq!(
        changed(|wants| wants.swap(0, 2)),
        ["WANT-1", "WANT-9", "WANT-14", "WANT-15"]
    );
    assert_eq!(
        changed(|wants| wants[1].priority = 3),
        ["WANT-9", "WANT-10", "WANT-15"]
    );
    assert_eq!(
        changed(|wants| wants[1] = WantEntry::want_have(block(6))),
        ["WANT-3", "WANT-10"]
    );
    assert_eq!(
        changed(|wants| wants[1] = WantEntry::cancel(block(6))),
        ["WANT-8"]
    );
    assert_eq!(changed(|wants| wants.push(wants[0].clone())), ["WANT-9"]);
}

#[test]
fn a_record_is_judged_by_whether_its_block_is_wanted() {
    let with = |change: fn(&mut BTreeMap<Address, Price>)| {
        against(|state| change(context(state).presence.as_mut().unwrap()))
    };
    assert_eq!(
        with(|records| {
            records.insert(block(4), Price::from(5));
        }),
        [
            "PRES-2", "PRES-3", "PRES-9", "XFER-6", "ASK-8", "JOIN-2", "LEFT-3"
        ]
    );
    assert_eq!(
        with(|records| {
            records.insert(block(8), Price::from(5));
        }),
        ["PRES-1", "PRES-5", "PRES-6", "JOIN-2", "LEFT-3"]
    );
    assert_eq!(
        with(BTreeMap::clear),
        ["PRES-2", "PRES-7", "PRES-9", "JOIN-3"]
    );
    assert_eq!(
        with(|records| {
            records.insert(block(3), Price::from(6));
        }),
        ["PRES-2", "PRES-4", "PRES-8", "PRES-9"]
    );
}

#[test]
fn an_own_want_is_judged_by_whether_its_block_is_held() {
    assert_eq!(
        against(|state| state.own_wants = Some(blocks(&[1, 3, 4]))),
        ["XFER-7", "HELD-1", "ASK-3"]
    );
    assert_eq!(
        against(|state| state.own_wants = Some(blocks(&[3, 4, 8]))),
        ["ASK-7", "ASK-9"]
    );
    assert_eq!(
        against(|state| state.own_wants = Some(blocks(&[3]))),
        ["ASK-1", "ASK-9", "ASK-10", "XFER-5", "XFER-6"]
    );
    // It may have ended with a delivery, if what is held is not shown.
    assert_eq!(
        against(|state| {
            state.own_wants = Some(blocks(&[3]));
            state.held = None;
        }),
        [
            "ASK-1", "ASK-9", "ASK-10", "XFER-3", "XFER-4", "XFER-5", "XFER-6",
        ]
    );
}

#[test]
fn what_is_held_is_compared_before_what_follows_from_it() {
    assert_eq!(
        against(|state| state.held = Some(blocks(&[1, 2, 8]))),
        ["XFER-2", "XFER-3", "XFER-4", "XFER-7", "HELD-2", "JOIN-7"]
    );
    assert_eq!(
        against(|state| state.held = Some(blocks(&[1]))),
        ["XFER-5", "XFER-7", "HELD-1"]
    );
    // A want that a bad delivery ended takes its records along: the delivery is what went wrong.
    assert_eq!(
        against(|state| {
            state.held = Some(blocks(&[1, 2, 3]));
            state.own_wants = Some(blocks(&[4]));
            context(state).presence = Some(BTreeMap::new());
        }),
        ["XFER-2", "XFER-3", "XFER-4", "XFER-7", "HELD-2", "JOIN-7"]
    );
}

#[test]
fn contexts_and_accounts_are_judged_by_what_is_there() {
    assert_eq!(
        against(|state| state.contexts = Some(BTreeMap::new())),
        ["JOIN-1"]
    );
    assert_eq!(
        against(|state| context(state).peer_have_cids = Some(BTreeSet::new())),
        ["PRES-10"]
    );
    assert_eq!(
        against(|state| context(state).account = Some(Some(Account([1; 20])))),
        ["PAY-1", "JOIN-2", "LEFT-3"]
    );
    let without = Dumped {
        contexts: Some(BTreeMap::new()),
        ..state()
    };
    let added = difference(&state(), &without).unwrap();
    assert_eq!(added.requirements, ["JOIN-1", "LEFT-1"]);
}

/// Deviations whose differences do not tell what they break, each with the reason.
const INDIRECT: &[(Deviation, &str)] = &[
    (
        Deviation::RefuseMessageOnBadDelivery,
        "all parts of the message are refused, so anything may be missing",
    ),
    (
        Deviation::AbortOnMissingData,
        "the process ends within the message, so anything may be missing",
    ),
    (
        Deviation::FullAlways,
        "what a list replaces makes room for wants that the model does not record",
    ),
];

/// Wherever a deviation shows in the state first, what is named is what it breaks.
#[test]
fn a_deviation_that_shows_in_the_state_is_held_against_what_it_breaks() {
    let mut shown = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    for deviation in Deviation::ALL {
        let is_indirect = INDIRECT.iter().any(|(other, _)| other == deviation);
        if deviation.layer() != Layer::Model || deviation.is_permitted() || is_indirect {
            continue;
        }
        for seed in 0..60 {
            let Some(difference) = first_difference(*deviation, seed) else {
                continue;
            };
            shown.insert(deviation.name());
            let mut breaks = deviation.breaks().iter();
            if !breaks.any(|id| difference.requirements.contains(id)) {
                wrong.insert((deviation.name(), format!("{difference:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Most show in the state sooner or later.
    assert!(shown.len() > 30, "{shown:?}");
}

/// The difference between the states of a node with this deviation and of the reference, after the
/// first step at which they do not do the same.
fn first_difference(deviation: Deviation, seed: u64) -> Option<Difference> {
    let trace = Dice::new(seed).trace(60);
    let mut nodes = [Deviations::of(&[deviation]), Deviations::none()].map(|deviations| {
        let setup = Setup {
            config: trace.config(),
            deviations,
        };
        (
            Node::<Network>::deviating(setup),
            Choices(Dice::new(trace.choices)),
        )
    });
    for step in &trace.steps {
        let [(effects, dump), (expected_effects, expected)] =
            nodes.each_mut().map(|(node, choices)| {
                let effects: Vec<Effect<Network>> =
                    node.step(on_the_network(step.event()), choices);
                (effects, Dumped::of(&node.dump() as &Dump))
            });
        if dump != expected {
            return difference(&dump, &expected);
        }
        if effects != expected_effects {
            return None;
        }
    }
    None
}
