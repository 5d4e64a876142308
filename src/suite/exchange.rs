//! [`Exchange`]: the log of what the target and the suite sent each other in one scenario.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;

/// Names one stream of one connection, both counted from 1 in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct StreamId {
    /// Which connection of the scenario.
    pub connection: u32,
    /// Which stream of the scenario.
    pub stream: u32,
}

/// The content of a [`Record`].
#[derive(Clone, Debug)]
pub enum Content {
    /// A whole frame, without its length prefix.
    Frame {
        /// The bytes.
        bytes: Bytes,
        /// The message in one line, or why the bytes are no message.
        text: String,
    },
    /// Bytes that the suite wrote as they are.
    Raw(Bytes),
    /// Anything else: a stream was closed, the target was told to request a block.
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
    /// The stream, if it happened on one.
    pub stream: Option<StreamId>,
    /// What happened.
    pub content: Content,
}

/// The log of a scenario. Clones share it.
#[derive(Clone, Debug)]
pub struct Exchange {
    start: Instant,
    records: Arc<Mutex<Records>>,
}

#[derive(Debug, Default)]
struct Records {
    records: Vec<Record>,
    is_over: bool,
}

impl Default for Exchange {
    fn default() -> Self {
        Exchange {
            start: Instant::now(),
            records: Arc::default(),
        }
    }
}

/// The most records that are kept. Later ones are dropped.
const MOST_RECORDS: usize = 10_000;

/// How many frames at most are named as the last ones that were sent.
const LAST_SENT: usize = 3;

impl Exchange {
    /// An empty log that begins now.
    pub fn new() -> Self {
        Exchange::default()
    }

    /// Logs that this happened now.
    pub fn log(&self, from: &str, to: &str, stream: Option<StreamId>, content: Content) {
        let mut records = self.lock();
        if !records.is_over && records.records.len() < MOST_RECORDS {
            records.records.push(Record {
                time: self.start.elapsed(),
                from: from.to_owned(),
                to: to.to_owned(),
                stream,
                content,
            });
        }
    }

    /// Logs a note.
    pub fn note(&self, from: &str, to: &str, text: impl Into<String>) {
        self.log(from, to, None, Content::Note(text.into()));
    }

    /// What has happened so far.
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    /// What the suite has sent since the target said something for the last time: the last
    /// few frames.
    pub fn last_sent(&self) -> Vec<Record> {
        let records = self.lock();
        let frames = records
            .records
            .iter()
            .filter(|record| matches!(record.content, Content::Frame { .. } | Content::Raw(_)));
        let mut sent: Vec<Record> = frames
            .rev()
            .take_while(|record| record.from != "target")
            .take(LAST_SENT)
            .cloned()
            .collect();
        sent.reverse();
        sent
    }

    /// Logs nothing any more. How connections end while the suite tears them down says nothing about
    /// the target, and which of it is seen depends on chance.
    pub fn end(&self) {
        self.lock().is_over = true;
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        // A list of records is whole after any panic.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
