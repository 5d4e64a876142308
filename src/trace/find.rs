//! [`find_dialects`]: which dialects explain a log.

use std::io::BufRead;
use std::ops::ControlFlow;

use blockexc_model::Dialect;
use blockexc_model::dialect::DIALECTS;

use super::read::{LogReader, ReadError};
use super::run::Run;
use super::unexplained::Stop;
use super::walk::{LogItem, walk};

/// Which dialects explain the log of one node.
pub struct Found {
    /// The node's name.
    pub node: String,
    /// Each dialect, and where its explanation ends, if it ends before the log.
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
            LogItem::Header(header) => {
                let found = Found {
                    node: header.node.clone(),
                    dialects: DIALECTS.iter().map(|dialect| (dialect, None)).collect(),
                };
                let runs = DIALECTS
                    .iter()
                    .map(|dialect| Run::new(header, dialect.deviations));
                nodes.push((found, runs.collect()));
            }
            LogItem::Piece { node, piece } => {
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
    let found = nodes.into_iter().map(|(mut found, runs)| {
        // What no dialect could have failed at, none explains.
        for ((_, stop), run) in found.dialects.iter_mut().zip(runs) {
            if stop.is_none() && run.judged() == 0 {
                *stop = Some(Stop::Vacuous { events: 0 });
            }
        }
        found
    });
    Ok(found.collect())
}
