//! [`Handler`]: the protocol on one connection.
//!
//! A node opens its own stream with its first message, and keeps it for all later ones. It reads
//! every stream, its own and those that the peer opens (WIRE-7), up to a limit (WIRE-10).

use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::io::WriteHalf;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _};
use libp2p::PeerId;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, Stream, StreamProtocol, SubstreamProtocol,
};
use tracing::{debug, info, warn};

use super::outgoing::Outgoing;
use super::protocol::Options;
use super::streams::{StreamEvent, StreamNumber, Streams};
use super::unwritten::{Unwritten, Written, write};
use crate::wire::FrameError;

/// The largest number of streams of a peer that are read at once (WIRE-10). Deployed nodes have
/// the same limit.
const MAX_INCOMING_STREAMS: u64 = 100;

/// The largest number of frames that are handed to the node together.
const MAX_FRAMES_TOGETHER: usize = 256;

/// The number of bytes at which no more frames are added to those handed to the node together.
const BYTES_TOGETHER: usize = 256 * 1024;

/// After this many failures in a row, the peer counts as one that does not accept streams of the
/// protocol. The messages for it are dropped.
const MAX_FAILURES: u32 = 3;

/// A command to a connection.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Messages are waiting to be sent.
    Send,
    /// Close this stream.
    Close(StreamNumber),
}

/// A frame that was received on a connection.
#[derive(Debug)]
pub struct ReceivedFrame {
    /// The stream of the connection.
    pub stream: StreamNumber,
    /// Whether it is this node's own stream.
    pub own: bool,
    /// The message's bytes.
    pub frame: Bytes,
}

/// The exchange on one connection.
pub struct Handler {
    peer: PeerId,
    options: Options,
    outgoing: Outgoing,
    streams: Streams,
    sending: Sending,
    /// Whether this connection has to send.
    sends: bool,
    /// The number of failures of the own stream since a message was sent last.
    failures: u32,
    /// Whether the behaviour is to be told that the peer has agreed on a stream.
    tells_of_agreement: bool,
}

/// The node's own stream.
enum Sending {
    /// It is not open.
    Closed,
    /// It has been requested.
    Opening,
    /// Nothing is waiting to be sent.
    Idle(WriteHalf<Stream>, StreamNumber),
    /// Frames are being written: these, as far as they are not.
    Writing(BoxFuture<'static, Written>, Unwritten, StreamNumber),
}

impl Handler {
    /// The handler of a new connection with a peer. `outgoing` is the queue of the peer.
    pub fn new(peer: PeerId, outgoing: Outgoing, options: Options) -> Self {
        Handler {
            streams: Streams::new(options.frames, options.skips_long_frames),
            peer,
            options,
            outgoing,
            sending: Sending::Closed,
            sends: false,
            failures: 0,
            tells_of_agreement: false,
        }
    }

    fn own_stream(&self) -> Option<StreamNumber> {
        match &self.sending {
            Sending::Closed | Sending::Opening => None,
            Sending::Idle(_, number) | Sending::Writing(_, _, number) => Some(*number),
        }
    }

    /// Reads a stream that the peer opened (WIRE-7), unless it has too many (WIRE-10).
    fn accept(&mut self, stream: Stream) {
        if self.streams.incoming() >= MAX_INCOMING_STREAMS && !self.options.unbounded_streams {
            info!(
                "closed a stream of {}, which has {MAX_INCOMING_STREAMS} already (WIRE-10)",
                self.peer
            );
            self.streams.refuse(stream);
            return;
        }
        self.streams.accept(stream);
    }

    fn close(&mut self, stream: StreamNumber) {
        self.streams.close(stream);
        if self.own_stream() == Some(stream) {
            self.sending = Sending::Closed;
        }
    }

    fn failed(&mut self, cause: &dyn std::fmt::Display) {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            warn!(
                "what was owed to {} is lost, no stream can be opened to it: {cause}",
                self.peer
            );
            self.outgoing.clear();
            self.failures = 0;
        } else {
            debug!("the own stream to {} failed: {cause}", self.peer);
        }
    }

    /// Continues sending. Ready when a stream has to be opened for it.
    fn poll_sending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::mem::replace(&mut self.sending, Sending::Closed) {
                Sending::Closed => {
                    if !self.sends || self.outgoing.is_empty() {
                        return Poll::Pending;
                    }
                    self.sending = Sending::Opening;
                    return Poll::Ready(());
                }
                Sending::Opening => {
                    self.sending = Sending::Opening;
                    return Poll::Pending;
                }
                Sending::Idle(stream, number) => {
                    let pieces = self.outgoing.next(&self.peer, &self.options.encoder);
                    if pieces.is_empty() {
                        self.sending = Sending::Idle(stream, number);
                        return Poll::Pending;
                    }
                    let frames = Unwritten::new(pieces);
                    let writing = write(stream, frames.clone()).boxed();
                    self.sending = Sending::Writing(writing, frames, number);
                }
                Sending::Writing(mut writing, frames, number) => match writing.poll_unpin(cx) {
                    Poll::Pending => {
                        self.sending = Sending::Writing(writing, frames, number);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(stream)) => {
                        self.failures = 0;
                        self.sending = Sending::Idle(stream, number);
                    }
                    Poll::Ready(Err(error)) => {
                        // The peer may have closed the stream. Another one is tried.
                        self.streams.close(number);
                        self.outgoing.push_front(frames.take());
                        self.failed(&error);
                    }
                },
            }
        }
    }

    fn received(&mut self, event: StreamEvent) -> Option<ReceivedFrame> {
        let StreamEvent {
            stream,
            own,
            frame,
            is_last,
        } = event;
        match frame {
            Ok(Some(frame)) => return Some(ReceivedFrame { stream, own, frame }),
            // A stream closed in good order: what the node sends still goes through its own half.
            Ok(None) => {}
            Err(error) => {
                match &error {
                    // WIRE-8: quietly.
                    FrameError::Truncated { .. } | FrameError::Io(_) => {
                        debug!("a stream of {} ended: {error}", self.peer);
                    }
                    error => warn!("refused a frame of {}: {error}", self.peer),
                }
                if own && is_last {
                    self.close(stream);
                }
            }
        }
        None
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Command;
    type ToBehaviour = Vec<ReceivedFrame>;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.options.protocol.clone()), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        if self.poll_sending(cx).is_ready() {
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: self.listen_protocol(),
            });
        }
        if std::mem::take(&mut self.tells_of_agreement) {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Vec::new()));
        }
        let mut frames = Vec::new();
        let mut length = 0;
        while frames.len() < MAX_FRAMES_TOGETHER
            && length < BYTES_TOGETHER
            && let Poll::Ready(event) = self.streams.poll(cx)
        {
            if let Some(received) = self.received(event) {
                length += received.frame.len();
                frames.push(received);
            }
        }
        if frames.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(frames))
        }
    }

    fn on_behaviour_event(&mut self, command: Command) {
        match command {
            Command::Send => self.sends = true,
            Command::Close(stream) => self.close(stream),
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(inbound) => self.accept(inbound.protocol),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                ..
            }) => {
                self.outgoing.agreed();
                self.tells_of_agreement = self.options.stalls_on_mute_peers;
                let (reader, writer) = stream.split();
                let number = self.streams.add_own(reader);
                self.sending = Sending::Idle(writer, number);
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.sending = Sending::Closed;
                self.failed(&error);
            }
            _ => {}
        }
    }

    /// LEFT-5: what was not written is owed on another connection, if there is one.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        match std::mem::replace(&mut self.sending, Sending::Closed) {
            // The own stream is closed in good order where that needs no waiting.
            Sending::Idle(mut stream, _) => {
                let _ = stream.close().poll_unpin(cx);
            }
            Sending::Writing(_, frames, _) if !self.options.loses_with_connection => {
                self.outgoing.push_front(frames.take());
            }
            Sending::Writing(..) | Sending::Opening | Sending::Closed => {}
        }
        self.sends = false;
        Poll::Ready(None)
    }
}
