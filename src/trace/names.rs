//! [`Spelling`]: reads the names of peers and blocks, each spelling once.
//!
//! A log names the same few peers and blocks over and over, and reading a name costs more than
//! all else in its line. What has been read is remembered, up to a bound: so that memory does not
//! grow with the log.

use std::collections::HashMap;

use libp2p::PeerId;

use crate::wire::{Address, BlockCid, address};

/// How many spellings of each kind are remembered.
const REMEMBERED: usize = 1 << 16;

/// Reads names, and remembers what it has read.
#[derive(Default)]
pub struct Spelling {
    peers: HashMap<String, PeerId>,
    addresses: HashMap<String, Address>,
}

impl Spelling {
    /// Reads a peer id.
    ///
    /// # Errors
    ///
    /// What was expected, and what stands there.
    pub fn peer(&mut self, text: &str) -> Result<PeerId, String> {
        remembered(&mut self.peers, text, |text| {
            text.parse().map_err(|error| {
                format!(
                    "a libp2p peer id is expected, `{}` is none: {error}",
                    short(text)
                )
            })
        })
    }

    /// Reads an address: `CID`, or `TREE/INDEX` for a leaf.
    ///
    /// # Errors
    ///
    /// What was expected, and what stands there.
    pub fn address(&mut self, text: &str) -> Result<Address, String> {
        remembered(&mut self.addresses, text, |text| {
            address::parse(text).map_err(|error| {
                format!("an address is expected, a CID or TREE/INDEX for a leaf: {error}")
            })
        })
    }

    /// Reads a CID.
    ///
    /// # Errors
    ///
    /// What was expected, and what stands there.
    pub fn cid(&mut self, text: &str) -> Result<BlockCid, String> {
        match self.address(text)? {
            Address::Plain(cid) => Ok(cid),
            Address::Leaf { .. } => Err(format!(
                "a CID is expected, `{}` is the address of a leaf",
                short(text)
            )),
        }
    }
}

fn remembered<V: Clone>(
    known: &mut HashMap<String, V>,
    text: &str,
    read: impl FnOnce(&str) -> Result<V, String>,
) -> Result<V, String> {
    if let Some(value) = known.get(text) {
        return Ok(value.clone());
    }
    let value = read(text)?;
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(text.to_owned(), value.clone());
    Ok(value)
}

/// The text, cut where it is too long to be shown.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
