//! Where a node keeps its blocks.

mod block_store;
mod disk;
mod memory;

pub use block_store::{BlockStore, LeafProof, StoreError, StoredBlock};
pub use disk::DiskStore;
pub use memory::MemoryStore;
