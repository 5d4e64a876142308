//! Every step from every state that the invariants allow: the reference keeps all, each deviation
//! breaks what it says, and the states are all there are.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::ControlFlow;

use blockexc_checker::analysis::breaches::NUMBERS_NEEDED;
use blockexc_checker::analysis::induction::search::{Found, Options, search};
use blockexc_checker::analysis::induction::states::States;
use blockexc_checker::analysis::induction::world::{World, small_worlds, tiny_world};
use blockexc_checker::network::names::Small;
use blockexc_model::deviating::{Node, Setup};
use blockexc_model::deviation::{Deviation, Deviations, Layer};

fn searched(world: &World, deviations: Deviations, requirements: &[&str], threads: usize) -> Found {
    let options = Options {
        threads,
        requirements,
        without: None,
    };
    let setup = Setup::deviating(deviations);
    search(world, &setup, &options, &|_| ControlFlow::Continue(()))
}

#[test]
fn every_step_of_the_reference_keeps_everything() {
    let found: Vec<_> = small_worlds()
        .iter()
        .map(|world| searched(world, Deviations::none(), &[], 2))
        .collect();
    for one in &found {
        assert!(one.exhausted && one.states > 300, "{}", one.states);
        let failed: Vec<_> = one
            .failures()
            .map(|kept| (kept.name, &kept.violation))
            .collect();
        assert!(failed.is_empty(), "{}: {failed:#?}", one.world);
    }
    // A rule that never had anything to say would have held of anything.
    for place in 0..found[0].predicates.len() {
        let name = found[0].predicates[place].name;
        assert!(
            found.iter().any(|one| one.predicates[place].reached),
            "{name}"
        );
    }
}

/// The numbers of states do not change unnoticed, nor with the number of threads.
#[test]
fn there_are_so_many_states() {
    let counts = small_worlds().into_iter().map(|world| {
        let states = States::new(&world, &Setup::default());
        let mut count = 0;
        for part in states.parts() {
            states.each_of(&part, |_| {
                count += 1;
                true
            });
        }
        count
    });
    assert_eq!(counts.collect::<Vec<_>>(), [389, 3542, 4144, 8890, 3041]);
}

/// Parts that break an invariant by themselves are left out: nothing is lost by that.
#[test]
fn putting_states_together_loses_none() {
    let world = tiny_world();
    let count = |states: States<'_>| {
        let mut seen = HashSet::new();
        for part in states.parts() {
            states.each_of(&part, |node| {
                assert!(seen.insert(node.clone()), "twice: {node:?}");
                true
            });
        }
        seen
    };
    let quick = count(States::new(&world, &Setup::default()));
    let slow = count(States::new(&world, &Setup::default()).without_shortcut());
    assert!(quick.len() > 100);
    // Accounts depend on the number of a state among those of its part.
    let without_accounts = |nodes: HashSet<Node<Small>>| -> HashSet<Node<Small>> {
        let nodes = nodes.into_iter().map(|mut node| {
            for context in node.contexts.values_mut() {
                (context.account, context.payment) = (None, None);
            }
            node
        });
        nodes.collect()
    };
    assert_eq!(without_accounts(quick), without_accounts(slow));
}

/// Two invariants were missing: no state that a node comes to breaks them, and without them a step from
/// another state breaks something else.
#[test]
fn what_was_missing_is_needed() {
    for (missing, breaks) in [
        (
            "whoever is asked has yet to answer",
            "ASK-7: cancelling ends the want and is told to whom it was asked of",
        ),
        (
            "a plain address is held as its own block",
            "a leaf's block is held under its own CID too",
        ),
    ] {
        let options = Options {
            threads: 2,
            requirements: &[],
            without: Some(missing),
        };
        let broken: HashSet<_> = small_worlds()[..2]
            .iter()
            .flat_map(|world| {
                let found = search(world, &Setup::default(), &options, &|_| {
                    ControlFlow::Continue(())
                });
                let names = found.failures().map(|kept| kept.name);
                names.collect::<Vec<_>>()
            })
            .collect();
        assert!(broken.contains(breaks), "{missing}: {broken:?}");
    }
}

/// A search that is told to stop says that it did not look at everything.
#[test]
fn a_search_that_was_stopped_has_not_seen_everything() {
    let options = Options {
        threads: 2,
        requirements: &[],
        without: None,
    };
    let world = &small_worlds()[1];
    let found = search(world, &Setup::default(), &options, &|_| {
        ControlFlow::Break(())
    });
    assert!(!found.exhausted);
    assert_eq!(found.states, 0);
}

/// What breaks an invariant that was missing, from a state that no node comes to.
#[test]
fn a_violation_shows_state_event_and_state_after() {
    let deviations = Deviations::of(&[Deviation::AcceptMislabelled]);
    let found = searched(&small_worlds()[1], deviations, &[], 2);
    let mut failures = found.failures();
    let kept = failures.find(|kept| kept.name == "a plain address is held as its own block");
    let kept = kept.unwrap();
    insta::assert_debug_snapshot!((kept.name, &kept.violation));
}

#[test]
fn every_deviation_breaks_what_it_says() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for deviation in Deviation::ALL.iter().copied() {
        if deviation.layer() != Layer::Model || deviation.is_permitted() {
            continue;
        }
        if let Some((_, reason)) = NUMBERS_NEEDED.iter().find(|(out, _)| *out == deviation) {
            writeln!(table, "{deviation:<32} out of reach: {reason}").unwrap();
            continue;
        }
        let worlds = small_worlds();
        let broken = worlds.iter().find_map(|world| {
            let found = searched(world, Deviations::of(&[deviation]), deviation.breaks(), 1);
            let kept = found.failures().next()?;
            assert!(kept.violation.is_some());
            Some(format!("{}: {}", found.world, kept.name))
        });
        match broken {
            Some(broken) => writeln!(table, "{deviation:<32} {broken}").unwrap(),
            None => missed.push(deviation.name()),
        }
    }
    assert!(
        missed.is_empty(),
        "nothing is broken by {missed:?}\n{table}"
    );
    insta::assert_snapshot!(table);
}
