//! [`Saved`]: a trace in a file, to be played again.

use serde::{Deserialize, Serialize};

use super::stimulus::Trace;

/// The name of the format.
const FORMAT: &str = "blockexc-random/1";

/// A trace that fails, with what makes its blocks and keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// `blockexc-random/1`.
    pub format: String,
    /// The seed of the run.
    pub seed: u64,
    /// Which of its traces it was, counted from one.
    pub number: u64,
    /// The dialect that the target was judged by, if not the reference.
    pub expect: Option<String>,
    /// What happens.
    pub trace: Trace,
}

/// Why a file is no saved trace.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    /// It is not JSON of this form.
    #[error("no saved random trace: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another format.
    #[error("the format is `{0}`, {FORMAT} is expected")]
    Format(String),
    /// It names more than a trace has.
    #[error(
        "step {0} is about what is not in the world of random traces: peers 0 to 2, blocks 1 to 3, leaves 0 and 1 of the trees 100 and 101"
    )]
    World(usize),
}

impl Saved {
    /// A trace of this run.
    pub fn new(seed: u64, number: u64, expect: Option<&str>, trace: Trace) -> Self {
        Saved {
            format: FORMAT.to_owned(),
            seed,
            number,
            expect: expect.map(str::to_owned),
            trace,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it is no saved trace.
    pub fn read(text: &str) -> Result<Self, NotSaved> {
        let saved: Saved = serde_json::from_str(text)?;
        if saved.format != FORMAT {
            return Err(NotSaved::Format(saved.format));
        }
        let mut steps = saved.trace.steps.iter();
        match steps.position(|step| !step.is_of_the_world()) {
            Some(place) => Err(NotSaved::World(place + 1)),
            None => Ok(saved),
        }
    }

    /// The file's text.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}
