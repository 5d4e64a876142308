//! `blockexc put`: a file into a store on disk, for a node to serve.

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;

use super::Exit;
use crate::node::dataset::{Dataset, Manifest};
use crate::node::sendable;
use crate::node::store::{BlockStore as _, DiskStore, StoredBlock};
use crate::wire::tree::DEFAULT_BLOCK_SIZE;
use crate::wire::{BlockCid, DEFAULT_LIMIT};

/// Put a file into a store, as a dataset or as a plain block
///
/// Prints the CIDs. `blockexc node --store STORE` serves the file. Only one process at a time can
/// open a store.
#[derive(Args, Clone, Debug)]
pub struct PutArgs {
    /// The file
    file: PathBuf,
    /// The file of the store. It is created when it does not exist
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// Store one plain block, not a dataset
    #[arg(long, conflicts_with = "block_size")]
    plain: bool,
    /// The size of the dataset's blocks, in bytes; the last one is padded with zeros
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_BLOCK_SIZE)]
    block_size: NonZeroUsize,
}

/// What the CIDs of a dataset are for.
pub(super) const CIDS: &str = "The manifest's CID gets the file with its length and name; the tree's CID \
    gets the blocks, the last one with its padding.";

/// Puts the file.
///
/// # Errors
///
/// When the file cannot be read, a block of it could never be sent, or the store cannot be written.
pub fn run(args: &PutArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let data = Bytes::from(fs::read(&args.file).with_context(|| args.file.display().to_string())?);
    let store = DiskStore::open(&args.store)?;
    if args.plain {
        let cid = BlockCid::of_block(&data);
        let block = StoredBlock {
            cid: cid.clone(),
            data,
        };
        sendable::check(&block, &[], DEFAULT_LIMIT)?;
        store.put(&block, &[])?;
        writeln!(out, "block {cid}")?;
        return Ok(Exit::Good);
    }
    let length = data.len() as u64;
    let Some(dataset) = Dataset::of_bytes(data, args.block_size) else {
        bail!(
            "{} is empty: a dataset has at least one block",
            args.file.display()
        );
    };
    let name = args
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into());
    let manifest = Manifest::new(dataset.tree_cid(), args.block_size, length, name);
    let bytes = manifest.encode();
    let manifest_cid = BlockCid::of_manifest(&bytes);
    let leaves = dataset.leaf_count();
    let mut blocks = dataset.into_stored();
    let manifest_block = StoredBlock {
        cid: manifest_cid.clone(),
        data: bytes,
    };
    blocks.push((manifest_block, Vec::new()));
    sendable::check_all(&blocks, DEFAULT_LIMIT).context("a smaller --block-size is expected")?;
    store.put_all(&blocks)?;
    anstream::eprintln!("{CIDS}");
    writeln!(out, "manifest {manifest_cid}")?;
    writeln!(out, "tree {}", manifest.tree)?;
    writeln!(out, "{leaves} blocks of {} bytes", args.block_size)?;
    Ok(Exit::Good)
}
