//! [`Piece`]: the unit in which a log is explained. `gather` puts lines together into pieces.

use super::dumped::Dumped;
use super::header::Header;
use super::line::Entry;
use super::step::{LoggedStep, MAX_OUTPUTS};

/// A complete piece of a node's log.
// Nearly every piece is a step, and no piece lives long.
#[allow(clippy::large_enum_variant)]
pub enum Piece {
    /// An input and its outputs.
    Step(Box<LoggedStep>),
    /// The node's state, in this line.
    Dumped(u64, Box<Dumped>),
    /// At this line, everything that the node had to send has been sent.
    Quiet(u64),
}

/// Adds a line to a node's open step. Returns the pieces that are complete with it.
pub fn gather(
    header: &Header,
    open: &mut LoggedStep,
    number: u64,
    entry: Entry,
) -> [Option<Piece>; 2] {
    match entry {
        Entry::Input(event) => [close(open, LoggedStep::new(number, event), number), None],
        Entry::Ambiguous(it) => {
            let next = LoggedStep::ambiguous(number, it.merged, it.last);
            [close(open, next, number), None]
        }
        Entry::Refused(refused) => {
            let next = LoggedStep::refused(number, refused);
            [close(open, next, number), None]
        }
        Entry::Dumped(dumped) => [
            close(open, LoggedStep::default(), number),
            Some(Piece::Dumped(number, dumped)),
        ],
        Entry::Quiet => [
            close(open, LoggedStep::default(), number),
            Some(Piece::Quiet(number)),
        ],
        Entry::Output(output) => {
            let closed = if !header.complete && open.outputs.len() >= MAX_OUTPUTS {
                close(open, LoggedStep::default(), number)
            } else {
                None
            };
            if open.lines() == 0 {
                open.line = number;
            }
            open.outputs.push((number, output));
            [closed, None]
        }
    }
}

/// Replaces the open step by `next`. Returns the replaced step, unless it is empty.
fn close(open: &mut LoggedStep, next: LoggedStep, number: u64) -> Option<Piece> {
    let mut closed = std::mem::replace(open, next);
    closed.ended = number;
    (closed.lines() > 0).then(|| Piece::Step(Box::new(closed)))
}
