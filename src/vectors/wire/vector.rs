//! [`WireVector`]: bytes, and every reading of them that the specification allows.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::trace::message::message_value;
use crate::wire::frame::{FrameError, FrameOptions, FrameReader};
use crate::wire::{DEFAULT_LIMIT, DecodeOptions, decode};

/// What the bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// A message, without its length.
    Message(Vec<u8>),
    /// A whole stream, read with this limit of a frame's length.
    Stream {
        /// The bytes.
        bytes: Vec<u8>,
        /// The longest frame.
        limit: u64,
    },
}

/// How bytes may be read beside how the reference reads them, where the specification is silent.
#[derive(Clone, Debug)]
pub enum Or {
    /// The message may be refused as a whole.
    Refused,
    /// They may be read as these bytes are.
    Like(Vec<u8>),
    /// Its one part may be skipped.
    Skipped(&'static str),
}

/// A vector of the wire.
#[derive(Clone, Debug)]
pub struct WireVector {
    /// The requirement's ID, a slash, and a word.
    pub id: &'static str,
    /// What the bytes are.
    pub summary: &'static str,
    /// The bytes.
    pub content: Content,
    or: Vec<Or>,
}

/// The vector of a message.
pub fn says(id: &'static str, summary: &'static str, bytes: Vec<u8>) -> WireVector {
    WireVector {
        id,
        summary,
        content: Content::Message(bytes),
        or: Vec::new(),
    }
}

/// The vector of a stream, whose frames have at most 64 bytes.
pub fn streams(id: &'static str, summary: &'static str, bytes: Vec<u8>) -> WireVector {
    WireVector {
        id,
        summary,
        content: Content::Stream { bytes, limit: 64 },
        or: Vec::new(),
    }
}

impl WireVector {
    /// The same, which may be read otherwise as well.
    pub fn or(mut self, other: Or) -> Self {
        self.or.push(other);
        self
    }

    /// The same stream, with the limit that deployed nodes have.
    pub fn with_usual_limit(mut self) -> Self {
        if let Content::Stream { limit, .. } = &mut self.content {
            *limit = DEFAULT_LIMIT;
        }
        self
    }

    /// What a driver is told beside the heading.
    pub fn ask(&self, question: &mut Value) {
        match &self.content {
            Content::Message(bytes) => question["message"] = json!(hex::encode(bytes)),
            Content::Stream { bytes, limit } => {
                question["stream"] = json!(hex::encode(bytes));
                question["limit"] = json!(limit);
            }
        }
    }

    /// The readings that are allowed, the reference's first.
    pub fn readings(&self) -> Vec<Value> {
        let bytes = match &self.content {
            Content::Stream { bytes, limit } => return vec![read_stream(bytes, *limit)],
            Content::Message(bytes) => bytes,
        };
        let mut readings = vec![read_message(bytes)];
        for other in &self.or {
            let reading = match other {
                Or::Refused => json!({ "refused": true }),
                Or::Like(bytes) => read_message(bytes),
                Or::Skipped(part) => json!({
                    "message": {},
                    "skipped": [{ "part": part, "index": 0 }],
                }),
            };
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
        readings
    }
}

/// The reference's reading of a message.
fn read_message(bytes: &[u8]) -> Value {
    let decoded = match decode(Bytes::copy_from_slice(bytes), &DecodeOptions::default()) {
        Ok(decoded) => decoded,
        Err(_) => return json!({ "refused": true, "requirement": "WIRE-3" }),
    };
    let mut message = message_value(&decoded.message);
    if let Some(deliveries) = message.get_mut("deliveries").and_then(Value::as_array_mut) {
        for (delivery, block) in deliveries.iter_mut().zip(&decoded.blocks) {
            *delivery = json!({
                "address": delivery["address"],
                "cid": delivery["cid"],
                "data": hex::encode(&block.data),
            });
            if let Some(proof) = &block.proof {
                delivery["proof"] = json!(hex::encode(proof));
            }
        }
    }
    let skipped = decoded.unusable.iter().map(|unusable| {
        json!({
            "part": unusable.part,
            "index": unusable.index,
            "requirement": unusable.requirement(),
        })
    });
    json!({ "message": message, "skipped": skipped.collect::<Vec<_>>() })
}

/// The reference's reading of a stream.
fn read_stream(bytes: &[u8], limit: u64) -> Value {
    let options = FrameOptions {
        limit,
        ..FrameOptions::default()
    };
    let mut reader = FrameReader::new(futures::io::Cursor::new(bytes), options);
    let mut frames = Vec::new();
    loop {
        // Reading from memory never waits.
        let (end, requirement) = match futures::executor::block_on(reader.next()) {
            Ok(Some(frame)) => {
                if decode(frame.clone(), &DecodeOptions::default()).is_ok() {
                    frames.push(hex::encode(&frame));
                    continue;
                }
                ("closed", Some("WIRE-3"))
            }
            Ok(None) => ("ended", None),
            Err(FrameError::Truncated { .. }) => ("cut", Some("WIRE-8")),
            Err(FrameError::TooLong { .. }) => ("closed", Some("WIRE-2")),
            Err(_) => ("closed", Some("WIRE-8")),
        };
        let mut reading = json!({ "frames": frames, "end": end });
        if let Some(requirement) = requirement {
            reading["requirement"] = json!(requirement);
        }
        return reading;
    }
}
