//! [`Run`]: the attempt to explain the log of one node by a model with certain deviations.

use blockexc_model::deviation::Deviations;

use super::coverage::Coverage;
use super::exact::ExactRun;
use super::header::Header;
use super::loose::LooseRun;
use super::outside::OutsideRun;
use super::piece::Piece;
use super::unexplained::Stop;

/// A model with certain deviations, driven by a log.
#[derive(Clone)]
pub enum Run {
    /// For a complete log.
    Exact(Box<ExactRun>),
    /// For one that was written from outside of the node.
    Outside(Box<OutsideRun>),
    /// For any other log.
    Loose(Box<LooseRun>),
}

impl Run {
    /// A run at the beginning of a log, of a model with these deviations.
    pub fn new(header: &Header, deviations: Deviations) -> Self {
        let setup = header.setup(deviations);
        if header.complete {
            Run::Exact(Box::new(ExactRun::new(setup)))
        } else if header.from_outside {
            Run::Outside(Box::new(OutsideRun::new(setup)))
        } else {
            Run::Loose(Box::new(LooseRun::new(header, setup)))
        }
    }

    /// Explains the next piece of the log.
    ///
    /// # Errors
    ///
    /// When the model does not explain the piece, or it cannot be told.
    pub fn explain(&mut self, piece: &Piece) -> Result<(), Stop> {
        match (self, piece) {
            (Run::Exact(run), Piece::Step(step)) => run.step(step),
            (Run::Exact(run), Piece::Dumped(line, dumped)) => run.dumped(*line, dumped),
            (Run::Exact(run), Piece::Quiet(line)) => run.quiet(*line),
            (Run::Outside(run), Piece::Step(step)) => run.step(step),
            // Neither its state nor when it has nothing more to say can be seen from outside.
            (Run::Outside(_), Piece::Dumped(..) | Piece::Quiet(_)) => Ok(()),
            (Run::Loose(run), Piece::Step(step)) => run.step(step),
            (Run::Loose(run), Piece::Dumped(line, dumped)) => run.dumped(*line, dumped),
            (Run::Loose(run), Piece::Quiet(line)) => run.quiet(*line),
        }
    }

    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        match self {
            Run::Exact(_) => 0,
            Run::Outside(run) => run.skipped(),
            Run::Loose(run) => run.skipped(),
        }
    }

    /// The requirements that the log has touched so far.
    pub fn coverage(&self) -> Coverage {
        match self {
            Run::Exact(run) => run.coverage(),
            Run::Outside(run) => run.coverage(),
            Run::Loose(run) => run.coverage(),
        }
    }

    /// How much of the log could have been found to be wrong. Where that is nothing, that the log is
    /// explained says nothing.
    pub fn judged(&self) -> u64 {
        match self {
            Run::Exact(run) => run.judged(),
            Run::Outside(run) => run.judged(),
            Run::Loose(run) => run.judged(),
        }
    }
}
