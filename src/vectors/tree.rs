//! The vectors of the dataset's tree: what a dataset's blocks come to, and which deliveries count.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::wire::json::describe_proof;
use crate::wire::{Address, BlockCid, Proof, ReceivedBlock, Tree, address, examine};
use blockexc_model::message::Evidence;

/// The size of a dataset's blocks, in bytes.
const BLOCK_SIZE: usize = 64;

/// A dataset whose bytes come from a rule: its block `i` is the number `i` in eight bytes, the
/// greatest first, again and again.
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// How many blocks it has.
    pub blocks: u64,
    /// How many bytes it has. The last block is filled up with zeros.
    pub length: usize,
}

impl Dataset {
    fn whole(blocks: u64) -> Self {
        let length = blocks as usize * BLOCK_SIZE;
        Dataset { blocks, length }
    }

    fn block(self, index: u64) -> Bytes {
        let mut block = index.to_be_bytes().repeat(BLOCK_SIZE / 8);
        let begins = index as usize * BLOCK_SIZE;
        let has = self.length.saturating_sub(begins).min(BLOCK_SIZE);
        block[has..].fill(0);
        block.into()
    }

    fn tree(self) -> Tree {
        let tree = Tree::from_blocks((0..self.blocks).map(|index| self.block(index)));
        tree.expect("a dataset has blocks")
    }

    fn rule(self) -> Value {
        json!({ "blocks": self.blocks, "block_size": BLOCK_SIZE, "length": self.length })
    }
}

/// A vector of the tree.
#[derive(Clone, Debug)]
pub struct TreeVector {
    /// The requirement's ID, a slash, and a word.
    pub id: String,
    /// What it is.
    pub summary: String,
    ask: Ask,
    /// Whether the specification leaves the answer open.
    is_open: bool,
}

#[derive(Clone, Debug)]
enum Ask {
    Dataset(Dataset),
    Delivery {
        address: Address,
        cid: BlockCid,
        data: Bytes,
        proof: Option<Bytes>,
    },
}

impl TreeVector {
    /// What a driver is told beside the heading.
    pub fn ask(&self, question: &mut Value) {
        match &self.ask {
            Ask::Dataset(dataset) => {
                question["dataset"] = dataset.rule();
                question["proofs_of"] = json!(proofs_of(*dataset));
            }
            Ask::Delivery {
                address,
                cid,
                data,
                proof,
            } => {
                let mut delivery = json!({
                    "address": address::show(address).to_string(),
                    "cid": cid,
                    "data": hex::encode(data),
                });
                if let Some(proof) = proof {
                    delivery["proof"] = json!(hex::encode(proof));
                }
                question["delivery"] = delivery;
            }
        }
    }

    /// The answers that are allowed, the reference's first.
    pub fn answers(&self) -> Vec<Value> {
        let mut answers = match &self.ask {
            Ask::Dataset(dataset) => vec![describe(*dataset)],
            Ask::Delivery {
                address,
                cid,
                data,
                proof,
            } => {
                let (data, proof) = (data.clone(), proof.clone());
                let evidence = examine(address, cid, &ReceivedBlock { data, proof });
                vec![json!({ "counts": evidence == Evidence::valid_for(address) })]
            }
        };
        if self.is_open {
            answers.push(json!({ "counts": answers[0]["counts"] != true }));
        }
        answers
    }
}

/// The leaves of which a vector has the proofs: all of few, some of many.
fn proofs_of(dataset: Dataset) -> Vec<u64> {
    let last = dataset.blocks - 1;
    let mut some: Vec<u64> = match dataset.blocks {
        0..=8 => (0..dataset.blocks).collect(),
        _ => vec![0, 1, dataset.blocks / 2, last - 1, last],
    };
    some.dedup();
    some
}

/// The tree of a dataset, its leaves, and some proofs. Of many leaves there is only the digest.
fn describe(dataset: Dataset) -> Value {
    let tree = dataset.tree();
    let proofs = proofs_of(dataset);
    let proofs = proofs.iter().filter_map(|index| tree.proof(*index));
    json!({
        "leaves": tree.leaves().iter().map(hex::encode).collect::<Vec<_>>(),
        "root": hex::encode(tree.root()),
        "tree": tree.cid(),
        "blocks_sha256": blocks_digest(dataset),
        "proofs": proofs.map(|proof| describe_proof(&proof)).collect::<Vec<_>>(),
    })
}

/// The digest of all blocks, one after another, so that a wrong reading of the rule is told from a
/// wrong tree.
fn blocks_digest(dataset: Dataset) -> String {
    let mut hasher = Sha256::new();
    for index in 0..dataset.blocks {
        hasher.update(dataset.block(index));
    }
    hex::encode(hasher.finalize())
}

/// Every vector of the tree.
pub fn all() -> Vec<TreeVector> {
    let mut vectors = Vec::new();
    for blocks in (1..=40).chain([1000]) {
        vectors.push(TreeVector {
            id: format!("XFER-4/dataset-{blocks}"),
            summary: format!("The tree of a dataset of {blocks} blocks."),
            ask: Ask::Dataset(Dataset::whole(blocks)),
            is_open: false,
        });
    }
    vectors.push(TreeVector {
        id: "XFER-4/dataset-padded".to_owned(),
        summary: "The tree of a dataset whose last block is filled up with zeros.".to_owned(),
        ask: Ask::Dataset(Dataset {
            blocks: 5,
            length: 4 * BLOCK_SIZE + 10,
        }),
        is_open: false,
    });
    vectors.extend(plain_deliveries());
    for (blocks, index) in [
        (1, 0),
        (2, 1),
        (5, 0),
        (5, 4),
        (8, 3),
        (40, 39),
        (1000, 999),
    ] {
        vectors.push(leaf_delivery(
            &format!("good-{index}-of-{blocks}"),
            &format!("The leaf {index} of {blocks}, with its proof."),
            Leaf::of(blocks, index),
        ));
    }
    vectors.extend(flawed_deliveries());
    vectors
}

fn plain_deliveries() -> Vec<TreeVector> {
    let vector =
        |id: &str, summary: &str, named: BlockCid, cid: BlockCid, data: &'static [u8]| TreeVector {
            id: format!("XFER-3/{id}"),
            summary: summary.to_owned(),
            ask: Ask::Delivery {
                address: Address::Plain(named),
                cid,
                data: Bytes::from_static(data),
                proof: None,
            },
            is_open: false,
        };
    let (a, b) = (BlockCid::of_block(b"a"), BlockCid::of_block(b"b"));
    let manifest = BlockCid::of_manifest(b"a");
    vec![
        vector("plain", "A plain block.", a.clone(), a.clone(), b"a"),
        vector(
            "other-data",
            "Data that does not hash to the CID.",
            a.clone(),
            a.clone(),
            b"b",
        ),
        vector(
            "other-block",
            "Data that hashes to the CID, which is not the address.",
            a.clone(),
            b,
            b"b",
        ),
        vector("no-data", "No data.", a.clone(), a.clone(), b""),
        vector(
            "a-byte-more",
            "The data with a byte after its end.",
            a.clone(),
            a.clone(),
            b"a\0",
        ),
        vector(
            "other-codec",
            "The CID of the same data under another codec than the address's.",
            a,
            manifest,
            b"a",
        ),
    ]
}

/// A delivery of a leaf, to be changed.
#[derive(Clone)]
struct Leaf {
    tree: BlockCid,
    index: u64,
    cid: BlockCid,
    data: Bytes,
    proof: Proof,
}

impl Leaf {
    fn of(blocks: u64, index: u64) -> Self {
        let dataset = Dataset::whole(blocks);
        let tree = dataset.tree();
        let data = dataset.block(index);
        Leaf {
            tree: tree.cid(),
            index,
            cid: BlockCid::of_block(&data),
            data,
            proof: tree.proof(index).expect("there is such a leaf"),
        }
    }
}

fn leaf_delivery(id: &str, summary: &str, leaf: Leaf) -> TreeVector {
    let proof = Some(leaf.proof.encode());
    leaf_delivery_with(id, summary, leaf, proof)
}

fn leaf_delivery_with(id: &str, summary: &str, leaf: Leaf, proof: Option<Bytes>) -> TreeVector {
    let Leaf {
        tree,
        index,
        cid,
        data,
        ..
    } = leaf;
    TreeVector {
        id: format!("XFER-4/{id}"),
        summary: summary.to_owned(),
        ask: Ask::Delivery {
            address: Address::Leaf { tree, index },
            cid,
            data,
            proof,
        },
        is_open: false,
    }
}

/// Every flaw of a proof, each in a delivery of the last leaf of five.
fn flawed_deliveries() -> Vec<TreeVector> {
    let good = Leaf::of(5, 4);
    let flawed = |id: &str, summary: &str, change: &dyn Fn(&mut Leaf)| {
        let mut leaf = good.clone();
        change(&mut leaf);
        leaf_delivery(id, summary, leaf)
    };
    let encoded = good.proof.encode();
    let raw = |id: &str, summary: &str, proof: Option<Bytes>| {
        leaf_delivery_with(id, summary, good.clone(), proof)
    };
    let other = Leaf::of(8, 4);
    let open = |mut vector: TreeVector| {
        vector.is_open = true;
        vector
    };
    vec![
        raw("no-proof", "No proof.", None),
        raw("empty-proof", "A proof of no bytes.", Some(Bytes::new())),
        raw(
            "garbage-proof",
            "A proof that does not decode.",
            Some(Bytes::from_static(&[0xff; 9])),
        ),
        raw(
            "cut-proof",
            "A proof that lacks its last byte.",
            Some(encoded.slice(..encoded.len() - 1)),
        ),
        flawed(
            "other-leaf-proof",
            "The proof for another leaf of the dataset.",
            &|leaf| {
                leaf.proof = Dataset::whole(5)
                    .tree()
                    .proof(3)
                    .expect("there is such a leaf");
            },
        ),
        flawed("index-changed", "The proof with another index.", &|leaf| {
            leaf.proof.index = 3
        }),
        flawed(
            "index-beyond",
            "The address and the proof have an index beyond the leaves.",
            &|leaf| {
                leaf.index = 5;
                leaf.proof.index = 5;
            },
        ),
        flawed(
            "index-greatest",
            "The address and the proof have the greatest index.",
            &|leaf| {
                leaf.index = u64::MAX;
                leaf.proof.index = u64::MAX;
            },
        ),
        flawed(
            "path-changed",
            "The proof with a bit of its path changed.",
            &|leaf| leaf.proof.path[2][0] ^= 1,
        ),
        flawed(
            "path-reversed",
            "The proof with its path last to first.",
            &|leaf| leaf.proof.path.reverse(),
        ),
        flawed(
            "path-short",
            "The proof without the last node of its path.",
            &|leaf| {
                leaf.proof.path.pop();
            },
        ),
        flawed(
            "path-long",
            "The proof with a node after the end of its path.",
            &|leaf| leaf.proof.path.push([0; 32]),
        ),
        flawed("path-empty", "The proof without its path.", &|leaf| {
            leaf.proof.path.clear()
        }),
        flawed("other-tree", "The proof of another dataset.", &|leaf| {
            leaf.proof = other.proof.clone()
        }),
        flawed(
            "other-tree-named",
            "The address names another dataset.",
            &|leaf| leaf.tree = other.tree.clone(),
        ),
        flawed("other-block", "The block of another leaf.", &|leaf| {
            leaf.data = Dataset::whole(5).block(3);
            leaf.cid = BlockCid::of_block(&leaf.data);
        }),
        flawed("root-as-leaf", "The root as the block's CID.", &|leaf| {
            leaf.cid = leaf.tree.clone()
        }),
        flawed(
            "no-leaves",
            "A proof that says that there are no leaves.",
            &|leaf| leaf.proof.leaf_count = 0,
        ),
        // That there is nothing at this place is known from the number of leaves.
        open(flawed(
            "absent-sibling",
            "The proof with something in the place of a sibling that there is not.",
            &|leaf| leaf.proof.path[0] = [1; 32],
        )),
        flawed(
            "data-changed",
            "Data that does not hash to the CID.",
            &|leaf| leaf.data = Bytes::from_static(b"x"),
        ),
        flawed("no-data", "No data.", &|leaf| leaf.data = Bytes::new()),
    ]
}
