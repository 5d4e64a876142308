//! [`Corked`]: a connection whose bytes go out in few large pieces.
//!
//! A muxer asks for each of its small frames to be flushed. Here the first wish to flush what was
//! newly written is put off, by one turn of the task: until then more frames come, and share one
//! message of the secure channel and one call of the system.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncWrite};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};

/// A stream whose flushes are put off by one turn.
#[derive(Debug)]
pub struct Corked<S> {
    stream: S,
    /// Whether anything was written since a flush was last asked for.
    is_fresh: bool,
}

impl<S> Corked<S> {
    /// The same stream, with fewer flushes.
    pub fn new(stream: S) -> Self {
        Corked {
            stream,
            is_fresh: false,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Corked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Corked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_fresh = true;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_fresh = true;
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_fresh) {
            // As with any flush under way: whoever waits for it is to ask again.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}

/// An upgrade to a secure channel, whose channel is [`Corked`].
#[derive(Clone, Debug)]
pub struct Corking<U>(pub U);

impl<U: UpgradeInfo> UpgradeInfo for Corking<U> {
    type Info = U::Info;
    type InfoIter = U::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.protocol_info()
    }
}

type Upgraded<P, S, E> = BoxFuture<'static, Result<(P, Corked<S>), E>>;

fn corked<P, S, E>(
    upgraded: impl Future<Output = Result<(P, S), E>> + Send + 'static,
) -> Upgraded<P, S, E> {
    Box::pin(async move {
        let (peer, stream) = upgraded.await?;
        Ok((peer, Corked::new(stream)))
    })
}

impl<C, U, P, S> InboundConnectionUpgrade<C> for Corking<U>
where
    U: InboundConnectionUpgrade<C, Output = (P, S)>,
    U::Future: Send + 'static,
{
    type Output = (P, Corked<S>);
    type Error = U::Error;
    type Future = Upgraded<P, S, U::Error>;

    fn upgrade_inbound(self, connection: C, info: Self::Info) -> Self::Future {
        corked(self.0.upgrade_inbound(connection, info))
    }
}

impl<C, U, P, S> OutboundConnectionUpgrade<C> for Corking<U>
where
    U: OutboundConnectionUpgrade<C, Output = (P, S)>,
    U::Future: Send + 'static,
{
    type Output = (P, Corked<S>);
    type Error = U::Error;
    type Future = Upgraded<P, S, U::Error>;

    fn upgrade_outbound(self, connection: C, info: Self::Info) -> Self::Future {
        corked(self.0.upgrade_outbound(connection, info))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use futures::AsyncWriteExt as _;

    use super::*;

    /// Counts what is asked of it.
    #[derive(Clone, Default)]
    struct Counting(Arc<Mutex<(usize, usize)>>);

    impl AsyncWrite for Counting {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.lock().unwrap().0 += bytes.len();
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.0.lock().unwrap().1 += 1;
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn what_is_written_before_the_task_comes_round_is_flushed_once() {
        let counting = Counting::default();
        let mut corked = Corked::new(counting.clone());
        futures::future::poll_fn(|context| {
            // As a muxer does: it writes on whether or not the flush has ended.
            for _ in 0..3 {
                let written = Pin::new(&mut corked).poll_write(context, b"frame");
                assert!(matches!(written, Poll::Ready(Ok(5))));
                assert!(Pin::new(&mut corked).poll_flush(context).is_pending());
            }
            Poll::Ready(())
        })
        .await;
        assert_eq!(*counting.0.lock().unwrap(), (15, 0));
        corked.flush().await.unwrap();
        assert_eq!(*counting.0.lock().unwrap(), (15, 1));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_flush_has_it() {
        let counting = Counting::default();
        let mut corked = Corked::new(counting.clone());
        corked.write_all(b"alone").await.unwrap();
        corked.flush().await.unwrap();
        assert_eq!(*counting.0.lock().unwrap(), (5, 1));
    }
}
