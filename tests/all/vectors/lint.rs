//! The files, read with nothing but a JSON parser, a hash and a CID library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use blockexc::vectors::archive::archive;
use blockexc::vectors::files::{self, MANIFEST, WITHOUT};
use blockexc_model::requirement::{REQUIREMENTS, Requirement};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Fields whose text is bytes in hexadecimal.
const BYTES: &[&str] = &[
    "account",
    "blocks_sha256",
    "data",
    "message",
    "payment",
    "price",
    "proof",
    "root",
    "stream",
];
/// Fields whose texts are bytes in hexadecimal.
const LISTS_OF_BYTES: &[&str] = &["frames", "leaves", "path"];
/// Fields whose text is an address.
const ADDRESSES: &[&str] = &["address", "cid", "tree"];
/// Fields whose texts are addresses.
const LISTS_OF_ADDRESSES: &[&str] = &["peer_have_cids"];
/// What an evidence says of a proof.
const PROOFS: &[&str] = &[
    "Missing",
    "OtherIndex",
    "Undecodable",
    "Unverified",
    "Verified",
];
/// Fields whose text is a peer id.
const PEERS: &[&str] = &["from", "peer", "to"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn read(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest() -> Value {
    serde_json::from_str(&read(MANIFEST)).unwrap()
}

/// Each file that the manifest names, with its vectors.
fn all() -> Vec<(String, Vec<Value>)> {
    let manifest = manifest();
    let files = manifest["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let name = file["name"].as_str().unwrap().to_owned();
            let content: Value = serde_json::from_str(&read(&name)).unwrap();
            assert_eq!(content["format"], manifest["format"], "{name}");
            (name, content["vectors"].as_array().unwrap().clone())
        })
        .collect()
}

#[test]
fn the_files_are_as_the_model_writes_them_now() {
    let written = files::all().unwrap();
    for file in &written {
        if std::env::var_os("BLOCKEXC_BLESS").is_some() {
            fs::write(folder().join(file.name), &file.text).unwrap();
        }
        assert!(
            read(file.name) == file.text,
            "vectors/{} is out of date: look at what BLOCKEXC_BLESS=1 changes in it",
            file.name
        );
    }
    // Written again: the same bytes.
    let again = files::all().unwrap();
    assert!(
        written
            .iter()
            .zip(&again)
            .all(|(one, other)| one.text == other.text)
    );
    assert!(archive(&written).unwrap() == archive(&again).unwrap());
}

#[test]
fn the_manifest_says_what_is_there() {
    for file in manifest()["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let text = read(name);
        let hash = hex::encode(Sha256::digest(text.as_bytes()));
        assert_eq!(file["sha256"], hash.as_str(), "{name}");
        assert_eq!(file["bytes"], text.len(), "{name}");
        let (_, vectors) = all().into_iter().find(|(known, _)| known == name).unwrap();
        assert_eq!(file["vectors"], vectors.len(), "{name}");
    }
    let mut counted: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (name, vectors) in all() {
        for vector in vectors {
            let requirement = vector["requirement"].as_str().unwrap().to_owned();
            let of_file = counted.entry(requirement).or_default();
            *of_file.entry(name.clone()).or_default() += 1;
        }
    }
    for (id, said) in manifest()["requirements"].as_object().unwrap() {
        match counted.get(id) {
            Some(counts) => assert_eq!(*said, serde_json::json!(counts), "{id}"),
            None => assert!(
                said.is_string(),
                "{id} has no vector, and no reason: {said}"
            ),
        }
    }
}

/// Several of each requirement of the state machine, and some of each other that vectors can be about.
#[test]
fn every_requirement_has_vectors_or_a_reason() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, vectors) in all() {
        for vector in vectors {
            let requirement = vector["requirement"].as_str().unwrap().to_owned();
            *counts.entry(requirement).or_default() += 1;
        }
    }
    for requirement in REQUIREMENTS {
        let count = counts.get(requirement.id).copied().unwrap_or(0);
        let is_without = WITHOUT.iter().any(|(id, _)| *id == requirement.id);
        assert!(
            if is_without { count == 0 } else { count >= 2 },
            "{} has {count} vectors",
            requirement.id
        );
    }
}

#[test]
fn ids_are_unique_and_name_their_requirement() {
    let mut seen = BTreeSet::new();
    for (name, vectors) in all() {
        for vector in vectors {
            let id = vector["id"].as_str().unwrap();
            assert!(seen.insert(id.to_owned()), "{name}: {id} is there twice");
            let (of, word) = id.split_once('/').unwrap();
            let is_word =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(!word.is_empty() && word.bytes().all(is_word), "{id}");
            let requirement = Requirement::find(of).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(vector["requirement"], of, "{id}");
            assert_eq!(vector["level"], requirement.level.to_string(), "{id}");
            let summary = vector["summary"].as_str().unwrap();
            assert!(
                summary.ends_with('.') && summary.len() > 5,
                "{id}: {summary}"
            );
        }
    }
    assert!(seen.len() > 400, "{}", seen.len());
}

#[test]
fn outcomes_are_there_once_each_and_say_whose_they_are() {
    let deviations: BTreeSet<&str> = blockexc_model::Deviation::ALL
        .iter()
        .map(|it| it.name())
        .collect();
    let mut choices = 0;
    for (_, vectors) in all() {
        for vector in vectors {
            let id = &vector["id"];
            let outcomes = vector.get("outcomes").or(vector.get("runs")).unwrap();
            let outcomes = outcomes.as_array().unwrap();
            let different: BTreeSet<String> = outcomes.iter().map(Value::to_string).collect();
            assert!(
                !outcomes.is_empty() && different.len() == outcomes.len(),
                "{id}"
            );
            assert!(
                outcomes[0].get("as").is_none(),
                "{id}: the first is the reference's"
            );
            for outcome in outcomes {
                for name in outcome["as"].as_array().into_iter().flatten() {
                    choices += 1;
                    assert!(deviations.contains(name.as_str().unwrap()), "{id}: {name}");
                }
                for missed in outcome["misses"].as_array().into_iter().flatten() {
                    let missed = Requirement::find(missed.as_str().unwrap()).unwrap();
                    assert!(vector["requirement"] != missed.id, "{id}");
                    assert_eq!(missed.level.to_string(), "SHOULD", "{id}");
                }
            }
        }
    }
    assert!(choices > 50, "{choices}");
}

#[test]
fn bytes_and_names_are_what_they_should_be() {
    let mut looked_at = 0;
    for (_, vectors) in all() {
        for vector in vectors {
            walk("", &vector, &mut |field, value| {
                looked_at += look(field, value, vector["id"].as_str().unwrap());
            });
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

fn walk(field: &str, value: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(field, value);
    match value {
        Value::Object(object) => object
            .iter()
            .for_each(|(name, value)| walk(name, value, look)),
        Value::Array(items) => items.iter().for_each(|item| walk("", item, look)),
        _ => (),
    }
}

/// Looks at one field. Returns how many texts were looked at.
fn look(field: &str, value: &Value, id: &str) -> usize {
    let of = |names: &[&str]| names.contains(&field);
    let texts = || -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            Value::Object(object) => object.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    };
    let texts = match value {
        // What examining a proof has shown is a word.
        Value::String(word) if field == "proof" && PROOFS.contains(&word.as_str()) => return 0,
        Value::String(_) if of(BYTES) || of(ADDRESSES) || of(PEERS) => texts(),
        Value::Array(_) if of(LISTS_OF_BYTES) || of(LISTS_OF_ADDRESSES) => texts(),
        Value::Object(_) if of(&["presence", "held", "contexts"]) => texts(),
        _ => return 0,
    };
    for text in &texts {
        // Of a stored block they are addresses.
        let is_address = field == "leaves" && text.contains('/');
        if !is_address && (of(BYTES) || of(LISTS_OF_BYTES)) {
            let bytes = hex::decode(text).unwrap_or_else(|error| panic!("{id}: {text}: {error}"));
            assert!(
                !of(&["root", "leaves", "path"]) || bytes.len() == 32,
                "{id}: {text}"
            );
            assert!(field != "account" || bytes.len() == 20, "{id}: {text}");
        } else if of(PEERS) || field == "contexts" {
            let parsed = text.parse::<libp2p::PeerId>();
            assert!(parsed.is_ok(), "{id}: {text}");
        } else {
            let (cid, index) = text.split_once('/').unwrap_or((text, "0"));
            assert!(cid::Cid::try_from(cid).is_ok(), "{id}: {text} is no CID");
            assert!(index.parse::<u64>().is_ok(), "{id}: {text} has no index");
        }
    }
    texts.len()
}

/// The page names every field that the files have.
#[test]
fn the_page_names_every_field() {
    let page = read("README.md");
    let mut fields = BTreeSet::new();
    for (_, vectors) in all() {
        for vector in vectors {
            walk("", &vector, &mut |field, _| {
                fields.insert(field.to_owned());
            });
        }
    }
    let is_name = |field: &String| field.len() < 30 && !field.is_empty();
    for field in fields.iter().filter(|field| is_name(field)) {
        let named = [format!("`{field}`"), format!("\"{field}\"")];
        assert!(
            named.iter().any(|it| page.contains(it)),
            "vectors/README.md does not name the field {field}"
        );
    }
}
