//! [`Replay`]: a counterexample as a file that runs again.
//!
//! The file holds everything that is needed: the network, each step in words and as data, and the
//! property that is violated at the end. Nothing of it refers to the standard configurations, so
//! that a file outlives them. [`Replay::run`] takes the steps anew, by the same transition function
//! and judged by the same rules as in the checker.
//!
//! A file may come from anybody: reading it and running it takes bounded time and memory, and
//! whatever is wrong with it is an error that says what and where.

mod document;
mod error;
mod message;
mod names;
mod step;

use crate::network::closed::Network;
use crate::network::open::OpenNetwork;
use crate::properties;
use crate::search::checkable::Checkable;
use crate::search::exploration::Trail;
use crate::search::property::{Kind, Property};

use super::chart::Chart;
use super::shown::Shown;

use document::{Document, Way};
pub use error::{
    MOST_BLOCKS, MOST_BYTES, MOST_ENTRIES, MOST_NODES, MOST_STEPS, Quoted, ReplayError, VERSION,
};

/// A counterexample: a network, the steps that it takes, and the property that is then violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    document: Document,
}

/// What came of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The property that the file says is violated.
    pub property: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// Whether it is violated after the last step.
    pub violated: bool,
    /// What happened.
    pub chart: Chart,
}

impl Replay {
    /// The file of a way through a closed network, at the end of which this property is violated:
    /// one of [`properties::network`], or [`properties::settled`] or [`properties::progress`], since
    /// a file names it and holds no code. A network or a way that is larger than is read is written
    /// all the same, and refused when it is read.
    pub fn of_network(
        network: &Network,
        trail: &Trail<Network>,
        property: &Property<Network>,
    ) -> Self {
        Replay {
            document: Document::of_network(network, trail, property),
        }
    }

    /// The file of a way through an open network, at the end of which this property is violated:
    /// one of [`properties::open`]. The messages of the alphabet that are said are part of the file.
    pub fn of_open_network(
        network: &OpenNetwork,
        trail: &Trail<OpenNetwork>,
        property: &Property<OpenNetwork>,
    ) -> Self {
        Replay {
            document: Document::of_open_network(network, trail, property),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, is no counterexample of this version, is larger than is read, or
    /// names what is not there. Whether the steps can be taken shows when it is [run](Self::run).
    pub fn from_json(text: &str) -> Result<Self, ReplayError> {
        let document = Document::from_json(text)?;
        document.way()?;
        Ok(Replay { document })
    }

    /// The file's text: JSON, indented, with a new line at the end.
    pub fn to_json(&self) -> String {
        self.document.to_json()
    }

    /// The property that is violated, by name.
    pub fn property(&self) -> &str {
        &self.document.property.name
    }

    /// Each step in words, as the file has them. They are for people: what is run is the data.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.document.steps.iter().map(|step| step.words.as_str())
    }

    /// Takes the steps and looks whether the property is violated after the last.
    ///
    /// # Errors
    ///
    /// When the network or a step names what is not there, a step cannot be taken where the file
    /// takes it, or there is no such property any more.
    pub fn run(&self) -> Result<Replayed, ReplayError> {
        match self.document.way()? {
            Way::Closed(network, actions) => {
                let mut all = properties::network(&network);
                all.push(properties::settled());
                all.push(properties::progress());
                run(&network, &actions, &self.find(all)?)
            }
            Way::Open(network, actions) => {
                let all = properties::open(&network);
                run(&network, &actions, &self.find(all)?)
            }
        }
    }

    /// The property that the file names.
    fn find<M: Checkable>(&self, all: Vec<Property<M>>) -> Result<Property<M>, ReplayError> {
        let named = &self.document.property;
        let property = all
            .into_iter()
            .filter(|property| property.kind == Kind::Always)
            .find(|property| property.name == named.name)
            .ok_or_else(|| ReplayError::UnknownProperty {
                name: Quoted::of(&named.name),
            })?;
        if property.requirements != named.requirements.as_slice() {
            return Err(ReplayError::OtherRequirements {
                property: property.name,
                expected: property.requirements,
                found: named.requirements.iter().take(16).cloned().collect(),
            });
        }
        Ok(property)
    }
}

/// Takes these steps, and looks whether the property is violated after the last.
fn run<M: Shown>(
    network: &M,
    actions: &[M::Action],
    property: &Property<M>,
) -> Result<Replayed, ReplayError> {
    let mut chart = Chart::of_lanes(network.node_count());
    // A network of either kind starts in one way.
    let mut state = network.init_states().swap_remove(0);
    for (action, step) in actions.iter().zip(1..) {
        let next = network
            .can(&state, action)
            .then(|| network.next_state(&state, *action))
            .flatten()
            .ok_or_else(|| impossible(network, &state, step, action))?;
        network.add_step(&mut chart, &state, action, &next);
        state = next;
    }
    chart.end(network, &state, property);
    Ok(Replayed {
        property: property.name,
        requirements: property.requirements,
        violated: !property.holds(network, &state),
        chart,
    })
}

fn impossible<M: Shown>(
    network: &M,
    state: &M::State,
    step: usize,
    action: &M::Action,
) -> ReplayError {
    const MOST: usize = 12;
    let mut possible = Vec::new();
    for action in network.possible(state) {
        let words = network.describe(&action);
        if !possible.contains(&words) {
            possible.push(words);
        }
    }
    if possible.is_empty() {
        possible.push("nothing".to_owned());
    } else if possible.len() > MOST {
        let more = possible.split_off(MOST).len();
        possible.push(format!("and {more} more"));
    }
    ReplayError::Impossible {
        step,
        words: network.describe(action),
        possible,
    }
}
