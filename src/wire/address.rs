//! Addresses on the wire and as text.
//!
//! As text, a plain address is its CID, and a leaf is the tree's CID, a slash, and the index.

use std::fmt;

use bytes::Bytes;

use super::cid::{BlockCid, CidError};
use super::network::Address;
use super::protobuf;
use super::unusable::Reason;

/// The text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// What should be the CID is none.
    #[error(transparent)]
    Cid(#[from] CidError),
    /// What follows the slash is no number of 64 bits.
    #[error("`{0}` is no leaf index: a number from 0 to 18446744073709551615 is expected")]
    Index(String),
}

/// Shows an address as text: `CID`, or `TREE/INDEX` for a leaf.
pub fn show(address: &Address) -> impl fmt::Display + '_ {
    struct Shown<'a>(&'a Address);
    impl fmt::Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                Address::Plain(cid) => write!(f, "{cid}"),
                Address::Leaf { tree, index } => write!(f, "{tree}/{index}"),
            }
        }
    }
    Shown(address)
}

/// Reads what [`show`] writes.
pub fn parse(text: &str) -> Result<Address, AddressError> {
    match text.rsplit_once('/') {
        None => Ok(Address::Plain(text.parse()?)),
        Some((tree, index)) => {
            let valid = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let number = valid.then(|| index.parse().ok()).flatten();
            Ok(Address::Leaf {
                tree: tree.parse()?,
                index: number
                    .ok_or_else(|| AddressError::Index(index.chars().take(80).collect()))?,
            })
        }
    }
}

/// Reads an address from its message, or says why it is unusable (WANT-16).
pub fn from_protobuf(address: Option<&protobuf::BlockAddress>) -> Result<Address, Reason> {
    let address = address.ok_or(Reason::MissingAddress)?;
    if address.leaf {
        let tree = address.tree_cid.as_ref().ok_or(Reason::LeafWithoutTree)?;
        Ok(Address::Leaf {
            tree: BlockCid::parse(tree).map_err(Reason::BadCid)?,
            index: address.index,
        })
    } else {
        let cid = address.cid.as_ref().ok_or(Reason::AddressWithoutCid)?;
        Ok(Address::Plain(
            BlockCid::parse(cid).map_err(Reason::BadCid)?,
        ))
    }
}

/// The message of an address.
pub fn to_protobuf(address: &Address) -> protobuf::BlockAddress {
    match address {
        Address::Plain(cid) => protobuf::BlockAddress {
            leaf: false,
            tree_cid: None,
            index: 0,
            cid: Some(Bytes::copy_from_slice(cid.as_bytes())),
        },
        Address::Leaf { tree, index } => protobuf::BlockAddress {
            leaf: true,
            tree_cid: Some(Bytes::copy_from_slice(tree.as_bytes())),
            index: *index,
            cid: None,
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn text_and_protobuf_are_read_back() {
        for address in [
            Address::Plain(BlockCid::of_block(b"a")),
            Address::Leaf {
                tree: BlockCid::of_tree(&[7; 32]),
                index: 0,
            },
            Address::Leaf {
                tree: BlockCid::of_tree(&[7; 32]),
                index: u64::MAX,
            },
        ] {
            assert_eq!(parse(&show(&address).to_string()).unwrap(), address);
            assert_eq!(from_protobuf(Some(&to_protobuf(&address))), Ok(address));
        }
    }

    #[test]
    fn a_wrong_index_is_named() {
        let tree = BlockCid::of_tree(&[7; 32]);
        for index in ["", "-1", "+1", "x", "18446744073709551616"] {
            assert_eq!(
                parse(&format!("{tree}/{index}")),
                Err(AddressError::Index(index.to_owned()))
            );
        }
        assert!(matches!(parse("/1"), Err(AddressError::Cid(_))));
    }
}
