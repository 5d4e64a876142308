//! WANT: when the peer's want list is updated.

use blockexc_model::node::Config;
use blockexc_model::price::Price;

use super::script::{check, check_with, play};

#[test]
fn want_1_a_want_block_for_a_block_not_held_is_appended() {
    check(
        "join 1
         1: want=b^1 want=t2 =>
         1: want=a           =>
         ? 1                 => want=b^1 want=t2 want=a",
    );
}

#[test]
fn want_2_a_held_block_is_delivered_and_leaves_no_entry() {
    check(
        "join 1
         store a t0
         1: want=a want=t0 => 1: block=a block=t0/a
         ? 1               => empty",
    );
}

#[test]
fn want_3_a_want_have_is_not_recorded() {
    check(
        "join 1
         store a
         1: ask=a ask=b ask=c! => 1: have=a lack=c
         ? 1                   => empty
         store b               =>",
    );
}

#[test]
fn want_4_a_want_have_for_a_held_block_is_answered_with_the_price() {
    let paid = Config {
        price: Price::from(7),
        ..Config::default()
    };
    check_with(
        paid,
        "join 1
         store a t0
         1: ask=t0 ask=a! => 1: have=t0@7 have=a@7",
    );
}

#[test]
fn want_5_and_6_a_dont_have_is_sent_to_who_asks_for_it() {
    check(
        "join 1
         1: ask=a! => 1: lack=a
         1: ask=a  =>",
    );
}

#[test]
fn want_7_a_want_block_with_send_dont_have_is_answered_and_recorded() {
    check(
        "join 1
         1: want=a! => 1: lack=a
         1: want=b  =>
         ? 1        => want=a! want=b",
    );
}

#[test]
fn want_8_a_cancel_removes_the_entry_and_is_not_answered() {
    check(
        "join 1
         store h
         1: want=a want=b want=c
         1: cancel=b! cancel-want=h!^3 cancel=x! cancel-want=y! =>
         ? 1        => want=a want=c
         1: cancel-want=a =>
         ? 1        => want=c
         store b    =>",
    );
}

#[test]
fn want_9_a_want_block_updates_its_entry_in_place() {
    check(
        "join 1
         1: want=a want=b
         1: want=a!^5 => 1: lack=a
         ? 1          => want=a!^5 want=b",
    );
}

#[test]
fn want_10_a_want_have_is_answered_and_leaves_the_record() {
    check(
        "join 1
         1: want=a^5 want=b
         1: ask=a!   => 1: lack=a
         ? 1         => want=a^5 want=b
         store a     => 1: block=a",
    );
}

#[test]
fn want_11_a_full_list_replaces_the_recorded_one() {
    check(
        "join 1
         1: want=a want=b want=c
         1: full want=d want=b^1 cancel=c =>
         ? 1                              => want=b^1 want=d
         1: full ask=b!                   => 1: lack=b
         ? 1                              => want=b^1
         1: full                          =>
         ? 1                              => empty",
    );
}

#[test]
fn want_12_any_other_list_leaves_what_it_does_not_name() {
    check(
        "join 1
         1: want=a want=b
         1: want=c cancel=b
         ? 1 => want=a want=c",
    );
}

#[test]
fn want_13_an_arriving_block_goes_to_all_who_want_it_under_any_address() {
    check(
        "join 1; join 2; join 3
         request t0
         1: want=a
         2: want=t0
         3: want=t1 want=u0
         1: block=t0/a => keep=a+t0 | got=t0 | 1: block=a | 2: block=t0/a
         ? 1           => empty
         ? 3           => want=t1 want=u0
         store a t0 u0 => 3: block=u0/a
         store b t1    => 3: block=t1/b",
    );
}

#[test]
fn want_13_a_plain_block_wakes_no_leaf() {
    check(
        "join 1
         1: want=t0
         store a =>
         ? 1     => want=t0",
    );
}

#[test]
fn want_14_highest_priority_first_then_in_the_order_recorded() {
    check(
        "join 1
         store a; store b; store c
         1: want=a^1 want=b^3 want=c^1 => 1: block=b block=a block=c
         1: want=t1 want=d want=t0^2 want=t2
         store d t0 t1 t2              => 1: block=t0/d block=t1/d block=d block=t2/d",
    );
}

#[test]
fn want_14_what_one_message_wakes_is_sent_in_the_order_recorded() {
    check(
        "join 1; join 2
         request a; request b; request c
         1: want=c want=b want=a^1
         2: block=a block=b block=c => keep=a | got=a | keep=b | got=b | keep=c | got=c | 1: block=a block=c block=b",
    );
}

#[test]
fn want_15_entries_are_handled_in_order() {
    check(
        "join 1
         1: want=a cancel=a want=b^1 want=a want=b^2 =>
         ? 1                                         => want=b^2 want=a
         1: cancel=a ask=a! want=a! cancel=a         => 1: lack=a lack=a
         ? 1                                         => want=b^2",
    );
}

#[test]
fn want_17_no_other_context_changes() {
    check(
        "join 1; join 2
         1: want=a want=b
         2: full want=c cancel=a
         ? 1 => want=a want=b
         ? 2 => want=c",
    );
}

#[test]
fn want_18_one_presence_message_comes_before_the_deliveries() {
    check(
        "join 1
         store a; store b
         1: want=a ask=b ask=c! want=d! ask=a => 1: have=b lack=c lack=d have=a | 1: block=a",
    );
}

#[test]
fn wire_10_wants_beyond_the_bound_are_answered_and_not_recorded() {
    let mut node = blockexc_model::Node::new(blockexc_model::node::Config {
        wants_per_peer: 2,
        ..Default::default()
    });
    for (line, expected) in [
        ("join 1", ""),
        ("1: want=a want=b", ""),
        ("1: want=c! want=a^3", "1: lack=c"),
        ("? 1", "want=a^3 want=b"),
        ("1: cancel=b want=c", ""),
        ("? 1", "want=a^3 want=c"),
    ] {
        assert_eq!(play(&mut node, line), expected, "{line}");
    }
}
