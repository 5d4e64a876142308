//! The dialects of deployed nodes do what these nodes were seen to do. (All that was recorded of
//! them can be replayed, see `tests/all/transcripts`; this is what tells them apart from the reference,
//! and from each other, in short.)

use blockexc_model::Dialect;
use blockexc_model::deviating::Setup;

use super::script::check_deviating;

#[track_caller]
fn check_dialect(name: &str, script: &str) {
    let dialect = Dialect::find(name).unwrap();
    let setup = Setup::deviating(dialect.deviations);
    check_deviating(setup, script);
}

#[track_caller]
fn codex(script: &str) {
    check_dialect("codex-2025-06", script);
}

#[track_caller]
fn logos(script: &str) {
    check_dialect("logos-2025-12", script);
}

#[test]
fn codex_keeps_asking_a_peer_that_has_left_until_the_retry() {
    codex(
        "join 1
         join 2
         request a  => find=a | 1: ask=a | 2: ask=a
         1: have=a  => 1: want=a
         2: have=a  =>
         leave 1    =>
         join 1     => 1: full ask=a
         1: have=a  =>
         ? wants    => a<1
         retry a    => 1: want=a
         2: block=a => keep=a | got=a | 1: cancel=a | 2: cancel=a",
    );
}

#[test]
fn logos_waits_when_an_asked_peer_has_left() {
    logos(
        "join 1
         join 2
         request a
         1: have=a => 1: want=a
         2: have=a =>
         leave 1   =>
         ? wants   => a
         2: have=a => 2: want=a",
    );
}

#[test]
fn codex_silences_a_want_block_by_a_want_have() {
    codex(
        "join 1
         store a
         1: want=a ask=a => serve-later=1
         serve 1         =>
         ? 1             => ask=a",
    );
}

#[test]
fn logos_ignores_a_want_have_of_what_is_waited_for() {
    logos(
        "join 1
         1: want=a ask=a! => serve-later=1
         serve 1          =>
         ? 1              => want=a
         store a          => serve-later=1
         serve 1          => 1: block=a",
    );
}

#[test]
fn a_dont_have_counts_as_having() {
    let script = "join 1
         request a
         1: lack=a => 1: want=a
         ? wants   => a<1";
    codex(script);
    logos(script);
}

#[test]
fn a_have_with_its_delivery_leaves_a_record_in_codex() {
    codex(
        "join 1
         request a
         1: block=a have=a => keep=a | got=a | 1: want=a
         ? wants           =>
         ? 1               => have=a
         1: have=b         =>
         ? 1               => empty",
    );
}

#[test]
fn logos_takes_no_delivery_that_it_has_not_asked_for() {
    logos(
        "join 1
         request a
         1: block=a have=a => 1: want=a
         ? wants           => a<1
         1: block=a        => keep=a | got=a
         ? 1               => have=a",
    );
}

#[test]
fn codex_takes_a_delivery_twice() {
    codex(
        "join 1
         request a
         1: have=a          => 1: want=a
         1: block=a block=a => keep=a | got=a | keep=a | 1: cancel=a cancel=a",
    );
}

#[test]
fn an_invalid_delivery_makes_logos_deaf() {
    logos(
        "join 1
         join 2
         request t0
         1: have=t0              => 1: want=t0
         1: block=t0/a~no-proof  =>
         1: block=t0/a           =>
         2: have=t0              =>
         2: block=t0/a           =>
         ? wants                 => t0<1
         leave 1                 =>
         ? wants                 => t0<1",
    );
}

#[test]
fn codex_takes_the_right_delivery_after_a_wrong_one() {
    codex(
        "join 1
         request t0
         1: have=t0             => 1: want=t0
         1: block=t0/a~no-proof =>
         1: block=t0/a          => keep=a+t0 | got=t0 | 1: cancel=t0",
    );
}

#[test]
fn a_stale_ask_makes_a_late_delivery_count_in_logos() {
    logos(
        "join 1
         join 2
         request a
         1: have=a  => 1: want=a
         cancel a   => cancelled=a
         1: have=b  =>
         request a
         2: have=a  => 2: want=a
         1: block=a => keep=a | got=a | 2: cancel=a",
    );
}

#[test]
fn a_stale_ask_ends_logos_when_the_peer_leaves() {
    logos(
        "join 1
         request a
         1: have=a => 1: want=a
         cancel a  => cancelled=a
         1: have=b =>
         request a
         leave 1   => abort",
    );
}

#[test]
fn an_upload_of_a_dataset_wakes_and_ends_nothing_for_its_leaves() {
    let script = "join 1
         request t1
         1: want=t0
         serve 1    =>
         store a t0 =>
         store b t1 =>
         ? wants    => t1
         1: want=t0 => serve-later=1
         serve 1    => 1: block=t0/a";
    codex(script);
    logos(script);
}

#[test]
fn a_leaf_wakes_plain_wants_in_codex_and_leaf_wants_in_logos() {
    let script = "join 1
         join 2
         request t0
         1: want=a want=t0 => serve-later=1
         serve 1           =>
         2: have=t0        => 2: want=t0
         2: block=t0/a";
    // What is served then is all that the peer waits for.
    codex(&format!(
        "{script} => keep=a+t0 | got=t0 | serve-later=1 | 2: cancel=t0
         serve 1 => 1: block=a block=t0/a"
    ));
    logos(&format!(
        "{script} => keep=a+t0 | got=t0 | serve-later=1
         serve 1 => 1: block=t0/a block=a"
    ));
}

#[test]
fn a_leaf_that_comes_ends_no_want_for_the_plain_block() {
    let script = "join 1
         request a
         request t0
         1: have=a have=t0 => 1: want=a want=t0
         1: block=t0/a
         ? wants           => a<1";
    codex(script);
    logos(script);
}

#[test]
fn records_after_a_delivery() {
    let script = "join 1
         join 2
         request a
         1: have=a => 1: want=a
         2: have=a =>
         1: block=a";
    codex(&format!(
        "{script} => keep=a | got=a | 1: cancel=a | 2: cancel=a
         ? 1 => empty
         ? 2 => empty"
    ));
    logos(&format!(
        "{script} => keep=a | got=a
         ? 1 => have=a
         ? 2 => have=a"
    ));
}

#[test]
fn a_cancel_puts_the_last_want_in_place_of_the_first_in_codex() {
    codex(
        "join 1
         1: want=a want=b want=c want=d
         1: cancel=b
         ? 1 => want=a want=d want=c",
    );
}
