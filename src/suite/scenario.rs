//! [`Scenario`]: what is done, what is expected, and what it takes, as data.

use std::fmt;

use blockexc_model::Requirement;
use futures::future::BoxFuture;

use super::control::{Capability, ControlError};
use super::peer::Silence;
use super::stage::Stage;

/// One test of one requirement.
///
/// It accuses its own requirement and nothing else: what it builds upon and finds missing makes it
/// inconclusive, and is some other scenario's to accuse.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// The requirement's ID, or the ID, a slash, and a word of its own: `WANT-10/held`.
    pub id: &'static str,
    /// What is done.
    pub summary: &'static str,
    /// What is expected, and which outcomes are allowed.
    pub expects: &'static str,
    /// What it takes, beside a target that can be dialled.
    pub needs: Needs,
    /// How the target must be set up. A target that cannot be is skipped, unless this is
    /// [`TargetOptions::DEFAULT`].
    pub options: TargetOptions,
    /// Does it.
    pub run: for<'a> fn(&'a Stage) -> BoxFuture<'a, Result<(), Stop>>,
}

impl Scenario {
    /// The ID of the requirement that it tests.
    pub fn requirement_id(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(id, _)| id)
    }

    /// The requirement that it tests, unless its ID names none.
    pub fn requirement(&self) -> Option<&'static Requirement> {
        Requirement::find(self.requirement_id())
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// What a scenario takes, beside a target that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What the control must be able to do.
    pub control: &'static [Capability],
    /// A block that the target holds: put there by the control, or named by the user.
    pub held: bool,
}

impl Needs {
    /// The wire alone.
    pub const WIRE: Needs = Needs {
        control: &[],
        held: false,
    };
    /// A dump of the target's contexts.
    pub const DUMP: Needs = Needs::control(&[Capability::Dump]);
    /// The wire, and one block that the target holds.
    pub const HELD: Needs = Needs {
        control: &[],
        held: true,
    };

    /// A control that can do this.
    pub const fn control(control: &'static [Capability]) -> Needs {
        Needs {
            control,
            held: false,
        }
    }
}

/// How a target is set up for a scenario, where the default will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetOptions {
    /// What the target asks for a block.
    pub price: u64,
    /// Where it wants to be paid.
    pub account: Option<[u8; 20]>,
    /// The longest frame that it reads and writes, in bytes.
    pub frame_limit: Option<u64>,
    /// How often a want is pursued anew before its request fails. There is no timer: a scenario
    /// that wants a retry calls [`Stage::retry_now`](super::stage::Stage::retry_now).
    pub retries: Option<u32>,
}

impl TargetOptions {
    /// Free of charge, the deployed frame limit, patient without end.
    pub const DEFAULT: TargetOptions = TargetOptions {
        price: 0,
        account: None,
        frame_limit: None,
        retries: None,
    };
}

/// Why a scenario stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The requirement is not met.
    Fail {
        /// What was expected.
        expected: String,
        /// What came instead.
        came: String,
    },
    /// It could not be found out.
    Inconclusive(String),
    /// The target cannot be tested so.
    Skip(String),
}

impl From<Silence> for Stop {
    /// The target went silent, which this scenario is not about.
    fn from(silence: Silence) -> Self {
        Stop::Inconclusive(silence.to_string())
    }
}

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unsupported(what) => {
                Stop::Skip(format!("needs a control that can {what}"))
            }
            other => Stop::Inconclusive(other.to_string()),
        }
    }
}
