//! [`Target`]: the node under test, as one scenario meets it.

use std::sync::Arc;

use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};

use super::control::Control;
use crate::wire::Address;

/// A block that a target is known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBlock {
    /// Its address.
    pub address: Address,
    /// Its bytes, if they are known too.
    pub data: Option<Bytes>,
}

/// The node under test.
#[derive(Clone)]
pub struct Target {
    /// Where to dial it, `/p2p/…` included if its identity is known.
    pub address: Multiaddr,
    /// Its identity, if known.
    pub peer_id: Option<PeerId>,
    /// How to steer it, if there is a way.
    pub control: Option<Arc<dyn Control>>,
    /// A block that it holds, named by whoever runs the suite.
    pub held: Option<HeldBlock>,
    /// It was started with the scenario's [`TargetOptions`](super::scenario::TargetOptions).
    pub configured: bool,
    /// It may do things later than in the same step; the reference never does.
    pub patient: bool,
}
