//! The names in the vectors: peers, blocks and a dataset that stand under one letter in scripts.
//!
//! They are real names of the network, so that an implementation can read them with its own
//! libraries, and a driver that does not look into them can take them as texts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use libp2p::PeerId;
use libp2p::identity::Keypair;

use crate::wire::{Address, BlockCid, Tree};

/// The letter of the dataset whose leaves are the blocks `a` to `s`.
const DATASET: char = 't';

/// The peer of a capital letter: the ed25519 key whose 32 bytes are all this letter.
///
/// # Errors
///
/// When it is no capital letter.
pub fn peer(letter: char) -> Result<PeerId, String> {
    if !letter.is_ascii_uppercase() {
        return Err(format!(
            "`{letter}` is no peer: a capital letter is expected"
        ));
    }
    let key = Keypair::ed25519_from_bytes([letter as u8; 32]);
    let key = key.map_err(|error| format!("no key of `{letter}`: {error}"))?;
    Ok(key.public().to_peer_id())
}

/// The bytes of the block of a small letter: the letter.
pub fn block(letter: char) -> Vec<u8> {
    letter.to_string().into_bytes()
}

/// The CID of a small letter: of its block, or of the dataset's tree.
///
/// # Errors
///
/// When it is no small letter.
pub fn cid(letter: char) -> Result<BlockCid, String> {
    match letter {
        DATASET => Ok(tree().cid()),
        'a'..='z' => Ok(BlockCid::of_block(&block(letter))),
        _ => Err(format!(
            "`{letter}` is no block: a small letter is expected"
        )),
    }
}

/// The tree of the dataset `t`.
pub fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Tree::from_blocks(('a'..DATASET).map(block));
        tree.expect("the dataset has blocks")
    })
}

/// Reads an address: `a`, or `t0` for a leaf.
///
/// # Errors
///
/// When it is none.
pub fn address(text: &str) -> Result<Address, String> {
    let mut letters = text.chars();
    let letter = letters.next().unwrap_or(' ');
    let cid = cid(letter)?;
    match letters.as_str() {
        "" => Ok(Address::Plain(cid)),
        index => match index.parse() {
            Ok(index) => Ok(Address::Leaf { tree: cid, index }),
            Err(_) => Err(format!(
                "`{text}` is no address: a letter and an index are expected"
            )),
        },
    }
}

/// All letters that a vector may use, each with its name.
pub fn all() -> BTreeMap<char, String> {
    let peers = ('A'..='D').filter_map(|letter| Some((letter, peer(letter).ok()?.to_string())));
    let cids = ('a'..='z').filter_map(|letter| Some((letter, cid(letter).ok()?.to_string())));
    peers.chain(cids).collect()
}
