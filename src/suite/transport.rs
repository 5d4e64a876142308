//! How the suite's peers reach others: TCP, Noise, and a muxer, without a swarm.

use std::pin::Pin;
use std::time::Duration;

use clap::ValueEnum;
use futures::StreamExt as _;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, DialOpts, ListenerId, PortUse, TransportEvent};
use libp2p::core::upgrade::{SelectUpgrade, Version};
use libp2p::core::{Endpoint, Transport as _};
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId, noise, tcp, yamux};
use serde::{Deserialize, Serialize};

use crate::causes::with_causes;
use crate::resolve::resolve;

/// How many streams one connection of a peer of the suite may have: more than any target allows.
const MOST_STREAMS: usize = 4096;

/// How long connecting may take, from the first packet to the muxer.
const CONNECTING: Duration = Duration::from_secs(10);

/// A secured connection whose muxer is driven by whoever holds it.
pub type Secured = (PeerId, StreamMuxerBox);

/// What divides a connection into streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Muxer {
    /// Yamux, as rust-libp2p nodes prefer it.
    Yamux,
    /// Mplex, the only one of deployed Nim nodes.
    Mplex,
}

/// What a key is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// As deployed Nim nodes have it (`16Uiu2HA…`).
    Secp256k1,
    /// As rust-libp2p nodes have it (`12D3KooW…`).
    Ed25519,
}

impl KeyType {
    /// The key of this seed.
    pub fn keypair(self, mut seed: [u8; 32]) -> Keypair {
        loop {
            let made = match self {
                KeyType::Secp256k1 => {
                    libp2p::identity::secp256k1::SecretKey::try_from_bytes(&mut seed)
                        .map(|key| Keypair::from(libp2p::identity::secp256k1::Keypair::from(key)))
                }
                KeyType::Ed25519 => Keypair::ed25519_from_bytes(&mut seed),
            };
            match made {
                Ok(keypair) => return keypair,
                // One seed in 2^127 is no key of the curve; the next one is.
                Err(_) => seed[31] = seed[31].wrapping_add(1),
            }
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be dialled at all.
    #[error("{address} cannot be dialled: {cause}")]
    Address {
        /// What was dialled.
        address: Multiaddr,
        /// What is wrong with it.
        cause: String,
    },
    /// Nobody there, or no agreement.
    #[error("{address} does not connect: {cause}")]
    Refused {
        /// What was dialled.
        address: Multiaddr,
        /// What failed.
        cause: String,
    },
    /// Nothing came of it.
    #[error("{address} does not connect within {} s", .within.as_secs())]
    TimedOut {
        /// What was dialled.
        address: Multiaddr,
        /// How long was waited.
        within: Duration,
    },
}

/// The transport of one peer: offers these muxers, in this order.
pub fn build(keypair: &Keypair, muxers: &[Muxer]) -> Boxed<Secured> {
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(MOST_STREAMS);
    let mut mplex = libp2p_mplex::Config::new();
    mplex.set_max_num_streams(MOST_STREAMS);
    #[allow(clippy::expect_used)]
    let noise = noise::Config::new(keypair).expect("every key that exists can sign");
    let secured = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1)
        .authenticate(noise);
    match muxers {
        [Muxer::Yamux] => secured.multiplex(yamux).timeout(CONNECTING).boxed(),
        [Muxer::Mplex] => secured.multiplex(mplex).timeout(CONNECTING).boxed(),
        [Muxer::Mplex, ..] => secured
            .multiplex(SelectUpgrade::new(mplex, yamux))
            .timeout(CONNECTING)
            .boxed(),
        _ => secured
            .multiplex(SelectUpgrade::new(yamux, mplex))
            .timeout(CONNECTING)
            .boxed(),
    }
}

/// Opens a connection. A name in the address is resolved. The address may end in `/p2p/<PeerId>`:
/// then nobody else is accepted.
///
/// # Errors
///
/// When nothing is reached there, or somebody else.
pub async fn dial(
    transport: &mut Boxed<Secured>,
    address: &Multiaddr,
) -> Result<Secured, ConnectError> {
    use libp2p::multiaddr::Protocol;
    let mut bare = address.clone();
    let expected = match bare.iter().last() {
        Some(Protocol::P2p(peer)) => {
            bare.pop();
            Some(peer)
        }
        _ => None,
    };
    let bare = resolve(&bare)
        .await
        .map_err(|cause| ConnectError::Refused {
            address: address.clone(),
            cause: cause.to_string(),
        })?;
    let options = DialOpts {
        role: Endpoint::Dialer,
        port_use: PortUse::New,
    };
    let dialing = transport
        .dial(bare, options)
        .map_err(|cause| ConnectError::Address {
            address: address.clone(),
            cause: with_causes(&cause),
        })?;
    let refused = |cause| ConnectError::Refused {
        address: address.clone(),
        cause,
    };
    let secured = tokio::time::timeout(CONNECTING, dialing)
        .await
        .map_err(|_| ConnectError::TimedOut {
            address: address.clone(),
            within: CONNECTING,
        })?
        .map_err(|cause| refused(with_causes(&cause)))?;
    match expected {
        Some(peer) if peer != secured.0 => Err(refused(format!(
            "{} answers there instead of {peer}",
            secured.0
        ))),
        _ => Ok(secured),
    }
}

/// A free port of the loopback.
pub fn anywhere() -> Multiaddr {
    libp2p::core::multiaddr::multiaddr!(Ip4([127, 0, 0, 1]), Tcp(0u16))
}

/// Listens there, and hands over every connection that comes.
///
/// Returns the address, without `/p2p`. Listening ends when the returned task is aborted.
///
/// # Errors
///
/// When there is no port to be had.
pub async fn listen(
    mut transport: Boxed<Secured>,
    at: Multiaddr,
    accepted: impl Fn(Secured) + Send + Sync + Clone + 'static,
) -> Result<(Multiaddr, tokio::task::AbortHandle), String> {
    transport
        .listen_on(ListenerId::next(), at)
        .map_err(|cause| with_causes(&cause))?;
    let address = loop {
        match next(&mut transport).await {
            TransportEvent::NewAddress { listen_addr, .. } => break listen_addr,
            TransportEvent::ListenerClosed { reason, .. } => {
                return Err(format!("listening ended: {reason:?}"));
            }
            TransportEvent::ListenerError { error, .. } => return Err(error.to_string()),
            _ => {}
        }
    };
    let task = tokio::spawn(async move {
        loop {
            if let TransportEvent::Incoming { upgrade, .. } = next(&mut transport).await {
                let accepted = accepted.clone();
                tokio::spawn(async move {
                    if let Ok(secured) = upgrade.await {
                        accepted(secured);
                    }
                });
            }
        }
    });
    Ok((address, task.abort_handle()))
}

async fn next(
    transport: &mut Boxed<Secured>,
) -> TransportEvent<<Boxed<Secured> as libp2p::Transport>::ListenerUpgrade, std::io::Error> {
    match Pin::new(transport).next().await {
        Some(event) => event,
        // A transport goes on for ever.
        None => std::future::pending().await,
    }
}
