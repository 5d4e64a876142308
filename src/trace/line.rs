//! One line of a log: a [`Header`], or an [`Entry`] about what a node received or did.

use std::fmt;

use blockexc_model::Dialect;
use blockexc_model::deviating::{Event, OtherEvent, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::Account;
use blockexc_model::node::Config;
use blockexc_model::price::Price;
use bytes::Bytes;
use libp2p::PeerId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::dumped::Dumped;
use super::message::{RawMessage, Text, hexadecimal};
use super::names::{Spelling, short};
use crate::wire::{Address, DecodeOptions, Message, Network, decode};

/// The name of the format, in the first line of a log.
pub const FORMAT: &str = "blockexc-trace/1";

/// The configuration of a node, from the first line about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The node's name in this log. Empty if the log is about one node without a name.
    pub node: String,
    /// Whether the log starts when the node is already running, so that its state is unknown.
    pub from_the_middle: bool,
    /// Whether the log has every event, and the outputs of each event before the next one.
    pub complete: bool,
    /// The dialect that the log says the node speaks.
    pub dialect: Option<&'static Dialect>,
    /// The deviations that the log says the node has in addition to its dialect.
    pub deviations: Deviations,
    /// The price of a block.
    pub price: Price,
    /// The account to which the node wants to be paid.
    pub account: Option<Account>,
    /// The number of retries before a request fails. `None`: unknown.
    pub retries: Option<u32>,
    /// The largest number of wants recorded for a peer. `None`: no limit.
    pub wants_per_peer: Option<u32>,
}

impl Header {
    /// The header of a node of which only the name is known.
    pub fn of(node: &str) -> Self {
        Header {
            node: node.to_owned(),
            from_the_middle: false,
            complete: false,
            dialect: None,
            deviations: Deviations::none(),
            price: Price::ZERO,
            account: None,
            retries: None,
            wants_per_peer: None,
        }
    }

    /// The setup of a model of this node with these deviations.
    pub fn setup(&self, deviations: Deviations) -> Setup {
        let config = Config {
            price: self.price,
            account: self.account,
            retries: self.retries.unwrap_or(u32::MAX),
            wants_per_peer: self.wants_per_peer.unwrap_or(u32::MAX),
        };
        Setup { config, deviations }
    }
}

/// What a node received, did, or showed of its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The node received an event.
    Input(Event<Network>),
    /// The node did something.
    Output(Output),
    /// The node's state.
    Dumped(Box<Dumped>),
    /// Everything that the node had to send has been sent.
    Quiet,
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
    /// A request was met.
    Obtained(Address),
    /// A request failed.
    Failed(Address),
}

/// A line of a log.
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

/// The fields of all kinds of lines. Each kind needs some of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields<'a> {
    #[serde(borrow)]
    format: Option<Text<'a>>,
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
    leaves: Vec<Text<'a>>,
    contexts: Option<Value>,
    own_wants: Option<Value>,
    held: Option<Value>,
    complete: Option<bool>,
    #[serde(borrow)]
    dialect: Option<Text<'a>>,
    #[serde(borrow)]
    deviations: Vec<Text<'a>>,
    #[serde(borrow)]
    price: Option<Text<'a>>,
    #[serde(borrow)]
    account: Option<Text<'a>>,
    retries: Option<u32>,
    wants_per_peer: Option<u32>,
    // For readers and other programs: not used here.
    #[serde(rename = "time")]
    _time: Option<IgnoredAny>,
    #[serde(rename = "comment")]
    _comment: Option<IgnoredAny>,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// When the text is not a line of a log. The error says what was expected and what was found.
    pub fn read(text: &[u8], names: &mut Spelling) -> Result<Line, String> {
        let mut fields: Fields<'_> = serde_json::from_slice(text)
            .map_err(|error| format!("not a line of a log: {error}"))?;
        if let Some(format) = &fields.format {
            if format.0 != FORMAT {
                return Err(format!(
                    "the format is `{}`, {FORMAT} is expected",
                    short(&format.0)
                ));
            }
            return Ok(Line::Header(fields.header()?));
        }
        let node = fields
            .node
            .take()
            .map_or_else(String::new, |node| node.0.into_owned());
        let Some(event) = fields.event.take() else {
            return Err("neither `format` nor `event` says what the line is".to_owned());
        };
        let entry = fields.entry(&event.0, names)?;
        Ok(Line::Entry { node, entry })
    }
}

impl Fields<'_> {
    fn header(self) -> Result<Header, String> {
        let mut header = Header::of(self.node.as_ref().map_or("", |node| &node.0));
        header.from_the_middle = match self.from.as_ref().map(|from| &*from.0) {
            None | Some("start") => false,
            Some("middle") => true,
            Some(other) => {
                return Err(format!("`from` is start or middle, not `{}`", short(other)));
            }
        };
        header.complete = self.complete.unwrap_or(false);
        if header.complete && header.from_the_middle {
            return Err("a log that starts in the middle is not complete".to_owned());
        }
        if let Some(dialect) = &self.dialect {
            let known = Dialect::find(&dialect.0);
            header.dialect =
                Some(known.ok_or_else(|| format!("no dialect is named `{}`", short(&dialect.0)))?);
        }
        for deviation in &self.deviations {
            let known = deviation.0.parse();
            header.deviations.insert(
                known.map_err(|error: blockexc_model::deviation::UnknownDeviation| {
                    error.to_string()
                })?,
            );
        }
        if let Some(price) = &self.price {
            header.price = Price::from_big_endian(&hexadecimal("a price", &price.0)?)
                .map_err(|error| error.to_string())?;
        }
        if let Some(account) = &self.account {
            let bytes = hexadecimal("an account", &account.0)?;
            header.account = Some(Account(bytes.try_into().map_err(|bytes: Vec<u8>| {
                format!("an account has 20 bytes, not {}", bytes.len())
            })?));
        }
        header.retries = self.retries;
        header.wants_per_peer = self.wants_per_peer;
        Ok(header)
    }

    fn entry(self, event: &str, names: &mut Spelling) -> Result<Entry, String> {
        let needs = |field, what| move || format!("a `{event}` line needs `{field}`: {what}");
        Ok(match event {
            "joined" => Entry::Input(Event::Joined(self.peer(event, names)?)),
            "left" => Entry::Input(Event::Left(self.peer(event, names)?)),
            "served" => Entry::Input(Event::Other(OtherEvent::Serve(self.peer(event, names)?))),
            "received" => {
                let from = self.from.as_ref().ok_or_else(needs("from", "a peer id"))?;
                Entry::Input(Event::Received {
                    from: names.peer(&from.0)?,
                    message: self.message(event, names)?,
                })
            }
            "sent" => {
                let to = self.to.as_ref().ok_or_else(needs("to", "a peer id"))?;
                Entry::Output(Output::Sent {
                    to: names.peer(&to.0)?,
                    message: self.message(event, names)?,
                })
            }
            "requested" => Entry::Input(Event::Request(self.address(event, names)?)),
            "cancelled" => Entry::Input(Event::Cancel(self.address(event, names)?)),
            "retried" => Entry::Input(Event::Retry(self.address(event, names)?)),
            "obtained" => Entry::Output(Output::Obtained(self.address(event, names)?)),
            "failed" => Entry::Output(Output::Failed(self.address(event, names)?)),
            "stored" => {
                let cid = self.cid.as_ref().ok_or_else(needs("cid", "a CID"))?;
                let mut leaves = Vec::with_capacity(self.leaves.len());
                for leaf in &self.leaves {
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
            "quiet" => Entry::Quiet,
            other => {
                return Err(format!(
                    "`event` is `{}`; joined, left, received, sent, requested, cancelled, \
                     stored, deleted, retried, served, obtained, failed, dump or quiet is expected",
                    short(other)
                ));
            }
        })
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

    fn message(self, event: &str, names: &mut Spelling) -> Result<Message, String> {
        match (self.message, self.bytes) {
            (Some(message), None) => message.read(names),
            (None, Some(bytes)) => {
                let bytes = Bytes::from(hexadecimal("a message", &bytes.0)?);
                let decoded = decode(bytes, &DecodeOptions::default())
                    .map_err(|error| format!("`bytes` is no message: {error}"))?;
                Ok(decoded.message)
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
            Output::Sent { to, message } => {
                write!(
                    f,
                    "sent to {to}: {}",
                    super::message::message_value(message)
                )
            }
            Output::Obtained(address) => {
                write!(f, "obtained {}", crate::wire::address::show(address))
            }
            Output::Failed(address) => {
                write!(f, "failed {}", crate::wire::address::show(address))
            }
        }
    }
}
