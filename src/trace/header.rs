//! [`Header`]: the configuration of a node, from the first line about it.

use std::collections::BTreeSet;

use blockexc_model::Dialect;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviations;
use blockexc_model::message::Account;
use blockexc_model::node::Config;
use blockexc_model::price::Price;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::message::{Text, hexadecimal};
use super::names::short;

/// The name of the format, in the first line of a log.
pub const FORMAT: &str = "blockexc-trace/1";

/// A kind of line that a log may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `retried`
    Retried,
    /// `served`
    Served,
    /// `obtained`
    Obtained,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Retried, Kind::Served, Kind::Obtained];

    /// Its name in a log.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Retried => "retried",
            Kind::Served => "served",
            Kind::Obtained => "obtained",
        }
    }
}

/// The configuration of a node, from the first line about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The node's name in this log. Empty if the log is about one node without a name.
    pub node: String,
    /// Whether the log starts when the node is already running, so that its state is unknown.
    pub from_the_middle: bool,
    /// Whether the log was written from outside of the node, by whoever carried its messages. It has
    /// nothing but peers that come and go and messages.
    pub from_outside: bool,
    /// Whether the log has every event, and the outputs of each event before the next one.
    pub complete: bool,
    /// What the log leaves out. `None`: as the header does not say, `retried` and `served`, and of a
    /// complete log nothing.
    pub omits: Option<BTreeSet<Kind>>,
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
            from_outside: false,
            complete: false,
            omits: None,
            dialect: None,
            deviations: Deviations::none(),
            price: Price::ZERO,
            account: None,
            retries: None,
            wants_per_peer: None,
        }
    }

    /// Whether the log leaves out lines of this kind.
    pub fn omits(&self, kind: Kind) -> bool {
        match &self.omits {
            Some(omits) => omits.contains(&kind),
            None => !self.complete && kind != Kind::Obtained,
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

/// The header as it stands in a line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawHeader<'a> {
    #[serde(borrow)]
    format: Option<Text<'a>>,
    #[serde(borrow)]
    node: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Text<'a>>,
    complete: Option<bool>,
    #[serde(borrow)]
    omits: Option<Vec<Text<'a>>>,
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

impl RawHeader<'_> {
    /// The header.
    pub(super) fn read(self) -> Result<Header, String> {
        let format = self.format.as_ref().map_or("", |format| &format.0);
        if format != FORMAT {
            let format = short(format);
            return Err(format!("the format is `{format}`, {FORMAT} is expected"));
        }
        let mut header = Header::of(self.node.as_ref().map_or("", |node| &node.0));
        match self.from.as_ref().map(|from| &*from.0) {
            None | Some("start") => {}
            Some("middle") => header.from_the_middle = true,
            Some("outside") => header.from_outside = true,
            Some(other) => {
                let other = short(other);
                return Err(format!("`from` is start, middle or outside, not `{other}`"));
            }
        }
        header.complete = self.complete.unwrap_or(false);
        if header.complete && header.from_the_middle {
            return Err("a log that starts in the middle is not complete".to_owned());
        }
        if header.complete && header.from_outside {
            return Err("a log that is written from outside is not complete".to_owned());
        }
        if let Some(omits) = &self.omits {
            header.omits = Some(read_omits(omits)?);
            if header.complete && !omits.is_empty() {
                return Err("a log that omits anything is not complete".to_owned());
            }
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
}

fn read_omits(names: &[Text<'_>]) -> Result<BTreeSet<Kind>, String> {
    let kind = |name: &Text<'_>| {
        let known = Kind::ALL.into_iter().find(|kind| kind.name() == name.0);
        known.ok_or_else(|| {
            let name = short(&name.0);
            format!("`omits` lists retried, served or obtained, not `{name}`")
        })
    };
    names.iter().map(kind).collect()
}
