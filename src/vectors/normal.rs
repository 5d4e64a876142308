//! The normal form of outcomes: two that mean the same are equal in it.
//!
//! It works on JSON alone, and reads what drivers write, so that nothing in an answer is taken for
//! granted. `vectors/README.md` says what is compared and what is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::fields::{array, array_of, price, text};
use super::written::Aspect;

/// The longest want list, in entries (JOIN-8).
const LONGEST_LIST: usize = 1000;
/// The most presence items of one message (WANT-18).
const MOST_ITEMS: usize = 1024;
/// The most blocks of one message (XFER-10).
const MOST_BLOCKS: usize = 20;

/// What is compared of one event's outcome.
pub struct Scope<'a> {
    /// What the vector is about in particular.
    pub judged: &'a [Aspect],
    /// Own wants of which a WantHave may go along (ASK-1: announcements may be batched).
    pub announced: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    /// The scope of an event in this state.
    pub fn of(judged: &'a [Aspect], before: &Value, event: &Value) -> Self {
        let mut announced = BTreeSet::new();
        if event["event"] == "requested" {
            let own_wants = before["own_wants"].as_array().into_iter().flatten();
            let addresses = own_wants.filter_map(|want| want["address"].as_str());
            announced.extend(addresses.map(str::to_owned));
            if let Some(requested) = event["address"].as_str() {
                announced.remove(requested);
            }
        }
        Scope { judged, announced }
    }

    fn judges(&self, aspect: Aspect) -> bool {
        self.judged.contains(&aspect)
    }

    /// The normal form of an outcome.
    ///
    /// # Errors
    ///
    /// When it is none, saying what was expected.
    pub fn outcome(&self, outcome: &Value) -> Result<Value, String> {
        let effects = outcome["effects"].as_array();
        let effects = effects.ok_or("`effects` is a list of effects")?;
        Ok(json!({
            "effects": self.effects(effects)?,
            "after": state(&outcome["after"])?,
        }))
    }

    /// Messages by peer, and the other effects in no order.
    fn effects(&self, effects: &[Value]) -> Result<Value, String> {
        let mut sent: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        let mut others = Vec::new();
        for effect in effects {
            let kind = text(effect, "effect")?;
            if kind == "sent" {
                let messages = sent.entry(text(effect, "to")?.to_owned()).or_default();
                messages.push(&effect["message"]);
            } else {
                others.push(effect.clone());
            }
        }
        others.sort_by_key(Value::to_string);
        let mut said = Map::new();
        for (peer, messages) in sent {
            let parts = self.said(&messages)?;
            if parts != json!({}) {
                said.insert(peer, parts);
            }
        }
        Ok(json!({ "sent": said, "others": others }))
    }

    /// What messages to one peer say, however it is cut into messages.
    fn said(&self, messages: &[&Value]) -> Result<Value, String> {
        let mut list = Listed::default();
        let mut items = Vec::new();
        let mut blocks = Vec::new();
        let mut said = Map::new();
        let (mut lists, mut item_messages, mut late_items) = (0, 0, false);
        for message in messages {
            let message = message.as_object().ok_or("`message` is an object")?;
            if let Some(want_list) = message.get("want_list") {
                let entries = array(want_list, "entries")?;
                lists += usize::from(!entries.is_empty());
                mark(
                    &mut said,
                    "entries_of_one_list",
                    entries.len(),
                    LONGEST_LIST,
                );
                if want_list["full"] == true {
                    list.full();
                }
                for entry in entries {
                    self.entry(entry, &mut list)?;
                }
            }
            let presences = array_of(message, "presences")?;
            mark(
                &mut said,
                "items_of_one_message",
                presences.len(),
                MOST_ITEMS,
            );
            item_messages += usize::from(!presences.is_empty());
            late_items |= !presences.is_empty() && !blocks.is_empty();
            for item in presences {
                items.push(presence(item)?);
            }
            let deliveries = array_of(message, "deliveries")?;
            mark(
                &mut said,
                "blocks_of_one_message",
                deliveries.len(),
                MOST_BLOCKS,
            );
            for delivery in deliveries {
                blocks.push(json!([text(delivery, "address")?, text(delivery, "cid")?]));
            }
            for field in ["account", "payment"] {
                if let Some(bytes) = message.get(field).filter(|it| !it.is_null()) {
                    said.insert(field.into(), bytes.clone());
                }
            }
        }
        items.sort_by_key(Value::to_string);
        if !self.judges(Aspect::DeliveryOrder) {
            blocks.sort_by_key(Value::to_string);
        }
        if self.judges(Aspect::OneList) && lists > 1 {
            said.insert("want_lists".into(), json!(lists));
        }
        if self.judges(Aspect::PresencesFirst) && (item_messages > 1 || late_items) {
            said.insert(
                "presence_messages".into(),
                json!([item_messages, late_items]),
            );
        }
        let list = list.normal();
        for (field, parts) in [
            ("want_list", list),
            ("presences", items),
            ("deliveries", blocks),
        ] {
            if !parts.is_empty() {
                said.insert(field.into(), json!(parts));
            }
        }
        Ok(Value::Object(said))
    }

    fn entry(&self, entry: &Value, list: &mut Listed) -> Result<(), String> {
        let address = text(entry, "address")?;
        let want_type = text(entry, "want_type")?;
        let cancel = entry["cancel"] == true;
        if !cancel && want_type == "WantHave" && self.announced.contains(address) {
            return Ok(());
        }
        let mut value = match cancel {
            // Deployed nodes type it one way or the other.
            true => json!({ "address": address, "cancel": true }),
            false => json!({ "address": address, "want_type": want_type }),
        };
        if self.judges(Aspect::Priority) {
            value["priority"] = json!(entry["priority"].as_i64().unwrap_or(0));
        }
        list.parts.push((address.to_owned(), value));
        Ok(())
    }
}

/// The entries of want lists to one peer, one list after the other.
#[derive(Default)]
struct Listed {
    parts: Vec<(String, Value)>,
    done: Vec<Value>,
}

impl Listed {
    /// A full list begins: what came before is one thing, what comes now another.
    fn full(&mut self) {
        self.close();
        self.done.push(json!("full"));
    }

    /// Entries for different addresses have no order.
    fn close(&mut self) {
        self.parts.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.done
            .extend(self.parts.drain(..).map(|(_, entry)| entry));
    }

    fn normal(mut self) -> Vec<Value> {
        self.close();
        self.done
    }
}

fn mark(said: &mut Map<String, Value>, what: &str, count: usize, most: usize) {
    if count > most {
        said.insert(what.into(), json!(format!("more than {most}")));
    }
}

fn presence(item: &Value) -> Result<Value, String> {
    let (address, kind) = (text(item, "address")?, text(item, "type")?);
    Ok(match kind {
        // What a block costs that is not there says nothing.
        "DontHave" => json!([address, kind]),
        _ => json!([address, kind, price(&item["price"])?]),
    })
}

/// The normal form of a state.
fn state(state: &Value) -> Result<Value, String> {
    let contexts = state["contexts"].as_object();
    let contexts = contexts.ok_or("`contexts` of a state is an object by peer")?;
    let mut known = Map::new();
    for (peer, context) in contexts {
        known.insert(peer.clone(), self::context(context)?);
    }
    let mut own_wants = Map::new();
    for want in array(state, "own_wants")? {
        let mut asked = Vec::new();
        for peer in want["asked"].as_array().into_iter().flatten() {
            asked.push(
                peer.as_str()
                    .ok_or("`asked` is a list of peers")?
                    .to_owned(),
            );
        }
        asked.sort();
        let before = own_wants.insert(text(want, "address")?.to_owned(), json!(asked));
        if before.is_some() {
            return Err("an own want stands twice in `own_wants`".to_owned());
        }
    }
    let held = state["held"].as_object();
    let held = held.ok_or("`held` of a state is an object from address to CID")?;
    Ok(json!({ "contexts": known, "own_wants": own_wants, "held": held }))
}

fn context(context: &Value) -> Result<Value, String> {
    let records = context["presence"].as_object();
    let records = records.ok_or("`presence` of a context is an object from address to price")?;
    let mut presence = Map::new();
    for (address, cost) in records {
        presence.insert(address.clone(), price(cost)?);
    }
    let mut cids = Vec::new();
    for cid in array(context, "peer_have_cids")? {
        cids.push(
            cid.as_str()
                .ok_or("`peer_have_cids` is a list of CIDs")?
                .to_owned(),
        );
    }
    cids.sort();
    let mut wants = Vec::new();
    for entry in array(context, "wants")? {
        wants.push(json!([
            text(entry, "address")?,
            text(entry, "want_type")?,
            entry["priority"].as_i64().unwrap_or(0),
            entry["cancel"] == true,
            entry["send_dont_have"] == true,
        ]));
    }
    Ok(json!({
        "presence": presence,
        "peer_have_cids": cids,
        "wants": wants,
        "account": context["account"],
        "payment": context["payment"],
    }))
}
