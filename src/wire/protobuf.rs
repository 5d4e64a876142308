//! The messages as they are on the wire, field by field: `proto/blockexc.proto` in Rust.
//!
//! They serve to build and inspect messages field by field. To read and write whole messages, use
//! [`decode`](fn@super::decode::decode) and [`encode`](fn@super::encode::encode). A test holds this
//! file and the schema against each other.

use bytes::Bytes;

/// All that one frame carries; every part may be absent.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// What the sender wants.
    #[prost(message, optional, tag = "1")]
    pub wantlist: Option<Wantlist>,
    /// Blocks.
    #[prost(message, repeated, tag = "3")]
    pub payload: Vec<BlockDelivery>,
    /// What the sender has and does not have.
    #[prost(message, repeated, tag = "4")]
    pub block_presences: Vec<BlockPresence>,
    /// Nothing reads it.
    #[prost(int32, tag = "5")]
    pub pending_bytes: i32,
    /// Where the sender is to be paid.
    #[prost(message, optional, tag = "6")]
    pub account: Option<AccountMessage>,
    /// A payment.
    #[prost(message, optional, tag = "7")]
    pub payment: Option<StateChannelUpdate>,
}

/// Wants and cancels.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Wantlist {
    /// In the order in which they are handled.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<wantlist::Entry>,
    /// Whether the list replaces what was recorded before it.
    #[prost(bool, tag = "2")]
    pub full: bool,
}

/// The parts of a [`Wantlist`].
pub mod wantlist {
    /// A want, or the cancel of one.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    pub struct Entry {
        /// What is wanted.
        #[prost(message, optional, tag = "1")]
        pub address: Option<super::BlockAddress>,
        /// Greater ones first.
        #[prost(int32, tag = "2")]
        pub priority: i32,
        /// Whether a want ends here.
        #[prost(bool, tag = "3")]
        pub cancel: bool,
        /// A [`WantType`], or a number that is none.
        #[prost(enumeration = "WantType", tag = "4")]
        pub want_type: i32,
        /// Whether absence is to be answered.
        #[prost(bool, tag = "5")]
        pub send_dont_have: bool,
    }

    /// What an [`Entry`] asks for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum WantType {
        /// The block.
        WantBlock = 0,
        /// Whether the receiver has it.
        WantHave = 1,
    }
}

/// A plain block (`cid`), or a leaf of a dataset (`leaf`, `tree_cid`, `index`).
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BlockAddress {
    /// Whether it is a leaf's.
    #[prost(bool, tag = "1")]
    pub leaf: bool,
    /// The CID of the dataset's tree. An absent one is told from an empty one, as deployed nodes do.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub tree_cid: Option<Bytes>,
    /// The leaf, counted from 0.
    #[prost(uint64, tag = "3")]
    pub index: u64,
    /// The CID of a plain block.
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub cid: Option<Bytes>,
}

/// A block.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BlockDelivery {
    /// Its own CID.
    #[prost(bytes = "bytes", tag = "1")]
    pub cid: Bytes,
    /// Its bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub data: Bytes,
    /// The address that it answers.
    #[prost(message, optional, tag = "3")]
    pub address: Option<BlockAddress>,
    /// An encoded [`MerkleProof`], for a leaf only. An absent one is told from an empty one.
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub proof: Option<Bytes>,
}

/// Whether the sender has a block.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BlockPresence {
    /// Which block.
    #[prost(message, optional, tag = "1")]
    pub address: Option<BlockAddress>,
    /// A [`PresenceType`], or a number that is none.
    #[prost(enumeration = "PresenceType", tag = "2")]
    pub r#type: i32,
    /// Unsigned, big-endian, at most 32 bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub price: Bytes,
}

/// What a [`BlockPresence`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum PresenceType {
    /// The sender has the block.
    PresenceHave = 0,
    /// The sender does not have it.
    PresenceDontHave = 1,
}

/// Where the sender is to be paid.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct AccountMessage {
    /// A 20-byte Ethereum address.
    #[prost(bytes = "bytes", tag = "1")]
    pub address: Bytes,
}

/// A payment.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct StateChannelUpdate {
    /// A signed state, opaque to this protocol.
    #[prost(bytes = "bytes", tag = "1")]
    pub update: Bytes,
}

/// The proof that a block is a leaf of a dataset's tree. Its numbers are optional so that zeros are
/// written, as deployed nodes write them.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MerkleProof {
    /// The code of the multihash of the tree's nodes: 0x12, sha2-256.
    #[prost(uint64, optional, tag = "1")]
    pub mcodec: Option<u64>,
    /// The leaf, counted from 0.
    #[prost(uint64, optional, tag = "2")]
    pub index: Option<u64>,
    /// How many leaves the tree has.
    #[prost(uint64, optional, tag = "3")]
    pub nleaves: Option<u64>,
    /// Siblings from the bottom up.
    #[prost(message, repeated, tag = "4")]
    pub path: Vec<merkle_proof::Node>,
}

/// The parts of a [`MerkleProof`].
pub mod merkle_proof {
    use bytes::Bytes;

    /// A node of the tree.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    pub struct Node {
        /// Its hash.
        #[prost(bytes = "bytes", tag = "1")]
        pub hash: Bytes,
    }
}
