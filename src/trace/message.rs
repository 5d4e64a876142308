//! Messages as JSON, in the form that `blockexc decode` prints: reading and writing.
//!
//! Parts that `decode` shows as unusable are skipped, as nodes skip them. A delivery without
//! `evidence` counts as valid, because few logs have the bytes of blocks.

use std::borrow::Cow;
use std::fmt;

use blockexc_model::message::{
    Account, Evidence, Payment, Presence, PresenceType, ProofEvidence, WantEntry, WantList,
    WantType,
};
use blockexc_model::price::Price;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::names::{Spelling, short};
use crate::wire::{Delivery, Message, address};

/// A text, borrowed where possible.
#[derive(Clone, Debug)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Ok(Text(text)),
            Scalar::Number | Scalar::Other => Err(serde::de::Error::custom("a text is expected")),
        }
    }
}

/// A JSON value of any kind, of which only texts are usable.
#[derive(Clone, Debug)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number,
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, null or an object")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Number)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Scalar::Number)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A message as it stands in a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessage<'a> {
    #[serde(borrow, default)]
    want_list: Option<RawList<'a>>,
    #[serde(borrow, default)]
    deliveries: Vec<RawDelivery<'a>>,
    #[serde(borrow, default)]
    presences: Vec<RawPresence<'a>>,
    #[serde(borrow, default)]
    account: Option<Text<'a>>,
    #[serde(borrow, default)]
    payment: Option<Text<'a>>,
    // What `blockexc decode` prints beside.
    #[serde(default, rename = "framed")]
    _framed: Option<IgnoredAny>,
    #[serde(default, rename = "length")]
    _length: Option<IgnoredAny>,
    #[serde(default, rename = "pending_bytes")]
    _pending_bytes: Option<IgnoredAny>,
    #[serde(default, rename = "unusable")]
    _unusable: Option<IgnoredAny>,
    #[serde(default, rename = "unusable_count")]
    _unusable_count: Option<IgnoredAny>,
    #[serde(default, rename = "unknown_fields")]
    _unknown_fields: Option<IgnoredAny>,
    #[serde(default, rename = "unknown_field_count")]
    _unknown_field_count: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList<'a> {
    #[serde(default)]
    full: bool,
    #[serde(borrow, default)]
    entries: Vec<RawEntry<'a>>,
}

/// A want entry as it stands in a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry<'a> {
    #[serde(borrow)]
    address: Scalar<'a>,
    #[serde(borrow)]
    want_type: Scalar<'a>,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    cancel: bool,
    #[serde(default)]
    send_dont_have: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDelivery<'a> {
    #[serde(borrow)]
    address: Scalar<'a>,
    #[serde(borrow)]
    cid: Scalar<'a>,
    /// Absent: the delivery is valid. Null: the delivery is unusable.
    #[serde(default)]
    evidence: Field<RawEvidence>,
    // What `blockexc decode` prints beside.
    #[serde(default, rename = "data_length")]
    _data_length: Option<IgnoredAny>,
    #[serde(default, rename = "proof")]
    _proof: Option<IgnoredAny>,
    #[serde(default, rename = "never_counts")]
    _never_counts: Option<IgnoredAny>,
}

/// The model's evidence, in which a field that there is not is a slip.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvidence {
    has_data: bool,
    data_matches_cid: bool,
    cid_matches_address: bool,
    proof: ProofEvidence,
}

impl From<RawEvidence> for Evidence {
    fn from(raw: RawEvidence) -> Self {
        Evidence {
            has_data: raw.has_data,
            data_matches_cid: raw.data_matches_cid,
            cid_matches_address: raw.cid_matches_address,
            proof: raw.proof,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPresence<'a> {
    #[serde(borrow)]
    address: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    presence_type: Scalar<'a>,
    #[serde(borrow, default)]
    price: Option<Text<'a>>,
}

/// A field that is absent, null, or present.
#[derive(Clone, Copy, Debug, Default)]
enum Field<T> {
    #[default]
    Absent,
    Null,
    Present(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Field::Null, Field::Present))
    }
}

impl RawMessage<'_> {
    /// The message, without its unusable parts.
    pub(super) fn read(self, names: &mut Spelling) -> Result<Message, String> {
        let want_list = match self.want_list {
            None => None,
            Some(list) => {
                let mut entries = Vec::with_capacity(list.entries.len());
                for entry in list.entries {
                    entries.extend(entry.read(names)?);
                }
                // An empty list that is not full has no meaning. Deployed nodes send it with every message.
                (list.full || !entries.is_empty()).then_some(WantList {
                    entries,
                    full: list.full,
                })
            }
        };
        let mut deliveries = Vec::with_capacity(self.deliveries.len());
        for delivery in self.deliveries {
            deliveries.extend(delivery.read(names)?);
        }
        let mut presences = Vec::with_capacity(self.presences.len());
        for presence in self.presences {
            presences.extend(presence.read(names)?);
        }
        let account = match self.account {
            None => None,
            // PAY-1: an address of another length is ignored.
            Some(account) => hexadecimal("an account", &account.0)?
                .try_into()
                .ok()
                .map(Account),
        };
        let payment = match self.payment {
            None => None,
            Some(payment) if payment.0.is_empty() => None,
            Some(payment) => Some(Payment(hexadecimal("a payment", &payment.0)?)),
        };
        Ok(Message {
            want_list,
            deliveries,
            presences,
            account,
            payment,
        })
    }
}

impl RawEntry<'_> {
    pub(super) fn read(
        self,
        names: &mut Spelling,
    ) -> Result<Option<WantEntry<crate::wire::BlockCid>>, String> {
        // WANT-16, WIRE-5: such an entry is skipped.
        let (Scalar::Text(address), Scalar::Text(want_type)) = (self.address, self.want_type)
        else {
            return Ok(None);
        };
        let want_type = match &*want_type {
            "WantBlock" => WantType::WantBlock,
            "WantHave" => WantType::WantHave,
            other => {
                return Err(format!(
                    "`want_type` is WantBlock, WantHave or a number, not `{}`",
                    short(other)
                ));
            }
        };
        Ok(Some(WantEntry {
            address: names.address(&address)?,
            priority: self.priority,
            cancel: self.cancel,
            want_type,
            send_dont_have: self.send_dont_have,
        }))
    }
}

impl RawDelivery<'_> {
    fn read(self, names: &mut Spelling) -> Result<Option<Delivery>, String> {
        let (Scalar::Text(address), Scalar::Text(cid)) = (self.address, self.cid) else {
            return Ok(None);
        };
        let address = names.address(&address)?;
        let evidence = match self.evidence {
            Field::Present(evidence) => evidence.into(),
            Field::Absent => Evidence::valid_for(&address),
            Field::Null => return Ok(None),
        };
        Ok(Some(Delivery {
            cid: names.cid(&cid)?,
            address,
            evidence,
        }))
    }
}

impl RawPresence<'_> {
    fn read(self, names: &mut Spelling) -> Result<Option<Presence<crate::wire::BlockCid>>, String> {
        let Scalar::Text(address) = self.address else {
            return Ok(None);
        };
        let presence_type = match self.presence_type {
            Scalar::Text(text) if text == "Have" => PresenceType::Have,
            Scalar::Text(text) if text == "DontHave" => PresenceType::DontHave,
            // PRES-11
            Scalar::Number => PresenceType::DontHave,
            _ => return Err("`type` of a presence is Have, DontHave or a number".to_owned()),
        };
        let price = match self.price {
            None => Price::ZERO,
            Some(price) => match Price::from_big_endian(&hexadecimal("a price", &price.0)?) {
                Ok(price) => price,
                // PRES-8: such an item is skipped.
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(Presence {
            address: names.address(&address)?,
            presence_type,
            price,
        }))
    }
}

/// Reads bytes.
pub(super) fn hexadecimal(what: &str, text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| {
        format!(
            "{what} is expected in hexadecimal, `{}` is not: {error}",
            short(text)
        )
    })
}

/// A price in hexadecimal, without leading zeros.
pub fn price_text(price: Price) -> String {
    let bytes = price.to_big_endian();
    let first = bytes.iter().position(|byte| *byte != 0);
    hex::encode(&bytes[first.unwrap_or(bytes.len())..])
}

/// A message as JSON, in the form of logs and of `blockexc decode`.
pub fn message_value(message: &Message) -> Value {
    let mut value = json!({});
    if let Some(list) = &message.want_list {
        value["want_list"] = json!({
            "full": list.full,
            "entries": list.entries.iter().map(entry_value).collect::<Vec<_>>(),
        });
    }
    if !message.deliveries.is_empty() {
        let shown = message.deliveries.iter().map(delivery_value);
        value["deliveries"] = shown.collect();
    }
    if !message.presences.is_empty() {
        let shown = message.presences.iter().map(presence_value);
        value["presences"] = shown.collect();
    }
    if let Some(Account(bytes)) = &message.account {
        value["account"] = json!(hex::encode(bytes));
    }
    if let Some(Payment(bytes)) = &message.payment {
        value["payment"] = json!(hex::encode(bytes));
    }
    value
}

/// A want entry as JSON.
pub fn entry_value(entry: &crate::wire::WantEntry) -> Value {
    json!({
        "address": address::show(&entry.address).to_string(),
        "want_type": match entry.want_type {
            WantType::WantBlock => "WantBlock",
            WantType::WantHave => "WantHave",
        },
        "priority": entry.priority,
        "cancel": entry.cancel,
        "send_dont_have": entry.send_dont_have,
    })
}

fn delivery_value(delivery: &Delivery) -> Value {
    json!({
        "address": address::show(&delivery.address).to_string(),
        "cid": delivery.cid,
        "evidence": delivery.evidence,
    })
}

fn presence_value(presence: &crate::wire::Presence) -> Value {
    json!({
        "address": address::show(&presence.address).to_string(),
        "type": match presence.presence_type {
            PresenceType::Have => "Have",
            PresenceType::DontHave => "DontHave",
        },
        "price": price_text(presence.price),
    })
}
