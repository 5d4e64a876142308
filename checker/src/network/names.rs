//! Peers and blocks as small numbers, and which addresses a configuration's blocks have.

use std::fmt;

use serde::{Deserialize, Serialize};

use blockexc_model::address::{Address, Names};

/// How the checker names peers and blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Small;

impl Names for Small {
    type Peer = Peer;
    type Cid = Cid;
}

/// A node of the network: A, B, C and so on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u8);

impl Peer {
    /// Its place in the list of nodes.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, char::from(b'A'.saturating_add(self.0)))
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A block's own CID, or the CID of the one dataset's tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(pub u8);

impl Cid {
    /// The tree of the dataset of which all blocks are leaves.
    pub const TREE: Cid = Cid(u8::MAX);
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Cid::TREE => f.write_str("tree"),
            Cid(number) => write!(f, "b{number}"),
        }
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How an address is written in charts: `b1`, `tree/1`.
pub fn show_address(address: &Address<Cid>) -> String {
    match address {
        Address::Plain(cid) => cid.to_string(),
        Address::Leaf { tree, index } => format!("{tree}/{index}"),
    }
}

/// Which addresses the blocks are requested under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// Their own CIDs.
    Plain,
    /// Their places in the dataset.
    Leaf,
    /// Both: two addresses of the same block.
    LeafAndPlain,
}

/// The blocks of a configuration: numbered from zero, each the leaf of that number of the one
/// dataset, unless all are plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// How many.
    pub count: u8,
    /// Which addresses they are requested under.
    pub naming: Naming,
}

impl Blocks {
    /// So many blocks under their own CIDs.
    pub const fn plain(count: u8) -> Self {
        Blocks {
            count,
            naming: Naming::Plain,
        }
    }

    /// So many blocks under this naming.
    pub const fn named(count: u8, naming: Naming) -> Self {
        Blocks { count, naming }
    }

    /// The blocks' own CIDs.
    pub fn cids(self) -> impl Iterator<Item = Cid> {
        (0..self.count).map(Cid)
    }

    /// Every address that is requested or spoken of.
    pub fn addresses(self) -> impl Iterator<Item = Address<Cid>> {
        self.cids().flat_map(move |cid| {
            let plain = (self.naming != Naming::Leaf).then_some(Address::Plain(cid));
            self.leaf(cid).into_iter().chain(plain)
        })
    }

    /// The block's place in the dataset.
    pub fn leaf(self, cid: Cid) -> Option<Address<Cid>> {
        (self.naming != Naming::Plain).then_some(Address::Leaf {
            tree: Cid::TREE,
            index: u64::from(cid.0),
        })
    }

    /// The CID of the block that this address names.
    pub fn cid_of(self, address: &Address<Cid>) -> Cid {
        match *address {
            Address::Plain(cid) => cid,
            // An index is the number of a block, which fits.
            Address::Leaf { index, .. } => Cid(u8::try_from(index).unwrap_or(u8::MAX - 1)),
        }
    }
}
