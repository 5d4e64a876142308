//! [`Control`]: how the suite steers a target beside the wire.
//!
//! Every call takes and gives plain data, so that it can be carried over any other channel: a call
//! in this process, lines of JSON, an HTTP interface. An adapter says what it can do
//! ([`Control::capabilities`]); what it cannot is answered with [`ControlError::Unsupported`], and
//! scenarios that need it are skipped.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use serde::{Deserialize, Serialize};

use super::dump::Dump;
use crate::wire::{Address, BlockCid};

/// One thing that a control can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Store a plain block.
    Put,
    /// Store a dataset.
    PutDataset,
    /// Delete a block.
    Delete,
    /// Request a plain block, and learn the outcome.
    Request,
    /// Request one leaf of a dataset, and learn the outcome.
    RequestLeaf,
    /// Cancel a request.
    Cancel,
    /// Connect to a peer.
    Connect,
    /// Disconnect from a peer.
    Disconnect,
    /// Show the contexts, the own wants and what is held.
    Dump,
    /// Handle a Joined event for a peer that has a context.
    JoinedAgain,
    /// Handle a Left event for a peer whose connections stay open.
    LeftNow,
    /// Pursue an own want anew, as when its time is up.
    RetryNow,
    /// Change what the target asks for a block, while it runs.
    SetPrice,
}

impl Capability {
    /// Every one there is.
    pub const ALL: &[Capability] = &[
        Capability::Put,
        Capability::PutDataset,
        Capability::Delete,
        Capability::Request,
        Capability::RequestLeaf,
        Capability::Cancel,
        Capability::Connect,
        Capability::Disconnect,
        Capability::Dump,
        Capability::JoinedAgain,
        Capability::LeftNow,
        Capability::RetryNow,
        Capability::SetPrice,
    ];
}

impl Capability {
    /// The capability of this name, which is that of its command in the protocol of adapters.
    pub fn find(name: &str) -> Option<Capability> {
        let named = serde_json::Value::String(name.to_owned());
        serde_json::from_value(named).ok()
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Capability::Put => "put a block",
            Capability::PutDataset => "put a dataset",
            Capability::Delete => "delete a block",
            Capability::Request => "request a block",
            Capability::RequestLeaf => "request a leaf of a dataset",
            Capability::Cancel => "cancel a request",
            Capability::Connect => "connect to a peer",
            Capability::Disconnect => "disconnect from a peer",
            Capability::Dump => "dump the contexts",
            Capability::JoinedAgain => "repeat a Joined event",
            Capability::LeftNow => "handle a Left event early",
            Capability::RetryNow => "retry a want at once",
            Capability::SetPrice => "set the price",
        })
    }
}

/// A request made of the target, to ask for its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Neither here nor given up.
    Pending,
    /// The block is here.
    Completed(Bytes),
    /// It ended without the block: given up, or cancelled.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Pending => f.write_str("the request is pending"),
            Outcome::Completed(data) => {
                write!(f, "the request completed with {} bytes", data.len())
            }
            Outcome::Failed(why) => write!(f, "the request failed: {why}"),
        }
    }
}

/// Why the target did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// This control cannot do that.
    #[error("this control cannot {0}")]
    Unsupported(Capability),
    /// It can, and it failed.
    #[error("the target could not {what}: {cause}")]
    Failed {
        /// What it was told to do.
        what: Capability,
        /// Why it did not.
        cause: String,
    },
    /// The target's process has ended.
    #[error("the target has ended: {0}")]
    Ended(String),
    /// What carries the commands to the target does not work any more.
    #[error("the adapter is not to be relied on: {0}")]
    Lost(String),
}

/// Steers a target. A call returns when the target has handled it: what it sends because of it is
/// then on its way.
#[async_trait]
pub trait Control: Send + Sync {
    /// What this control can do.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// Why the target's process has ended by itself, with the last that it said, if it has and this
    /// control can tell.
    async fn ended(&self) -> Option<String> {
        None
    }

    /// Why this control does not work any more, if so: then nothing that the target does or does not
    /// do is held against it.
    fn lost(&self) -> Option<String> {
        None
    }

    /// The size that every stored block must have, in bytes, if the target divides what it is given
    /// into blocks by itself.
    fn block_size(&self) -> Option<usize> {
        None
    }

    /// Stores a plain block.
    async fn put(&self, _data: Bytes) -> Result<BlockCid, ControlError> {
        Err(ControlError::Unsupported(Capability::Put))
    }

    /// Stores a dataset of these blocks, all of one size; returns the CID of its tree. Of the
    /// leaves, those with the indices in `kept` are stored, or all of them.
    async fn put_dataset(
        &self,
        _blocks: Vec<Bytes>,
        _kept: Option<BTreeSet<u64>>,
    ) -> Result<BlockCid, ControlError> {
        Err(ControlError::Unsupported(Capability::PutDataset))
    }

    /// Deletes a block, under all its addresses.
    async fn delete(&self, _cid: BlockCid) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::Delete))
    }

    /// Requests a block; returns at once.
    async fn request(&self, _address: Address) -> Result<RequestId, ControlError> {
        Err(ControlError::Unsupported(Capability::Request))
    }

    /// How a request stands, as soon as it is not pending, or after `within` at the latest.
    async fn outcome(
        &self,
        _request: RequestId,
        _within: Duration,
    ) -> Result<Outcome, ControlError> {
        Err(ControlError::Unsupported(Capability::Request))
    }

    /// Cancels a request; says whether it was pending (ASK-7). Other requests for the same block
    /// may end with it.
    async fn cancel(&self, _request: RequestId) -> Result<bool, ControlError> {
        Err(ControlError::Unsupported(Capability::Cancel))
    }

    /// Connects to a peer, `/p2p/…` included.
    async fn connect(&self, _peer: Multiaddr) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::Connect))
    }

    /// Closes every connection with a peer.
    async fn disconnect(&self, _peer: PeerId) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::Disconnect))
    }

    /// The target's state. It covers everything that was handed to the core before the call.
    async fn dump(&self) -> Result<Dump, ControlError> {
        Err(ControlError::Unsupported(Capability::Dump))
    }

    /// Makes the target handle a Joined event for a peer that has a context (JOIN-3).
    async fn joined_again(&self, _peer: PeerId) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::JoinedAgain))
    }

    /// Makes the target handle a Left event for a peer whose connections stay open: from then on
    /// it has no context, and can still speak (JOIN-7).
    async fn left_now(&self, _peer: PeerId) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::LeftNow))
    }

    /// Makes the target pursue an own want anew (ASK-8).
    async fn retry_now(&self, _address: Address) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::RetryNow))
    }

    /// Changes what the target asks for a block (WANT-4).
    async fn set_price(&self, _price: u64) -> Result<(), ControlError> {
        Err(ControlError::Unsupported(Capability::SetPrice))
    }

    /// Ends the target, or gives it back if it serves other scenarios too; for the end of a
    /// scenario.
    async fn shutdown(&self) {}
}
