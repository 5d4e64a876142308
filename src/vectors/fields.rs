//! Fields of what a driver writes: each is what it should be, or the error says what was expected.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::shortened::shortened;

/// How many letters of a value are shown.
const MOST_SHOWN: usize = 300;

/// A field that is a text.
pub fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str, String> {
    let text = value[field].as_str();
    text.ok_or_else(|| format!("`{field}` is a text"))
}

/// A field that is a list.
pub fn array<'a>(value: &'a Value, field: &str) -> Result<&'a [Value], String> {
    let array = value[field].as_array();
    array
        .map(Vec::as_slice)
        .ok_or_else(|| format!("`{field}` is a list"))
}

/// The same of a field that may be absent.
pub fn array_of<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a [Value], String> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("`{field}` is a list")),
    }
}

/// A price without leading zeros; nothing at all is zero.
pub fn price(price: &Value) -> Result<Value, String> {
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

/// Where two normal forms part: the path, what is expected there, and what came.
pub fn first_difference(expected: &Value, actual: &Value) -> Option<(String, String, String)> {
    let short = |value: &Value| shortened(&value.to_string(), MOST_SHOWN).into_owned();
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
