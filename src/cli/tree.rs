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
#[command(after_help = "Exit code: 0 done or proven, 1 not proven, 2 the command could not run.")]
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: TreeArgs,
    }

    /// A file of five blocks of 100 bytes, block i filled with i + 1, and the third block of the
    /// deployed node's dataset, whose blocks are of unequal length.
    fn files() -> (tempfile::TempDir, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let dataset = folder.path().join("dataset");
        let block = folder.path().join("block");
        let data: Vec<u8> = (1..=5).flat_map(|byte| [byte; 100]).collect();
        std::fs::write(&dataset, data).unwrap();
        std::fs::write(&block, [3; 102]).unwrap();
        let [dataset, block] = [dataset, block].map(|path| path.to_str().unwrap().to_owned());
        (folder, dataset, block)
    }

    fn shown(args: &[&str]) -> (Exit, String) {
        let args = ["tree"].iter().chain(args);
        let args = Command::try_parse_from(args).unwrap().args;
        let mut out = Vec::new();
        let exit = run(&args, &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    }

    /// A dataset's tree and the proof of its leaf 2, as nim-codex of 2025-06 (commit baff9021)
    /// makes them.
    const TREE: &str = "zDzSvJTf8meMHLL4JkFFK2kE1T3Y8G5diYZkzMgNsRWHwP4dmayA";
    const PROOF: &str = "08121002180522220a206d94e032151cb20954db2a4e716bf9ede61f8c5dfcd55e5ce12\
        d61233961914822220a202337ac6c39fbd8ec995d5eeb3f33fde92db8130037d9e1affa12110845cebe7f222\
        20a201985c86aa4aff9c8bbd3f248b9fd3e7a7cfd2d4af52efe383df1ee69b9be006e";

    fn tree() -> Tree {
        Tree::from_blocks((1..=5).map(|byte| [byte; 100])).unwrap()
    }

    #[test]
    fn a_tree_and_its_leaves_are_listed() {
        let (_folder, dataset, _) = files();
        let (exit, text) = shown(&[&dataset, "--block-size", "100"]);
        assert_eq!(exit, Exit::Good);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], format!("tree {}", tree().cid()));
        assert_eq!(lines[3], format!("   2 {}", BlockCid::of_block(&[3; 100])));
    }

    #[test]
    fn a_proof_is_made() {
        let (_folder, dataset, _) = files();
        let (exit, text) = shown(&[&dataset, "--block-size", "100", "--proof", "4"]);
        assert_eq!(exit, Exit::Good);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["tree"], json!(tree().cid()));
        assert_eq!(value["leaf_count"], 5);
        let proof = tree().proof(4).unwrap();
        assert_eq!(value["hex"], hex::encode(proof.encode()));
        assert_eq!(value["path"][2], hex::encode(proof.path[2]));
    }

    #[test]
    fn a_right_proof_is_verified_and_a_wrong_one_is_told_why_not() {
        let (_folder, dataset, block) = files();
        let verify = |index, proof, file: &str| {
            shown(&[
                "--verify", "--tree", TREE, "--index", index, "--proof", proof, file,
            ])
        };
        let (exit, text) = verify("2", PROOF, &block);
        assert_eq!(exit, Exit::Good, "{text}");
        assert!(text.starts_with("proven: "), "{text}");
        let flawed = PROOF.replacen("6d94", "6d95", 1);
        assert_ne!(flawed, PROOF);
        for (index, proof, file, reason) in [
            (
                "3",
                PROOF,
                &block,
                "the proof is for leaf 2, not for leaf 3",
            ),
            (
                "2",
                PROOF,
                &dataset,
                "does not lead from the block's digest",
            ),
            (
                "2",
                &flawed,
                &block,
                "does not lead from the block's digest",
            ),
            ("2", "0812", &block, "leaf 0, not for leaf 2"),
            ("2", "ff", &block, "no MerkleProof message"),
        ] {
            let (exit, text) = verify(index, proof, file);
            assert_eq!(exit, Exit::Bad);
            assert!(text.contains(reason), "{text}");
        }
    }

    #[test]
    fn arguments_that_do_not_go_together_are_refused() {
        for args in [
            &["tree", "--verify", "file"][..],
            &["tree", "--index", "1", "file"],
            &["tree", "--block-size", "0", "file"],
            &[
                "tree", "--verify", "--tree", "x", "--index", "0", "--proof", "", "file",
            ],
        ] {
            assert!(Command::try_parse_from(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn an_empty_file_and_a_leaf_beyond_the_last_are_errors() {
        let (folder, dataset, _) = files();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, b"").unwrap();
        for (args, reason) in [
            (vec![empty.to_str().unwrap()], "at least one block"),
            (vec![&dataset[..], "--proof", "1"], "no leaf 1"),
            (vec![&dataset[..], "--proof", "ff"], "no leaf's index"),
        ] {
            let args = ["tree"].into_iter().chain(args);
            let args = Command::try_parse_from(args).unwrap().args;
            let error = run(&args, &mut Vec::new()).unwrap_err();
            assert!(format!("{error:#}").contains(reason), "{error:#}");
        }
    }
}
