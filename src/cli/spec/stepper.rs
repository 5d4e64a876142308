//! The data of the page on which a reader walks through two small networks.

use blockexc_checker::analysis::networks::{open_networks, pair};
use blockexc_checker::network::names::Blocks;
use blockexc_checker::show::map::{Map, Texts};
use blockexc_model::deviating::Setup;
use blockexc_model::{Deviation, Deviations};
use serde::Serialize;

/// The most states of a network that is walked through: a page has to be loaded.
const MOST: usize = 4000;

/// The deviations that can be switched on: each shows in a few steps.
const SWITCHES: &[Deviation] = &[
    Deviation::PresenceUnbounded,
    Deviation::RejoinResets,
    Deviation::KeepPresenceOnResolve,
    Deviation::DontHaveRecorded,
    Deviation::OverwriteWant,
    Deviation::RecordWantHave,
    Deviation::IgnoreFull,
    Deviation::StuckOnLeft,
];

/// What the page gets.
#[derive(Serialize)]
pub(super) struct Walks {
    networks: Vec<Walk>,
    /// The texts that the maps name by number.
    texts: Vec<String>,
}

/// A network to walk through.
#[derive(Serialize)]
struct Walk {
    name: &'static str,
    about: &'static str,
    /// The reference first.
    maps: Vec<Switched>,
}

/// The map of a network whose first node deviates so, or not.
#[derive(Serialize)]
struct Switched {
    deviation: Option<&'static str>,
    summary: &'static str,
    breaks: &'static [&'static str],
    map: Map,
}

/// Both networks, with each deviation.
pub(super) fn walks() -> Walks {
    let mut texts = Texts::default();
    let among_peers = |setup: &Setup, texts: &mut Texts| {
        let network = open_networks(setup).into_iter().next()?;
        Map::of(&network, texts, MOST)
    };
    let a_pair = |setup: &Setup, texts: &mut Texts| {
        let reference = Setup::deviating(Deviations::none());
        Map::of(&pair(setup, &reference, Blocks::plain(1), 0), texts, MOST)
    };
    let networks = vec![
        Walk {
            name: "one node among two peers",
            about: "A is the node, and there is one block, b0. Its peers B and C join, leave and say \
                    what they like; its user requests, cancels, stores and deletes.",
            maps: switched(&mut texts, among_peers),
        },
        Walk {
            name: "two nodes",
            about: "A asks and B holds the block b0. Both follow the rules; a message waits until it is \
                    handled.",
            maps: switched(&mut texts, a_pair),
        },
    ];
    Walks {
        networks,
        texts: texts.in_order().into_iter().map(str::to_owned).collect(),
    }
}

/// The maps without and with each deviation, but those that are too large.
fn switched(texts: &mut Texts, map: impl Fn(&Setup, &mut Texts) -> Option<Map>) -> Vec<Switched> {
    let all = std::iter::once(None).chain(SWITCHES.iter().copied().map(Some));
    all.filter_map(|deviation| {
        let deviations = deviation.as_slice().iter().copied().collect();
        Some(Switched {
            deviation: deviation.map(Deviation::name),
            summary: deviation.map_or("", Deviation::summary),
            breaks: deviation.map_or(&[], Deviation::breaks),
            map: map(&Setup::deviating(deviations), texts)?,
        })
    })
    .collect()
}
