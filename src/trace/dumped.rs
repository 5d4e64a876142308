//! [`Dumped`]: what a log shows of a node's state, as much of it as it shows.

use std::collections::{BTreeMap, BTreeSet};

use blockexc_model::message::{Account, WantEntry};
use blockexc_model::price::Price;
use libp2p::PeerId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{RawEntry, entry_value, hexadecimal, price_text};
use super::names::{Spelling, without_place};
use crate::wire::{Address, BlockCid, Dump, address};

/// What a log shows of a node's state; what is `None` it does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dumped {
    /// What is kept about each peer.
    pub contexts: Option<BTreeMap<PeerId, DumpedContext>>,
    /// The own wants.
    pub own_wants: Option<BTreeSet<Address>>,
    /// What is held.
    pub held: Option<BTreeSet<Address>>,
}

/// What a log shows of one context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DumpedContext {
    /// The presence records.
    pub presence: Option<BTreeMap<Address, Price>>,
    /// What `peer_have_cids` says.
    pub peer_have_cids: Option<BTreeSet<BlockCid>>,
    /// The peer's wants, in the order recorded.
    pub wants: Option<Vec<WantEntry<BlockCid>>>,
    /// The peer's account; `Some(None)` when it is known to have sent none.
    pub account: Option<Option<Account>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContext<'a> {
    presence: Option<BTreeMap<String, String>>,
    peer_have_cids: Option<Vec<String>>,
    #[serde(borrow)]
    wants: Option<Vec<RawEntry<'a>>>,
    #[serde(default, deserialize_with = "given")]
    account: Option<Option<String>>,
}

fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Ok(Some(Option::deserialize(from)?))
}

impl Dumped {
    /// Reads the parts of a dump that a line has.
    pub(super) fn read(
        contexts: Option<Value>,
        own_wants: Option<Value>,
        held: Option<Value>,
        names: &mut Spelling,
    ) -> Result<Dumped, String> {
        let mut dumped = Dumped::default();
        if let Some(Value::Object(shown)) = contexts {
            let mut contexts = BTreeMap::new();
            for (peer, context) in &shown {
                let text = context.to_string();
                let context = serde_json::from_str(&text)
                    .map_err(|error| format!("the context of {peer}: {}", without_place(&error)))?;
                contexts.insert(names.peer(peer)?, DumpedContext::read(context, names)?);
            }
            dumped.contexts = Some(contexts);
        } else if contexts.is_some() {
            return Err("`contexts` is an object, by peer id".to_owned());
        }
        let mut addresses = |field: &str, value: Option<Value>| -> Result<_, String> {
            let Some(value) = value else { return Ok(None) };
            let Value::Array(items) = value else {
                return Err(format!("`{field}` is a list of addresses"));
            };
            let mut addresses = BTreeSet::new();
            for item in &items {
                let text = item.as_str();
                let text = text.ok_or_else(|| format!("`{field}` is a list of addresses"))?;
                addresses.insert(names.address(text)?);
            }
            Ok(Some(addresses))
        };
        dumped.own_wants = addresses("own_wants", own_wants)?;
        dumped.held = addresses("held", held)?;
        Ok(dumped)
    }

    /// All that a dump shows.
    pub fn of(dump: &Dump) -> Dumped {
        let context = |context: &blockexc_model::dump::ContextDump<BlockCid>| DumpedContext {
            presence: Some(context.presence.iter().cloned().collect()),
            peer_have_cids: Some(context.peer_have_cids.clone()),
            wants: Some(context.wants.clone()),
            account: Some(context.account),
        };
        Dumped {
            contexts: Some(
                dump.contexts
                    .iter()
                    .map(|(peer, shown)| (*peer, context(shown)))
                    .collect(),
            ),
            own_wants: Some(
                dump.own_wants
                    .iter()
                    .map(|(address, _)| address.clone())
                    .collect(),
            ),
            held: Some(dump.held.clone()),
        }
    }

    /// As the fields of a line.
    pub fn value(&self) -> Value {
        let mut value = json!({});
        let names = |addresses: &BTreeSet<Address>| -> Vec<String> {
            addresses
                .iter()
                .map(|it| address::show(it).to_string())
                .collect()
        };
        if let Some(contexts) = &self.contexts {
            let shown = contexts
                .iter()
                .map(|(peer, context)| (peer.to_string(), context.value()));
            value["contexts"] = Value::Object(shown.collect());
        }
        if let Some(own_wants) = &self.own_wants {
            value["own_wants"] = json!(names(own_wants));
        }
        if let Some(held) = &self.held {
            value["held"] = json!(names(held));
        }
        value
    }
}

impl DumpedContext {
    fn read(raw: RawContext<'_>, names: &mut Spelling) -> Result<Self, String> {
        let presence = match raw.presence {
            None => None,
            Some(records) => {
                let mut presence = BTreeMap::new();
                for (address, price) in &records {
                    let price = Price::from_big_endian(&hexadecimal("a price", price)?)
                        .map_err(|error| error.to_string())?;
                    presence.insert(names.address(address)?, price);
                }
                Some(presence)
            }
        };
        let peer_have_cids = match raw.peer_have_cids {
            None => None,
            Some(cids) => {
                let cids: Result<_, _> = cids.iter().map(|cid| names.cid(cid)).collect();
                Some(cids?)
            }
        };
        let wants = match raw.wants {
            None => None,
            Some(entries) => {
                let mut wants = Vec::with_capacity(entries.len());
                for entry in entries {
                    wants.extend(entry.read(names)?);
                }
                Some(wants)
            }
        };
        let account = match raw.account {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => {
                let bytes = hexadecimal("an account", &text)?;
                let bytes = bytes.try_into();
                Some(Some(Account(bytes.map_err(|bytes: Vec<u8>| {
                    format!("an account has 20 bytes, not {}", bytes.len())
                })?)))
            }
        };
        Ok(DumpedContext {
            presence,
            peer_have_cids,
            wants,
            account,
        })
    }

    fn value(&self) -> Value {
        let mut value = json!({});
        if let Some(presence) = &self.presence {
            let shown = presence
                .iter()
                .map(|(it, price)| (address::show(it).to_string(), json!(price_text(*price))));
            value["presence"] = Value::Object(shown.collect());
        }
        if let Some(cids) = &self.peer_have_cids {
            value["peer_have_cids"] = json!(cids);
        }
        if let Some(wants) = &self.wants {
            value["wants"] = wants.iter().map(entry_value).collect();
        }
        if let Some(account) = &self.account {
            value["account"] = json!(account.map(|Account(bytes)| hex::encode(bytes)));
        }
        value
    }
}
