//! The reference keeps every rule, in networks that are searched to the end.

use std::collections::BTreeSet;

use blockexc_checker::analysis::networks::{open_networks, pair, row, triangle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::names::{Blocks, Naming};
use blockexc_checker::properties;
use blockexc_checker::search::exploration::{Exploration, Outcome, Verdict};
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::property::Property;
use blockexc_checker::search::space::Space;
use blockexc_checker::show::shown::Shown;
use blockexc_model::deviating::Setup;

/// Searches a network to the end: how many states it has, and the premises that were reached.
fn holds(network: &Network, more: Vec<Property<Network>>) -> (usize, BTreeSet<&'static str>) {
    let mut list = properties::network(network);
    list.extend(more);
    let interned = InternedNetwork::<10>::new(network).unwrap();
    let found = Explorer::new(&interned, list).explore();
    assert_eq!(found.outcome, Outcome::Exhausted);
    assert_no_failure(&network.name, network, &found);
    let reached = found
        .findings
        .iter()
        .filter(|finding| finding.premise_reached == Some(true))
        .map(|finding| finding.name);
    (found.states, reached.collect())
}

fn assert_no_failure<S: Space<Model = Network>>(
    name: &str,
    network: &Network,
    found: &Exploration<'_, S>,
) {
    if let Some(failure) = found.failures().next() {
        let steps = match failure.verdict {
            Verdict::Violated(state) => found.trail(state).steps,
            _ => Vec::new(),
        };
        let steps: Vec<_> = steps
            .iter()
            .map(|(action, _)| network.describe(action))
            .collect();
        panic!("{name}: {}: {steps:#?}", failure.name);
    }
}

#[test]
fn closed_networks_hold_and_are_so_large() {
    let setup = Setup::default();
    let (plain, leaves) = (Blocks::plain(1), Blocks::named(1, Naming::LeafAndPlain));
    let mut premises = BTreeSet::new();
    let mut count = |network: Network, more| {
        let (states, reached) = holds(&network, more);
        premises.extend(reached);
        states
    };
    assert_eq!(
        count(pair(&setup, &setup, plain, 1), properties::deleting()),
        4_584
    );
    assert_eq!(
        count(pair(&setup, &setup, leaves, 1), properties::deleting()),
        46_137
    );
    assert_eq!(count(row(&setup), properties::relaying()), 5_257);
    assert_eq!(count(triangle(&setup), Vec::new()), 28_496);
    let network = row(&setup);
    for property in properties::safety() {
        assert!(
            property.premise.is_none() || premises.contains(property.name),
            "in no network is the premise the case of: {}",
            property.name
        );
    }
    drop(network);
}

#[test]
fn open_networks_hold_and_no_rule_is_idle() {
    let mut idle: Option<BTreeSet<&str>> = None;
    for network in open_networks(&Setup::default()) {
        let found = Explorer::new(&network, properties::open(&network)).explore();
        assert_eq!(found.outcome, Outcome::Exhausted);
        let failures: Vec<_> = found.failures().map(|failure| failure.name).collect();
        assert!(failures.is_empty(), "{}: {failures:?}", network.name);
        let unreached: BTreeSet<_> = network
            .judge()
            .unreached()
            .iter()
            .map(|rule| rule.name)
            .collect();
        idle = Some(match idle {
            None => unreached,
            Some(idle) => idle.intersection(&unreached).copied().collect(),
        });
    }
    assert_eq!(idle, Some(BTreeSet::new()));
}

#[test]
fn an_open_network_does_something() {
    let network = open_networks(&Setup::default()).swap_remove(0);
    let found = Explorer::new(&network, properties::open_activity()).explore();
    assert_eq!(found.failures().count(), 0);
}

/// What the specification does not promise: a peer that was asked again after it had sent the
/// block may be left with a want that nobody has. It takes a deletion to show.
#[test]
fn a_deliverer_that_was_asked_again_may_be_left_with_a_stale_want() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 1);
    let found = Explorer::new(&network, vec![properties::settled()])
        .bounded(Bounds {
            stop_at_violation: true,
            ..Bounds::default()
        })
        .explore();
    assert_eq!(found.failures().count(), 1);
}

/// No deviation of the catalogue records without a bound: the rule is shown a step that does.
#[test]
fn recording_beyond_the_bound_is_seen() {
    use blockexc_checker::network::names::{Cid, Peer, Small};
    use blockexc_checker::step::rules::{Step, StepChecker};
    use blockexc_model::Address;
    use blockexc_model::deviating::{Event, Node};
    use blockexc_model::message::{Message, WantEntry};
    use blockexc_model::node::{Config, First};

    let wants = |number| Event::Received {
        from: Peer(1),
        message: Message::want_list(
            vec![WantEntry::want_block(Address::Plain(Cid(number)))],
            false,
        ),
    };
    let node = |bound| {
        let config = Config {
            wants_per_peer: bound,
            ..Config::default()
        };
        let mut node = Node::<Small>::deviating(Setup {
            config,
            ..Setup::default()
        });
        node.step(Event::Joined(Peer(1)), &mut First);
        node.step(wants(0), &mut First);
        node
    };
    let broken = |after_bound| {
        let (before, mut after) = (node(1), node(after_bound));
        let effects = after.step(wants(1), &mut First);
        let judge = StepChecker::default();
        let broken = judge.broken(&Step {
            before: &before,
            event: &wants(1),
            effects: &effects,
            after: &after,
        });
        judge
            .predicates()
            .enumerate()
            .filter(|(place, _)| broken.contains(*place))
            .any(|(_, predicate)| predicate.requirements.contains(&"WIRE-10"))
    };
    assert!(!broken(1));
    assert!(broken(2));
}
