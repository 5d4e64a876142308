//! The invariants hold of the reference whatever happens, and each is seen violated by a node that
//! deviates.

use blockexc_model::deviation::Deviations;
use blockexc_model::invariant::{Invariant, invariants};
use blockexc_model::node::Config;
use blockexc_model::node::Reference;
use blockexc_model::{Deviation, Requirement};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use Deviation::*;

use super::random::event;
use super::script::{Address, Node, Tiny, deviant, lines, play};

/// For each invariant: a deviation that violates it, and how.
const VIOLATED: &[(&str, Deviation, &str)] = &[
    (
        "presence is limited to own wants",
        PresenceUnbounded,
        "join 1; 1: have=a",
    ),
    (
        "an own want is asked of at most one peer",
        AskEveryHolder,
        "join 1; join 2; request a; 1: have=a; 2: have=a",
    ),
    (
        "whoever is asked has a context",
        StuckOnLeft,
        "join 1; request a; 1: have=a; leave 1",
    ),
    (
        "whoever is asked has a presence record",
        AskUnannounced,
        "join 1; request a",
    ),
    (
        "whoever is asked has yet to answer",
        StuckOnInvalid,
        "join 1; request a; 1: have=a; 1: block=a~corrupt",
    ),
    (
        "a want known somewhere is asked of somebody",
        AskOnRetryOnly,
        "join 1; request a; 1: have=a",
    ),
    (
        "no peer waits for a block that is held",
        KeepServedWant,
        "join 1; store a; 1: want=a",
    ),
    (
        "only explicit wants are recorded",
        RecordWantHave,
        "join 1; 1: ask=a",
    ),
    ("no own want is held", UploadKeepsWant, "request a; store a"),
    (
        "a plain address is held as its own block",
        AcceptMislabelled,
        "join 1; request a; 1: block=a/b",
    ),
    (
        "a leaf's block is held under its own CID too",
        UnsharedLeaf,
        "join 1; request t0; 1: block=t0/a",
    ),
];

fn violated<B>(node: &blockexc_model::Node<Tiny, B>) -> Vec<&'static str> {
    invariants()
        .into_iter()
        .filter(|invariant| !(invariant.holds)(node))
        .map(|invariant| invariant.name)
        .collect()
}

#[test]
fn each_invariant_is_seen_violated() {
    let names: Vec<_> = invariants::<Tiny, Reference>()
        .iter()
        .map(|one| one.name)
        .collect();
    for (name, _, _) in VIOLATED {
        assert!(names.contains(name), "`{name}` is no invariant");
    }
    for Invariant { name, .. } in invariants::<Tiny, Reference>() {
        let (_, deviation, script) = VIOLATED
            .iter()
            .find(|(violated, _, _)| *violated == name)
            .unwrap_or_else(|| panic!("`{name}` is never seen violated"));
        let mut reference = deviant(Deviations::none());
        let mut node = deviant(Deviations::of(&[*deviation]));
        for line in lines(script) {
            play(&mut reference, line);
            play(&mut node, line);
        }
        assert!(violated(&node).contains(&name), "`{name}`, {deviation}");
        assert_eq!(violated(&reference), Vec::<&str>::new(), "{script}");
    }
}

#[test]
fn invariants_stand_for_requirements_that_exist() {
    for invariant in invariants::<Tiny, Reference>() {
        assert!(!invariant.requirements.is_empty());
        for id in invariant.requirements {
            assert!(
                Requirement::find(id).is_some(),
                "`{}`: {id}",
                invariant.name
            );
        }
    }
}

/// A reference that gives up at once, or after one or two retries.
fn config() -> impl Strategy<Value = Config> {
    (0..3u32).prop_map(|retries| Config {
        retries,
        ..Config::default()
    })
}

proptest! {
    #[test]
    fn the_invariants_hold_of_the_reference(
        config in config(),
        events in vec((event(), any::<Index>()), 1..60),
    ) {
        let mut node = Node::new(config);
        for (event, choice) in events {
            let mut choose = |_: &Address, holders: &[u8]| choice.index(holders.len());
            node.step(event, &mut choose);
            prop_assert_eq!(violated(&node), Vec::<&str>::new());
        }
    }
}
