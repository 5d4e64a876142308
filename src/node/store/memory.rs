//! A store that ends with the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use super::block_store::{BlockStore, LeafProof, StoreError, StoredBlock};
use crate::wire::{Address, BlockCid};

/// Blocks in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<Blocks>);

#[derive(Debug, Default)]
struct Blocks {
    blocks: HashMap<BlockCid, Bytes>,
    leaves: BTreeMap<Address, (BlockCid, Bytes)>,
}

impl MemoryStore {
    // No writer leaves the maps half changed, so a poisoned lock guards sound ones.
    fn read(&self) -> RwLockReadGuard<'_, Blocks> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Blocks> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockStore for MemoryStore {
    fn put(&self, block: &StoredBlock, leaves: &[LeafProof]) -> Result<(), StoreError> {
        let mut store = self.write();
        store.blocks.insert(block.cid.clone(), block.data.clone());
        for leaf in leaves {
            store.leaves.insert(
                leaf.address.clone(),
                (block.cid.clone(), leaf.proof.clone()),
            );
        }
        Ok(())
    }

    fn block(&self, cid: &BlockCid) -> Result<Option<Bytes>, StoreError> {
        Ok(self.read().blocks.get(cid).cloned())
    }

    fn leaf(&self, address: &Address) -> Result<Option<(BlockCid, Bytes)>, StoreError> {
        Ok(self.read().leaves.get(address).cloned())
    }

    fn delete(&self, cid: &BlockCid) -> Result<(), StoreError> {
        let mut store = self.write();
        store.blocks.remove(cid);
        store.leaves.retain(|_, (block, _)| block != cid);
        Ok(())
    }

    fn holdings(&self) -> Result<Vec<(BlockCid, Vec<Address>)>, StoreError> {
        let store = self.read();
        let mut holdings: BTreeMap<BlockCid, Vec<Address>> = store
            .blocks
            .keys()
            .map(|cid| (cid.clone(), Vec::new()))
            .collect();
        for (address, (cid, _)) in &store.leaves {
            if let Some(leaves) = holdings.get_mut(cid) {
                leaves.push(address.clone());
            }
        }
        Ok(holdings.into_iter().collect())
    }
}
