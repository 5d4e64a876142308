//! [`Race`]: the first streams of a node that opens one for each message until the first is open, by the
//! deviation `own-streams-race`. Deployed nodes do so: what they say later may arrive earlier.

use std::collections::VecDeque;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::io::WriteHalf;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use libp2p::swarm::Stream;

use super::streams::StreamNumber;
use super::unwritten::{Unwritten, Written, write};

/// So many streams are opened at most. Further messages wait.
const MOST: u32 = 8;

/// How long it takes until the first message is written. The next one takes half as long, the third a
/// third of it.
const FIRST: Duration = Duration::from_millis(20);

/// The streams that are being opened, and the frame that each is for.
#[derive(Default)]
pub struct Race {
    started: u32,
    waiting: VecDeque<(Duration, Bytes)>,
    writing: FuturesUnordered<BoxFuture<'static, (Written, StreamNumber)>>,
    /// Those that lost. They stay open.
    others: Vec<WriteHalf<Stream>>,
}

impl Race {
    /// Whether one more message may have a stream of its own.
    pub fn has_room(&self) -> bool {
        self.started < MOST
    }

    /// A stream is to be opened for this frame.
    pub fn start(&mut self, frame: Bytes) {
        self.started += 1;
        self.waiting.push_back((FIRST / self.started, frame));
    }

    /// A stream is open: the next frame is written on it. Gives it back if there is none.
    pub fn opened(
        &mut self,
        stream: WriteHalf<Stream>,
        number: StreamNumber,
    ) -> Option<WriteHalf<Stream>> {
        let Some((after, frame)) = self.waiting.pop_front() else {
            return Some(stream);
        };
        let writing = async move {
            tokio::time::sleep(after).await;
            (write(stream, Unwritten::new(vec![frame])).await, number)
        };
        self.writing.push(writing.boxed());
        None
    }

    /// No stream could be opened for the next frame: it is lost.
    pub fn failed(&mut self) {
        self.waiting.pop_front();
    }

    /// Whether nothing is under way.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.writing.is_empty()
    }

    /// A stream on which its frame was written, or not.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Written, StreamNumber)>> {
        self.writing.poll_next_unpin(cx)
    }

    /// Keeps a stream open that is not used any more.
    pub fn keep(&mut self, stream: WriteHalf<Stream>) {
        self.others.push(stream);
    }
}
