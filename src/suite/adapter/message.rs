//! The protocol of adapters: every message, as it stands in a line of JSON.
//!
//! The suite sends [`Command`]s, one at a time. The adapter answers each with an [`Answer`], and
//! may send [`Event`]s at any time. Fields that are not known are ignored.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The version of the protocol that this suite speaks.
pub const VERSION: u32 = 1;

/// What the suite asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its number. The answer repeats it.
    pub id: u64,
    /// What is asked for.
    #[serde(flatten)]
    pub body: Body,
}

/// The content of a [`Command`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Body {
    /// Says who asks; answered with [`Hello`]. It is the first command.
    Hello {
        /// The version of the protocol.
        version: u32,
    },
    /// Starts a node; answered with [`Started`].
    Start(StartOptions),
    /// Ends the node: its process is gone when the answer comes.
    Stop,
    /// Stores a plain block; answered with [`Stored`].
    Put {
        /// Its bytes.
        data: Hex,
    },
    /// Stores a dataset; answered with [`Stored`], the CID of its tree.
    PutDataset {
        /// Its blocks, all of one size.
        blocks: Vec<Hex>,
        /// The indices of the leaves that are stored; all of them when it is not there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<BTreeSet<u64>>,
    },
    /// Deletes a block, under all its addresses.
    Delete {
        /// The block's own CID.
        cid: String,
    },
    /// Requests a plain block; answered at once with [`Requested`].
    Request {
        /// Its CID.
        cid: String,
    },
    /// Requests a leaf of a dataset; answered at once with [`Requested`].
    RequestLeaf {
        /// The CID of the dataset's tree.
        tree: String,
        /// Which leaf.
        index: u64,
    },
    /// Cancels one request; answered with [`Cancelled`].
    Cancel {
        /// Its number.
        request: u64,
    },
    /// Connects to a peer; answered when the connection stands.
    Connect {
        /// Where it is, `/p2p/…` included.
        address: String,
    },
    /// Closes every connection with a peer.
    Disconnect {
        /// Its peer ID.
        peer: String,
    },
    /// Shows the node's state; answered with [`DumpAnswer`].
    Dump,
    /// Makes the node handle one more Joined event for a peer that has a context.
    JoinedAgain {
        /// Its peer ID.
        peer: String,
    },
    /// Makes the node handle a Left event for a peer whose connections stay open.
    LeftNow {
        /// Its peer ID.
        peer: String,
    },
    /// Pursues an own want anew, as when its time is up.
    RetryNow {
        /// What is wanted: `CID`, or `TREE/INDEX`.
        address: String,
    },
    /// Changes what a block costs.
    SetPrice {
        /// The price.
        price: u64,
    },
    /// Asks whether the node has ended by itself; answered with [`Ended`].
    Ended,
    /// Asks the adapter to end, and its node with it.
    Quit,
}

/// How a node is to be started. Only what the adapter has announced is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartOptions {
    /// What a block costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<u64>,
    /// Where to be paid: 20 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Hex>,
    /// The longest frame, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_limit: Option<u64>,
    /// How often a want is pursued anew before its request fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How many wants of a peer to record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants_per_peer: Option<u32>,
    /// After how many milliseconds a want is pursued anew; 0: never by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval_ms: Option<u64>,
    /// The muxers to offer: `yamux`, `mplex`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muxers: Option<Vec<String>>,
    /// The key that makes the node's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The protocol's ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// A private key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// `secp256k1` or `ed25519`.
    #[serde(rename = "type")]
    pub key_type: String,
    /// The secret: 32 bytes.
    pub secret: Hex,
}

/// What the adapter answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The command's number.
    pub id: u64,
    /// It was done; this is what is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<Value>,
    /// The adapter does not know the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsupported: bool,
    /// It was not done, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Answers [`Body::Hello`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that the adapter speaks.
    pub version: u32,
    /// What the adapter is called.
    pub adapter: String,
    /// What the node is called.
    pub node: String,
    /// The node's version.
    #[serde(default)]
    pub node_version: String,
    /// The commands that it can carry out. No other is sent, but for `hello` and `quit`.
    pub capabilities: Vec<String>,
    /// The options of `start` that it takes: `price`, `account`, `frame_limit`, `retries`,
    /// `retry_interval`, `muxers`, `key`, `protocol`.
    #[serde(default)]
    pub start_options: Vec<String>,
    /// How many such adapters may run at once, each with its node; one when it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<usize>,
    /// The node that runs already, for an adapter that cannot `start` one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Started>,
}

/// Answers [`Body::Start`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Where the node listens; the first is used.
    pub addresses: Vec<String>,
    /// Its peer ID.
    pub peer: String,
    /// After how many milliseconds it pursues a want anew; 0: never by itself. Unknown when it is
    /// not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval_ms: Option<u64>,
}

/// Answers [`Body::Put`] and [`Body::PutDataset`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The CID under which it was stored.
    pub cid: String,
}

/// Answers [`Body::Request`] and [`Body::RequestLeaf`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requested {
    /// The request's number, which this adapter gives to no other.
    pub request: u64,
}

/// Answers [`Body::Cancel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Whether the request was pending.
    pub pending: bool,
}

/// Answers [`Body::Ended`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Whether the node has ended by itself.
    pub ended: bool,
    /// Its exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The last lines of its log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// Answers [`Body::Dump`]. What is not there is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DumpAnswer {
    /// What is kept about each peer, by its peer ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contexts: Option<BTreeMap<String, ContextAnswer>>,
    /// The own wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_wants: Option<Vec<OwnWantAnswer>>,
    /// The addresses whose block is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<String>>,
}

/// A part of [`DumpAnswer`]: one context. What is not there is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextAnswer {
    /// The presence records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<Vec<PresenceAnswer>>,
    /// The peer's wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants: Option<Vec<WantAnswer>>,
    /// Whether the wants stand in the order recorded.
    pub wants_are_ordered: bool,
    /// The account that the peer sent; empty when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Hex>,
    /// What `peer_have` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_have: Option<Vec<String>>,
    /// What `peer_have_cids` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_have_cids: Option<Vec<String>>,
    /// What `peer_wants_cids` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_wants_cids: Option<Vec<String>>,
}

/// A part of [`ContextAnswer`]: a presence record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PresenceAnswer {
    /// What the peer has: `CID`, or `TREE/INDEX`.
    pub address: String,
    /// What it costs: at most 32 bytes, the most significant first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Hex>,
}

/// A part of [`ContextAnswer`]: a recorded want.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WantAnswer {
    /// What is wanted: `CID`, or `TREE/INDEX`.
    pub address: String,
    /// Whether the entry is marked as a cancel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancel: bool,
    /// `block` or `have`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub want_type: Option<String>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Whether a DontHave is welcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_dont_have: Option<bool>,
}

/// A part of [`DumpAnswer`]: an own want.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnWantAnswer {
    /// What is wanted: `CID`, or `TREE/INDEX`.
    pub address: String,
    /// The peers that it is asked of at present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Vec<String>>,
}

/// What the adapter tells unasked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A request has ended: with `data`, or with `failed`.
    RequestDone {
        /// Its number.
        request: u64,
        /// The block, if it is here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Hex>,
        /// Why it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
}

/// Bytes, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Bytes);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match hex::decode(&text) {
            Ok(bytes) => Ok(Hex(bytes.into())),
            Err(error) => Err(serde::de::Error::custom(format!(
                "hexadecimal digits are expected: {error}"
            ))),
        }
    }
}
