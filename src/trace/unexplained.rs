//! [`Unexplained`]: the first line of a log that the model does not explain.

use blockexc_model::{Deviation, Requirement};
use libp2p::PeerId;

use super::dumped::Dumped;
use super::message::message_value;
use super::nearest::Nearest;
use crate::wire::Message;

/// Why a run ends before the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No run of the model explains the next line.
    Unexplained(Box<Unexplained>),
    /// It cannot be told whether the model explains the next line.
    Inconclusive {
        /// The line.
        line: u64,
        /// The reason.
        why: String,
    },
    /// Nothing in the log could have been found to be wrong.
    Vacuous {
        /// The number of its lines that are no header.
        events: u64,
    },
}

/// The first unexplained line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unexplained {
    /// The node's name in the log.
    pub node: String,
    /// The line, counted from one. If an output is missing, the line before which it should be.
    pub line: u64,
    /// The line of the input that was being handled, if there was one.
    pub input: u64,
    /// What is in this line, or what is missing before it.
    pub what: String,
    /// The outputs that the model allows instead.
    pub allowed: Vec<String>,
    /// The allowed line that is nearest to this one, if one is near.
    pub nearest: Option<Nearest>,
    /// The requirements that are broken, as far as it can be told: by the deviations that explain the
    /// line, or by what the line shows.
    pub requirements: Vec<&'static str>,
    /// Where that cannot be told: the requirements of which some are broken.
    pub may_break: Vec<&'static str>,
    /// The deviations that explain the line, each one alone. Only those that explain the longest
    /// part of the log after it.
    pub deviations: Vec<Deviation>,
    /// The assumed deviations without one of which the line is explained.
    pub without: Vec<Deviation>,
    /// The line up to which the deviations explain the log, where they end before it.
    pub explained_to: Option<u64>,
    /// The state of the model at this line, in the run that explains most.
    pub state: Box<Dumped>,
}

impl Unexplained {
    /// The requirements that are broken, from the catalogue.
    pub fn broken(&self) -> impl Iterator<Item = &'static Requirement> {
        self.requirements
            .iter()
            .filter_map(|id| Requirement::find(id))
    }

    /// This line, and what is in it.
    pub(super) fn at(line: u64, what: String) -> Self {
        Unexplained {
            line,
            input: line,
            what,
            ..Unexplained::default()
        }
    }

    /// Everything has been sent at this line, and this has not.
    pub(super) fn unsent(line: u64, to: &PeerId, message: &Message) -> Self {
        let message = message_value(message);
        let what = format!("quiet, and {to} has not been sent: {message}");
        Unexplained::at(line, what).allowing(vec![format!("sent to {to}: {message}")])
    }

    /// After the input of this line.
    pub(super) fn after(mut self, input: u64) -> Self {
        self.input = input;
        self
    }

    /// These requirements are broken.
    pub(super) fn breaking(mut self, requirements: Vec<&'static str>) -> Self {
        self.requirements = requirements;
        self
    }

    /// Some of these requirements are broken.
    pub(super) fn breaking_some(mut self, requirements: &[&'static str]) -> Self {
        match requirements {
            [only] => self.requirements = vec![only],
            _ => self.may_break = requirements.to_vec(),
        }
        self
    }

    /// This would have been allowed.
    pub(super) fn allowing(mut self, allowed: Vec<String>) -> Self {
        self.allowed = allowed;
        self
    }

    /// This line would have been allowed, and is near.
    pub(super) fn near(mut self, nearest: Option<Nearest>) -> Self {
        self.nearest = nearest;
        self
    }

    /// The model is in this state.
    pub(super) fn in_state(mut self, state: Dumped) -> Self {
        self.state = Box::new(state);
        self
    }

    pub(super) fn stop(self) -> Stop {
        Stop::Unexplained(Box::new(self))
    }
}
