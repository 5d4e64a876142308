//! [`Stream`]: one stream of a connection, on which messages, frames or single bytes are sent.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::AsyncWriteExt as _;
use futures::io::WriteHalf;
use libp2p::core::muxing::SubstreamBox;
use multistream_select::Negotiated;
use prost::Message as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::connection::{CLOSING, Connection};
use super::describe::describe;
use super::exchange::{Content, Exchange, StreamId};
use super::peer_config::PeerConfig;
use super::peer_error::PeerError;
use crate::wire::{encode_frame, protobuf};

/// A stream as the muxer gives it, with its protocol agreed upon.
pub type Substream = Negotiated<SubstreamBox>;

/// The time between two attempts to make the target write, while the end of a stream is waited for.
const PROVOKING: Duration = Duration::from_millis(50);

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The other side has closed its writing half between two frames.
    Closed,
    /// The other side has reset the stream, or its connection has ended.
    Reset(String),
    /// The other side sent bytes that are no frame, and the suite has stopped reading.
    BadFrame(String),
    /// The suite does not use it any more.
    Dropped,
}

/// One stream of the protocol. Clones are the same stream.
#[derive(Clone, Debug)]
pub struct Stream {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: StreamId,
    connection: Connection,
    ours: bool,
    peer_name: String,
    exchange: Exchange,
    deadline: Duration,
    writer: tokio::sync::Mutex<Option<WriteHalf<Substream>>>,
    /// The task that reads it.
    reader: Mutex<Option<AbortHandle>>,
    end: watch::Sender<Option<StreamEnd>>,
    /// Whether something was sent since the last barrier.
    unconfirmed: AtomicBool,
}

impl Stream {
    /// A stream of this peer on which the protocol was agreed. `ours` says whether the suite
    /// opened it.
    pub(super) fn new(
        id: StreamId,
        connection: Connection,
        ours: bool,
        peer_name: String,
        config: &PeerConfig,
        writer: WriteHalf<Substream>,
    ) -> Self {
        Stream {
            inner: Arc::new(Inner {
                id,
                connection,
                ours,
                peer_name,
                exchange: config.exchange.clone(),
                deadline: config.pace.deadline(),
                writer: tokio::sync::Mutex::new(Some(writer)),
                reader: Mutex::new(None),
                end: watch::Sender::new(None),
                unconfirmed: AtomicBool::new(false),
            }),
        }
    }

    /// Notes the task that reads the stream.
    pub(super) fn set_reader(&self, task: AbortHandle) {
        *self.reader() = Some(task);
    }

    /// Notes that the stream has ended for reading.
    pub(super) fn set_ended(&self, end: StreamEnd) {
        self.inner.end.send_replace(Some(end));
    }

    /// Whether something was sent since the last barrier.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.inner.unconfirmed.load(Ordering::Acquire)
    }

    /// Notes that a barrier covers all that was sent.
    pub(super) fn set_confirmed(&self) {
        self.inner.unconfirmed.store(false, Ordering::Release);
    }

    fn reader(&self) -> MutexGuard<'_, Option<AbortHandle>> {
        // A handle is whole after any panic.
        self.inner
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream and its connection, as the log names them.
    pub fn id(&self) -> StreamId {
        self.inner.id
    }

    /// Which stream of the scenario it is.
    pub fn number(&self) -> u32 {
        self.inner.id.stream
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
        let provoking = async {
            loop {
                tokio::time::sleep(PROVOKING).await;
                self.inner.connection.provoke_write().await;
            }
        };
        tokio::select! {
            () = ended => {}
            () = provoking => {}
            () = tokio::time::sleep(self.inner.deadline) => {}
        }
        self.ended()
    }

    /// Sends a message: its length, then its bytes.
    ///
    /// # Errors
    ///
    /// When the stream does not take it in time, or has ended.
    pub async fn send(&self, message: &protobuf::Message) -> Result<(), PeerError> {
        self.send_frame(&message.encode_to_vec().into()).await
    }

    /// Sends these bytes as a frame: a right length before them, whatever they are.
    ///
    /// # Errors
    ///
    /// When the stream does not take it in time, or has ended.
    pub async fn send_frame(&self, message: &Bytes) -> Result<(), PeerError> {
        self.send_frame_described(message, describe(message)).await
    }

    pub(super) async fn send_frame_described(
        &self,
        message: &Bytes,
        text: String,
    ) -> Result<(), PeerError> {
        self.log(Content::Frame {
            bytes: message.clone(),
            text,
        });
        self.inner.unconfirmed.store(true, Ordering::Release);
        self.write(&encode_frame(message)).await
    }

    /// Writes these bytes as they are: a part of a frame, several, or none.
    ///
    /// # Errors
    ///
    /// When the stream does not take them in time, or has ended.
    pub async fn send_raw(&self, bytes: impl Into<Bytes>) -> Result<(), PeerError> {
        let bytes = bytes.into();
        self.log(Content::Raw(bytes.clone()));
        self.write(&bytes).await
    }

    async fn write(&self, bytes: &[u8]) -> Result<(), PeerError> {
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
            Ok(Err(error)) => Err(PeerError::Ended {
                peer: self.inner.peer_name.clone(),
                what: format!("stream {}", self.number()),
                how: error.to_string(),
            }),
            Err(_) => Err(PeerError::NotAccepted {
                peer: self.inner.peer_name.clone(),
                stream: self.number(),
                within: self.inner.deadline,
            }),
        }
    }

    /// Closes the writing half: the other side sees the end, and may go on writing.
    pub async fn finish(&self) {
        self.log(Content::Note(format!("closes stream {}", self.number())));
        if let Some(mut writer) = self.inner.writer.lock().await.take() {
            // An ended stream needs no closing.
            let _ = tokio::time::timeout(CLOSING, writer.close()).await;
        }
    }

    /// Resets the stream: nothing more is read or written. Over mplex, the other side learns it
    /// with the next thing that is sent.
    pub async fn reset(&self) {
        self.log(Content::Note(format!("resets stream {}", self.number())));
        self.abandon();
        self.inner.writer.lock().await.take();
    }

    /// Stops reading it, for good.
    pub fn stop_reading(&self) {
        if let Some(task) = self.reader().take() {
            task.abort();
        }
    }

    /// Lets go of the stream. Over mplex the connection stands for as long as anybody has one.
    pub(super) async fn let_go(&self) {
        self.abandon();
        self.inner.writer.lock().await.take();
    }

    /// Stops reading, and takes the stream for ended.
    pub(super) fn abandon(&self) {
        self.stop_reading();
        self.inner
            .end
            .send_if_modified(|end| end.is_none() && end.replace(StreamEnd::Dropped).is_none());
    }

    fn log(&self, content: Content) {
        self.inner.exchange.log(
            &self.inner.peer_name,
            "target",
            Some(self.inner.id),
            content,
        );
    }
}
