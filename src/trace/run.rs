//! [`Run`]: one attempt to explain the log of one node.

use blockexc_model::deviation::Deviations;

use super::dumped::Dumped;
use super::exact::ExactRun;
use super::line::Header;
use super::loose::LooseRun;
use super::step::LoggedStep;
use super::unexplained::Stop;

/// A closed piece of a node's log.
// Nearly every piece is a step, and none is kept for long.
#[allow(clippy::large_enum_variant)]
pub enum Piece {
    /// An input and what came of it.
    Step(Box<LoggedStep>),
    /// The node's state, shown at this line.
    Dumped(u64, Box<Dumped>),
    /// At this line nothing is on its way.
    Quiet(u64),
}

/// The model with one set of deviations, driven by a log.
pub enum Run {
    /// Of a complete log.
    Exact(Box<ExactRun>),
    /// Of any other.
    Loose(Box<LooseRun>),
}

impl Run {
    /// A run at the beginning of a log, of a model that deviates so.
    pub fn new(header: &Header, deviations: Deviations) -> Self {
        let config = header.config(deviations);
        if header.complete {
            Run::Exact(Box::new(ExactRun::new(config)))
        } else {
            Run::Loose(Box::new(LooseRun::new(config, header.from_the_middle)))
        }
    }

    /// Explains the next piece of the log.
    ///
    /// # Errors
    ///
    /// When it cannot, or cannot tell.
    pub fn explain(&mut self, piece: &Piece) -> Result<(), Stop> {
        match (self, piece) {
            (Run::Exact(run), Piece::Step(step)) => run.step(step),
            (Run::Exact(run), Piece::Dumped(line, dumped)) => run.dumped(*line, dumped),
            // Each step of a complete log shows all that it sends.
            (Run::Exact(_), Piece::Quiet(_)) => Ok(()),
            (Run::Loose(run), Piece::Step(step)) => run.step(step),
            (Run::Loose(run), Piece::Dumped(line, dumped)) => run.dumped(*line, dumped),
            (Run::Loose(run), Piece::Quiet(line)) => run.quiet(*line),
        }
    }

    /// How many parts of messages were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        match self {
            Run::Exact(_) => 0,
            Run::Loose(run) => run.skipped(),
        }
    }
}
