//! What can be wrong with a file, or with running it; and how large a file may be.

use std::fmt;

use blockexc_model::deviation::UnknownDeviation;

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

/// What a file says that it is.
pub(super) const FORMAT: &str = "blockexc counterexample";

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
    #[error("expected a file whose `format` is {FORMAT:?}, found {found}")]
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
    pub(super) fn of(text: &str) -> Self {
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

/// An error when there is more of something than is read.
pub(super) fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), ReplayError> {
    if found > most {
        return Err(ReplayError::TooMany { what, found, most });
    }
    Ok(())
}
