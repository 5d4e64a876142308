//! [`Peer`]: a peer of the suite, which speaks the wire directly and keeps no context of its own.
//!
//! It has an identity, dials the target or is dialled by it, and opens as many connections and
//! streams as a scenario likes. It sends exactly the bytes that it is told to. It reads every
//! stream, its own and the target's, unless told not to. Waiting for what the target sends, or
//! does not send, is in `peer/barrier.rs`.

mod barrier;
mod endpoint;
mod inbox;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use multistream_select::{Version, dialer_select_proto};
use tokio::time::Instant;

use self::endpoint::{Endpoint, NEGOTIATING};
use super::connection::Connection;
use super::peer_config::PeerConfig;
use super::peer_error::PeerError;
use super::quirks::AnswerOn;
use super::received::Received;
use super::stream::{Stream, Substream};
use super::transport;
use crate::causes::with_causes;
use crate::wire::protobuf;

/// A peer of the suite. Clones are the same peer.
#[derive(Clone)]
pub struct Peer {
    endpoint: Arc<Endpoint>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.id())
    }
}

impl Peer {
    /// A peer that is not connected to anybody.
    pub fn new(config: &PeerConfig) -> Self {
        Peer {
            endpoint: Arc::new(Endpoint::new(config, None)),
        }
    }

    /// A peer whose key is made of its number in the scenario, counted from 1.
    pub fn with_key_of(config: &PeerConfig, key_of: &dyn Fn(u32) -> Keypair) -> Self {
        Peer {
            endpoint: Arc::new(Endpoint::new(config, Some(key_of))),
        }
    }

    /// Which peer of the scenario it is, counted from 1.
    pub fn number(&self) -> u32 {
        self.endpoint.number
    }

    /// The name in reports, such as `peer A`.
    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// The libp2p identity.
    pub fn id(&self) -> PeerId {
        self.endpoint.keypair.public().to_peer_id()
    }

    /// From now on, streams that are opened are not read. What is being read already goes on.
    pub fn never_read(&self) {
        self.endpoint.reads.store(false, Ordering::Release);
    }

    /// From now on, streams that are opened are read again.
    pub fn read_again(&self) {
        self.endpoint.reads.store(true, Ordering::Release);
    }

    /// Whether streams that are opened are read.
    pub fn reads(&self) -> bool {
        self.endpoint.reads.load(Ordering::Acquire)
    }

    // ---- connections

    /// Opens a connection to the target: the first one, or one more. It does not wait for the
    /// target to create a context; `Harness::join` does.
    ///
    /// # Errors
    ///
    /// When the target cannot be reached.
    pub async fn connect(&self) -> Result<Connection, PeerError> {
        let dialled = self.endpoint.dial().await;
        dialled.map_err(|error| self.not_connected(error.to_string()))
    }

    /// Listens, so that the target can be steered to connect to this peer. Returns the address,
    /// `/p2p/…` included.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn listen(&self) -> Result<Multiaddr, PeerError> {
        self.listen_at(transport::anywhere()).await
    }

    /// The same, there.
    ///
    /// # Errors
    ///
    /// When that cannot be listened on.
    pub async fn listen_at(&self, at: Multiaddr) -> Result<Multiaddr, PeerError> {
        let listening = self.endpoint.listen(at).await;
        let address = listening.map_err(|cause| self.not_connected(cause))?;
        Ok(address.with(libp2p::multiaddr::Protocol::P2p(self.id())))
    }

    fn not_connected(&self, cause: String) -> PeerError {
        PeerError::NotConnected {
            peer: self.name().to_owned(),
            cause,
        }
    }

    /// The connections that have not ended.
    pub fn connections(&self) -> Vec<Connection> {
        self.endpoint.connections()
    }

    /// Whether any connection stands.
    pub fn is_connected(&self) -> bool {
        !self.connections().is_empty()
    }

    /// Waits until somebody has connected, or the deadline. Returns whether anybody did.
    pub async fn connected_by(&self, deadline: Instant) -> bool {
        self.endpoint.wait(deadline, |_| self.is_connected()).await
    }

    /// Waits until the target has closed every connection, for at most as long as the scenario's
    /// deadline. Returns whether it did.
    pub async fn disconnected(&self) -> bool {
        let deadline = self.deadline();
        self.endpoint.wait(deadline, |_| !self.is_connected()).await
    }

    /// Closes every connection in order, and waits until that is done on this side. Whether the
    /// target has noticed shows in its dump, or in what it does.
    pub async fn leave(&self) {
        // A target that dials by itself would be back at once.
        self.endpoint.close_listener();
        for connection in self.connections() {
            connection.close().await;
        }
    }

    /// Aborts every connection.
    pub fn abort(&self) {
        self.endpoint.close_listener();
        for connection in self.connections() {
            connection.abort();
        }
    }

    // ---- streams

    /// Opens one more stream, on the first connection.
    ///
    /// # Errors
    ///
    /// When there is no connection, or the target refuses the stream or the protocol.
    pub async fn open_stream(&self) -> Result<Stream, PeerError> {
        match self.connections().first() {
            Some(connection) => self.open_stream_on(connection).await,
            None => Err(self.no_stream("there is no connection".to_owned())),
        }
    }

    /// Opens one more stream, on this connection.
    ///
    /// # Errors
    ///
    /// When the connection has ended, or the target refuses the stream or the protocol.
    pub async fn open_stream_on(&self, connection: &Connection) -> Result<Stream, PeerError> {
        let protocol = self.endpoint.config.protocol.clone();
        let stream = self.open_as(connection, protocol).await?;
        Ok(self.endpoint.add_stream(connection, stream, true))
    }

    /// Opens a stream and offers these protocols. Returns the one that the target agrees to, if any.
    ///
    /// # Errors
    ///
    /// When there is no connection, or the stream fails.
    pub async fn negotiate(&self, protocols: &[&str]) -> Result<Option<String>, PeerError> {
        let Some(connection) = self.connections().into_iter().next() else {
            return Err(self.no_stream("there is no connection".to_owned()));
        };
        let stream = connection
            .open()
            .await
            .map_err(|error| self.no_stream(error.to_string()))?;
        let protocols: Vec<String> = protocols.iter().map(|name| (*name).to_owned()).collect();
        match tokio::time::timeout(
            NEGOTIATING,
            dialer_select_proto(stream, protocols, Version::V1),
        )
        .await
        {
            Ok(Ok((agreed, _))) => Ok(Some(agreed)),
            Ok(Err(multistream_select::NegotiationError::Failed)) => Ok(None),
            Ok(Err(error)) => Err(self.no_stream(with_causes(&error))),
            Err(_) => Err(self.no_stream("nothing was agreed upon in time".to_owned())),
        }
    }

    /// Opens a stream of another protocol, on the first connection. It is left to the caller.
    ///
    /// # Errors
    ///
    /// When there is no connection, or the target does not speak it.
    pub async fn open_other(&self, protocol: &'static str) -> Result<Substream, PeerError> {
        match self.connections().first() {
            Some(connection) => self.open_as(connection, protocol.to_owned()).await,
            None => Err(self.no_stream("there is no connection".to_owned())),
        }
    }

    async fn open_as(
        &self,
        connection: &Connection,
        protocol: String,
    ) -> Result<Substream, PeerError> {
        let opening = async {
            let stream = connection.open().await.map_err(|error| error.to_string())?;
            let agreed = dialer_select_proto(stream, [protocol], Version::V1).await;
            agreed
                .map(|(_, stream)| stream)
                .map_err(|error| with_causes(&error))
        };
        tokio::time::timeout(self.endpoint.config.pace.deadline(), opening)
            .await
            .unwrap_or_else(|_| Err("nothing was agreed upon in time".to_owned()))
            .map_err(|cause| self.no_stream(cause))
    }

    fn no_stream(&self, cause: String) -> PeerError {
        PeerError::NoStream {
            peer: self.name().to_owned(),
            cause,
        }
    }

    /// The streams that have not ended, in the order in which they were opened.
    pub fn streams(&self) -> Vec<Stream> {
        self.endpoint.streams()
    }

    /// The stream that this peer sends on: the first of its own that has not ended, opened when
    /// there is none.
    ///
    /// # Errors
    ///
    /// When one is to be opened and cannot.
    pub async fn own_stream(&self) -> Result<Stream, PeerError> {
        match self.streams().into_iter().find(Stream::is_ours) {
            Some(stream) => Ok(stream),
            None => self.open_stream().await,
        }
    }

    /// The stream that the target opened last, if there is one.
    pub fn targets_stream(&self) -> Option<Stream> {
        let streams = self.streams();
        streams.into_iter().rev().find(|stream| !stream.is_ours())
    }

    /// The stream that the target opened last, as soon as there is one, or none until the deadline.
    pub async fn next_targets_stream(&self) -> Option<Stream> {
        let is_there = |_: &inbox::Inbox| self.targets_stream().is_some();
        self.endpoint.wait(self.deadline(), is_there).await;
        self.targets_stream()
    }

    // ---- sending

    /// Sends a message, on this peer's own stream; or, if it holds presences or deliveries and the
    /// target reads those elsewhere only, there ([`AnswerOn`]).
    ///
    /// # Errors
    ///
    /// When the target does not take it.
    pub async fn send(&self, message: impl AsRef<protobuf::Message>) -> Result<(), PeerError> {
        let message = message.as_ref();
        let answers = !message.payload.is_empty() || !message.block_presences.is_empty();
        let elsewhere = self.endpoint.config.answer_on == AnswerOn::TargetsStream && answers;
        let stream = match self.targets_stream() {
            Some(stream) if elsewhere => stream,
            _ => self.own_stream().await?,
        };
        stream.send(message).await
    }

    /// A deadline that begins now.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.endpoint.config.pace.deadline()
    }

    /// Waits until what was received is as `done` describes, or for so long, and takes it. What is
    /// missing may come later.
    pub async fn receive_within(
        &self,
        within: std::time::Duration,
        done: impl Fn(&Received) -> bool,
    ) -> Received {
        let end = Instant::now() + within;
        self.endpoint
            .wait(end, |inbox| done(inbox.received()))
            .await;
        self.take_received()
    }

    /// Takes what was received so far.
    pub fn take_received(&self) -> Received {
        self.endpoint.inbox().take()
    }

    /// Ends everything that the peer has open; for the end of a scenario.
    pub(super) fn close_all(&self) {
        self.endpoint.close_all();
    }
}

impl AsRef<protobuf::Message> for protobuf::Message {
    fn as_ref(&self) -> &protobuf::Message {
        self
    }
}

#[cfg(test)]
mod tests;
