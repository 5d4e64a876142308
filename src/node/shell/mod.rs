//! [`Shell`]: the task around the core. It turns the events of the network, of the timers and of
//! [`NodeHandle`](super::NodeHandle)s into events of the core.
//!
//! The parts: `calls` handles the calls of handles, `effects` carries out the effects of the core.

mod calls;
mod effects;
mod remarks;
mod source;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use blockexc_model::deviation::Deviation;
use blockexc_model::message::WantType;
use blockexc_model::node::Event;
use bytes::Bytes;
use futures::StreamExt as _;
use libp2p::swarm::{ConnectionId, DialError, NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, Swarm, identify, ping};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use super::core::Core;
use super::exchange::{Exchange, PeerEvent};
use super::handle::{Call, RequestError};
use super::handler::ReceivedFrame;
use super::options::NodeOptions;
use super::store::BlockStore;
use super::streams::StreamNumber;
use crate::causes::with_causes;
use crate::wire::{
    Address, DecodeError, DecodeOptions, Message, WantEntry, WantList, decode_examining,
};
use remarks::Remarks;
use source::Source;

/// How long closing the connections may take.
const CLOSING: Duration = Duration::from_secs(2);

/// The libp2p behaviours of a node.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub exchange: Exchange,
    pub ping: ping::Behaviour,
    pub identify: identify::Behaviour,
}

/// A running node.
pub(super) struct Shell {
    swarm: Swarm<Behaviour>,
    core: Box<dyn Core>,
    store: Arc<dyn BlockStore>,
    options: NodeOptions,
    decoding: DecodeOptions,
    /// Those who wait for the block of an address.
    requesters: HashMap<Address, Vec<oneshot::Sender<Result<Bytes, RequestError>>>>,
    /// When each own want is retried (ASK-8).
    timers: BTreeSet<(Instant, Address)>,
    /// Deviating nodes only: the peers whose want lists are answered later, and when.
    to_serve: VecDeque<(Instant, PeerId)>,
    dialling: HashMap<ConnectionId, oneshot::Sender<Result<PeerId, String>>>,
    disconnecting: HashMap<PeerId, Vec<oneshot::Sender<()>>>,
    /// The streams closed because of a frame, while the frames received with it are handled. The
    /// other frames of these streams are dropped.
    closed: Vec<StreamNumber>,
    remarks: Remarks,
    /// Peers that are sent no block any more, by the deviation `poisoned-serving`.
    unserved: HashSet<PeerId>,
    /// Peers that were sent blocks since frames were received last, for the deviation
    /// `drop-list-while-serving`.
    served: HashSet<PeerId>,
    /// Why the node ends by itself, if it does.
    dead: Option<String>,
}

impl Shell {
    /// A node that is ready to run.
    pub(super) fn new(swarm: Swarm<Behaviour>, core: Box<dyn Core>, options: NodeOptions) -> Self {
        Shell {
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
            remarks: Remarks::default(),
            unserved: HashSet::new(),
            served: HashSet::new(),
            dead: None,
        }
    }

    /// Runs the node until it is shut down, or ends by itself; then sets `ended` to the cause.
    pub(super) async fn run(
        mut self,
        mut calls: mpsc::Receiver<Call>,
        ended: Arc<OnceLock<String>>,
    ) {
        let mut is_steered = true;
        loop {
            let serving = self.to_serve.front().map(|(at, _)| *at);
            let retry = self.timers.first().map(|(at, _)| *at);
            let timer = serving.into_iter().chain(retry).min();
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
                    // All handles are dropped. The node goes on, for its peers.
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

    /// Closes every connection, and waits for it for a limited time.
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

    fn network(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Exchange(event)) => self.peer(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } => {
                if let Some(done) = self.dialling.remove(&connection_id) {
                    // The caller may have gone.
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
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                let theirs = info.protocols.iter().map(ToString::to_string).collect();
                self.remarks.speaks(peer_id, &self.options.protocol, theirs);
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
                self.remarks.left(&peer);
                self.unserved.remove(&peer);
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
                self.served.clear();
                for received in frames {
                    if self.dead.is_none() && !self.closed.contains(&received.stream) {
                        self.frame(from, connection, received);
                    }
                }
            }
        }
    }

    /// Handles a frame, whichever stream it came on (WIRE-7). WIRE-3: one that is no message closes
    /// its stream. WIRE-9: what is unusable in a message is left out of it.
    fn frame(&mut self, from: PeerId, connection: ConnectionId, received: ReceivedFrame) {
        let ReceivedFrame { stream, own, frame } = received;
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
                self.deviate(&from, &mut decoded.message);
                let is_waited_for = |address: &Address| self.requesters.contains_key(address);
                let message = decoded.message;
                self.remarks.received(&from, &message, is_waited_for);
                let stumbles = self.options.deviations.contains(Deviation::PoisonedServing);
                if stumbles && decoded.names_nothing {
                    self.unserved.insert(from);
                }
                let source = Source {
                    peer: from,
                    connection,
                    stream,
                    frame_length,
                    blocks: decoded.blocks,
                };
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

    /// What a deviating node takes a message for.
    fn deviate(&self, from: &PeerId, message: &mut Message) {
        let deviations = self.options.deviations;
        if deviations.contains(Deviation::TrustUnknownHash) {
            for delivery in &mut message.deliveries {
                delivery.evidence.data_matches_cid |=
                    delivery.evidence.has_data && delivery.cid.digest().is_none();
            }
        }
        let asks_for_blocks = |list: &WantList| {
            let is_want_block = |entry: &WantEntry| entry.want_type == WantType::WantBlock;
            list.entries.iter().any(is_want_block)
        };
        if deviations.contains(Deviation::DropListWhileServing)
            && self.served.contains(from)
            && message.want_list.as_ref().is_some_and(asks_for_blocks)
        {
            message.want_list = None;
        }
    }

    fn close_stream(&mut self, peer: PeerId, connection: ConnectionId, stream: StreamNumber) {
        self.closed.push(stream);
        self.exchange().close_stream(peer, connection, stream);
    }

    fn timers_are_up(&mut self) {
        self.serve();
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

    /// Starts the retry timer of an own want.
    fn set_timer(&mut self, address: Address) {
        if let Some(interval) = self.options.retry_interval
            && self.core.wants(&address)
        {
            self.timers.insert((Instant::now() + interval, address));
        }
    }

    fn exchange(&mut self) -> &mut Exchange {
        &mut self.swarm.behaviour_mut().exchange
    }
}

/// Why an address cannot be dialled. Without the address, which the caller knows.
fn why_not_reached(error: &DialError) -> String {
    match error {
        DialError::Transport(failed) => {
            let causes: Vec<_> = failed.iter().map(|(_, error)| with_causes(error)).collect();
            causes.join("; ")
        }
        other => with_causes(other),
    }
}
