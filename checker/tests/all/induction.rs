//! Every step from every state that the invariants allow: the reference keeps all, each deviation
//! breaks what it says, and the states are all there are.

use std::fmt::Write;
use std::ops::ControlFlow;

use blockexc_checker::analysis::induction::search::{Found, Options, search};
use blockexc_checker::analysis::induction::states::States;
use blockexc_checker::analysis::induction::world::{World, small_worlds};
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations, Layer};

fn searched(world: &World, deviations: Deviations, requirements: &[&str], threads: usize) -> Found {
    let options = Options {
        threads,
        requirements,
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
        println!("{} {} states {} events {} steps {} s", one.world, one.states, one.events, one.steps, one.seconds);
        for kept in one.failures() {
            println!("{} {} {:#?}", kept.name, kept.broken, kept.violation);
        }
    }
    for one in &found {
        assert!(one.exhausted);
        let failed: Vec<_> = one.failures().map(|kept| (kept.name, &kept.violation)).collect();
        assert!(failed.is_empty(), "{}: {failed:#?}", one.world);
    }
    // A rule that never had anything to say would have held of anything.
    for place in 0..found[0].predicates.len() {
        let name = found[0].predicates[place].name;
        assert!(found.iter().any(|one| one.predicates[place].reached), "{name}");
    }
}

/// Deviations that break no rule of a single step of a small node, and why.
const OUT_OF_REACH: &[(Deviation, &str)] = &[
    (Deviation::OversizedLists, "takes more than 1000 own wants"),
    (
        Deviation::RefuseLongLists,
        "takes a list of more than 512 entries",
    ),
    (Deviation::ListsOf1024, "takes more than 1000 own wants"),
    (
        Deviation::AskInSlices,
        "takes more than 128 own wants, or two peers that speak at once",
    ),
    (Deviation::AnnounceToBest, "takes four peers"),
    (Deviation::ManyBlocksAMessage, "takes more than 20 blocks"),
];

#[test]
fn every_deviation_breaks_what_it_says() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for deviation in Deviation::ALL.iter().copied() {
        if deviation.layer() != Layer::Model || deviation.is_permitted() {
            continue;
        }
        if let Some((_, reason)) = OUT_OF_REACH.iter().find(|(out, _)| *out == deviation) {
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
    assert!(missed.is_empty(), "nothing is broken by {missed:?}\n{table}");
    insta::assert_snapshot!(table);
}
