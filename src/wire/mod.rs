//! The wire: frames, protobuf, CIDs, and the dataset's tree with its proofs.
//!
//! This module turns bytes into the model's messages and back. It judges nothing that the model
//! can judge: what is unusable by its encoding alone is left out and named ([`Unusable`]), and
//! what examining a delivery's bytes shows goes along as
//! [`Evidence`](blockexc_model::message::Evidence). Nothing that a peer can send makes it panic,
//! or take memory out of proportion to the bytes that have arrived.

pub mod address;
pub mod cid;
pub mod decode;
pub mod encode;
pub mod frame;
pub mod json;
pub mod tree;
pub mod unusable;

/// The types that prost generates from `proto/blockexc.proto`.
///
/// For composing and inspecting messages field by field; [`decode`](fn@decode) and
/// [`encode`](fn@encode) do the rest.
#[allow(missing_docs, clippy::all, clippy::unwrap_used)]
pub mod protobuf {
    include!(concat!(env!("OUT_DIR"), "/blockexc.rs"));
}

use blockexc_model::address::Names;

pub use cid::{BlockCid, CidError};
pub use decode::{
    DecodeError, DecodeOptions, Decoded, ReceivedBlock, decode, decode_examining, examine,
};
pub use encode::{
    EncodeOptions, Encoded, OutgoingBlock, Unsendable, encode, encode_frames, encode_split,
};
pub use frame::{DEFAULT_LIMIT, FrameError, FrameOptions, FrameReader, encode_frame};
pub use tree::{Proof, Tree};
pub use unusable::{Part, Reason, Unusable};

/// The names of the running network: libp2p peer ids and binary CIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {}

impl Names for Network {
    type Peer = libp2p::PeerId;
    type Cid = BlockCid;
}

/// A block's name on the network.
pub type Address = blockexc_model::address::Address<BlockCid>;
/// A message of the network.
pub type Message = blockexc_model::message::Message<Network>;
/// A want list of the network.
pub type WantList = blockexc_model::message::WantList<BlockCid>;
/// A want list's entry.
pub type WantEntry = blockexc_model::message::WantEntry<BlockCid>;
/// A delivery, without its bytes.
pub type Delivery = blockexc_model::message::Delivery<BlockCid>;
/// A presence item.
pub type Presence = blockexc_model::message::Presence<BlockCid>;
