//! The standard set: the configurations that together show that a node meets the specification,
//! and what a search through one of them reports.
//!
//! A counterexample is searched again by one thread for that property alone, so that it is the
//! same one every time, and a shortest one.

use serde::Serialize;

use super::chart::Chart;
use super::configurations;
use super::explorer::{Bounds, Exploration, Explorer, Outcome, Progress, Space, Trail, Verdict};
use super::liveness::{Fairness, put_off_for_ever};
use super::names::{Blocks, Naming};
use super::network::{Network, Retries, State};
use super::open::OpenNetwork;
use super::properties::{self, Kind, Property};
use super::replay::Replay;
use super::tabled::{Tabled, Unfit, words};
use blockexc_model::deviating::Setup;

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
    /// The search stops after so many states.
    pub states: Option<usize>,
    /// Only properties that stand for these requirements; all of them when there are none.
    pub requirements: &'a [&'a str],
}

/// What a search through a configuration found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The configuration's name.
    pub name: String,
    /// What it is made of, in words.
    pub description: String,
    /// How many different states were seen.
    pub states: usize,
    /// How many transitions led from them.
    pub transitions: u64,
    /// How many steps the farthest state is away from the start.
    pub depth: u32,
    /// Why the search was stopped before every state was seen; nothing when it was not: only then
    /// are verdicts proofs.
    pub bounded_by: Option<String>,
    /// How many renamings make states count as one.
    pub renamings: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many bytes of memory the search held at most, but for what states keep on the heap;
    /// only states of open networks keep anything there.
    pub memory: usize,
    /// What came of each property.
    pub properties: Vec<PropertyReport>,
}

/// What came of a property.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyReport {
    /// What it says.
    pub name: &'static str,
    /// The requirements it stands for.
    pub requirements: &'static [&'static str],
    /// Whether it holds.
    pub verdict: Told,
    /// Whether the case ever arose of which it says something.
    pub premise_reached: bool,
}

/// A verdict for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It holds in every state.
    Holds,
    /// It holds in every state that was seen, which were not all.
    NotViolated,
    /// It is violated after so many steps, and not sooner.
    Violated(usize),
    /// It must hold sometimes, and does after so many steps.
    Seen(usize),
    /// It must hold sometimes, and never does.
    NeverSeen,
    /// It must hold sometimes, and did in no state that was seen, which were not all.
    NotSeen,
}

impl Told {
    /// Whether this shows that the property does not hold.
    pub fn is_failure(self) -> bool {
        matches!(self, Told::Violated(_) | Told::NeverSeen)
    }

    /// Whether nothing can be said.
    pub fn is_open(self) -> bool {
        matches!(self, Told::NotViolated | Told::NotSeen)
    }
}

impl Report {
    /// What does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &PropertyReport> {
        self.properties
            .iter()
            .filter(|property| property.verdict.is_failure())
    }

    /// How many unique states were seen in a second.
    pub fn states_per_second(&self) -> f64 {
        self.states as f64 / self.seconds.max(1e-9)
    }

    /// How many bytes of memory each state took, on average.
    pub fn bytes_per_state(&self) -> f64 {
        self.memory as f64 / self.states.max(1) as f64
    }
}

/// A shortest way in which a property is violated.
pub enum Counterexample<'a> {
    /// In a closed network.
    Closed {
        /// The network.
        network: &'a Network,
        /// The way there.
        trail: Trail<Network>,
        /// The property; nothing when it is one of whole runs.
        property: Option<Property<Network>>,
        /// How many of the last steps go round for ever; none when the run ends, or stays there.
        round: usize,
    },
    /// In an open network.
    Open {
        /// The network.
        network: &'a OpenNetwork,
        /// The way there.
        trail: Trail<OpenNetwork>,
        /// The property.
        property: Property<OpenNetwork>,
    },
}

impl Counterexample<'_> {
    /// The counterexample as a sequence chart.
    pub fn chart(&self) -> Chart {
        match self {
            Counterexample::Closed {
                network,
                trail,
                property,
                ..
            } => match property {
                Some(property) => Chart::of_violation(network, trail, property),
                None => Chart::of_network(network, trail),
            },
            Counterexample::Open { network, trail, .. } => Chart::of_open_network(network, trail),
        }
    }

    /// The counterexample as a file that runs again: of single states only, since whether a run
    /// goes on for ever does not show by repeating it.
    pub fn replay(&self) -> Option<Replay> {
        match self {
            Counterexample::Closed {
                network,
                trail,
                property,
                ..
            } => {
                let property = property.as_ref()?;
                Some(Replay::of_network(network, trail, property))
            }
            Counterexample::Open {
                network,
                trail,
                property,
            } => Some(Replay::of_open_network(network, trail, property)),
        }
    }
}

/// The name of the property of [`Configuration::Progress`].
pub const OBTAINED: &str = "a want of a block that a connected peer holds is obtained";
const OBTAINED_FOR: &[&str] = &["ASK-6", "ASK-8"];

/// The standard set for nodes of this kind, smaller networks first.
pub fn standard_set(config: &Setup) -> Vec<Configuration> {
    let closed = [
        configurations::pair(config, config, Blocks::plain(1), 1),
        configurations::pair(config, config, Blocks::plain(2), 1),
        configurations::pair(config, config, Blocks::named(1, Naming::LeafAndPlain), 1),
        configurations::row(config),
        configurations::triangle(config),
        configurations::busy_triangle(config),
        configurations::two_block_triangle(config),
    ];
    let progress = [
        configurations::patient_pair(config, config),
        configurations::patient_row(config),
    ];
    let open = configurations::open_networks(config)
        .into_iter()
        .chain(configurations::large_open_networks(config));
    closed
        .into_iter()
        .map(Configuration::Closed)
        .chain(progress.into_iter().map(Configuration::Progress))
        .chain(open.map(Configuration::Open))
        .collect()
}

/// Everything that is asked of a closed network: what can be seen in it depends on what may
/// happen in it.
pub fn properties_of(network: &Network) -> Vec<Property<Network>> {
    let mut properties = properties::network(network);
    if network.limits.cancels > 0 {
        properties.extend(properties::cancelling());
    }
    if network.limits.deletions > 0 {
        properties.extend(properties::deleting());
    }
    if network.limits.retries == 0 && network.retries == Retries::Limited {
        properties.push(properties::settled());
    }
    let full = network.roles.len() * (network.roles.len() - 1) / 2;
    if network.pairs.len() < full {
        properties.extend(properties::relaying());
    }
    properties
}

/// Does something with the network in numbers, in rows of as few words as it needs.
macro_rules! in_numbers {
    ($network:expr, $symmetric:expr, $tabled:ident => $body:expr) => {{
        macro_rules! with {
            ($count:literal) => {{
                let mut $tabled = Tabled::<$count>::new($network)?;
                if $symmetric {
                    $tabled = $tabled.symmetric();
                }
                let $tabled = $tabled;
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

    /// Searches all of its states.
    ///
    /// # Errors
    ///
    /// When a closed network is too large to be put into numbers.
    pub fn search(
        &self,
        options: &Options<'_>,
        told: &mut dyn FnMut(Progress),
    ) -> Result<Report, Unfit> {
        let bounds = Bounds {
            states: options.states,
            // Who asks for few things need not wait for more than their answers.
            stop_when_decided: !options.requirements.is_empty(),
            ..Bounds::default()
        };
        match self {
            Configuration::Closed(network) => {
                in_numbers!(network, options.symmetric, tabled => {
                    let list = chosen(properties_of(network), options);
                    let found = Explorer::new(&tabled, list)
                        .threads(options.threads)
                        .bounded(bounds)
                        .telling(told)
                        .explore();
                    let reports = self.property_reports(&found, &[]);
                    Ok(self.report(&found, tabled.renamings(), reports))
                })
            }
            Configuration::Progress(network) => {
                in_numbers!(network, false, tabled => {
                    let owed = |state: &State| properties::is_owed(network, state);
                    let found = Explorer::new(&tabled, Vec::new())
                        .bounded(bounds)
                        .with_graph(&owed)
                        .telling(told)
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
                    .telling(told)
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
            Configuration::Closed(network) => in_numbers!(network, false, tabled => {
                let mut list = properties_of(network);
                list.retain(|other| other.name == property && other.kind == Kind::Always);
                let found = Explorer::new(&tabled, list).bounded(bounds).explore();
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
            Configuration::Progress(network) => in_numbers!(network, false, tabled => {
                let owed = |state: &State| properties::is_owed(network, state);
                let found = Explorer::new(&tabled, Vec::new())
                    .bounded(Bounds { states, ..Bounds::default() })
                    .with_graph(&owed)
                    .explore();
                let lasso = found.graph.as_ref().and_then(|graph| {
                    put_off_for_ever(graph, &network.obligations(Fairness::Strong))
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
                        Verdict::Holds => Told::Holds,
                        Verdict::NotViolated => Told::NotViolated,
                        Verdict::Violated(state) => Told::Violated(steps(state)),
                        Verdict::Seen(state) => Told::Seen(steps(state)),
                        Verdict::NeverSeen => Told::NeverSeen,
                        Verdict::NotSeen => Told::NotSeen,
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
        Outcome::Bounded(_) => Told::NotViolated,
        Outcome::Exhausted => graph
            .and_then(|graph| put_off_for_ever(graph, &network.obligations(Fairness::Strong)))
            .map_or(Told::Holds, |lasso| {
                Told::Violated(found.trail_length(lasso.knot) + lasso.cycle.len())
            }),
    };
    PropertyReport {
        name: OBTAINED,
        requirements: OBTAINED_FOR,
        verdict,
        premise_reached: reached,
    }
}

fn chosen<M: properties::Judging>(
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

/// The properties that none of these searches had anything to say about: what they say would hold
/// of anything.
pub fn idle(reports: &[Report]) -> Vec<&'static str> {
    let mut idle: Vec<&'static str> = Vec::new();
    let all = || reports.iter().flat_map(|report| &report.properties);
    for property in all() {
        let reached = all().any(|other| other.name == property.name && other.premise_reached);
        if !reached && !idle.contains(&property.name) {
            idle.push(property.name);
        }
    }
    idle
}
