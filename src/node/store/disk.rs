//! A store in one file, which outlives the process.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::block_store::{BlockStore, LeafProof, StoreError, StoredBlock};
use crate::wire::{Address, BlockCid};

/// Block bytes by CID.
const BLOCKS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("blocks");
/// By tree CID and index: the block's CID, and the proof.
const LEAVES: TableDefinition<'static, TreeAndIndex, CidAndProof> = TableDefinition::new("leaves");

type TreeAndIndex = (&'static [u8], u64);
type CidAndProof = (&'static [u8], &'static [u8]);

/// Blocks in a file. Every put is one transaction, durable when it returns.
#[derive(Debug)]
pub struct DiskStore {
    database: Database,
}

impl DiskStore {
    /// Opens a store, or makes a new one where there is no file.
    ///
    /// # Errors
    ///
    /// When the file is no store, is in use by another process, or cannot be made.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |cause: String| StoreError::Open {
            path: path.to_owned(),
            cause,
        };
        let database = Database::create(path).map_err(|error| {
            open(match error {
                redb::DatabaseError::DatabaseAlreadyOpen => {
                    "it is in use by another process".to_owned()
                }
                other => other.to_string(),
            })
        })?;
        let store = DiskStore { database };
        store
            .make_tables()
            .map_err(|error| open(error.to_string()))?;
        Ok(store)
    }

    fn make_tables(&self) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(BLOCKS)?;
        transaction.open_table(LEAVES)?;
        transaction.commit()?;
        Ok(())
    }

    fn write(&self, blocks: &[(StoredBlock, Vec<LeafProof>)]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(BLOCKS)?;
            let mut leaf_table = transaction.open_table(LEAVES)?;
            for (block, leaves) in blocks {
                table.insert(block.cid.as_bytes(), &block.data[..])?;
                for leaf in leaves {
                    if let Address::Leaf { tree, index } = &leaf.address {
                        leaf_table.insert(
                            (tree.as_bytes(), *index),
                            (block.cid.as_bytes(), &leaf.proof[..]),
                        )?;
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn read_block(&self, cid: &BlockCid) -> Result<Option<Bytes>, redb::Error> {
        let table = self.database.begin_read()?.open_table(BLOCKS)?;
        let block = table.get(cid.as_bytes())?;
        Ok(block.map(|bytes| Bytes::copy_from_slice(bytes.value())))
    }

    fn read_leaf(
        &self,
        tree: &BlockCid,
        index: u64,
    ) -> Result<Option<(Bytes, Bytes)>, redb::Error> {
        let table = self.database.begin_read()?.open_table(LEAVES)?;
        let leaf = table.get((tree.as_bytes(), index))?;
        Ok(leaf.map(|leaf| {
            let (cid, proof) = leaf.value();
            (Bytes::copy_from_slice(cid), Bytes::copy_from_slice(proof))
        }))
    }

    fn remove(&self, cid: &BlockCid) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            transaction.open_table(BLOCKS)?.remove(cid.as_bytes())?;
            transaction
                .open_table(LEAVES)?
                .retain(|_, (block, _)| block != cid.as_bytes())?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Each block's CID with the leaves that it is, as bytes.
    #[allow(clippy::type_complexity)]
    fn list(&self) -> Result<(Vec<Bytes>, Vec<(Bytes, u64, Bytes)>), redb::Error> {
        let transaction = self.database.begin_read()?;
        let mut blocks = Vec::new();
        for entry in transaction.open_table(BLOCKS)?.iter()? {
            blocks.push(Bytes::copy_from_slice(entry?.0.value()));
        }
        let mut leaves = Vec::new();
        for entry in transaction.open_table(LEAVES)?.iter()? {
            let (key, value) = entry?;
            let (tree, index) = key.value();
            leaves.push((
                Bytes::copy_from_slice(tree),
                index,
                Bytes::copy_from_slice(value.value().0),
            ));
        }
        Ok((blocks, leaves))
    }
}

fn cid(bytes: &[u8]) -> Result<BlockCid, StoreError> {
    BlockCid::parse(bytes)
        .map_err(|error| StoreError::Damaged(format!("{} is no CID: {error}", hex::encode(bytes))))
}

impl BlockStore for DiskStore {
    fn put(&self, block: &StoredBlock, leaves: &[LeafProof]) -> Result<(), StoreError> {
        Ok(self.write(&[(block.clone(), leaves.to_vec())])?)
    }

    fn put_all(&self, blocks: &[(StoredBlock, Vec<LeafProof>)]) -> Result<(), StoreError> {
        Ok(self.write(blocks)?)
    }

    fn block(&self, cid: &BlockCid) -> Result<Option<Bytes>, StoreError> {
        Ok(self.read_block(cid)?)
    }

    fn leaf(&self, address: &Address) -> Result<Option<(BlockCid, Bytes)>, StoreError> {
        let Address::Leaf { tree, index } = address else {
            return Ok(None);
        };
        self.read_leaf(tree, *index)?
            .map(|(block, proof)| Ok((cid(&block)?, proof)))
            .transpose()
    }

    fn delete(&self, cid: &BlockCid) -> Result<(), StoreError> {
        Ok(self.remove(cid)?)
    }

    fn holdings(&self) -> Result<Vec<(BlockCid, Vec<Address>)>, StoreError> {
        let (blocks, leaves) = self.list()?;
        let mut holdings = BTreeMap::new();
        for block in blocks {
            holdings.insert(cid(&block)?, Vec::new());
        }
        for (tree, index, block) in leaves {
            let tree = cid(&tree)?;
            if let Some(leaves) = holdings.get_mut(&cid(&block)?) {
                leaves.push(Address::Leaf { tree, index });
            }
        }
        Ok(holdings.into_iter().collect())
    }
}
