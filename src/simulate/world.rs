//! [`World`]: who there is, and which blocks.

use blockexc_model::address::Address as ModelAddress;
use libp2p::PeerId;
use libp2p::identity::Keypair;

use super::dice::Dice;
use crate::wire::cid::sha256;
use crate::wire::{Address, BlockCid};

/// A dataset has so many blocks.
const BLOCKS_OF_A_DATASET: usize = 20;

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its own CID.
    pub cid: BlockCid,
    /// Its place in a dataset, if it is part of one.
    pub leaf: Option<Address>,
}

impl Block {
    /// Its address by its own CID.
    pub fn plain(&self) -> Address {
        ModelAddress::Plain(self.cid.clone())
    }

    /// Its leaves, as an upload names them.
    pub fn leaves(&self) -> Vec<Address> {
        self.leaf.iter().cloned().collect()
    }

    /// Every address of it.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        std::iter::once(self.plain()).chain(self.leaf.clone())
    }
}

/// The nodes' names and the blocks. No block has bytes: what examining them would show travels with
/// each delivery.
pub struct World {
    /// The nodes' peer ids.
    pub peers: Vec<PeerId>,
    /// The blocks. Every other twenty are one dataset, the others are on their own.
    pub blocks: Vec<Block>,
}

impl World {
    /// So many nodes and blocks, named by chance.
    pub fn new(nodes: usize, blocks: usize, dice: &mut Dice) -> Self {
        let peers = (0..nodes).map(|_| peer(dice)).collect();
        let salt: [u8; 8] = dice.bytes();
        let digest = |kind: u8, number: usize| {
            let mut bytes = salt.to_vec();
            bytes.push(kind);
            bytes.extend(number.to_be_bytes());
            bytes
        };
        let blocks = (0..blocks)
            .map(|number| {
                let dataset = number / BLOCKS_OF_A_DATASET;
                let place = number % BLOCKS_OF_A_DATASET;
                Block {
                    cid: BlockCid::of_block(&digest(0, number)),
                    leaf: dataset.is_multiple_of(2).then(|| ModelAddress::Leaf {
                        tree: BlockCid::of_tree(&sha256(&digest(1, dataset))),
                        index: place as u64,
                    }),
                }
            })
            .collect();
        World { peers, blocks }
    }
}

fn peer(dice: &mut Dice) -> PeerId {
    loop {
        // Any 32 bytes are a key of this kind.
        if let Ok(key) = Keypair::ed25519_from_bytes(dice.bytes::<32>()) {
            return key.public().to_peer_id();
        }
    }
}
