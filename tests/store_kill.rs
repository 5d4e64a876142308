//! A node's process is killed at any moment while it stores a dataset: every block that was
//! acknowledged is there after a restart and verifies, and nothing half-written is there at all.
//!
//! The process that is killed is this test's own program, run again for [`child`] alone.
//! `BLOCKEXC_KILLS` says how often it is killed, on one and the same store.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use blockexc::node::store::{BlockStore as _, DiskStore, LeafProof, StoredBlock};
use blockexc::wire::cid::sha256;
use blockexc::wire::{Address, BlockCid, Proof, Tree};
use bytes::Bytes;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const KILLS: u64 = 5;
const BLOCKS: usize = 64;
const BLOCK_SIZE: usize = 64 * 1024;
/// In which store the child stores, and what its blocks are made from.
const STORE: &str = "BLOCKEXC_TEST_STORE";
const SEED: &str = "BLOCKEXC_TEST_SEED";

/// The blocks of a dataset, and the tree over them.
fn dataset(seed: u64) -> (Vec<Bytes>, Tree) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let blocks: Vec<Bytes> = (0..BLOCKS)
        .map(|_| {
            let mut block = vec![0; BLOCK_SIZE];
            random.fill_bytes(&mut block);
            block.into()
        })
        .collect();
    let leaves = blocks.iter().map(|block| sha256(block)).collect();
    let tree = Tree::from_leaves(leaves).unwrap();
    (blocks, tree)
}

/// Not a test by itself: stores a dataset, a block in each step, and says so after each.
#[test]
fn child() {
    let (Ok(store), Ok(seed)) = (std::env::var(STORE), std::env::var(SEED)) else {
        return;
    };
    let (blocks, tree) = dataset(seed.parse().unwrap());
    let store = DiskStore::open(Path::new(&store)).unwrap();
    println!("\nready");
    for (index, data) in (0u64..).zip(blocks) {
        let block = StoredBlock {
            cid: BlockCid::of_block(&data),
            data,
        };
        let leaf = LeafProof {
            address: Address::Leaf {
                tree: tree.cid(),
                index,
            },
            proof: tree.proof(index).unwrap().encode(),
        };
        store.put(&block, &[leaf]).unwrap();
        println!("stored {index}");
    }
    println!("done");
    std::thread::park();
}

/// Runs the child until it has been storing for so long, and kills it: how many blocks it has
/// acknowledged.
fn store_and_kill(store: &Path, seed: u64, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(STORE, store)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim() != "ready" {
        line.clear();
        assert!(
            output.read_line(&mut line).unwrap() > 0,
            "the child has ended"
        );
    }
    std::thread::sleep(after);
    // On Unix this is SIGKILL.
    child.kill().unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    // A line without its end was not said.
    let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
    whole
        .lines()
        .filter(|line| line.starts_with("stored "))
        .count() as u64
}

#[test]
fn what_was_acknowledged_outlives_kill_9() {
    let kills = std::env::var("BLOCKEXC_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blocks");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut acknowledged_in_all = 0;
    let mut in_the_middle = 0;
    for seed in 0..kills {
        let after = Duration::from_micros(random.random_range(0..150_000));
        let acknowledged = store_and_kill(&file, seed, after);
        acknowledged_in_all += acknowledged;
        in_the_middle += u64::from((1..BLOCKS as u64).contains(&acknowledged));
        let store = DiskStore::open(&file).unwrap();
        let (blocks, tree) = dataset(seed);
        for (index, data) in (0u64..).zip(&blocks) {
            let cid = BlockCid::of_block(data);
            let address = Address::Leaf {
                tree: tree.cid(),
                index,
            };
            let (block, leaf) = (store.block(&cid).unwrap(), store.leaf(&address).unwrap());
            // Whole or not at all, whether acknowledged or not.
            match (&block, &leaf) {
                (Some(block), Some((of, proof))) => {
                    assert_eq!(block, data);
                    assert_eq!(*of, cid);
                    let proof = Proof::decode(proof).unwrap();
                    proof.verify(&tree.root(), &sha256(block)).unwrap();
                }
                (None, None) => assert!(index >= acknowledged, "block {index} is lost"),
                other => panic!("block {index} is there in part: {other:?}"),
            }
        }
        // What the store says that it holds, it serves.
        for (cid, leaves) in store.holdings().unwrap() {
            assert!(cid.matches(&store.block(&cid).unwrap().unwrap()));
            for leaf in leaves {
                assert_eq!(store.leaf(&leaf).unwrap().unwrap().0, cid);
            }
        }
    }
    println!(
        "{kills} kills, {in_the_middle} in the middle, {acknowledged_in_all} blocks acknowledged"
    );
    assert!(
        acknowledged_in_all > 0,
        "the child was never given the time to store anything"
    );
}
