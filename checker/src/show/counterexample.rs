//! [`Counterexample`]: a shortest way in which a property is violated.

use serde::Serialize;

use crate::network::closed::Network;
use crate::network::open::OpenNetwork;
use crate::search::exploration::Trail;
use crate::search::property::Property;

use super::chart::{Chart, Row};
use super::replay::Replay;
use super::shown::Shown;

/// A shortest way in which a property is violated.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
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
                Some(property) => Chart::of_violation(*network, trail, property),
                None => Chart::of(*network, trail),
            },
            Counterexample::Open { network, trail, .. } => Chart::of(*network, trail),
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

    /// The run in words.
    pub fn loss(&self) -> Loss {
        let chart = self.chart();
        let (steps, round) = match self {
            Counterexample::Closed {
                network,
                trail,
                round,
                ..
            } => {
                let steps = describe(*network, trail).zip(&chart.rows);
                (steps.map(with_message).collect(), *round)
            }
            Counterexample::Open { network, trail, .. } => (describe(*network, trail).collect(), 0),
        };
        Loss {
            steps,
            round,
            chart,
        }
    }
}

fn describe<M: Shown>(network: &M, trail: &Trail<M>) -> impl Iterator<Item = String> {
    let actions = trail.steps.iter();
    actions.map(|(action, _)| network.describe(action))
}

/// A step in words, with what the message says that is handled in it.
fn with_message((step, row): (String, &Row)) -> String {
    match row {
        Row::Message { text, .. } => format!("{step}: {text}"),
        Row::Note { .. } | Row::Between { .. } => step,
    }
}

/// A run that violates a property, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// What happens, a line for each step.
    pub steps: Vec<String>,
    /// How many of the last steps go round for ever; none when nothing happens any more.
    pub round: usize,
    /// The run as a sequence chart.
    #[serde(skip)]
    pub chart: Chart,
}
