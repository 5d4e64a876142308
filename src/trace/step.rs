//! [`LoggedStep`]: an input, with its outputs in the log.

use blockexc_model::deviating::Event;

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
    /// The input. `None` at the beginning of a log, and after a dump.
    pub event: Option<Event<Network>>,
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
}
