//! [`World`]: the peer ids of the nodes, and the blocks.

use blockexc_model::address::Address as ModelAddress;
use libp2p::PeerId;
use libp2p::identity::Keypair;

use super::random::Random;
use crate::wire::cid::sha256;
use crate::wire::{Address, BlockCid};

/// The number of blocks in a dataset.
const DATASET_BLOCKS: usize = 20;

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its own CID.
    pub cid: BlockCid,
    /// Its leaf address, if it belongs to a dataset.
    pub leaf: Option<Address>,
}

impl Block {
    /// Its address by its own CID.
    pub fn plain(&self) -> Address {
        ModelAddress::Plain(self.cid.clone())
    }

    /// Its leaf addresses, as an upload names them.
    pub fn leaves(&self) -> Vec<Address> {
        self.leaf.iter().cloned().collect()
    }

    /// All of its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        std::iter::once(self.plain()).chain(self.leaf.clone())
    }
}

/// The peer ids of the nodes, and the blocks. Blocks have no bytes: each delivery carries the
/// evidence that examining its bytes would give.
pub struct World {
    /// The nodes' peer ids.
    pub peers: Vec<PeerId>,
    /// The blocks. Every other run of twenty is a dataset; the rest are plain blocks.
    pub blocks: Vec<Block>,
}

impl World {
    /// So many nodes and blocks, with random names.
    pub fn new(nodes: usize, blocks: usize, random: &mut Random) -> Self {
        let peers = (0..nodes).map(|_| peer(random)).collect();
        let salt: [u8; 8] = random.bytes();
        let digest = |kind: u8, number: usize| {
            let mut bytes = salt.to_vec();
            bytes.push(kind);
            bytes.extend(number.to_be_bytes());
            bytes
        };
        let blocks = (0..blocks)
            .map(|number| {
                let dataset = number / DATASET_BLOCKS;
                let place = number % DATASET_BLOCKS;
                let is_leaf = dataset.is_multiple_of(2);
                let bytes = digest(0, number);
                Block {
                    // A plain block that is no manifest is fetched by no living node.
                    cid: if is_leaf {
                        BlockCid::of_block(&bytes)
                    } else {
                        BlockCid::of_manifest(&bytes)
                    },
                    leaf: is_leaf.then(|| ModelAddress::Leaf {
                        tree: BlockCid::of_tree(&sha256(&digest(1, dataset))),
                        index: place as u64,
                    }),
                }
            })
            .collect();
        World { peers, blocks }
    }
}

fn peer(random: &mut Random) -> PeerId {
    loop {
        // Any 32 bytes are an Ed25519 key, so the first turn succeeds.
        if let Ok(key) = Keypair::ed25519_from_bytes(random.bytes::<32>()) {
            return key.public().to_peer_id();
        }
    }
}
