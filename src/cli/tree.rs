//! `blockexc tree`: a dataset's tree, its leaves and proofs.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use serde_json::json;

use super::Exit;
use crate::wire::cid::sha256;
use crate::wire::json::describe_proof;
use crate::wire::tree::{DEFAULT_BLOCK_SIZE, split_into_blocks};
use crate::wire::{BlockCid, Proof, Tree};

/// Show the tree of a file as a dataset, make a proof, or check one
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0 done or proven, 1 not proven, 2 it could not be run.")]
pub struct TreeArgs {
    /// The dataset's file; with --verify, the file of one block
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The size of a block in bytes; the last one is padded with zeros
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_BLOCK_SIZE)]
    block_size: NonZeroUsize,
    /// Show the proof of the leaf N, counted from zero; with --verify, the proof in hexadecimal
    #[arg(long, value_name = "N|HEX")]
    proof: Option<String>,
    /// Check that a block is a leaf of a tree
    #[arg(long, requires = "tree", requires = "index", requires = "proof")]
    verify: bool,
    /// With --verify: the tree's CID
    #[arg(long, value_name = "CID", requires = "verify")]
    tree: Option<BlockCid>,
    /// With --verify: the leaf's index, counted from zero
    #[arg(long, value_name = "N", requires = "verify")]
    index: Option<u64>,
}

/// Shows a tree or checks a proof.
///
/// # Errors
///
/// When the file cannot be read, an argument cannot be, or writing fails.
pub fn run(args: &TreeArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let data = read(&args.file)?;
    if let (true, Some(tree), Some(index), Some(proof)) =
        (args.verify, &args.tree, args.index, &args.proof)
    {
        return verify(tree, index, proof, &data, out);
    }
    let leaves: Vec<_> = split_into_blocks(data, args.block_size)
        .map(|block| sha256(&block))
        .collect();
    let tree = Tree::from_leaves(leaves).with_context(|| args.file.display().to_string())?;
    match &args.proof {
        None => {
            writeln!(out, "tree {}", tree.cid())?;
            for (index, leaf) in tree.leaves().iter().enumerate() {
                let cid = BlockCid::from_digest(crate::wire::cid::BLOCK, leaf);
                writeln!(out, "{index:>4} {cid}")?;
            }
        }
        Some(index) => {
            let index = index
                .parse()
                .with_context(|| format!("`{index}` is no leaf's index: a number is expected"))?;
            let Some(proof) = tree.proof(index) else {
                let leaves = tree.leaves().len();
                bail!("there is no leaf {index}: the dataset has {leaves} blocks");
            };
            let mut value = describe_proof(&proof);
            value["tree"] = json!(tree.cid());
            value["hex"] = json!(hex::encode(proof.encode()));
            serde_json::to_writer_pretty(&mut *out, &value)?;
            writeln!(out)?;
        }
    }
    Ok(Exit::Good)
}

fn verify(
    tree: &BlockCid,
    index: u64,
    proof: &str,
    block: &Bytes,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let encoded = hex::decode(proof.trim()).context("--proof is expected in hexadecimal")?;
    match why_not(tree, index, &encoded, block) {
        None => {
            let cid = BlockCid::of_block(block);
            writeln!(out, "proven: {cid} is leaf {index} of {tree}")?;
            Ok(Exit::Good)
        }
        Some(reason) => {
            writeln!(out, "not proven: {reason}")?;
            Ok(Exit::Bad)
        }
    }
}

/// What is wrong with a proof, if anything is.
fn why_not(tree: &BlockCid, index: u64, encoded: &[u8], block: &[u8]) -> Option<String> {
    let Some(root) = tree.digest() else {
        return Some(format!("{tree} is of another hash than sha2-256"));
    };
    let proof = match Proof::decode(encoded) {
        Ok(proof) => proof,
        Err(error) => return Some(error.to_string()),
    };
    if proof.index != index {
        return Some(format!(
            "the proof is for leaf {}, not for leaf {index}",
            proof.index
        ));
    }
    proof
        .verify(&root, &sha256(block))
        .err()
        .map(|error| error.to_string())
}

fn read(path: &Path) -> anyhow::Result<Bytes> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(bytes.into())
}
