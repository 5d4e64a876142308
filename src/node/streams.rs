//! Reading the streams of one connection, with bounds on what is read ahead.
//!
//! Every stream is read frame by frame, and the next frame only when the node has taken the one
//! before. What frames under way take together is bounded too: the stream that would go over the
//! bound is closed, and the others go on (WIRE-10).

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{AbortHandle, Abortable, BoxStream, SelectAll};
use futures::{AsyncRead, StreamExt as _, stream};

use crate::wire::{FrameError, FrameOptions, FrameReader};

/// One of the streams of a connection, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamNumber(pub u64);

/// What came on a stream.
#[derive(Debug)]
pub struct Came {
    /// Which stream.
    pub stream: StreamNumber,
    /// Whether it is the node's own, which it opened itself.
    pub own: bool,
    /// A frame, or why there are no more: `Ok(None)` when the peer closed the stream in good order.
    pub what: Result<Option<Bytes>, FrameError>,
    /// Whether the stream is read no further.
    pub is_last: bool,
}

/// The streams of one connection that are read.
pub struct Streams {
    options: FrameOptions,
    goes_on_after_long_frame: bool,
    reading: SelectAll<BoxStream<'static, Came>>,
    open: HashMap<StreamNumber, AbortHandle>,
    budget: Arc<Budget>,
    opened: u64,
    incoming: Arc<AtomicU64>,
}

impl Streams {
    /// No streams yet. `goes_on_after_long_frame` skips frames that are too long instead of
    /// closing their stream, which only a deviating node does.
    pub fn new(options: FrameOptions, goes_on_after_long_frame: bool) -> Self {
        Streams {
            options,
            goes_on_after_long_frame,
            reading: SelectAll::new(),
            open: HashMap::new(),
            budget: Arc::new(Budget {
                // One frame of the longest kind, and as much again for all others, within reason.
                most: options.limit.saturating_add(options.limit.min(LEEWAY)),
                used: AtomicU64::new(0),
            }),
            opened: 0,
            incoming: Arc::default(),
        }
    }

    /// How many streams that the peer opened are being read.
    pub fn incoming(&self) -> u64 {
        self.incoming.load(Ordering::Relaxed)
    }

    /// Reads one more stream.
    pub fn add(
        &mut self,
        reader: impl AsyncRead + Send + Unpin + 'static,
        own: bool,
    ) -> StreamNumber {
        self.opened += 1;
        let number = StreamNumber(self.opened);
        let counted = (!own).then(|| Counted::new(self.incoming.clone()));
        let metered = Metered {
            reader,
            budget: self.budget.clone(),
            taken: 0,
        };
        let goes_on_after_long_frame = self.goes_on_after_long_frame;
        let state = Some((FrameReader::new(metered, self.options), counted));
        let frames = stream::unfold(state, move |state| async move {
            let (mut frames, counted) = state?;
            let what = frames.next().await;
            frames.get_mut().release();
            let goes_on = match &what {
                Ok(Some(_)) => true,
                Err(FrameError::TooLong { .. }) => goes_on_after_long_frame,
                _ => false,
            };
            let came = Came {
                stream: number,
                own,
                what,
                is_last: !goes_on,
            };
            Some((came, goes_on.then_some((frames, counted))))
        });
        let (handle, registration) = AbortHandle::new_pair();
        self.open.insert(number, handle);
        self.reading
            .push(Abortable::new(frames, registration).boxed());
        number
    }

    /// Reads this stream no further, and drops it.
    pub fn close(&mut self, stream: StreamNumber) {
        if let Some(handle) = self.open.remove(&stream) {
            handle.abort();
        }
    }

    /// The next thing that comes on any of them.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Came> {
        match self.reading.poll_next_unpin(cx) {
            Poll::Ready(Some(came)) => {
                if came.is_last {
                    self.open.remove(&came.stream);
                }
                Poll::Ready(came)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// What the other frames under way may take, beside one of the longest kind.
const LEEWAY: u64 = 32 * 1024 * 1024;

struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(counter: Arc<AtomicU64>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Counted(counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the frames under way of one connection take, and may take.
struct Budget {
    most: u64,
    used: AtomicU64,
}

/// A stream that counts what its present frame takes.
struct Metered<R> {
    reader: R,
    budget: Arc<Budget>,
    taken: u64,
}

impl<R> Metered<R> {
    /// The present frame is complete.
    fn release(&mut self) {
        self.budget.used.fetch_sub(self.taken, Ordering::Relaxed);
        self.taken = 0;
    }
}

impl<R> Drop for Metered<R> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.budget.used.load(Ordering::Relaxed) > self.budget.most {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                "too much unprocessed input on this connection (WIRE-10)",
            )));
        }
        let polled = Pin::new(&mut self.reader).poll_read(cx, buffer);
        if let Poll::Ready(Ok(read)) = polled {
            self.taken += read as u64;
            self.budget.used.fetch_add(read as u64, Ordering::Relaxed);
        }
        polled
    }
}
