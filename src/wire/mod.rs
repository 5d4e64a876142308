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
pub mod network;
pub mod protobuf;
pub mod tree;
pub mod unknown_fields;
pub mod unusable;

pub use cid::{BlockCid, CidError};
pub use decode::{
    DecodeError, DecodeOptions, Decoded, ReceivedBlock, decode, decode_examining, examine,
};
pub use encode::{
    EncodeOptions, Encoded, OutgoingBlock, Unsendable, encode, encode_frames, encode_split,
};
pub use frame::{DEFAULT_LIMIT, FrameError, FrameOptions, FrameReader, encode_frame};
pub use network::{Address, Delivery, Dump, Message, Network, Presence, WantEntry, WantList};
pub use tree::{Proof, Tree};
pub use unusable::{Part, Reason, Unusable};
