//! [`Recorder`]: writes a log.

use std::io::{self, Write};

use blockexc_model::deviating::{Effect, Event, OtherEvent};
use libp2p::PeerId;
use serde_json::{Map, Value, json};

use super::dumped::Dumped;
use super::frame::Refused;
use super::header::{FORMAT, Header, Kind};
use super::line::{Entry, Output};
use super::message::{message_value, price_text};
use crate::wire::{Address, Dump, Message, Network, address};

/// Writes a complete log: every event of a node, each with its outputs.
pub struct Recorder<W> {
    out: W,
    node: String,
}

impl<W: Write> Recorder<W> {
    /// Begins the log of a node with its header.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut recorder = Recorder {
            out,
            node: header.node.clone(),
        };
        recorder.write(&header_value(header))?;
        Ok(recorder)
    }

    /// Writes an event, and those of its effects that a log shows.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn step(&mut self, event: &Event<Network>, effects: &[Effect<Network>]) -> io::Result<()> {
        self.write(&self.of_node(event_value(event)))?;
        for effect in effects {
            if let Some(output) = effect_value(effect) {
                self.write(&self.of_node(output))?;
            }
        }
        Ok(())
    }

    /// Begins the log of another node in the same file. Its lines are written by
    /// [`entry_of`](Self::entry_of).
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn another(&mut self, header: &Header) -> io::Result<()> {
        self.write(&header_value(header))
    }

    /// Writes one line of the log of this node.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn entry_of(&mut self, node: &str, entry: &Entry) -> io::Result<()> {
        let mut value = entry_value(entry);
        value["node"] = json!(node);
        self.write(&value)
    }

    /// Writes one line of a log.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.write(&self.of_node(entry_value(entry)))
    }

    /// Writes the node's state.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn dumped(&mut self, dump: &Dump) -> io::Result<()> {
        self.write(&self.of_node(dump_value(&Dumped::of(dump))))
    }

    fn of_node(&self, mut value: Value) -> Value {
        if !self.node.is_empty() {
            value["node"] = json!(self.node);
        }
        value
    }

    fn write(&mut self, value: &Value) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Flushes the writer.
    ///
    /// # Errors
    ///
    /// When flushing fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn entry_value(entry: &Entry) -> Value {
    match entry {
        Entry::Input(event) => event_value(event),
        Entry::Ambiguous(it) => match &it.merged {
            Event::Received { from, .. } => received_bytes(from, &it.bytes),
            other => event_value(other),
        },
        Entry::Refused(refused) => refused_value(refused),
        Entry::Output(output) => output_value(output),
        Entry::Dumped(dumped) => dump_value(dumped),
        Entry::Quiet => json!({ "event": "quiet" }),
    }
}

/// An effect as a line of a log, if a log shows it.
pub(super) fn effect_value(effect: &Effect<Network>) -> Option<Value> {
    match effect {
        Effect::Send { to, message } => Some(sent_value(to, message)),
        Effect::Obtained(it) => Some(obtained_value(it)),
        Effect::Failed(it) => Some(failed_value(it)),
        _ => None,
    }
}

fn name(it: &Address) -> String {
    address::show(it).to_string()
}

/// A message to this peer as a line of a log.
pub(super) fn sent_value(to: &PeerId, message: &Message) -> Value {
    json!({ "event": "sent", "to": to.to_string(), "message": message_value(message) })
}

fn obtained_value(it: &Address) -> Value {
    json!({ "event": "obtained", "address": name(it) })
}

fn failed_value(it: &Address) -> Value {
    json!({ "event": "failed", "address": name(it) })
}

fn received_bytes(from: &PeerId, bytes: &[u8]) -> Value {
    json!({ "event": "received", "from": from.to_string(), "bytes": hex::encode(bytes) })
}

fn refused_value(refused: &Refused) -> Value {
    let mut value = json!({ "event": "refused", "from": refused.from.to_string() });
    if let Some(bytes) = &refused.bytes {
        value["bytes"] = json!(hex::encode(bytes));
    }
    value
}

/// An output as a line of a log.
pub(super) fn output_value(output: &Output) -> Value {
    match output {
        Output::Sent { to, message } => sent_value(to, message),
        Output::SentGarbage { to, bytes } => {
            json!({ "event": "sent", "to": to.to_string(), "bytes": hex::encode(bytes) })
        }
        Output::Obtained(it) => obtained_value(it),
        Output::Failed(it) => failed_value(it),
    }
}

fn dump_value(dumped: &Dumped) -> Value {
    let mut value = dumped.value();
    value["event"] = json!("dump");
    value
}

fn header_value(header: &Header) -> Value {
    let mut value = Map::new();
    value.insert("format".into(), json!(FORMAT));
    if !header.node.is_empty() {
        value.insert("node".into(), json!(header.node));
    }
    if header.from_the_middle {
        value.insert("from".into(), json!("middle"));
    }
    if header.from_outside {
        value.insert("from".into(), json!("outside"));
    }
    value.insert("complete".into(), json!(header.complete));
    if let Some(omits) = &header.omits {
        let names: Vec<_> = omits.iter().map(|kind: &Kind| kind.name()).collect();
        value.insert("omits".into(), json!(names));
    }
    if let Some(dialect) = header.dialect {
        value.insert("dialect".into(), json!(dialect.name));
    }
    if !header.deviations.is_empty() {
        let names: Vec<_> = header.deviations.iter().map(|it| it.name()).collect();
        value.insert("deviations".into(), json!(names));
    }
    value.insert("price".into(), json!(price_text(header.price)));
    if let Some(account) = &header.account {
        value.insert("account".into(), json!(hex::encode(account.0)));
    }
    if let Some(retries) = header.retries {
        value.insert("retries".into(), json!(retries));
    }
    if let Some(wants) = header.wants_per_peer {
        value.insert("wants_per_peer".into(), json!(wants));
    }
    Value::Object(value)
}

/// An event, as the line of a log.
pub fn event_value(event: &Event<Network>) -> Value {
    match event {
        Event::Joined(peer) => json!({ "event": "joined", "peer": peer.to_string() }),
        Event::Left(peer) => json!({ "event": "left", "peer": peer.to_string() }),
        Event::Received { from, message } => json!({
            "event": "received",
            "from": from.to_string(),
            "message": message_value(message),
        }),
        Event::Request(it) => json!({ "event": "requested", "address": name(it) }),
        Event::Cancel(it) => json!({ "event": "cancelled", "address": name(it) }),
        Event::Retry(it) => json!({ "event": "retried", "address": name(it) }),
        Event::Stored { cid, leaves } => {
            let leaves: Vec<_> = leaves.iter().map(name).collect();
            json!({ "event": "stored", "cid": cid, "leaves": leaves })
        }
        Event::Deleted(cid) => json!({ "event": "deleted", "cid": cid }),
        Event::Other(OtherEvent::Serve(peer)) => {
            json!({ "event": "served", "peer": peer.to_string() })
        }
    }
}
