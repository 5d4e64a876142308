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
mod message;
mod names;
mod step;

use std::fmt;

use blockexc_model::deviation::UnknownDeviation;

use super::chart::Chart;
use super::explorer::Trail;
use super::network::Network;
use super::open::OpenNetwork;
use super::properties::{self, Judging, Kind, Property};
use super::words::{show_open_state, show_state};

use document::{Document, Way};

/// A file has at most this many bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// A way has at most this many steps.
pub const MOST_STEPS: usize = 1000;
/// A network has at most this many nodes, the one among peers included.
pub const MOST_NODES: usize = 8;
/// A network has at most this many blocks.
pub const MOST_BLOCKS: usize = 8;
/// A message has at most this many entries, deliveries or items each.
pub const MOST_ENTRIES: usize = 64;

/// The version of the form in which files are written, and the only one that is read.
pub const VERSION: u64 = 1;

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

/// What is wrong with a file, or with running it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The text is not JSON.
    #[error("this is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// The text is JSON, and no counterexample.
    #[error("this is JSON, and not a counterexample: {0}")]
    NotACounterexample(serde_json::Error),
    /// The file is of another kind, or does not say of which.
    #[error(
        "expected a file whose `format` is {:?}, found {found}",
        document::FORMAT
    )]
    OtherFormat {
        /// What the file says that it is.
        found: Quoted,
    },
    /// The file is of another version.
    #[error("expected version {VERSION} of a counterexample, found version {found}")]
    OtherVersion {
        /// Which.
        found: u64,
    },
    /// There is more of something than is read.
    #[error("expected at most {most} {what}, found {found}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A node deviates in a way that nobody knows.
    #[error(transparent)]
    UnknownDeviation(#[from] UnknownDeviation),
    /// Something is named that is not there, or not named so.
    #[error("{place}: expected {expected}, found {found}")]
    Unknown {
        /// Where in the file.
        place: String,
        /// What would have been understood.
        expected: String,
        /// What is there.
        found: Quoted,
    },
    /// A step cannot be taken where the file takes it.
    #[error("step {step}, \"{words}\", cannot happen there; what can: {}", possible.join("; "))]
    Impossible {
        /// Which step, counted from one.
        step: usize,
        /// What it says.
        words: String,
        /// Some of what can happen instead.
        possible: Vec<String>,
    },
    /// The file names a property that is not one of this kind of network.
    #[error("no property of such a network is named {name}")]
    UnknownProperty {
        /// What the file names.
        name: Quoted,
    },
    /// The property no longer stands for the requirements that the file names.
    #[error("\"{property}\" stands for {}, and the file says for {}", expected.join(", "), found.join(", "))]
    OtherRequirements {
        /// The property.
        property: &'static str,
        /// The requirements that it stands for.
        expected: &'static [&'static str],
        /// Those that the file names.
        found: Vec<String>,
    },
}

/// A piece of a file in an error: quoted, and not too long for a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    fn of(text: &str) -> Self {
        const MOST: usize = 80;
        let mut kept: String = text.chars().take(MOST).collect();
        if kept.len() < text.len() {
            kept.push('…');
        }
        Quoted(kept)
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
                let property = self.find(all)?;
                let course = Course {
                    possible: Network::possible,
                    can: Network::can,
                    describe: Network::describe,
                    draw: Chart::add_step,
                    show: show_state,
                };
                let chart = Chart::of_lanes(network.roles.len());
                course.run(&network, &actions, &property, chart)
            }
            Way::Open(network, actions) => {
                let property = self.find(properties::open(&network))?;
                let course = Course {
                    possible: OpenNetwork::possible,
                    can: OpenNetwork::can,
                    describe: OpenNetwork::describe,
                    draw: Chart::add_open_step,
                    show: |_, state| show_open_state(state),
                };
                let chart = Chart::of_lanes(usize::from(network.peers) + 1);
                course.run(&network, &actions, &property, chart)
            }
        }
    }

    /// The property that the file names.
    fn find<M: Judging>(&self, all: Vec<Property<M>>) -> Result<Property<M>, ReplayError> {
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

/// How the steps of one kind of network are taken.
struct Course<M: Judging> {
    possible: fn(&M, &M::State) -> Vec<M::Action>,
    can: fn(&M, &M::State, &M::Action) -> bool,
    describe: fn(&M, &M::Action) -> String,
    draw: fn(&mut Chart, &M, &M::State, &M::Action, &M::State),
    show: fn(&M, &M::State) -> Vec<String>,
}

impl<M: Judging> Course<M>
where
    M::Action: Copy,
{
    fn run(
        &self,
        network: &M,
        actions: &[M::Action],
        property: &Property<M>,
        mut chart: Chart,
    ) -> Result<Replayed, ReplayError> {
        // A network of either kind starts in one way.
        let mut state = network.init_states().swap_remove(0);
        for (action, step) in actions.iter().zip(1..) {
            let next = (self.can)(network, &state, action)
                .then(|| network.next_state(&state, *action))
                .flatten()
                .ok_or_else(|| self.impossible(network, &state, step, action))?;
            (self.draw)(&mut chart, network, &state, action, &next);
            state = next;
        }
        chart.end(network, &state, property, self.show);
        Ok(Replayed {
            property: property.name,
            requirements: property.requirements,
            violated: !property.holds(network, &state),
            chart,
        })
    }

    fn impossible(
        &self,
        network: &M,
        state: &M::State,
        step: usize,
        action: &M::Action,
    ) -> ReplayError {
        const MOST: usize = 12;
        let mut possible = Vec::new();
        for action in (self.possible)(network, state) {
            let words = (self.describe)(network, &action);
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
            words: (self.describe)(network, action),
            possible,
        }
    }
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), ReplayError> {
    if found > most {
        return Err(ReplayError::TooMany { what, found, most });
    }
    Ok(())
}
