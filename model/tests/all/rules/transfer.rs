//! XFER: deliveries, where a want ends; and the order of a message's parts (WIRE-6).

use blockexc_model::node::{Config, First, MAX_BLOCKS_SENT};
use blockexc_model::{Effect, Event};

use super::script::{Message, Node, check, play};
use blockexc_model::message::WantEntry;

#[test]
fn xfer_1_a_delivery_names_the_address_as_it_was_asked_for() {
    check(
        "join 1
         store a t0
         1: want=t0 => 1: block=t0/a
         1: want=a  => 1: block=a",
    );
}

#[test]
fn xfer_2_what_is_not_wanted_is_ignored() {
    check(
        "join 1
         request b
         1: block=a block=t0/b =>
         ? held                =>
         ? wants               => b",
    );
}

#[test]
fn xfer_3_the_data_must_be_what_cid_and_address_say() {
    for fault in ["block=a~corrupt", "block=a~no-data", "block=a/b"] {
        check(&format!(
            "join 1
             request a
             1: {fault} =>
             ? held     =>
             ? wants    => a"
        ));
    }
}

#[test]
fn xfer_4_a_leaf_needs_a_proof_that_verifies() {
    for fault in [
        "no-proof",
        "undecodable",
        "other-index",
        "unproven",
        "corrupt",
    ] {
        check(&format!(
            "join 1
             request t0
             1: block=t0/a~{fault} =>
             ? held                =>
             ? wants               => t0"
        ));
    }
}

#[test]
fn xfer_5_the_other_deliveries_of_the_message_count() {
    check(
        "join 1
         request a; request b; request t0
         1: block=a~corrupt block=b block=t0/c~unproven => keep=b | got=b
         ? held                                         => b
         ? wants                                        => a t0",
    );
}

#[test]
fn xfer_6_who_was_asked_and_brings_a_wrong_block_is_asked_no_longer() {
    check(
        "join 1; join 2
         request a
         1: have=a          => 1: want=a
         2: have=a          =>
         1: block=a~corrupt => 2: want=a
         ? 1                => empty
         2: block=a/b       =>
         ? wants            => a",
    );
}

#[test]
fn xfer_6_a_wrong_block_of_another_peer_changes_nothing() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: have=a
         2: block=a~corrupt =>
         ? 2                => have=a
         ? wants            => a<1",
    );
}

#[test]
fn xfer_7_a_leafs_block_ends_the_wants_for_both_its_addresses() {
    check(
        "join 1; join 2; join 3
         request t0; request a
         1: have=t0
         2: have=a
         3: have=a have=t0
         1: block=t0/a => keep=a+t0 | got=t0 | got=a | 2: cancel=a
         ? held        => a t0
         ? wants       =>
         ? 3           => empty",
    );
}

#[test]
fn xfer_7_a_plain_block_ends_no_leafs_want() {
    check(
        "join 1
         request t0; request a
         1: block=a => keep=a | got=a
         ? held     => a
         ? wants    => t0",
    );
}

#[test]
fn xfer_7_who_was_asked_in_vain_is_sent_a_cancel_and_the_deliverer_is_not() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: have=a
         retry a    => 2: want=a
         2: block=a => keep=a | got=a | 1: cancel=a",
    );
}

#[test]
fn xfer_7_a_want_asked_anew_and_met_in_one_step_does_not_stay_asked() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: have=a
         1: block=a~corrupt block=a => keep=a | got=a | 2: cancel=a",
    );
}

#[test]
fn xfer_8_a_wanted_block_is_welcome_from_anybody() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: block=a => keep=a | got=a | 1: cancel=a",
    );
}

#[test]
fn xfer_9_at_most_20_blocks_come_in_one_message() {
    let mut node = Node::new(Config::default());
    play(&mut node, "join 1");
    let cids = || ('A'..='Z').chain('a'..='z');
    for cid in cids() {
        let leaves = Vec::new();
        node.step(Event::Stored { cid, leaves }, &mut First);
    }
    let entries = cids().map(|cid| WantEntry::want_block(blockexc_model::Address::Plain(cid)));
    let message = Message::want_list(entries.collect(), false);
    let counts: Vec<_> = node
        .step(Event::Received { from: 1, message }, &mut First)
        .into_iter()
        .map(|effect| match effect {
            Effect::Send { message, .. } => message.deliveries.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [MAX_BLOCKS_SENT, MAX_BLOCKS_SENT, 12]);
}

#[test]
fn wire_6_want_list_then_deliveries_then_presences() {
    check(
        "join 1
         request a; request b
         1: want=a have=a have=b block=a => keep=a | got=a | 1: want=b | 1: block=a
         ? 1                             => have=b
         1:                              =>
         ? 1                             => have=b",
    );
}
