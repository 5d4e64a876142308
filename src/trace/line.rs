//! One line of a log: a [`Header`], or something that one node saw or did ([`Entry`]).

use std::fmt;

use blockexc_model::Dialect;
use blockexc_model::deviation::Deviations;
use blockexc_model::message::Account;
use blockexc_model::node::{Config, Event};
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

/// What the first line of a log says it is.
pub const FORMAT: &str = "blockexc-trace/1";

/// What a log says of a node before anything of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The node's name in this log; empty when the log is of one node that it does not name.
    pub node: String,
    /// The log starts when the node is running already: what came before is unknown.
    pub from_the_middle: bool,
    /// Every event is logged, and what each caused follows it before the next.
    pub complete: bool,
    /// The dialect that the node is said to speak.
    pub dialect: Option<&'static Dialect>,
    /// How the node is said to deviate beside its dialect.
    pub deviations: Deviations,
    /// What a block costs.
    pub price: Price,
    /// Where the node wants to be paid.
    pub account: Option<Account>,
    /// After how many retries a request fails; `None`: not known.
    pub retries: Option<u32>,
    /// How many wants are recorded for a peer; `None`: as many as it names.
    pub wants_per_peer: Option<u32>,
}

impl Header {
    /// Of a node that nothing is known of.
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

    /// The configuration of a model of this node that deviates so.
    pub fn config(&self, deviations: Deviations) -> Config {
        Config {
            deviations,
            price: self.price,
            account: self.account,
            retries: self.retries.unwrap_or(u32::MAX),
            wants_per_peer: self.wants_per_peer.unwrap_or(u32::MAX),
        }
    }
}

/// Something that a node saw or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something happened to the node.
    Happened(Event<Network>),
    /// The node did something.
    Did(Deed),
    /// The node showed its state.
    Dumped(Box<Dumped>),
    /// Nothing is on its way out: what was to be sent has been sent.
    Quiet,
}

/// Something that a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It sent a message.
    Sent {
        /// To whom.
        to: PeerId,
        /// What it says.
        message: Message,
    },
    /// A request was met.
    Obtained(Address),
    /// A request failed.
    Failed(Address),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// It introduces a node.
    Header(Header),
    /// It tells of a node.
    Entry {
        /// The node's name; empty when the line does not say.
        node: String,
        /// What it tells.
        entry: Entry,
    },
}

/// The fields of all kinds of line: which ones a line needs, its kind says.
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
    // For people, and for other programs.
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
    /// What was expected, and what stands there.
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
            "joined" => Entry::Happened(Event::Joined(self.peer(event, names)?)),
            "left" => Entry::Happened(Event::Left(self.peer(event, names)?)),
            "served" => Entry::Happened(Event::Serve(self.peer(event, names)?)),
            "received" => {
                let from = self.from.as_ref().ok_or_else(needs("from", "a peer id"))?;
                Entry::Happened(Event::Received {
                    from: names.peer(&from.0)?,
                    message: self.message(event, names)?,
                })
            }
            "sent" => {
                let to = self.to.as_ref().ok_or_else(needs("to", "a peer id"))?;
                Entry::Did(Deed::Sent {
                    to: names.peer(&to.0)?,
                    message: self.message(event, names)?,
                })
            }
            "requested" => Entry::Happened(Event::Request(self.address(event, names)?)),
            "cancelled" => Entry::Happened(Event::Cancel(self.address(event, names)?)),
            "retried" => Entry::Happened(Event::Retry(self.address(event, names)?)),
            "obtained" => Entry::Did(Deed::Obtained(self.address(event, names)?)),
            "failed" => Entry::Did(Deed::Failed(self.address(event, names)?)),
            "stored" => {
                let cid = self.cid.as_ref().ok_or_else(needs("cid", "a CID"))?;
                let mut leaves = Vec::with_capacity(self.leaves.len());
                for leaf in &self.leaves {
                    leaves.push(names.address(&leaf.0)?);
                }
                Entry::Happened(Event::Stored {
                    cid: names.cid(&cid.0)?,
                    leaves,
                })
            }
            "deleted" => {
                let cid = self.cid.as_ref().ok_or_else(needs("cid", "a CID"))?;
                Entry::Happened(Event::Deleted(names.cid(&cid.0)?))
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

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Sent { to, message } => {
                write!(
                    f,
                    "sent to {to}: {}",
                    super::message::message_value(message)
                )
            }
            Deed::Obtained(address) => {
                write!(f, "obtained {}", crate::wire::address::show(address))
            }
            Deed::Failed(address) => {
                write!(f, "failed {}", crate::wire::address::show(address))
            }
        }
    }
}
