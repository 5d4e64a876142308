//! [`validate`]: whether the model explains a log.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use blockexc_model::deviation::Deviations;

use super::diagnose::diagnose;
use super::line::Header;
use super::piece::Piece;
use super::read::{LogReader, ReadError};
use super::run::Run;
use super::unexplained::Stop;
use super::walk::{LogItem, walk};

/// Why a log is inconclusive whose validation was stopped.
pub const INTERRUPTED: &str = "the validation was interrupted";

/// The verdict on the log of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVerdict {
    /// The header of the node.
    pub header: Header,
    /// The deviations of the model.
    pub deviations: Deviations,
    /// The number of explained lines of this node.
    pub explained: u64,
    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub skipped: u64,
    /// Why the explanation ends before the log, if it does.
    pub stop: Option<Stop>,
}

/// Which deviations the nodes of a log are assumed to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suppose {
    /// For each node, what the log says.
    #[default]
    AsLogged,
    /// For all nodes, these.
    So(Deviations),
}

impl Suppose {
    /// The deviations that this node is assumed to have.
    pub fn deviations(self, header: &Header) -> Deviations {
        match self {
            Suppose::So(deviations) => deviations,
            Suppose::AsLogged => {
                let dialect = header.dialect.map(|dialect| dialect.deviations);
                dialect
                    .into_iter()
                    .flat_map(Deviations::iter)
                    .chain(header.deviations.iter())
                    .collect()
            }
        }
    }
}

/// Explains the log that `open` opens, node by node. `open` is called again for each node whose log
/// the model does not explain, to diagnose it.
///
/// # Errors
///
/// When the log cannot be read.
pub fn validate<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    suppose: Suppose,
) -> Result<Vec<NodeVerdict>, ReadError> {
    validate_while(open, suppose, || ControlFlow::Continue(()))
}

/// As [`validate`], as long as `go_on` says so. Where it was stopped, a log is inconclusive.
///
/// # Errors
///
/// When the log cannot be read.
pub fn validate_while<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    suppose: Suppose,
    go_on: impl Fn() -> ControlFlow<()>,
) -> Result<Vec<NodeVerdict>, ReadError> {
    struct Running {
        run: Run,
        pieces: u64,
        verdict: NodeVerdict,
    }
    let mut nodes: Vec<Running> = Vec::new();
    walk(LogReader::new(open()?), |seen| {
        match seen {
            LogItem::Header(header) => {
                let deviations = suppose.deviations(header);
                nodes.push(Running {
                    run: Run::new(header, deviations),
                    pieces: 0,
                    verdict: NodeVerdict {
                        header: header.clone(),
                        deviations,
                        explained: 0,
                        skipped: 0,
                        stop: None,
                    },
                });
            }
            LogItem::Piece { node, piece } => {
                let Running {
                    run,
                    pieces,
                    verdict,
                } = &mut nodes[node];
                if verdict.stop.is_some() {
                    return ControlFlow::Continue(());
                }
                match run.explain(piece) {
                    Ok(()) => {
                        *pieces += 1;
                        verdict.explained += lines_of(piece);
                    }
                    Err(stop) => {
                        verdict.explained += lines_before(piece, &stop);
                        verdict.stop = Some(stop);
                    }
                }
                verdict.skipped = run.skipped();
            }
        }
        go_on()
    })?;
    if go_on().is_break() {
        for Running { verdict, .. } in &mut nodes {
            verdict.stop.get_or_insert_with(|| Stop::Inconclusive {
                line: verdict.explained,
                why: INTERRUPTED.to_owned(),
            });
        }
    }
    let mut verdicts = Vec::with_capacity(nodes.len());
    for (node, running) in nodes.into_iter().enumerate() {
        let Running {
            pieces,
            mut verdict,
            ..
        } = running;
        if let Some(Stop::Unexplained(unexplained)) = &mut verdict.stop {
            unexplained.node = verdict.header.node.clone();
            diagnose(
                LogReader::new(open()?),
                node,
                pieces,
                verdict.deviations,
                unexplained,
            )?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn lines_of(piece: &Piece) -> u64 {
    match piece {
        Piece::Step(step) => step.outputs.len() as u64 + u64::from(step.event.is_some()),
        Piece::Dumped(..) | Piece::Quiet(_) => 1,
    }
}

/// The number of lines of this piece before the unexplained one.
fn lines_before(piece: &Piece, stop: &Stop) -> u64 {
    let (Piece::Step(step), Stop::Unexplained(unexplained)) = (piece, stop) else {
        return 0;
    };
    let outputs = step
        .outputs
        .iter()
        .filter(|(line, _)| *line < unexplained.line);
    outputs.count() as u64 + u64::from(step.event.is_some())
}
