//! Faults that were reported of real nodes of this family, as short logs, and beside each a log that is
//! right.

use blockexc::trace::unexplained::Stop;
use blockexc::wire::BlockCid;
use blockexc_model::Deviation::*;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::{Deviation, Dialect};

use super::short::{BLOCK, COMPLETE, LEAF, LOOSE, PEERS, accepts, failure, log, rejects};
use super::{Suppose, verdict};

const ALL_RETRIES: &str = r#""omits":["served"]"#;

#[test]
fn a_block_that_is_delivered_twice_has_a_name() {
    let twice = [
        "joined",
        "stored",
        "received want",
        "sent block",
        "sent block",
        "quiet",
    ];
    let failure = rejects(LOOSE, &twice, 6, &["WANT-2"]);
    assert_eq!(failure.deviations, [DeliverTwice]);
    accepts(LOOSE, &[&twice[..4], &twice[5..]].concat());
}

#[test]
fn cancels_for_what_was_never_wanted_have_a_name() {
    for header in [COMPLETE, LOOSE] {
        let failure = rejects(header, &["joined", "stored", "sent cancel"], 4, &["HELD-1"]);
        assert_eq!(failure.deviations, [CancelUnwantedUpload]);
    }
    // A cancel of what was wanted is tolerated, and may come late.
    let wanted = [
        "requested",
        "joined",
        "sent full-ask",
        "stored",
        "obtained",
        "sent cancel",
        "quiet",
    ];
    accepts(LOOSE, &wanted);
}

#[test]
fn a_first_list_that_is_not_full_breaks_what_says_so() {
    let lines = ["requested", "joined", "sent ask", "quiet"];
    let failure = rejects(COMPLETE, &lines, 4, &["JOIN-4"]);
    assert_eq!(failure.deviations, [FirstListNotFull]);
    let nearest = failure.nearest.unwrap();
    assert_eq!(
        nearest.differences,
        ["message.want_list.full: false, allowed: true"]
    );
    // Another list could follow: it is missed once everything has been sent.
    let failure = rejects(LOOSE, &lines, 5, &["JOIN-4"]);
    assert_eq!(failure.input, 3);
    assert!(failure.what.contains("the list of line 4 is not full"));
    for header in [COMPLETE, LOOSE] {
        let lines = ["requested", "joined", "sent full-ask", "quiet"];
        accepts(header, &lines);
    }
    accepts(
        LOOSE,
        &["requested", "joined", "cancelled", "sent ask", "quiet"],
    );
}

#[test]
fn a_want_goes_on_when_one_of_two_requesters_cancels() {
    let shared = [
        "joined",
        "requested",
        "sent ask",
        "requested",
        "cancelled",
        "received have",
        "sent want",
    ];
    accepts(COMPLETE, &shared);
    let lost = [&shared[..6], &["joined"]].concat();
    // It may also be that the node does not ask for what it knows.
    let failure = rejects(COMPLETE, &lost, 8, &[]);
    assert_eq!(failure.deviations, [AskOnRetryOnly, FirstCancelEnds]);
    assert_eq!(failure.may_break, ["ASK-6", "ASK-10"]);
    // A dialect whose nodes forget the want does not explain it. The node does what is asked.
    let dialect = Dialect::find("codex-2025-06").unwrap();
    let failure = failure_of(&shared, dialect);
    assert_eq!(failure.requirements, Vec::<&str>::new());
    assert_eq!(failure.without, [FirstCancelEnds]);
}

fn failure_of(lines: &[&str], dialect: &Dialect) -> blockexc::trace::unexplained::Unexplained {
    failure(&log(COMPLETE, lines), Suppose::so(dialect.deviations))
}

#[test]
fn a_recorded_want_that_is_never_met_is_rejected_in_every_dialect_that_records() {
    let lines = ["joined", "received want", "stored", "quiet"];
    let unmet = log(LOOSE, &lines);
    let met = log(
        LOOSE,
        &["joined", "received want", "stored", "sent block", "quiet"],
    );
    for dialect in DIALECTS {
        let overlooks = [ForgetWantBlock, UploadUnannounced];
        let expected = overlooks.iter().any(|it| dialect.deviations.contains(*it));
        let suppose = Suppose::so(dialect.deviations);
        let name = dialect.name;
        let unmet = verdict(&unmet, suppose.clone());
        assert_eq!(unmet.stop.is_none(), expected, "{name}");
        if let Some(Stop::Unexplained(failure)) = unmet.stop {
            assert_eq!(failure.requirements, ["WANT-13"], "{name}");
        }
        if !expected {
            assert_eq!(verdict(&met, suppose).stop, None, "{name}");
        }
    }
}

/// Serving late is permitted, serving never is not.
#[test]
fn what_is_put_off_is_due_when_all_is_sent() {
    let lines = ["joined", "received want*", "stored*", "quiet"];
    for header in [COMPLETE, LOOSE] {
        let log = log(header, &lines);
        let failure = failure(&log, Suppose::as_logged());
        assert!(failure.requirements.contains(&"WANT-13"), "{failure:?}");
        let late = Suppose::so([ServeLater].into_iter().collect());
        let failure = super::short::failure(&log, late);
        assert_eq!(failure.line, 5);
        assert!(failure.requirements.contains(&"WANT-13"), "{failure:?}");
    }
    // No single deviation keeps this want from waking: serving late explains it for a while.
    let relayed = [
        "joined Q",
        "received Q want*",
        "requested*",
        "sent Q ask*",
        "joined P",
        "sent P full-ask*",
        "received P have*",
        "sent P want*",
        "received P block*",
        "obtained*",
        "quiet",
    ];
    let failure = rejects(COMPLETE, &relayed, 12, &["WANT-13"]);
    assert!(
        failure
            .deviations
            .iter()
            .all(|it| !is_of_another_matter(*it))
    );
    let served = [&relayed[..10], &["sent Q block*", "quiet"]].concat();
    accepts(COMPLETE, &served);
}

/// A put-off serving that a log leaves out may come before or after the next want list, and so make
/// room for what that asks for, or not.
#[test]
fn what_is_put_off_may_have_made_room_for_a_want() {
    let header = r#""wants_per_peer":1"#;
    let late = Suppose::so([ServeLater].into_iter().collect());
    let leaf = LEAF.as_str();
    let want = format!(r#"{{"address":"{leaf}","want_type":"WantBlock"}}"#);
    for (wants, is_explained) in [
        (String::new(), true),
        (want.clone(), true),
        (format!("{want},{want}"), false),
    ] {
        let dump = format!(
            r#"{{"event":"dump","contexts":{{"{}":{{"wants":[{wants}]}}}}}}"#,
            PEERS[0]
        );
        let lines = [
            "joined",
            "stored",
            "received want",
            "received want*",
            "sent block",
            &dump,
        ];
        let stop = verdict(&log(header, &lines), late.clone()).stop;
        assert_eq!(stop.is_none(), is_explained, "{wants}: {stop:?}");
    }
}

/// After the first one, a full list may repeat what was said, and neither announce nor ask.
#[test]
fn a_full_list_that_is_not_the_first_only_repeats() {
    let joined = ["joined", "requested*", "sent ask*"];
    let announces = [&joined[..], &["requested", "sent full-ask", "quiet"]].concat();
    let in_full = FullOnEveryList.breaks();
    let failure = rejects(LOOSE, &announces, 6, in_full);
    assert_eq!(failure.deviations, [FullOnEveryList]);
    let asks = [&joined[..], &["received have*", "sent full-want*", "quiet"]].concat();
    let failure = rejects(LOOSE, &asks, 6, in_full);
    assert_eq!(failure.deviations, [FullOnEveryList]);
    accepts(LOOSE, &[&joined[..], &["sent full-ask*", "quiet"]].concat());
}

/// A dialect that does not notice an upload goes on to pursue a want that its user has got already.
#[test]
fn who_has_got_a_block_is_not_owed_it_again() {
    let dialect = Dialect::find("codex-2025-06").unwrap();
    let suppose = Suppose::so(dialect.deviations);
    let met = [
        "requested*",
        "stored*",
        "requested*",
        "obtained*",
        "joined",
        "sent full-ask*",
        "received block*",
        "quiet",
    ];
    assert_eq!(verdict(&log(LOOSE, &met), suppose.clone()).stop, None);
    let again = [
        "requested*",
        "stored*",
        "requested*",
        "obtained*",
        "requested*",
        "quiet",
    ];
    let failure = failure(&log(LOOSE, &again), suppose);
    assert_eq!((failure.line, failure.input), (7, 6));
}

fn is_of_another_matter(deviation: Deviation) -> bool {
    deviation != ServeLater && !deviation.breaks().contains(&"WANT-13")
}

#[test]
fn a_dont_have_that_was_asked_for_is_owed() {
    let lines = ["joined", "received ask!", "quiet"];
    let failure = rejects(LOOSE, &lines, 4, &["WANT-5"]);
    assert_eq!(
        (failure.input, failure.deviations),
        (3, vec![SilentDontHave])
    );
    accepts(LOOSE, &["joined", "received ask!", "sent denied", "quiet"]);
    // That of a WantBlock is only recommended, and none is owed that nobody asked for.
    accepts(LOOSE, &["joined", "received want!", "quiet"]);
    accepts(LOOSE, &["joined", "received ask", "quiet"]);
}

#[test]
fn a_request_is_met_once_its_block_is_there() {
    let lines = [
        "requested",
        "joined",
        "sent full-ask",
        "received have",
        "sent want",
        "received block",
        "quiet",
    ];
    rejects(LOOSE, &lines, 8, &["XFER-7"]);
    let met = [&lines[..6], &["obtained", "quiet"]].concat();
    accepts(LOOSE, &met);
    // A log may say that it does not show this.
    accepts(r#""omits":["retried","served","obtained"]"#, &lines);
    // The block may be gone when the user has it.
    accepts(
        LOOSE,
        &[&lines[..6], &["deleted", "obtained", "quiet"]].concat(),
    );
    rejects(LOOSE, &["stored", "requested", "quiet"], 4, &["ASK-3"]);
    rejects(LOOSE, &["requested", "stored", "quiet"], 4, &["HELD-1"]);
}

#[test]
fn with_all_retries_in_the_log_a_second_peer_is_asked_too_early() {
    let lines = [
        "joined P",
        "joined Q",
        "requested",
        "sent P ask",
        "sent Q ask",
        "received P have",
        "sent P want",
        "received Q have",
        "sent Q want",
    ];
    for header in [COMPLETE, ALL_RETRIES] {
        rejects(header, &lines, 10, &["ASK-5"]);
        let retried = [&lines[..8], &["retried", "sent Q want"]].concat();
        accepts(header, &retried);
    }
    // Where retries may be missing, there may have been one.
    accepts(LOOSE, &lines);
}

#[test]
fn only_what_a_line_shows_is_held_against_a_node() {
    // A message before its join: nothing says that it must not be.
    for header in [COMPLETE, LOOSE] {
        rejects(header, &["requested", "sent ask", "joined"], 3, &[]);
    }
    // A second announcement of one want.
    rejects(
        COMPLETE,
        &["joined", "requested", "sent ask", "requested", "sent ask"],
        6,
        &["ASK-2"],
    );
    // Have and DontHave, the one for the other.
    for header in [COMPLETE, LOOSE] {
        rejects(
            header,
            &["joined", "received ask!", "sent have"],
            4,
            &["WANT-5"],
        );
        let held = ["stored", "joined", "received ask", "sent denied"];
        rejects(header, &held, 5, &["WANT-4"]);
    }
    // What was not asked for.
    rejects(
        COMPLETE,
        &["joined", "received ask", "sent have"],
        4,
        &["WANT-6"],
    );
    rejects(COMPLETE, &["stored", "joined", "sent have"], 4, &[]);
}

#[test]
fn retries_without_peers_and_then_a_failure_are_explained() {
    let header = r#""complete":true,"retries":1"#;
    accepts(header, &["requested", "retried", "retried", "failed"]);
    rejects(header, &["requested", "retried", "failed"], 4, &["ASK-9"]);
}

/// Deployed nodes always hold the empty block, and no line tells that it came (XFER-11).
#[test]
fn who_always_holds_the_empty_block_says_so_rightly() {
    let empty = BlockCid::of_block(b"").to_string();
    let lines = ["joined", "received ask!", "sent have"];
    let of = |header: &str| log(header, &lines).replace(BLOCK, &empty);
    let deviating = of(r#""complete":true,"deviations":["hold-empty-block"]"#);
    assert_eq!(verdict(&deviating, Suppose::as_logged()).stop, None);
    let reference = failure(&of(COMPLETE), Suppose::as_logged());
    assert_eq!(reference.line, 4);
}
