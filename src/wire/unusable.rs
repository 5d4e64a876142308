//! What makes a part of a message unusable, and by which requirement.

use std::fmt;

use serde::{Serialize, Serializer};

use super::cid::CidError;

/// The kind of a message's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An entry of the want list.
    Entry,
    /// A delivery.
    Delivery,
    /// A presence item.
    Presence,
    /// The account; its index is always 0.
    Account,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Part::Entry => "entry",
            Part::Delivery => "delivery",
            Part::Presence => "presence",
            Part::Account => "account",
        })
    }
}

/// A part of a message that cannot be used, and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What it is a part of.
    pub part: Part,
    /// Its place among the parts of its kind, counted from zero.
    pub index: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Unusable {
    /// The ID of the requirement by which it is unusable.
    pub fn requirement(&self) -> &'static str {
        match (&self.reason, self.part) {
            (Reason::UnknownWantType(_), _) => "WIRE-5",
            (Reason::PriceTooLong(_) | Reason::BesideLongPrice, _) => "PRES-8",
            (Reason::AccountLength(_), _) => "PAY-1",
            (Reason::OutOfRange { .. } | Reason::DeliveryWithoutCid, _) => "WIRE-9",
            (_, Part::Entry) => "WANT-16",
            _ => "WIRE-9",
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unusable {
            part,
            index,
            reason,
        } = self;
        let requirement = self.requirement();
        match part {
            Part::Account => write!(f, "{part}: {reason} ({requirement})"),
            _ => write!(f, "{part} {index}: {reason} ({requirement})"),
        }
    }
}

impl Serialize for Unusable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut object = serializer.serialize_struct("Unusable", 4)?;
        object.serialize_field("part", &self.part)?;
        object.serialize_field("index", &self.index)?;
        object.serialize_field("reason", &self.reason.to_string())?;
        object.serialize_field("requirement", self.requirement())?;
        object.end()
    }
}

/// Why a part cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no address.
    #[error("it has no address")]
    MissingAddress,
    /// A plain address holds no CID.
    #[error("its address is plain and has no CID")]
    AddressWithoutCid,
    /// A leaf address holds no tree CID.
    #[error("its address is a leaf and has no tree CID")]
    LeafWithoutTree,
    /// A CID of the part, of its address or its own, does not parse.
    #[error("it has a CID that does not parse: {0}")]
    BadCid(CidError),
    /// A delivery does not say which block it delivers.
    #[error("it has no CID of its block")]
    DeliveryWithoutCid,
    /// A want type that is neither WantBlock nor WantHave.
    #[error("its want type is {0}, which is neither WantBlock (0) nor WantHave (1)")]
    UnknownWantType(i32),
    /// A price of more than 32 bytes.
    #[error("its price has {0} bytes, at most 32 are allowed")]
    PriceTooLong(usize),
    /// Another item of the message has a price of more than 32 bytes, for nodes that mind.
    #[error("another item of the message has a price of more than 32 bytes")]
    BesideLongPrice,
    /// An account whose address is not one of Ethereum.
    #[error("its address has {0} bytes, 20 are expected")]
    AccountLength(usize),
    /// A number that some nodes cannot hold; usable for the reference.
    #[error("its {what} is {value}, which this node cannot hold")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it is.
        value: i128,
    },
}
