//! The dataset's Merkle tree, and the proofs that a block is one of its leaves.
//!
//! The leaves are the blocks' SHA-256 digests. A parent is the digest of left child, right child
//! and one key byte, the key last: 1 for the layer right above the leaves, else 0, and 2 more
//! when there is no right child, in whose place zeros stand. Even a single leaf has a parent.

use std::num::NonZeroUsize;

use bytes::{Bytes, BytesMut};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::cid::{BlockCid, Digest, SHA2_256, sha256};
use super::protobuf;

/// The size of a dataset's blocks unless said otherwise: 64 KiB.
pub const DEFAULT_BLOCK_SIZE: NonZeroUsize = match NonZeroUsize::new(64 * 1024) {
    Some(size) => size,
    None => unreachable!(),
};

/// Stands where there is no sibling.
const NO_SIBLING: Digest = [0; 32];

const BOTTOM: u8 = 1;
const ODD: u8 = 2;

/// The longest encoded proof that is looked at. A proof of 64 layers takes 2.3 KiB.
const MAX_PROOF: usize = 8 * 1024;

fn parent(left: &Digest, right: &Digest, key: u8) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(left);
    hasher.update(right);
    hasher.update([key]);
    hasher.finalize().into()
}

/// How many layers are above this many leaves, that is, how long a proof's path is.
fn depth(leaf_count: u64) -> usize {
    let mut depth = 1;
    let mut width = leaf_count.div_ceil(2);
    while width > 1 {
        depth += 1;
        width = width.div_ceil(2);
    }
    depth
}

/// A dataset's tree, with all its layers in memory: about 64 bytes for each block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the root; never empty, nor is any layer.
    layers: Vec<Vec<Digest>>,
}

/// A tree has at least one leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a dataset has at least one block, this one has none")]
pub struct NoLeaves;

impl Tree {
    /// The tree over these leaves, the digests of the blocks.
    pub fn from_leaves(leaves: Vec<Digest>) -> Result<Self, NoLeaves> {
        if leaves.is_empty() {
            return Err(NoLeaves);
        }
        let mut layers = vec![leaves];
        let mut bottom = BOTTOM;
        while let Some(layer) = layers.last().filter(|layer| layer.len() > 1 || bottom != 0) {
            let above = layer
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => parent(left, right, bottom),
                    // A chunk has one or two elements.
                    rest => parent(&rest[0], &NO_SIBLING, bottom + ODD),
                })
                .collect();
            layers.push(above);
            bottom = 0;
        }
        Ok(Tree { layers })
    }

    /// The tree over these blocks. The last must have been padded already.
    pub fn from_blocks<B: AsRef<[u8]>>(
        blocks: impl IntoIterator<Item = B>,
    ) -> Result<Self, NoLeaves> {
        Tree::from_leaves(
            blocks
                .into_iter()
                .map(|block| sha256(block.as_ref()))
                .collect(),
        )
    }

    /// The leaves, the digests of the blocks.
    pub fn leaves(&self) -> &[Digest] {
        &self.layers[0]
    }

    /// The root.
    pub fn root(&self) -> Digest {
        self.layers[self.layers.len() - 1][0]
    }

    /// The tree's CID, which names the dataset.
    pub fn cid(&self) -> BlockCid {
        BlockCid::of_tree(&self.root())
    }

    /// The proof for this leaf, or `None` when there is no such leaf.
    pub fn proof(&self, index: u64) -> Option<Proof> {
        let mut place = usize::try_from(index).ok()?;
        if place >= self.leaves().len() {
            return None;
        }
        let below_root = &self.layers[..self.layers.len() - 1];
        let path = below_root
            .iter()
            .map(|layer| {
                let sibling = layer.get(place ^ 1).copied().unwrap_or(NO_SIBLING);
                place /= 2;
                sibling
            })
            .collect();
        Some(Proof {
            index,
            leaf_count: self.leaves().len() as u64,
            path,
        })
    }
}

/// The proof that a block is one leaf of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The leaf's index, counted from zero.
    pub index: u64,
    /// How many leaves the tree has (`nleaves` on the wire).
    pub leaf_count: u64,
    /// The siblings from the bottom up; zeros where there is none.
    pub path: Vec<Digest>,
}

/// The bytes are no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofDecodeError {
    /// There are more bytes than any proof takes.
    #[error("a proof takes at most {MAX_PROOF} bytes, this one has {0}")]
    TooLong(usize),
    /// They are not the protobuf message `MerkleProof`.
    #[error("the proof is no MerkleProof message: {0}")]
    NotProtobuf(#[from] prost::DecodeError),
    /// The tree is of another hash.
    #[error("the proof is over hash 0x{0:x}, 0x12 (sha2-256) is expected")]
    OtherHash(u64),
    /// A node of the path is no digest.
    #[error("node {place} of the proof's path has {length} bytes, 32 are expected")]
    NodeLength {
        /// Which node, counted from zero.
        place: usize,
        /// How many bytes it has.
        length: usize,
    },
}

/// A proof does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no leaves.
    #[error("the proof is for a tree without leaves")]
    NoLeaves,
    /// There is no such leaf.
    #[error("the proof is for leaf {index} of a tree of {leaf_count} leaves")]
    IndexOutOfRange {
        /// The leaf.
        index: u64,
        /// The number of leaves.
        leaf_count: u64,
    },
    /// The path is longer or shorter than the tree is deep.
    #[error("the proof's path has {length} nodes, a tree of {leaf_count} leaves needs {expected}")]
    PathLength {
        /// The path's length.
        length: usize,
        /// The number of leaves.
        leaf_count: u64,
        /// The depth of a tree with so many leaves.
        expected: usize,
    },
    /// A sibling is given where there can be none.
    #[error("node {place} of the proof's path is not zero, and there is no sibling there")]
    AbsentSibling {
        /// Which node, counted from zero.
        place: usize,
    },
    /// The path leads somewhere else.
    #[error("the proof's path does not lead from the block's digest to the tree's root")]
    OtherRoot,
}

impl Proof {
    /// The proof as deployed nodes encode it, byte for byte.
    pub fn encode(&self) -> Bytes {
        let message = protobuf::MerkleProof {
            mcodec: Some(SHA2_256),
            index: Some(self.index),
            nleaves: Some(self.leaf_count),
            path: self
                .path
                .iter()
                .map(|digest| protobuf::merkle_proof::Node {
                    hash: Bytes::copy_from_slice(digest),
                })
                .collect(),
        };
        message.encode_to_vec().into()
    }

    /// Reads an encoded proof. Whether it proves anything is for [`Proof::verify`] to say.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofDecodeError> {
        if bytes.len() > MAX_PROOF {
            return Err(ProofDecodeError::TooLong(bytes.len()));
        }
        let message = protobuf::MerkleProof::decode(bytes)?;
        if message.mcodec() != SHA2_256 {
            return Err(ProofDecodeError::OtherHash(message.mcodec()));
        }
        let path = message
            .path
            .iter()
            .enumerate()
            .map(|(place, node)| {
                Digest::try_from(&node.hash[..]).map_err(|_| ProofDecodeError::NodeLength {
                    place,
                    length: node.hash.len(),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Proof {
            index: message.index(),
            leaf_count: message.nleaves(),
            path,
        })
    }

    /// Whether the leaf with this digest is in the tree with this root, at the proof's index.
    ///
    /// Stricter than deployed nodes: the index must be below the number of leaves, the path as
    /// long as the tree is deep, and an absent sibling zero (XFER-4).
    pub fn verify(&self, root: &Digest, leaf: &Digest) -> Result<(), ProofError> {
        let Proof {
            index, leaf_count, ..
        } = *self;
        if leaf_count == 0 {
            return Err(ProofError::NoLeaves);
        }
        if index >= leaf_count {
            return Err(ProofError::IndexOutOfRange { index, leaf_count });
        }
        let expected = depth(leaf_count);
        if self.path.len() != expected {
            return Err(ProofError::PathLength {
                length: self.path.len(),
                leaf_count,
                expected,
            });
        }
        let (mut place, mut width, mut own, mut bottom) = (index, leaf_count, *leaf, BOTTOM);
        for (layer, sibling) in self.path.iter().enumerate() {
            own = if place % 2 == 1 {
                parent(sibling, &own, bottom)
            } else if place == width - 1 {
                if *sibling != NO_SIBLING {
                    return Err(ProofError::AbsentSibling { place: layer });
                }
                parent(&own, sibling, bottom + ODD)
            } else {
                parent(&own, sibling, bottom)
            };
            place /= 2;
            width = width.div_ceil(2);
            bottom = 0;
        }
        if own == *root {
            Ok(())
        } else {
            Err(ProofError::OtherRoot)
        }
    }
}

/// Cuts a dataset's bytes into blocks of one size, the last padded with zeros.
///
/// All but a padded block share the memory of `data`.
pub fn split_into_blocks(mut data: Bytes, block_size: NonZeroUsize) -> impl Iterator<Item = Bytes> {
    let size = block_size.get();
    std::iter::from_fn(move || {
        if data.is_empty() {
            None
        } else if data.len() >= size {
            Some(data.split_to(size))
        } else {
            Some(pad_block(std::mem::take(&mut data), block_size))
        }
    })
}

/// Appends zeros to a block that is shorter than its dataset's block size.
pub fn pad_block(block: Bytes, block_size: NonZeroUsize) -> Bytes {
    if block.len() >= block_size.get() {
        return block;
    }
    let mut padded = BytesMut::from(&block[..]);
    padded.resize(block_size.get(), 0);
    padded.freeze()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tree_of(count: u8) -> Tree {
        Tree::from_blocks((0..count).map(|byte| [byte; 10])).unwrap()
    }

    #[test]
    fn a_tree_of_one_leaf_has_one_layer_above_it() {
        let tree = tree_of(1);
        let leaf = sha256(&[0; 10]);
        let mut hashed = leaf.to_vec();
        hashed.extend_from_slice(&[0; 32]);
        hashed.push(3);
        assert_eq!(tree.root(), sha256(&hashed));
        let proof = tree.proof(0).unwrap();
        assert_eq!(proof.path, [NO_SIBLING]);
        assert_eq!(proof.verify(&tree.root(), &leaf), Ok(()));
    }

    #[test]
    fn there_is_no_tree_without_leaves() {
        assert_eq!(Tree::from_leaves(Vec::new()), Err(NoLeaves));
    }

    #[test]
    fn the_depth_is_that_of_the_layers() {
        for count in 1..=40 {
            assert_eq!(depth(count.into()), tree_of(count).layers.len() - 1);
        }
        assert_eq!(depth(u64::MAX), 64);
    }

    #[test]
    fn each_flaw_of_a_proof_has_its_error() {
        let tree = tree_of(5);
        let (root, leaf) = (tree.root(), tree.leaves()[4]);
        let proof = tree.proof(4).unwrap();
        let with = |change: &dyn Fn(&mut Proof)| {
            let mut changed = proof.clone();
            change(&mut changed);
            changed.verify(&root, &leaf)
        };
        assert_eq!(with(&|_| ()), Ok(()));
        assert_eq!(with(&|it| it.leaf_count = 0), Err(ProofError::NoLeaves));
        assert_eq!(
            with(&|it| it.index = 5),
            Err(ProofError::IndexOutOfRange {
                index: 5,
                leaf_count: 5
            })
        );
        // Only four bits of the index count for the path: this one leads to the same place.
        assert_eq!(
            with(&|it| it.index = u64::MAX),
            Err(ProofError::IndexOutOfRange {
                index: u64::MAX,
                leaf_count: 5
            })
        );
        assert_eq!(
            with(&|it| it.leaf_count = u64::MAX),
            Err(ProofError::PathLength {
                length: 3,
                leaf_count: u64::MAX,
                expected: 64
            })
        );
        assert_eq!(
            with(&|it| it.path.truncate(2)),
            Err(ProofError::PathLength {
                length: 2,
                leaf_count: 5,
                expected: 3
            })
        );
        assert_eq!(
            with(&|it| it.path[1] = [1; 32]),
            Err(ProofError::AbsentSibling { place: 1 })
        );
        assert_eq!(with(&|it| it.path[2] = [1; 32]), Err(ProofError::OtherRoot));
        assert_eq!(
            proof.verify(&root, &tree.leaves()[3]),
            Err(ProofError::OtherRoot)
        );
    }

    #[test]
    fn each_flaw_of_an_encoded_proof_has_its_error() {
        let encoded = tree_of(5).proof(0).unwrap().encode();
        let changed = |place: usize, value| {
            let mut bytes = encoded.to_vec();
            bytes[place] = value;
            Proof::decode(&bytes)
        };
        // The value of `mcodec`.
        assert_eq!(changed(1, 0x13), Err(ProofDecodeError::OtherHash(0x13)));
        assert_eq!(Proof::decode(b""), Err(ProofDecodeError::OtherHash(0)));
        assert!(matches!(
            Proof::decode(&encoded[..encoded.len() - 1]),
            Err(ProofDecodeError::NotProtobuf(_))
        ));
        let short = [0x08, 0x12, 0x22, 0x03, 0x0a, 0x01, 0xff];
        assert_eq!(
            Proof::decode(&short),
            Err(ProofDecodeError::NodeLength {
                place: 0,
                length: 1
            })
        );
        assert_eq!(
            Proof::decode(&[0; MAX_PROOF + 1]),
            Err(ProofDecodeError::TooLong(MAX_PROOF + 1))
        );
    }

    #[test]
    fn the_last_block_is_padded_and_the_others_share_memory() {
        let data = Bytes::from(vec![7; 25]);
        let size = NonZeroUsize::new(10).unwrap();
        let blocks: Vec<Bytes> = split_into_blocks(data.clone(), size).collect();
        assert_eq!(blocks.len(), 3);
        assert_eq!(blocks[0].as_ptr(), data.as_ptr());
        assert_eq!(&blocks[2][..], [7, 7, 7, 7, 7, 0, 0, 0, 0, 0]);
        assert_eq!(split_into_blocks(Bytes::new(), size).count(), 0);
        assert_eq!(split_into_blocks(data.slice(..20), size).count(), 2);
    }
}
