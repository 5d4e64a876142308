//! [`Endpoint`]: the connections and streams of a peer, and the tasks that serve them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::Multiaddr;
use libp2p::core::muxing::SubstreamBox;
use libp2p::core::transport::Boxed;
use libp2p::identity::Keypair;
use multistream_select::listener_select_proto;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::inbox::Inbox;
use crate::suite::connection::{ABORTED, Connection, PING};
use crate::suite::exchange::{Content, StreamId};
use crate::suite::fixture::Fixtures;
use crate::suite::peer_config::PeerConfig;
use crate::suite::stream::{Stream, StreamEnd, Substream};
use crate::suite::transport::{self, ConnectError, Secured};
use crate::wire::{Address, FrameError, FrameOptions, FrameReader};

/// The size of a ping.
const PING_SIZE: usize = 32;
/// After a connection was secured, how long agreeing on a stream's protocol may take.
pub(super) const NEGOTIATING: Duration = Duration::from_secs(10);
/// The longest frame that a peer of the suite reads.
const LONGEST_READ: u64 = 256 * 1024 * 1024;

/// The network side of one peer.
pub(super) struct Endpoint {
    pub name: String,
    /// Which peer of the scenario it is, counted from 1.
    pub number: u32,
    pub keypair: Keypair,
    pub config: PeerConfig,
    transport: tokio::sync::Mutex<Boxed<Secured>>,
    inbox: Mutex<Inbox>,
    /// Counts changes of anything that somebody may wait for.
    changes: watch::Sender<u64>,
    connections: Mutex<Vec<Connection>>,
    streams: Mutex<Vec<Stream>>,
    /// Whether new streams are read.
    pub reads: AtomicBool,
    listener: Mutex<Option<AbortHandle>>,
    /// What barriers ask for. Beside the scenario's own fixtures, so that how often a target is
    /// asked does not change what it is asked for.
    barriers: Mutex<Fixtures>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder leaves the value whole at every point where it could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Endpoint {
    /// The endpoint of a new peer, connected to nobody. Its key is its own, unless another is made of
    /// its number.
    pub fn new(config: &PeerConfig, key_of: Option<&dyn Fn(u32) -> Keypair>) -> Self {
        let number = config.counters.next_peer();
        let name = match u8::try_from(number) {
            Ok(number @ 1..=26) => format!("peer {}", char::from(b'A' + number - 1)),
            _ => format!("peer {number}"),
        };
        let keypair = match key_of {
            Some(key_of) => key_of(number),
            None => config.key_type.keypair(config.random(Fixtures::key_seed)),
        };
        let transport = transport::build(&keypair, &config.muxers);
        let barriers = Fixtures::new(0, &keypair.public().to_peer_id().to_string());
        Endpoint {
            barriers: Mutex::new(barriers),
            name,
            number,
            keypair,
            config: config.clone(),
            transport: tokio::sync::Mutex::new(transport),
            inbox: Mutex::new(Inbox::new(config.barrier_block.clone())),
            changes: watch::Sender::new(0),
            connections: Mutex::default(),
            streams: Mutex::default(),
            reads: AtomicBool::new(true),
            listener: Mutex::default(),
        }
    }

    /// The address of a block that cannot exist, for a barrier.
    pub fn address_for_a_barrier(&self) -> crate::wire::Address {
        lock(&self.barriers).address()
    }

    /// What was received.
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }

    /// The connections that have not ended.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = lock(&self.connections);
        connections
            .iter()
            .filter(|connection| connection.ended().is_none())
            .cloned()
            .collect()
    }

    /// How the last connection ended, if none stands.
    pub fn all_ended(&self) -> Option<String> {
        if !self.connections().is_empty() {
            return None;
        }
        let connections = lock(&self.connections);
        let last = connections.last().and_then(Connection::ended);
        Some(last.unwrap_or_else(|| "it was never opened".to_owned()))
    }

    /// The streams that have not ended, in the order in which they were opened.
    pub fn streams(&self) -> Vec<Stream> {
        let streams = lock(&self.streams);
        streams
            .iter()
            .filter(|stream| stream.ended().is_none())
            .cloned()
            .collect()
    }

    /// Waits until the condition holds, or the deadline. Returns whether it holds.
    pub async fn wait(&self, deadline: Instant, condition: impl Fn(&Inbox) -> bool) -> bool {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if condition(&self.inbox()) {
                return true;
            }
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    return condition(&self.inbox());
                }
            }
        }
    }

    /// Dials the target.
    pub async fn dial(self: &Arc<Self>) -> Result<Connection, ConnectError> {
        let secured = {
            let mut transport = self.transport.lock().await;
            transport::dial(&mut transport, &self.config.target).await?
        };
        Ok(self.add_connection(secured, "connects"))
    }

    /// Listens there, and serves every connection that comes.
    pub async fn listen(self: &Arc<Self>, at: Multiaddr) -> Result<Multiaddr, String> {
        let endpoint = Arc::downgrade(self);
        let transport = transport::build(&self.keypair, &self.config.muxers);
        let (address, task) = transport::listen(transport, at, move |secured| {
            if let Some(endpoint) = endpoint.upgrade() {
                endpoint.add_connection(secured, "is connected to");
            }
        })
        .await?;
        *lock(&self.listener) = Some(task);
        Ok(address)
    }

    /// Listens no more.
    pub fn close_listener(&self) {
        if let Some(listener) = lock(&self.listener).take() {
            listener.abort();
        }
    }

    /// Ends the listener, every stream and every connection.
    pub fn close_all(&self) {
        self.close_listener();
        for stream in lock(&self.streams).drain(..) {
            stream.abandon();
        }
        for connection in lock(&self.connections).drain(..) {
            connection.abort();
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Serves a new connection from now on.
    fn add_connection(self: &Arc<Self>, (_, muxer): Secured, how: &str) -> Connection {
        let number = self.config.counters.next_connection();
        let (from, to) = (self.name.as_str(), "target");
        self.config
            .exchange
            .note(from, to, format!("{how} (connection {number})"));
        let endpoint = Arc::downgrade(self);
        let connection = Connection::drive(number, muxer, move |connection, stream| {
            if let Some(endpoint) = endpoint.upgrade() {
                tokio::spawn(endpoint.accept(connection.clone(), stream));
            }
        });
        lock(&self.connections).push(connection.clone());
        self.changed();
        let endpoint = Arc::downgrade(self);
        let watched = connection.clone();
        tokio::spawn(async move {
            let reason = watched.end().await;
            if let Some(endpoint) = endpoint.upgrade() {
                if reason == ABORTED {
                    let streams = lock(&endpoint.streams).clone();
                    for stream in streams {
                        if stream.connection().number == number {
                            stream.let_go().await;
                        }
                    }
                }
                let note = format!("connection {number} ended: {reason}");
                endpoint
                    .config
                    .exchange
                    .note(&endpoint.name, "target", note);
                endpoint.changed();
            }
        });
        connection
    }

    /// Answers a stream that the target opened.
    async fn accept(self: Arc<Self>, connection: Connection, stream: SubstreamBox) {
        let offered = [self.config.protocol.clone(), PING.to_owned()];
        let agreeing = listener_select_proto(stream, offered);
        // A stream on which nothing is agreed is dropped, which resets it.
        if let Ok(Ok((protocol, mut stream))) = tokio::time::timeout(NEGOTIATING, agreeing).await {
            if protocol == PING {
                let mut ping = [0; PING_SIZE];
                let echoing = async {
                    while stream.read_exact(&mut ping).await.is_ok() {
                        let echoed = async {
                            stream.write_all(&ping).await?;
                            stream.flush().await
                        };
                        if echoed.await.is_err() {
                            break;
                        }
                    }
                };
                // Over mplex the connection stands for as long as anybody has a stream.
                tokio::select! {
                    () = echoing => {}
                    _ = connection.end() => {}
                }
            } else {
                self.add_stream(&connection, stream, false);
            }
        }
    }

    /// Serves a new stream of the protocol from now on.
    pub fn add_stream(
        self: &Arc<Self>,
        connection: &Connection,
        stream: Substream,
        ours: bool,
    ) -> Stream {
        let id = StreamId {
            connection: connection.number,
            stream: self.config.counters.next_stream(),
        };
        let note = Content::Note(format!("opens stream {}", id.stream));
        let (from, to) = if ours {
            (self.name.as_str(), "target")
        } else {
            ("target", self.name.as_str())
        };
        self.config.exchange.log(from, to, Some(id), note);
        let (reader, writer) = stream.split();
        let stream = Stream::new(
            id,
            connection.clone(),
            ours,
            self.name.clone(),
            &self.config,
            writer,
        );
        if self.reads.load(Ordering::Acquire) {
            let endpoint = Arc::downgrade(self);
            let read = stream.clone();
            let task = tokio::spawn(async move {
                let options = FrameOptions {
                    limit: LONGEST_READ,
                    accept_overlong: false,
                };
                let mut frames = FrameReader::new(reader, options);
                loop {
                    let frame = frames.next().await;
                    let Some(endpoint) = endpoint.upgrade() else {
                        return;
                    };
                    let end = match frame {
                        Ok(Some(bytes)) => {
                            endpoint.take_frame(&read, bytes);
                            continue;
                        }
                        Ok(None) => StreamEnd::Closed,
                        Err(FrameError::Io(error)) => StreamEnd::Reset(error.to_string()),
                        Err(error) => StreamEnd::BadFrame(error.to_string()),
                    };
                    endpoint.ended(&read, end);
                    return;
                }
            });
            stream.set_reader(task.abort_handle());
        } else {
            // The reading half stays with the writing half, so that the stream stays open.
            let unread = stream.clone();
            tokio::spawn(async move {
                unread.connection().end().await;
                drop(reader);
            });
        }
        lock(&self.streams).push(stream.clone());
        self.changed();
        stream
    }

    fn ended(&self, stream: &Stream, end: StreamEnd) {
        let text = match &end {
            StreamEnd::Closed => "closes its side of the stream".to_owned(),
            StreamEnd::Reset(how) => format!("resets the stream: {how}"),
            StreamEnd::BadFrame(how) => format!("sends bytes that are no frame: {how}"),
            StreamEnd::Dropped => "is no longer listened to".to_owned(),
        };

        let log = &self.config.exchange;
        log.log("target", &self.name, Some(stream.id()), Content::Note(text));
        stream.set_ended(end);
        self.changed();
    }

    /// Puts a frame into the inbox and the log.
    fn take_frame(&self, stream: &Stream, bytes: Bytes) {
        let mut inbox = self.inbox();
        let of_others = |address: &Address| self.config.random(|it| it.is_of_others(address));
        let text = inbox.add(stream.id(), stream.is_ours(), bytes.clone(), of_others);
        let content = Content::Frame { bytes, text };
        let log = &self.config.exchange;
        log.log("target", &self.name, Some(stream.id()), content);
        drop(inbox);
        self.changed();
    }
}
