//! [`Peer`]: a peer of the suite, which speaks the wire directly and keeps no context of its own.
//!
//! It has an identity, dials the target or is dialled by it, opens as many connections and streams
//! as a scenario likes, and says exactly the bytes that it is told to. It reads every stream, its
//! own and the target's, unless told not to.
//!
//! # Barriers
//!
//! To show that something was *not* sent, a peer asks a later question whose answer must come after
//! everything before it: a WantHave, with sendDontHave, for a block that cannot exist. A node
//! answers in order, so when the DontHave is here, so is all that was to come. Questions and
//! answers of barriers are kept out of what a scenario sees.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::core::muxing::SubstreamBox;
use libp2p::core::transport::Boxed;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use multistream_select::{Version, dialer_select_proto, listener_select_proto};
use prost::Message as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::connection::{Connection, Stream, StreamEnd, StreamInner, Substream};
use super::exchange::{Exchange, Place, What};
use super::material::Material;
use super::received::{Came, Received, Says, describe};
use super::say;
use super::transport::{self, ConnectError, KeyType, Muxer, Secured};
use crate::causes::with_causes;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{
    Address, DecodeOptions, FrameError, FrameOptions, FrameReader, decode, protobuf,
};

const PING: &str = "/ipfs/ping/1.0.0";
/// The size of a ping.
const PING_SIZE: usize = 32;
/// After a connection was secured, how long agreeing on a stream's protocol may take.
const NEGOTIATING: Duration = Duration::from_secs(10);
/// The longest frame that a peer of the suite reads.
const LONGEST_READ: u64 = 256 * 1024 * 1024;

/// On which streams the target reads answers (presences and deliveries), as far as the suite has
/// found out. A node must read every stream (WIRE-7, which has its own scenarios); that the others
/// say their answers where the target listens keeps them from accusing it of the same again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerOn {
    /// On the stream that the peer opened, as deployed nodes do.
    #[default]
    OwnStream,
    /// On the stream that the target opened, if there is one.
    TargetsStream,
}

/// What a barrier's question is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarrierBy {
    /// WantHave with sendDontHave for a block that cannot exist (WANT-5).
    #[default]
    DontHave,
    /// WantHave for a block that the target holds (WANT-4); for targets that miss WANT-5.
    Have,
}

/// What all peers of one scenario share.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where the target is.
    pub target: Multiaddr,
    /// The log.
    pub exchange: Exchange,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers offered, the preferred one first.
    pub muxers: Vec<Muxer>,
    /// What the peers' keys are made with.
    pub key_type: KeyType,
    /// How long one thing may take.
    pub deadline: Duration,
    /// How long to wait for something before a barrier is set behind it.
    pub grace: Duration,
    /// The target may do things later than in the same step: what did not come before a barrier's
    /// answer is waited for until the deadline.
    pub patient: bool,
    /// Where answers are said.
    pub answer_on: AnswerOn,
    /// The block that barriers ask for, instead of one that cannot exist.
    pub beacon: Option<Address>,
    /// Where random things come from.
    pub material: Arc<Mutex<Material>>,
    /// What was numbered so far.
    pub counters: Arc<Counters>,
}

impl Setting {
    /// Something random.
    pub fn random<T>(&self, make: impl FnOnce(&mut Material) -> T) -> T {
        make(&mut lock(&self.material))
    }
}

/// Numbers of peers, connections and streams.
#[derive(Debug, Default)]
pub struct Counters {
    peers: AtomicU32,
    connections: AtomicU32,
    streams: AtomicU32,
}

fn next(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder leaves the value whole at every point where it could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The target did not take part any longer. Most scenarios pass it on with `?` and are then
/// inconclusive: that the target went silent is not what they are about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// There is no connection.
    #[error("{peer} could not connect: {cause}")]
    NotConnected {
        /// Which peer.
        peer: String,
        /// Why.
        cause: String,
    },
    /// A connection or a stream ended.
    #[error("{what} of {peer} has ended: {how}")]
    Ended {
        /// Which peer.
        peer: String,
        /// Which connection or stream.
        what: String,
        /// How it ended.
        how: String,
    },
    /// The target does not read.
    #[error("the target did not take what {peer} wrote on stream {stream} within {} s", .within.as_secs_f32())]
    NotTaken {
        /// Which peer.
        peer: String,
        /// Which stream.
        stream: u32,
        /// How long was waited.
        within: Duration,
    },
    /// The target does not speak the protocol, or not on one more stream.
    #[error("{peer} could not open a stream: {cause}")]
    NoStream {
        /// Which peer.
        peer: String,
        /// Why.
        cause: String,
    },
    /// The connection stands, and no answer comes.
    #[error("no answer to a barrier came to {peer} within {} s, the target does not answer any more", .within.as_secs_f32())]
    NoAnswer {
        /// Which peer.
        peer: String,
        /// How long was waited.
        within: Duration,
        /// What came instead.
        came: String,
    },
}

/// A peer of the suite. Clones are the same peer.
#[derive(Clone)]
pub struct Peer {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    keypair: Keypair,
    setting: Setting,
    transport: tokio::sync::Mutex<Boxed<Secured>>,
    inbox: Mutex<Inbox>,
    /// Counts changes of anything that somebody may wait for.
    changes: watch::Sender<u64>,
    connections: Mutex<Vec<Connection>>,
    streams: Mutex<Vec<Stream>>,
    reads: AtomicBool,
    listener: Mutex<Option<AbortHandle>>,
}

#[derive(Default)]
struct Inbox {
    /// Not yet taken by the scenario.
    came: Came,
    /// The questions of barriers.
    asked: HashSet<Address>,
    answered: HashSet<Address>,
    /// For barriers by a held block: how often it was asked for, and answered.
    beacon_asked: usize,
    beacon_answered: usize,
}

/// A barrier's question on one stream.
#[derive(Clone)]
struct Question {
    stream: Stream,
    fresh: Address,
    /// The answers about the beacon that there must be.
    beacons: usize,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.id())
    }
}

impl Peer {
    /// A peer that is not connected to anybody.
    pub fn new(setting: &Setting) -> Self {
        let number = next(&setting.counters.peers);
        let name = match u8::try_from(number) {
            Ok(number @ 1..=26) => format!("peer {}", char::from(b'A' + number - 1)),
            _ => format!("peer {number}"),
        };
        let keypair = setting.key_type.keypair(setting.random(Material::key_seed));
        let transport = transport::build(&keypair, &setting.muxers);
        Peer {
            shared: Arc::new(Shared {
                name,
                keypair,
                setting: setting.clone(),
                transport: tokio::sync::Mutex::new(transport),
                inbox: Mutex::default(),
                changes: watch::Sender::new(0),
                connections: Mutex::default(),
                streams: Mutex::default(),
                reads: AtomicBool::new(true),
                listener: Mutex::default(),
            }),
        }
    }

    /// The name in reports, such as `peer A`.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The libp2p identity.
    pub fn id(&self) -> PeerId {
        self.shared.keypair.public().to_peer_id()
    }

    /// From now on, streams that are opened are not read. What is being read already goes on.
    pub fn never_read(&self) {
        self.shared.reads.store(false, Ordering::Release);
    }

    /// From now on, streams that are opened are read again.
    pub fn read_again(&self) {
        self.shared.reads.store(true, Ordering::Release);
    }

    // ---- connections

    /// Opens a connection to the target: the first one, or one more. It does not wait for the
    /// target to create a context; [`Stage::join`](super::stage::Stage::join) does.
    ///
    /// # Errors
    ///
    /// When the target is not to be reached.
    pub async fn connect(&self) -> Result<Connection, Silence> {
        let dialled = {
            let mut transport = self.shared.transport.lock().await;
            transport::dial(&mut transport, &self.shared.setting.target).await
        };
        match dialled {
            Ok(secured) => Ok(self.shared.adopt(secured, "connects")),
            Err(error) => Err(self.not_connected(&error)),
        }
    }

    fn not_connected(&self, error: &ConnectError) -> Silence {
        Silence::NotConnected {
            peer: self.name().to_owned(),
            cause: error.to_string(),
        }
    }

    /// Listens, so that the target can be steered to connect to this peer. Returns the address,
    /// `/p2p/…` included.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn listen(&self) -> Result<Multiaddr, Silence> {
        let shared = Arc::downgrade(&self.shared);
        let transport = transport::build(&self.shared.keypair, &self.shared.setting.muxers);
        let listening = transport::listen(transport, move |secured| {
            if let Some(shared) = shared.upgrade() {
                shared.adopt(secured, "is connected to");
            }
        });
        let (address, task) = listening.await.map_err(|cause| Silence::NotConnected {
            peer: self.name().to_owned(),
            cause,
        })?;
        *lock(&self.shared.listener) = Some(task);
        Ok(address.with(libp2p::multiaddr::Protocol::P2p(self.id())))
    }

    /// The connections that have not ended.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = lock(&self.shared.connections);
        connections
            .iter()
            .filter(|connection| connection.ended().is_none())
            .cloned()
            .collect()
    }

    /// Whether any connection stands.
    pub fn is_connected(&self) -> bool {
        !self.connections().is_empty()
    }

    /// Waits until the target has closed every connection, for at most as long as the scenario's
    /// deadline. Says whether it did.
    pub async fn disconnected(&self) -> bool {
        let deadline = self.deadline();
        self.wait(deadline, |_| !self.is_connected()).await
    }

    /// Closes every connection politely, and waits until that is done on this side. That the
    /// target has noticed shows in its dump, or in what it does.
    pub async fn leave(&self) {
        for connection in self.connections() {
            connection.close().await;
        }
    }

    /// Breaks every connection off.
    pub fn abort(&self) {
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
    pub async fn open_stream(&self) -> Result<Stream, Silence> {
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
    pub async fn open_stream_on(&self, connection: &Connection) -> Result<Stream, Silence> {
        let opening = async {
            let stream = connection.open().await.map_err(|error| error.to_string())?;
            let protocol = self.shared.setting.protocol.clone();
            let agreed = dialer_select_proto(stream, [protocol], Version::V1).await;
            agreed
                .map(|(_, stream)| stream)
                .map_err(|error| with_causes(&error))
        };
        let stream = tokio::time::timeout(self.shared.setting.deadline, opening)
            .await
            .unwrap_or_else(|_| Err("nothing was agreed upon in time".to_owned()))
            .map_err(|cause| self.no_stream(cause))?;
        Ok(self.shared.register(connection, stream, true))
    }

    /// Opens a stream and says which protocols the target refuses or agrees to: the first of these
    /// that it speaks, if any.
    ///
    /// # Errors
    ///
    /// When there is no connection, or the stream fails.
    pub async fn negotiate(&self, protocols: &[&str]) -> Result<Option<String>, Silence> {
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

    fn no_stream(&self, cause: String) -> Silence {
        Silence::NoStream {
            peer: self.name().to_owned(),
            cause,
        }
    }

    /// The streams that have not ended, in the order in which they were opened.
    pub fn streams(&self) -> Vec<Stream> {
        let streams = lock(&self.shared.streams);
        streams
            .iter()
            .filter(|stream| stream.ended().is_none())
            .cloned()
            .collect()
    }

    /// The stream that this peer says things on: the first of its own that has not ended, opened
    /// when there is none.
    ///
    /// # Errors
    ///
    /// When one is to be opened and cannot.
    pub async fn own_stream(&self) -> Result<Stream, Silence> {
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

    // ---- speaking

    /// Sends a message, on this peer's own stream; or, if it holds presences or deliveries and the
    /// target reads those elsewhere only, there ([`AnswerOn`]).
    ///
    /// # Errors
    ///
    /// When the target does not take it.
    pub async fn send(&self, message: impl AsRef<protobuf::Message>) -> Result<(), Silence> {
        let message = message.as_ref();
        let answers = !message.payload.is_empty() || !message.block_presences.is_empty();
        let elsewhere = self.shared.setting.answer_on == AnswerOn::TargetsStream && answers;
        let stream = match self.targets_stream() {
            Some(stream) if elsewhere => stream,
            _ => self.own_stream().await?,
        };
        stream.send(message).await
    }

    /// Sends a want list and waits until the target has handled it: a barrier's question rides at
    /// the end of the very list, so that no other list is needed to know.
    ///
    /// # Errors
    ///
    /// When the target does not take it, or does not answer in time.
    pub async fn tell(&self, mut message: protobuf::Message) -> Result<(), Silence> {
        let stream = self.own_stream().await?;
        let (question, entry) = self.question(&stream);
        message.wantlist.get_or_insert_default().entries.push(entry);
        stream.send(&message).await?;
        self.answered(vec![question], self.deadline(), |_| false)
            .await
    }

    // ---- listening

    /// Takes what has come so far.
    pub fn take(&self) -> Came {
        std::mem::take(&mut lock(&self.shared.inbox).came)
    }

    /// Waits until everything that was said so far, on whichever stream, is handled, and takes all
    /// that came before the answer.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn barrier(&self) -> Result<Came, Silence> {
        let questions = self.ask().await?;
        self.answered(questions, self.deadline(), |_| false).await?;
        Ok(self.take())
    }

    /// As [`barrier`](Peer::barrier), asked on this stream only.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn barrier_on(&self, stream: &Stream) -> Result<Came, Silence> {
        let question = self.ask_on(stream).await?;
        self.answered(vec![question], self.deadline(), |_| false)
            .await?;
        Ok(self.take())
    }

    /// As [`barrier`](Peer::barrier), and takes nothing.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn settle(&self) -> Result<(), Silence> {
        let questions = self.ask().await?;
        self.answered(questions, self.deadline(), |_| false).await
    }

    /// Asks until an answer comes, or the deadline; an answer's absence is no error.
    pub(super) async fn ready(&self, deadline: Instant) -> Result<(), Silence> {
        let mut patience = self.shared.setting.grace;
        loop {
            let questions = self.ask().await?;
            let until = deadline.min(Instant::now() + patience);
            match self.answered(questions, until, |_| false).await {
                Err(Silence::NoAnswer { .. }) if Instant::now() < deadline => patience *= 2,
                Ok(()) | Err(Silence::NoAnswer { .. }) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
    }

    /// Sends a message, waits until it is handled, and takes what came until then: what the target
    /// has to say to it, and nothing else, if it had nothing else to say.
    ///
    /// # Errors
    ///
    /// When the target does not take it, or does not answer in time.
    pub async fn exchange(&self, message: impl AsRef<protobuf::Message>) -> Result<Came, Silence> {
        self.send(message).await?;
        self.barrier().await
    }

    /// Waits until what came is what is looked for, and takes it. Returns at once when it is; when
    /// it does not come, a barrier is set, and what came before its answer is taken: so what is
    /// missing then was not sent, and may be held against the target.
    ///
    /// `done` is shown all that came and was not taken yet.
    ///
    /// # Errors
    ///
    /// When it does not come, and neither does the barrier's answer.
    pub async fn until(&self, done: impl Fn(&Came) -> bool) -> Result<Came, Silence> {
        let start = Instant::now();
        let setting = &self.shared.setting;
        let found = |inbox: &Inbox| done(&inbox.came);
        if self.wait(start + setting.grace, found).await {
            return Ok(self.take());
        }
        let questions = self.ask().await?;
        self.answered(questions, self.deadline(), found).await?;
        if setting.patient && !self.wait(start + setting.deadline, found).await {
            // What arrived at the last moment must not be taken for missing.
            let questions = self.ask().await?;
            self.answered(questions, self.deadline(), found).await?;
        }
        Ok(self.take())
    }

    /// A deadline that begins now.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.shared.setting.deadline
    }

    /// Asks a barrier's question on every stream on which something was said since the last one,
    /// or on the own stream when there is none.
    async fn ask(&self) -> Result<Vec<Question>, Silence> {
        let mut questions = Vec::new();
        for stream in self.streams() {
            if stream.inner.unconfirmed.load(Ordering::Acquire) {
                // The target may be closing it, which the others need not suffer from.
                if let Ok(question) = self.ask_on(&stream).await {
                    questions.push(question);
                }
            }
        }
        if questions.is_empty() {
            let stream = self.own_stream().await?;
            questions.push(self.ask_on(&stream).await?);
        }
        Ok(questions)
    }

    async fn ask_on(&self, stream: &Stream) -> Result<Question, Silence> {
        let (question, entry) = self.question(stream);
        let bytes: Bytes = say::list([entry]).encode_to_vec().into();
        let says = format!("{} (barrier)", describe(&bytes));
        stream.send_frame_saying(&bytes, says).await?;
        stream.inner.unconfirmed.store(false, Ordering::Release);
        Ok(question)
    }

    /// A barrier's question, and the entry that asks it.
    fn question(&self, stream: &Stream) -> (Question, Entry) {
        let fresh = self.shared.setting.random(Material::address);
        let mut inbox = lock(&self.shared.inbox);
        let entry = match &self.shared.setting.beacon {
            Some(beacon) => {
                inbox.beacon_asked += 1;
                say::want_have(beacon)
            }
            None => {
                inbox.asked.insert(fresh.clone());
                say::want_have(&fresh).with_dont_have()
            }
        };
        let question = Question {
            stream: stream.clone(),
            fresh,
            beacons: inbox.beacon_asked,
        };
        (question, entry)
    }

    /// Waits for the answers to these questions, or until `found`. A question whose stream the
    /// target has closed is asked again on another.
    async fn answered(
        &self,
        mut questions: Vec<Question>,
        deadline: Instant,
        found: impl Fn(&Inbox) -> bool,
    ) -> Result<(), Silence> {
        let beacon = self.shared.setting.beacon.is_some();
        let open = |inbox: &Inbox, question: &Question| {
            if beacon {
                inbox.beacon_answered < question.beacons
            } else {
                !inbox.answered.contains(&question.fresh)
            }
        };
        let mut asked_again = false;
        loop {
            let lost = |inbox: &Inbox, questions: &[Question]| {
                questions
                    .iter()
                    .any(|question| open(inbox, question) && question.stream.ended().is_some())
            };
            let settled = self
                .wait(deadline, |inbox| {
                    found(inbox)
                        || !questions.iter().any(|question| open(inbox, question))
                        || (!asked_again && lost(inbox, &questions))
                        || !self.is_connected()
                })
                .await;
            let (is_found, is_lost) = {
                let inbox = lock(&self.shared.inbox);
                questions.retain(|question| open(&inbox, question));
                (found(&inbox), lost(&inbox, &questions))
            };
            if is_found || questions.is_empty() {
                return Ok(());
            }
            if let Some(how) = self.all_ended() {
                return Err(Silence::Ended {
                    peer: self.name().to_owned(),
                    what: "the connection".to_owned(),
                    how,
                });
            }
            if is_lost && !asked_again {
                asked_again = true;
                questions.retain(|question| question.stream.ended().is_none());
                let stream = self.own_stream().await?;
                questions.push(self.ask_on(&stream).await?);
                continue;
            }
            if !settled {
                return Err(Silence::NoAnswer {
                    peer: self.name().to_owned(),
                    within: self.shared.setting.deadline,
                    came: lock(&self.shared.inbox).came.to_string(),
                });
            }
        }
    }

    /// How the last connection ended, if none stands.
    fn all_ended(&self) -> Option<String> {
        if self.is_connected() {
            return None;
        }
        let connections = lock(&self.shared.connections);
        let last = connections.last().and_then(Connection::ended);
        Some(last.unwrap_or_else(|| "it was never opened".to_owned()))
    }

    /// Waits until something is so, or the deadline; says whether it is.
    async fn wait(&self, deadline: Instant, so: impl Fn(&Inbox) -> bool) -> bool {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if so(&lock(&self.shared.inbox)) {
                return true;
            }
            tokio::select! {
                changed = changes.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    return so(&lock(&self.shared.inbox));
                }
            }
        }
    }

    /// Whether this address was made up for a barrier of this peer.
    pub fn is_barrier(&self, address: &Address) -> bool {
        lock(&self.shared.inbox).asked.contains(address)
            || self.shared.setting.beacon.as_ref() == Some(address)
    }

    /// Lets go of everything; for the end of a scenario.
    pub(super) fn dismiss(&self) {
        if let Some(listener) = lock(&self.shared.listener).take() {
            listener.abort();
        }
        for stream in lock(&self.shared.streams).drain(..) {
            stream.let_go();
        }
        for connection in lock(&self.shared.connections).drain(..) {
            connection.abort();
        }
    }
}

impl AsRef<protobuf::Message> for protobuf::Message {
    fn as_ref(&self) -> &protobuf::Message {
        self
    }
}

impl Shared {
    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Takes a new connection into its care.
    fn adopt(self: &Arc<Self>, (_, muxer): Secured, how: &str) -> Connection {
        let number = next(&self.setting.counters.connections);
        let (from, to) = (self.name.as_str(), "target");
        self.setting
            .exchange
            .note(from, to, format!("{how} (connection {number})"));
        let shared = Arc::downgrade(self);
        let connection = Connection::drive(number, muxer, move |connection, stream| {
            if let Some(shared) = shared.upgrade() {
                tokio::spawn(shared.accept(connection.clone(), stream));
            }
        });
        lock(&self.connections).push(connection.clone());
        self.changed();
        let shared = Arc::downgrade(self);
        let watched = connection.clone();
        tokio::spawn(async move {
            let reason = watched.end().await;
            if let Some(shared) = shared.upgrade() {
                let note = format!("connection {number} ended: {reason}");
                shared.setting.exchange.note(&shared.name, "target", note);
                shared.changed();
            }
        });
        connection
    }

    /// Answers a stream that the target opened.
    async fn accept(self: Arc<Self>, connection: Connection, stream: SubstreamBox) {
        let offered = [self.setting.protocol.clone(), PING.to_owned()];
        let agreeing = listener_select_proto(stream, offered);
        // A stream on which nothing is agreed is dropped, which resets it.
        if let Ok(Ok((protocol, mut stream))) = tokio::time::timeout(NEGOTIATING, agreeing).await {
            if protocol == PING {
                let mut ping = [0; PING_SIZE];
                while stream.read_exact(&mut ping).await.is_ok() {
                    let echoed = async {
                        stream.write_all(&ping).await?;
                        stream.flush().await
                    };
                    if echoed.await.is_err() {
                        break;
                    }
                }
            } else {
                self.register(&connection, stream, false);
            }
        }
    }

    /// Takes a new stream of the protocol into its care.
    fn register(
        self: &Arc<Self>,
        connection: &Connection,
        stream: Substream,
        ours: bool,
    ) -> Stream {
        let place = Place {
            connection: connection.number,
            stream: next(&self.setting.counters.streams),
        };
        let note = What::Note(format!("opens stream {}", place.stream));
        let (from, to) = if ours {
            (self.name.as_str(), "target")
        } else {
            ("target", self.name.as_str())
        };
        self.setting.exchange.log(from, to, Some(place), note);
        let (reader, writer) = stream.split();
        let stream = Stream {
            inner: Arc::new(StreamInner {
                place,
                connection: connection.clone(),
                ours,
                peer_name: self.name.clone(),
                exchange: self.setting.exchange.clone(),
                deadline: self.setting.deadline,
                writer: tokio::sync::Mutex::new(Some(writer)),
                reader: Mutex::new(None),
                end: watch::Sender::new(None),
                unconfirmed: AtomicBool::new(false),
            }),
        };
        if self.reads.load(Ordering::Acquire) {
            let shared = Arc::downgrade(self);
            let read = stream.clone();
            let task = tokio::spawn(async move {
                let options = FrameOptions {
                    limit: LONGEST_READ,
                    accept_overlong: false,
                };
                let mut frames = FrameReader::new(reader, options);
                loop {
                    let frame = frames.next().await;
                    let Some(shared) = shared.upgrade() else {
                        return;
                    };
                    let end = match frame {
                        Ok(Some(bytes)) => {
                            shared.received(&read, bytes);
                            continue;
                        }
                        Ok(None) => StreamEnd::Closed,
                        Err(FrameError::Io(error)) => StreamEnd::Reset(error.to_string()),
                        Err(error) => StreamEnd::Garbled(error.to_string()),
                    };
                    shared.ended(&read, end);
                    return;
                }
            });
            *lock(&stream.inner.reader) = Some(task.abort_handle());
        } else {
            // The reading half stays with the writing half, so that the stream stays open.
            let unread = stream.clone();
            tokio::spawn(async move {
                unread.inner.connection.end().await;
                drop(reader);
            });
        }
        lock(&self.streams).push(stream.clone());
        self.changed();
        stream
    }

    fn ended(&self, stream: &Stream, end: StreamEnd) {
        let words = match &end {
            StreamEnd::Closed => "closes its side of the stream".to_owned(),
            StreamEnd::Reset(how) => format!("resets the stream: {how}"),
            StreamEnd::Garbled(how) => format!("sends what is no frame: {how}"),
            StreamEnd::Dropped => "is no longer listened to".to_owned(),
        };
        let place = Some(stream.inner.place);
        let log = &self.setting.exchange;
        log.log("target", &self.name, place, What::Note(words));
        stream.inner.end.send_replace(Some(end));
        self.changed();
    }

    /// Puts a frame into the inbox, without what answers a barrier.
    fn received(&self, stream: &Stream, bytes: Bytes) {
        let place = stream.inner.place;
        let (mut decoded, undecodable) = match decode(bytes.clone(), &DecodeOptions::default()) {
            Ok(decoded) => (decoded, None),
            Err(error) => (Default::default(), Some(error.to_string())),
        };
        let mut says = match &undecodable {
            Some(why) => why.clone(),
            None => Says(&decoded).to_string(),
        };
        let mut inbox = lock(&self.inbox);
        let before = decoded.message.presences.len();
        decoded.message.presences.retain(|presence| {
            if inbox.asked.contains(&presence.address) {
                inbox.answered.insert(presence.address.clone());
                false
            } else if self.setting.beacon.as_ref() == Some(&presence.address) {
                inbox.beacon_answered += 1;
                false
            } else {
                true
            }
        });
        let answers = before > decoded.message.presences.len();
        if answers {
            says.push_str(" (barrier)");
        }
        let what = What::Frame {
            bytes: bytes.clone(),
            says,
        };
        let log = &self.setting.exchange;
        log.log("target", &self.name, Some(place), what);
        if !(answers && decoded.message.is_empty() && decoded.unusable.is_empty()) {
            inbox.came.0.push(Received {
                place,
                on_our_stream: stream.is_ours(),
                bytes,
                decoded,
                undecodable,
            });
        }
        drop(inbox);
        self.changed();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::suite::probe::CODEX;
    use crate::suite::say::{dont_have, have, list, presences, want_have};

    fn setting(target: Multiaddr, muxer: Muxer, seed: u64) -> Setting {
        Setting {
            target,
            exchange: Exchange::new(),
            protocol: CODEX.to_owned(),
            muxers: vec![muxer],
            key_type: KeyType::Secp256k1,
            deadline: Duration::from_secs(20),
            grace: Duration::from_secs(20),
            patient: false,
            answer_on: AnswerOn::default(),
            beacon: None,
            material: Arc::new(Mutex::new(Material::new(seed, "test"))),
            counters: Arc::default(),
        }
    }

    /// One peer plays the target for another.
    async fn pair(muxer: Muxer) -> (Peer, Peer) {
        let target = Peer::new(&setting(Multiaddr::empty(), muxer, 1));
        let address = target.listen().await.unwrap();
        let peer = Peer::new(&setting(address, muxer, 2));
        peer.connect().await.unwrap();
        (target, peer)
    }

    async fn barriers_show_what_came_before(muxer: Muxer) {
        let (target, peer) = pair(muxer).await;
        let address = peer.shared.setting.random(Material::address);
        let asked = address.clone();
        let answering = tokio::spawn(async move {
            let came = target
                .until(|came| came.want_entries().count() == 2)
                .await
                .unwrap();
            let entries: Vec<_> = came.want_entries().cloned().collect();
            assert_eq!(entries[0].address, asked);
            assert!(!entries[0].send_dont_have && entries[1].send_dont_have);
            // On a stream of its own: the barrier does not mind.
            target
                .send(presences([have(&asked), dont_have(&entries[1].address)]))
                .await
                .unwrap();
            target
        });
        let came = peer.exchange(list([want_have(&address)])).await.unwrap();
        assert_eq!(came.presences().count(), 1, "{came}");
        assert!(came.has_have(&address));
        assert!(peer.take().is_nothing());
        let target = answering.await.unwrap();
        assert!(!target.targets_stream().unwrap().is_ours());
        // Leaving is seen on the other side, and a barrier then says so.
        peer.leave().await;
        assert!(target.disconnected().await);
        assert!(matches!(
            target.barrier().await,
            Err(Silence::NoStream { .. })
        ));
    }

    #[tokio::test]
    async fn barriers_show_what_came_before_over_yamux() {
        barriers_show_what_came_before(Muxer::Yamux).await;
    }

    #[tokio::test]
    async fn barriers_show_what_came_before_over_mplex() {
        barriers_show_what_came_before(Muxer::Mplex).await;
    }

    #[tokio::test]
    async fn streams_are_ended_as_told() {
        let (target, peer) = pair(Muxer::Yamux).await;
        let (one, two) = (
            peer.open_stream().await.unwrap(),
            peer.open_stream().await.unwrap(),
        );
        let deadline = target.deadline();
        assert!(target.wait(deadline, |_| target.streams().len() == 2).await);
        let theirs = target.streams();
        one.finish().await;
        assert_eq!(theirs[0].end().await, Some(StreamEnd::Closed));
        two.send_raw(Bytes::from_static(&[5, 0])).await.unwrap();
        two.reset().await;
        assert!(matches!(
            theirs[1].end().await,
            Some(StreamEnd::Reset(_) | StreamEnd::Garbled(_))
        ));
        assert!(peer.is_connected());
        // The other way round.
        let theirs = target.open_stream().await.unwrap();
        assert!(
            peer.wait(deadline, |_| peer.targets_stream().is_some())
                .await
        );
        peer.targets_stream().unwrap().finish().await;
        assert_eq!(theirs.end().await, Some(StreamEnd::Closed));
    }

    #[tokio::test]
    async fn the_protocol_is_negotiated_and_others_are_refused() {
        let (_target, peer) = pair(Muxer::Yamux).await;
        let spoken = peer.negotiate(&["/other/1.0.0", CODEX]).await.unwrap();
        assert_eq!(spoken.as_deref(), Some(CODEX));
        assert_eq!(peer.negotiate(&["/ipfs/id/1.0.0"]).await.unwrap(), None);
    }
}
