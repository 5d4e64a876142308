//! [`LoggedStep`]: an input with what the log says came of it.

use blockexc_model::node::Event;

use super::line::Deed;
use crate::wire::Network;

/// In a log that is not complete, a step is closed after so many deeds: memory stays bounded, and
/// what follows is judged as a step without an input.
pub const MOST_DEEDS: usize = 4096;

/// One input of a node, with what the node did until the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedStep {
    /// The line of the input; of the first deed when there is none.
    pub line: u64,
    /// The input; none when the log starts with a deed, or goes on after a dump.
    pub event: Option<Event<Network>>,
    /// What the node did, each with its line.
    pub deeds: Vec<(u64, Deed)>,
    /// The line that ended the step: the next input's. The step's last when the log ends here.
    pub ended: u64,
    /// The log ends here: what the step does not show may have been cut off.
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
