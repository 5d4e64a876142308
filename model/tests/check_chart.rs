//! Counterexamples that can be read without explanation.
#![cfg(feature = "check")]
#![allow(clippy::unwrap_used, missing_docs)]

use blockexc_model::check::chart::Chart;
use blockexc_model::check::configurations::{open_networks, pair};
use blockexc_model::check::explorer::{Bounds, Explorer, Verdict};
use blockexc_model::check::names::Blocks;
use blockexc_model::check::properties;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::node::Config;

fn config(deviation: Deviation) -> Config {
    Config {
        deviations: Deviations::of(&[deviation]),
        ..Config::default()
    }
}

fn bounds() -> Bounds {
    Bounds {
        stop_at_violation: true,
        ..Bounds::default()
    }
}

/// The shortest way in which a node that deviates so, alone among arbitrary peers, breaks this.
fn open_chart(deviation: Deviation, requirement: &str) -> Chart {
    for network in open_networks(&config(deviation)) {
        let mut list = properties::open(&network);
        list.retain(|property| property.requirements.contains(&requirement));
        let found = Explorer::new(&network, list).bounded(bounds()).explore();
        if let Some(failure) = found.failures().next()
            && let Verdict::Violated(state) = failure.verdict
        {
            return Chart::of_open_network(&network, &found.trail(state));
        }
    }
    panic!("{deviation} does not break {requirement}");
}

#[test]
fn a_chart_shows_the_record_that_should_not_be() {
    let chart = open_chart(Deviation::PresenceUnbounded, "PRES-1");
    insta::assert_snapshot!(chart.text());
    insta::assert_snapshot!(chart.mermaid());
}

#[test]
fn a_chart_shows_the_block_asked_of_a_peer_that_has_it_not() {
    insta::assert_snapshot!(open_chart(Deviation::DontHaveRecorded, "PRES-3").text());
}

#[test]
fn a_chart_shows_a_network_of_two() {
    let reference = Config::default();
    let silent = config(Deviation::CancelSilently);
    let network = pair(&silent, &reference, Blocks::plain(1), 0);
    let mut list = properties::network(&network);
    list.retain(|property| property.requirements.contains(&"ASK-7"));
    let found = Explorer::new(&network, list).bounded(bounds()).explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("cancelling in silence breaks nothing");
    };
    let chart = Chart::of_network(&network, &found.trail(state));
    insta::assert_snapshot!(chart.text());
    insta::assert_snapshot!(chart.mermaid());
}
