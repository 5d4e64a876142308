//! The files of the vectors, and their manifest.

use std::collections::BTreeMap;

use blockexc_model::requirement::REQUIREMENTS;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::names;
use super::vector::{self, Vector};

/// The name of the format, in every file.
pub const FORMAT: &str = "blockexc-vectors/1";

/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// The files, each with what a driver is asked for its vectors.
const FILES: &[(&str, &str)] = &[
    ("wire.json", "wire"),
    ("tree.json", "tree"),
    ("state.json", "state"),
    ("sequences.json", "sequence"),
];

/// What stands first in a vector, for whoever reads it.
const FIRST: &[&str] = &["id", "requirement", "level", "summary", "in_short"];

/// The requirements that no vector is about, and why.
pub const WITHOUT: &[(&str, &str)] = &[
    (
        "LEFT-4",
        "about the queue of messages to a peer, which is no part of the state",
    ),
    (
        "LEFT-5",
        "about connections and the queue of messages: `blockexc conform` tests it",
    ),
    (
        "WANT-20",
        "about lists that come together: `blockexc conform` tests it",
    ),
    (
        "XFER-11",
        "about what a node stores: `blockexc conform` tests it",
    ),
    (
        "WIRE-7",
        "about streams of a connection: `blockexc conform` tests it",
    ),
    (
        "WIRE-10",
        "about streams of a connection: `blockexc conform` tests it",
    ),
    (
        "XFER-9",
        "about what a node sends when it has much to send: `blockexc conform` tests it",
    ),
];

/// The page that describes the files.
const PAGE: &str = include_str!("../../vectors/README.md");

/// A file of vectors.
pub struct VectorFile {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
    /// How many vectors, by requirement.
    pub counts: BTreeMap<String, usize>,
}

/// All files of vectors, in a fixed order, and after them the manifest and the page.
///
/// # Errors
///
/// When a vector is wrongly written, naming it.
pub fn all() -> Result<Vec<VectorFile>, String> {
    let vectors = vector::all()?;
    let mut files: Vec<VectorFile> = FILES
        .iter()
        .map(|(name, command)| {
            let of_file = vectors.iter().filter(|vector| vector.command == *command);
            let values: Vec<Value> = of_file.map(Vector::value).collect();
            file(name, command, &values)
        })
        .collect();
    let manifest = manifest(&files);
    files.push(VectorFile {
        name: MANIFEST,
        text: manifest,
        counts: BTreeMap::new(),
    });
    files.push(VectorFile {
        name: "README.md",
        text: PAGE.to_owned(),
        counts: BTreeMap::new(),
    });
    Ok(files)
}

fn file(name: &'static str, kind: &str, vectors: &[Value]) -> VectorFile {
    let mut counts = BTreeMap::new();
    for vector in vectors {
        let requirement = vector["requirement"].as_str().unwrap_or_default();
        *counts.entry(requirement.to_owned()).or_default() += 1;
    }
    let mut text = format!(
        "{{\"format\":{},\"kind\":{},\"vectors\":[\n",
        json!(FORMAT),
        json!(kind)
    );
    let lines: Vec<String> = vectors.iter().map(line).collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n]}\n");
    VectorFile { name, text, counts }
}

/// A vector in one line.
fn line(vector: &Value) -> String {
    let fields = vector.as_object().into_iter().flatten();
    let (first, rest): (Vec<_>, Vec<_>) =
        fields.partition(|(name, _)| FIRST.contains(&name.as_str()));
    let first = FIRST
        .iter()
        .filter_map(|name| first.iter().find(|(known, _)| known == name));
    let written: Vec<String> = first
        .chain(&rest)
        .map(|(name, value)| format!("{}:{value}", json!(name)))
        .collect();
    format!("{{{}}}", written.join(","))
}

#[derive(Serialize)]
struct Manifest {
    format: &'static str,
    names: BTreeMap<char, String>,
    files: Vec<ManifestFile>,
    requirements: BTreeMap<&'static str, Value>,
}

#[derive(Serialize)]
struct ManifestFile {
    name: &'static str,
    vectors: usize,
    bytes: usize,
    sha256: String,
}

fn manifest(files: &[VectorFile]) -> String {
    let described = |file: &VectorFile| ManifestFile {
        name: file.name,
        vectors: file.counts.values().sum(),
        bytes: file.text.len(),
        sha256: hex::encode(Sha256::digest(file.text.as_bytes())),
    };
    let requirements = REQUIREMENTS.iter().map(|requirement| {
        let by_file: BTreeMap<&str, usize> = files
            .iter()
            .filter_map(|file| Some((file.name, *file.counts.get(requirement.id)?)))
            .collect();
        let reason = WITHOUT.iter().find(|(id, _)| *id == requirement.id);
        let value = match reason {
            Some((_, reason)) => json!(reason),
            None => json!(by_file),
        };
        (requirement.id, value)
    });
    let manifest = Manifest {
        format: FORMAT,
        names: names::all(),
        files: files.iter().map(described).collect(),
        requirements: requirements.collect(),
    };
    format!("{:#}\n", json!(manifest))
}
