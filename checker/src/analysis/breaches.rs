//! [`breaches`]: for each requirement that a deviation breaks, a shortest way in which it does.

use blockexc_model::Deviation;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviations, Layer};

use crate::network::open::OpenNetwork;
use crate::properties;
use crate::search::exploration::Verdict;
use crate::search::explorer::{Bounds, Explorer};
use crate::search::parallel::in_parallel;
use crate::show::chart::Chart;

use super::networks::open_networks;

/// Deviations that show only in numbers that these networks do not reach, and in which.
pub const NUMBERS_NEEDED: &[(Deviation, &str)] = &[
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

/// So many states of each network are searched: what a deviation breaks is near.
const NEAR: usize = 4_000;

/// And so many steps.
const DEEPEST: u32 = 8;

/// A shortest way in which a deviation breaks a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The requirement's ID.
    pub requirement: &'static str,
    /// What is violated.
    pub property: &'static str,
    /// The network in which it is.
    pub network: String,
    /// How many steps it takes.
    pub steps: usize,
    /// The way.
    pub chart: Chart,
}

/// Why no small network of the model shows this deviation; nothing when one does.
pub fn out_of_reach(deviation: Deviation) -> Option<&'static str> {
    if deviation.is_permitted() {
        return Some("it breaks nothing");
    }
    if deviation.layer() == Layer::Shell {
        return Some("about bytes and connections, which these networks have not");
    }
    let mut known = NUMBERS_NEEDED.iter();
    known
        .find(|(other, _)| *other == deviation)
        .map(|(_, why)| *why)
}

/// The [`breaches`] of every deviation, looked for by so many threads.
pub fn of_all(threads: usize) -> Vec<(Deviation, Vec<Breach>)> {
    let all = Deviation::ALL.iter();
    let mut found: Vec<_> = all.map(|deviation| (*deviation, Vec::new())).collect();
    in_parallel(threads, found.iter_mut().collect(), |(deviation, ways)| {
        *ways = breaches(*deviation);
    });
    found
}

/// For each requirement that this deviation breaks, in its order, a shortest way in which one node
/// among peers that do as they like does. What these networks do not show, or not within two steps
/// more than they take to show anything, is left out.
pub fn breaches(deviation: Deviation) -> Vec<Breach> {
    if out_of_reach(deviation).is_some() {
        return Vec::new();
    }
    let setup = Setup::deviating(Deviations::of(&[deviation]));
    let networks = open_networks(&setup);
    let mut found: Vec<Breach> = Vec::new();
    let mut missing = deviation.breaks().to_vec();
    // All networks are searched a step deeper each time: most are large, and few are needed.
    for depth in 1..=DEEPEST {
        let nearest_of_all = found.iter().map(|breach| breach.steps).min();
        if nearest_of_all.is_some_and(|steps| depth as usize > steps + 2) {
            break;
        }
        for network in &networks {
            found.extend(shortest(network, &missing, depth));
            missing.retain(|id| found.iter().all(|breach| breach.requirement != *id));
        }
        if missing.is_empty() {
            break;
        }
    }
    found.sort_by_key(|breach| {
        let mut order = deviation.breaks().iter();
        order.position(|id| *id == breach.requirement)
    });
    found
}

/// The shortest ways in which these requirements are broken in a network, within so many steps.
fn shortest(network: &OpenNetwork, requirements: &[&'static str], depth: u32) -> Vec<Breach> {
    let mut list = properties::open(network);
    list.retain(|it| it.stands_for_any(requirements));
    if list.is_empty() {
        return Vec::new();
    }
    let explored = Explorer::new(network, list)
        .bounded(Bounds {
            states: Some(NEAR),
            depth: Some(depth),
            stop_when_decided: true,
            ..Bounds::default()
        })
        .explore();
    let violated = |requirement: &str| {
        let findings = explored.findings.iter();
        let mine = findings.filter(|finding| finding.requirements.contains(&requirement));
        let ways = mine.filter_map(|finding| match finding.verdict {
            Verdict::Violated(state) => Some((explored.trail_length(state), state, finding.name)),
            _ => None,
        });
        ways.min_by_key(|(steps, ..)| *steps)
    };
    let breach = |requirement: &&'static str| {
        let (steps, state, property) = violated(requirement)?;
        Some(Breach {
            requirement,
            property,
            network: network.name.clone(),
            steps,
            chart: Chart::of(network, &explored.trail(state)),
        })
    };
    requirements.iter().filter_map(breach).collect()
}
