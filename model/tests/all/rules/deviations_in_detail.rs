//! What a node that deviates does, beyond that it shows: where its deviation ends, and what two
//! deviations do together.

use blockexc_model::Deviation;
use blockexc_model::Deviation::*;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviations;

use super::script::{address, check_deviating, deviant, lines, play};

#[track_caller]
fn check(deviations: &[Deviation], script: &str) {
    check_deviating(Setup::deviating(Deviations::of(deviations)), script);
}

// JOIN and LEFT.

#[test]
fn who_is_stuck_on_left_sends_no_cancel_to_a_peer_that_came_again() {
    check(
        &[StuckOnLeft],
        "join 1
         join 2
         request a
         1: have=a  => 1: want=a
         leave 1    =>
         join 1     => 1: full ask=a
         ? wants    => a<1
         2: block=a => keep=a | got=a",
    );
}

#[test]
fn who_waits_on_left_asks_whoever_says_it_next() {
    for with in [OnlyAsked, StuckOnInvalid] {
        check(
            &[WaitOnLeft, with],
            "join 1
             join 2
             request a
             1: have=a => 1: want=a
             leave 1   =>
             ? wants   => a
             2: have=a => 2: want=a",
        );
    }
}

#[test]
fn with_asks_as_marks_an_invalid_block_outlives_its_peer() {
    check(
        &[WaitOnLeft, OnlyAsked, StuckOnInvalid],
        "join 1
         join 2
         request a
         1: have=a          => 1: want=a
         1: block=a~corrupt =>
         leave 1            =>
         ? wants            => a<1
         2: have=a          =>",
    );
}

// PRES.

#[test]
fn without_a_bound_stale_records_stay() {
    check(
        &[PresenceUnbounded, KeepPresenceOnCancel],
        "join 1
         1: have=a =>
         1: have=b =>
         ? 1       => have=a have=b",
    );
}

#[test]
fn a_dont_have_is_recorded_of_what_is_wanted_unless_everything_is() {
    check(
        &[DontHaveRecorded],
        "join 1
         1: lack=a =>
         ? 1       => empty",
    );
    check(
        &[DontHaveRecorded, PresenceUnbounded],
        "join 1
         1: lack=a =>
         ? 1       => have=a",
    );
}

#[test]
fn late_presence_asks_once_for_what_has_just_come() {
    check(
        &[LatePresence],
        "join 1
         request a
         1: block=a have=a have=a => keep=a | got=a | 1: want=a
         ? 1                      => have=a",
    );
    check(
        &[LatePresence],
        "join 1
         request a
         1: have=a         => 1: want=a
         1: block=a have=a => keep=a | got=a
         ? 1               => have=a",
    );
    check(
        &[LatePresence],
        "join 1
         request a
         1: block=a lack=a => keep=a | got=a
         ? 1               => empty",
    );
}

#[test]
fn a_late_dont_have_is_recorded_as_one() {
    for (says, is_denied) in [("lack=a", true), ("have=a", false)] {
        let mut node = deviant(Deviations::of(&[LatePresence, DontHaveRecorded]));
        for line in ["join 1", "request a", &format!("1: block=a {says}")] {
            play(&mut node, line);
        }
        let context = &node.contexts()[&1];
        assert!(context.contains(&address("a")), "{says}");
        assert_eq!(node.is_denied(&1, &address("a")), is_denied, "{says}");
    }
}

// ASK.

#[test]
fn a_refresh_names_what_the_peer_is_not_known_to_have() {
    check(
        &[RefreshInFull],
        "join 1
         join 2
         request a
         request b
         2: have=b
         retry a => find=a | 1: full ask=a ask=b | 2: full ask=a",
    );
}

#[test]
fn who_does_not_announce_again_still_does_on_a_retry() {
    check(
        &[NoAnnounceAgain],
        "join 1
         request a => find=a | 1: ask=a
         cancel a
         request a => find=a
         retry a   => find=a | 1: ask=a",
    );
    // A list on joining announces too.
    check(
        &[NoAnnounceAgain],
        "request a
         join 1    => 1: full ask=a
         cancel a
         request a => find=a",
    );
    check(
        &[],
        "join 1
         request a => find=a | 1: ask=a
         cancel a
         request a => find=a | 1: ask=a",
    );
}

// WANT.

#[test]
fn only_long_lists_are_refused() {
    check(
        &[RefuseLongLists],
        "join 1
         1: ask=a! => 1: lack=a",
    );
    // Whether the last entry is answered tells whether the list was handled.
    let list = |entries: usize| -> String {
        let others = (1..entries).map(|index| format!("want=t{index} "));
        others.chain(["ask=a!".to_owned()]).collect()
    };
    for (entries, answer) in [(512, "1: lack=a"), (513, "")] {
        check(
            &[RefuseLongLists],
            &format!("join 1; 1: {} => {answer}", list(entries)),
        );
    }
    check(
        &[EntriesInReverse],
        &format!("join 1; 1: {} => 1: lack=a", list(513)),
    );
}

#[test]
fn serving_later_concerns_want_blocks_of_what_is_held() {
    check(
        &[ServeLater],
        "join 1
         store a
         1: ask=a         => 1: have=a
         1: cancel-want=a =>
         1: want=a        => serve-later=1
         ? 1              => want=a
         1: want=b!       => serve-later=1 | 1: lack=b
         ? 1              => want=a want=b!
         serve 1          => 1: block=a
         ? 1              => want=b!",
    );
    check(
        &[EntriesInReverse],
        "join 1
         store a
         1: want=a => 1: block=a
         ? 1       => empty",
    );
}

#[test]
fn a_want_have_is_recorded_while_the_block_is_not_held() {
    for (deviation, recorded) in [(RecordWantHave, "ask=b"), (ServeWantHave, "want=b")] {
        check(
            &[deviation],
            &format!(
                "join 1
                 store a
                 1: ask=a => 1: have=a
                 ? 1      => empty
                 1: ask=b =>
                 ? 1      => {recorded}"
            ),
        );
    }
    // What is recorded already stays as it is.
    check(
        &[RecordWantHave],
        "join 1
         1: want=a =>
         1: ask=a! => 1: lack=a
         ? 1       => want=a",
    );
}

#[test]
fn a_recorded_want_have_is_answered_without_the_deviation() {
    check(
        &[RecordWantHave],
        "join 1
         1: ask=a! => 1: lack=a
         1: ask=a! => 1: lack=a",
    );
    check(
        &[MuteRecordedWantHave],
        "join 1
         1: ask=a! => 1: lack=a",
    );
}

#[test]
fn a_cancel_of_what_is_recorded_is_one() {
    check(
        &[CancelAsWant],
        "join 1
         1: want=a   =>
         1: cancel=a =>
         ? 1         => empty",
    );
    check(
        &[AnswerCancel],
        "join 1
         1: cancel=a => 1: lack=a
         ? 1         => empty",
    );
}

// XFER and HELD.

#[test]
fn a_mark_goes_with_its_want_unless_it_outlives_it() {
    let script = |taken: &str| {
        format!(
            "join 1
             request a
             1: have=a  => 1: want=a
             cancel a   => cancelled=a | 1: cancel=a
             request a  => find=a | 1: ask=a
             1: block=a => {taken}"
        )
    };
    check(&[OnlyAsked], &script(""));
    check(&[OnlyAsked, AskOutlivesCancel], &script("keep=a | got=a"));
}

#[test]
fn an_outlived_mark_is_cancelled_when_the_block_is_stored() {
    check(
        &[AskOutlivesCancel],
        "join 1
         request a
         1: have=a
         cancel a  => cancelled=a | 1: cancel=a
         store a   => 1: cancel=a
         delete a  =>
         store a   =>",
    );
}

#[test]
fn a_record_without_a_want_is_cancelled_where_holders_are() {
    check(
        &[PresenceUnbounded, CancelToHolders],
        "join 1
         1: have=a =>
         store a   => 1: cancel=a
         ? 1       => empty",
    );
    check(
        &[PresenceUnbounded, NoCancelSent],
        "join 1
         1: have=a =>
         store a   =>
         ? 1       => have=a",
    );
}

#[test]
fn only_an_upload_keeps_the_want_of_who_overlooks_uploads() {
    check(
        &[UploadKeepsWant],
        "join 1
         request a
         1: block=a => keep=a | got=a
         request b
         store b    =>
         ? wants    => b",
    );
    check(
        &[KeepPresenceOnResolve],
        "request a
         store a => got=a",
    );
}

#[test]
fn only_what_a_delivery_ended_is_taken_twice() {
    check(
        &[TakeTwice],
        "join 1
         request a
         store a    => got=a
         1: block=a =>",
    );
    check(
        &[NoCancelSent],
        "join 1
         request a
         1: block=a block=a => keep=a | got=a",
    );
}

#[test]
fn only_the_deliverers_record_goes_with_the_want() {
    check(
        &[KeepPresenceOnResolve],
        "join 1
         join 2
         request a
         1: have=a
         2: have=a
         1: block=a => keep=a | got=a
         ? 1        => empty
         ? 2        => have=a",
    );
}

#[test]
fn helpers_that_forget_leaves_name_plain_blocks() {
    let mut node = deviant(Deviations::of(&[HelpersForgetLeaves]));
    for line in lines("join 1; request a; request t0; 1: have=a have=t0") {
        play(&mut node, line);
    }
    let context = node.dump().contexts.remove(&1).unwrap();
    assert_eq!(context.peer_have_cids, ['a'].into());
}

/// Nothing is remembered of a peer when there is nothing to remember: states stay comparable.
#[test]
fn what_is_remembered_of_a_peer_goes_with_its_reason() {
    for (deviations, script) in [
        (
            &[DontHaveRecorded][..],
            "request a; join 1; 1: lack=a; cancel a",
        ),
        (&[NoAnnounceAgain, ListWhenEmpty], "join 1"),
        (&[OnlyAsked], "request a; join 1; 1: have=a; leave 1"),
    ] {
        let mut node = deviant(Deviations::of(deviations));
        for line in lines(script) {
            play(&mut node, line);
        }
        assert!(node.behaviour.peers.is_empty(), "{deviations:?}");
    }
}

/// The context of the peer that left goes, though the process ends at once.
#[test]
fn a_node_that_ends_when_a_peer_leaves_has_no_context_of_it() {
    let mut node = deviant(Deviations::of(&[AbortOnStaleAsk]));
    let script = "join 1; request a; 1: have=a; cancel a; request a; leave 1";
    let last = lines(script).map(|line| play(&mut node, line)).last();
    assert_eq!(last.as_deref(), Some("abort"));
    assert!(node.contexts().is_empty() && node.behaviour.peers.is_empty());
}

#[test]
fn a_want_that_nobody_is_asked_for_is_asked_of_every_holder_only_by_who_deviates_so() {
    let script = |asks| {
        format!(
            "join 1
             join 2
             join 3
             request a
             1: have=a
             2: have=a
             3: have=a
             leave 1   => {asks}"
        )
    };
    check(&[], &script("2: want=a"));
    check(&[AskEveryHolder], &script("2: want=a | 3: want=a"));
}

#[test]
fn the_first_account_is_recorded_where_it_stays() {
    for (deviations, last) in [(&[][..], 2), (&[FirstAccountStays], 1)] {
        let script = format!(
            "join 1
             1: account=1 =>
             ? 1          => account=1
             1: account=2 =>
             ? 1          => account={last}"
        );
        check(deviations, &script);
    }
}

#[test]
fn a_node_says_how_it_deviates() {
    let deviations = Deviations::of(&[NeverRetry, FirstAccountStays]);
    assert_eq!(deviant(deviations).deviations(), deviations);
}
