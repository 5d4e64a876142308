//! Random walks: the same seed walks the same ways, and what a search finds they can find.

use std::ops::ControlFlow;

use blockexc_checker::analysis::configuration::Configuration;
use blockexc_checker::analysis::walking::wide_set;
use blockexc_checker::search::walks::Walks;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};

const HOW: Walks = Walks {
    walks: 30,
    steps: 200,
    seed: 7,
};

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn the_reference_violates_nothing_on_the_way() {
    for configuration in wide_set(&Setup::default()) {
        let walk = configuration.walk(HOW, &mut go_on);
        let names: Vec<_> = walk.violations.iter().map(|it| it.name).collect();
        assert_eq!(names, Vec::<&str>::new(), "{}", walk.name);
        assert_eq!(walk.walks, HOW.walks);
        assert!(
            walk.steps > 20 * HOW.walks,
            "{}: {} steps",
            walk.name,
            walk.steps
        );
    }
}

/// Of each network, a deviation that shows in it.
#[test]
fn a_deviation_is_found_in_every_network() {
    let deviations = Deviations::of(&[Deviation::KeepPresenceOnCancel]);
    for configuration in wide_set(&Setup::deviating(deviations)) {
        let how = Walks { walks: 1000, ..HOW };
        let walk = configuration.walk(how, &mut go_on);
        let found = walk
            .violations
            .iter()
            .find(|it| it.requirements.contains(&"PRES-6"));
        let found = found.unwrap_or_else(|| panic!("{}", walk.name));
        assert!(found.steps > 0);
        assert!(!found.walk.chart().text().is_empty());
    }
}

#[test]
fn the_same_seed_walks_the_same_ways() {
    let wide = wide_set(&Setup::default());
    let walked = |seed| {
        let walk = wide[0].walk(Walks { seed, ..HOW }, &mut go_on);
        (walk.steps, walk.longest, walk.ended)
    };
    assert_eq!(walked(1), walked(1));
    assert_ne!(walked(1), walked(2));
    let stopped = Configuration::walk(&wide[0], HOW, &mut |_| ControlFlow::Break(()));
    assert_eq!((stopped.walks, stopped.steps), (0, 0));
}
