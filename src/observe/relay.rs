//! [`Relay`]: accepts one node's connections, and opens one to the other node for each.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libp2p::core::muxing::SubstreamBox;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use multistream_select::{Version, dialer_select_proto, listener_select_proto};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::frames::MOST_BYTES;
use super::pair::{Pair, Sights};
use super::side::Side;
use super::sight::Sight;
use crate::causes::with_causes;
use crate::node::{Muxers, transport};
use crate::suite::connection::{Connection, PING};
use crate::suite::stream::Substream;
use crate::suite::transport::{Secured, dial, listen};

/// How long agreeing on a protocol may take.
const NEGOTIATING: Duration = Duration::from_secs(10);

/// How long the streams of a connection that has closed may take to end.
const ENDING: Duration = Duration::from_secs(2);

/// How many streams of one connection are handed on at a time. Further ones are refused. The muxers have
/// the same bound.
pub const MOST_STREAMS: usize = 512;

/// Between whom to stand, and how.
#[derive(Clone)]
pub struct RelayOptions {
    /// Where the one node dials.
    pub listen: Multiaddr,
    /// Where the other one is.
    pub to: Multiaddr,
    /// The relay's identity on each side, by [`Side::place`].
    pub keys: [Keypair; 2],
    /// The muxers offered on each side.
    pub muxers: [Muxers; 2],
    /// The names of the protocol that are agreed to, on each side for itself, the first one first.
    pub protocols: Vec<String>,
}

impl RelayOptions {
    fn id(&self, side: Side) -> PeerId {
        self.keys[side.place()].public().to_peer_id()
    }
}

/// A relay that runs until it is dropped.
pub struct Relay {
    address: Multiaddr,
    listener: AbortHandle,
    sessions: AbortHandle,
    connected: watch::Receiver<Connected>,
}

/// How many connections of both nodes there are, and whether there ever was one.
#[derive(Clone, Copy, Debug, Default)]
struct Connected {
    now: usize,
    ever: bool,
}

impl Relay {
    /// Starts it. All that is seen goes to `sights`.
    ///
    /// # Errors
    ///
    /// When it cannot listen there, with the reason.
    pub async fn start(options: RelayOptions, sights: Sights) -> Result<Self, String> {
        let place = Side::Dialling.place();
        let of_key = |error: libp2p::noise::Error| with_causes(&error);
        let transport = transport::build(&options.keys[place], options.muxers[place]);
        let (accepted, waiting) = mpsc::unbounded_channel();
        let (address, listener) = listen(
            transport.map_err(of_key)?,
            options.listen.clone(),
            move |secured| {
                // Nobody takes it any more when the relay ends.
                let _ = accepted.send(secured);
            },
        )
        .await?;
        let address = address.with(Protocol::P2p(options.id(Side::Dialling)));
        let (count, connected) = watch::channel(Connected::default());
        let shared = Arc::new(Shared {
            options,
            sights,
            memory: Arc::new(Semaphore::new(MOST_BYTES)),
            nodes: Mutex::default(),
            numbers: AtomicU32::new(0),
            connected: count,
        });
        let sessions = tokio::spawn(serve(shared, waiting)).abort_handle();
        Ok(Relay {
            address,
            listener,
            sessions,
            connected,
        })
    }

    /// Where it listens, with its identity there.
    pub fn address(&self) -> &Multiaddr {
        &self.address
    }

    /// Returns when a node has been connected, and none is any more.
    pub async fn is_left(&self) {
        let mut connected = self.connected.clone();
        // It fails when the relay has ended: then nobody is connected either.
        let _ = connected.wait_for(|it| it.ever && it.now == 0).await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listener.abort();
        self.sessions.abort();
    }
}

/// What all connections share.
struct Shared {
    options: RelayOptions,
    sights: Sights,
    memory: Arc<Semaphore>,
    /// How many connections each node has.
    nodes: Mutex<BTreeMap<Side, (PeerId, usize)>>,
    numbers: AtomicU32,
    connected: watch::Sender<Connected>,
}

/// Serves each connection that is accepted.
async fn serve(shared: Arc<Shared>, mut accepted: mpsc::UnboundedReceiver<Secured>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            secured = accepted.recv() => match secured {
                Some(secured) => {
                    sessions.spawn(session(Arc::clone(&shared), secured));
                }
                None => return,
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}

/// A stream that a node has opened.
type Opened = (Side, SubstreamBox);

/// One connection of the dialling node, and its counterpart.
async fn session(shared: Arc<Shared>, (node, muxer): Secured) {
    let (opened, streams) = mpsc::channel(MOST_STREAMS);
    let dialling = shared.drive(Side::Dialling, muxer, opened.clone());
    if !shared.join(Side::Dialling, node).await {
        dialling.abort();
        let note = format!("{node} is refused: another node is connected");
        shared.tell(Sight::Note(note)).await;
        return;
    }
    let place = Side::Dialled.place();
    let options = &shared.options;
    let connecting = async {
        let transport = transport::build(&options.keys[place], options.muxers[place]);
        let mut transport = transport.map_err(|error| with_causes(&error))?;
        let dialled = dial(&mut transport, &options.to).await;
        dialled.map_err(|error| error.to_string())
    };
    let dialled = tokio::select! {
        connected = connecting => connected,
        _ = dialling.end() => Err("the dialling node has closed its connection".to_owned()),
    };
    let why = match dialled {
        Ok((node, muxer)) => {
            let dialled = shared.drive(Side::Dialled, muxer, opened);
            if shared.join(Side::Dialled, node).await {
                let why = hand_on(&shared, &dialling, &dialled, streams).await;
                dialled.close().await;
                shared.leave(Side::Dialled, &why).await;
                why
            } else {
                dialled.abort();
                format!("another node answers now where the dialled one was: {node}")
            }
        }
        Err(why) => {
            shared
                .tell(Sight::Note(format!(
                    "the dialled node is not reached: {why}"
                )))
                .await;
            why
        }
    };
    dialling.close().await;
    shared.leave(Side::Dialling, &why).await;
}

/// Hands on streams until one of the connections has ended. Returns why.
async fn hand_on(
    shared: &Arc<Shared>,
    dialling: &Connection,
    dialled: &Connection,
    mut streams: mpsc::Receiver<Opened>,
) -> String {
    let connection = |side: Side| match side {
        Side::Dialling => dialling.clone(),
        Side::Dialled => dialled.clone(),
    };
    let mut pairs = JoinSet::new();
    let why = loop {
        tokio::select! {
            Some((opener, stream)) = streams.recv() => {
                // A stream that is dropped is reset.
                if pairs.len() < MOST_STREAMS {
                    let shared = Arc::clone(shared);
                    let (own, other) = (connection(opener), connection(opener.other()));
                    pairs.spawn(async move { shared.pair(opener, stream, own, other).await });
                } else {
                    let note = format!(
                        "a stream of {opener} is refused: it has {MOST_STREAMS} already"
                    );
                    shared.tell(Sight::Note(note)).await;
                }
            }
            Some(_) = pairs.join_next() => {}
            why = dialling.end() => break format!("the dialling node's connection: {why}"),
            why = dialled.end() => break format!("the dialled node's connection: {why}"),
        }
    };
    let ended = async { while pairs.join_next().await.is_some() {} };
    // What does not end by itself is dropped.
    let _ = tokio::time::timeout(ENDING, ended).await;
    why
}

impl Shared {
    fn nodes(&self) -> MutexGuard<'_, BTreeMap<Side, (PeerId, usize)>> {
        // Two numbers are whole after any panic.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, sight: Sight) {
        // Nobody listens at the very end.
        let _ = self.sights.send(vec![sight]).await;
    }

    /// Counts a connection of this node. Returns whether it may have one: while one node is connected,
    /// another cannot take its place.
    async fn join(&self, side: Side, node: PeerId) -> bool {
        let is_first = {
            let mut nodes = self.nodes();
            match nodes.get_mut(&side) {
                Some((known, _)) if *known != node => return false,
                Some((_, count)) => {
                    *count += 1;
                    false
                }
                None => {
                    nodes.insert(side, (node, 1));
                    true
                }
            }
        };
        self.connected.send_modify(|it| {
            it.now += 1;
            it.ever = true;
        });
        if is_first {
            let relay = self.options.id(side);
            self.tell(Sight::Joined { side, node, relay }).await;
        }
        true
    }

    async fn leave(&self, side: Side, why: &str) {
        let is_last = {
            let mut nodes = self.nodes();
            match nodes.get_mut(&side) {
                Some((_, count)) if *count > 1 => {
                    *count -= 1;
                    false
                }
                _ => nodes.remove(&side).is_some(),
            }
        };
        if is_last {
            let why = why.to_owned();
            self.tell(Sight::Left { side, why }).await;
        }
        self.connected.send_modify(|it| it.now -= 1);
    }

    fn drive(
        &self,
        side: Side,
        muxer: libp2p::core::muxing::StreamMuxerBox,
        opened: mpsc::Sender<Opened>,
    ) -> Connection {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        Connection::drive(number, muxer, move |_, stream| {
            // Where there is no room for it, it is dropped, which resets it.
            let _ = opened.try_send((side, stream));
        })
    }

    /// Agrees on a protocol with both nodes, and hands on what they send.
    async fn pair(&self, opener: Side, stream: SubstreamBox, own: Connection, other: Connection) {
        let agreeing = async {
            let offered = self.options.protocols.iter().cloned();
            let offered: Vec<String> = offered.chain([PING.to_owned()]).collect();
            let agreed = listener_select_proto(stream, offered).await;
            // It spoke none of them: other protocols are not the relay's.
            let (protocol, opened) = agreed.map_err(|_| None)?;
            match self.counterpart(&protocol, &other).await {
                Ok(counterpart) => Ok((protocol, opened, counterpart)),
                Err(why) => Err(Some(format!(
                    "{} takes no stream for one that {opener} has opened: {why}",
                    opener.other()
                ))),
            }
        };
        let agreed = tokio::time::timeout(NEGOTIATING, agreeing).await;
        match agreed {
            Ok(Ok((protocol, opened, counterpart))) => {
                let pair = Pair {
                    opener,
                    opened: (opened, own),
                    counterpart: (counterpart, other),
                    sights: (protocol != PING).then(|| self.sights.clone()),
                    memory: Arc::clone(&self.memory),
                };
                pair.run().await;
            }
            Ok(Err(Some(note))) => self.tell(Sight::Note(note)).await,
            Ok(Err(None)) => {}
            Err(_) => {
                let within = NEGOTIATING.as_secs();
                let note = format!(
                    "no protocol is agreed upon within {within} s for a stream of {opener}"
                );
                self.tell(Sight::Note(note)).await;
            }
        }
    }

    /// A stream to the other node, for one on which this protocol was agreed upon.
    async fn counterpart(
        &self,
        protocol: &str,
        connection: &Connection,
    ) -> Result<Substream, String> {
        let stream = connection.open().await.map_err(|error| error.to_string())?;
        let offered: Vec<String> = match protocol == PING {
            true => vec![PING.to_owned()],
            false => self.options.protocols.clone(),
        };
        let agreed = dialer_select_proto(stream, offered, Version::V1).await;
        let (_, stream) = agreed.map_err(|error| error.to_string())?;
        Ok(stream)
    }
}
