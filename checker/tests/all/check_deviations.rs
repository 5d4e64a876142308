//! Every deviation of the state machine violates a property named after a requirement that it
//! breaks. The table is a snapshot: the property, where it is violated, and in how many steps.

use std::collections::HashSet;
use std::fmt::Write;

use blockexc_checker::analysis::breaches::{breaches, out_of_reach};
use blockexc_checker::analysis::networks::{open_networks, pair};
use blockexc_checker::network::names::Blocks;
use blockexc_checker::network::open::OpenState;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::Verdict;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::property::Kind;
use blockexc_model::Effect;
use blockexc_model::deviating::{OtherEffect, Setup};
use blockexc_model::deviation::{Deviation, Deviations, Layer};
use stateright::Model as _;

fn setup(deviation: Deviation) -> Setup {
    Setup::deviating(Deviations::of(&[deviation]))
}

/// The first violation of a property that stands for a requirement that this breaks.
fn violation(deviation: Deviation) -> Option<String> {
    open_networks(&setup(deviation)).iter().find_map(|network| {
        let mut list = properties::open(network);
        list.retain(|property| {
            property.kind == Kind::Always && property.stands_for_any(deviation.breaks())
        });
        assert!(
            !list.is_empty(),
            "{deviation} breaks nothing that is checked"
        );
        let found = Explorer::new(network, list)
            .bounded(Bounds {
                stop_at_violation: true,
                states: Some(10_000),
                ..Bounds::default()
            })
            .explore();
        let failure = found.failures().next()?;
        let Verdict::Violated(state) = failure.verdict else {
            return None;
        };
        let steps = found.trail(state).steps.len();
        Some(format!("{steps} steps, {}: {}", network.name, failure.name))
    })
}

#[test]
fn every_deviation_violates_what_it_breaks() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for deviation in Deviation::ALL.iter().copied() {
        if deviation.layer() != Layer::Model || deviation.is_permitted() {
            continue;
        }
        if let Some(reason) = out_of_reach(deviation) {
            writeln!(table, "{deviation:<32} out of reach: {reason}").unwrap();
            continue;
        }
        match violation(deviation) {
            Some(violation) => writeln!(table, "{deviation:<32} {violation}").unwrap(),
            None => missed.push(deviation.name()),
        }
    }
    assert!(missed.is_empty(), "nothing is violated by {missed:?}");
    insta::assert_snapshot!(table);
}

/// Each is found again as the shortest way to break a requirement, with the chart of that way.
#[test]
fn every_deviation_within_reach_is_charted() {
    for deviation in Deviation::ALL.iter().copied() {
        let found = breaches(deviation);
        assert_eq!(
            found.is_empty(),
            out_of_reach(deviation).is_some(),
            "{deviation}"
        );
        for breach in found {
            assert!(deviation.breaks().contains(&breach.requirement));
            assert_eq!(breach.chart.rows.len(), breach.steps);
            let offence = breach.chart.offence.expect("the last step breaks a rule");
            assert_eq!(offence.step, breach.steps);
        }
    }
}

#[test]
fn records_without_a_want_violate_the_central_invariant_within_six_steps() {
    let network = open_networks(&setup(Deviation::PresenceUnbounded)).swap_remove(0);
    let mut list = properties::open(&network);
    list.retain(|property| property.requirements.contains(&"PRES-1"));
    let found = Explorer::new(&network, list).explore();
    let invariant = found.finding("presence is limited to own wants").unwrap();
    let Verdict::Violated(state) = invariant.verdict else {
        panic!("the invariant holds");
    };
    assert!(found.trail(state).steps.len() <= 6);
}

#[test]
fn leaf_wants_that_do_not_wake_show_with_leaves_only() {
    for network in open_networks(&setup(Deviation::WakeByCid)) {
        let mut list = properties::open(&network);
        list.retain(|property| property.requirements.contains(&"WANT-13"));
        let found = Explorer::new(&network, list)
            .bounded(Bounds {
                stop_at_violation: true,
                ..Bounds::default()
            })
            .explore();
        assert_eq!(found.failures().count() > 0, network.name == "leaves");
    }
}

#[test]
fn answers_on_a_stream_of_the_peer_are_not_read_by_own_stream_only() {
    let reference = Setup::default();
    let deaf = setup(Deviation::OwnStreamOnly);
    let network = pair(&deaf, &reference, Blocks::plain(1), 0);
    let found = Explorer::new(&network, properties::network(&network)).explore();
    let failed = |id: &str| {
        found
            .failures()
            .any(|failure| failure.requirements.contains(&id))
    };
    assert!(failed("WIRE-7"));
    // No answer is ever read, so no want is ever met.
    let met = found.finding("a want is met").unwrap();
    assert_eq!(met.verdict, Verdict::NeverSeen);
}

/// Each property of whole networks, with a deviation under which it fails. The last steps of a
/// deviating node are judged by the rules too; here only the network as a whole is looked at.
#[test]
fn every_property_of_networks_is_seen_failing() {
    let cases = [
        (
            "no context without a connection, or a Left to be handled",
            Deviation::KeepContextOnLeft,
        ),
        (
            "fallen silent, a context of a node that wants nothing holds no record",
            Deviation::KeepPresenceOnCancel,
        ),
        (
            "fallen silent, no peer waits for a block that its peer holds",
            Deviation::UploadUnannounced,
        ),
        (
            "fallen silent, whoever is asked knows of it",
            Deviation::ForgetWantBlock,
        ),
        (
            "whatever arrives is read, whoever opened its stream",
            Deviation::OwnStreamOnly,
        ),
    ];
    let names: Vec<_> = cases.iter().map(|(name, _)| *name).collect();
    for property in properties::safety() {
        assert!(names.contains(&property.name), "{}", property.name);
    }
    for (name, deviation) in cases {
        let (setup, reference) = (setup(deviation), Setup::default());
        let fails = |network: &blockexc_checker::network::closed::Network| {
            let mut list = properties::safety();
            list.retain(|property| property.name == name);
            let found = Explorer::new(network, list)
                .bounded(Bounds {
                    stop_at_violation: true,
                    ..Bounds::default()
                })
                .explore();
            found.failures().count() == 1
        };
        let blocks = Blocks::plain(1);
        assert!(!fails(&pair(&reference, &reference, blocks, 1)), "{name}");
        let holders = [&setup, &reference];
        assert!(
            holders
                .iter()
                .any(|holder| fails(&pair(&setup, holder, blocks, 1))),
            "{name}"
        );
    }
}

/// A process that has ended does nothing more, whatever its peers do.
#[test]
fn nothing_happens_to_a_node_that_has_ended() {
    let deviant = setup(Deviation::AbortOnMissingData);
    let mut ended = 0;
    for network in open_networks(&deviant) {
        let mut seen: HashSet<OpenState> = network.init_states().into_iter().collect();
        let mut frontier: Vec<_> = seen.iter().cloned().collect();
        while let Some(state) = frontier.pop()
            && seen.len() < 2000
        {
            let mut actions = Vec::new();
            network.actions(&state, &mut actions);
            for action in actions {
                let (next, effects) = network.perform(&state, &action).unwrap();
                if effects
                    .iter()
                    .any(|it| matches!(it, Effect::Other(OtherEffect::Abort(_))))
                {
                    assert!(next.ended);
                    assert_eq!(network.next_steps(&next).len(), 0);
                    ended += 1;
                }
                if seen.insert(next.clone()) {
                    frontier.push(next);
                }
            }
        }
    }
    assert!(ended > 0, "no node has ended");
}
