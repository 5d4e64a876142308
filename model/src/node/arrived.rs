//! [`Arrived`]: a block that a step has made held.

use crate::address::{Address, Names};

/// How a block has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<N: Names> {
    /// This peer delivered it.
    Delivery(N::Peer),
    /// The user stored it.
    Upload,
    /// In another way, from nobody. No event of the specification does this.
    Elsewhere,
}

/// A block that a step has made held.
#[derive(Clone, Debug)]
pub struct Arrived<N: Names> {
    /// The block's own CID.
    pub cid: N::Cid,
    /// What it is held under; the first is the address under which it came.
    pub addresses: Vec<Address<N::Cid>>,
    /// How it has come.
    pub source: Source<N>,
}

impl<N: Names> Arrived<N> {
    /// Whether this peer delivered it.
    pub fn is_from(&self, peer: &N::Peer) -> bool {
        matches!(&self.source, Source::Delivery(deliverer) if deliverer == peer)
    }
}
