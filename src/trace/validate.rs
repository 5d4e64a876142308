//! [`validate`]: whether there is a run of the model that explains a log, node by node.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use blockexc_model::deviation::Deviations;

use super::diagnose::diagnose;
use super::line::{Entry, Header, Line};
use super::read::{LogReader, ReadError};
use super::run::{Piece, Run};
use super::step::{LoggedStep, MOST_DEEDS};
use super::unexplained::Stop;

/// What became of the log of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVerdict {
    /// What the log says of the node.
    pub header: Header,
    /// How the model deviated that was to explain it.
    pub deviations: Deviations,
    /// How many lines of this node are explained.
    pub explained: u64,
    /// How many parts of messages were not judged, because what they are about is unknown.
    pub skipped: u64,
    /// Where the explanation ends, if it ends before the log.
    pub stop: Option<Stop>,
}

/// How the nodes of a log are taken to deviate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suppose {
    /// As the log says of each.
    #[default]
    AsLogged,
    /// All of them so.
    So(Deviations),
}

impl Suppose {
    /// How this node is taken to deviate.
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

/// Explains the log that `open` opens, node by node. It is opened again to find out why a node's
/// log cannot be explained.
///
/// # Errors
///
/// When the log cannot be read.
pub fn validate<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    suppose: Suppose,
) -> Result<Vec<NodeVerdict>, ReadError> {
    struct Running {
        run: Run,
        pieces: u64,
        verdict: NodeVerdict,
    }
    let mut nodes: Vec<Running> = Vec::new();
    walk(LogReader::new(open()?), |seen| {
        match seen {
            Seen::Header(header) => {
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
            Seen::Piece { node, piece } => {
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
        ControlFlow::Continue(())
    })?;
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
        Piece::Step(step) => step.deeds.len() as u64 + u64::from(step.event.is_some()),
        Piece::Dumped(..) | Piece::Quiet(_) => 1,
    }
}

/// How many lines of this piece stand before the one at which it stops.
fn lines_before(piece: &Piece, stop: &Stop) -> u64 {
    let (Piece::Step(step), Stop::Unexplained(unexplained)) = (piece, stop) else {
        return 0;
    };
    let deeds = step
        .deeds
        .iter()
        .filter(|(line, _)| *line < unexplained.line);
    deeds.count() as u64 + u64::from(step.event.is_some())
}

/// What a walk through a log comes by.
pub enum Seen<'a> {
    /// A node is introduced: the next in number.
    Header(&'a Header),
    /// A closed piece of a node's log.
    Piece {
        /// The node's number, from zero.
        node: usize,
        /// The piece.
        piece: &'a Piece,
    },
}

/// Goes through a log and gathers the pieces of each node, until told to stop.
///
/// # Errors
///
/// When the log cannot be read.
pub fn walk<R: BufRead>(
    mut log: LogReader<R>,
    mut visit: impl FnMut(Seen<'_>) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let mut nodes: Vec<(Header, LoggedStep)> = Vec::new();
    let wrong = |number, wrong: String| Err(ReadError::Line { number, wrong });
    let mut last = 0;
    while let Some((number, line)) = log.next_line()? {
        last = number;
        let (name, entry) = match line {
            Line::Header(header) => {
                if nodes.iter().any(|(other, _)| other.node == header.node) {
                    return wrong(
                        number,
                        format!("the node `{}` has a header already", header.node),
                    );
                }
                if visit(Seen::Header(&header)).is_break() {
                    return Ok(());
                }
                nodes.push((header, LoggedStep::default()));
                continue;
            }
            Line::Entry { node, entry } => (node, entry),
        };
        // A line that names no node is of the only one.
        let place = match nodes.as_slice() {
            [_] if name.is_empty() => Some(0),
            _ => nodes.iter().position(|(header, _)| header.node == name),
        };
        let Some(node) = place else {
            return wrong(
                number,
                format!("a header of the node `{name}` is expected before its first event"),
            );
        };
        let (header, open) = &mut nodes[node];
        let pieces = gather(header, open, number, entry);
        for piece in pieces.iter().flatten() {
            if visit(Seen::Piece { node, piece }).is_break() {
                return Ok(());
            }
        }
    }
    if nodes.is_empty() {
        return wrong(
            last.max(1),
            "the log is empty: a header is expected".to_owned(),
        );
    }
    for (node, (_, mut open)) in nodes.into_iter().enumerate() {
        open.ended = last;
        open.is_last = true;
        let piece = Piece::Step(Box::new(open));
        if visit(Seen::Piece {
            node,
            piece: &piece,
        })
        .is_break()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Adds a line to a node's open step; gives what it closes.
pub(super) fn gather(
    header: &Header,
    open: &mut LoggedStep,
    number: u64,
    entry: Entry,
) -> [Option<Piece>; 2] {
    match entry {
        Entry::Happened(event) => [close(open, LoggedStep::new(number, event), number), None],
        Entry::Dumped(dumped) => [
            close(open, LoggedStep::default(), number),
            Some(Piece::Dumped(number, dumped)),
        ],
        Entry::Quiet => [
            close(open, LoggedStep::default(), number),
            Some(Piece::Quiet(number)),
        ],
        Entry::Did(deed) => {
            let closed = if !header.complete && open.deeds.len() >= MOST_DEEDS {
                close(open, LoggedStep::default(), number)
            } else {
                None
            };
            if open.event.is_none() && open.deeds.is_empty() {
                open.line = number;
            }
            open.deeds.push((number, deed));
            [closed, None]
        }
    }
}

/// Closes the open step and opens another; gives the closed one, if there is anything in it.
fn close(open: &mut LoggedStep, next: LoggedStep, number: u64) -> Option<Piece> {
    let mut closed = std::mem::replace(open, next);
    closed.ended = number;
    let is_empty = closed.event.is_none() && closed.deeds.is_empty();
    (!is_empty).then(|| Piece::Step(Box::new(closed)))
}
