//! Random traces: the reference is explained, what deviates is found and made small, and what a node is
//! free to do is not held against it.

mod deviations;
mod dialects;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use blockexc::node::{self, NodeOptions};
use blockexc::suite::embedded::EmbeddedSource;
use blockexc::suite::needs::Offers;
use blockexc::suite::plan::Plan;
use blockexc::suite::protocol_id::CODEX;
use blockexc::suite::random::campaign::{self, Campaign, Failure, MOST_STEPS, Orders, Stimuli};
use blockexc::suite::random::fit::fit;
use blockexc::suite::random::generate::Dice;
use blockexc::suite::random::stimulus::Step;
use blockexc::suite::source::TargetSource;
use blockexc::suite::transport::{KeyType, Muxer};
use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::{Deviation, Deviations, Dialect};
use predicates::prelude::*;
use predicates::str::contains;

use super::conform_remote::remote;
use super::program::blockexc;

/// No run takes longer: one that does is interrupted, and has played less than it was to.
const LONGEST: Duration = Duration::from_secs(300);
/// So many traces of the reference, of each way to reach it.
const TRACES: u64 = 40;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |number| number.parse().unwrap())
}

/// A fresh embedded node for each trace, as many at once as the machine has cores for.
fn embedded(deviations: Deviations) -> Arc<dyn TargetSource> {
    Arc::new(EmbeddedSource {
        dialect: None,
        deviations,
        protocol: CODEX.to_owned(),
        muxer: Some(Muxer::Yamux),
        key_type: KeyType::Ed25519,
        arguments: Vec::new(),
        jobs: 2,
    })
}

async fn play(
    source: Arc<dyn TargetSource>,
    traces: u64,
    seed: u64,
    expect: Option<&'static Dialect>,
) -> Campaign {
    let orders = Orders {
        source,
        plan: Plan {
            timeout: Duration::from_secs(20),
            muxers: vec![Muxer::Yamux],
            key_type: KeyType::Ed25519,
            ..Plan::new(Vec::new(), seed)
        },
        expect,
    };
    let time_is_up = tokio::time::sleep(LONGEST);
    campaign::run(&orders, Stimuli::Random(traces), time_is_up, |_| {}).await
}

/// A failure, with what shows it.
fn shown(failure: &Failure) -> String {
    let steps = failure.saved.trace.steps.iter();
    let steps: Vec<String> = steps.map(Step::to_string).collect();
    let log = String::from_utf8(failure.played.log.text().unwrap()).unwrap();
    format!("{:#?}\n{}\n{log}", failure.finding, steps.join("\n"))
}

fn is_explained(campaign: &Campaign, traces: u64) {
    if let Some(failure) = campaign.failures.first() {
        panic!("{}", shown(failure));
    }
    assert_eq!(campaign.traces, traces);
    assert_eq!(campaign.broken_off, []);
    assert_eq!(campaign.partly, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_explained() {
    let traces = number("BLOCKEXC_RANDOM_TRACES", TRACES);
    let seed = number("BLOCKEXC_RANDOM_SEED", 1);
    let campaign = play(embedded(Deviations::none()), traces, seed, None).await;
    is_explained(&campaign, traces);
    // What traces are about is not always the same few things.
    let touched = campaign.coverage.touched().count();
    assert!(touched > 50, "only {touched} requirements are touched");
}

/// By the wire alone, on one node that serves all traces; it asks for payment, and holds a block.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_which_only_the_address_is_known_is_explained() {
    for deviation in [None, Some(Deviation::SilentHave)] {
        let node = node::start(NodeOptions {
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            price: 7.into(),
            account: Some(blockexc_model::message::Account([5; 20])),
            deviations: deviation.into_iter().collect(),
            ..NodeOptions::default()
        })
        .await
        .unwrap();
        let held = node.put(bytes::Bytes::from_static(b"held")).await.unwrap();
        let source: Arc<dyn TargetSource> = Arc::new(remote(&node.addresses()[0], held));
        let campaign = play(source, TRACES, 2, None).await;
        match deviation {
            None => is_explained(&campaign, TRACES),
            Some(_) => {
                let failure = campaign.failures.first().unwrap();
                let finding = failure.finding.as_ref().unwrap();
                assert_eq!(finding.requirements(), ["WANT-4"], "{}", shown(failure));
                assert!(failure.saved.trace.steps.len() <= 2, "{}", shown(failure));
            }
        }
        node.shutdown().await;
    }
}

/// Each permitted deviation of the model is a choice that nothing is said against.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_permitted_is_not_held_against_a_node() {
    for deviation in Deviation::ALL.iter().filter(|it| it.is_permitted()) {
        let campaign = play(embedded(Deviations::of(&[*deviation])), 20, 3, None).await;
        if let Some(failure) = campaign.failures.first() {
            panic!("{deviation}: {}", shown(failure));
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_traces() {
    let trace = |seed, number| Dice::of(seed, number).trace(MOST_STEPS);
    assert_eq!(trace(1, 1), trace(1, 1));
    assert_ne!(trace(1, 1), trace(1, 2));
    assert_ne!(trace(1, 1), trace(2, 1));
}

#[test]
fn a_target_is_put_through_what_it_offers() {
    let mut wire_alone = 0;
    for number in 0..100 {
        let trace = Dice::of(1, number).trace(MOST_STEPS);
        let trace = fit(trace, &Offers::default(), Deviations::none());
        assert_eq!((trace.price, trace.account), (0, None));
        let mut joined = [false; 3];
        for step in &trace.steps {
            match step {
                Step::Joined(peer) => {
                    assert!(!joined[usize::from(*peer)], "a peer joins twice");
                    joined[usize::from(*peer)] = true;
                }
                Step::Left(peer) => {
                    assert!(joined[usize::from(*peer)]);
                    joined[usize::from(*peer)] = false;
                }
                Step::Received { from, .. } => {
                    assert!(joined[usize::from(*from)]);
                    wire_alone += 1;
                }
                other => panic!("nobody can make the target do this: {other}"),
            }
        }
    }
    assert!(wire_alone > 100, "{wire_alone}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_failure_is_saved_played_again_and_refused_as_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let folder_name = folder.path().to_str().unwrap();
    let random = |more: &[&str]| {
        let mut command = blockexc(&["conform", "--random", "100", "--seed", "7"]);
        command.args(["--save", folder_name]).args(more);
        command
    };
    random(&["--deviation", "always-dont-have"])
        .assert()
        .code(1)
        .stdout(contains("FAIL random/trace-").and(contains("WANT-6 MUST:")))
        .stdout(contains("as a node does that deviates by always-dont-have"))
        .stdout(contains("again:    blockexc conform --replay "))
        .stdout(contains("does not conform"));
    let saved = names(folder.path());
    let [trace, log] = saved.as_slice() else {
        panic!("{saved:?}");
    };
    assert_eq!(format!("{trace}l"), *log);
    let trace = folder.path().join(trace).to_str().unwrap().to_owned();
    let log = folder.path().join(log).to_str().unwrap().to_owned();
    blockexc(&["trace", "validate", &log])
        .assert()
        .code(1)
        .stdout(contains("breaks WANT-6"));
    let replay = |more: &[&str]| {
        let mut command = blockexc(&["conform", "--replay", &trace, "--save", folder_name]);
        command.args(more);
        command
    };
    let again = replay(&["--deviation", "always-dont-have", "--json", "-"])
        .assert()
        .code(1);
    let result: RunResult = serde_json::from_slice(&again.get_output().stdout).unwrap();
    let failed: Vec<_> = result
        .results
        .iter()
        .filter(|it| it.verdict == Verdict::Fail)
        .collect();
    let [failed] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    assert_eq!(failed.requirement, "WANT-6");
    assert_eq!(failed.broken_by, ["always-dont-have"]);
    assert!(!failed.exchange.is_empty());
    replay(&[])
        .assert()
        .success()
        .stdout(contains("Nothing wrong in the"));
}

#[test]
fn what_is_no_saved_trace_is_named_with_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved.json");
    let name = file.to_str().unwrap();
    let trace = |format: &str, steps: &str| {
        format!(
            "{{\"format\":\"{format}\",\"seed\":1,\"number\":1,\"expect\":null,\"trace\":{{\
             \"price\":0,\"account\":null,\"retries\":4294967295,\"choices\":0,\"steps\":{steps}}}}}"
        )
    };
    for (text, expected) in [
        ("{}".to_owned(), "missing field"),
        (trace("other/1", "[]"), "blockexc-random/1 is expected"),
        (
            trace("blockexc-random/1", "[{\"Joined\":3}]"),
            "step 1 is about",
        ),
        (
            trace("blockexc-random/1", "[{\"Joined\":0},{\"Deleted\":0}]"),
            "step 2 is about",
        ),
    ] {
        fs::write(&file, text).unwrap();
        blockexc(&["conform", "--replay", name])
            .assert()
            .code(2)
            .stderr(contains(name).and(contains(expected)));
    }
    blockexc(&["conform", "--random", "0"]).assert().code(2);
    blockexc(&["conform", "--random", "1", "WANT-1"])
        .assert()
        .code(2)
        .stderr(contains("cannot be used with"));
    blockexc(&["conform", "--random", "1", "--save", name])
        .assert()
        .code(2)
        .stderr(contains("no such folder"));
}
