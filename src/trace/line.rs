//! One line of a log: a [`Header`], or an [`Entry`] about what a node received or did.

use std::fmt;

use blockexc_model::deviating::{Event, OtherEvent};
use bytes::Bytes;
use libp2p::PeerId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::dumped::Dumped;
use super::frame::{Frame, Refused, read_frame};
use super::header::{Header, RawHeader};
use super::message::{RawMessage, Text, hexadecimal, message_value};
use super::names::{Spelling, short, without_place};
use crate::wire::{Address, Message, Network, address};

/// What a node received, did, or showed of its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The node received an event.
    Input(Event<Network>),
    /// The node received a frame with two meanings: as libraries read it that merge a repeated
    /// field, and as those do that keep the last one. Either is right.
    Ambiguous(Box<Ambiguous>),
    /// The node refused a frame.
    Refused(Refused),
    /// The node did something.
    Output(Output),
    /// The node's state.
    Dumped(Box<Dumped>),
    /// Everything that the node had to send has been sent.
    Quiet,
}

/// A frame with two meanings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// What it is when repeated fields are merged.
    pub merged: Event<Network>,
    /// What it is when the last one of a repeated field counts.
    pub last: Event<Network>,
    /// The frame's bytes.
    pub bytes: Bytes,
}

/// Something that a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It sent a message.
    Sent {
        /// The receiver.
        to: PeerId,
        /// The message.
        message: Message,
    },
    /// It sent a frame that is no message.
    SentGarbage {
        /// The receiver.
        to: PeerId,
        /// The frame.
        bytes: Bytes,
    },
    /// A request was met.
    Obtained(Address),
    /// A request failed.
    Failed(Address),
}

/// A line of a log.
// A log has few headers, and no line lives long.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The configuration of a node.
    Header(Header),
    /// Something about a node.
    Entry {
        /// The node's name. Empty if the line has none.
        node: String,
        /// The entry.
        entry: Entry,
    },
}

/// The fields of all kinds of lines but the header. Each kind has some of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields<'a> {
    format: Option<IgnoredAny>,
    #[serde(borrow)]
    node: Option<Text<'a>>,
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow)]
    peer: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Text<'a>>,
    #[serde(borrow)]
    to: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<RawMessage<'a>>,
    #[serde(borrow)]
    bytes: Option<Text<'a>>,
    #[serde(borrow)]
    address: Option<Text<'a>>,
    #[serde(borrow)]
    cid: Option<Text<'a>>,
    #[serde(borrow)]
    leaves: Option<Vec<Text<'a>>>,
    contexts: Option<Value>,
    own_wants: Option<Value>,
    held: Option<Value>,
    // For readers and other programs: not used here.
    #[serde(rename = "time")]
    _time: Option<IgnoredAny>,
    #[serde(rename = "comment")]
    _comment: Option<IgnoredAny>,
}

/// Tells a header from other lines.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Format {
    format: Option<IgnoredAny>,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// When the text is not a line of a log. The error says what was expected and what was found.
    pub fn read(text: &[u8], names: &mut Spelling) -> Result<Line, String> {
        let mut fields: Fields<'_> = match serde_json::from_slice(text) {
            Ok(fields) => fields,
            Err(error) => return Line::header(text).unwrap_or_else(|| Err(no_line(&error))),
        };
        if fields.format.is_some() {
            return Line::header(text).unwrap_or_else(|| Err("no header".to_owned()));
        }
        let node = fields.node.take();
        let node = node.map_or_else(String::new, |node| node.0.into_owned());
        let Some(event) = fields.event.take() else {
            return Err("neither `format` nor `event` says what the line is".to_owned());
        };
        let entry = fields.entry(&event.0, names)?;
        Ok(Line::Entry { node, entry })
    }

    /// The header that this line is, if it is one.
    fn header(text: &[u8]) -> Option<Result<Line, String>> {
        let format: Format = serde_json::from_slice(text).ok()?;
        format.format?;
        let header: Result<RawHeader<'_>, _> = serde_json::from_slice(text);
        let header = header.map_err(|error| no_line(&error));
        Some(header.and_then(RawHeader::read).map(Line::Header))
    }
}

/// What is wrong with the text of a line. The position is only that in the line: the number of the
/// line is the log's.
fn no_line(error: &serde_json::Error) -> String {
    let text = without_place(error);
    format!("not a line of a log: {text} (column {})", error.column())
}

/// The fields that a line of this event has, beside `node`, `event`, `time` and `comment`.
fn fields_of(event: &str) -> Option<&'static [&'static str]> {
    Some(match event {
        "joined" | "left" | "served" => &["peer"],
        "received" => &["from", "message", "bytes"],
        "refused" => &["from", "bytes"],
        "sent" => &["to", "message", "bytes"],
        "requested" | "cancelled" | "retried" | "obtained" | "failed" => &["address"],
        "stored" => &["cid", "leaves"],
        "deleted" => &["cid"],
        "dump" => &["contexts", "own_wants", "held"],
        "quiet" => &[],
        _ => return None,
    })
}

impl Fields<'_> {
    fn entry(self, event: &str, names: &mut Spelling) -> Result<Entry, String> {
        self.check(event)?;
        let needs = |field, what| move || format!("a `{event}` line needs `{field}`: {what}");
        Ok(match event {
            "joined" => Entry::Input(Event::Joined(self.peer(event, names)?)),
            "left" => Entry::Input(Event::Left(self.peer(event, names)?)),
            "served" => Entry::Input(Event::Other(OtherEvent::Serve(self.peer(event, names)?))),
            "received" => {
                let from = self.from.as_ref().ok_or_else(needs("from", "a peer id"))?;
                let from = names.peer(&from.0)?;
                self.received(from, names)?
            }
            "refused" => {
                let from = self.from.as_ref().ok_or_else(needs("from", "a peer id"))?;
                let bytes = self.bytes.as_ref();
                let bytes = bytes.map(|bytes| hexadecimal("a frame", &bytes.0));
                Entry::Refused(Refused {
                    from: names.peer(&from.0)?,
                    bytes: bytes.transpose()?.map(Bytes::from),
                })
            }
            "sent" => {
                let to = self.to.as_ref().ok_or_else(needs("to", "a peer id"))?;
                let to = names.peer(&to.0)?;
                Entry::Output(self.sent(to, names)?)
            }
            "requested" => Entry::Input(Event::Request(self.address(event, names)?)),
            "cancelled" => Entry::Input(Event::Cancel(self.address(event, names)?)),
            "retried" => Entry::Input(Event::Retry(self.address(event, names)?)),
            "obtained" => Entry::Output(Output::Obtained(self.address(event, names)?)),
            "failed" => Entry::Output(Output::Failed(self.address(event, names)?)),
            "stored" => {
                let cid = self.cid.as_ref().ok_or_else(needs("cid", "a CID"))?;
                let mut leaves = Vec::new();
                for leaf in self.leaves.iter().flatten() {
                    leaves.push(names.address(&leaf.0)?);
                }
                Entry::Input(Event::Stored {
                    cid: names.cid(&cid.0)?,
                    leaves,
                })
            }
            "deleted" => {
                let cid = self.cid.as_ref().ok_or_else(needs("cid", "a CID"))?;
                Entry::Input(Event::Deleted(names.cid(&cid.0)?))
            }
            "dump" => Entry::Dumped(Box::new(Dumped::read(
                self.contexts,
                self.own_wants,
                self.held,
                names,
            )?)),
            // `check` lets no other event pass.
            _ => Entry::Quiet,
        })
    }

    /// A field that lines of this event do not have is a slip.
    fn check(&self, event: &str) -> Result<(), String> {
        let Some(known) = fields_of(event) else {
            return Err(format!(
                "`event` is `{}`; joined, left, received, refused, sent, requested, cancelled, \
                 stored, deleted, retried, served, obtained, failed, dump or quiet is expected",
                short(event)
            ));
        };
        let there = [
            ("peer", self.peer.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("message", self.message.is_some()),
            ("bytes", self.bytes.is_some()),
            ("address", self.address.is_some()),
            ("cid", self.cid.is_some()),
            ("leaves", self.leaves.is_some()),
            ("contexts", self.contexts.is_some()),
            ("own_wants", self.own_wants.is_some()),
            ("held", self.held.is_some()),
        ];
        for (field, is_there) in there {
            if is_there && !known.contains(&field) {
                return Err(format!("a `{event}` line has no field `{field}`"));
            }
        }
        Ok(())
    }

    fn peer(&self, event: &str, names: &mut Spelling) -> Result<PeerId, String> {
        match &self.peer {
            Some(peer) => names.peer(&peer.0),
            None => Err(format!("a `{event}` line needs `peer`: a peer id")),
        }
    }

    fn address(&self, event: &str, names: &mut Spelling) -> Result<Address, String> {
        match &self.address {
            Some(address) => names.address(&address.0),
            None => Err(format!("a `{event}` line needs `address`: an address")),
        }
    }

    fn received(self, from: PeerId, names: &mut Spelling) -> Result<Entry, String> {
        let received = |message| Event::Received { from, message };
        Ok(match self.frame("received", names)? {
            (Frame::Message(message), _) => Entry::Input(received(message)),
            (Frame::Ambiguous { merged, last }, bytes) => Entry::Ambiguous(Box::new(Ambiguous {
                merged: received(merged),
                last: received(last),
                bytes,
            })),
            (Frame::Garbage, bytes) => Entry::Refused(Refused {
                from,
                bytes: Some(bytes),
            }),
        })
    }

    fn sent(self, to: PeerId, names: &mut Spelling) -> Result<Output, String> {
        Ok(match self.frame("sent", names)? {
            // What a node repeats is its own, and means what most libraries make of it.
            (
                Frame::Message(message)
                | Frame::Ambiguous {
                    merged: message, ..
                },
                _,
            ) => Output::Sent { to, message },
            (Frame::Garbage, bytes) => Output::SentGarbage { to, bytes },
        })
    }

    /// What was received or sent, and its bytes, if the line has them.
    fn frame(self, event: &str, names: &mut Spelling) -> Result<(Frame, Bytes), String> {
        match (self.message, self.bytes) {
            (Some(message), None) => Ok((Frame::Message(message.read(names)?), Bytes::new())),
            (None, Some(bytes)) => {
                let bytes = Bytes::from(hexadecimal("a message", &bytes.0)?);
                Ok((read_frame(&bytes), bytes))
            }
            _ => Err(format!(
                "a `{event}` line needs either `message` or `bytes`, without the length prefix"
            )),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Sent { to, message } => write!(f, "sent to {to}: {}", message_value(message)),
            Output::SentGarbage { to, bytes } => {
                write!(f, "sent to {to} what is no message: {}", hex::encode(bytes))
            }
            Output::Obtained(it) => write!(f, "obtained {}", address::show(it)),
            Output::Failed(it) => write!(f, "failed {}", address::show(it)),
        }
    }
}
