//! Networks of engines and models in virtual time: what must hold of them holds, what breaks it is
//! found, and every run repeats itself.

use std::time::Duration;

use assert_cmd::Command;
use blockexc::simulate::faults::Fault;
use blockexc::simulate::properties::{ASKED_FOR, MET, NOTHING_LEFT, Property, UNOBTAINABLE, VALID};
use blockexc::simulate::requests::LossReason;
use blockexc::simulate::summary::Summary;
use blockexc::simulate::{Options, simulate};
use blockexc_model::dialect::{DIALECTS, Dialect, Evidence};
use blockexc_model::{Deviation, Deviations};
use clap::ValueEnum;
use predicates::prelude::*;
use predicates::str::contains;

fn every_fault() -> Vec<Fault> {
    Fault::value_variants().to_vec()
}

fn dialect(name: &str) -> &'static Dialect {
    Dialect::find(name).unwrap()
}

fn run(options: &Options) -> Summary {
    simulate(options, &mut |_| std::ops::ControlFlow::Continue(())).unwrap()
}

/// Some nodes whose users are busy for a while, with every fault.
fn busy(seed: u64) -> Options {
    Options {
        nodes: 8,
        blocks: 40,
        length: Duration::from_secs(12 * 60),
        faults: every_fault(),
        seed,
        request_interval: Duration::from_secs(10),
        judge_every: 10,
        ..Options::default()
    }
}

#[test]
fn the_reference_meets_every_want_that_can_be_met() {
    for seed in 0..4 {
        let summary = run(&busy(seed));
        assert_eq!(summary.first_violation, None, "seed {seed}\n{summary}");
        let requests = &summary.requests;
        assert!(requests.obtained > 300, "{summary}");
        assert_eq!(requests.obtained_garbage, 0);
        let ended = requests.obtained
            + requests.cancelled
            + requests.ended_by_restart
            + requests.all_lost();
        assert_eq!(requests.requested, ended, "{summary}");
        assert!(summary.steps_judged > 100 && summary.states_looked_at > 100);
        for reason in requests.lost.keys() {
            assert!(
                matches!(reason, LossReason::NobodyHeldIt | LossReason::Misbehaved),
                "{summary}"
            );
        }
    }
}

#[test]
fn without_faults_whatever_somebody_holds_is_obtained() {
    let summary = run(&Options {
        faults: Vec::new(),
        ..busy(5)
    });
    let requests = &summary.requests;
    assert_eq!(summary.first_violation, None);
    assert_eq!(summary.happened.disconnections, 0);
    for reason in requests.lost.keys() {
        assert_eq!(*reason, LossReason::NobodyHeldIt, "{summary}");
    }
}

#[test]
fn the_same_seed_gives_the_same_summary() {
    let json = |seed| serde_json::to_string(&run(&busy(seed))).unwrap();
    assert_eq!(json(7), json(7));
    assert_ne!(json(7), json(8));
}

#[test]
fn dialects_lose_what_the_checker_predicts_and_nothing_else() {
    for seed in 0..2 {
        let summary = run(&Options {
            dialects: DIALECTS.iter().collect(),
            nodes: 10,
            ..busy(seed)
        });
        assert_eq!(summary.first_violation, None, "seed {seed}\n{summary}");
        // A node that reads answers on its own streams only gets nothing from most of the others.
        let neverust = &summary.requests_of["neverust-2026-03"];
        assert!(neverust.lost[&LossReason::Dialects] > 0, "{summary}");
    }
    // Two dialects of which the table says that each obtains everything from the other.
    let summary = run(&Options {
        dialects: vec![dialect("reference"), dialect("logos-2025-12")],
        faults: vec![Fault::Disconnects],
        ..busy(3)
    });
    assert_eq!(summary.first_violation, None, "{summary}");
    for reason in summary.requests.lost.keys() {
        assert_eq!(*reason, LossReason::NobodyHeldIt, "{summary}");
    }
}

fn violates(options: &Options, property: &Property) -> Summary {
    let summary = run(options);
    let mut violated = summary.violations.iter();
    assert!(
        violated.any(|violations| violations.property == *property),
        "{:?} violates something else than {}:\n{summary}",
        options.deviations,
        property.name
    );
    summary
}

#[test]
fn each_property_of_the_network_is_violated_by_what_breaks_it() {
    // Where requests are rare, there are times at which every one has ended.
    for (deviation, property, seconds) in [
        (Deviation::OwnStreamOnly, MET, 4),
        (Deviation::AcceptUnwanted, ASKED_FOR, 4),
        (Deviation::AcceptUnprovenLeaf, VALID, 4),
        (Deviation::KeepPresenceOnResolve, NOTHING_LEFT, 40),
    ] {
        violates(
            &Options {
                deviations: Deviations::of(&[deviation]),
                request_interval: Duration::from_secs(seconds),
                ..busy(1)
            },
            &property,
        );
    }
}

#[test]
fn a_prediction_that_is_wrong_is_found() {
    // A node that is said to obtain nothing, and does.
    static FALSE_NEVERUST: Dialect = Dialect {
        name: "neverust-2026-03",
        about: "not what it says it is",
        evidence: Evidence::Read,
        deviations: Deviations::none(),
    };
    violates(
        &Options {
            dialects: vec![&DIALECTS[0], &FALSE_NEVERUST],
            ..busy(1)
        },
        &UNOBTAINABLE,
    );
    // A node that is said to obtain everything, and does not.
    static FALSE_LOGOS: Dialect = Dialect {
        name: "logos-2025-12",
        about: "not what it says it is",
        evidence: Evidence::Read,
        deviations: Deviations::of(&[Deviation::OwnStreamOnly]),
    };
    violates(
        &Options {
            dialects: vec![&DIALECTS[0], &FALSE_LOGOS],
            ..busy(1)
        },
        &MET,
    );
}

#[test]
fn who_breaks_a_rule_is_named_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (log, json) = (
        folder.path().join("node.log"),
        folder.path().join("all.json"),
    );
    Command::cargo_bin("blockexc")
        .unwrap()
        .args([
            "simulate",
            "--hours",
            "0.2",
            "--deviation",
            "presence-unbounded",
        ])
        .args(["--request-interval", "10", "--trace", log.to_str().unwrap()])
        .args(["--json", json.to_str().unwrap()])
        .assert()
        .code(1)
        .stdout(contains("PRES-1"))
        .stdout(contains("first by node 0 (reference, "))
        .stdout(contains("lines of its log:"));
    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(summary["format"], "blockexc-simulation/1");
    assert_eq!(summary["first_violation"]["node"], 0);
    // The log convicts the node without the simulator.
    Command::cargo_bin("blockexc")
        .unwrap()
        .args(["trace", "validate", log.to_str().unwrap()])
        .assert()
        .code(1);
    Command::cargo_bin("blockexc")
        .unwrap()
        .args(["trace", "validate", log.to_str().unwrap()])
        .args(["--deviation", "presence-unbounded"])
        .assert()
        .success();
}

#[test]
fn parts_of_a_campaign_put_together_are_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("blockexc").unwrap();
        command.args(arguments).current_dir(folder.path()).assert()
    };
    // Of these four seeds some violate a property, and some do not.
    let campaign = "simulate --runs 4 --hours 0.02 --nodes 3 --blocks 6 --request-interval 10 \
                    --deviation presence-unbounded --json";
    let campaign: Vec<&str> = campaign.split_whitespace().collect();
    run(&[&campaign[..], &["whole.json"]].concat()).code(1);
    for number in 1..=4 {
        let (shard, file) = (format!("{number}/4"), format!("{number}.json"));
        run(&[&campaign[..], &[&file, "--shard", &shard]].concat());
    }
    let merge = ["report", "merge", "--json", "merged.json"];
    run(&[&merge[..], &["2.json", "4.json", "1.json", "3.json"]].concat())
        .code(1)
        .stdout(contains("4 simulations"))
        .stdout(contains("a property is violated with the seeds"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("merged.json"), read("whole.json"));
    run(&[&merge[..], &["2.json", "4.json"]].concat())
        .code(2)
        .stderr(contains("missing: 1/4, 3/4"));
    run(&[&campaign[..], &["5.json", "--shard", "1/4", "--seed", "9"]].concat());
    run(&[&merge[..], &["5.json", "2.json", "3.json", "4.json"]].concat())
        .code(2)
        .stderr(contains("are of different campaigns: their seeds differ"));
    run(&[
        "conform", "PRES-1", "--shard", "1/4", "--seed", "1", "--json", "6.json",
    ]);
    run(&[&merge[..], &["1.json", "6.json"]].concat())
        .code(2)
        .stderr(contains("6.json is another kind of result than 1.json"));
}

#[test]
fn what_cannot_be_simulated_is_said() {
    for (arguments, words) in [
        (&["--nodes", "1"][..], "from 2 to 1000 is expected"),
        (&["--blocks", "0"], "from 1 to 1000000 is expected"),
        (&["--hours", "0"], "more than 0"),
        (&["--hours", "NaN"], "more than 0"),
        (&["--faults", "rain"], "`rain` is none of disconnects"),
        (&["--dialect", "esperanto"], "there are reference"),
        (&["--retry-interval", "0"], "an interval is 0"),
        (&["--runs", "0"], "from 1 to 1000000 is expected"),
        (
            &["--runs", "2", "--shard", "3/3"],
            "part 3/3 has no simulation: there are 2",
        ),
        (&["--json", "/nowhere/file"], "there is no folder /nowhere"),
        (&["--trace", "/"], "it is a folder"),
    ] {
        Command::cargo_bin("blockexc")
            .unwrap()
            .arg("simulate")
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(words).and(contains("panicked").not()));
    }
}
