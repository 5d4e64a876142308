//! Fixtures: random blocks, datasets, addresses and keys, all from one seed.

use std::collections::HashSet;

use bytes::Bytes;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use super::compose;
use crate::node::dataset::Manifest;
use crate::wire::cid::sha256;
use crate::wire::protobuf::BlockDelivery;
use crate::wire::{Address, BlockCid, Tree};

/// The usual size of a random block, in bytes, small enough to leave room for many.
pub const BLOCK_SIZE: usize = 256;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its bytes.
    pub data: Bytes,
    /// Its own CID.
    pub cid: BlockCid,
}

impl Block {
    /// The block of these bytes.
    pub fn new(data: impl Into<Bytes>) -> Self {
        let data = data.into();
        let cid = BlockCid::of_block(&data);
        Block { data, cid }
    }

    /// The block of these bytes, which are a manifest's.
    pub fn new_manifest(data: Bytes) -> Self {
        let cid = BlockCid::of_manifest(&data);
        Block { data, cid }
    }

    /// Its plain address.
    pub fn address(&self) -> Address {
        Address::Plain(self.cid.clone())
    }

    /// Its delivery, as an honest node sends it for the plain address.
    pub fn delivery(&self) -> BlockDelivery {
        compose::delivery(&self.address(), &self.cid, self.data.clone())
    }
}

/// A dataset: blocks, and the tree over them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// The tree over them.
    pub tree: Tree,
}

impl Dataset {
    /// The dataset of these blocks.
    ///
    /// # Panics
    ///
    /// When there are none: a scenario's mistake.
    #[allow(clippy::expect_used)]
    pub fn new(blocks: Vec<Block>) -> Self {
        let leaves = blocks.iter().map(|block| sha256(&block.data)).collect();
        let tree = Tree::from_leaves(leaves).expect("a dataset has a block");
        Dataset { blocks, tree }
    }

    /// The CID of its tree.
    pub fn cid(&self) -> BlockCid {
        self.tree.cid()
    }

    /// The address of a leaf.
    pub fn address(&self, index: usize) -> Address {
        Address::Leaf {
            tree: self.cid(),
            index: index as u64,
        }
    }

    /// The encoded proof of a leaf.
    ///
    /// # Panics
    ///
    /// When there is no such leaf: a scenario's mistake.
    #[allow(clippy::expect_used)]
    pub fn proof(&self, index: usize) -> Bytes {
        self.tree
            .proof(index as u64)
            .expect("the leaf is one of the dataset's")
            .encode()
    }

    /// The delivery of a leaf, with its proof, as an honest node sends it.
    pub fn delivery(&self, index: usize) -> BlockDelivery {
        let block = &self.blocks[index];
        BlockDelivery {
            proof: Some(self.proof(index)),
            ..compose::delivery(&self.address(index), &block.cid, block.data.clone())
        }
    }
}

/// A source of random fixtures that repeats exactly.
#[derive(Clone, Debug)]
pub struct Fixtures {
    random: ChaCha20Rng,
    block_size: usize,
    /// What the target may want because of the scenario.
    known: HashSet<BlockCid>,
    /// Whether others make the target want things, too.
    is_shared: bool,
}

impl Fixtures {
    /// What this seed gives to the scenario of this ID.
    pub fn new(seed: u64, scenario: &str) -> Self {
        let mut text = seed.to_be_bytes().to_vec();
        text.extend_from_slice(scenario.as_bytes());
        Fixtures {
            random: ChaCha20Rng::from_seed(sha256(&text)),
            block_size: BLOCK_SIZE,
            known: HashSet::new(),
            is_shared: false,
        }
    }

    /// From now on, what was not made here nor [known](Self::know) is wanted because of others.
    pub fn set_shared(&mut self) {
        self.is_shared = true;
    }

    /// Notes that the scenario makes the target want this.
    pub fn know(&mut self, address: &Address) {
        self.known.insert(address.cid_or_tree_cid().clone());
    }

    /// Whether the target wants this because of others than the scenario.
    pub fn is_of_others(&self, address: &Address) -> bool {
        self.is_shared && !self.known.contains(address.cid_or_tree_cid())
    }

    /// From now on, blocks have so many bytes.
    pub fn set_block_size(&mut self, block_size: usize) {
        self.block_size = block_size;
    }

    /// Random bytes.
    pub fn bytes(&mut self, length: usize) -> Bytes {
        let mut bytes = vec![0; length];
        self.random.fill_bytes(&mut bytes);
        bytes.into()
    }

    /// The seed of a key.
    pub fn key_seed(&mut self) -> [u8; 32] {
        self.random.random()
    }

    /// A random number.
    pub fn number(&mut self) -> u64 {
        self.random.random()
    }

    /// A block that nobody else has, of the usual size.
    pub fn block(&mut self) -> Block {
        self.block_of(self.block_size)
    }

    /// A block of this many bytes that nobody else has.
    pub fn block_of(&mut self, size: usize) -> Block {
        let block = Block::new(self.bytes(size));
        self.known.insert(block.cid.clone());
        block
    }

    /// A manifest of a dataset that does not exist: the one plain block that every known node
    /// takes.
    pub fn manifest(&mut self) -> Block {
        let tree = BlockCid::of_tree(&self.random.random());
        let manifest = Manifest {
            tree,
            block_size: 65_536,
            dataset_size: 65_536,
            file_name: None,
        };
        self.known.insert(manifest.tree.clone());
        let block = Block::new_manifest(manifest.encode());
        self.known.insert(block.cid.clone());
        block
    }

    /// The plain address of a block that does not exist.
    pub fn address(&mut self) -> Address {
        let cid = BlockCid::from_digest(crate::wire::cid::BLOCK, &self.random.random());
        self.known.insert(cid.clone());
        Address::Plain(cid)
    }

    /// A dataset of this many blocks that nobody else has.
    pub fn dataset(&mut self, blocks: usize) -> Dataset {
        let dataset = Dataset::new((0..blocks).map(|_| self.block()).collect());
        self.known.insert(dataset.cid());
        dataset
    }
}
