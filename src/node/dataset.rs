//! Datasets: blocks of one size under one tree, and the manifest that names them.

use std::num::NonZeroUsize;

use bytes::Bytes;
use prost::Message as _;

use super::store::{LeafProof, StoredBlock};
use crate::wire::cid::BLOCK;
use crate::wire::tree::{Tree, split_into_blocks};
use crate::wire::{Address, BlockCid, CidError};

/// The code of sha2-256 among multihashes.
const SHA2_256: u32 = 0x12;
/// The version of manifests.
const MANIFEST_VERSION: u32 = 1;

/// The blocks of a dataset with their tree.
pub struct Dataset {
    blocks: Vec<Bytes>,
    tree: Tree,
}

impl Dataset {
    /// The dataset of these blocks; `None` when there is none.
    pub fn of_blocks(blocks: Vec<Bytes>) -> Option<Self> {
        let tree = Tree::from_blocks(&blocks).ok()?;
        Some(Dataset { blocks, tree })
    }

    /// The dataset of these bytes, the last block padded with zeros; `None` when there are none.
    pub fn of_bytes(data: Bytes, block_size: NonZeroUsize) -> Option<Self> {
        Dataset::of_blocks(split_into_blocks(data, block_size).collect())
    }

    /// The CID of the dataset's tree.
    pub fn tree_cid(&self) -> BlockCid {
        self.tree.cid()
    }

    /// How many blocks there are.
    pub fn leaf_count(&self) -> usize {
        self.blocks.len()
    }

    /// The blocks as a store takes them.
    pub fn into_stored(self) -> Vec<(StoredBlock, Vec<LeafProof>)> {
        let tree_cid = self.tree.cid();
        let digests = self.tree.leaves();
        self.blocks
            .into_iter()
            .zip(digests)
            .zip(0u64..)
            .map(|((data, digest), index)| {
                let cid = BlockCid::from_digest(BLOCK, digest);
                let address = Address::Leaf {
                    tree: tree_cid.clone(),
                    index,
                };
                let leaf = self.tree.proof(index).map(|proof| LeafProof {
                    address,
                    proof: proof.encode(),
                });
                (StoredBlock { cid, data }, leaf.into_iter().collect())
            })
            .collect()
    }
}

/// What names a dataset as a whole: its tree, and how long it is without the padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The CID of the dataset's tree.
    pub tree: BlockCid,
    /// The size of its blocks, in bytes.
    pub block_size: u32,
    /// Its length without padding, in bytes.
    pub dataset_size: u64,
    /// The file that it was made of.
    pub file_name: Option<String>,
}

/// Why bytes are no manifest that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// They are no manifest at all.
    #[error("the block is no manifest: {0}")]
    NotAManifest(#[from] prost::DecodeError),
    /// The tree's CID does not parse.
    #[error("the manifest's tree CID does not parse: {0}")]
    Tree(#[from] CidError),
    /// It describes a dataset that this node cannot read.
    #[error("the manifest's {field} is {value}, expected {expected}")]
    Unsupported {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// What it should hold.
        expected: &'static str,
    },
}

#[derive(Clone, PartialEq, prost::Message)]
struct Envelope {
    #[prost(message, optional, tag = "1")]
    header: Option<Header>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Header {
    #[prost(bytes = "bytes", tag = "1")]
    tree_cid: Bytes,
    #[prost(uint32, tag = "2")]
    block_size: u32,
    #[prost(uint64, tag = "3")]
    dataset_size: u64,
    #[prost(uint32, tag = "4")]
    codec: u32,
    #[prost(uint32, tag = "5")]
    hcodec: u32,
    #[prost(uint32, tag = "6")]
    version: u32,
    #[prost(bytes = "bytes", optional, tag = "7")]
    erasure: Option<Bytes>,
    #[prost(string, optional, tag = "8")]
    file_name: Option<String>,
    #[prost(string, optional, tag = "9")]
    mime_type: Option<String>,
}

impl Manifest {
    /// The manifest of a dataset of this tree and length.
    pub fn new(
        tree: BlockCid,
        block_size: NonZeroUsize,
        dataset_size: u64,
        file_name: Option<String>,
    ) -> Self {
        Manifest {
            tree,
            // No block is longer than a frame, which is far below 4 GiB.
            block_size: u32::try_from(block_size.get()).unwrap_or(u32::MAX),
            dataset_size,
            file_name,
        }
    }

    /// How many blocks the dataset has.
    pub fn leaf_count(&self) -> u64 {
        self.dataset_size
            .div_ceil(u64::from(self.block_size).max(1))
    }

    /// The manifest's bytes, as deployed nodes write them.
    pub fn encode(&self) -> Bytes {
        let header = Header {
            tree_cid: Bytes::copy_from_slice(self.tree.as_bytes()),
            block_size: self.block_size,
            dataset_size: self.dataset_size,
            codec: u32::try_from(BLOCK).unwrap_or_default(),
            hcodec: SHA2_256,
            version: MANIFEST_VERSION,
            erasure: None,
            file_name: self.file_name.clone(),
            mime_type: None,
        };
        Envelope {
            header: Some(header),
        }
        .encode_to_vec()
        .into()
    }

    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// When the bytes are none, or describe a dataset that cannot be read here.
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let header = Envelope::decode(bytes)?.header.unwrap_or_default();
        let unsupported = |field, value, expected| ManifestError::Unsupported {
            field,
            value,
            expected,
        };
        if header.block_size == 0 {
            return Err(unsupported("block size", 0, "at least 1"));
        }
        if header.hcodec != SHA2_256 {
            let value = u64::from(header.hcodec);
            return Err(unsupported("hash", value, "18, sha2-256"));
        }
        if header.erasure.is_some_and(|erasure| !erasure.is_empty()) {
            return Err(unsupported("erasure coding", 1, "none"));
        }
        Ok(Manifest {
            tree: BlockCid::parse(&header.tree_cid)?,
            block_size: header.block_size,
            dataset_size: header.dataset_size,
            file_name: header.file_name,
        })
    }
}
