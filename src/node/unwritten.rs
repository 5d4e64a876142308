//! [`Unwritten`]: frames that are being written, as far as they are not written.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf as _, Bytes};
use futures::AsyncWriteExt as _;
use futures::io::WriteHalf;
use libp2p::swarm::Stream;

use crate::wire::frame::frame_length;

/// Frames, each with its length before it, in pieces of one or more. It is shared by who writes them and
/// who has to know what is left when the writing is given up.
#[derive(Clone)]
pub struct Unwritten(Arc<Mutex<Pieces>>);

struct Pieces {
    pieces: VecDeque<Bytes>,
    /// How many bytes of the first piece are written.
    written: usize,
}

impl Unwritten {
    /// Nothing of these pieces is written.
    pub fn new(pieces: Vec<Bytes>) -> Self {
        Unwritten(Arc::new(Mutex::new(Pieces {
            pieces: pieces.into(),
            written: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Pieces> {
        // The pieces are whole at every point where a holder could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be written next.
    pub fn rest(&self) -> Option<Bytes> {
        let pieces = self.lock();
        let first = pieces.pieces.front()?;
        Some(first.slice(pieces.written..))
    }

    /// So many bytes of [`rest`](Self::rest) are written.
    pub fn advance(&self, length: usize) {
        let mut pieces = self.lock();
        pieces.written += length;
        if pieces
            .pieces
            .front()
            .is_some_and(|it| it.len() <= pieces.written)
        {
            pieces.pieces.pop_front();
            pieces.written = 0;
        }
    }

    /// Takes out every frame that is not wholly written. One that is written in part is there as a whole.
    pub fn take(&self) -> VecDeque<Bytes> {
        let mut pieces = self.lock();
        let written = std::mem::take(&mut pieces.written);
        if let Some(first) = pieces.pieces.front_mut() {
            drop_frames(first, written);
        }
        std::mem::take(&mut pieces.pieces)
    }
}

/// The stream, to be used again.
pub type Written = io::Result<WriteHalf<Stream>>;

/// Writes these frames, and flushes.
///
/// # Errors
///
/// When the stream takes no more. What is left is in `frames`.
pub async fn write(mut stream: WriteHalf<Stream>, frames: Unwritten) -> Written {
    while let Some(rest) = frames.rest() {
        match stream.write(&rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            length => frames.advance(length),
        }
    }
    stream.flush().await?;
    Ok(stream)
}

/// Drops the frames of a piece that are within its first `written` bytes.
fn drop_frames(piece: &mut Bytes, mut written: usize) {
    while let Some(length) = frame_length(piece)
        && length <= written
    {
        piece.advance(length);
        written -= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode_frame;

    /// Three frames in two pieces, of 3, 4 and 201 + 2 bytes.
    fn frames() -> (Unwritten, Vec<Bytes>) {
        let frames: Vec<Bytes> = [vec![1; 2], vec![2; 3], vec![3; 201]]
            .iter()
            .map(|message| encode_frame(message))
            .collect();
        let pieces = vec![frames[..2].concat().into(), frames[2].clone()];
        (Unwritten::new(pieces), frames)
    }

    #[test]
    fn what_was_written_is_not_left_and_what_was_cut_is_left_whole() {
        let (_, all) = frames();
        for (written, left) in [
            (0, &all[..]),
            (2, &all[..]),
            (3, &all[1..]),
            (6, &all[1..]),
            (7, &all[2..]),
            (209, &all[2..]),
            (210, &[]),
        ] {
            let (unwritten, _) = frames();
            let mut bytes = 0;
            while bytes < written {
                let rest = unwritten.rest().map_or(0, |rest| rest.len());
                let length = rest.min(written - bytes);
                unwritten.advance(length);
                bytes += length;
            }
            let taken: Vec<u8> = unwritten.take().into_iter().flatten().collect();
            assert_eq!(taken, left.concat(), "{written} bytes were written");
            assert_eq!(unwritten.rest(), None, "taken once");
        }
    }
}
