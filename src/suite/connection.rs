//! [`Connection`]: one connection of a peer of the suite, its muxer driven by hand; and
//! [`Stream`], one of its streams, down to the byte.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures::AsyncWriteExt as _;
use futures::io::WriteHalf;
use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerExt as _, SubstreamBox};
use multistream_select::{Negotiated, Version, dialer_select_proto};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use super::exchange::{Exchange, Place, What};
use super::peer::Silence;
use super::received::describe;
use crate::wire::{encode_frame, protobuf};

/// A stream as the muxer gives it, with its protocol agreed upon.
pub type Substream = Negotiated<SubstreamBox>;

/// How long saying goodbye may take.
const CLOSING: Duration = Duration::from_secs(1);

/// Between two reasons to write, while the end of a stream is waited for.
const NUDGING: Duration = Duration::from_millis(50);

const PING: &str = "/ipfs/ping/1.0.0";

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

const ABORTED: &str = "broken off by the suite";

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
        // A driver that is gone without a word was ended with its runtime.
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
    async fn nudge(&self) {
        let asking = async {
            let stream = self.open().await.map_err(|_| ())?;
            // Agreed or refused: it has answered.
            let _ = dialer_select_proto(stream, [PING], Version::V1).await;
            Ok::<(), ()>(())
        };
        // A side that does not answer will not tell the end of a stream either.
        let _ = tokio::time::timeout(CLOSING, asking).await;
    }

    /// Closes the connection as a polite node does, and waits until that is done.
    pub async fn close(&self) {
        // An error says that it has ended already.
        let _ = self.commands.send(Command::Close);
        self.end().await;
    }

    /// Stops reading and writing, on every stream, and keeps the connection open: a peer that is
    /// there and does nothing. Over mplex a stream that is being read goes on; see
    /// [`Stream::stop_reading`].
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
    Polite,
    Sudden,
    Broken(io::Error),
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
                Poll::Ready(Some(Command::Close)) => return Poll::Ready(Ending::Polite),
                Poll::Ready(Some(Command::Abort) | None) => return Poll::Ready(Ending::Sudden),
                Poll::Pending if frozen => return Poll::Pending,
                Poll::Pending => {}
            }
            match muxer.poll_unpin(cx) {
                Poll::Ready(Ok(_)) => continue,
                Poll::Ready(Err(error)) => return Poll::Ready(Ending::Broken(error)),
                Poll::Pending => {}
            }
            match muxer.poll_inbound_unpin(cx) {
                Poll::Ready(Ok(stream)) => {
                    inbound(stream);
                    continue;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Ending::Broken(error)),
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
        Ending::Broken(error) => format!("closed by the other side: {error}"),
        Ending::Sudden => ABORTED.to_owned(),
        Ending::Polite => {
            // The other side may be gone already, or not listen: then the socket's end tells it.
            let _ = tokio::time::timeout(CLOSING, muxer.close()).await;
            "closed by the suite".to_owned()
        }
    }
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The other side has closed its writing half between two frames.
    Closed,
    /// The other side has reset the stream, or its connection has ended.
    Reset(String),
    /// The other side sent what is no frame: the suite reads no more of it.
    Garbled(String),
    /// The suite has let go of it.
    Dropped,
}

/// One stream of the protocol. Clones are the same stream.
#[derive(Clone, Debug)]
pub struct Stream {
    pub(super) inner: Arc<StreamInner>,
}

#[derive(Debug)]
pub(super) struct StreamInner {
    pub(super) place: Place,
    pub(super) connection: Connection,
    /// Whether the suite opened it.
    pub(super) ours: bool,
    pub(super) peer_name: String,
    pub(super) exchange: Exchange,
    pub(super) deadline: Duration,
    pub(super) writer: tokio::sync::Mutex<Option<WriteHalf<Substream>>>,
    pub(super) reader: Mutex<Option<AbortHandle>>,
    pub(super) end: watch::Sender<Option<StreamEnd>>,
    /// Something was said on it since the last barrier.
    pub(super) unconfirmed: std::sync::atomic::AtomicBool,
}

impl Stream {
    /// Which stream of the scenario it is.
    pub fn number(&self) -> u32 {
        self.inner.place.stream
    }

    /// Whether the suite opened it, rather than the target.
    pub fn is_ours(&self) -> bool {
        self.inner.ours
    }

    /// The connection that it belongs to.
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// How it has ended for reading, if it has. A target that refuses a stream closes or resets
    /// it.
    pub fn ended(&self) -> Option<StreamEnd> {
        let end = self.inner.end.borrow().clone();
        end.or_else(|| {
            let reason = self.inner.connection.ended()?;
            Some(StreamEnd::Reset(reason))
        })
    }

    /// Waits until it ends, for at most as long as the scenario's deadline.
    ///
    /// Some muxers tell the end of a stream only along with the next thing that the node writes
    /// (rust-libp2p's mplex does), so the target is given reason to write something: streams of
    /// another protocol to answer.
    pub async fn end(&self) -> Option<StreamEnd> {
        let mut end = self.inner.end.subscribe();
        let ended = async {
            tokio::select! {
                _ = end.wait_for(Option::is_some) => {}
                _ = self.inner.connection.end() => {}
            }
        };
        let nudging = async {
            loop {
                tokio::time::sleep(NUDGING).await;
                self.inner.connection.nudge().await;
            }
        };
        tokio::select! {
            () = ended => {}
            () = nudging => {}
            () = tokio::time::sleep(self.inner.deadline) => {}
        }
        self.ended()
    }

    /// Sends a message: its length, then its bytes.
    ///
    /// # Errors
    ///
    /// When the stream does not take it in time, or has ended.
    pub async fn send(&self, message: &protobuf::Message) -> Result<(), Silence> {
        self.send_frame(&message.encode_to_vec().into()).await
    }

    /// Sends these bytes as a frame: a right length before them, whatever they are.
    ///
    /// # Errors
    ///
    /// When the stream does not take it in time, or has ended.
    pub async fn send_frame(&self, message: &Bytes) -> Result<(), Silence> {
        self.send_frame_saying(message, describe(message)).await
    }

    pub(super) async fn send_frame_saying(
        &self,
        message: &Bytes,
        says: String,
    ) -> Result<(), Silence> {
        use std::sync::atomic::Ordering;
        self.log(What::Frame {
            bytes: message.clone(),
            says,
        });
        self.inner.unconfirmed.store(true, Ordering::Release);
        self.write(&encode_frame(message)).await
    }

    /// Writes these bytes as they are: a part of a frame, several, or none.
    ///
    /// # Errors
    ///
    /// When the stream does not take them in time, or has ended.
    pub async fn send_raw(&self, bytes: impl Into<Bytes>) -> Result<(), Silence> {
        let bytes = bytes.into();
        self.log(What::Raw(bytes.clone()));
        self.write(&bytes).await
    }

    async fn write(&self, bytes: &[u8]) -> Result<(), Silence> {
        let writing = async {
            let mut writer = self.inner.writer.lock().await;
            let Some(writer) = writer.as_mut() else {
                return Err(io::Error::new(
                    io::ErrorKind::NotConnected,
                    "the suite has closed it",
                ));
            };
            writer.write_all(bytes).await?;
            writer.flush().await
        };
        match tokio::time::timeout(self.inner.deadline, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Silence::Ended {
                peer: self.inner.peer_name.clone(),
                what: format!("stream {}", self.number()),
                how: error.to_string(),
            }),
            Err(_) => Err(Silence::NotTaken {
                peer: self.inner.peer_name.clone(),
                stream: self.number(),
                within: self.inner.deadline,
            }),
        }
    }

    /// Closes the writing half: the other side sees the end, and may go on writing.
    pub async fn finish(&self) {
        self.log(What::Note(format!("closes stream {}", self.number())));
        if let Some(mut writer) = self.inner.writer.lock().await.take() {
            // An ended stream needs no closing.
            let _ = tokio::time::timeout(CLOSING, writer.close()).await;
        }
    }

    /// Resets the stream: nothing more is read or written. Over mplex, the other side learns it
    /// with the next thing that is sent.
    pub async fn reset(&self) {
        self.log(What::Note(format!("resets stream {}", self.number())));
        self.let_go();
        self.inner.writer.lock().await.take();
    }

    /// Stops reading it, for good.
    pub fn stop_reading(&self) {
        let mut reader = self
            .inner
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = reader.take() {
            task.abort();
        }
    }

    pub(super) fn let_go(&self) {
        self.stop_reading();
        self.inner
            .end
            .send_if_modified(|end| end.is_none() && end.replace(StreamEnd::Dropped).is_none());
    }

    fn log(&self, what: What) {
        self.inner.exchange.log(
            &self.inner.peer_name,
            "target",
            Some(self.inner.place),
            what,
        );
    }
}
