//! HELD: what the node holds.

use super::script::check;

#[test]
fn held_1_storing_a_block_ends_wants_as_a_delivery_does() {
    check(
        "join 1; join 2
         request a; request t0
         1: have=a
         2: have=a have=t0 want=a
         store a t0 => got=a | got=t0 | 1: cancel=a | 2: cancel=t0 | 2: block=a
         ? held     => a t0
         ? wants    =>
         ? 1        => empty
         ? 2        => empty",
    );
}

#[test]
fn held_1_without_a_proof_it_is_held_under_its_own_cid_only() {
    check(
        "request t0
         store a =>
         ? held  => a
         ? wants => t0",
    );
}

#[test]
fn held_2_deleting_a_block_sends_nothing_and_changes_no_context() {
    check(
        "join 1
         request b
         1: have=b want=c
         store a t0 t1
         1: ask=a         => 1: have=a
         delete a         =>
         ? held           =>
         ? 1              => have=b want=c
         1: want=a        =>
         ? 1              => have=b want=c want=a
         1: ask=t0!       => 1: lack=t0
         delete x         =>",
    );
}
