//! [`Observation`]: what the relay sees, written down and judged as it comes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Instant;

use blockexc_model::Dialect;
use blockexc_model::deviation::Deviations;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::side::Side;
use super::sight::Sight;
use super::watched::Watched;
use crate::trace::frame::with_last_of_each;
use crate::trace::header::Header;
use crate::trace::line::{Entry, Output};
use crate::trace::outside::Finding;
use crate::trace::record::Recorder;
use crate::wire::{DecodeOptions, Decoded, decode};

/// Of so many lines it is known when they came, the last ones.
const MOST_TIMES: usize = 1 << 16;

/// The longest frame that does not decode and is written into a log, in bytes.
const MOST_GARBAGE: usize = 1 << 20;

/// What a node is taken for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Supposed {
    /// The dialect that it speaks.
    pub dialect: Option<&'static Dialect>,
    /// Its deviations beside those of the dialect.
    pub beside: Deviations,
}

impl Supposed {
    /// All its deviations.
    pub fn deviations(&self) -> Deviations {
        let of_dialect = self.dialect.map(|dialect| dialect.deviations);
        of_dialect.unwrap_or_default().union(self.beside)
    }
}

/// What there is to tell while it goes on.
pub enum Told<'a> {
    /// A node has come or gone, or something else has happened.
    Note(String),
    /// A message, in one line.
    Message {
        /// Who sent it.
        from: Side,
        /// What it says. It becomes text only where it is shown.
        says: &'a Decoded,
    },
    /// Something that a node did is found to be wrong, for the first time.
    Found(Side, &'a Finding),
}

/// What the relay sees, written down and judged.
pub struct Observation<W> {
    /// Both nodes, by [`Side::place`].
    pub nodes: [Watched; 2],
    /// How many frames there were that were passed on and are no messages.
    pub undecodable: u64,
    /// When it began.
    pub begun: Instant,
    recorder: Option<Recorder<W>>,
    line: u64,
    /// The time of each of the last lines, in milliseconds.
    times: VecDeque<(u64, f64)>,
}

impl<W: Write> Observation<W> {
    /// Nothing seen yet. The log of both nodes is written to `record`.
    ///
    /// # Errors
    ///
    /// When its first lines cannot be written.
    pub fn new(supposed: [Supposed; 2], record: Option<W>) -> io::Result<Self> {
        let header = |side: Side| {
            let supposed = supposed[side.place()];
            Header {
                from_outside: true,
                dialect: supposed.dialect,
                deviations: supposed.beside,
                ..Header::of(side.name())
            }
        };
        let recorder = match record {
            None => None,
            Some(out) => {
                let mut recorder = Recorder::new(out, &header(Side::Dialling))?;
                recorder.another(&header(Side::Dialled))?;
                Some(recorder)
            }
        };
        Ok(Observation {
            nodes: Side::BOTH.map(|side| Watched::new(side, supposed[side.place()].deviations())),
            undecodable: 0,
            begun: Instant::now(),
            recorder,
            line: 2,
            times: VecDeque::new(),
        })
    }

    /// Takes all that is seen, until there is nobody who sees anything.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn run(
        &mut self,
        mut seen: mpsc::Receiver<Vec<Sight>>,
        mut tell: impl FnMut(Told<'_>),
    ) -> io::Result<()> {
        while let Some(sights) = seen.blocking_recv() {
            for sight in sights {
                self.take(sight, &mut tell)?;
            }
        }
        Ok(())
    }

    /// When this line of the log came, in milliseconds since the relay was started, if it is known.
    pub fn time_of(&self, line: u64) -> Option<f64> {
        let place = self.times.binary_search_by_key(&line, |(line, _)| *line);
        let (_, time) = self.times.get(place.ok()?)?;
        Some(*time)
    }

    /// Where the log was written to.
    pub fn into_record(self) -> Option<W> {
        self.recorder.map(Recorder::into_inner)
    }

    fn take(&mut self, sight: Sight, tell: &mut impl FnMut(Told<'_>)) -> io::Result<()> {
        match sight {
            Sight::Joined { side, node, relay } => {
                tell(Told::Note(format!("{side} is connected: {node}")));
                let line = self.next_line();
                let entry = self.nodes[side.place()].joined(node, relay, line);
                self.write(side, &entry)
            }
            Sight::Left { side, why } => {
                tell(Told::Note(format!("{side} is connected no longer: {why}")));
                let line = self.next_line();
                match self.nodes[side.place()].left(line) {
                    Some(entry) => self.write(side, &entry),
                    None => Ok(()),
                }
            }
            Sight::Frame {
                from,
                bytes,
                memory,
            } => {
                let taken = self.frame(from, &bytes, tell);
                drop(memory);
                taken
            }
            Sight::Unseen { from, why } => {
                let to = from.other();
                let why = format!("not all that {from} sends is looked at: {why}");
                self.nodes[to.place()].cannot_be_judged(&why);
                tell(Told::Note(format!(
                    "{why}. It is passed on, and {to} is not judged any more"
                )));
                Ok(())
            }
            Sight::Note(note) => {
                tell(Told::Note(note));
                Ok(())
            }
        }
    }

    fn frame(
        &mut self,
        from: Side,
        bytes: &Bytes,
        tell: &mut impl FnMut(Told<'_>),
    ) -> io::Result<()> {
        let options = DecodeOptions::default();
        let Ok(decoded) = decode(bytes.clone(), &options) else {
            return self.garbage(from, bytes, tell);
        };
        tell(Told::Message {
            from,
            says: &decoded,
        });
        // A library that keeps the last of what comes twice reads something else.
        let last = with_last_of_each(bytes).and_then(|bytes| decode(bytes, &options).ok());
        let message = decoded.message;
        let sent = message.clone();
        self.sent(from, |to| Output::Sent { to, message: sent }, tell)?;
        let readings = [Some(message), last.map(|it| it.message)];
        for message in readings.into_iter().flatten() {
            let to = from.other();
            let line = self.next_line();
            if let Some(entry) = self.nodes[to.place()].received(message, line) {
                self.write(to, &entry)?;
            }
        }
        Ok(())
    }

    fn garbage(
        &mut self,
        from: Side,
        bytes: &Bytes,
        tell: &mut impl FnMut(Told<'_>),
    ) -> io::Result<()> {
        self.undecodable += 1;
        let length = bytes.len();
        tell(Told::Note(format!(
            "a frame of {length} bytes from {from} is no message. It is passed on as it is"
        )));
        let bytes = bytes.slice(..length.min(MOST_GARBAGE));
        self.sent(from, |to| Output::SentGarbage { to, bytes }, tell)
    }

    fn sent(
        &mut self,
        from: Side,
        output: impl FnOnce(libp2p::PeerId) -> Output,
        tell: &mut impl FnMut(Told<'_>),
    ) -> io::Result<()> {
        let line = self.next_line();
        let time = self.time_of(line).unwrap_or(0.0);
        let Some((entry, findings)) = self.nodes[from.place()].sent(output, line, time) else {
            return Ok(());
        };
        for finding in &findings {
            tell(Told::Found(from, finding));
        }
        self.write(from, &entry)
    }

    fn next_line(&mut self) -> u64 {
        self.line += 1;
        let microseconds = self.begun.elapsed().as_micros();
        self.times
            .push_back((self.line, microseconds as f64 / 1000.0));
        if self.times.len() > MOST_TIMES {
            self.times.pop_front();
        }
        self.line
    }

    fn write(&mut self, side: Side, entry: &Entry) -> io::Result<()> {
        match &mut self.recorder {
            Some(recorder) => recorder.entry_of(side.name(), entry),
            None => Ok(()),
        }
    }
}
