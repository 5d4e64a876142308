//! [`Configuration`]: a network with what is asked of it, and its search.
//!
//! A counterexample is searched again by one thread for that property alone, so that it is the
//! same one every time, and a shortest one.

use std::ops::ControlFlow;

use crate::network::closed::Network;
use crate::network::interned::{InternedNetwork, Unfit, words};
use crate::network::names::{Blocks, Naming};
use crate::network::open::OpenNetwork;
use crate::network::state::State;
use crate::properties::{self, properties_of};
use crate::search::checkable::Checkable;
use crate::search::exploration::{Exploration, Outcome, Verdict};
use crate::search::explorer::{Bounds, Explorer, Progress};
use crate::search::fair_cycles::{Fairness, fair_cycle};
use crate::search::property::{Kind, Property};
use crate::search::space::Space;
use crate::show::counterexample::Counterexample;

use super::report::{PropertyReport, Report, ReportedVerdict};

/// A network with what is asked of it.
pub enum Configuration {
    /// All nodes run the model: rules, properties of networks.
    Closed(Network),
    /// All nodes run the model and timers never tire: whether wants are met.
    Progress(Network),
    /// One node among peers that do as they like.
    Open(OpenNetwork),
}

/// How a configuration is to be searched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// So many threads.
    pub threads: usize,
    /// States of closed networks that differ in names alone count as one.
    pub symmetric: bool,
    /// In closed networks, steps that commute are taken in
    /// [one order](InternedNetwork::in_one_order).
    pub one_order: bool,
    /// The search stops after so many states.
    pub states: Option<usize>,
    /// Only properties that stand for these requirements; all of them when there are none.
    pub requirements: &'a [&'a str],
}

/// The name of the property of [`Configuration::Progress`].
pub const OBTAINED: &str = "a want of a block that a connected peer holds is obtained";
/// The requirements that it stands for.
pub const OBTAINED_FOR: &[&str] = &["ASK-6", "ASK-8"];

/// Does something with the network in numbers, in rows of as few words as it needs.
macro_rules! interned {
    ($network:expr, $symmetric:expr, $space:ident => $body:expr) => {{
        macro_rules! with {
            ($count:literal) => {{
                let mut $space = InternedNetwork::<$count>::new($network)?;
                if $symmetric {
                    $space = $space.symmetric();
                }
                let $space = $space;
                $body
            }};
        }
        match words($network) {
            ..=6 => with!(6),
            7..=8 => with!(8),
            9..=10 => with!(10),
            11..=18 => with!(18),
            _ => with!(40),
        }
    }};
}

impl Configuration {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Configuration::Closed(network) | Configuration::Progress(network) => &network.name,
            Configuration::Open(network) => &network.name,
        }
    }

    /// What it is made of, in words.
    pub fn description(&self) -> String {
        match self {
            Configuration::Closed(network) => describe(network),
            Configuration::Progress(network) => {
                format!("{}; timers never tire", describe(network))
            }
            Configuration::Open(network) => format!(
                "one node among {} that may join, leave and send any of {} messages at any time, \
                 {}",
                counted(usize::from(network.peers), "peer", "peers"),
                network.alphabet.messages.len(),
                blocks(network.blocks),
            ),
        }
    }

    /// Whether anything asked of it stands for one of these requirements.
    pub fn stands_for_any(&self, requirements: &[&str]) -> bool {
        let options = Options {
            requirements,
            ..Options::default()
        };
        match self {
            Configuration::Closed(network) => !chosen(properties_of(network), &options).is_empty(),
            Configuration::Progress(_) => OBTAINED_FOR.iter().any(|id| requirements.contains(id)),
            Configuration::Open(network) => !chosen(properties::open(network), &options).is_empty(),
        }
    }

    /// Searches all of its states. `progress` is told how far it has come, and says whether to go
    /// on.
    ///
    /// # Errors
    ///
    /// When a closed network is too large to be put into numbers.
    pub fn search(
        &self,
        options: &Options<'_>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Report, Unfit> {
        let bounds = Bounds {
            states: options.states,
            // Who asks for few things need not wait for more than their answers.
            stop_when_decided: !options.requirements.is_empty(),
            ..Bounds::default()
        };
        match self {
            Configuration::Closed(network) => {
                interned!(network, options.symmetric, space => {
                    let renamings = space.renamings();
                    Ok(match options.one_order {
                        true => {
                            let space = space.in_one_order();
                            self.search_closed(&space, renamings, options, bounds, progress)
                        }
                        false => self.search_closed(&space, renamings, options, bounds, progress),
                    })
                })
            }
            Configuration::Progress(network) => {
                interned!(network, false, space => {
                    let owed = |state: &State| properties::is_owed(network, state);
                    let found = Explorer::new(&space, Vec::new())
                        .bounded(bounds)
                        .with_graph(&owed)
                        .reporting(progress)
                        .explore();
                    let report = progress_report(network, &found);
                    Ok(self.report(&found, 0, vec![report]))
                })
            }
            Configuration::Open(network) => {
                let mut list = chosen(properties::open(network), options);
                if options.requirements.is_empty() && network.alphabet.name == "essential" {
                    list.extend(properties::open_activity());
                }
                let found = Explorer::new(network, list)
                    .threads(options.threads)
                    .bounded(bounds)
                    .reporting(progress)
                    .explore();
                let unreached: Vec<_> = network
                    .judge()
                    .unreached()
                    .iter()
                    .map(|rule| rule.name)
                    .collect();
                let reports = self.property_reports(&found, &unreached);
                Ok(self.report(&found, 0, reports))
            }
        }
    }

    fn search_closed<S: Space<Model = Network>>(
        &self,
        space: &S,
        renamings: usize,
        options: &Options<'_>,
        bounds: Bounds,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Report {
        let list = chosen(properties_of(space.model()), options);
        let found = Explorer::new(space, list)
            .threads(options.threads)
            .bounded(bounds)
            .reporting(progress)
            .explore();
        let reports = self.property_reports(&found, &[]);
        self.report(&found, renamings, reports)
    }

    /// A shortest way in which the property of this name is violated; nothing when it is not, as
    /// far as the search goes.
    ///
    /// # Errors
    ///
    /// When a closed network is too large to be put into numbers.
    pub fn counterexample(
        &self,
        property: &str,
        states: Option<usize>,
    ) -> Result<Option<Counterexample<'_>>, Unfit> {
        let bounds = Bounds {
            states,
            stop_at_violation: true,
            ..Bounds::default()
        };
        match self {
            Configuration::Closed(network) => interned!(network, false, space => {
                let mut list = properties_of(network);
                list.retain(|other| other.name == property && other.kind == Kind::Always);
                let found = Explorer::new(&space, list).bounded(bounds).explore();
                let violated = found.findings.iter().find_map(|finding| match finding.verdict {
                    Verdict::Violated(state) => Some(state),
                    _ => None,
                });
                Ok(violated.map(|state| Counterexample::Closed {
                    network,
                    trail: found.trail(state),
                    property: properties_of(network)
                        .into_iter()
                        .find(|other| other.name == property),
                    round: 0,
                }))
            }),
            Configuration::Progress(network) => interned!(network, false, space => {
                let owed = |state: &State| properties::is_owed(network, state);
                let found = Explorer::new(&space, Vec::new())
                    .bounded(Bounds { states, ..Bounds::default() })
                    .with_graph(&owed)
                    .explore();
                let lasso = found.graph.as_ref().and_then(|graph| {
                    fair_cycle(graph, &network.obligations(Fairness::Strong))
                });
                Ok(lasso.map(|lasso| Counterexample::Closed {
                    network,
                    trail: found.trail_on(lasso.knot, &lasso.cycle),
                    property: None,
                    round: lasso.cycle.len(),
                }))
            }),
            Configuration::Open(network) => {
                let mut list = properties::open(network);
                list.retain(|other| other.name == property && other.kind == Kind::Always);
                let found = Explorer::new(network, list).bounded(bounds).explore();
                let violated = found
                    .findings
                    .iter()
                    .find_map(|finding| match finding.verdict {
                        Verdict::Violated(state) => Some(state),
                        _ => None,
                    });
                let property = properties::open(network)
                    .into_iter()
                    .find(|other| other.name == property);
                Ok(violated
                    .zip(property)
                    .map(|(state, property)| Counterexample::Open {
                        network,
                        trail: found.trail(state),
                        property,
                    }))
            }
        }
    }

    fn report<S: Space>(
        &self,
        found: &Exploration<'_, S>,
        renamings: usize,
        properties: Vec<PropertyReport>,
    ) -> Report {
        Report {
            name: self.name().to_owned(),
            description: self.description(),
            states: found.states,
            transitions: found.transitions,
            depth: found.depth,
            bounded_by: match found.outcome {
                Outcome::Exhausted => None,
                Outcome::Bounded(stop) => Some(stop.to_string()),
            },
            renamings,
            seconds: found.took.as_secs_f64(),
            memory: found.memory,
            properties,
        }
    }

    /// The rules of single steps count for themselves whether they had anything to say; in closed
    /// networks the tables hide how often, so that only open ones tell.
    fn property_reports<S: Space>(
        &self,
        found: &Exploration<'_, S>,
        unreached: &[&'static str],
    ) -> Vec<PropertyReport> {
        found
            .findings
            .iter()
            .map(|finding| {
                let steps = |state| found.trail_length(state);
                PropertyReport {
                    name: finding.name,
                    requirements: finding.requirements,
                    verdict: match finding.verdict {
                        Verdict::Holds => ReportedVerdict::Holds,
                        Verdict::NotViolated => ReportedVerdict::NotViolated,
                        Verdict::Violated(state) => ReportedVerdict::Violated(steps(state)),
                        Verdict::Seen(state) => ReportedVerdict::Seen(steps(state)),
                        Verdict::NeverSeen => ReportedVerdict::NeverSeen,
                        Verdict::NotSeen => ReportedVerdict::NotSeen,
                    },
                    premise_reached: finding
                        .premise_reached
                        .unwrap_or(!unreached.contains(&finding.name)),
                }
            })
            .collect()
    }
}

fn progress_report<S: Space<Model = Network>>(
    network: &Network,
    found: &Exploration<'_, S>,
) -> PropertyReport {
    let graph = found.graph.as_ref();
    let reached =
        graph.is_some_and(|graph| (0..graph.len() as u32).any(|state| graph.is_marked(state)));
    let verdict = match found.outcome {
        // What happens after the states that were not expanded is not known.
        Outcome::Bounded(_) => ReportedVerdict::NotViolated,
        Outcome::Exhausted => graph
            .and_then(|graph| fair_cycle(graph, &network.obligations(Fairness::Strong)))
            .map_or(ReportedVerdict::Holds, |lasso| {
                ReportedVerdict::Violated(found.trail_length(lasso.knot) + lasso.cycle.len())
            }),
    };
    PropertyReport {
        name: OBTAINED,
        requirements: OBTAINED_FOR,
        verdict,
        premise_reached: reached,
    }
}

fn chosen<M: Checkable>(
    mut properties: Vec<Property<M>>,
    options: &Options<'_>,
) -> Vec<Property<M>> {
    if !options.requirements.is_empty() {
        properties.retain(|property| {
            property.kind == Kind::Always && property.stands_for_any(options.requirements)
        });
    }
    properties
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn blocks(blocks: Blocks) -> String {
    let count = counted(usize::from(blocks.count), "block", "blocks");
    match blocks.naming {
        Naming::Plain => count,
        Naming::Leaf => format!("{count} by leaf address"),
        Naming::LeafAndPlain => format!("{count} by leaf address and by CID"),
    }
}

fn describe(network: &Network) -> String {
    let mut parts = vec![
        counted(network.roles.len(), "node", "nodes"),
        blocks(network.blocks),
    ];
    let limits = network.limits;
    for (count, one, more) in [
        (limits.connects, "connection opens", "connections open"),
        (limits.disconnects, "closes", "close"),
        (limits.requests, "request", "requests"),
        (limits.cancels, "cancel", "cancels"),
        (limits.stores, "local store", "local stores"),
        (limits.deletions, "deletion", "deletions"),
        (limits.retries, "retry", "retries"),
    ] {
        if count > 0 {
            parts.push(counted(usize::from(count), one, more));
        }
    }
    parts.join(", ")
}
