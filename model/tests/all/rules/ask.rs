//! ASK: how the node pursues its own wants.

use blockexc_model::node::{Config, MAX_ENTRIES_SENT};
use blockexc_model::{Effect, Event};

use super::script::{Address, Message, Node, check, check_with};
use blockexc_model::message::{Presence, PresenceType};
use blockexc_model::price::Price;

#[test]
fn ask_1_a_request_is_announced_to_every_context_and_to_discovery() {
    check(
        "join 1; join 2
         request a  => find=a | 1: ask=a | 2: ask=a
         request t3 => find=t | 1: ask=t3 | 2: ask=t3
         ? wants    => a t3",
    );
}

#[test]
fn ask_1_without_peers_discovery_is_asked() {
    check("request a => find=a");
}

#[test]
fn ask_2_a_second_request_adds_and_sends_nothing() {
    check(
        "join 1
         request a
         request a  =>
         ? wants    => a
         1: block=a => keep=a | got=a",
    );
}

#[test]
fn ask_3_a_held_block_is_there_at_once() {
    check(
        "join 1
         store a t0
         request a  => got=a
         request t0 => got=t0
         ? wants    =>",
    );
}

#[test]
fn ask_4_who_has_not_announced_a_block_is_not_asked_for_it() {
    check(
        "join 1; join 2
         request a
         2: have=a => 2: want=a
         2: lack=a =>
         1: want=a =>
         ? wants   => a",
    );
}

#[test]
fn ask_5_one_peer_at_a_time() {
    check(
        "join 1; join 2
         request a
         1: have=a => 1: want=a
         2: have=a =>
         1: have=a =>
         ? wants   => a<1",
    );
}

#[test]
fn ask_6_one_list_for_all_that_is_known_in_the_order_requested() {
    check(
        "join 1; join 2
         request c; request a; request b; request d
         2: have=a                => 2: want=a
         1: have=b have=c have=a have=d => 1: want=c want=b want=d",
    );
}

#[test]
fn ask_6_a_presence_for_anything_makes_the_node_ask_for_all_it_knows() {
    check(
        "join 1; join 2
         request a; request b
         1: have=a        => 1: want=a
         2: have=a have=b => 2: want=b
         1: lack=a have=x => 2: want=a",
    );
}

#[test]
fn ask_6_and_join_8_a_long_list_is_split() {
    let mut node = Node::new(Config::default());
    let leaves: Vec<_> = (0..MAX_ENTRIES_SENT as u64 + 1)
        .map(|index| Address::Leaf { tree: 't', index })
        .collect();
    for leaf in &leaves {
        node.step(
            Event::Request(leaf.clone()),
            &mut blockexc_model::node::First,
        );
    }
    node.step(Event::Joined(1), &mut blockexc_model::node::First);
    let items = leaves
        .into_iter()
        .map(|address| Presence {
            address,
            presence_type: PresenceType::Have,
            price: Price::ZERO,
        })
        .collect();
    let message = Message::presences(items);
    let asked: Vec<_> = node
        .step(
            Event::Received { from: 1, message },
            &mut blockexc_model::node::First,
        )
        .into_iter()
        .map(|effect| match effect {
            Effect::Send { message, .. } => {
                let list = message.want_list.unwrap();
                (list.entries.len(), list.full)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [(MAX_ENTRIES_SENT, false), (1, false)]);
}

#[test]
fn ask_7_who_was_asked_and_has_not_answered_is_sent_a_cancel() {
    check(
        "join 1; join 2; join 3
         request a
         1: have=a
         2: have=a
         cancel a  => cancelled=a | 1: cancel=a
         ? wants   =>
         cancel a  => not-wanted=a
         cancel b  => not-wanted=b",
    );
}

#[test]
fn ask_7_everybody_ever_asked_is_told() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: have=a
         1: lack=a => 2: want=a
         cancel a  => cancelled=a | 1: cancel=a | 2: cancel=a",
    );
}

#[test]
fn ask_7_an_invalid_delivery_is_an_answer() {
    check(
        "join 1
         request a
         1: have=a
         1: block=a~corrupt
         cancel a => cancelled=a",
    );
}

#[test]
fn ask_8_a_late_peer_loses_its_record_and_another_holder_is_asked() {
    check(
        "join 1; join 2
         request a
         1: have=a
         2: have=a
         retry a => 2: want=a
         ? 1     => empty
         retry a => find=a | 1: ask=a | 2: ask=a
         ? 2     => empty
         retry a => find=a | 1: ask=a | 2: ask=a
         retry b =>",
    );
}

#[test]
fn ask_9_after_the_retries_the_request_fails() {
    let impatient = Config {
        retries: 2,
        ..Config::default()
    };
    check_with(
        impatient,
        "join 1; join 2
         request a
         1: have=a => 1: want=a
         retry a   => find=a | 1: ask=a | 2: ask=a
         retry a   => find=a | 1: ask=a | 2: ask=a
         2: have=a => 2: want=a
         retry a   => failed=a | 1: cancel=a | 2: cancel=a
         ? wants   =>
         ? 2       => empty",
    );
}
