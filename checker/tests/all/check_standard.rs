//! A configuration's report, its counterexamples, and the chart of them say the same.

use std::ops::ControlFlow;

use blockexc_checker::analysis::configuration::{Configuration, Options};
use blockexc_checker::analysis::networks::{open_networks, pair, patient_pair, row, triangle};
use blockexc_checker::analysis::report::{PropertyReport, Report, ReportedVerdict, idle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Peer};
use blockexc_checker::network::role::Role;
use blockexc_checker::properties;
use blockexc_checker::properties::properties_of;
use blockexc_checker::search::explorer::Explorer;
use blockexc_checker::show::counterexample::Counterexample;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};

fn setup(deviation: Deviation) -> Setup {
    Setup::deviating(Deviations::of(&[deviation]))
}

fn search(configuration: &Configuration, requirements: &[&str]) -> Report {
    let options = Options {
        threads: 1,
        requirements,
        ..Options::default()
    };
    configuration
        .search(&options, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

/// The properties that a report says are violated, with how soon.
fn violated(report: &Report) -> Vec<(&'static str, usize)> {
    let properties = report.properties.iter();
    properties
        .filter_map(|property| match property.verdict {
            ReportedVerdict::Violated(steps) => Some((property.name, steps)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_want_fair_cycle_is_as_long_as_is_said() {
    let deviant = setup(Deviation::SilentHave);
    let network = patient_pair(&Setup::default(), &deviant);
    let configuration = Configuration::Progress(network);
    let report = search(&configuration, &[]);
    let [(name, steps)] = violated(&report)[..] else {
        panic!("{report:?}");
    };
    let counterexample = configuration.counterexample(name, None).unwrap().unwrap();
    let Counterexample::Closed { trail, round, .. } = &counterexample else {
        panic!("it is of a closed network");
    };
    assert_eq!(trail.steps.len(), steps);
    assert!(*round > 0 && *round < steps);
    assert!(counterexample.replay().is_none());
    assert!(report.properties[0].premise_reached);

    let mended = Configuration::Progress(patient_pair(&Setup::default(), &Setup::default()));
    let report = search(&mended, &[]);
    assert_eq!(report.properties[0].verdict, ReportedVerdict::Holds);
    assert!(mended.counterexample(name, None).unwrap().is_none());
}

#[test]
fn a_violation_in_a_closed_network_is_as_long_as_is_said() {
    let deviant = setup(Deviation::CancelSilently);
    let network = pair(&deviant, &Setup::default(), Blocks::plain(1), 0);
    let configuration = Configuration::Closed(network);
    let report = search(&configuration, &[]);
    let all = violated(&report);
    assert!(!all.is_empty());
    for (name, steps) in all {
        let counterexample = configuration.counterexample(name, None).unwrap().unwrap();
        let Counterexample::Closed { trail, round, .. } = &counterexample else {
            panic!("it is of a closed network");
        };
        assert_eq!((trail.steps.len(), *round), (steps, 0), "{name}");
        assert!(counterexample.replay().is_some());
    }
    assert_eq!(
        report.bytes_per_state() * report.states as f64,
        report.memory as f64
    );
    assert!(report.bytes_per_state() > 8.0);
}

#[test]
fn a_violation_in_an_open_network_is_as_long_as_is_said() {
    let deviant = setup(Deviation::PresenceUnbounded);
    let configuration = Configuration::Open(open_networks(&deviant).swap_remove(0));
    let all = violated(&search(&configuration, &["PRES-1"]));
    assert!(!all.is_empty());
    for (name, steps) in all {
        let counterexample = configuration.counterexample(name, None).unwrap().unwrap();
        let Counterexample::Open { trail, .. } = &counterexample else {
            panic!("it is of an open network");
        };
        assert_eq!(trail.steps.len(), steps, "{name}");
        assert!(counterexample.replay().is_some());
    }
}

/// What is held for each state is what the search says it is made of; a figure that changes much
/// is worth a look.
#[test]
fn a_state_takes_as_much_memory_as_is_known() {
    let setup = Setup::default();
    let triangle = Configuration::Closed(triangle(&setup));
    // Of progress, every transition is kept too.
    let progress = Configuration::Progress(patient_pair(&setup, &setup));
    for (configuration, expected) in [(triangle, 70.0..76.0), (progress, 160.0..180.0)] {
        let taken = search(&configuration, &[]).bytes_per_state();
        assert!(expected.contains(&taken), "{taken}");
    }
}

#[test]
fn a_configuration_says_what_it_is_made_of() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let configuration = Configuration::Closed(network);
    assert_eq!(configuration.name(), "a pair");
    let more = pair(&Setup::default(), &Setup::default(), Blocks::plain(2), 0);
    assert_eq!(Configuration::Closed(more).name(), "a pair, more blocks");
    assert_eq!(
        configuration.description(),
        "2 nodes, 1 block, 2 connections open, 1 closes, 2 requests, 1 cancel, 1 local store, \
         1 deletion"
    );
    let report = search(&configuration, &[]);
    let states = report.states_per_second() * report.seconds;
    assert!((states - report.states as f64).abs() < 1.0, "{states}");
}

#[test]
fn only_what_stands_for_a_requirement_is_looked_at_when_one_is_named() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let configuration = Configuration::Closed(network);
    let (some, all) = (
        search(&configuration, &["ASK-7"]),
        search(&configuration, &[]),
    );
    assert!(!some.properties.is_empty());
    for property in &some.properties {
        assert!(property.requirements.contains(&"ASK-7"));
        let is_about_seeing = matches!(
            property.verdict,
            ReportedVerdict::Seen(_) | ReportedVerdict::NeverSeen | ReportedVerdict::NotSeen
        );
        assert!(!is_about_seeing, "{}", property.name);
    }
    assert!(some.properties.len() < all.properties.len());
}

fn names(network: &Network) -> Vec<&'static str> {
    let properties = properties_of(network);
    properties.iter().map(|property| property.name).collect()
}

#[test]
fn what_is_asked_of_a_network_depends_on_what_may_happen_in_it() {
    let role = || Role::new(Setup::default());
    let network = |limits| Network::new("any", Blocks::plain(1), vec![role(), role()], limits);
    let bare = names(&network(Limits::default()));
    let more = |limits| -> Vec<_> {
        let mut names = names(&network(limits));
        names.retain(|name| !bare.contains(name));
        names
    };
    let cancels = Limits {
        cancels: 1,
        ..Limits::default()
    };
    let deletions = Limits {
        deletions: 1,
        ..Limits::default()
    };
    assert_eq!(more(cancels), ["a cancel is under way"]);
    assert_eq!(more(deletions), ["a want is recorded"]);
    assert!(bare.contains(&properties::settled().name));
    let retries = network(Limits {
        retries: 1,
        ..Limits::default()
    });
    assert!(!names(&retries).contains(&properties::settled().name));
    // After a reconnect a want is announced twice, and one that is requested anew is asked twice.
    let anew = Limits {
        connects: 2,
        disconnects: 1,
        requests: 2,
        cancels: 1,
        deletions: 1,
        ..Limits::default()
    };
    let asking = role().requesting(Blocks::plain(1).addresses());
    let holding = role().holding(Cid(0)).deleting([Cid(0)]);
    let network = Network::new("anew", Blocks::plain(1), vec![asking, holding], anew);
    assert!(!names(&network).contains(&properties::settled().name));
    let interned = InternedNetwork::<10>::new(&network).unwrap();
    let mut list = properties_of(&network);
    list.push(properties::settled());
    let failures = Explorer::new(&interned, list).explore();
    let failures: Vec<_> = failures.failures().map(|failure| failure.name).collect();
    assert_eq!(failures, [properties::settled().name]);
    let relayed = "a want is met through two hops";
    assert!(names(&row(&Setup::default())).contains(&relayed));
    assert!(!bare.contains(&relayed));
}

#[test]
fn a_property_is_idle_when_no_search_had_anything_to_say_about_it() {
    let property = |name, premise_reached| PropertyReport {
        name,
        requirements: &[],
        verdict: ReportedVerdict::Holds,
        premise_reached,
    };
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let report = search(&Configuration::Closed(network), &["ASK-7"]);
    let with = |properties| Report {
        properties,
        ..report.clone()
    };
    let reports = [
        with(vec![property("never", false), property("later", false)]),
        with(vec![property("never", false), property("later", true)]),
    ];
    assert_eq!(idle(&reports), ["never"]);
}

/// Without retries nothing is promised to who asks a peer that never answers; the property says so,
/// and says it of something.
#[test]
fn silence_with_a_want_is_the_premise_of_progress() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let interned = InternedNetwork::<10>::new(&network).unwrap();
    let found = Explorer::new(&interned, vec![properties::progress()]).explore();
    assert_eq!(found.findings[0].premise_reached, Some(true));
    assert_eq!(
        found.bytes_per_state() * found.states as f64,
        found.memory as f64
    );
    let roles = vec![Role::new(Setup::default()), Role::new(Setup::default())];
    let wantless = Network::new(
        "wantless",
        Blocks::plain(1),
        roles,
        Limits {
            connects: 1,
            ..Limits::default()
        },
    )
    .linked(vec![[Peer(0), Peer(1)]]);
    let interned = InternedNetwork::<10>::new(&wantless).unwrap();
    let found = Explorer::new(&interned, vec![properties::progress()]).explore();
    assert_eq!(found.findings[0].premise_reached, Some(false));
}
