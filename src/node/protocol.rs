//! The exchange as a libp2p behaviour: frames in from every stream of a peer, messages out on one.
//!
//! A node opens its own stream lazily, with its first message, and keeps it for all later ones. It
//! reads every stream: its own too, and each that the peer opens (WIRE-7), up to a bound (WIRE-10).
//! A connection is kept as long as the peer keeps it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::vec;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::io::WriteHalf;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::derive_prelude::{ConnectionClosed, ConnectionEstablished};
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedOutbound};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId,
    FromSwarm, NetworkBehaviour, NotifyHandler, Stream, StreamProtocol, SubstreamProtocol,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tracing::{debug, info, warn};

use super::outgoing::{Encoder, Outgoing};
use super::streams::{Came, StreamNumber, Streams};
use crate::wire::{FrameError, FrameOptions, Message};

/// How many streams of a peer are read at once (WIRE-10); as many as deployed nodes read.
const MOST_INCOMING_STREAMS: u64 = 100;

/// How many frames of a connection are told to the node together, if so many have come.
const MOST_FRAMES_TOGETHER: usize = 256;

/// How many bytes of frames are told together, unless one frame has more.
const TOLD_TOGETHER: usize = 256 * 1024;

/// How the exchange is spoken.
#[derive(Clone)]
pub struct Options {
    /// The protocol's id.
    pub protocol: StreamProtocol,
    /// How frames are read.
    pub frames: FrameOptions,
    /// How messages become frames.
    pub encoder: Arc<Encoder>,
    /// How many entries, items and blocks may wait for one peer (WIRE-10).
    pub waiting_per_peer: usize,
    /// Deviating nodes only: a frame that is too long is skipped.
    pub skips_long_frames: bool,
    /// Deviating nodes only: any number of streams is read.
    pub unbounded_streams: bool,
    /// Deviating nodes only: what waits for a peer outlives its connections.
    pub queue_survives_left: bool,
}

/// What the exchange tells the node.
#[derive(Debug)]
pub enum PeerEvent {
    /// A peer's first connection has opened.
    Joined(PeerId),
    /// A peer's last connection has closed.
    Left(PeerId),
    /// Frames came.
    Frames {
        /// Who sent them.
        from: PeerId,
        /// On which of its connections.
        connection: ConnectionId,
        /// In the order in which they came.
        frames: Vec<FrameCame>,
    },
}

/// The exchange with every peer.
pub struct Exchange {
    options: Options,
    peers: HashMap<PeerId, Connections>,
    events: VecDeque<ToSwarm<PeerEvent, Command>>,
    waker: Option<Waker>,
}

/// The connections with one peer: the first of them sends.
struct Connections {
    open: Vec<ConnectionId>,
    outgoing: Outgoing,
}

impl Exchange {
    /// An exchange without peers.
    pub fn new(options: Options) -> Self {
        Exchange {
            options,
            peers: HashMap::new(),
            events: VecDeque::new(),
            waker: None,
        }
    }

    /// Sends a message to a peer, after all that was sent before. A peer that is not connected
    /// gets nothing; one that lets too much pile up is disconnected.
    pub fn send(&mut self, to: &PeerId, message: Message) {
        let Some(peer) = self.peers.get_mut(to) else {
            return;
        };
        let has_room = peer.outgoing.push(message) <= self.options.waiting_per_peer;
        if let Some(connection) = peer.open.first().copied() {
            self.notify(*to, connection, Command::Send);
        }
        if !has_room {
            warn!("{to} does not read what it is sent, and is disconnected (WIRE-10)");
            self.disconnect(to);
        }
    }

    /// Closes every connection with a peer.
    pub fn disconnect(&mut self, peer: &PeerId) {
        self.push(ToSwarm::CloseConnection {
            peer_id: *peer,
            connection: CloseConnection::All,
        });
    }

    /// Closes one stream of a peer.
    pub fn close_stream(&mut self, peer: PeerId, connection: ConnectionId, stream: StreamNumber) {
        self.notify(peer, connection, Command::Close(stream));
    }

    /// Whether there is any connection with this peer.
    pub fn is_connected(&self, peer: &PeerId) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|peer| !peer.open.is_empty())
    }

    fn notify(&mut self, peer_id: PeerId, connection: ConnectionId, event: Command) {
        self.push(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(connection),
            event,
        });
    }

    fn push(&mut self, event: ToSwarm<PeerEvent, Command>) {
        self.events.push_back(event);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn handler(&mut self, peer: PeerId) -> Handler {
        let outgoing = self
            .peers
            .entry(peer)
            .or_insert_with(|| Connections {
                open: Vec::new(),
                outgoing: Outgoing::default(),
            })
            .outgoing
            .clone();
        Handler::new(peer, outgoing, self.options.clone())
    }

    fn opened(&mut self, peer: PeerId, connection: ConnectionId) {
        if let Some(connections) = self.peers.get_mut(&peer) {
            connections.open.push(connection);
            if connections.open.len() == 1 {
                let has_mail = !connections.outgoing.is_empty();
                self.push(ToSwarm::GenerateEvent(PeerEvent::Joined(peer)));
                if has_mail {
                    self.notify(peer, connection, Command::Send);
                }
            }
        }
    }

    fn closed(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(connections) = self.peers.get_mut(&peer) else {
            return;
        };
        connections.open.retain(|open| *open != connection);
        match connections.open.first().copied() {
            // Another one goes on with what waits.
            Some(next) => self.notify(peer, next, Command::Send),
            None => {
                if !self.options.queue_survives_left {
                    // LEFT-4
                    connections.outgoing.clear();
                    self.peers.remove(&peer);
                }
                self.push(ToSwarm::GenerateEvent(PeerEvent::Left(peer)));
            }
        }
    }
}

impl NetworkBehaviour for Exchange {
    type ConnectionHandler = Handler;
    type ToSwarm = PeerEvent;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            }) => self.opened(peer_id, connection_id),
            FromSwarm::ConnectionClosed(ConnectionClosed {
                peer_id,
                connection_id,
                ..
            }) => self.closed(peer_id, connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        from: PeerId,
        connection: ConnectionId,
        frames: THandlerOutEvent<Self>,
    ) {
        self.push(ToSwarm::GenerateEvent(PeerEvent::Frames {
            from,
            connection,
            frames,
        }));
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.events.pop_front() {
            Some(event) => Poll::Ready(event),
            None => {
                self.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// What a connection is told.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Something waits to be sent.
    Send,
    /// This stream is to be closed.
    Close(StreamNumber),
}

/// A frame that came on a connection.
#[derive(Debug)]
pub struct FrameCame {
    /// On which stream of the connection.
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
    /// Whether this connection was told to send.
    sends: bool,
    /// How often in a row the own stream failed before a message was through.
    failures: u32,
}

/// After so many failures in a row the peer is taken not to accept streams of the protocol, and
/// what waits for it is lost.
const MOST_FAILURES: u32 = 3;

/// The node's own stream.
enum Sending {
    /// It is not open.
    Closed,
    /// It was asked for.
    Opening,
    /// Nothing waits.
    Idle(WriteHalf<Stream>, StreamNumber),
    /// Frames are being written.
    Writing(BoxFuture<'static, Written>, StreamNumber),
}

/// The stream, or the pieces of frames that did not go through it.
type Written = Result<WriteHalf<Stream>, (std::io::Error, vec::IntoIter<Bytes>)>;

/// Writes these pieces of frames, and flushes.
async fn write(mut stream: WriteHalf<Stream>, pieces: Vec<Bytes>) -> Written {
    let mut rest = pieces.into_iter();
    while let Some(piece) = rest.as_slice().first() {
        if let Err(error) = stream.write_all(piece).await {
            return Err((error, rest));
        }
        rest.next();
    }
    match stream.flush().await {
        Ok(()) => Ok(stream),
        Err(error) => Err((error, rest)),
    }
}

impl Handler {
    fn new(peer: PeerId, outgoing: Outgoing, options: Options) -> Self {
        Handler {
            streams: Streams::new(options.frames, options.skips_long_frames),
            peer,
            options,
            outgoing,
            sending: Sending::Closed,
            sends: false,
            failures: 0,
        }
    }

    fn own_stream(&self) -> Option<StreamNumber> {
        match &self.sending {
            Sending::Closed | Sending::Opening => None,
            Sending::Idle(_, number) | Sending::Writing(_, number) => Some(*number),
        }
    }

    fn accept(&mut self, stream: Stream) {
        if self.streams.incoming() >= MOST_INCOMING_STREAMS && !self.options.unbounded_streams {
            info!(
                "closed a stream of {}, which has {MOST_INCOMING_STREAMS} already (WIRE-10)",
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
        if self.failures >= MOST_FAILURES {
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

    /// Goes on with sending, and says when a stream is needed for it.
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
                    self.sending = Sending::Writing(write(stream, pieces).boxed(), number);
                }
                Sending::Writing(mut writing, number) => match writing.poll_unpin(cx) {
                    Poll::Pending => {
                        self.sending = Sending::Writing(writing, number);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(stream)) => {
                        self.failures = 0;
                        self.sending = Sending::Idle(stream, number);
                    }
                    Poll::Ready(Err((error, rest))) => {
                        // The peer may have closed the stream: another one is tried.
                        self.streams.close(number);
                        self.outgoing.push_front(rest);
                        self.failed(&error);
                    }
                },
            }
        }
    }

    fn came(&mut self, came: Came) -> Option<FrameCame> {
        let Came {
            stream, own, what, ..
        } = came;
        match what {
            Ok(Some(frame)) => return Some(FrameCame { stream, own, frame }),
            // A stream closed in good order: what the node sends still goes through its own half.
            Ok(None) => {}
            Err(error) => {
                match &error {
                    FrameError::Truncated { .. } | FrameError::Io(_) => {
                        debug!("a stream of {} ended: {error}", self.peer);
                    }
                    error => warn!("refused a frame of {}: {error}", self.peer),
                }
                if own && came.is_last {
                    self.close(stream);
                }
            }
        }
        None
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Command;
    type ToBehaviour = Vec<FrameCame>;
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
        let mut frames = Vec::new();
        let mut length = 0;
        while frames.len() < MOST_FRAMES_TOGETHER
            && length < TOLD_TOGETHER
            && let Poll::Ready(came) = self.streams.poll(cx)
        {
            if let Some(came) = self.came(came) {
                length += came.frame.len();
                frames.push(came);
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

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        // The own stream is closed in good order where that needs no waiting.
        if let Sending::Idle(mut stream, _) = std::mem::replace(&mut self.sending, Sending::Closed)
        {
            let _ = stream.close().poll_unpin(cx);
        }
        self.sends = false;
        Poll::Ready(None)
    }
}
