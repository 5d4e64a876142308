//! [`start`]: starts a node.

use std::collections::HashMap;
use std::net::{IpAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use blockexc_model::deviating::{Event, Setup};
use blockexc_model::deviation::Deviation;
use blockexc_model::node::Config;
use bytes::Bytes;
use futures::StreamExt as _;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{StreamProtocol, SwarmEvent};
use libp2p::{Multiaddr, Swarm, identify, ping};
use tokio::sync::mpsc;

use super::core::core_for;
use super::exchange::Exchange;
use super::handle::NodeHandle;
use super::options::{NodeOptions, STORAGE_PROTOCOL};
use super::outgoing::Encoder;
use super::protocol;
use super::recording::RecordingCore;
use super::shell::{Behaviour, Shell};
use super::store::{StoreError, StoredBlock};
use super::transport;
use crate::causes::with_causes;
use crate::wire::{BlockCid, EncodeOptions, FrameOptions};

/// The largest number of waiting calls of handles.
const WAITING_CALLS: usize = 64;
/// The largest number of waiting events of one connection. Each may be a frame of the greatest
/// length.
const WAITING_EVENTS: usize = 1;
/// The largest number of streams of one connection in negotiation.
const NEGOTIATING_STREAMS: usize = 256;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This node does not speak the protocol.
    #[error("{0} is another protocol than this one, with other frames and other messages")]
    OtherProtocol(String),
    /// The protocol id is invalid.
    #[error("{0:?} is no protocol id: it begins with a slash")]
    BadProtocol(String),
    /// The key cannot be used.
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

/// Starts a node. When this returns, it listens.
///
/// # Errors
///
/// When the node cannot start with these options.
pub async fn start(options: NodeOptions) -> Result<NodeHandle, StartError> {
    let peer_id = options.keypair.public().to_peer_id();
    let mut swarm = swarm(&options)?;
    let addresses = listen(&mut swarm, &options.listen).await?;
    let has_accounts = !options.deviations.contains(Deviation::NoAccounts);
    let config = Config {
        price: options.price,
        account: options.account.filter(|_| has_accounts),
        retries: options.retries,
        wants_per_peer: options.wants_per_peer,
    };
    let deviations = options.deviations;
    let announces_unsendable = deviations.contains(Deviation::AnnounceUnsendable)
        || deviations.contains(Deviation::UnboundedMessage);
    let mut core = core_for(Setup { config, deviations }, options.seed);
    if let Some(recording) = &options.record {
        core = Box::new(RecordingCore::new(core, recording.clone()));
    }
    if deviations.contains(Deviation::HoldEmptyBlock) {
        let cid = BlockCid::of_block(b"");
        let data = Bytes::new();
        options.store.put(&StoredBlock { cid, data }, &[])?;
    }
    for (cid, leaves) in options.store.holdings()? {
        // XFER-11: it may be there from a node that held it.
        if !cid.is_of_nothing() || deviations.contains(Deviation::HoldEmptyBlock) {
            core.handle(Event::Stored { cid, leaves });
        }
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
        longest_message: (!announces_unsendable).then_some(options.frame_limit),
        ended: ended.clone(),
    };
    tokio::spawn(Shell::new(swarm, core, options).run(receiver, ended));
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
        stalls_on_mute_peers: deviates(Deviation::StallOnMutePeer),
        queue_survives_left: deviates(Deviation::QueueSurvivesLeft),
        loses_with_connection: deviates(Deviation::LostWithConnection),
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

/// Whether nobody else listens there. The transport shares its ports, so that it would not notice.
fn is_free(address: &Multiaddr) -> Result<(), String> {
    let mut protocols = address.iter();
    let ip: IpAddr = match protocols.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        Some(Protocol::Ip6(ip)) => ip.into(),
        _ => return Ok(()),
    };
    match protocols.next() {
        Some(Protocol::Tcp(port)) if port != 0 => TcpListener::bind((ip, port))
            .map(drop)
            .map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Listens on these addresses. Returns the addresses on which it listens, with their ports.
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
        is_free(address).map_err(|cause| failed(address, cause))?;
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
