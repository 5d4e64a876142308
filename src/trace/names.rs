//! [`Spelling`]: parses the names of peers and blocks, with a cache.
//!
//! A log repeats the same names, and parsing a name costs more than everything else in its line.
//! The size of the cache is bounded, so memory does not grow with the log.

use std::collections::HashMap;

use libp2p::PeerId;

use crate::wire::{Address, BlockCid, address};

/// The largest number of cached names of each kind.
const MAX_CACHED: usize = 1 << 16;

/// Parses names, and caches the results.
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
    /// When the text is no such name. The error says what was expected and what was found.
    pub fn peer(&mut self, text: &str) -> Result<PeerId, String> {
        cached(&mut self.peers, text, |text| {
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
    /// When the text is no such name. The error says what was expected and what was found.
    pub fn address(&mut self, text: &str) -> Result<Address, String> {
        cached(&mut self.addresses, text, |text| {
            address::parse(text).map_err(|error| {
                format!("an address is expected, a CID or TREE/INDEX for a leaf: {error}")
            })
        })
    }

    /// Reads a CID.
    ///
    /// # Errors
    ///
    /// When the text is no such name. The error says what was expected and what was found.
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

fn cached<V: Clone>(
    known: &mut HashMap<String, V>,
    text: &str,
    read: impl FnOnce(&str) -> Result<V, String>,
) -> Result<V, String> {
    if let Some(value) = known.get(text) {
        return Ok(value.clone());
    }
    let value = read(text)?;
    if known.len() >= MAX_CACHED {
        known.clear();
    }
    known.insert(text.to_owned(), value.clone());
    Ok(value)
}

/// The beginning of a text, short enough to be shown in an error.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What is wrong with a JSON text, without the position: it is in a part of a line of a log, and a second
/// count of lines would mislead.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
