//! [`Stop`]: why a scenario ended before it passed.

use super::control::ControlError;
use super::dump::Unknown;
use super::needs::needs_control;
use super::peer_error::PeerError;

/// Why a scenario stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The requirement is not met.
    Fail {
        /// What was expected.
        expected: String,
        /// What was found instead.
        actual: String,
    },
    /// The scenario could not tell.
    Inconclusive(String),
    /// The target cannot be tested in this way.
    Skip(String),
}

impl From<PeerError> for Stop {
    /// The target cannot be reached or stopped answering, which is not what is tested.
    fn from(error: PeerError) -> Self {
        Stop::Inconclusive(error.to_string())
    }
}

impl From<Unknown> for Stop {
    /// What the target does not tell is not judged.
    fn from(unknown: Unknown) -> Self {
        Stop::Skip(unknown.to_string())
    }
}

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unsupported(what) => Stop::Skip(needs_control(&[what])),
            other => Stop::Inconclusive(other.to_string()),
        }
    }
}
