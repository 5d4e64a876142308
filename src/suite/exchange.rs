//! [`Exchange`]: everything that was said between the target and the suite in one scenario.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;

/// Where something was said: one stream of one connection, both counted from 1 by the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Which connection of the scenario.
    pub connection: u32,
    /// Which stream of the scenario.
    pub stream: u32,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A whole frame, without its length prefix, with what it says.
    Frame {
        /// The bytes.
        bytes: Bytes,
        /// What they say, or why they say nothing.
        says: String,
    },
    /// Bytes that the suite wrote as they are.
    Raw(Bytes),
    /// Anything else, in words: a stream was closed, the target was told to request a block.
    Note(String),
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Record {
    /// Since the scenario began.
    pub time: Duration,
    /// Who did it.
    pub from: String,
    /// Whom it was done to.
    pub to: String,
    /// Where, if on a stream.
    pub place: Option<Place>,
    /// What it was.
    pub what: What,
}

/// The log of a scenario. Clones share it.
#[derive(Clone, Debug)]
pub struct Exchange {
    start: Instant,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    records: Vec<Record>,
    is_over: bool,
}

impl Default for Exchange {
    fn default() -> Self {
        Exchange {
            start: Instant::now(),
            kept: Arc::default(),
        }
    }
}

/// How many records are kept; the flood after it is counted by its last record's number only.
const MOST_RECORDS: usize = 10_000;

impl Exchange {
    /// An empty log that begins now.
    pub fn new() -> Self {
        Exchange::default()
    }

    /// Logs that this happened now.
    pub fn log(&self, from: &str, to: &str, place: Option<Place>, what: What) {
        let mut kept = self.lock();
        if !kept.is_over && kept.records.len() < MOST_RECORDS {
            kept.records.push(Record {
                time: self.start.elapsed(),
                from: from.to_owned(),
                to: to.to_owned(),
                place,
                what,
            });
        }
    }

    /// Logs something in words.
    pub fn note(&self, from: &str, to: &str, words: impl Into<String>) {
        self.log(from, to, None, What::Note(words.into()));
    }

    /// What has happened so far.
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    /// Logs nothing any more: how connections end while the suite clears up says nothing of the
    /// target, and how much of it is seen is chance.
    pub fn end(&self) {
        self.lock().is_over = true;
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A list of records is whole after any panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Text that is cut when it is longer than a report's line can bear.
pub struct Short<'a>(pub &'a str, pub usize);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Short(text, most) = *self;
        match text.char_indices().nth(most) {
            None => f.write_str(text),
            Some((end, _)) => write!(f, "{}…", &text[..end]),
        }
    }
}
