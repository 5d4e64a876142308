//! Replays what was recorded of deployed nodes against the model under their dialects: what they
//! sent to each peer, and what they kept, after every step.
//!
//! The recordings are observations and no part of this project. `BLOCKEXC_TRANSCRIPTS` names the
//! folder that holds them, with a folder for each node in it; without it nothing is replayed.

mod observed;
mod recording;
mod replay;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use blockexc_model::Deviation::*;
use blockexc_model::deviation::Layer;
use blockexc_model::{Deviation, Dialect};

use observed::Scope;
use recording::Recording;

/// The environment variable that names the folder.
const FOLDER: &str = "BLOCKEXC_TRANSCRIPTS";

/// A scenario to which the model does not go.
struct Listed {
    scenario: &'static str,
    reason: &'static str,
}

const LISTED_2025_06: &[Listed] = &[Listed {
    scenario: "R10",
    reason: "to ask a peer that says Have counts as a retry there, so that the request fails one earlier; \
             how a node counts is its own affair (ASK-9), and no deviation says it",
}];
const LISTED_2025_12: &[Listed] = &[];

/// The recordings of one node, in order of their names.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(
        !files.is_empty(),
        "{} holds no recordings",
        folder.display()
    );
    files
}

fn read(path: &Path) -> Recording {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// How many scenarios of one class came out how.
#[derive(Default)]
struct Counts {
    matched: usize,
    listed: usize,
    differing: usize,
}

/// Replays every recording of a node. Of every ten scenarios without retries, `at_least` match.
fn replay_all(node: &str, scope: Scope, listed: &[Listed], at_least: usize) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("{node}: skipped, for {FOLDER} names no folder of recordings");
        return;
    };
    let dialect = Dialect::find(node).unwrap_or_else(|| panic!("no dialect is named {node}"));
    let mut counts: BTreeMap<char, Counts> = BTreeMap::new();
    for path in recordings(&Path::new(&folder).join(node)) {
        let recording = read(&path);
        assert_eq!(recording.node, node, "{}", path.display());
        let class = recording.scenario.chars().next().unwrap_or('?');
        let counts = counts.entry(class).or_default();
        let outcome = replay::replay(&recording, dialect, scope);
        let listed = listed
            .iter()
            .find(|listed| recording.scenario.starts_with(listed.scenario));
        match (outcome, listed) {
            (Ok(()), None) => counts.matched += 1,
            (Ok(()), Some(_)) => {
                counts.matched += 1;
                println!("{node} {} matches, though it is listed", recording.scenario);
            }
            (Err(_), Some(listed)) => {
                counts.listed += 1;
                println!("{node} {}: {}", recording.scenario, listed.reason);
            }
            (Err(difference), None) => {
                counts.differing += 1;
                println!("{node} {} differs\n{difference}", recording.scenario);
            }
        }
    }
    for (class, counts) in &counts {
        let Counts {
            matched,
            listed,
            differing,
        } = counts;
        println!("{node} {class}: {matched} matched, {listed} listed, {differing} differ");
    }
    let plain: Vec<_> = counts.iter().filter(|(class, _)| **class != 'R').collect();
    let matched: usize = plain.iter().map(|(_, counts)| counts.matched).sum();
    let all: usize = plain
        .iter()
        .map(|(_, counts)| counts.matched + counts.listed + counts.differing)
        .sum();
    assert!(
        matched * 10 >= all * at_least,
        "{node}: only {matched} of {all} match"
    );
    let differing: usize = counts.values().map(|counts| counts.differing).sum();
    assert_eq!(differing, 0, "{node}: scenarios differ and are not listed");
}

const CODEX_2025_06: Scope = Scope {
    announces_at_leisure: false,
};
const LOGOS_2025_12: Scope = Scope {
    announces_at_leisure: true,
};
const NODES: &[(&str, Scope)] = &[
    ("codex-2025-06", CODEX_2025_06),
    ("logos-2025-12", LOGOS_2025_12),
];

#[test]
fn codex_2025_06_does_what_was_recorded() {
    replay_all("codex-2025-06", CODEX_2025_06, LISTED_2025_06, 9);
}

#[test]
fn logos_2025_12_does_what_was_recorded() {
    replay_all("logos-2025-12", LOGOS_2025_12, LISTED_2025_12, 8);
}

/// Deviations that the recordings of a node which has them do not show, each with the reason.
const UNSEEN: &[(Deviation, &str)] = &[
    (
        RejoinResends,
        "of several connections of one peer a recorded node makes one Joined event",
    ),
    (AbortOnMissingData, "no recorded delivery is without data"),
    (
        AskOutlivesCancel,
        "abort-on-stale-ask, which the same node has, keeps the same marks",
    ),
    (NoAnnounceAgain, "announcements are not compared"),
    (UnorderedServing, "the order is not compared"),
    (
        DropSlowPeer,
        "that the peer leaves is an input of the replay, whoever ended the connection",
    ),
];

#[test]
fn each_deviation_of_a_dialect_shows_in_its_recordings() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("skipped, for {FOLDER} names no folder of recordings");
        return;
    };
    let mut wrong = Vec::new();
    for (node, scope) in NODES {
        let dialect = Dialect::find(node).expect("every recorded node has a dialect");
        let recordings: Vec<_> = recordings(&Path::new(&folder).join(node))
            .iter()
            .map(|path| read(path))
            .collect();
        for left_out in dialect.deviations.iter() {
            if left_out.layer() != Layer::Model {
                continue;
            }
            let without = Dialect {
                deviations: dialect
                    .deviations
                    .iter()
                    .filter(|d| *d != left_out)
                    .collect(),
                ..*dialect
            };
            let differing = recordings
                .iter()
                .filter(|recording| replay::replay(recording, &without, *scope).is_err())
                .count();
            println!("{node} without {left_out}: {differing} differ");
            let is_listed = UNSEEN.iter().any(|(unseen, _)| *unseen == left_out);
            if (differing == 0) != is_listed {
                wrong.push(format!("{node} without {left_out}: {differing} differ"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
