//! [`Exchange`]: the protocol as a libp2p behaviour, over all connections with all peers.
//!
//! A peer joins with its first connection, and leaves with its last one. Its first connection sends
//! the messages for it. A connection is kept as long as the peer keeps it.

use std::collections::{HashMap, VecDeque};
use std::task::{Context, Poll, Waker};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::derive_prelude::{ConnectionClosed, ConnectionEstablished};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tracing::warn;

use super::handler::{Command, Handler, ReceivedFrame};
use super::outgoing::Outgoing;
use super::protocol::Options;
use super::streams::StreamNumber;
use crate::wire::Message;

/// An event of a peer.
#[derive(Debug)]
pub enum PeerEvent {
    /// A peer's first connection has opened.
    Joined(PeerId),
    /// A peer's last connection has closed.
    Left(PeerId),
    /// Frames were received.
    Frames {
        /// The sender.
        from: PeerId,
        /// The connection.
        connection: ConnectionId,
        /// The frames, in order.
        frames: Vec<ReceivedFrame>,
    },
}

/// The exchange with every peer.
pub struct Exchange {
    options: Options,
    peers: HashMap<PeerId, Connections>,
    events: VecDeque<ToSwarm<PeerEvent, Command>>,
    /// Want lists that wait for the peer before, by the deviation `stall-on-mute-peer`.
    stalled: VecDeque<(PeerId, Message)>,
    /// The peer that they wait for.
    waits_for: Option<PeerId>,
    waker: Option<Waker>,
}

/// The connections with one peer. The first of them sends.
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
            stalled: VecDeque::new(),
            waits_for: None,
            waker: None,
        }
    }

    /// Sends a message to a peer, after all earlier ones. Does nothing if the peer is not
    /// connected. Disconnects a peer for which too much is waiting (WIRE-10).
    pub fn send(&mut self, to: &PeerId, message: Message) {
        if self.options.stalls_on_mute_peers && message.want_list.is_some() {
            self.stalled.push_back((*to, message));
            self.send_stalled();
        } else {
            self.send_now(to, message);
        }
    }

    /// Sends the want lists that wait, up to the first whose peer has agreed on no stream yet.
    fn send_stalled(&mut self) {
        loop {
            let peer = self.waits_for.and_then(|peer| self.peers.get(&peer));
            if peer.is_some_and(|peer| !peer.open.is_empty() && !peer.outgoing.has_agreed()) {
                return;
            }
            let Some((to, message)) = self.stalled.pop_front() else {
                return;
            };
            self.waits_for = Some(to);
            self.send_now(&to, message);
        }
    }

    fn send_now(&mut self, to: &PeerId, message: Message) {
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

    /// With its first connection a peer has joined.
    fn opened(&mut self, peer: PeerId, connection: ConnectionId) {
        if let Some(connections) = self.peers.get_mut(&peer) {
            connections.open.push(connection);
            if connections.open.len() == 1 {
                let has_messages = !connections.outgoing.is_empty();
                self.push(ToSwarm::GenerateEvent(PeerEvent::Joined(peer)));
                if has_messages {
                    self.notify(peer, connection, Command::Send);
                }
            }
        }
    }

    /// With its last connection a peer has left (LEFT-1).
    fn closed(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(connections) = self.peers.get_mut(&peer) else {
            return;
        };
        connections.open.retain(|open| *open != connection);
        match connections.open.first().copied() {
            // The next connection sends what is waiting.
            Some(next) => self.notify(peer, next, Command::Send),
            None => {
                if !self.options.queue_survives_left {
                    // LEFT-4: what waits for it is discarded.
                    connections.outgoing.clear();
                    self.peers.remove(&peer);
                }
                self.push(ToSwarm::GenerateEvent(PeerEvent::Left(peer)));
                // When it joins again, nothing is under way to it that could be agreed on.
                if self.waits_for == Some(peer) {
                    self.waits_for = None;
                }
                self.send_stalled();
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
        self.send_stalled();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use libp2p::swarm::StreamProtocol;

    use super::*;
    use crate::node::outgoing::Encoder;
    use crate::node::store::MemoryStore;
    use crate::wire::{EncodeOptions, FrameOptions};

    /// A peer that left and joined again is not waited for: what it was sent before is gone.
    #[test]
    fn who_joins_again_is_sent_its_list_though_it_never_agreed() {
        let store = Arc::new(MemoryStore::default());
        let encoder = Encoder::new(store, EncodeOptions::default());
        let mut exchange = Exchange::new(Options {
            protocol: StreamProtocol::new("/codex/blockexc/1.0.0"),
            frames: FrameOptions::default(),
            encoder: Arc::new(encoder),
            waiting_per_peer: 1,
            skips_long_frames: false,
            unbounded_streams: false,
            stalls_on_mute_peers: true,
            queue_survives_left: false,
            loses_with_connection: false,
        });
        let peer = PeerId::random();
        let list = Message::want_list(Vec::new(), true);
        for number in 1..=2 {
            let connection = ConnectionId::new_unchecked(number);
            drop(exchange.handler(peer));
            exchange.opened(peer, connection);
            exchange.events.clear();
            exchange.send(&peer, list.clone());
            let told = exchange.events.pop_front();
            assert!(
                matches!(told, Some(ToSwarm::NotifyHandler { .. })),
                "connection {number}: {told:?}"
            );
            exchange.closed(peer, connection);
        }
    }
}
