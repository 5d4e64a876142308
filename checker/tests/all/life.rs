//! The life of a context and of an own want is what the network's steps make of them: every step that
//! changes the subject is drawn, and nothing is drawn that no step does.

use std::collections::{BTreeMap, BTreeSet};

use blockexc_checker::analysis::life::{Life, Subject};
use blockexc_checker::analysis::networks::open_networks;
use blockexc_checker::search::explorer::Explorer;
use blockexc_checker::show::words::show_event;
use blockexc_model::Requirement;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use stateright::Model as _;

const SUBJECTS: [Subject; 2] = [Subject::Context, Subject::OwnWant];

/// Of two states in words: what leads from one to the other.
type Drawn = BTreeMap<(String, String), BTreeSet<String>>;

fn drawn(life: &Life) -> Drawn {
    let changes = life.changes.iter().map(|change| {
        let [from, to] = [change.from, change.to].map(|place| life.states[place].clone());
        ((from, to), change.events.keys().cloned().collect())
    });
    changes.collect()
}

/// The same, from the states that the checker's own search finds.
fn searched(subject: Subject, setup: &Setup) -> Drawn {
    let network = &open_networks(setup)[0];
    let found = Explorer::new(network, Vec::new()).explore();
    let mut drawn = Drawn::new();
    for number in 0..u32::try_from(found.states).unwrap() {
        let state = found.state(number);
        let mut actions = Vec::new();
        network.actions(&state, &mut actions);
        for action in actions {
            let next = network.next_state(&state, action).unwrap();
            let ends = [&state, &next].map(|state| subject.state_of(&state.node));
            let event = network.event(action.act).unwrap();
            let [from, to] = ends;
            drawn
                .entry((from, to))
                .or_default()
                .insert(show_event(&event));
        }
    }
    drawn
}

#[test]
fn every_step_is_drawn_and_nothing_else() {
    let setup = Setup::default();
    for subject in SUBJECTS {
        let life = Life::of(subject, &setup);
        assert_eq!(drawn(&life), searched(subject, &setup));
        assert!(life.changes.iter().filter(|it| it.from != it.to).count() > 10);
    }
}

#[test]
fn a_deviation_is_drawn_too() {
    let usual = drawn(&Life::of(Subject::Context, &Setup::default()));
    let deviating = Setup::deviating(Deviations::of(&[Deviation::RejoinResets]));
    let other = drawn(&Life::of(Subject::Context, &deviating));
    let ends = ["a recorded want", "a context without records"]
        .map(str::to_owned)
        .into();
    assert!(!usual[&ends].contains("B joined"));
    assert!(other[&ends].contains("B joined"));
}

#[test]
fn requirements_ask_for_every_change() {
    for subject in SUBJECTS {
        let life = Life::of(subject, &Setup::default());
        for change in life.changes.iter().filter(|it| it.from != it.to) {
            for (event, ids) in &change.events {
                assert!(!ids.is_empty(), "{event}: {change:?}");
                assert!(ids.iter().all(|id| Requirement::find(id).is_some()));
            }
        }
    }
    let life = Life::of(Subject::Context, &Setup::default());
    let place = |words: &str| life.states.iter().position(|it| it == words).unwrap();
    let ids = |from: &str, to: &str, event: &str| {
        let ends = (place(from), place(to));
        let mut changes = life.changes.iter();
        let change = changes.find(|it| (it.from, it.to) == ends).unwrap();
        change.events[event].iter().copied().collect::<Vec<_>>()
    };
    let (want, record) = ("a recorded want", "a presence record");
    let empty = "a context without records";
    assert_eq!(ids(empty, record, "B said: Have b0"), ["PRES-2"]);
    assert_eq!(ids(record, empty, "B said: the block b0"), ["PRES-6"]);
    assert_eq!(ids(want, empty, "the user stores b0"), ["WANT-13"]);
    // It is answered, and stays.
    let asks = "B said: WantHave b0 (or DontHave)";
    assert!(ids(want, want, asks).contains(&"WANT-10"));
}
