//! What a recording of a running node holds, as it is written: inputs, and what was observed
//! after each. Names are symbolic; fields that the comparison does not use are left out.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One scenario of one node.
#[derive(Deserialize)]
pub struct Recording {
    pub node: String,
    pub scenario: String,
    pub node_args: NodeArguments,
    pub names: BTreeMap<String, Named>,
    /// The identities of the peers, by their names.
    #[serde(default)]
    pub peers: BTreeMap<String, String>,
    pub steps: Vec<Step>,
}

impl Recording {
    /// The name of this peer. A further process with the same key has its name and a letter more.
    pub fn name_of<'a>(&'a self, process: &'a str) -> &'a str {
        let is_its_name = |name: &&String| process.starts_with(name.as_str());
        let name = self.peers.keys().find(is_its_name);
        name.map_or(process, String::as_str)
    }
}

#[derive(Deserialize)]
pub struct NodeArguments {
    #[serde(default)]
    pub price: u64,
    /// How often a want is announced or asked for before its request fails.
    pub retries: Option<u32>,
    /// Milliseconds.
    #[serde(rename = "retry-ms")]
    pub retry_interval: Option<u64>,
}

/// What a name stands for. Of a dataset: which block each leaf is.
#[derive(Deserialize)]
pub struct Named {
    #[serde(default)]
    pub leaves: Vec<String>,
}

#[derive(Deserialize)]
pub struct Step {
    #[serde(rename = "do")]
    pub input: Input,
    /// The input could not be given.
    pub error: Option<String>,
    #[serde(default)]
    pub sent: BTreeMap<String, Vec<RecordedMessage>>,
    #[serde(default)]
    pub events: Vec<RecordedEvent>,
    pub state: Option<RecordedState>,
    pub random_pick: Option<RandomPick>,
    pub node_died: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Input {
    Send {
        peer: String,
        msg: Box<RecordedMessage>,
    },
    Put {
        block: String,
    },
    Resolve {
        block: String,
    },
    PutDataset {
        dataset: String,
        store: Vec<u64>,
    },
    UploadDataset {
        dataset: String,
        store: Vec<u64>,
    },
    ResolveLeaf {
        address: String,
    },
    Request {
        address: String,
        req: String,
    },
    RequestMany {
        addresses: Vec<String>,
        req: String,
        /// The node takes them as one.
        batch: bool,
    },
    Cancel {
        req: Option<String>,
        address: Option<String>,
        was_pending: bool,
    },
    Delete {
        address: String,
    },
    Has {
        address: String,
        has: bool,
    },
    /// `None`: blocks cost nothing from now on.
    SetPrice {
        price: Option<u64>,
    },
    /// What comes of this is among the events, and of the three below.
    Connect,
    NConnect,
    Disconnect {
        peer: String,
    },
    NDisconnect,
    /// About streams or time, of which the model knows nothing.
    OpenStream,
    CloseStream,
    Wait,
}

/// A message, sent by the node or to it.
#[derive(Deserialize)]
pub struct RecordedMessage {
    pub want_list: Option<RecordedList>,
    /// The same field once more.
    pub want_list_again: Option<RecordedList>,
    #[serde(default)]
    pub deliveries: Vec<RecordedDelivery>,
    #[serde(default)]
    pub presences: Vec<RecordedPresence>,
    pub account: Option<String>,
    /// It is no message at all.
    #[serde(default)]
    pub undecodable: bool,
}

#[derive(Deserialize)]
pub struct RecordedList {
    pub full: bool,
    pub entries: Vec<RecordedEntry>,
}

#[derive(Deserialize)]
pub struct RecordedEntry {
    pub address: String,
    pub want_type: String,
    pub priority: i32,
    pub cancel: bool,
    pub send_dont_have: bool,
}

#[derive(Deserialize)]
pub struct RecordedDelivery {
    pub address: String,
    pub block: String,
    pub data_ok: bool,
    pub proof: Option<RecordedProof>,
}

#[derive(Deserialize)]
pub struct RecordedProof {
    pub index: Option<u64>,
    /// The leaf whose right proof it is.
    pub proof_of: Option<String>,
    #[serde(default)]
    pub undecodable: bool,
}

#[derive(Deserialize)]
pub struct RecordedPresence {
    pub address: String,
    #[serde(rename = "type")]
    pub presence_type: String,
    /// Hexadecimal.
    pub price: String,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RecordedEvent {
    PeerJoined {
        peer: String,
    },
    PeerLeft {
        peer: String,
    },
    RequestDone {
        req: String,
        address: String,
        block: Option<String>,
    },
    BlockGot {
        req: String,
        block: Option<String>,
    },
    RequestManyDone,
    StreamOpenedByNode,
    StreamEnd,
}

#[derive(Deserialize)]
pub struct RecordedState {
    pub contexts: BTreeMap<String, RecordedContext>,
    pub pending: BTreeMap<String, RecordedPending>,
}

#[derive(Deserialize)]
pub struct RecordedContext {
    pub blocks: BTreeMap<String, RecordedPresenceRecord>,
    /// The generation of June: entries, in order.
    pub peer_wants: Option<Vec<RecordedEntry>>,
    /// The generation of December: a set.
    pub wanted_blocks: Option<Vec<String>>,
    /// The generation of December: what is marked as asked of the peer.
    pub blocks_requested: Option<Vec<String>>,
    pub account: Option<String>,
}

#[derive(Deserialize)]
pub struct RecordedPresenceRecord {
    pub have: bool,
    /// Hexadecimal, without leading zeros.
    pub price: String,
}

#[derive(Deserialize)]
pub struct RecordedPending {
    /// The generation of June: asked of somebody.
    pub in_flight: Option<bool>,
    /// The generation of December: of whom.
    pub requested: Option<String>,
}

#[derive(Deserialize)]
pub struct RandomPick {
    pub address: String,
    pub picked: Vec<String>,
}
