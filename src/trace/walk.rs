//! [`Walk`]: goes through a log once, and hands out the pieces of each node's log.

use std::io::BufRead;
use std::ops::ControlFlow;

use super::header::Header;
use super::line::Line;
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

/// Puts the lines of a log together, as they come.
#[derive(Default)]
pub struct Walk {
    /// Each node, with what has come of its last step.
    nodes: Vec<(Header, LoggedStep)>,
    last: u64,
}

impl Walk {
    /// Takes the next line, and calls `visit` with what is complete with it. The answer is that of
    /// `visit`.
    ///
    /// # Errors
    ///
    /// When the line names a node without a header, or one that has a header already.
    pub fn line(
        &mut self,
        number: u64,
        line: Line,
        mut visit: impl FnMut(LogItem<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let wrong = |wrong: String| Err(ReadError::Line { number, wrong });
        self.last = number;
        let (name, entry) = match line {
            Line::Header(header) => {
                if self
                    .nodes
                    .iter()
                    .any(|(other, _)| other.node == header.node)
                {
                    let node = &header.node;
                    return wrong(format!("the node `{node}` has a header already"));
                }
                let answer = visit(LogItem::Header(&header));
                self.nodes.push((header, LoggedStep::default()));
                return Ok(answer);
            }
            Line::Entry { node, entry } => (node, entry),
        };
        // A line without a node's name is about the only node.
        let place = match self.nodes.as_slice() {
            [_] if name.is_empty() => Some(0),
            nodes => nodes.iter().position(|(header, _)| header.node == name),
        };
        let Some(node) = place else {
            return wrong(format!(
                "a header of the node `{name}` is expected before its first event"
            ));
        };
        let (header, open) = &mut self.nodes[node];
        for piece in gather(header, open, number, entry).iter().flatten() {
            if visit(LogItem::Piece { node, piece }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What has come of each node's last step. More of it may come.
    pub fn open(&self) -> impl Iterator<Item = Piece> {
        self.nodes.iter().map(|(_, open)| {
            let mut open = open.clone();
            open.ended = self.last;
            open.is_last = true;
            Piece::Step(Box::new(open))
        })
    }

    /// The log has ended: hands out the last pieces.
    ///
    /// # Errors
    ///
    /// When there was no header.
    pub fn finish(
        self,
        mut visit: impl FnMut(LogItem<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        if self.nodes.is_empty() {
            return Err(ReadError::Line {
                number: self.last.max(1),
                wrong: "the log is empty: a header is expected".to_owned(),
            });
        }
        for (node, piece) in self.open().enumerate() {
            if visit(LogItem::Piece {
                node,
                piece: &piece,
            })
            .is_break()
            {
                break;
            }
        }
        Ok(())
    }
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
    let mut walk = Walk::default();
    while let Some((number, line)) = log.next_line()? {
        if walk.line(number, line, &mut visit)?.is_break() {
            return Ok(());
        }
    }
    walk.finish(visit)
}
