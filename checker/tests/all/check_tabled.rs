//! A network in numbers is the same network: as many states and transitions, the same verdicts,
//! whatever the number of threads.

use blockexc_checker::analysis::networks::{pair, row, triangle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::{InternedNetwork, Row, Unfit};
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Naming};
use blockexc_checker::network::role::Role;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::{Exploration, Outcome, Verdict};
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::space::Space;
use blockexc_checker::show::chart::Chart;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::DIALECTS;

/// What was found, without the numbers of states: how far away each violation is, and whether each
/// premise was reached.
fn verdicts<S: Space>(found: &Exploration<'_, S>) -> Vec<(&'static str, String, Option<bool>)> {
    found
        .findings
        .iter()
        .map(|finding| {
            let verdict = match finding.verdict {
                Verdict::Violated(state) => {
                    format!("violated after {} steps", found.trail(state).steps.len())
                }
                Verdict::Seen(state) => {
                    format!("seen after {} steps", found.trail(state).steps.len())
                }
                other => format!("{other:?}"),
            };
            (finding.name, verdict, finding.premise_reached)
        })
        .collect()
}

fn assert_same(network: &Network) {
    let whole = Explorer::new(network, properties::network(network)).explore();
    let interned = InternedNetwork::<10>::new(network).unwrap();
    let explore = |threads| {
        Explorer::new(&interned, properties::network(network))
            .threads(threads)
            .explore()
    };
    let numbers = explore(1);
    assert_eq!(numbers.outcome, Outcome::Exhausted);
    assert_eq!(
        (whole.states, whole.transitions, whole.depth),
        (numbers.states, numbers.transitions, numbers.depth),
        "{}",
        network.name
    );
    assert_eq!(verdicts(&whole), verdicts(&numbers), "{}", network.name);
    let [two, three] = [explore(2), explore(3)];
    assert_eq!(verdicts(&numbers), verdicts(&two), "{}", network.name);
    assert_eq!(
        (two.states, two.transitions, two.depth),
        (numbers.states, numbers.transitions, numbers.depth),
    );
    // Whatever the number of threads, the same states are found under the same numbers.
    assert_eq!(two.findings, three.findings, "{}", network.name);
}

#[test]
fn the_reference_is_the_same_in_numbers() {
    let setup = Setup::default();
    assert_same(&pair(&setup, &setup, Blocks::plain(1), 1));
    assert_same(&pair(&setup, &setup, Blocks::named(1, Naming::Leaf), 1));
    assert_same(&row(&setup));
    assert_same(&triangle(&setup));
}

#[test]
fn every_dialect_is_the_same_in_numbers() {
    for dialect in DIALECTS {
        let setup = Setup::deviating(dialect.deviations);
        assert_same(&pair(&setup, &setup, Blocks::plain(1), 1));
    }
}

/// A node whose process ends closes all its links.
#[test]
fn a_process_that_ends_is_the_same_in_numbers() {
    let setup = Setup::deviating(Deviations::of(&[Deviation::AbortOnStaleAsk]));
    assert_same(&pair(&setup, &Setup::default(), Blocks::plain(1), 1));
}

fn patient() -> Network {
    let blocks = Blocks::plain(1);
    let roles = vec![
        Role::new(Setup::default()).requesting(blocks.addresses()),
        Role::new(Setup::default()).storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        stores: 1,
        ..Limits::default()
    };
    Network::new("patient", blocks, roles, limits).retrying(2)
}

#[test]
fn timers_that_never_tire_are_the_same_in_numbers() {
    assert_same(&patient());
}

#[test]
fn the_graph_is_the_same_in_numbers() {
    let network = patient();
    let owed = |state: &_| properties::is_owed(&network, state);
    let whole = Explorer::new(&network, Vec::new())
        .with_graph(&owed)
        .explore();
    let interned = InternedNetwork::<10>::new(&network).unwrap();
    let numbers = Explorer::new(&interned, Vec::new())
        .with_graph(&owed)
        .explore();
    let [whole_graph, graph] = [&whole.graph, &numbers.graph].map(|graph| graph.as_ref().unwrap());
    assert_eq!(whole_graph.len(), graph.len());
    for state in 0..graph.len() as u32 {
        let after =
            |found: &dyn Fn(u32) -> _, graph: &blockexc_checker::search::graph::Graph, at| {
                let mut all: Vec<_> = graph
                    .from(at)
                    .map(|(label, to)| (label, found(to)))
                    .collect();
                all.sort_by_key(|(label, state)| (*label, format!("{state:?}")));
                all
            };
        let same =
            (0..graph.len() as u32).find(|other| whole.state(*other) == numbers.state(state));
        let same = same.unwrap();
        assert_eq!(whole_graph.is_marked(same), graph.is_marked(state));
        assert_eq!(
            after(&|to| whole.state(to), whole_graph, same),
            after(&|to| numbers.state(to), graph, state)
        );
    }
}

#[test]
fn a_way_in_numbers_is_a_way_through_the_network() {
    let setup = Setup::deviating(Deviations::of(&[Deviation::CancelSilently]));
    let network = pair(&setup, &Setup::default(), Blocks::plain(1), 0);
    for symmetric in [false, true] {
        let mut interned = InternedNetwork::<10>::new(&network).unwrap();
        if symmetric {
            interned = interned.symmetric();
        }
        let found = Explorer::new(&interned, properties::network(&network))
            .bounded(Bounds {
                stop_at_violation: true,
                ..Bounds::default()
            })
            .explore();
        let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
            panic!("cancelling in silence breaks nothing");
        };
        let trail = found.trail(state);
        assert!(!trail.steps.is_empty());
        let chart = Chart::of(&network, &trail);
        assert_eq!(chart.rows.len(), trail.steps.len());
        assert!(chart.offence.is_some());
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = triangle(&Setup::default());
    let refused = InternedNetwork::<9>::new(&network).err();
    let expected = Unfit::Words {
        needed: 10,
        given: 9,
    };
    assert_eq!(refused, Some(expected));
    assert_eq!(size_of::<Row<10>>(), 20);
}
