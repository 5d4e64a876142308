//! [`BlockStore`]: what a store of blocks does.

use std::path::PathBuf;

use bytes::Bytes;

use crate::wire::{Address, BlockCid};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be used as a store.
    #[error("{} cannot be opened as a block store: {cause}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The file holds something that a store does not write.
    #[error("the block store is damaged: {0}")]
    Damaged(String),
    /// Reading or writing failed.
    #[error("the block store failed: {0}")]
    Failed(#[from] redb::Error),
}

/// A block and, for each leaf that it is, its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// The block's own CID.
    pub cid: BlockCid,
    /// Its bytes.
    pub data: Bytes,
}

/// What a block is stored as, beside its own CID: a leaf, with the encoded proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafProof {
    /// The leaf's address.
    pub address: Address,
    /// The encoded Merkle proof.
    pub proof: Bytes,
}

/// Blocks by CID, and proofs by leaf. What was put is durable when the call returns, as far as the
/// store is.
pub trait BlockStore: Send + Sync {
    /// Stores a block, and the leaves that it is.
    fn put(&self, block: &StoredBlock, leaves: &[LeafProof]) -> Result<(), StoreError>;

    /// Stores several blocks at once.
    fn put_all(&self, blocks: &[(StoredBlock, Vec<LeafProof>)]) -> Result<(), StoreError> {
        blocks
            .iter()
            .try_for_each(|(block, leaves)| self.put(block, leaves))
    }

    /// The bytes of the block with this CID.
    fn block(&self, cid: &BlockCid) -> Result<Option<Bytes>, StoreError>;

    /// The CID of the block at this leaf, with the encoded proof.
    fn leaf(&self, address: &Address) -> Result<Option<(BlockCid, Bytes)>, StoreError>;

    /// Forgets a block, and that it is any leaf.
    fn delete(&self, cid: &BlockCid) -> Result<(), StoreError>;

    /// Each block's CID with the leaves that it is.
    fn holdings(&self) -> Result<Vec<(BlockCid, Vec<Address>)>, StoreError>;
}
