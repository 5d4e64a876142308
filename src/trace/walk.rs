//! [`walk`]: goes through a log once, and hands out the pieces of each node's log.

use std::io::BufRead;
use std::ops::ControlFlow;

use super::line::{Header, Line};
use super::piece::{Piece, gather};
use super::read::{LogReader, ReadError};
use super::step::LoggedStep;

/// What is found in a log.
pub enum LogItem<'a> {
    /// The header of the next node. Nodes are numbered in this order.
    Header(&'a Header),
    /// A complete piece of a node's log.
    Piece {
        /// The node's number, counted from zero.
        node: usize,
        /// The piece.
        piece: &'a Piece,
    },
}

/// Reads a log and calls `visit` with each header and piece, until `visit` says to stop.
///
/// # Errors
///
/// When the log cannot be read, or a line names a node without a header.
pub fn walk<R: BufRead>(
    mut log: LogReader<R>,
    mut visit: impl FnMut(LogItem<'_>) -> ControlFlow<()>,
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
                if visit(LogItem::Header(&header)).is_break() {
                    return Ok(());
                }
                nodes.push((header, LoggedStep::default()));
                continue;
            }
            Line::Entry { node, entry } => (node, entry),
        };
        // A line without a node's name is about the only node.
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
            if visit(LogItem::Piece { node, piece }).is_break() {
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
        if visit(LogItem::Piece {
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
