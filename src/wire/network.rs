//! The model's types with the names of the running network: libp2p peer ids and binary CIDs.

use blockexc_model::address::Names;
use libp2p::PeerId;

use super::cid::{BlockCid, MANIFEST};

/// The names of the running network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {}

impl Names for Network {
    type Peer = PeerId;
    type Cid = BlockCid;

    fn is_manifest(cid: &BlockCid) -> bool {
        cid.codec() == Some(MANIFEST)
    }
}

/// A block's name on the network.
pub type Address = blockexc_model::address::Address<BlockCid>;
/// A message of the network.
pub type Message = blockexc_model::message::Message<Network>;
/// A want list of the network.
pub type WantList = blockexc_model::message::WantList<BlockCid>;
/// An entry of a want list.
pub type WantEntry = blockexc_model::message::WantEntry<BlockCid>;
/// A delivery, without its bytes.
pub type Delivery = blockexc_model::message::Delivery<BlockCid>;
/// A presence item.
pub type Presence = blockexc_model::message::Presence<BlockCid>;
/// A node's state as plain data.
pub type Dump = blockexc_model::dump::Dump<PeerId, BlockCid>;
