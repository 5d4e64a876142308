//! Recording: [`Recorder`] writes a log, [`RecordingCore`] writes what happens to a core.
//!
//! Only a node that was told to record has a [`RecordingCore`] around its core; any other pays
//! nothing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use blockexc_model::node::{Effect, Event};
use serde_json::{Map, Value, json};

use super::dumped::Dumped;
use super::line::{Deed, FORMAT, Header};
use super::message::{message_value, price_text};
use crate::node::core::{Core, Dump};
use crate::wire::{Address, Network, address};

/// Writes a complete log: every event of a node, each with what it caused.
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

    /// Writes an event with its effects, as far as a log shows them.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn step(&mut self, event: &Event<Network>, effects: &[Effect<Network>]) -> io::Result<()> {
        self.write(&self.entry(event_value(event)))?;
        for effect in effects {
            let deed = match effect {
                Effect::Send { to, message } => json!({
                    "event": "sent",
                    "to": to.to_string(),
                    "message": message_value(message),
                }),
                Effect::Obtained(it) => json!({ "event": "obtained", "address": name(it) }),
                Effect::Failed(it) => json!({ "event": "failed", "address": name(it) }),
                _ => continue,
            };
            self.write(&self.entry(deed))?;
        }
        Ok(())
    }

    /// Writes a deed by itself.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn deed(&mut self, deed: &Deed) -> io::Result<()> {
        let value = match deed {
            Deed::Sent { to, message } => json!({
                "event": "sent",
                "to": to.to_string(),
                "message": message_value(message),
            }),
            Deed::Obtained(it) => json!({ "event": "obtained", "address": name(it) }),
            Deed::Failed(it) => json!({ "event": "failed", "address": name(it) }),
        };
        self.write(&self.entry(value))
    }

    /// Writes the node's state.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn dumped(&mut self, dump: &Dump) -> io::Result<()> {
        let mut value = Dumped::of(dump).value();
        value["event"] = json!("dump");
        self.write(&self.entry(value))
    }

    fn entry(&self, mut value: Value) -> Value {
        if !self.node.is_empty() {
            value["node"] = json!(self.node);
        }
        value
    }

    fn write(&mut self, value: &Value) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// Gives back what it wrote to.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Hands on what is written.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn name(it: &Address) -> String {
    address::show(it).to_string()
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
    value.insert("complete".into(), json!(header.complete));
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
    Value::Object(value)
}

fn event_value(event: &Event<Network>) -> Value {
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
        Event::Serve(peer) => json!({ "event": "served", "peer": peer.to_string() }),
    }
}

/// Where a node that records writes to; clones write to the same place.
#[derive(Clone)]
pub struct Recording(Arc<Mutex<Recorder<Box<dyn Write + Send>>>>);

impl Recording {
    /// Begins a log there.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn new(out: Box<dyn Write + Send>, header: &Header) -> io::Result<Self> {
        let recorder = Recorder::new(out, header)?;
        Ok(Recording(Arc::new(Mutex::new(recorder))))
    }

    fn write(&self, write: impl FnOnce(&mut Recorder<Box<dyn Write + Send>>) -> io::Result<()>) {
        let mut recorder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A node goes on without its log rather than end for want of room on a disk.
        if let Err(error) = write(&mut recorder) {
            tracing::error!("the log is not written: {error}");
        }
    }

    /// Hands on what is written so far.
    pub fn flush(&self) {
        self.write(Recorder::flush);
    }
}

/// A core that writes down what happens to it, and what it does.
pub struct RecordingCore {
    core: Box<dyn Core>,
    recording: Recording,
}

impl RecordingCore {
    /// The same core, recorded.
    pub fn new(core: Box<dyn Core>, recording: Recording) -> Self {
        RecordingCore { core, recording }
    }
}

impl Core for RecordingCore {
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>> {
        let effects = self.core.handle(event.clone());
        self.recording
            .write(|recorder| recorder.step(&event, &effects));
        effects
    }

    fn wants(&self, address: &Address) -> bool {
        self.core.wants(address)
    }

    fn holds(&self, address: &Address) -> bool {
        self.core.holds(address)
    }

    fn dump(&self) -> Dump {
        let dump = self.core.dump();
        self.recording.write(|recorder| recorder.dumped(&dump));
        dump
    }
}

impl Drop for RecordingCore {
    fn drop(&mut self) {
        self.recording.flush();
    }
}
