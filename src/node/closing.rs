//! [`ClosesInTime`]: a muxer that takes only so long to close.
//!
//! Closing a connection politely means to write what is still in its buffers. A peer that reads
//! nothing would put that off for ever, and with it the Left that ends its context (LEFT-1).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent};
use tokio::time::{Sleep, sleep};

/// How long closing may take.
const CLOSING: Duration = Duration::from_secs(2);

/// A muxer that is dropped when it has not closed in time.
pub struct ClosesInTime {
    muxer: StreamMuxerBox,
    /// Runs since closing was begun.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl ClosesInTime {
    /// The same muxer, with a bound on how long it takes to close.
    pub fn new(muxer: StreamMuxerBox) -> Self {
        ClosesInTime {
            muxer,
            deadline: None,
        }
    }

    fn muxer(self: Pin<&mut Self>) -> Pin<&mut StreamMuxerBox> {
        Pin::new(&mut self.get_mut().muxer)
    }
}

impl StreamMuxer for ClosesInTime {
    type Substream = <StreamMuxerBox as StreamMuxer>::Substream;
    type Error = <StreamMuxerBox as StreamMuxer>::Error;

    fn poll_inbound(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        self.muxer().poll_inbound(context)
    }

    fn poll_outbound(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        self.muxer().poll_outbound(context)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Self::Error>> {
        if let Poll::Ready(closed) = self.as_mut().muxer().poll_close(context) {
            return Poll::Ready(closed);
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(CLOSING)));
        deadline.as_mut().poll(context).map(Ok)
    }

    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        self.muxer().poll(context)
    }
}
