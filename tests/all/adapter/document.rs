//! The examples in `docs/adapter.md` are read and written by the suite's own types.

use std::collections::BTreeSet;

use blockexc::suite::adapter::message::{
    Answer, Body, Cancelled, Command, DumpAnswer, Ended, Event, Hello, Requested, Started, Stored,
};
use blockexc::suite::control::Capability;
use blockexc::suite::target::StartOption;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What this type makes of the JSON, and back.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| {
        panic!("{value} is not read: {error}");
    });
    serde_json::to_value(read).unwrap()
}

#[test]
fn every_message_has_an_example_that_is_read_and_written() {
    let document = include_str!("../../../docs/adapter.md");
    let mut asked: Option<Command> = None;
    let mut given: Vec<String> = Vec::new();
    let (mut commands, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for line in document.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("→ ") {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(through::<Command>(&value), value);
            commands.insert(value["command"].as_str().unwrap().to_owned());
            if value["command"] == "start" {
                let members = value.as_object().unwrap().keys();
                given = members
                    .filter(|it| !["id", "command"].contains(&it.as_str()))
                    .cloned()
                    .collect();
            }
            asked = Some(serde_json::from_value(value).unwrap());
        } else if let Some(text) = line.strip_prefix("← ") {
            let value: Value = serde_json::from_str(text).unwrap();
            if value.get("event").is_some() {
                assert_eq!(through::<Event>(&value), value);
                kinds.insert("event");
                continue;
            }
            assert_eq!(through::<Answer>(&value), value);
            let asked = asked.as_ref().unwrap();
            assert_eq!(value["id"], asked.id);
            let Some(ok) = value.get("ok") else {
                kinds.insert(if value.get("error").is_some() {
                    "error"
                } else {
                    "unsupported"
                });
                continue;
            };
            let again = match asked.body {
                Body::Hello { .. } => through::<Hello>(ok),
                Body::Start(_) => through::<Started>(ok),
                Body::Put { .. } | Body::PutDataset { .. } => through::<Stored>(ok),
                Body::Request { .. } | Body::RequestLeaf { .. } => through::<Requested>(ok),
                Body::Cancel { .. } => through::<Cancelled>(ok),
                Body::Dump => through::<DumpAnswer>(ok),
                Body::Ended => through::<Ended>(ok),
                _ => json!({}),
            };
            assert_eq!(again, *ok);
        }
    }
    let mut all: BTreeSet<String> = ["hello", "start", "stop", "ended", "quit"]
        .map(str::to_owned)
        .into();
    all.extend(
        Capability::ALL
            .iter()
            .map(|it| json!(it).as_str().unwrap().to_owned()),
    );
    assert_eq!(commands, all);
    for option in StartOption::ALL {
        let named = format!("\"{}\"", option.name());
        assert!(document.contains(&named), "{named} is not announced");
    }
    assert_eq!(given.len(), StartOption::ALL.len(), "{given:?}");
    assert_eq!(kinds, ["error", "event", "unsupported"].into());
}

/// What is not known is ignored.
#[test]
fn unknown_members_are_ignored() {
    let text = json!({"id": 1, "ok": {}, "mood": "good"});
    let answer: Answer = serde_json::from_value(text).unwrap();
    assert_eq!(answer.id, 1);
    let text =
        json!({"version": 1, "adapter": "a", "node": "n", "capabilities": [], "mood": "good"});
    let hello: Hello = serde_json::from_value(text).unwrap();
    assert_eq!(hello.node, "n");
}
