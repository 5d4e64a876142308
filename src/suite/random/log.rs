//! [`Log`]: what was done to a target and what came of it, judged as it grows.

use std::io;

use blockexc_model::Deviations;
use blockexc_model::deviating::Event;
use blockexc_model::dialect::DIALECTS;
use libp2p::PeerId;

use crate::suite::received::Received;
use crate::trace::coverage::Coverage;
use crate::trace::header::Header;
use crate::trace::line::{Entry, Output};
use crate::trace::piece::gather;
use crate::trace::record::Recorder;
use crate::trace::run::Run;
use crate::trace::step::LoggedStep;
use crate::trace::unexplained::{Stop, Unexplained};
use crate::wire::Network;

/// A log in the form that [`crate::trace`] judges.
#[derive(Clone)]
pub struct Log {
    header: Header,
    entries: Vec<Entry>,
    judge: Judge,
}

/// What judges the log as it grows.
#[derive(Clone)]
struct Judge {
    run: Run,
    open: LoggedStep,
    /// The number of the last line. The header is the first.
    line: u64,
    stop: Option<Stop>,
}

impl Log {
    /// An empty log of a node with this header, judged by a model with these deviations, which the
    /// header names.
    pub fn new(mut header: Header, suppose: Deviations) -> Self {
        let mut dialects = DIALECTS.iter();
        header.dialect = dialects.find(|it| it.deviations == suppose && !suppose.is_empty());
        header.deviations = match header.dialect {
            Some(_) => Deviations::none(),
            None => suppose,
        };
        Log {
            judge: Judge::new(&header, suppose),
            header,
            entries: Vec::new(),
        }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The lines after the header.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds a line.
    pub fn push(&mut self, entry: Entry) {
        self.judge.take(&self.header, entry.clone());
        self.entries.push(entry);
    }

    /// Whether a run of the model explains the log with these lines.
    pub fn is_explained_with(&self, lines: &[Entry]) -> bool {
        let mut judge = self.judge.clone();
        for line in lines {
            judge.take(&self.header, line.clone());
        }
        !matches!(judge.stop, Some(Stop::Unexplained(_)))
    }

    /// Adds an input of the node.
    pub fn input(&mut self, event: Event<Network>) {
        self.push(Entry::Input(event));
    }

    /// Adds what a peer was sent.
    pub fn outputs(&mut self, to: PeerId, received: &Received) {
        for message in &received.0 {
            let output = match &message.undecodable {
                Some(_) => Output::SentGarbage {
                    to,
                    bytes: message.bytes.clone(),
                },
                None => Output::Sent {
                    to,
                    message: message.decoded.message.clone(),
                },
            };
            self.push(Entry::Output(output));
        }
    }

    /// The requirements that the log touches, as far as it is explained.
    pub fn coverage(&self) -> Coverage {
        self.judge.run.coverage()
    }

    /// Why no run of the model explains the log up to here, if none does.
    pub fn unexplained(&self) -> Option<&Unexplained> {
        match &self.judge.stop {
            Some(Stop::Unexplained(unexplained)) => Some(unexplained),
            _ => None,
        }
    }

    /// Why it cannot be told of the rest, if it cannot.
    pub fn cannot_tell(&self) -> Option<&str> {
        match &self.judge.stop {
            Some(Stop::Inconclusive { why, .. }) => Some(why),
            _ => None,
        }
    }

    /// The same lines under this header, judged anew by a model with these deviations.
    pub fn judged_anew(&self, header: Header, suppose: Deviations) -> Log {
        let mut log = Log::new(header, suppose);
        for entry in &self.entries {
            log.push(entry.clone());
        }
        log
    }

    /// The log as a file.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn text(&self) -> io::Result<Vec<u8>> {
        let mut recorder = Recorder::new(Vec::new(), &self.header)?;
        for entry in &self.entries {
            recorder.entry(entry)?;
        }
        Ok(recorder.into_inner())
    }
}

impl Judge {
    fn new(header: &Header, suppose: Deviations) -> Self {
        Judge {
            run: Run::new(header, suppose),
            open: LoggedStep::default(),
            line: 1,
            stop: None,
        }
    }

    fn take(&mut self, header: &Header, entry: Entry) {
        self.line += 1;
        for piece in gather(header, &mut self.open, self.line, entry)
            .iter()
            .flatten()
        {
            if self.stop.is_none() {
                self.stop = self.run.explain(piece).err();
            }
        }
    }
}
