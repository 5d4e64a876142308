//! What the target holds: put there now, or named by whoever runs the suite and taken from the target.

use super::Harness;
use crate::suite::compose::{list, want_block};
use crate::suite::control::Capability;
use crate::suite::fixture::{Block, Dataset};
use crate::suite::needs::{NEEDS_HELD, NEEDS_LEAVES};
use crate::suite::received::{Delivered, Received};
use crate::suite::stop::Stop;
use crate::suite::target::HeldBlock;
use crate::wire::{Address, BlockCid, Proof};

/// The first leaves of a dataset that the target holds.
#[derive(Clone, Debug)]
pub struct HeldLeaves {
    tree: BlockCid,
    /// The blocks, in the order of the leaves.
    pub blocks: Vec<Block>,
}

impl HeldLeaves {
    /// The address of a leaf.
    pub fn address(&self, index: usize) -> Address {
        Address::Leaf {
            tree: self.tree.clone(),
            index: index as u64,
        }
    }
}

impl Harness {
    /// A dataset of these blocks, which may belong to another one too. Its leaves are the target's to
    /// want, and are removed from it afterwards.
    pub(in crate::suite) fn dataset_of(&self, blocks: Vec<Block>) -> Dataset {
        let dataset = Dataset::new(blocks);
        let tree = Address::Plain(dataset.cid());
        self.config.random(|fixtures| fixtures.know(&tree));
        let cids = dataset.blocks.iter().map(|block| block.cid.clone());
        self.made().blocks.extend(cids);
        dataset
    }

    /// The held block that barriers ask for, if they do not ask for blocks that cannot exist.
    pub(in crate::suite) fn barrier_block(&self) -> Option<&Address> {
        self.config.barrier_block.as_ref()
    }

    /// A block that the target holds: put there now, or one that the user has named.
    ///
    /// # Errors
    ///
    /// Skips when there is neither.
    pub async fn held(&self) -> Result<HeldBlock, Stop> {
        if self.can(Capability::Put) {
            let block = self.block();
            self.put(&block).await?;
            return Ok(HeldBlock {
                address: block.address(),
                data: Some(block.data),
            });
        }
        let mut named = self.target.held.as_blocks();
        match named.len() {
            0 => Err(Stop::Skip(NEEDS_HELD.to_owned())),
            count => {
                // The scenario makes the choice, the same in each run of one seed.
                let choice = self.config.random(|fixtures| fixtures.number());
                Ok(named.swap_remove((choice % count as u64) as usize))
            }
        }
    }

    /// The first leaves of a dataset that the target holds: put there now, or taken from the first one
    /// that the user has named.
    ///
    /// # Errors
    ///
    /// Skips when there is none, or it is too small.
    pub async fn held_leaves(&self, count: usize) -> Result<HeldLeaves, Stop> {
        if self.can(Capability::PutDataset) {
            let dataset = self.dataset(count);
            self.put_dataset(&dataset).await?;
            return Ok(HeldLeaves {
                tree: dataset.cid(),
                blocks: dataset.blocks,
            });
        }
        let Some(tree) = self.target.held.trees.first() else {
            return Err(Stop::Skip(NEEDS_LEAVES.to_owned()));
        };
        let mut held = HeldLeaves {
            tree: tree.clone(),
            blocks: Vec::new(),
        };
        // Another peer than the scenario's takes them.
        let peer = self.join().await?;
        for wanted in [0..1, 1..count] {
            let wanted: Vec<Address> = wanted.map(|index| held.address(index)).collect();
            if wanted.is_empty() {
                continue;
            }
            peer.send(list(wanted.iter().map(want_block))).await?;
            let all = |received: &Received| wanted.iter().all(|it| received.has_delivery(it));
            let received = peer.receive_until(all).await?;
            for address in &wanted {
                let delivered = received.deliveries_of(address);
                let right = delivered.iter().find(|delivered| delivered.is_valid());
                let right = right.ok_or_else(|| {
                    Stop::Inconclusive(format!(
                        "a leaf that --holds names is not served: {received}"
                    ))
                })?;
                let leaves = leaf_count(right);
                if leaves < count as u64 {
                    return Err(Stop::Skip(format!(
                        "needs a held dataset of {count} leaves: --holds names one of {leaves}"
                    )));
                }
                held.blocks.push(Block::new(right.block.data.clone()));
            }
        }
        peer.leave().await;
        Ok(held)
    }
}

/// How many leaves the tree has, by the proof of one.
fn leaf_count(delivered: &Delivered<'_>) -> u64 {
    let proof = delivered.block.proof.as_ref();
    let proof = proof.and_then(|proof| Proof::decode(proof).ok());
    proof.map_or(0, |proof| proof.leaf_count)
}
