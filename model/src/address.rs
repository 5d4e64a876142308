//! What names a block: [`Address`], over any type of CID and peer ([`Names`]).

use std::fmt::Debug;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// A value that names something: cheap to clone, comparable, usable as a key.
pub trait Name: Clone + Debug + Eq + Ord + Hash + 'static {}

impl<T: Clone + Debug + Eq + Ord + Hash + 'static> Name for T {}

/// How a network names its peers and its blocks.
///
/// The running node uses libp2p peer ids and binary CIDs; a model checker uses small integers.
pub trait Names: Clone + Debug + Eq + Ord + Hash + 'static {
    /// A remote node.
    type Peer: Name;
    /// The content identifier of a block or of a dataset's tree.
    type Cid: Name;

    /// Whether this CID says that its block is a dataset's manifest. Rules do not ask for it; some
    /// deployed nodes do.
    fn is_manifest(_: &Self::Cid) -> bool {
        false
    }
}

/// A block's name: its own CID, or its place in a dataset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Address<C> {
    /// A plain block, named by its own CID (`leaf = false` on the wire).
    Plain(C),
    /// The leaf `index` of the dataset whose tree is `tree` (`leaf = true` on the wire).
    Leaf {
        /// The CID of the dataset's tree.
        tree: C,
        /// Counted from zero.
        index: u64,
    },
}

impl<C> Address<C> {
    /// `cid_or_tree_cid`: the CID of a plain address, the tree's CID of a leaf address.
    pub fn cid_or_tree_cid(&self) -> &C {
        match self {
            Address::Plain(cid) => cid,
            Address::Leaf { tree, .. } => tree,
        }
    }

    /// Whether this names a leaf of a dataset.
    pub fn is_leaf(&self) -> bool {
        matches!(self, Address::Leaf { .. })
    }
}
