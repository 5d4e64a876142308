//! [`Quirks`]: how the suite has to talk to a target that misses one of two basic requirements.
//!
//! A node must answer a WantHave that asks for a DontHave (WANT-5) and read every stream (WIRE-7).
//! Each has scenarios of its own. The other scenarios take the detour that is named here, so that
//! they do not fail for the same reason again.

use std::time::Duration;

use super::pace::Pace;

/// How to talk to a target: what was learnt of it before the first scenario.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How it deviates in what every scenario builds upon.
    pub quirks: Quirks,
    /// How long it takes to answer.
    pub pace: Pace,
}

impl Manner {
    /// That of a target of which nothing is known.
    pub fn unknown(deadline: Duration) -> Self {
        Manner {
            quirks: Quirks::default(),
            pace: Pace::new(deadline),
        }
    }

    /// The same with these quirks.
    pub fn with(&self, quirks: Quirks) -> Self {
        Manner {
            quirks,
            pace: self.pace.clone(),
        }
    }
}

/// How a target deviates in what every scenario builds upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The stream on which the target reads answers.
    pub answer_on: AnswerOn,
    /// The kind of barrier that the target answers.
    pub barrier_kind: BarrierKind,
}

/// The stream on which the target reads answers (presences and deliveries).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerOn {
    /// The stream that the peer opened, as with any node that meets WIRE-7.
    #[default]
    OwnStream,
    /// The stream that the target opened, if there is one.
    TargetsStream,
}

/// The question that a barrier asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarrierKind {
    /// WantHave with sendDontHave for a block that cannot exist (WANT-5).
    #[default]
    DontHave,
    /// WantHave for a block that the target holds (WANT-4), for targets that miss WANT-5.
    Have,
}
