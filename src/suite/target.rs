//! [`Target`]: the node under test, as one scenario is given it; and [`TargetOptions`], how it is set up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use serde::{Deserialize, Serialize};

use super::control::Control;
use crate::wire::{Address, BlockCid};

/// A block that a target is known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBlock {
    /// Its address.
    pub address: Address,
    /// Its bytes, if they are known too.
    pub data: Option<Bytes>,
}

/// What a target is known to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Blocks, each by one address.
    pub blocks: Vec<HeldBlock>,
    /// Datasets, by the CIDs of their trees. Leaves and proofs are taken from the target.
    pub trees: Vec<BlockCid>,
}

impl Held {
    /// All of it as blocks: a dataset by its first leaf.
    pub fn as_blocks(&self) -> Vec<HeldBlock> {
        let first = |tree: &BlockCid| HeldBlock {
            address: Address::Leaf {
                tree: tree.clone(),
                index: 0,
            },
            data: None,
        };
        let leaves = self.trees.iter().map(first);
        self.blocks.iter().cloned().chain(leaves).collect()
    }
}

/// How a target is set up for a scenario, where the default will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetOptions {
    /// What the target asks for a block.
    pub price: u64,
    /// Where it wants to be paid.
    pub account: Option<[u8; 20]>,
    /// The longest frame that it reads and writes, in bytes; none in a scenario that is run if this
    /// cannot be set.
    pub frame_limit: Option<u64>,
    /// Whether the scenario cannot make do without that.
    pub needs_frame_limit: bool,
    /// How often a want is pursued anew before its request fails. There is no timer: a scenario
    /// that wants a retry calls `Harness::retry_now`.
    pub retries: Option<u32>,
    /// How many wants of a peer it records (WANT-19).
    pub wants_per_peer: Option<u32>,
}

impl TargetOptions {
    /// Free of charge, the deployed frame limit, retries without end.
    pub const DEFAULT: TargetOptions = TargetOptions {
        price: 0,
        account: None,
        frame_limit: None,
        needs_frame_limit: false,
        retries: None,
        wants_per_peer: None,
    };
}

/// Something about a target that can be settled when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartOption {
    /// What a block costs.
    Price,
    /// Where the target wants to be paid.
    Account,
    /// The longest frame.
    FrameLimit,
    /// How often a want is pursued anew before its request fails.
    Retries,
    /// How many wants of a peer are recorded.
    WantsPerPeer,
    /// The time after which a want is pursued anew.
    RetryInterval,
    /// The muxers that are offered.
    Muxers,
    /// The key that makes the identity.
    Key,
    /// The protocol's ID.
    Protocol,
}

impl StartOption {
    /// Every one there is.
    pub const ALL: &[StartOption] = &[
        StartOption::Price,
        StartOption::Account,
        StartOption::FrameLimit,
        StartOption::Retries,
        StartOption::WantsPerPeer,
        StartOption::RetryInterval,
        StartOption::Muxers,
        StartOption::Key,
        StartOption::Protocol,
    ];

    /// Its name in the protocol of adapters.
    pub fn name(self) -> &'static str {
        match self {
            StartOption::Price => "price",
            StartOption::Account => "account",
            StartOption::FrameLimit => "frame_limit",
            StartOption::Retries => "retries",
            StartOption::WantsPerPeer => "wants_per_peer",
            StartOption::RetryInterval => "retry_interval",
            StartOption::Muxers => "muxers",
            StartOption::Key => "key",
            StartOption::Protocol => "protocol",
        }
    }
}

/// The node under test.
#[derive(Clone)]
pub struct Target {
    /// Where to dial it, `/p2p/…` included if its identity is known.
    pub address: Multiaddr,
    /// Its identity, if known.
    pub peer_id: Option<PeerId>,
    /// How to steer it, if there is a way.
    pub control: Option<Arc<dyn Control>>,
    /// What it holds, named by whoever runs the suite.
    pub held: Held,
    /// Whether it was started for this scenario, with its [`TargetOptions`].
    pub configured: bool,
    /// Whether it may act later than in the step that handles a message; the reference never does.
    pub may_answer_late: bool,
    /// When it pursues an own want anew by itself (ASK-8).
    pub retries: RetryTimer,
}

/// When a target pursues an own want anew by itself (ASK-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryTimer {
    /// Nobody has said.
    Unknown,
    /// Only when it is told to.
    Never,
    /// After each such time.
    Every(Duration),
}
