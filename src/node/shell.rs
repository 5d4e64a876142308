//! The loop around the core: events in from the network, the clock and whoever steers the node;
//! effects out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use blockexc_model::deviation::Deviation;
use blockexc_model::node::{Config, Effect, Event};
use bytes::Bytes;
use futures::StreamExt as _;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError, NetworkBehaviour, StreamProtocol, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, identify, ping};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use super::core::{Core, core_for};
use super::handle::{Call, NodeHandle, RequestError};
use super::options::{NodeOptions, STORAGE_PROTOCOL};
use super::outgoing::Encoder;
use super::protocol::{self, Exchange, FrameCame, PeerEvent};
use super::recording::RecordingCore;
use super::store::{BlockStore, LeafProof, StoreError, StoredBlock};
use super::streams::StreamNumber;
use super::transport;
use crate::causes::with_causes;
use crate::wire::{
    Address, BlockCid, DecodeError, DecodeOptions, EncodeOptions, FrameOptions, Network,
    ReceivedBlock, decode_examining,
};

/// How many calls of handles may wait.
const WAITING_CALLS: usize = 64;
/// How many events of one connection may wait: each may be a frame of the longest kind.
const WAITING_EVENTS: usize = 1;
/// How many streams of one connection may be in negotiation.
const NEGOTIATING_STREAMS: usize = 256;
/// How long closing the connections may take.
const CLOSING: Duration = Duration::from_secs(2);

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The protocol is none that this node speaks.
    #[error("{0} is another protocol than this one, with other frames and other messages")]
    OtherProtocol(String),
    /// The protocol's id is none.
    #[error("{0:?} is no protocol id: it begins with a slash")]
    BadProtocol(String),
    /// The identity cannot be used.
    #[error("the node's key cannot be used: {0}")]
    Key(#[from] libp2p::noise::Error),
    /// It cannot listen there.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Where it was to listen.
        address: Multiaddr,
        /// Why it cannot.
        cause: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    exchange: Exchange,
    ping: ping::Behaviour,
    identify: identify::Behaviour,
}

/// Starts a node. It listens when this returns.
///
/// # Errors
///
/// When the options cannot be met.
pub async fn start(options: NodeOptions) -> Result<NodeHandle, StartError> {
    let peer_id = options.keypair.public().to_peer_id();
    let mut swarm = swarm(&options)?;
    let addresses = listen(&mut swarm, &options.listen).await?;
    let config = Config {
        deviations: options.deviations,
        price: options.price,
        account: options.account,
        retries: options.retries,
        wants_per_peer: options.wants_per_peer,
    };
    let mut core = core_for(config, options.seed);
    if let Some(recording) = &options.record {
        core = Box::new(RecordingCore::new(core, recording.clone()));
    }
    for (cid, leaves) in options.store.holdings()? {
        core.handle(Event::Stored { cid, leaves });
    }
    let (calls, receiver) = mpsc::channel(WAITING_CALLS);
    let ended = Arc::new(OnceLock::new());
    let handle = NodeHandle {
        peer_id,
        addresses: addresses
            .into_iter()
            .map(|address| address.with_p2p(peer_id).unwrap_or_else(|address| address))
            .collect(),
        calls,
        store: options.store.clone(),
        ended: ended.clone(),
    };
    let shell = Shell {
        swarm,
        core,
        store: options.store.clone(),
        decoding: DecodeOptions::from_deviations(options.deviations),
        options,
        requesters: HashMap::new(),
        timers: BTreeSet::new(),
        to_serve: VecDeque::new(),
        dialling: HashMap::new(),
        disconnecting: HashMap::new(),
        closed: Vec::new(),
        dead: None,
    };
    tokio::spawn(shell.run(receiver, ended));
    Ok(handle)
}

fn swarm(options: &NodeOptions) -> Result<Swarm<Behaviour>, StartError> {
    if options.protocol == STORAGE_PROTOCOL {
        return Err(StartError::OtherProtocol(options.protocol.clone()));
    }
    let protocol = StreamProtocol::try_from_owned(options.protocol.clone())
        .map_err(|_| StartError::BadProtocol(options.protocol.clone()))?;
    let deviates = |deviation| options.deviations.contains(deviation);
    let encoding =
        EncodeOptions::from_deviations(options.deviations).with_limit(options.frame_limit);
    let exchange = Exchange::new(protocol::Options {
        protocol,
        frames: FrameOptions {
            limit: options.frame_limit,
            accept_overlong: deviates(Deviation::AcceptOverlongVarints),
        },
        encoder: Arc::new(Encoder::new(options.store.clone(), encoding)),
        waiting_per_peer: options.waiting_per_peer,
        skips_long_frames: deviates(Deviation::KeepStreamOnLongFrame),
        unbounded_streams: deviates(Deviation::UnboundedStreams),
        queue_survives_left: deviates(Deviation::QueueSurvivesLeft),
    });
    let public = options.keypair.public();
    let peer_id = public.to_peer_id();
    let agent = concat!("blockexc/", env!("CARGO_PKG_VERSION")).to_owned();
    let behaviour = Behaviour {
        exchange,
        ping: ping::Behaviour::default(),
        identify: identify::Behaviour::new(
            identify::Config::new(options.protocol.clone(), public).with_agent_version(agent),
        ),
    };
    Ok(Swarm::new(
        transport::build(&options.keypair, options.muxers)?,
        behaviour,
        peer_id,
        libp2p::swarm::Config::with_tokio_executor()
            .with_per_connection_event_buffer_size(WAITING_EVENTS)
            .with_max_negotiating_inbound_streams(NEGOTIATING_STREAMS),
    ))
}

/// Listens on these addresses; says on which it really does.
async fn listen(
    swarm: &mut Swarm<Behaviour>,
    addresses: &[Multiaddr],
) -> Result<Vec<Multiaddr>, StartError> {
    let failed = |address: &Multiaddr, cause| StartError::Listen {
        address: address.clone(),
        cause,
    };
    let mut waiting = HashMap::new();
    for address in addresses {
        let listener = swarm
            .listen_on(address.clone())
            .map_err(|error| failed(address, with_causes(&error)))?;
        waiting.insert(listener, address);
    }
    let mut listening = Vec::new();
    while !waiting.is_empty() {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr {
                listener_id,
                address,
            } => {
                waiting.remove(&listener_id);
                listening.push(address);
            }
            SwarmEvent::ListenerClosed {
                listener_id,
                reason,
                ..
            } => {
                if let Some(address) = waiting.remove(&listener_id) {
                    let cause = reason.err().map_or_else(
                        || "the listener was closed".to_owned(),
                        |error| with_causes(&error),
                    );
                    return Err(failed(address, cause));
                }
            }
            _ => {}
        }
    }
    Ok(listening)
}

/// Why an address that was dialled is not reached: without the address, which whoever dialled it
/// knows.
fn why_not_reached(error: &DialError) -> String {
    match error {
        DialError::Transport(failed) => {
            let causes: Vec<_> = failed.iter().map(|(_, error)| with_causes(error)).collect();
            causes.join("; ")
        }
        other => with_causes(other),
    }
}

struct Shell {
    swarm: Swarm<Behaviour>,
    core: Box<dyn Core>,
    store: Arc<dyn BlockStore>,
    options: NodeOptions,
    decoding: DecodeOptions,
    requesters: HashMap<Address, Vec<oneshot::Sender<Result<Bytes, RequestError>>>>,
    /// When each own want is pursued anew.
    timers: BTreeSet<(Instant, Address)>,
    to_serve: VecDeque<PeerId>,
    dialling: HashMap<ConnectionId, oneshot::Sender<Result<PeerId, String>>>,
    disconnecting: HashMap<PeerId, Vec<oneshot::Sender<()>>>,
    /// The streams closed over frames of those that came together: what else came on them is
    /// not handled.
    closed: Vec<StreamNumber>,
    /// Why the node ends by itself.
    dead: Option<String>,
}

/// The stream that a message came on, with the bytes of its deliveries.
struct Source {
    peer: PeerId,
    connection: ConnectionId,
    stream: StreamNumber,
    frame_length: usize,
    blocks: Vec<ReceivedBlock>,
}

impl Source {
    /// The bytes of a block, to be kept for long: a copy where they would keep much more of the
    /// frame's memory than they need.
    fn kept(&self, data: &Bytes) -> Bytes {
        if data.len() >= self.frame_length - self.frame_length / 8 {
            data.clone()
        } else {
            Bytes::copy_from_slice(data)
        }
    }
}

impl Shell {
    async fn run(mut self, mut calls: mpsc::Receiver<Call>, ended: Arc<OnceLock<String>>) {
        let mut is_steered = true;
        loop {
            let timer = self.timers.first().map(|(at, _)| *at);
            let time_is_up = async {
                match timer {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = self.swarm.select_next_some() => self.network(event),
                call = calls.recv(), if is_steered => match call {
                    Some(Call::Shutdown) => break,
                    Some(call) => self.call(call),
                    // Every handle is gone: the node goes on, for its peers.
                    None => is_steered = false,
                },
                () = time_is_up => self.timers_are_up(),
            }
            if let Some(cause) = self.dead.take() {
                error!("the node ends: {cause}");
                // Nothing else sets it.
                let _ = ended.set(cause);
                break;
            }
        }
        self.close().await;
    }

    /// Closes every connection, as far as the peers take part in it.
    async fn close(mut self) {
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // Only a peer that has just left is unknown.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let closed = async {
            while self.swarm.connected_peers().next().is_some() {
                self.swarm.select_next_some().await;
            }
        };
        if tokio::time::timeout(CLOSING, closed).await.is_err() {
            debug!("some connections were not closed in time");
        }
    }

    // What happens.

    fn network(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Exchange(event)) => self.peer(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } => {
                if let Some(done) = self.dialling.remove(&connection_id) {
                    // Whoever dialled may have gone.
                    let _ = done.send(Ok(peer_id));
                }
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => {
                if let Some(done) = self.dialling.remove(&connection_id) {
                    let _ = done.send(Err(why_not_reached(&error)));
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                debug!("a peer did not get connected: {}", with_causes(&error));
            }
            _ => {}
        }
    }

    fn peer(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Joined(peer) => {
                info!("{peer} joined");
                self.step(Event::Joined(peer), None);
            }
            PeerEvent::Left(peer) => {
                info!("{peer} left");
                self.step(Event::Left(peer), None);
                for done in self.disconnecting.remove(&peer).unwrap_or_default() {
                    let _ = done.send(());
                }
            }
            PeerEvent::Frames {
                from,
                connection,
                frames,
            } => {
                self.closed.clear();
                for came in frames {
                    if self.dead.is_none() && !self.closed.contains(&came.stream) {
                        self.frame(from, connection, came);
                    }
                }
            }
        }
    }

    fn frame(&mut self, from: PeerId, connection: ConnectionId, came: FrameCame) {
        let FrameCame { stream, own, frame } = came;
        let frame_length = frame.len();
        let wanted = |address: &Address| {
            self.core.wants(address)
                || self.options.deviations.contains(Deviation::AcceptUnwanted)
                || self
                    .options
                    .deviations
                    .contains(Deviation::RefuseMessageOnBadDelivery)
        };
        match decode_examining(frame, &self.decoding, wanted) {
            Ok(mut decoded) => {
                for unusable in &decoded.unusable {
                    info!("skipped of a message of {from}: {unusable}");
                }
                if !own && self.options.deviations.contains(Deviation::OwnStreamOnly) {
                    decoded.message.deliveries.clear();
                    decoded.message.presences.clear();
                }
                let source = Source {
                    peer: from,
                    connection,
                    stream,
                    frame_length,
                    blocks: decoded.blocks,
                };
                let message = decoded.message;
                self.step(Event::Received { from, message }, Some(source));
            }
            Err(DecodeError::Abort(unusable)) => self.dead = Some(unusable.to_string()),
            Err(error) => {
                warn!("refused a message of {from}: {error}");
                let deviations = self.options.deviations;
                let is_garbage = matches!(error, DecodeError::NotAMessage(_));
                if is_garbage && deviations.contains(Deviation::GarbageDropsPeer) {
                    self.exchange().disconnect(&from);
                } else if !(is_garbage && deviations.contains(Deviation::KeepStreamOnGarbage)) {
                    self.close_stream(from, connection, stream);
                }
            }
        }
    }

    fn close_stream(&mut self, peer: PeerId, connection: ConnectionId, stream: StreamNumber) {
        self.closed.push(stream);
        self.exchange().close_stream(peer, connection, stream);
    }

    fn timers_are_up(&mut self) {
        let now = Instant::now();
        while let Some((at, _)) = self.timers.first()
            && *at <= now
        {
            if let Some((_, address)) = self.timers.pop_first()
                && self.core.wants(&address)
            {
                self.step(Event::Retry(address.clone()), None);
                self.set_timer(address);
            }
        }
    }

    fn set_timer(&mut self, address: Address) {
        if let Some(interval) = self.options.retry_interval
            && self.core.wants(&address)
        {
            self.timers.insert((Instant::now() + interval, address));
        }
    }

    fn call(&mut self, call: Call) {
        // Whoever called may have gone by the time of the answer, which is then for nobody.
        match call {
            Call::Stored { holdings, done } => {
                for (cid, leaves) in holdings {
                    self.step(Event::Stored { cid, leaves }, None);
                }
                let _ = done.send(());
            }
            Call::Delete { cid, done } => {
                let deleted = self.store.delete(&cid);
                if deleted.is_ok() {
                    self.step(Event::Deleted(cid), None);
                }
                let _ = done.send(deleted);
            }
            Call::Request {
                address,
                outcome,
                done,
            } => {
                let is_new = !self.core.wants(&address);
                self.requesters
                    .entry(address.clone())
                    .or_default()
                    .push(outcome);
                self.step(Event::Request(address.clone()), None);
                if is_new {
                    self.set_timer(address);
                }
                let _ = done.send(());
            }
            Call::Cancel { address, done } => {
                let was_wanted = self.core.wants(&address);
                self.step(Event::Cancel(address), None);
                let _ = done.send(was_wanted);
            }
            Call::Connect { address, done } => self.connect(address, done),
            Call::Disconnect { peer, done } => {
                if self.exchange().is_connected(&peer) {
                    self.disconnecting.entry(peer).or_default().push(done);
                    self.exchange().disconnect(&peer);
                } else {
                    let _ = done.send(());
                }
            }
            Call::JoinedAgain { peer, done } => {
                self.step(Event::Joined(peer), None);
                let _ = done.send(());
            }
            Call::LeftNow { peer, done } => {
                self.step(Event::Left(peer), None);
                let _ = done.send(());
            }
            Call::RetryNow { address, done } => {
                self.step(Event::Retry(address), None);
                let _ = done.send(());
            }
            Call::Dump { done } => {
                let _ = done.send(self.core.dump());
            }
            // The loop takes it.
            Call::Shutdown => {}
        }
    }

    fn connect(&mut self, address: Multiaddr, done: oneshot::Sender<Result<PeerId, String>>) {
        let dial = DialOpts::from(address);
        let connection = dial.connection_id();
        match self.swarm.dial(dial) {
            Ok(()) => {
                self.dialling.insert(connection, done);
            }
            Err(error) => {
                let _ = done.send(Err(why_not_reached(&error)));
            }
        }
    }

    // What follows.

    /// One step of the core, and each one that it schedules.
    fn step(&mut self, event: Event<Network>, source: Option<Source>) {
        let effects = self.core.handle(event);
        self.carry_out(effects, source.as_ref());
        while let Some(peer) = self.to_serve.pop_front() {
            let effects = self.core.handle(Event::Serve(peer));
            self.carry_out(effects, None);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect<Network>>, source: Option<&Source>) {
        let kept = self.keep(&effects, source);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.exchange().send(&to, message),
                // All of them were kept at once.
                Effect::Keep { .. } => {}
                Effect::Obtained(address) => {
                    let block = self.read(&address, &kept);
                    self.end_request(&address, &block);
                }
                Effect::Failed(address) => {
                    self.end_request(&address, &Err(RequestError::NotFound));
                }
                Effect::Cancelled { address, .. } => {
                    if !self.core.wants(&address) {
                        self.end_request(&address, &Err(RequestError::Cancelled));
                    }
                }
                Effect::Discover(cid) => debug!("nobody to ask where {cid} is: no discovery here"),
                Effect::RefuseStream => {
                    if let Some(source) = source {
                        self.close_stream(source.peer, source.connection, source.stream);
                    }
                }
                Effect::ServeLater(peer) => {
                    if !self.to_serve.contains(&peer) {
                        self.to_serve.push_back(peer);
                    }
                }
                Effect::Disconnect(peer) => self.exchange().disconnect(&peer),
                Effect::Abort(cause) => self.dead = Some(cause.to_owned()),
            }
        }
    }

    /// Stores every block that the step keeps, in one go; says what it was by address.
    fn keep(
        &self,
        effects: &[Effect<Network>],
        source: Option<&Source>,
    ) -> HashMap<Address, BlockCid> {
        let mut by_address = HashMap::new();
        let Some(source) = source else {
            return by_address;
        };
        let mut blocks = Vec::new();
        for effect in effects {
            let Effect::Keep {
                delivery,
                cid,
                addresses,
            } = effect
            else {
                continue;
            };
            let Some(received) = source.blocks.get(*delivery) else {
                continue;
            };
            let leaves = addresses
                .iter()
                .filter(|address| address.is_leaf())
                .filter_map(|address| {
                    Some(LeafProof {
                        address: address.clone(),
                        proof: Bytes::copy_from_slice(received.proof.as_ref()?),
                    })
                });
            let block = StoredBlock {
                cid: cid.clone(),
                data: source.kept(&received.data),
            };
            blocks.push((block, leaves.collect()));
            by_address.extend(
                addresses
                    .iter()
                    .map(|address| (address.clone(), cid.clone())),
            );
        }
        if !blocks.is_empty()
            && let Err(error) = self.store.put_all(&blocks)
        {
            error!(
                "{} blocks that came could not be stored: {error}",
                blocks.len()
            );
        }
        by_address
    }

    fn read(
        &self,
        address: &Address,
        kept: &HashMap<Address, BlockCid>,
    ) -> Result<Bytes, RequestError> {
        let store = |error: StoreError| RequestError::Store(error.to_string());
        let cid = match (kept.get(address), address) {
            (Some(cid), _) => cid.clone(),
            (None, Address::Plain(cid)) => cid.clone(),
            (None, leaf) => match self.store.leaf(leaf).map_err(store)? {
                Some((cid, _)) => cid,
                None => return Err(RequestError::Store("its proof is not there".to_owned())),
            },
        };
        self.store
            .block(&cid)
            .map_err(store)?
            .ok_or_else(|| RequestError::Store("it is not there".to_owned()))
    }

    fn end_request(&mut self, address: &Address, outcome: &Result<Bytes, RequestError>) {
        for requester in self.requesters.remove(address).unwrap_or_default() {
            // A requester may have lost interest.
            let _ = requester.send(outcome.clone());
        }
    }

    fn exchange(&mut self) -> &mut Exchange {
        &mut self.swarm.behaviour_mut().exchange
    }
}
