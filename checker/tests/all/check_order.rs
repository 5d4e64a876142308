//! Steps that commute, taken in one order and in every order: the same states are found, after as
//! few steps, and the same is said of them.

use std::collections::BTreeSet;
use std::fmt::Write;

use blockexc_checker::analysis::networks::{pair, row, triangle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Naming, Peer};
use blockexc_checker::network::role::Role;
use blockexc_checker::network::state::State;
use blockexc_checker::properties::{self, properties_of};
use blockexc_checker::search::exploration::{Exploration, Outcome, Verdict};
use blockexc_checker::search::explorer::Explorer;
use blockexc_checker::search::property::{Kind, Property};
use blockexc_checker::search::space::Space;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations, Layer};
use blockexc_model::dialect::DIALECTS;

/// What is said of each property: how far away a violation is, and whether its premise was reached.
fn verdicts<S: Space>(found: &Exploration<'_, S>) -> Vec<(&'static str, String, Option<bool>)> {
    assert_eq!(found.outcome, Outcome::Exhausted);
    let findings = found.findings.iter().map(|finding| {
        let verdict = match finding.verdict {
            Verdict::Violated(state) => format!("violated after {}", found.trail_length(state)),
            Verdict::Seen(state) => format!("seen after {}", found.trail_length(state)),
            other => format!("{other:?}"),
        };
        (finding.name, verdict, finding.premise_reached)
    });
    findings.collect()
}

fn search<S: Space<Model = Network>>(space: &S, threads: usize) -> Exploration<'_, S> {
    let list = properties_of(space.model());
    Explorer::new(space, list).threads(threads).explore()
}

/// Searches a network in every order and in one, with names and without: how many transitions there
/// are in every order and in one, with names. Everything else must be the same.
fn both(network: &Network) -> [u64; 2] {
    let mut transitions = [0; 2];
    for symmetric in [true, false] {
        let interned = || {
            let interned = InternedNetwork::<18>::new(network).unwrap();
            match symmetric {
                true => interned.symmetric(),
                false => interned,
            }
        };
        let (space, one_order) = (interned(), interned().in_one_order());
        let every = search(&space, 1);
        // Two threads find states of the same level in another order.
        let one = search(&one_order, if symmetric { 2 } else { 1 });
        assert_eq!(
            (every.states, every.depth, verdicts(&every)),
            (one.states, one.depth, verdicts(&one)),
            "{}, symmetric: {symmetric}",
            network.name
        );
        assert!(one.transitions <= every.transitions);
        transitions = [every.transitions, one.transitions];
    }
    transitions
}

/// Two askers and a holder, all connected, with a cancel and a deletion.
fn three(setup: &Setup, blocks: Blocks, connects: u8) -> Network {
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let holding = Role::new(setup.clone()).deleting([Cid(0)]);
    let limits = Limits {
        connects,
        requests: 2,
        cancels: 1,
        deletions: 1,
        ..Limits::default()
    };
    let roles = vec![
        asking(),
        asking(),
        blocks.cids().fold(holding, Role::holding),
    ];
    Network::new("three", blocks, roles, limits)
}

/// Three askers in a ring with a holder.
fn ring(setup: &Setup) -> Network {
    let blocks = Blocks::plain(1);
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let roles = vec![
        asking(),
        asking(),
        asking(),
        Role::new(setup.clone()).holding(Cid(0)),
    ];
    let limits = Limits {
        connects: 4,
        requests: 2,
        ..Limits::default()
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(Peer);
    Network::new("a ring", blocks, roles, limits).linked(vec![[a, b], [b, c], [c, d], [a, d]])
}

#[test]
fn the_reference_has_the_same_states_in_one_order() {
    let setup = Setup::default();
    let mut table = String::new();
    for network in [
        pair(&setup, &setup, Blocks::plain(1), 1),
        pair(&setup, &setup, Blocks::named(1, Naming::LeafAndPlain), 1),
        row(&setup),
        triangle(&setup),
        three(&setup, Blocks::plain(2), 2),
        three(&setup, Blocks::named(2, Naming::Leaf), 2),
        ring(&setup),
    ] {
        let [every, one] = both(&network);
        let addresses = network.blocks.addresses().count();
        writeln!(
            table,
            "{:<9} addresses {addresses}: {every:>7} transitions in every order, {one:>7} in one",
            network.name
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_dialects_have_the_same_states_in_one_order() {
    for dialect in DIALECTS {
        let setup = Setup::deviating(dialect.deviations);
        both(&pair(&setup, &setup, Blocks::plain(1), 1));
        both(&pair(&setup, &Setup::default(), Blocks::plain(1), 1));
    }
}

/// Among them those that do more to a link than to put messages behind: closing it, refusing a
/// stream, ending with it.
#[test]
fn every_deviation_has_the_same_states_in_one_order() {
    let mut violated = BTreeSet::new();
    for deviation in Deviation::ALL.iter().copied() {
        if deviation.layer() != Layer::Model {
            continue;
        }
        let setup = Setup::deviating(Deviations::of(&[deviation]));
        let network = three(&setup, Blocks::plain(1), 2);
        both(&network);
        let space = InternedNetwork::<10>::new(&network).unwrap().in_one_order();
        if search(&space, 1).failures().count() > 0 {
            violated.insert(deviation.name());
        }
    }
    // Not all verdicts that were compared are "holds".
    assert!(violated.len() > 25, "{violated:?}");
}

/// Where a retry has to wait for room, steps of different nodes do not commute.
#[test]
fn timers_that_wait_for_room_are_taken_in_every_order() {
    let mut network = row(&Setup::default()).retrying(1);
    network.limits.retries = 0;
    let [every, one] = both(&network);
    assert_eq!(every, one);
}

/// What is said of ways that go on for ever cannot be asked where transitions are missing.
#[test]
fn no_graph_is_kept_in_one_order() {
    let network = row(&Setup::default());
    let owed = |state: &State| properties::is_owed(&network, state);
    let space = InternedNetwork::<10>::new(&network).unwrap();
    let kept = |found: Exploration<'_, _>| found.graph.is_some();
    assert!(kept(
        Explorer::new(&space, Vec::new())
            .with_graph(&owed)
            .explore()
    ));
    let space = space.in_one_order();
    let found = Explorer::new(&space, Vec::new())
        .with_graph(&owed)
        .explore();
    assert!(found.graph.is_none());
}

/// The way to a violation can be gone again, step by step.
#[test]
fn a_way_found_in_one_order_is_a_way() {
    let setup = Setup::deviating(Deviations::of(&[Deviation::KeepPresenceOnCancel]));
    let network = three(&setup, Blocks::plain(1), 3);
    let violation = |list: Vec<Property<Network>>| {
        let space = InternedNetwork::<10>::new(&network)
            .unwrap()
            .symmetric()
            .in_one_order();
        let found = Explorer::new(&space, list).explore();
        let failure = found.failures().next().unwrap();
        let Verdict::Violated(state) = failure.verdict else {
            panic!("{failure:?}");
        };
        let trail = found.trail(state);
        assert_eq!(trail.steps.len(), found.trail_length(state));
        let (_, last) = trail.steps.last().unwrap().clone();
        last
    };
    let mut list = properties::network(&network);
    list.retain(|property| {
        property.kind == Kind::Always && property.requirements.contains(&"PRES-6")
    });
    let last = violation(list);
    assert!(!last.broken.is_empty());
}
