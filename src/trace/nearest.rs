//! [`Nearest`]: of the lines that the model allows, the one nearest to a line of the log.

use serde_json::Value;

/// An allowed line, and how the log's differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The allowed line.
    pub line: Value,
    /// Each difference, as `field: what the log has, what is allowed`.
    pub differences: Vec<String>,
}

/// The allowed line that differs in the fewest fields from this one, among those of the same event
/// and peer or address.
pub(super) fn nearest(line: &Value, allowed: &[Value]) -> Option<Nearest> {
    let same = |other: &Value, field: &str| other.get(field) == line.get(field);
    let alike = allowed
        .iter()
        .filter(|other| ["event", "to", "address"].iter().all(|it| same(other, it)));
    let differing = alike.map(|other| {
        let mut differences = Vec::new();
        compare("", line, other, &mut differences);
        Nearest {
            line: other.clone(),
            differences,
        }
    });
    differing.min_by_key(|nearest| nearest.differences.len())
}

/// Adds how the values differ at this path.
fn compare(path: &str, line: &Value, allowed: &Value, differences: &mut Vec<String>) {
    match (line, allowed) {
        (Value::Object(fields), Value::Object(others)) => {
            let below = |name: &str| match path {
                "" => name.to_owned(),
                _ => format!("{path}.{name}"),
            };
            for (name, value) in fields {
                match others.get(name) {
                    Some(other) => compare(&below(name), value, other, differences),
                    None => differences.push(format!("{}: {value}, allowed: nothing", below(name))),
                }
            }
            for (name, other) in others {
                if !fields.contains_key(name) {
                    differences.push(format!("{}: nothing, allowed: {other}", below(name)));
                }
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            for place in 0..items.len().max(others.len()) {
                let path = format!("{path}[{place}]");
                match (items.get(place), others.get(place)) {
                    (Some(item), Some(other)) => compare(&path, item, other, differences),
                    (Some(item), None) => {
                        differences.push(format!("{path}: {item}, allowed: nothing"));
                    }
                    (None, Some(other)) => {
                        differences.push(format!("{path}: nothing, allowed: {other}"));
                    }
                    (None, None) => {}
                }
            }
        }
        _ if line == allowed => {}
        _ => differences.push(format!("{path}: {line}, allowed: {allowed}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_line_is_that_with_the_fewest_differences() {
        let line = json!({"event": "sent", "to": "P", "message": {"full": false, "entries": [1]}});
        let far = json!({"event": "sent", "to": "P", "message": {"presences": [2]}});
        let near = json!({"event": "sent", "to": "P", "message": {"full": true, "entries": [1]}});
        let found = nearest(&line, &[far, near.clone()]).unwrap();
        assert_eq!(found.line, near);
        assert_eq!(found.differences, ["message.full: false, allowed: true"]);
    }

    #[test]
    fn a_line_of_another_event_or_peer_is_not_near() {
        let line = json!({"event": "sent", "to": "P", "message": {}});
        let others = [
            json!({"event": "sent", "to": "Q", "message": {}}),
            json!({"event": "obtained", "address": "B"}),
        ];
        assert_eq!(nearest(&line, &others), None);
    }

    #[test]
    fn what_is_more_or_less_is_said() {
        let line = json!({"entries": [1, 2], "account": "x"});
        let allowed = json!({"entries": [1], "payment": "y"});
        let mut differences = Vec::new();
        compare("", &line, &allowed, &mut differences);
        assert_eq!(
            differences,
            [
                "account: \"x\", allowed: nothing",
                "entries[1]: 2, allowed: nothing",
                "payment: nothing, allowed: \"y\"",
            ]
        );
    }
}
