//! [`Streams`]: reads the streams of one connection, with limits on the memory.
//!
//! Every stream is read frame by frame. The next frame is read when the node has taken the previous
//! one. The incomplete frames of a connection have a common limit: the stream that would exceed it
//! is closed, and the others go on (WIRE-10).

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::Fuse;
use futures::stream::{BoxStream, SelectAll};
use futures::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, FutureExt as _, StreamExt as _,
    stream,
};

use crate::wire::{FrameError, FrameOptions, FrameReader};

/// One of the streams of a connection, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamNumber(pub u64);

/// A frame was received on a stream, or the stream ended.
#[derive(Debug)]
pub struct StreamEvent {
    /// The stream.
    pub stream: StreamNumber,
    /// Whether the node opened it itself.
    pub own: bool,
    /// The frame, or why there are no more. `Ok(None)`: the peer closed the stream.
    pub frame: Result<Option<Bytes>, FrameError>,
    /// Whether the stream is read no further.
    pub is_last: bool,
}

/// The streams of one connection that are read.
pub struct Streams {
    options: FrameOptions,
    skips_long_frames: bool,
    reading: SelectAll<BoxStream<'static, StreamEvent>>,
    open: HashMap<StreamNumber, oneshot::Sender<()>>,
    budget: Arc<Budget>,
    opened: u64,
    incoming: Arc<AtomicU64>,
}

impl Streams {
    /// No streams. With `skips_long_frames`, frames that are too long are skipped, and their
    /// streams not closed. Only deviating nodes do so.
    pub fn new(options: FrameOptions, skips_long_frames: bool) -> Self {
        Streams {
            options,
            skips_long_frames,
            reading: SelectAll::new(),
            open: HashMap::new(),
            budget: Arc::new(Budget {
                // One frame of the greatest length, and as much for all others, up to a limit.
                most: options.limit.saturating_add(options.limit.min(MAX_OTHERS)),
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

    /// Reads one more stream, which the peer opened.
    pub fn accept(&mut self, stream: impl AsyncRead + AsyncWrite + Send + 'static) -> StreamNumber {
        let counted = Counted::new(self.incoming.clone());
        let (reader, writer) = stream.split();
        self.add(reader, false, async move {
            let _counted = counted;
            close(writer).await;
        })
    }

    /// Reads the node's own stream.
    pub fn add_own(&mut self, reader: impl AsyncRead + Send + Unpin + 'static) -> StreamNumber {
        // The half that writes is closed by whoever writes.
        self.add(reader, true, async {})
    }

    /// Closes a stream that the peer opened, without reading it.
    pub fn refuse(&mut self, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let (reader, writer) = stream.split();
        let refused = async move {
            close(writer).await;
            drain(reader).await;
        };
        self.reading.push(
            stream::once(refused)
                .filter_map(|()| async { None })
                .boxed(),
        );
    }

    /// Reads a stream until it ends, or until a frame cannot be read: one that is too long
    /// (WIRE-2), or whose length is wrong (WIRE-8).
    fn add(
        &mut self,
        reader: impl AsyncRead + Send + Unpin + 'static,
        own: bool,
        close: impl Future<Output = ()> + Send + 'static,
    ) -> StreamNumber {
        self.opened += 1;
        let number = StreamNumber(self.opened);
        let metered = Metered {
            reader,
            budget: self.budget.clone(),
            taken: 0,
        };
        let skips_long_frames = self.skips_long_frames;
        let (stop, stopped) = oneshot::channel();
        self.open.insert(number, stop);
        let start = Reading {
            frames: FrameReader::new(metered, self.options),
            stopped: stopped.fuse(),
            close,
            is_over: false,
        };
        let frames = stream::unfold(start, move |mut reading| async move {
            let frame = if reading.is_over {
                None
            } else {
                futures::select_biased! {
                    _ = &mut reading.stopped => None,
                    frame = reading.frames.next().fuse() => Some(frame),
                }
            };
            let Some(frame) = frame else {
                reading.close.await;
                drain(reading.frames.get_mut()).await;
                return None;
            };
            reading.frames.get_mut().release();
            reading.is_over = match &frame {
                Ok(Some(_)) => false,
                Err(FrameError::TooLong { .. }) => !skips_long_frames,
                _ => true,
            };
            let event = StreamEvent {
                stream: number,
                own,
                frame,
                is_last: reading.is_over,
            };
            Some((event, reading))
        });
        self.reading.push(frames.boxed());
        number
    }

    /// Reads this stream no further, and closes it.
    pub fn close(&mut self, stream: StreamNumber) {
        if let Some(stop) = self.open.remove(&stream) {
            // A stream that has ended by itself is not there to be told.
            let _ = stop.send(());
        }
    }

    /// The next thing that comes on any of them.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<StreamEvent> {
        match self.reading.poll_next_unpin(cx) {
            Poll::Ready(Some(event)) => {
                if event.is_last {
                    self.open.remove(&event.stream);
                }
                Poll::Ready(event)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// The limit of the memory for all incomplete frames but one of the greatest length.
const MAX_OTHERS: u64 = 32 * 1024 * 1024;

/// How long the rest of a closed stream is read and dropped.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A stream that is being read.
struct Reading<R, C> {
    frames: FrameReader<Metered<R>>,
    stopped: Fuse<oneshot::Receiver<()>>,
    close: C,
    is_over: bool,
}

/// Closes this node's half of a stream.
async fn close(mut writer: impl AsyncWrite + Unpin) {
    // A stream that cannot be closed is closed already.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, writer.close()).await;
}

/// Reads and drops the rest of a closed stream. libp2p's mplex stalls the whole connection when a
/// stream is dropped while its buffer is full.
async fn drain(mut reader: impl AsyncRead + Unpin) {
    let drain = async {
        let mut buffer = [0; 4096];
        while matches!(reader.read(&mut buffer).await, Ok(read) if read > 0) {}
    };
    // A peer that goes on for longer stalls only its own connection.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drain).await;
}

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

/// The memory that the incomplete frames of one connection take, and its limit.
struct Budget {
    most: u64,
    used: AtomicU64,
}

/// A stream that counts the memory of its incomplete frame.
struct Metered<R> {
    reader: R,
    budget: Arc<Budget>,
    taken: u64,
}

impl<R> Metered<R> {
    /// The frame is complete.
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
