//! What fuzzing starts from, for each target: the vectors, the documentation's examples, and small files
//! as this program writes them.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use blockexc::suite::baseline::Baseline;
use blockexc::vectors::vector;
use blockexc_model::dialect::DIALECTS;
use serde_json::{Value, json};

/// A trace by `blockexc conform --random`, its log, a counterexample by `blockexc check --trace`, and a
/// result by `blockexc conform --json`.
const RANDOM: &str = include_str!("seeds/random.json");
const RANDOM_LOG: &str = include_str!("seeds/random.jsonl");
const COUNTEREXAMPLE: &str = include_str!("seeds/counterexample.json");
const RESULT: &str = include_str!("seeds/result.json");
/// A log as another implementation may write it.
const SAMPLE: &str = include_str!("../examples/traces/sample.jsonl");
/// What an adapter says, in its examples.
const ADAPTER: &str = include_str!("../docs/adapter.md");

/// The seeds of a target. Those of the wire are what the vectors say, unusable ones too.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "frame" => wire_vectors("stream"),
        "decode" => wire_vectors("message"),
        "proof" => [1, 2, 5, 8, 33]
            .into_iter()
            .flat_map(|leaves| [vec![leaves, 0], vec![leaves, leaves - 1, 1, 0, 7]])
            .chain(proofs())
            .collect(),
        "log" => vec![SAMPLE.into(), RANDOM_LOG.into()],
        "file" => files(),
        "line" => lines(),
        _ => Vec::new(),
    }
}

/// Writes a target's seeds into its corpus.
pub fn write(target: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder).unwrap();
    for (number, seed) in of(target).into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}

/// What a question of the vectors has in this field, in hexadecimal there.
fn wire_vectors(field: &str) -> Vec<Vec<u8>> {
    let vectors = vector::all().unwrap();
    let bytes = |vector: &vector::Vector| hex::decode(vector.question[field].as_str()?).ok();
    vectors.iter().filter_map(bytes).collect()
}

/// The encoded proofs of the vectors.
fn proofs() -> Vec<Vec<u8>> {
    let vectors = vector::all().unwrap();
    let proof = |vector: &vector::Vector| {
        let proof = &vector.question["delivery"]["proof"];
        hex::decode(proof.as_str()?).ok()
    };
    vectors.iter().filter_map(proof).collect()
}

fn files() -> Vec<Vec<u8>> {
    let baselines = DIALECTS.iter().map(|dialect| {
        let mut baseline = Baseline::of_dialect(dialect, &[]);
        // What is expected of a dialect may have two outcomes; a file names a thing once.
        let mut names = BTreeSet::new();
        baseline
            .entries
            .retain(|entry| names.insert(entry.name.clone()));
        baseline.to_toml()
    });
    let texts = [COUNTEREXAMPLE, RANDOM, RESULT].map(str::to_owned);
    let all = texts.into_iter().chain(baselines.map(Result::unwrap));
    all.map(String::into_bytes).collect()
}

/// What an adapter says, and what a driver answers to each vector.
fn lines() -> Vec<Vec<u8>> {
    let examples = ADAPTER.lines().map(str::trim_start);
    let examples = examples
        .filter_map(|line| line.strip_prefix("← ").or(line.strip_prefix("→ ")))
        .map(str::to_owned);
    let vectors = vector::all().unwrap();
    let answers = vectors.iter().map(|vector| {
        let answer: &Value = &vector.value()["outcomes"][0];
        json!({ "vector": vector.id, "answer": answer }).to_string()
    });
    examples.chain(answers).map(String::into_bytes).collect()
}
