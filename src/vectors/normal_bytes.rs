//! The normal form of answers about bytes: how a message or a stream was read, and what a dataset or a
//! delivery comes to.

use serde_json::{Map, Value, json};

use super::fields::{array, array_of, price, text};

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
