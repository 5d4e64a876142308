//! States that differ in names alone behave alike, and counting them as one changes no verdict.

use std::collections::HashSet;

use blockexc_checker::analysis::networks::{pair, triangle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Naming, Peer};
use blockexc_checker::network::role::Role;
use blockexc_checker::network::state::State;
use blockexc_checker::network::symmetry::Symmetry;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::{Outcome, Verdict};
use blockexc_checker::search::explorer::Explorer;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use stateright::Model;

/// Two nodes that ask for two blocks, and one that holds both, or will.
fn two_askers(setup: &Setup, blocks: Blocks) -> Network {
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let roles = vec![
        asking(),
        asking(),
        Role::new(setup.clone()).holding(Cid(0)).holding(Cid(1)),
    ];
    let limits = Limits {
        connects: 2,
        requests: 2,
        ..Limits::default()
    };
    Network::new("two askers", blocks, roles, limits)
}

fn reachable(network: &Network) -> HashSet<State> {
    let mut seen: HashSet<State> = network.init_states().into_iter().collect();
    let mut waiting: Vec<State> = seen.iter().cloned().collect();
    while let Some(state) = waiting.pop() {
        for next in network.next_states(&state) {
            if seen.insert(next.clone()) {
                waiting.push(next);
            }
        }
    }
    seen
}

/// Renaming and going a step further come to the same in either order.
fn assert_renamings_commute(network: &Network, least: usize) {
    let symmetry = Symmetry::of(network);
    assert!(symmetry.renamings.len() >= least, "{}", network.name);
    let states = reachable(network);
    for state in &states {
        let after: Vec<State> = network.next_states(state).into_iter().collect();
        for renaming in &symmetry.renamings {
            let renamed = renaming.state(state);
            let of_renamed: HashSet<State> = network.next_states(&renamed).into_iter().collect();
            let renamed_after: HashSet<State> =
                after.iter().map(|next| renaming.state(next)).collect();
            assert_eq!(of_renamed, renamed_after, "{}: {renaming:?}", network.name);
        }
    }
}

#[test]
fn the_reference_tells_nobody_by_name() {
    let setup = Setup::default();
    assert_renamings_commute(&triangle(&setup), 1);
    let blocks = Blocks::plain(2);
    assert_renamings_commute(&two_askers(&setup, blocks), 3);
    assert_renamings_commute(&pair(&setup, &setup, Blocks::plain(1), 1), 0);
}

#[test]
fn leaves_are_told_apart_by_name_alone() {
    let network = two_askers(&Setup::default(), Blocks::named(2, Naming::Leaf));
    assert_renamings_commute(&network, 3);
}

/// The verdicts with and without symmetry, and how many states there are.
fn both(network: &Network) -> [usize; 2] {
    let states = [false, true].map(|symmetric| {
        let mut interned = InternedNetwork::<10>::new(network).unwrap();
        if symmetric {
            interned = interned.symmetric();
            assert!(interned.renamings() > 0);
        }
        let found = Explorer::new(&interned, properties::network(network)).explore();
        assert_eq!(found.outcome, Outcome::Exhausted);
        let verdicts: Vec<_> = found
            .findings
            .iter()
            .map(|finding| {
                let (kind, steps) = match finding.verdict {
                    Verdict::Violated(state) => ("violated", found.trail(state).steps.len()),
                    Verdict::Seen(state) => ("seen", found.trail(state).steps.len()),
                    Verdict::Holds => ("holds", 0),
                    _ => ("never seen", 0),
                };
                (finding.name, kind, steps, finding.premise_reached)
            })
            .collect();
        (found.states, verdicts)
    });
    assert_eq!(states[0].1, states[1].1, "{}", network.name);
    states.map(|(states, _)| states)
}

#[test]
fn verdicts_with_and_without_symmetry_agree() {
    let reference = Setup::default();
    let [all, some] = both(&triangle(&reference));
    assert!(some < all * 6 / 10, "{some} of {all}");
    let blocks = Blocks::plain(2);
    let [all, some] = both(&two_askers(&reference, blocks));
    assert!(some < all * 4 / 10, "{some} of {all}");
    for dialect in DIALECTS {
        let setup = Setup::deviating(dialect.deviations);
        both(&two_askers(&setup, Blocks::plain(1)));
    }
    for deviation in [
        Deviation::CancelSilently,
        Deviation::KeepPresenceOnResolve,
        Deviation::NoCancelSent,
        Deviation::AskEveryHolder,
    ] {
        let setup = Setup::deviating([deviation].into_iter().collect());
        both(&triangle(&setup));
    }
}

#[test]
fn a_set_of_nodes_is_renamed_one_by_one() {
    let network = triangle(&Setup::default());
    let symmetry = Symmetry::of(&network);
    assert!(!symmetry.renamings.is_empty());
    for renaming in &symmetry.renamings {
        for set in 0..8u8 {
            let renamed = (0..3)
                .filter(|number| set & 1 << number != 0)
                .fold(0, |image, number| {
                    image | 1 << renaming.peer(&Peer(number)).0
                });
            assert_eq!(renaming.set_of_peers(set), renamed, "{renaming:?}");
        }
    }
}
