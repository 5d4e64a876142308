//! The search, on models of a few states.
#![allow(clippy::unwrap_used)]

use stateright::{Checker, Model};

use super::checkable::Checkable;
use super::exploration::{Outcome, Stop, Verdict};
use super::explorer::{Bounds, Explorer};
use super::fair_cycles::{Fairness, Lasso, Obligations, fair_cycle};
use super::graph::FREE;
use super::interner::{Interner, Memo, UNKNOWN};
use super::property::{Condition, Kind, Property};

/// Two counters below a bound, either of which goes up or starts anew. Starting anew breaks rule 3
/// where both stand at two.
struct Counters {
    bound: u8,
}

/// The counters, and whether the last step broke the rule.
type Counted = ([u8; 2], bool);

impl Model for Counters {
    type State = Counted;
    type Action = (usize, bool);

    fn init_states(&self) -> Vec<Counted> {
        vec![([0, 0], false)]
    }

    fn actions(&self, _: &Counted, actions: &mut Vec<(usize, bool)>) {
        actions.extend([(0, false), (0, true), (1, false), (1, true)]);
    }

    fn next_state(&self, (counters, _): &Counted, (which, anew): (usize, bool)) -> Option<Counted> {
        let mut next = *counters;
        next[which] = if anew { 0 } else { next[which] + 1 };
        Some((next, anew && *counters == [2, 2]))
    }

    fn within_boundary(&self, (counters, _): &Counted) -> bool {
        counters.iter().all(|counter| *counter < self.bound)
    }
}

impl Checkable for Counters {
    fn keeps(&self, (_, broken): &Counted, rule: usize) -> bool {
        !(*broken && rule == 3)
    }

    fn keeps_all(&self, (_, broken): &Counted) -> bool {
        !broken
    }

    fn is_quiet(&self, (counters, _): &Counted) -> bool {
        counters[0] == counters[1]
    }
}

fn property(name: &'static str, kind: Kind, condition: Condition<Counters>) -> Property<Counters> {
    Property {
        name,
        requirements: &[],
        kind,
        condition,
        premise: None,
        when_quiet: false,
    }
}

fn properties() -> Vec<Property<Counters>> {
    vec![
        property("rule 3", Kind::Always, Condition::OfStep(3)),
        property("rule 4", Kind::Always, Condition::OfStep(4)),
        property(
            "the sum is below five",
            Kind::Always,
            Condition::OfState(|_, (counters, _): &Counted| counters.iter().sum::<u8>() < 5),
        ),
        Property {
            premise: Some(|_, (counters, _): &Counted| counters[0] == 9),
            when_quiet: true,
            ..property(
                "where both are equal, the sum is even",
                Kind::Always,
                Condition::OfState(|_, (counters, _): &Counted| {
                    counters.iter().sum::<u8>() % 2 == 0
                }),
            )
        },
        property(
            "both are three",
            Kind::Sometimes,
            Condition::OfState(|_, (counters, _): &Counted| *counters == [3, 3]),
        ),
        property(
            "one is four",
            Kind::Sometimes,
            Condition::OfState(|_, (counters, _): &Counted| counters.contains(&4)),
        ),
    ]
}

#[test]
fn every_state_is_found_once_and_every_violation_is_nearest() {
    let counters = Counters { bound: 4 };
    for threads in [1, 2, 8] {
        let found = Explorer::new(&counters, properties())
            .threads(threads)
            .explore();
        assert_eq!(found.outcome, Outcome::Exhausted);
        // Sixteen pairs, and the two to which a step leads that breaks the rule.
        assert_eq!((found.states, found.depth), (18, 6));
        let told = |name: &str| {
            let finding = found.finding(name).unwrap();
            match finding.verdict {
                Verdict::Violated(state) => {
                    let trail = found.trail(state);
                    let last = trail.steps.last().unwrap().1;
                    assert_eq!(last, found.state(state));
                    assert_eq!(found.trail_length(state), trail.steps.len());
                    (format!("violated after {}", trail.steps.len()), last.1)
                }
                Verdict::Seen(state) => {
                    (format!("seen after {}", found.trail_length(state)), false)
                }
                other => (format!("{other:?}"), false),
            }
        };
        assert_eq!(told("rule 3"), ("violated after 5".to_owned(), true));
        assert_eq!(told("rule 4"), ("Holds".to_owned(), false));
        assert_eq!(
            told("the sum is below five"),
            ("violated after 5".to_owned(), false)
        );
        let even = "where both are equal, the sum is even";
        assert_eq!(told(even), ("Holds".to_owned(), false));
        assert_eq!(found.finding(even).unwrap().premise_reached, Some(false));
        assert_eq!(told("both are three"), ("seen after 6".to_owned(), false));
        assert_eq!(told("one is four"), ("NeverSeen".to_owned(), false));
        assert_eq!(found.failures().count(), 3);
    }
}

#[test]
fn a_bounded_search_says_why_it_stopped() {
    let counters = Counters { bound: 4 };
    let stopped = |bounds| {
        let found = Explorer::new(&counters, properties())
            .bounded(bounds)
            .explore();
        assert_eq!(
            found.finding("rule 4").unwrap().verdict,
            Verdict::NotViolated
        );
        assert_eq!(
            found.finding("one is four").unwrap().verdict,
            Verdict::NotSeen
        );
        found.outcome
    };
    let bounds = Bounds::default();
    assert_eq!(
        stopped(Bounds {
            states: Some(1),
            ..bounds
        }),
        Outcome::Bounded(Stop::States)
    );
    assert_eq!(
        stopped(Bounds {
            depth: Some(2),
            ..bounds
        }),
        Outcome::Bounded(Stop::Depth)
    );
    assert_eq!(
        stopped(Bounds {
            stop_at_violation: true,
            ..bounds
        }),
        Outcome::Bounded(Stop::Violation)
    );
    let mut one = properties();
    one.truncate(1);
    let found = Explorer::new(&counters, one)
        .bounded(Bounds {
            stop_when_decided: true,
            ..bounds
        })
        .explore();
    assert_eq!(found.outcome, Outcome::Bounded(Stop::Decided));
}

#[test]
fn equal_values_are_interned_once_with_their_images() {
    let mut interner = Interner::new("numbers", [7]);
    assert_eq!(interner.intern(7), Ok(0));
    assert_eq!(interner.intern(-3), Ok(1));
    assert_eq!(interner.intern(-3), Ok(1));
    assert_eq!((interner.len(), interner.find(&3)), (2, None));
    // The images are interned too, until none is new.
    interner
        .intern_images(&[-1, 1], |sign, value| sign * value)
        .unwrap();
    assert_eq!(interner.len(), 4);
    for number in 0..4 {
        let image = *interner.get(interner.image(0, number));
        assert_eq!(image, -*interner.get(number));
        assert_eq!(interner.image(1, number), number);
    }
}

#[test]
fn an_interner_that_is_full_says_so() {
    let mut interner = Interner::new("numbers", 0..u32::from(UNKNOWN));
    assert_eq!(interner.intern(0), Ok(0));
    let full = interner.intern(u32::from(UNKNOWN)).unwrap_err();
    assert_eq!(
        full.to_string(),
        "there are more different numbers than 65535"
    );
}

#[test]
fn a_memo_knows_what_was_noted_and_nothing_else() {
    let mut memo = Memo::default();
    let of_and_by = [(0, 0), (0, 9), (5, 2), (300, 1), (2, 0)];
    for (place, (of, by)) in (1..).zip(of_and_by) {
        assert_eq!(memo.get(of, by), UNKNOWN);
        memo.set(of, by, place);
    }
    for (place, (of, by)) in (1..).zip(of_and_by) {
        assert_eq!(memo.get(of, by), place);
    }
    assert_eq!(memo.get(5, 1), UNKNOWN);
    assert_eq!(memo.get(301, 1), UNKNOWN);
}

/// Numbered states with labelled steps between them; something is owed in some of them.
#[derive(Clone)]
struct Tiny {
    steps: Vec<(u8, u8, u8)>,
    owed: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct At(u8);

impl Checkable for Tiny {
    fn label(&self, (label, _): &(u8, u8)) -> u8 {
        *label
    }
}

impl Model for Tiny {
    type State = At;
    type Action = (u8, u8);

    fn init_states(&self) -> Vec<At> {
        vec![At(0)]
    }

    fn actions(&self, state: &At, actions: &mut Vec<(u8, u8)>) {
        let steps = self.steps.iter().filter(|(from, ..)| *from == state.0);
        actions.extend(steps.map(|(_, label, to)| (*label, *to)));
    }

    fn next_state(&self, _: &At, (_, to): (u8, u8)) -> Option<At> {
        Some(At(to))
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::eventually(
            "met",
            |tiny: &Tiny, state: &At| !tiny.owed.contains(&state.0),
        )]
    }
}

impl Tiny {
    fn lasso(&self, fairness: &[Fairness]) -> Option<Lasso> {
        let owed = |state: &At| self.owed.contains(&state.0);
        let found = Explorer::new(self, Vec::new()).with_graph(&owed).explore();
        let obligations = Obligations::new(fairness.iter().copied());
        let lasso = fair_cycle(found.graph.as_ref().unwrap(), &obligations)?;
        let name = |index: u32| u32::from(found.state(index).0);
        Some(Lasso {
            knot: name(lasso.knot),
            cycle: lasso.cycle.iter().map(|index| name(*index)).collect(),
        })
    }

    fn eventually_objects(&self) -> bool {
        let checker = self.clone().checker().spawn_bfs().join();
        checker.discovery("met").is_some()
    }
}

fn lasso(knot: u32, cycle: &[u32]) -> Option<Lasso> {
    Some(Lasso {
        knot,
        cycle: cycle.to_vec(),
    })
}

#[test]
fn a_dead_end_is_found() {
    let tiny = Tiny {
        steps: vec![(0, 1, 1)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(1, &[]));
    assert!(tiny.eventually_objects());
}

#[test]
fn a_cycle_is_found_that_eventually_misses() {
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(0, &[1, 0]));
    assert!(!tiny.eventually_objects());
}

#[test]
fn a_way_that_joins_another_is_found_that_eventually_misses() {
    // From 0 both by way of 1, where the debt is paid once, and straight to 2, where it is not.
    let tiny = Tiny {
        steps: vec![(0, FREE, 1), (0, FREE, 2), (1, FREE, 3), (2, FREE, 3)],
        owed: vec![0, 2, 3],
    };
    assert_eq!(tiny.lasso(&[]), lasso(0, &[]));
    let demanded = Tiny {
        steps: tiny.steps.iter().map(|(a, _, b)| (*a, 1, *b)).collect(),
        ..tiny
    };
    assert_eq!(demanded.lasso(&[Fairness::Weak]), lasso(3, &[]));
    assert!(!demanded.eventually_objects());
}

#[test]
fn a_cycle_that_passes_an_obligation_over_is_none() {
    // Round and round, while step 2 is possible all the time.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2), (1, 2, 2)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak; 2]), None);
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(0, &[1, 0]));
}

#[test]
fn strong_fairness_demands_what_is_possible_again_and_again() {
    // Step 2 is possible at 0 only.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2)],
        owed: vec![0, 1],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Weak]),
        lasso(0, &[1, 0])
    );
    assert_eq!(tiny.lasso(&[Fairness::Weak, Fairness::Strong]), None);
}

#[test]
fn strong_fairness_looks_into_what_is_left() {
    // Without 0, where step 2 is possible, the cycle of 1 and 3 remains.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2), (1, 1, 3), (3, 1, 1)],
        owed: vec![0, 1, 3],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Strong]),
        lasso(1, &[3, 1])
    );
}

#[test]
fn a_cycle_takes_each_strong_obligation_that_it_passes() {
    // Step 2 is possible at 1 only; the shortest cycle of 0 and 1 leaves it out.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (1, 2, 2), (2, 1, 0)],
        owed: vec![0, 1, 2],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Strong]),
        lasso(0, &[1, 2, 0])
    );
    assert_eq!(tiny.lasso(&[Fairness::Weak; 2]), lasso(0, &[1, 0]));
}
