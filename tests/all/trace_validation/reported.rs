//! Faults that were reported of real nodes of this family, as short logs, and what each should give.

use super::{Stop, Suppose, verdict};
use blockexc_model::Deviation::{self, *};
use blockexc_model::dialect::DIALECTS;

const PEER: &str = "12D3KooWF9VUeS6jcsxrvt9mtJcdWNUwmXvAyJQs2MbN3aNGhC8n";
const BLOCK: &str = "zDxWB8ED6Xrmzu2FPXfsXpufcAPP1mdcAq6U6z8jeramiw6yksCG";

/// A log of these lines, in which P stands for the peer, B for the block, and `want=`, `ask=` and
/// `cancel=` for a list with that one entry.
fn log(complete: bool, lines: &[&str]) -> String {
    let mut log = format!(r#"{{"format": "blockexc-trace/1", "complete": {complete}}}"#);
    for line in lines {
        let (event, entry) = line.split_once(' ').unwrap_or((line, ""));
        let list = |full: bool, want_type: &str, cancel: bool| {
            format!(
                r#""message": {{"want_list": {{"full": {full}, "entries": [{{"address": "{BLOCK}", "want_type": "{want_type}", "cancel": {cancel}}}]}}}}"#
            )
        };
        let said = match entry {
            "" => String::new(),
            "want" => list(false, "WantBlock", false),
            "ask" => list(false, "WantHave", false),
            "cancel" => list(false, "WantHave", true),
            "have" => {
                format!(r#""message": {{"presences": [{{"address": "{BLOCK}", "type": "Have"}}]}}"#)
            }
            "block" => format!(
                r#""message": {{"deliveries": [{{"address": "{BLOCK}", "cid": "{BLOCK}"}}]}}"#
            ),
            other => panic!("{other}"),
        };
        let rest = match event {
            "joined" => format!(r#""peer": "{PEER}""#),
            "requested" | "cancelled" => format!(r#""address": "{BLOCK}""#),
            "stored" => format!(r#""cid": "{BLOCK}""#),
            "received" => format!(r#""from": "{PEER}", {said}"#),
            "sent" => format!(r#""to": "{PEER}", {said}"#),
            _ => String::new(),
        };
        let comma = if rest.is_empty() { "" } else { ", " };
        log.push_str(&format!("\n{{\"event\": \"{event}\"{comma}{rest}}}"));
    }
    log + "\n"
}

/// What explains it instead, and what it breaks.
fn blamed(log: &str, suppose: Suppose) -> (Vec<Deviation>, Vec<&'static str>) {
    match verdict(log, suppose).stop {
        Some(Stop::Unexplained(it)) => (it.deviations.clone(), it.requirements.clone()),
        other => panic!("{other:?} of\n{log}"),
    }
}

#[test]
fn a_block_that_is_delivered_twice_has_a_name() {
    let log = log(
        false,
        &[
            "joined",
            "stored",
            "received want",
            "sent block",
            "sent block",
            "quiet",
        ],
    );
    let (deviations, _) = blamed(&log, Suppose::AsLogged);
    assert_eq!(deviations, [DeliverTwice]);
}

#[test]
fn cancels_for_what_was_never_wanted_have_a_name() {
    let log = log(true, &["joined", "stored", "sent cancel"]);
    let (deviations, _) = blamed(&log, Suppose::AsLogged);
    assert_eq!(deviations, [CancelUnwantedUpload]);
}

#[test]
fn a_first_list_that_is_not_full_breaks_what_says_so() {
    let log = log(true, &["requested", "joined", "sent ask"]);
    let (deviations, requirements) = blamed(&log, Suppose::AsLogged);
    assert_eq!(deviations, [FirstListNotFull]);
    assert_eq!(requirements, ["JOIN-4"]);
}

#[test]
fn a_want_goes_on_when_one_of_two_requesters_cancels() {
    let shared = log(
        true,
        &[
            "joined",
            "requested",
            "sent ask",
            "requested",
            "cancelled",
            "received have",
            "sent want",
        ],
    );
    assert_eq!(verdict(&shared, Suppose::AsLogged).stop, None);
    let lost = log(
        true,
        &[
            "joined",
            "requested",
            "sent ask",
            "requested",
            "cancelled",
            "received have",
            "joined",
        ],
    );
    let (deviations, _) = blamed(&lost, Suppose::AsLogged);
    assert!(deviations.contains(&FirstCancelEnds), "{deviations:?}");
}

#[test]
fn a_recorded_want_that_is_never_met_is_rejected_in_every_dialect_that_records() {
    let log = log(false, &["joined", "received want", "stored", "quiet"]);
    for dialect in DIALECTS {
        let overlooks = [ForgetWantBlock, UploadUnannounced];
        let expected = overlooks.iter().any(|it| dialect.deviations.contains(*it));
        let verdict = verdict(&log, Suppose::So(dialect.deviations));
        assert_eq!(verdict.stop.is_none(), expected, "{}", dialect.name);
    }
}

#[test]
fn a_misspelt_field_is_named() {
    let log = log(false, &["joined", "received want"]).replace("want_list", "wantlist");
    let refused = blockexc::trace::validate::validate(|| Ok(log.as_bytes()), Suppose::AsLogged);
    let error = format!("{:?}", refused.err());
    assert!(error.contains("wantlist"), "{error}");
}
