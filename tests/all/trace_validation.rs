//! Logs made by the model and the engine are accepted; logs of nodes that deviate are rejected, at
//! the step where they first do otherwise, for what the deviation breaks.

mod differences;
mod format;
mod logged;
mod reported;
mod short;

use blockexc::trace::find::find_dialects;
use blockexc::trace::judge::{NodeVerdict, Suppose};
use blockexc::trace::read::LogReader;
use blockexc::trace::shrink::shrink;
use blockexc::trace::unexplained::{Stop, Unexplained};
use blockexc::trace::validate::validate;
use blockexc_model::Deviation;
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::dialect::DIALECTS;

use crate::cross_check::trace::{Dice, Step, Trace};
use blockexc_model::Address;
use blockexc_model::message::{Presence, PresenceType, WantEntry, WantList};
use blockexc_model::price::Price;
use logged::{Who, log_of};

fn verdict(log: &str, suppose: Suppose) -> NodeVerdict {
    let verdicts = validate(|| Ok(log.as_bytes()), suppose).unwrap();
    assert_eq!(verdicts.len(), 1);
    verdicts.into_iter().next().unwrap()
}

/// Whether nothing in the log is wrong. It may be too short for anything to be.
fn is_right(verdict: &NodeVerdict) -> bool {
    matches!(verdict.stop, None | Some(Stop::Vacuous { .. }))
}

fn rejection(log: &str, suppose: Suppose) -> Option<Unexplained> {
    match verdict(log, suppose).stop? {
        Stop::Unexplained(unexplained) => Some(*unexplained),
        Stop::Inconclusive { line, why } => panic!("inconclusive at line {line}: {why}"),
        // It has too few lines to be wrong.
        Stop::Vacuous { .. } => None,
    }
}

#[test]
fn logs_of_the_model_and_of_the_engine_are_explained() {
    for seed in 0..300 {
        let trace = Dice::new(seed).trace(60);
        for who in [Who::Engine, Who::Model(Deviations::none())] {
            for dumps in [false, true] {
                let log = log_of(&trace, who, dumps);
                let verdict = verdict(&log, Suppose::as_logged());
                assert!(is_right(&verdict), "seed {seed}: {:?}\n{log}", verdict.stop);
                assert_eq!(verdict.explained + 1, log.lines().count() as u64);
            }
        }
    }
}

/// The same logs, said to be incomplete: whatever is accepted exactly is accepted loosely.
#[test]
fn logs_of_the_engine_are_explained_loosely() {
    for seed in 0..300 {
        let trace = Dice::new(seed).trace(60);
        let log = log_of(&trace, Who::Engine, seed % 2 == 0);
        let log = log.replacen(r#""complete":true"#, r#""complete":false"#, 1);
        let kept: Vec<_> = log
            .lines()
            // What a foreign node does not log.
            .filter(|line| !line.contains(r#""retried""#) && !line.contains(r#""dump""#))
            .collect();
        let rejected = rejection(&log, Suppose::as_logged());
        assert_eq!(rejected, None, "seed {seed}\n{log}");
        let silent = kept.join("\n");
        let rejected = rejection(&silent, Suppose::as_logged());
        assert_eq!(rejected, None, "silent, seed {seed}\n{silent}");
    }
}

/// A log that starts in the middle, anywhere, is never held against a node.
#[test]
fn logs_cut_at_the_front_are_explained_as_far_as_they_are_known() {
    let mut judged = 0;
    for seed in 0..300 {
        let trace = Dice::new(seed).trace(60);
        let log = log_of(&trace, Who::Engine, seed % 2 == 0);
        let lines: Vec<_> = log.lines().collect();
        let cut = Dice::new(seed).below(lines.len());
        let header = lines[0].replace(r#""complete":true"#, r#""from":"middle""#);
        let rest = &lines[1 + cut.min(lines.len() - 1)..];
        let log = format!("{header}\n{}", rest.join("\n"));
        let verdict = verdict(&log, Suppose::as_logged());
        assert!(is_right(&verdict), "seed {seed}: {:?}\n{log}", verdict.stop);
        judged += u64::from(verdict.skipped == 0 && verdict.explained > 5);
    }
    assert!(judged > 0);
}

#[test]
fn a_log_cut_at_the_end_is_explained() {
    for seed in 0..50 {
        let trace = Dice::new(seed).trace(30);
        let log = log_of(&trace, Who::Engine, false);
        let lines: Vec<_> = log.lines().collect();
        for end in 1..=lines.len() {
            let rejected = rejection(&lines[..end].join("\n"), Suppose::as_logged());
            assert_eq!(rejected, None, "seed {seed}, {end} lines\n{log}");
        }
    }
}

/// Deviations of the model's layer that no log shows, each with the reason.
const OUT_OF_REACH: &[(Deviation, &str)] = &[(
    Deviation::DropSlowPeer,
    "that the node closed the connection is no event of the log: it shows as a peer that left",
)];

#[test]
fn a_log_of_a_node_that_deviates_is_rejected_for_what_the_deviation_breaks() {
    let mut missed = Vec::new();
    for deviation in Deviation::ALL {
        if deviation.layer() != Layer::Model
            || OUT_OF_REACH.iter().any(|(other, _)| other == deviation)
        {
            continue;
        }
        let generated = (0..2000_u32).map(|seed| {
            let mut trace = Dice::new(seed.into()).trace(60);
            if trace.retries == u32::MAX && seed % 2 == 0 {
                trace.retries = 1;
            }
            trace
        });
        // Dumps show what messages show much later, or not at all; every second log has them.
        let found = match deviation {
            Deviation::OversizedLists
            | Deviation::ListsOf1024
            | Deviation::RefuseLongLists
            | Deviation::AskInSlices => is_rejected(*deviation, &long_lists(), false),
            Deviation::ManyBlocksAMessage => is_rejected(*deviation, &many_blocks(), false),
            _ => generated
                .zip([false, true].into_iter().cycle())
                .any(|(trace, dumps)| is_rejected(*deviation, &trace, dumps)),
        };
        if !found {
            missed.push(deviation.name());
        }
    }
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn what_is_out_of_reach_is_so() {
    for (deviation, reason) in OUT_OF_REACH {
        assert!(!reason.is_empty());
        for seed in 0..50 {
            let deviant = Who::Model(Deviations::of(&[*deviation]));
            let log = log_of(&Dice::new(seed).trace(60), deviant, true);
            assert_eq!(rejection(&log, Suppose::so(Deviations::none())), None);
        }
    }
}

/// More blocks than one message should hold, asked for in one list.
fn many_blocks() -> Trace {
    let blocks = 0..30;
    let leaf = |index: u8| Address::Leaf {
        tree: 100,
        index: index.into(),
    };
    let mut steps = vec![Step::Joined(0)];
    steps.extend(blocks.clone().map(|index| Step::Stored {
        cid: index,
        leaves: vec![leaf(index)],
    }));
    let wants = blocks.map(|index| WantEntry::want_block(leaf(index)));
    steps.extend([received(0, wants.collect(), Vec::new()), Step::Deleted(200)]);
    Trace {
        steps,
        ..long_lists()
    }
}

fn received(from: u8, entries: Vec<WantEntry<u8>>, presences: Vec<Presence<u8>>) -> Step {
    let want_list = WantList {
        entries,
        full: false,
    };
    Step::Received {
        from,
        want_list: (!want_list.entries.is_empty()).then_some(want_list),
        deliveries: Vec::new(),
        presences,
        account: None,
        payment: None,
    }
}

/// Lists longer than one message should hold: one received, one to be sent, and one of what a peer
/// has.
fn long_lists() -> Trace {
    let leaf = |index| Address::Leaf { tree: 100, index };
    let questions = (0..600).map(|index| WantEntry {
        send_dont_have: true,
        ..WantEntry::want_have(leaf(index))
    });
    let mut steps = vec![
        Step::Joined(0),
        received(0, questions.collect(), Vec::new()),
        Step::Left(0),
    ];
    steps.extend((0..=1000).map(|index| Step::Request(leaf(index))));
    let haves = (0..200).map(|index| Presence {
        address: leaf(index),
        presence_type: PresenceType::Have,
        price: Price::ZERO,
    });
    steps.extend([
        Step::Joined(1),
        received(1, Vec::new(), haves.collect()),
        Step::Deleted(1),
    ]);
    Trace {
        price: 0,
        account: None,
        wants_per_peer: u32::MAX,
        retries: u32::MAX,
        choices: 0,
        steps,
    }
}

/// Whether a log of this node is rejected; if so, rightly.
fn is_rejected(deviation: Deviation, trace: &Trace, dumps: bool) -> bool {
    let deviant = Who::Model(Deviations::of(&[deviation]));
    let log = log_of(trace, deviant, dumps);
    let reference = log_of(trace, Who::Model(Deviations::none()), dumps);
    let Some(rejected) = rejection(&log, Suppose::so(Deviations::none())) else {
        return false;
    };
    // The reference has nothing put off that could be served.
    let told = |log: &str| -> Vec<(u64, String)> {
        let lines = log.lines().enumerate();
        lines
            .filter(|(_, line)| !line.contains(r#""event":"served""#))
            .map(|(place, line)| (place as u64 + 1, line.to_owned()))
            .collect()
    };
    let (told, expected) = (told(&log), told(&reference));
    let same = told.iter().zip(&expected).take_while(|(a, b)| a.1 == b.1);
    let same = same.count();
    let first = told.get(same).map_or(u64::MAX - 1, |(line, _)| *line);
    // What was put off may stand between.
    let from = told[..same].last().map_or(1, |(line, _)| line + 1);
    let input = log
        .lines()
        .take(first as usize)
        .enumerate()
        .filter(|(_, line)| logged::is_input(line))
        .map(|(place, _)| place as u64 + 1)
        .last()
        .unwrap();
    let next = log
        .lines()
        .enumerate()
        .skip(first as usize)
        .find(|(_, line)| logged::is_input(line))
        .map_or(u64::MAX, |(place, _)| place as u64 + 1);
    assert!(
        input.min(rejected.input) <= rejected.line
            && from.min(first) <= rejected.line
            && rejected.line <= next,
        "{deviation}: line {} rejected, {first} is the first that differs\n{log}",
        rejected.line
    );
    assert!(
        rejected.deviations.contains(&deviation),
        "{deviation}: {rejected:?}\n{log}"
    );
    // Only what is certain is named: what each of the deviations breaks that explain the log. Where
    // it is the only one, that is all that it breaks.
    if rejected.deviations == [deviation] && rejected.explained_to.is_none() {
        assert_eq!(rejected.requirements, deviation.breaks(), "{rejected:?}");
    }
    let is_broken_by_some = |id: &&str| {
        let mut others = rejected.deviations.iter();
        others.any(|it| it.breaks().contains(id))
    };
    assert!(
        rejected.explained_to.is_some() || rejected.requirements.iter().all(is_broken_by_some),
        "{deviation}: {rejected:?}"
    );
    assert_eq!(rejected.without, [], "{deviation}: {rejected:?}");
    // And by itself it explains the log.
    assert_eq!(
        rejection(&log, Suppose::so(Deviations::of(&[deviation]))),
        None
    );
    true
}

#[test]
fn the_dialect_of_a_log_is_found() {
    for dialect in DIALECTS {
        for seed in 0..30 {
            let trace = Dice::new(seed).trace(80);
            let log = log_of(&trace, Who::Model(dialect.deviations), seed % 2 == 0);
            let explaining = explaining(&log);
            let is_vacuous = trace.steps.len() < 2;
            assert!(
                is_vacuous || explaining.contains(&dialect.name),
                "seed {seed}\n{log}"
            );
        }
        // A log long enough leaves one.
        let trace = (0..)
            .map(|seed| Dice::new(seed).trace(2000))
            .find(|trace| trace.steps.len() > 1500);
        let log = log_of(&trace.unwrap(), Who::Model(dialect.deviations), false);
        assert_eq!(explaining(&log), [dialect.name]);
    }
}

fn explaining(log: &str) -> Vec<&'static str> {
    let found = find_dialects(LogReader::new(log.as_bytes())).unwrap();
    assert_eq!(found.len(), 1);
    found[0].explaining().map(|dialect| dialect.name).collect()
}

#[test]
fn a_header_is_needed_and_a_wrong_line_is_named() {
    for (log, wrong) in [
        ("", "line 1: the log is empty: a header is expected"),
        (
            r#"{"event":"quiet"}"#,
            "line 1: a header of the node `` is expected before its first event",
        ),
        (
            "{\"format\":\"blockexc-trace/1\"}\n\n{\"event\":\"joined\"}",
            "line 3: a `joined` line needs `peer`: a peer id",
        ),
        (
            "{\"format\":\"blockexc-trace/2\"}",
            "line 1: the format is `blockexc-trace/2`, blockexc-trace/1 is expected",
        ),
        (
            "{\"format\":\"blockexc-trace/1\"}\n{\"event\":\"jumped\"}",
            "line 2: `event` is `jumped`; joined,",
        ),
        (
            "{\"format\":\"blockexc-trace/1\"}\n{\"event\":\"joined\",\"pear\":1}",
            "line 2: not a line of a log: unknown field `pear`",
        ),
        (
            "{\"format\":\"blockexc-trace/1\",\"from\":\"middle\",\"complete\":true}",
            "line 1: a log that starts in the middle is not complete",
        ),
    ] {
        let error = validate(|| Ok(log.as_bytes()), Suppose::as_logged()).unwrap_err();
        assert!(error.to_string().starts_with(wrong), "{error}");
    }
}

/// How fast a long log is validated, and in how much memory: run in a release build with
/// `cargo test --release --test all trace_validation -- --ignored --nocapture`.
#[test]
#[ignore = "a million lines: to be measured in a release build"]
fn a_million_lines_are_validated_in_bounded_memory() {
    use std::io::{BufReader, Write};

    let folder = tempfile::tempdir().unwrap();
    let mut rates = Vec::new();
    let mut growths = Vec::new();
    for least in [100_000, 1_000_000] {
        let mut seeds = 0..;
        let trace = seeds
            .find_map(|seed| {
                let trace = Dice::new(seed).trace(least);
                (trace.steps.len() * 10 > least * 9).then_some(trace)
            })
            .unwrap();
        let file = folder.path().join(least.to_string());
        let log = log_of(&trace, Who::Engine, false);
        let lines = log.lines().take(least).count();
        let mut out = std::fs::File::create(&file).unwrap();
        for line in log.lines().take(least) {
            writeln!(out, "{line}").unwrap();
        }
        drop((out, log, trace));
        let memory = resident();
        let started = std::time::Instant::now();
        let open = || Ok(BufReader::new(std::fs::File::open(&file)?));
        let verdicts = validate(open, Suppose::as_logged()).unwrap();
        let took = started.elapsed();
        assert_eq!(verdicts[0].stop, None);
        let rate = lines as f64 / took.as_secs_f64();
        let growth = resident().saturating_sub(memory);
        println!("{lines} lines in {took:.2?}: {rate:.0} lines/s, {growth} KiB more");
        rates.push(rate);
        growths.push(growth);
    }
    assert!(rates.iter().all(|rate| *rate > 200_000.0), "{rates:?}");
    assert!(growths[1] < 16 << 10, "{growths:?} KiB");
}

/// How much memory the process has, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_failing_log_is_made_small_and_fails_alike() {
    for deviation in [
        Deviation::SilentHave,
        Deviation::OverwriteWant,
        Deviation::AskEveryHolder,
        Deviation::StuckOnLeft,
    ] {
        let (log, verdict) = (0..500)
            .find_map(|seed| {
                let log = log_of(
                    &Dice::new(seed).trace(60),
                    Who::Model(Deviations::of(&[deviation])),
                    false,
                );
                let verdict = verdict(&log, Suppose::as_logged());
                (!is_right(&verdict)).then_some((log, verdict))
            })
            .unwrap();
        let Some(Stop::Unexplained(failure)) = &verdict.stop else {
            panic!("{:?}", verdict.stop);
        };
        let shrunk = shrink(LogReader::new(log.as_bytes()), &verdict, failure).unwrap();
        let mut small = Vec::new();
        shrunk.write(&mut small).unwrap();
        let small = String::from_utf8(small).unwrap();
        let (before, after) = shrunk.lines();
        assert_eq!(small.lines().count(), after + 1);
        assert!(
            after <= 24 && after < before,
            "{deviation}: {before} to {after}\n{small}"
        );
        let rejected = rejection(&small, Suppose::as_logged()).unwrap();
        assert!(rejected.deviations.contains(&deviation), "{rejected:?}");
        assert_eq!(
            rejection(&small, Suppose::so(Deviations::of(&[deviation]))),
            None,
            "{small}"
        );
    }
}

/// In logs that are not complete, too, and in those that start in the middle once a dump has made
/// the state known, a wrong answer is noticed.
#[test]
fn a_wrong_answer_is_noticed_in_loose_logs() {
    let mut noticed = [0; 2];
    let mut named = 0;
    for seed in 0..200 {
        let trace = Dice::new(seed).trace(60);
        let log = log_of(&trace, Who::Engine, true);
        let lines: Vec<_> = log.lines().collect();
        for (place, header) in [(0, "start"), (6, "middle")] {
            let header = lines[0].replace(
                r#""complete":true"#,
                &format!(r#""complete":false,"from":"{header}""#),
            );
            // The log from its first line, or from a dump on.
            let Some(first) = (place..lines.len())
                .find(|line| place == 0 || lines[*line].contains(r#""event":"dump""#))
            else {
                continue;
            };
            let rest = &lines[first.max(1)..];
            let Some(wrong) = rest.iter().position(|line| {
                line.contains(r#""event":"sent""#) && line.contains(r#""type":"DontHave""#)
            }) else {
                continue;
            };
            let mut rest: Vec<String> = rest.iter().map(|line| (*line).to_owned()).collect();
            let changed = rest[wrong].replace("DontHave", "Have");
            rest[wrong] = changed;
            let log = format!("{header}\n{}", rest.join("\n"));
            let rejected = rejection(&log, Suppose::as_logged())
                .unwrap_or_else(|| panic!("seed {seed}, line {}\n{log}", wrong + 2));
            assert_eq!(rejected.line, wrong as u64 + 2, "seed {seed}\n{log}");
            // Have, where DontHave is owed: WANT-5, or WANT-7 of a WantBlock. After other answers in
            // the same list it may not be told which is meant.
            let denied = ["WANT-5", "WANT-7"];
            let are_right = rejected.requirements.iter().all(|id| denied.contains(id));
            assert!(are_right, "{rejected:?}");
            named += u64::from(!rejected.requirements.is_empty());
            noticed[usize::from(place > 0)] += 1;
        }
    }
    assert!(noticed[0] > 50 && noticed[1] > 50, "{noticed:?}");
    assert!(named > 50, "{named} of {noticed:?}");
}
