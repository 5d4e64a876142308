//! [`NodeHandle`]: how a running node is steered.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use blockexc_model::price::Price;
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{mpsc, oneshot};

use super::dataset::{Dataset, Manifest};
use super::sendable::{self, Unsendable};
use super::store::{BlockStore, LeafProof, StoreError, StoredBlock};
use crate::resolve::resolve;
use crate::wire::{Address, BlockCid, Dump};

/// Why a request ended without its block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Every retry was used up (ASK-9).
    #[error("it did not come, after every retry: {0}")]
    NotFound(String),
    /// The request was cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// The block came, and the store did not give it back.
    #[error("the block came, and was not to be read: {0}")]
    Store(String),
    /// The node has ended.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// The node has ended, by itself or because it was told to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has ended: {0}")]
pub struct Ended(pub String);

/// Why something was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// There is nothing to make a dataset of.
    #[error("a dataset has at least one block")]
    Empty,
    /// A block could never be sent, or is empty.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node has ended.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Dialling failed.
    #[error("{address} cannot be dialled: {cause}")]
    NotReached {
        /// What was dialled.
        address: Multiaddr,
        /// Why it failed.
        cause: String,
    },
    /// The node has ended.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// What the handle asks of the node.
pub(super) enum Call {
    Stored {
        holdings: Vec<(BlockCid, Vec<Address>)>,
        done: oneshot::Sender<()>,
    },
    Delete {
        cid: BlockCid,
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Request {
        address: Address,
        outcome: oneshot::Sender<Result<Bytes, RequestError>>,
        done: oneshot::Sender<()>,
    },
    Cancel {
        address: Address,
        done: oneshot::Sender<bool>,
    },
    Connect {
        address: Multiaddr,
        done: oneshot::Sender<Result<PeerId, String>>,
    },
    Disconnect {
        peer: PeerId,
        done: oneshot::Sender<()>,
    },
    JoinedAgain {
        peer: PeerId,
        done: oneshot::Sender<()>,
    },
    LeftNow {
        peer: PeerId,
        done: oneshot::Sender<()>,
    },
    RetryNow {
        address: Address,
        done: oneshot::Sender<()>,
    },
    Why {
        address: Address,
        done: oneshot::Sender<String>,
    },
    SetPrice {
        price: Price,
        done: oneshot::Sender<()>,
    },
    Dump {
        done: oneshot::Sender<Dump>,
    },
    Shutdown,
}

/// A running node. Clones steer the same one; it goes on when all of them are dropped, until it
/// is shut down.
#[derive(Clone)]
pub struct NodeHandle {
    pub(super) peer_id: PeerId,
    pub(super) addresses: Vec<Multiaddr>,
    pub(super) calls: mpsc::Sender<Call>,
    pub(super) store: Arc<dyn BlockStore>,
    /// The longest message, in bytes: what fits into none is not stored. A deviating node stores it.
    pub(super) longest_message: Option<u64>,
    pub(super) ended: Arc<OnceLock<String>>,
}

/// A request under way.
#[derive(Debug)]
pub struct PendingBlock {
    receiver: oneshot::Receiver<Result<Bytes, RequestError>>,
    ended: Arc<OnceLock<String>>,
}

impl PendingBlock {
    /// The block, as soon as it is here. To be awaited until it answers, once; giving up in
    /// between loses nothing.
    ///
    /// # Errors
    ///
    /// When the request ends without the block.
    pub async fn wait(&mut self) -> Result<Bytes, RequestError> {
        (&mut self.receiver)
            .await
            .unwrap_or_else(|_| Err(RequestError::Ended(why(&self.ended))))
    }
}

fn why(ended: &OnceLock<String>) -> Ended {
    Ended(
        ended
            .get()
            .cloned()
            .unwrap_or_else(|| "it was shut down".to_owned()),
    )
}

impl NodeHandle {
    /// The node's identity.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Where the node listens, each address with `/p2p/` and its identity.
    pub fn addresses(&self) -> &[Multiaddr] {
        &self.addresses
    }

    /// Why the node has ended by itself, if it has: only a deviating one ever does.
    pub fn died(&self) -> Option<&str> {
        self.ended.get().map(String::as_str)
    }

    async fn call<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Call) -> Result<T, Ended> {
        let (done, answer) = oneshot::channel();
        // Either error means that the node's task is gone.
        if self.calls.send(make(done)).await.is_err() {
            return Err(why(&self.ended));
        }
        answer.await.map_err(|_| why(&self.ended))
    }

    /// Stores a plain block (HELD-1).
    ///
    /// # Errors
    ///
    /// When a block fits into no message (XFER-9), the store fails, or the node has ended.
    pub async fn put(&self, data: Bytes) -> Result<BlockCid, PutError> {
        let cid = BlockCid::of_block(&data);
        self.put_block(cid.clone(), data).await?;
        Ok(cid)
    }

    /// Stores a manifest, as a block of its own kind.
    ///
    /// # Errors
    ///
    /// When a block fits into no message (XFER-9), the store fails, or the node has ended.
    pub async fn put_manifest(&self, manifest: &Manifest) -> Result<BlockCid, PutError> {
        let data = manifest.encode();
        let cid = BlockCid::of_manifest(&data);
        self.put_block(cid.clone(), data).await?;
        Ok(cid)
    }

    async fn put_block(&self, cid: BlockCid, data: Bytes) -> Result<(), PutError> {
        self.put_all(vec![(StoredBlock { cid, data }, Vec::new())])
            .await
    }

    /// Stores the blocks of a dataset, with their proofs; returns the CID of its tree.
    ///
    /// # Errors
    ///
    /// When there is no block, one fits into no message (XFER-9), the store fails, or the node has ended.
    pub async fn put_dataset(&self, blocks: Vec<Bytes>) -> Result<BlockCid, PutError> {
        let dataset = Dataset::of_blocks(blocks).ok_or(PutError::Empty)?;
        let tree = dataset.tree_cid();
        self.put_all(dataset.into_stored()).await?;
        Ok(tree)
    }

    /// Stores some leaves of a dataset, with their proofs; returns the CID of its tree.
    ///
    /// # Errors
    ///
    /// When there is no block, one fits into no message (XFER-9), the store fails, or the node has ended.
    pub async fn put_leaves(
        &self,
        blocks: Vec<Bytes>,
        kept: &BTreeSet<u64>,
    ) -> Result<BlockCid, PutError> {
        let dataset = Dataset::of_blocks(blocks).ok_or(PutError::Empty)?;
        let tree = dataset.tree_cid();
        let leaves = (0u64..).zip(dataset.into_stored());
        let kept = leaves.filter(|(index, _)| kept.contains(index));
        self.put_all(kept.map(|(_, leaf)| leaf).collect()).await?;
        Ok(tree)
    }

    /// Cuts bytes into blocks of one size and stores them as a dataset, with its manifest; returns
    /// the CIDs of the tree and of the manifest.
    ///
    /// # Errors
    ///
    /// When there are no bytes, a block fits into no message (XFER-9), the store fails, or the node has
    /// ended.
    pub async fn put_bytes(
        &self,
        data: Bytes,
        block_size: NonZeroUsize,
        file_name: Option<String>,
    ) -> Result<(BlockCid, BlockCid), PutError> {
        let length = data.len() as u64;
        let dataset = Dataset::of_bytes(data, block_size).ok_or(PutError::Empty)?;
        let manifest = Manifest::new(dataset.tree_cid(), block_size, length, file_name);
        let tree = dataset.tree_cid();
        self.put_all(dataset.into_stored()).await?;
        Ok((tree, self.put_manifest(&manifest).await?))
    }

    async fn put_all(&self, blocks: Vec<(StoredBlock, Vec<LeafProof>)>) -> Result<(), PutError> {
        if let Some(limit) = self.longest_message {
            sendable::check_all(&blocks, limit)?;
        }
        self.store.put_all(&blocks)?;
        let holdings = blocks
            .into_iter()
            .map(|(block, leaves)| {
                let leaves = leaves.into_iter().map(|leaf| leaf.address).collect();
                (block.cid, leaves)
            })
            .collect();
        Ok(self.call(|done| Call::Stored { holdings, done }).await?)
    }

    /// Deletes a block, under all its addresses (HELD-2).
    ///
    /// # Errors
    ///
    /// When the store fails, or the node has ended.
    pub async fn delete(&self, cid: BlockCid) -> Result<(), PutError> {
        Ok(self.call(|done| Call::Delete { cid, done }).await??)
    }

    /// Requests a block (ASK-1); the node has sent what it sends for it when this returns.
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn start_request(&self, address: Address) -> Result<PendingBlock, Ended> {
        let (outcome, receiver) = oneshot::channel();
        self.call(|done| Call::Request {
            address,
            outcome,
            done,
        })
        .await?;
        Ok(PendingBlock {
            receiver,
            ended: self.ended.clone(),
        })
    }

    /// Requests a block and waits for it.
    ///
    /// # Errors
    ///
    /// When the request ends without the block.
    pub async fn request(&self, address: Address) -> Result<Bytes, RequestError> {
        self.start_request(address).await?.wait().await
    }

    /// Cancels an own want; says whether there was one (ASK-7).
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn cancel(&self, address: Address) -> Result<bool, Ended> {
        self.call(|done| Call::Cancel { address, done }).await
    }

    /// Connects to a peer. A name in its address is resolved.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, or is somebody else than the address says.
    pub async fn connect(&self, address: Multiaddr) -> Result<PeerId, ConnectError> {
        let not_reached = |cause: String| ConnectError::NotReached {
            address: address.clone(),
            cause,
        };
        let resolved = resolve(&address).await;
        let dialled = resolved.map_err(|error| not_reached(error.to_string()))?;
        self.call(|done| Call::Connect {
            address: dialled,
            done,
        })
        .await?
        .map_err(not_reached)
    }

    /// Closes every connection with a peer; returns when they are closed.
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn disconnect(&self, peer: PeerId) -> Result<(), Ended> {
        self.call(|done| Call::Disconnect { peer, done }).await
    }

    /// Makes the core handle one more Joined event for this peer, as a second connection that is
    /// mistaken for the first would (JOIN-3).
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn joined_again(&self, peer: PeerId) -> Result<(), Ended> {
        self.call(|done| Call::JoinedAgain { peer, done }).await
    }

    /// Makes the core handle Left for a peer whose connections stay open (JOIN-7).
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn left_now(&self, peer: PeerId) -> Result<(), Ended> {
        self.call(|done| Call::LeftNow { peer, done }).await
    }

    /// Pursues an own want anew, as when its time is up (ASK-8).
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn retry_now(&self, address: Address) -> Result<(), Ended> {
        self.call(|done| Call::RetryNow { address, done }).await
    }

    /// Why a block that is waited for has not come, as far as was seen.
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn why(&self, address: Address) -> Result<String, Ended> {
        self.call(|done| Call::Why { address, done }).await
    }

    /// Changes what a block costs from now on (WANT-4). A log that is being recorded does not say so.
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn set_price(&self, price: Price) -> Result<(), Ended> {
        self.call(|done| Call::SetPrice { price, done }).await
    }

    /// The node's state, between two steps.
    ///
    /// # Errors
    ///
    /// When the node has ended.
    pub async fn dump(&self) -> Result<Dump, Ended> {
        self.call(|done| Call::Dump { done }).await
    }

    /// Ends the node: closes its connections, and returns when it is done.
    pub async fn shutdown(&self) {
        if self.calls.send(Call::Shutdown).await.is_ok() {
            self.calls.closed().await;
        }
    }

    /// Returns when the node has ended.
    pub async fn ended(&self) {
        self.calls.closed().await;
    }
}
