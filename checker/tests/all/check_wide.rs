//! The wider networks are seen failing. `blockexc check --wider` searches all their states; here each
//! is searched as far as it takes to find what a deviation violates in it.

use blockexc_checker::analysis::networks::{pair, row, triangle};
use blockexc_checker::analysis::wide::to_be_searched;
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::names::{Blocks, Naming};
use blockexc_checker::properties::properties_of;
use blockexc_checker::search::exploration::Verdict;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::property::Kind;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};

/// Of each network a deviation of its nodes and a property that it violates there after so many
/// steps; and whether the smaller networks do not show it. No deviation is known that shows only
/// among four nodes: what a node does is wrong in one of its steps, which takes a node and three
/// peers at most, or between two neighbours.
const SEEN: [(&str, Deviation, &str, usize, Shown); 5] = [
    (
        "four in a line",
        Deviation::KeepPresenceOnCancel,
        "presence is limited to own wants",
        7,
        Shown::InSmallerOnesToo,
    ),
    (
        "four in a ring",
        Deviation::ForgetWantBlock,
        "fallen silent, whoever is asked knows of it",
        8,
        Shown::InSmallerOnesToo,
    ),
    (
        "two askers, two holders, two blocks",
        Deviation::AskEveryHolder,
        "ASK-6: word of own wants is followed by asking for them in one list",
        12,
        Shown::HereFirst,
    ),
    (
        "two leaves at two holders",
        Deviation::ContextOnMessage,
        "XFER-1: a delivery carries the address as asked for, the CID, the data and the proof",
        15,
        Shown::HereFirst,
    ),
    (
        "reconnects during delivery",
        Deviation::ContextOnMessage,
        "XFER-1: a delivery carries the address as asked for, the CID, the data and the proof",
        15,
        Shown::HereFirst,
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    InSmallerOnesToo,
    HereFirst,
}

/// After how many steps this property is violated; nothing when it is not, in as many states as are
/// are to be looked at.
fn violation(network: &Network, name: &str, most_states: usize) -> Option<usize> {
    let mut list = properties_of(network);
    list.retain(|property| property.kind == Kind::Always && property.name == name);
    assert_eq!(list.len(), 1, "{}: {name}", network.name);
    let space = InternedNetwork::<18>::new(network).unwrap();
    let space = space.symmetric().in_one_order();
    let bounds = Bounds {
        states: Some(most_states),
        stop_at_violation: true,
        ..Bounds::default()
    };
    let found = Explorer::new(&space, list).bounded(bounds).explore();
    match found.findings[0].verdict {
        Verdict::Violated(state) => Some(found.trail_length(state)),
        _ => None,
    }
}

#[test]
fn each_wider_network_is_seen_failing() {
    let names: Vec<_> = SEEN.iter().map(|(name, ..)| *name).collect();
    let networks = to_be_searched(&Setup::default());
    let all: Vec<_> = networks
        .iter()
        .map(|network| network.name.as_str())
        .collect();
    assert_eq!(names, all);
    for (place, (name, deviation, property, steps, shown)) in SEEN.into_iter().enumerate() {
        // `check --wider` looks at all of them.
        assert_eq!(
            violation(&networks[place], property, 50_000),
            None,
            "{name}"
        );
        let setup = Setup::deviating(Deviations::of(&[deviation]));
        let deviating = to_be_searched(&setup).swap_remove(place);
        let found = violation(&deviating, property, 1_000_000);
        assert_eq!(found, Some(steps), "{name}");
        let smaller = [
            pair(&setup, &setup, Blocks::plain(1), 1),
            pair(&setup, &setup, Blocks::plain(2), 1),
            pair(&setup, &setup, Blocks::named(1, Naming::LeafAndPlain), 1),
            row(&setup),
            triangle(&setup),
        ];
        let is_shown = smaller
            .iter()
            .any(|network| violation(network, property, 1_000_000).is_some());
        assert_eq!(is_shown, shown == Shown::InSmallerOnesToo, "{name}");
    }
}
