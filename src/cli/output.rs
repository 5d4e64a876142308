//! [`Output`]: bytes written by a thread of their own.
//!
//! Whoever reads a pipe may be slow, and a disk too: the node goes on meanwhile.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tokio::sync::mpsc;

/// How many bytes are handed over together.
const PIECE: usize = 256 * 1024;

/// How many pieces may wait to be written.
const WAITING_PIECES: usize = 16;

/// Nothing more is written.
#[derive(Debug, thiserror::Error)]
#[error("writing has failed")]
pub struct WritingFailed;

/// Where bytes are written to.
pub struct Output<W> {
    pieces: mpsc::Sender<Vec<Bytes>>,
    writer: JoinHandle<io::Result<W>>,
    piece: Vec<Bytes>,
    length: usize,
}

impl<W: Write + Send + 'static> Output<W> {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When there can be no more threads.
    pub fn to(mut file: W) -> io::Result<Self> {
        let (pieces, mut waiting) = mpsc::channel::<Vec<Bytes>>(WAITING_PIECES);
        let writer = thread::Builder::new().spawn(move || {
            while let Some(piece) = waiting.blocking_recv() {
                for bytes in piece {
                    file.write_all(&bytes)?;
                }
            }
            file.flush()?;
            Ok(file)
        })?;
        Ok(Output {
            pieces,
            writer,
            piece: Vec::new(),
            length: 0,
        })
    }

    /// Writes these bytes, some time before [`finish`](Self::finish) returns.
    ///
    /// # Errors
    ///
    /// When writing has failed; `finish` tells why.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), WritingFailed> {
        self.length += bytes.len();
        self.piece.push(bytes);
        if self.length >= PIECE {
            self.hand_over().await?;
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> Result<(), WritingFailed> {
        self.length = 0;
        let piece = std::mem::take(&mut self.piece);
        self.pieces.send(piece).await.map_err(|_| WritingFailed)
    }

    /// Waits until everything is written, and gives back where it was written to.
    ///
    /// # Errors
    ///
    /// What writing failed with.
    pub async fn finish(mut self) -> io::Result<W> {
        // Why it failed, the thread says.
        let _ = self.hand_over().await;
        drop(self.pieces);
        let joined = tokio::task::spawn_blocking(|| self.writer.join()).await?;
        joined.unwrap_or_else(|_| Err(io::Error::other("the thread that writes has panicked")))
    }
}
