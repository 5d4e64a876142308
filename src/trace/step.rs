//! [`LoggedStep`]: an input, with its outputs in the log.

use blockexc_model::deviating::Event;

use super::frame::Refused;
use super::line::Output;
use crate::wire::Network;

/// The largest number of outputs of one step in a log that is not complete. Further outputs are
/// judged as a step without an input. It bounds the memory.
pub const MAX_OUTPUTS: usize = 4096;

/// One input of a node, with the outputs until the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedStep {
    /// The line of the input. Without an input, the line of the first output.
    pub line: u64,
    /// The input. `None` at the beginning of a log, after a dump, and for a frame that was refused.
    pub event: Option<Event<Network>>,
    /// What the input may mean as well.
    pub or: Option<Event<Network>>,
    /// The frame that was refused, if that is the input.
    pub refused: Option<Refused>,
    /// The outputs, each with its line.
    pub outputs: Vec<(u64, Output)>,
    /// The line of the next input. At the end of the log, its last line.
    pub ended: u64,
    /// Whether the log ends here. Then outputs may be missing.
    pub is_last: bool,
}

impl LoggedStep {
    /// A step that begins with this input.
    pub fn new(line: u64, event: Event<Network>) -> Self {
        LoggedStep {
            line,
            event: Some(event),
            ended: line,
            ..LoggedStep::default()
        }
    }

    /// A step that begins with a frame of two meanings.
    pub fn ambiguous(line: u64, merged: Event<Network>, last: Event<Network>) -> Self {
        LoggedStep {
            or: Some(last),
            ..LoggedStep::new(line, merged)
        }
    }

    /// A step that begins with a frame that the node refused.
    pub fn refused(line: u64, refused: Refused) -> Self {
        LoggedStep {
            line,
            refused: Some(refused),
            ended: line,
            ..LoggedStep::default()
        }
    }

    /// Whether there is an input.
    pub fn has_input(&self) -> bool {
        self.event.is_some() || self.refused.is_some()
    }

    /// What the input may mean.
    pub fn meanings(&self) -> impl Iterator<Item = &Event<Network>> {
        self.event.iter().chain(&self.or)
    }

    /// The number of its lines.
    pub fn lines(&self) -> u64 {
        self.outputs.len() as u64 + u64::from(self.has_input())
    }
}
