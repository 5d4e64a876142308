//! The normal form of outcomes: two that mean the same are equal in it.
//!
//! It works on JSON alone, and reads what drivers write, so that nothing in an answer is taken for
//! granted. `vectors/README.md` says what is compared and what is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

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

/// A price without leading zeros; nothing at all is zero.
fn price(price: &Value) -> Result<Value, String> {
    match price {
        Value::Null => Ok(json!("")),
        Value::String(digits) => {
            let digits = digits.to_ascii_lowercase();
            let digits = digits.trim_start_matches('0');
            let odd = if digits.len() % 2 == 1 { "0" } else { "" };
            Ok(json!(format!("{odd}{digits}")))
        }
        _ => Err("a price is a text of hexadecimal digits".to_owned()),
    }
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

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str, String> {
    let text = value[field].as_str();
    text.ok_or_else(|| format!("`{field}` is a text"))
}

fn array<'a>(value: &'a Value, field: &str) -> Result<&'a [Value], String> {
    let array = value[field].as_array();
    array
        .map(Vec::as_slice)
        .ok_or_else(|| format!("`{field}` is a list"))
}

/// The same of a field that may be absent.
fn array_of<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a [Value], String> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("`{field}` is a list")),
    }
}

/// Where two normal forms part: the path, what is expected there, and what came.
pub fn first_difference(expected: &Value, actual: &Value) -> Option<(String, String, String)> {
    fn short(value: &Value) -> String {
        let text = value.to_string();
        match text.char_indices().nth(300) {
            Some((place, _)) => format!("{}…", &text[..place]),
            None => text,
        }
    }
    match (expected, actual) {
        (one, other) if one == other => None,
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            keys.into_iter().find_map(|key| {
                let null = Value::Null;
                let (one, other) = (one.get(key), other.get(key));
                let (one, other) = (one.unwrap_or(&null), other.unwrap_or(&null));
                let (path, expected, actual) = first_difference(one, other)?;
                let path = match path.is_empty() {
                    true => key.clone(),
                    false => format!("{key} › {path}"),
                };
                Some((path, expected, actual))
            })
        }
        (one, other) => Some((String::new(), short(one), short(other))),
    }
}

/// The normal form of how bytes were read: a message, or a stream's frames.
///
/// # Errors
///
/// When it is none, saying what was expected.
pub fn reading(reading: &Value) -> Result<Value, String> {
    if reading["refused"] == true {
        return Ok(json!({ "refused": true }));
    }
    if !reading["frames"].is_null() {
        let frames = array(reading, "frames")?;
        return Ok(json!({ "frames": frames, "end": text(reading, "end")? }));
    }
    let message = reading["message"].as_object();
    let message = message.ok_or("`message` is an object, or `refused` is true")?;
    let mut skipped: Vec<String> = Vec::new();
    for part in array(reading, "skipped")? {
        let index = part["index"].as_u64().ok_or("`index` is a number")?;
        skipped.push(format!("{} {index}", text(part, "part")?));
    }
    skipped.sort();
    Ok(json!({ "message": self::message(message)?, "skipped": skipped }))
}

/// All that a message says, in its order. What says nothing is left out.
fn message(message: &Map<String, Value>) -> Result<Value, String> {
    let mut said = Map::new();
    if let Some(list) = message.get("want_list").filter(|list| !list.is_null()) {
        let mut entries = Vec::new();
        for entry in array(list, "entries")? {
            let cancel = entry["cancel"] == true;
            entries.push(json!({
                "address": text(entry, "address")?,
                // A cancel asks for nothing, whatever its type.
                "want_type": if cancel { "" } else { text(entry, "want_type")? },
                "priority": entry["priority"].as_i64().unwrap_or(0),
                "cancel": cancel,
                "send_dont_have": entry["send_dont_have"] == true,
            }));
        }
        let full = list["full"] == true;
        if full || !entries.is_empty() {
            said.insert(
                "want_list".into(),
                json!({ "full": full, "entries": entries }),
            );
        }
    }
    let mut deliveries = Vec::new();
    for delivery in array_of(message, "deliveries")? {
        deliveries.push(json!({
            "address": text(delivery, "address")?,
            "cid": text(delivery, "cid")?,
            "data": delivery["data"].as_str().unwrap_or(""),
            "proof": delivery["proof"].as_str().unwrap_or(""),
        }));
    }
    let mut presences = Vec::new();
    for item in array_of(message, "presences")? {
        let cost = price(&item["price"])?;
        presences.push(json!([text(item, "address")?, text(item, "type")?, cost]));
    }
    for (field, parts) in [("deliveries", deliveries), ("presences", presences)] {
        if !parts.is_empty() {
            said.insert(field.into(), json!(parts));
        }
    }
    for field in ["account", "payment"] {
        if let Some(Value::String(bytes)) = message.get(field).filter(|it| **it != json!("")) {
            said.insert(field.into(), json!(bytes.to_ascii_lowercase()));
        }
    }
    Ok(Value::Object(said))
}

/// The normal form of an answer about a dataset or a delivery.
///
/// # Errors
///
/// When it is none, saying what was expected.
pub fn tree_answer(answer: &Value) -> Result<Value, String> {
    if let Some(counts) = answer["counts"].as_bool() {
        return Ok(json!({ "counts": counts }));
    }
    let mut proofs = Vec::new();
    for proof in array(answer, "proofs")? {
        proofs.push(json!({
            "index": proof["index"],
            "leaf_count": proof["leaf_count"],
            "path": array(proof, "path")?,
        }));
    }
    Ok(json!({
        "leaves": array(answer, "leaves")?,
        "root": text(answer, "root")?,
        "tree": text(answer, "tree")?,
        "proofs": proofs,
    }))
}
