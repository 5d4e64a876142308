//! PRES: presence, limited to what we want.

use super::script::check;

#[test]
fn pres_1_and_2_a_have_for_an_own_want_is_recorded() {
    check(
        "join 1
         request a; request t0
         1: have=a@2 have=t0 have=b
         ? 1 => have=a@2 have=t0",
    );
}

#[test]
fn pres_2_nothing_but_a_have_makes_a_record() {
    check(
        "join 1
         request a
         1: want=b ask=a! cancel=a account=1
         1: lack=a
         1: block=a~corrupt
         ? 1 => want=b account=1",
    );
}

#[test]
fn pres_3_a_dont_have_removes_the_record_and_another_holder_is_asked() {
    check(
        "join 1; join 2
         request a
         1: lack=a   =>
         1: have=a   => 1: want=a
         2: have=a   =>
         1: lack=a   => 2: want=a
         ? 1         => empty
         2: lack=a   =>
         ? wants     => a",
    );
}

#[test]
fn pres_3_a_dont_have_of_a_peer_that_is_not_asked_only_removes_its_record() {
    check(
        "join 1; join 2
         request a
         1: have=a   => 1: want=a
         2: have=a   =>
         2: lack=a   =>
         ? 2         => empty
         ? wants     => a<1",
    );
}

#[test]
fn pres_4_a_have_replaces_the_price() {
    check(
        "join 1
         request a
         1: have=a@2
         1: have=a@3 =>
         ? 1         => have=a@3",
    );
}

#[test]
fn pres_5_an_item_for_what_is_not_wanted_leaves_no_trace() {
    check(
        "join 1
         1: have=a lack=b =>
         ? 1              => empty
         request a        => find=a | 1: ask=a
         request b        => find=b | 1: ask=b",
    );
}

#[test]
fn pres_6_the_records_go_when_the_want_ends() {
    check(
        "join 1; join 2
         request a; request b; request c
         1: have=a have=b have=c
         2: have=a have=b have=c
         2: block=a
         ? 1 => have=b have=c
         ? 2 => have=b have=c
         store b
         ? 1 => have=c
         ? 2 => have=c
         cancel c
         ? 1 => empty
         ? 2 => empty",
    );
}

#[test]
fn pres_7_nothing_else_removes_a_record() {
    check(
        "join 1; join 2
         request a; request b
         1: have=a@1
         1: have=b@2
         1: full want=c
         1: cancel=a
         2: lack=a
         join 1
         request a
         delete a
         store d
         1: block=d
         2: block=a~corrupt
         leave 2
         ? 1 => have=a@1 have=b@2 want=c",
    );
}

#[test]
fn pres_9_of_two_items_for_one_address_the_later_wins() {
    check(
        "join 1
         request a; request b
         1: have=a@1 have=a@2 lack=b have=b@3 => 1: want=a want=b
         ? 1                                  => have=a@2 have=b@3
         1: have=a lack=a                     =>
         ? 1                                  => have=b@3",
    );
}
