//! [`find_dialects`]: which dialects explain a log.

use std::io::BufRead;
use std::ops::ControlFlow;

use blockexc_model::Dialect;
use blockexc_model::dialect::DIALECTS;

use super::read::{LogReader, ReadError};
use super::run::Run;
use super::unexplained::Stop;
use super::validate::{Seen, walk};

/// What became of one node's log.
pub struct Found {
    /// The node's name.
    pub node: String,
    /// Each dialect, and where it ceases to explain the log, if it does.
    pub dialects: Vec<(&'static Dialect, Option<Stop>)>,
}

impl Found {
    /// The dialects that explain the log.
    pub fn explaining(&self) -> impl Iterator<Item = &'static Dialect> {
        let explaining = self.dialects.iter().filter(|(_, stop)| stop.is_none());
        explaining.map(|(dialect, _)| *dialect)
    }
}

/// Tries every dialect on every node of a log, in one pass.
///
/// # Errors
///
/// When the log cannot be read.
pub fn find_dialects<R: BufRead>(log: LogReader<R>) -> Result<Vec<Found>, ReadError> {
    let mut nodes: Vec<(Found, Vec<Run>)> = Vec::new();
    walk(log, |seen| {
        match seen {
            Seen::Header(header) => {
                let found = Found {
                    node: header.node.clone(),
                    dialects: DIALECTS.iter().map(|dialect| (dialect, None)).collect(),
                };
                let runs = DIALECTS
                    .iter()
                    .map(|dialect| Run::new(header, dialect.deviations));
                nodes.push((found, runs.collect()));
            }
            Seen::Piece { node, piece } => {
                let (found, runs) = &mut nodes[node];
                for ((_, stop), run) in found.dialects.iter_mut().zip(runs) {
                    if stop.is_none() {
                        *stop = run.explain(piece).err();
                    }
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(nodes.into_iter().map(|(found, _)| found).collect())
}
