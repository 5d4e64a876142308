//! [`Connection`]: one connection of a peer of the suite, with its muxer.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerExt as _, SubstreamBox};
use multistream_select::{Version, dialer_select_proto};
use tokio::sync::{mpsc, oneshot, watch};

/// How long closing a connection or a stream may take.
pub(super) const CLOSING: Duration = Duration::from_secs(1);

/// The ping protocol of libp2p, which every node answers or refuses.
pub const PING: &str = "/ipfs/ping/1.0.0";

enum Command {
    Open(oneshot::Sender<io::Result<SubstreamBox>>),
    Freeze,
    Close,
    Abort,
}

/// One connection, driven by a task of its own until it ends. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Counted from 1 in the scenario.
    pub number: u32,
    commands: mpsc::UnboundedSender<Command>,
    end: watch::Receiver<Option<String>>,
}

pub(super) const ABORTED: &str = "broken off by the suite";

impl Connection {
    /// Drives a muxer from now on. `inbound` is given every stream that the other side opens.
    pub fn drive(
        number: u32,
        muxer: StreamMuxerBox,
        inbound: impl Fn(&Connection, SubstreamBox) + Send + Sync + 'static,
    ) -> Self {
        let (commands, orders) = mpsc::unbounded_channel();
        let (ended, end) = watch::channel(None);
        let connection = Connection {
            number,
            commands,
            end,
        };
        let driven = connection.clone();
        tokio::spawn(async move {
            let reason = run(muxer, orders, move |stream| inbound(&driven, stream)).await;
            ended.send_replace(Some(reason));
        });
        connection
    }

    /// Why the connection has ended, if it has.
    pub fn ended(&self) -> Option<String> {
        let end = self.end.borrow().clone();
        // A task that ended without a reason was ended with its runtime.
        end.or_else(|| self.end.has_changed().err().map(|_| ABORTED.to_owned()))
    }

    /// Waits until the connection has ended, and says why.
    pub async fn end(&self) -> String {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => ABORTED.to_owned(),
        }
    }

    /// A fresh stream, no protocol agreed upon.
    pub async fn open(&self) -> io::Result<SubstreamBox> {
        let ended = || io::Error::new(io::ErrorKind::NotConnected, "the connection has ended");
        let (answer, answered) = oneshot::channel();
        self.commands
            .send(Command::Open(answer))
            .map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Makes the other side write something: it must answer an offer to speak a protocol.
    pub(super) async fn provoke_write(&self) {
        let asking = async {
            let stream = self.open().await.map_err(|_| ())?;
            // Agreed or refused: it has answered.
            let _ = dialer_select_proto(stream, [PING], Version::V1).await;
            Ok::<(), ()>(())
        };
        // A side that does not answer will not tell the end of a stream either.
        let _ = tokio::time::timeout(CLOSING, asking).await;
    }

    /// Closes the connection in order, and waits until that is done.
    pub async fn close(&self) {
        // An error says that it has ended already.
        let _ = self.commands.send(Command::Close);
        self.end().await;
    }

    /// Stops reading and writing, on every stream, and keeps the connection open: a peer that is
    /// there and does nothing. Over mplex a stream that is being read goes on; see
    /// `Stream::stop_reading`.
    pub fn freeze(&self) {
        // An error says that it has ended already.
        let _ = self.commands.send(Command::Freeze);
    }

    /// Breaks the connection off at once.
    pub fn abort(&self) {
        // An error says that it has ended already.
        let _ = self.commands.send(Command::Abort);
    }
}

enum Ending {
    Closed,
    Aborted,
    Failed(io::Error),
}

/// Drives the muxer until it ends, and says why it did.
async fn run(
    mut muxer: StreamMuxerBox,
    mut orders: mpsc::UnboundedReceiver<Command>,
    inbound: impl Fn(SubstreamBox),
) -> String {
    let mut opening: VecDeque<oneshot::Sender<io::Result<SubstreamBox>>> = VecDeque::new();
    let mut frozen = false;
    let ending = poll_fn(|cx| {
        loop {
            match orders.poll_recv(cx) {
                Poll::Ready(Some(Command::Open(answer))) => {
                    opening.push_back(answer);
                    continue;
                }
                Poll::Ready(Some(Command::Freeze)) => {
                    frozen = true;
                    continue;
                }
                Poll::Ready(Some(Command::Close)) => return Poll::Ready(Ending::Closed),
                Poll::Ready(Some(Command::Abort) | None) => return Poll::Ready(Ending::Aborted),
                Poll::Pending if frozen => return Poll::Pending,
                Poll::Pending => {}
            }
            match muxer.poll_unpin(cx) {
                Poll::Ready(Ok(_)) => continue,
                Poll::Ready(Err(error)) => return Poll::Ready(Ending::Failed(error)),
                Poll::Pending => {}
            }
            match muxer.poll_inbound_unpin(cx) {
                Poll::Ready(Ok(stream)) => {
                    inbound(stream);
                    continue;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Ending::Failed(error)),
                Poll::Pending => {}
            }
            if !opening.is_empty() {
                match muxer.poll_outbound_unpin(cx) {
                    Poll::Ready(opened) => {
                        if let Some(answer) = opening.pop_front() {
                            // Nobody waits for it any more: the stream is dropped.
                            let _ = answer.send(opened);
                        }
                        continue;
                    }
                    Poll::Pending => {}
                }
            }
            return Poll::Pending;
        }
    })
    .await;
    match ending {
        Ending::Failed(error) => format!("closed by the other side: {error}"),
        Ending::Aborted => ABORTED.to_owned(),
        Ending::Closed => {
            // The other side may be gone already, or not listen: then the socket's end tells it.
            let _ = tokio::time::timeout(CLOSING, muxer.close()).await;
            "closed by the suite".to_owned()
        }
    }
}
