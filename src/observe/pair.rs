//! [`Pair`]: a stream of one node and its counterpart to the other node.

use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::io::{ReadHalf, WriteHalf};
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::frames::{Cut, Frames};
use super::side::Side;
use super::sight::Sight;
use crate::suite::connection::Connection;
use crate::suite::stream::Substream;

/// At first, and at most, so many bytes of a direction are read at once and in memory beside the
/// muxer's own.
const LEAST_READ: usize = 4 * 1024;
const MOST_READ: usize = 64 * 1024;

/// How long what a node sent before it closed its connection may take to be read.
const DRAINING: Duration = Duration::from_secs(1);

/// Where all that is seen goes to. It has room for a few things only: the nodes wait when judging takes
/// longer than they do.
pub type Sights = mpsc::Sender<Vec<Sight>>;

/// A stream that one node has opened, and the one that was opened to the other for it.
pub struct Pair {
    /// Who has opened the first.
    pub opener: Side,
    /// That stream, and its connection.
    pub opened: (Substream, Connection),
    /// The other one, and its connection.
    pub counterpart: (Substream, Connection),
    /// Where frames are told; nowhere for a protocol that is not the exchange.
    pub sights: Option<Sights>,
    /// The permits for bytes of frames.
    pub memory: Arc<Semaphore>,
}

impl Pair {
    /// Hands on what comes on either stream to the other, until both directions have ended, or one
    /// stream or connection has broken off. Then both streams are dropped, which tells the nodes.
    pub async fn run(self) {
        let Pair {
            opener,
            opened,
            counterpart,
            sights,
            memory,
        } = self;
        let (from_opener, to_opener) = opened.0.split();
        let (from_other, to_other) = counterpart.0.split();
        let direction = |from, reader, writer| Direction {
            from,
            reader,
            writer,
            sights: sights.clone(),
            frames: Frames::new(Arc::clone(&memory)),
        };
        // A task each: what wakes one of them is nothing to the other. They end with this one.
        let mut directions = JoinSet::new();
        directions.spawn(direction(opener, from_opener, to_other).run());
        directions.spawn(direction(opener.other(), from_other, to_opener).run());
        let gone = async {
            tokio::select! {
                _ = opened.1.end() => opener,
                _ = counterpart.1.end() => opener.other(),
            }
        };
        tokio::pin!(gone);
        let mut over = None;
        let gone = loop {
            tokio::select! {
                gone = &mut gone => break gone,
                done = directions.join_next() => match done {
                    Some(Ok((from, Ok(())))) => over = Some(from),
                    // How it ended the nodes learn from how their streams end.
                    _ => return,
                },
            }
        };
        // What was sent before the end has to arrive; for what comes back there is nobody.
        if over != Some(gone) {
            let arrived = async {
                while let Some(Ok((from, _))) = directions.join_next().await {
                    if from == gone {
                        break;
                    }
                }
            };
            let _ = tokio::time::timeout(DRAINING, arrived).await;
        }
    }
}

/// What one node sends to the other on a pair of streams.
struct Direction {
    from: Side,
    reader: ReadHalf<Substream>,
    writer: WriteHalf<Substream>,
    sights: Option<Sights>,
    frames: Frames,
}

impl Direction {
    /// Returns whose direction it was, and an error when either stream fails.
    async fn run(mut self) -> (Side, io::Result<()>) {
        (self.from, self.hand_on().await)
    }

    /// # Errors
    ///
    /// When either stream fails.
    async fn hand_on(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; LEAST_READ];
        loop {
            let mut read = self.reader.read(&mut buffer).await?;
            if read == 0 {
                self.ended().await;
                return self.writer.close().await;
            }
            // What is there already goes on together. An end or an error comes again.
            while read < buffer.len() {
                match futures::poll!(self.reader.read(&mut buffer[read..])) {
                    Poll::Ready(Ok(more @ 1..)) => read += more,
                    _ => break,
                }
            }
            // It is told before it goes on: what it is answered with is told after it.
            self.tell(&buffer[..read]).await;
            self.writer.write_all(&buffer[..read]).await?;
            self.writer.flush().await?;
            if read == buffer.len() && read < MOST_READ {
                buffer.resize(MOST_READ.min(4 * read), 0);
            }
        }
    }

    async fn tell(&mut self, bytes: &[u8]) {
        let Some(sights) = &self.sights else {
            return;
        };
        let from = self.from;
        let cuts = self.frames.take(bytes).into_iter();
        let seen: Vec<Sight> = cuts
            .map(|cut| match cut {
                Cut::Frame(bytes, memory) => Sight::Frame {
                    from,
                    bytes,
                    memory,
                },
                Cut::Skipped(why) | Cut::Lost(why) => Sight::Unseen { from, why },
            })
            .collect();
        if !seen.is_empty() {
            // Nobody listens at the very end: the nodes may finish all the same.
            let _ = sights.send(seen).await;
        }
    }

    async fn ended(&self) {
        if let Some(sights) = &self.sights
            && !self.frames.is_between_frames()
        {
            let note = format!("{} has closed a stream within a frame", self.from);
            let _ = sights.send(vec![Sight::Note(note)]).await;
        }
    }
}
