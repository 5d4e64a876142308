//! A network in numbers is the same network: as many states and transitions, the same verdicts.
#![cfg(feature = "check")]
#![allow(clippy::unwrap_used, missing_docs)]

use blockexc_model::check::chart::Chart;
use blockexc_model::check::configurations::{pair, row, triangle};
use blockexc_model::check::explorer::{Bounds, Explorer, Outcome, Verdict};
use blockexc_model::check::names::{Blocks, Cid, Naming};
use blockexc_model::check::network::{Limits, Network, Role};
use blockexc_model::check::properties;
use blockexc_model::check::tabled::Tabled;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::DIALECTS;
use blockexc_model::node::Config;

fn assert_same(network: &Network) {
    let whole = Explorer::new(network, properties::network(network)).explore();
    let tabled = Tabled::<9>::new(network).unwrap();
    let list = tabled.properties(properties::network(network));
    let numbers = Explorer::new(&tabled, list).explore();
    assert_eq!(numbers.outcome, Outcome::Exhausted);
    assert_eq!(
        (whole.states, whole.transitions, whole.depth),
        (numbers.states, numbers.transitions, numbers.depth),
        "{}",
        network.name
    );
    // States are found in the same order, so that the same state violates, at the same place.
    assert_eq!(whole.findings, numbers.findings, "{}", network.name);
}

#[test]
fn the_reference_is_the_same_in_numbers() {
    let config = Config::default();
    assert_same(&pair(&config, &config, Blocks::plain(1), 1));
    assert_same(&pair(&config, &config, Blocks::named(1, Naming::Leaf), 1));
    assert_same(&row(&config));
    assert_same(&triangle(&config));
}

#[test]
fn every_dialect_is_the_same_in_numbers() {
    for dialect in DIALECTS {
        let config = Config {
            deviations: dialect.deviations,
            ..Config::default()
        };
        assert_same(&pair(&config, &config, Blocks::plain(1), 1));
    }
}

#[test]
fn timers_that_never_tire_are_the_same_in_numbers() {
    let blocks = Blocks::plain(1);
    let roles = vec![
        Role::new(Config::default()).requesting(blocks.addresses()),
        Role::new(Config::default()).storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        stores: 1,
        ..Limits::default()
    };
    assert_same(&Network::new("patient", blocks, roles, limits).retrying(2));
}

#[test]
fn a_way_in_numbers_is_a_way_through_the_network() {
    let config = Config {
        deviations: Deviations::of(&[Deviation::CancelSilently]),
        ..Config::default()
    };
    let network = pair(&config, &Config::default(), Blocks::plain(1), 0);
    let tabled = Tabled::<9>::new(&network).unwrap();
    let list = tabled.properties(properties::network(&network));
    let found = Explorer::new(&tabled, list)
        .bounded(Bounds {
            stop_at_violation: true,
            ..Bounds::default()
        })
        .explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("cancelling in silence breaks nothing");
    };
    let numbers = found.trail(state);
    let trail = tabled.trail(&numbers);
    assert_eq!(trail.steps.len(), numbers.steps.len());
    let chart = Chart::of_network(&network, &trail);
    assert_eq!(chart.rows.len(), numbers.steps.len());
    assert!(chart.offence.is_some());
}
