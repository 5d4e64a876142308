//! [`NodeOptions`]: everything that is settled before a node starts.

use std::sync::Arc;
use std::time::Duration;

use blockexc_model::deviation::Deviations;
use blockexc_model::message::Account;
use blockexc_model::price::Price;
use clap::ValueEnum;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;

use super::recording::Recording;
use super::store::{BlockStore, MemoryStore};
use crate::wire::DEFAULT_LIMIT;

/// The protocol id of Codex, and of Logos Storage until early 2026.
pub const CODEX_PROTOCOL: &str = "/codex/blockexc/1.0.0";
/// The protocol id of Archivist.
pub const ARCHIVIST_PROTOCOL: &str = "/archivist/blockexc/1.0.0";
/// The protocol id of Promethei.
pub const PROMETHEI_PROTOCOL: &str = "/promethei/blockexc/1.0.0";
/// The protocol id of Logos Storage's rewrite of 2026: a different protocol.
pub const STORAGE_PROTOCOL: &str = "/storage/blockexc/1.0.0";

/// What several streams share one connection by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Muxers {
    /// yamux and mplex, as the peer likes.
    #[default]
    Both,
    /// yamux only, as nodes on rust-libp2p usually do.
    Yamux,
    /// mplex only, as deployed Nim nodes do.
    Mplex,
}

/// What a node's identity is made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyType {
    /// As nodes on rust-libp2p usually have: peer ids begin with `12D3KooW`. Deployed Nim nodes do
    /// not accept it.
    Ed25519,
    /// As deployed Nim nodes have: peer ids begin with `16Uiu2HA`. Every deployed node accepts it.
    #[default]
    Secp256k1,
}

impl KeyType {
    /// A new identity.
    pub fn generate(self) -> Keypair {
        match self {
            KeyType::Ed25519 => Keypair::generate_ed25519(),
            KeyType::Secp256k1 => Keypair::generate_secp256k1(),
        }
    }
}

/// How to run a node.
#[derive(Clone)]
pub struct NodeOptions {
    /// The node's identity.
    pub keypair: Keypair,
    /// Where to listen; nowhere by default.
    pub listen: Vec<Multiaddr>,
    /// The id of the protocol to speak.
    pub protocol: String,
    /// How to deviate from the specification.
    pub deviations: Deviations,
    /// What a block costs.
    pub price: Price,
    /// Where to be paid, for a node that asks for payment (JOIN-6).
    pub account: Option<Account>,
    /// The longest frame, in bytes (WIRE-2).
    pub frame_limit: u64,
    /// How long a want waits before it is pursued anew (ASK-8); `None`: for ever.
    pub retry_interval: Option<Duration>,
    /// How often a want is pursued anew before its request fails (ASK-9).
    pub retries: u32,
    /// Deviating nodes only: how long serving is put off (`serve-later`).
    pub serve_after: Duration,
    /// How many of one peer's wants are recorded at most (WIRE-10).
    pub wants_per_peer: u32,
    /// How many want list entries, presence items and blocks may wait to be sent to one peer
    /// (WIRE-10): one that lets more pile up is disconnected.
    pub waiting_per_peer: usize,
    /// The muxers to offer.
    pub muxers: Muxers,
    /// Where the blocks are.
    pub store: Arc<dyn BlockStore>,
    /// What the choices are made with.
    pub seed: u64,
    /// Where to write down all that happens to the node and what it does; nowhere by default.
    pub record: Option<Recording>,
}

/// A peer's wants are recorded up to this many when nothing else is said: about as many as there
/// are blocks of 64 KiB in 64 GiB.
pub const WANTS_PER_PEER: u32 = 1 << 20;
/// So much may wait for a peer when nothing else is said. Blocks wait as their addresses only.
pub const WAITING_PER_PEER: usize = 100_000;

impl Default for NodeOptions {
    /// A reference node with a new secp256k1 identity that stores in memory and listens nowhere.
    fn default() -> Self {
        NodeOptions {
            keypair: KeyType::default().generate(),
            listen: Vec::new(),
            protocol: CODEX_PROTOCOL.to_owned(),
            deviations: Deviations::none(),
            price: Price::ZERO,
            account: None,
            frame_limit: DEFAULT_LIMIT,
            retry_interval: Some(Duration::from_secs(2)),
            retries: 100,
            serve_after: Duration::ZERO,
            wants_per_peer: WANTS_PER_PEER,
            waiting_per_peer: WAITING_PER_PEER,
            muxers: Muxers::Both,
            store: Arc::new(MemoryStore::default()),
            seed: 0,
            record: None,
        }
    }
}
