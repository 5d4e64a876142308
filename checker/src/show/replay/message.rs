//! How a file writes messages.

use serde::{Deserialize, Serialize};

use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Payment, Presence, PresenceType, WantEntry, WantList,
    WantType,
};
use blockexc_model::price::Price;

use crate::network::names::{Cid, Small, show_address};

use super::error::{MOST_ENTRIES, ReplayError, at_most};
use super::names::{Known, unlike};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    want_list: Option<List>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<Delivered>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    presences: Vec<Item>,
    /// In hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// In hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct List {
    full: bool,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    address: String,
    want_type: WantType,
    #[serde(default, skip_serializing_if = "is_default")]
    priority: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    cancel: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    send_dont_have: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Delivered {
    address: String,
    cid: String,
    /// Absent when nothing is wrong with the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Item {
    address: String,
    presence_type: PresenceType,
    /// In hexadecimal digits, absent when the block is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Said {
    pub(super) fn of(message: &Message<Small>) -> Self {
        Said {
            want_list: message.want_list.as_ref().map(|list| List {
                full: list.full,
                entries: list.entries.iter().map(Entry::of).collect(),
            }),
            deliveries: message.deliveries.iter().map(Delivered::of).collect(),
            presences: message.presences.iter().map(Item::of).collect(),
            account: message.account.as_ref().map(|it| hex::encode(it.0)),
            payment: message
                .payment
                .as_ref()
                .map(|payment| hex::encode(&payment.0)),
        }
    }

    pub(super) fn read(&self, place: &str, known: Known) -> Result<Message<Small>, ReplayError> {
        let entries = self.want_list.iter().map(|list| list.entries.len());
        for (what, found) in [
            ("entries in a list", entries.sum()),
            ("deliveries in a message", self.deliveries.len()),
            ("presence items in a message", self.presences.len()),
        ] {
            at_most(what, found, MOST_ENTRIES)?;
        }
        let want_list = self.want_list.as_ref().map(|list| {
            let entries = list.entries.iter().map(|entry| entry.read(place, known));
            Ok::<_, ReplayError>(WantList {
                full: list.full,
                entries: entries.collect::<Result<_, _>>()?,
            })
        });
        let deliveries = self.deliveries.iter().map(|it| it.read(place, known));
        let presences = self.presences.iter().map(|it| it.read(place, known));
        let account = self.account.as_deref();
        let payment = self.payment.as_deref();
        Ok(Message {
            want_list: want_list.transpose()?,
            deliveries: deliveries.collect::<Result<_, _>>()?,
            presences: presences.collect::<Result<_, _>>()?,
            account: account
                .map(|digits| read_account(place, digits))
                .transpose()?,
            payment: payment
                .map(|digits| {
                    hex::decode(digits)
                        .map(Payment)
                        .map_err(|_| unlike(place, "a payment", "bytes in hexadecimal", digits))
                })
                .transpose()?,
        })
    }
}

impl Entry {
    fn of(entry: &WantEntry<Cid>) -> Self {
        Entry {
            address: show_address(&entry.address),
            want_type: entry.want_type,
            priority: entry.priority,
            cancel: entry.cancel,
            send_dont_have: entry.send_dont_have,
        }
    }

    fn read(&self, place: &str, known: Known) -> Result<WantEntry<Cid>, ReplayError> {
        Ok(WantEntry {
            address: known.address(place, &self.address)?,
            priority: self.priority,
            cancel: self.cancel,
            want_type: self.want_type,
            send_dont_have: self.send_dont_have,
        })
    }
}

impl Delivered {
    fn of(delivery: &Delivery<Cid>) -> Self {
        let valid = Evidence::valid_for(&delivery.address);
        Delivered {
            address: show_address(&delivery.address),
            cid: delivery.cid.to_string(),
            evidence: (delivery.evidence != valid).then_some(delivery.evidence),
        }
    }

    fn read(&self, place: &str, known: Known) -> Result<Delivery<Cid>, ReplayError> {
        let address = known.address(place, &self.address)?;
        Ok(Delivery {
            cid: known.cid(place, &self.cid)?,
            evidence: self
                .evidence
                .unwrap_or_else(|| Evidence::valid_for(&address)),
            address,
        })
    }
}

impl Item {
    fn of(item: &Presence<Cid>) -> Self {
        Item {
            address: show_address(&item.address),
            presence_type: item.presence_type,
            price: show_price(item.price),
        }
    }

    fn read(&self, place: &str, known: Known) -> Result<Presence<Cid>, ReplayError> {
        Ok(Presence {
            address: known.address(place, &self.address)?,
            presence_type: self.presence_type,
            price: read_price(place, self.price.as_deref())?,
        })
    }
}

/// Nothing when the price is zero.
pub(super) fn show_price(price: Price) -> Option<String> {
    let bytes = price.to_big_endian();
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(hex::encode(&bytes[first..]))
}

pub(super) fn read_price(place: &str, digits: Option<&str>) -> Result<Price, ReplayError> {
    let Some(digits) = digits else {
        return Ok(Price::ZERO);
    };
    hex::decode(digits)
        .ok()
        .and_then(|bytes| Price::from_big_endian(&bytes).ok())
        .ok_or_else(|| unlike(place, "a price", "at most 32 bytes in hexadecimal", digits))
}

pub(super) fn read_account(place: &str, digits: &str) -> Result<Account, ReplayError> {
    let mut account = [0; 20];
    hex::decode_to_slice(digits, &mut account)
        .map(|()| Account(account))
        .map_err(|_| unlike(place, "an account", "20 bytes in hexadecimal", digits))
}
