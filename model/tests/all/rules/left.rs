//! LEFT: how a context ends.

use super::script::check;

#[test]
fn left_1_the_context_is_gone_with_everything_in_it() {
    check(
        "join 1
         request a
         1: have=a want=b account=3
         leave 1 =>
         ? 1     => no context
         leave 1 =>",
    );
}

#[test]
fn left_2_what_was_asked_of_it_is_asked_of_another_holder() {
    check(
        "join 1; join 2; join 3
         request a; request b; request c
         1: have=a have=b have=c => 1: want=a want=b want=c
         3: have=a have=b        =>
         leave 1                 => 3: want=a want=b
         ? wants                 => a<3 b<3 c",
    );
}

#[test]
fn left_2_what_nobody_else_has_waits_for_a_presence() {
    check(
        "join 1; join 2
         request a
         1: have=a => 1: want=a
         leave 1   =>
         2: have=a => 2: want=a",
    );
}

#[test]
fn left_2_a_peer_that_left_is_sent_no_cancel() {
    check(
        "join 1; join 2
         request a
         1: have=a
         leave 1
         2: have=a
         join 1
         cancel a => cancelled=a | 2: cancel=a",
    );
}

#[test]
fn left_3_who_joins_again_starts_anew() {
    check(
        "join 1
         request a
         1: have=a want=b account=3
         leave 1
         join 1 => 1: full ask=a
         ? 1    => empty
         store b =>",
    );
}

#[test]
fn left_4_no_other_peer_is_affected() {
    check(
        "join 1; join 2
         request a
         2: want=b have=a@1
         1: want=b
         leave 1 =>
         ? 2     => have=a@1 want=b
         store b => 2: block=b",
    );
}
