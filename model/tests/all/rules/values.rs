//! The values: what their small helpers say, in each case.

use std::hash::{BuildHasher, RandomState};

use blockexc_model::Event;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::message::{
    Account, Delivery, Evidence, Payment, Presence, PresenceType, WantEntry,
};
use blockexc_model::node::{Choose, Config, First};
use blockexc_model::price::Price;
use blockexc_model::sequence::Sequence;

use super::script::{Message, Node, Tiny, address, deviant, lines, play};

#[test]
fn a_message_is_empty_when_no_part_of_it_says_anything() {
    let a = address("a");
    let parts: [Message; 5] = [
        Message::want_list(Vec::new(), false),
        Message::deliveries(vec![Delivery {
            evidence: Evidence::valid_for(&a),
            address: a.clone(),
            cid: 'a',
        }]),
        Message::presences(vec![Presence {
            address: a,
            presence_type: PresenceType::DontHave,
            price: Price::ZERO,
        }]),
        Message::account(Account([1; 20])),
        Message {
            payment: Some(Payment(Vec::new())),
            ..Message::default()
        },
    ];
    assert!(Message::default().is_empty());
    for message in parts {
        assert!(!message.is_empty(), "{message:?}");
    }
}

#[test]
fn a_dumped_context_is_empty_without_records_wants_and_account() {
    for (says, is_empty) in [
        ("", true),
        ("have=a", false),
        ("want=b", false),
        ("account=7", false),
    ] {
        let mut node = Node::new(Config::default());
        for line in ["request a", "join 1", &format!("1: {says}")] {
            play(&mut node, line);
        }
        let context = &node.dump().contexts[&1];
        assert_eq!(context.is_empty(), is_empty, "{says}");
    }
}

#[test]
fn a_dumped_context_says_what_is_recorded_of_an_address() {
    let mut node = Node::new(Config::default());
    for line in [
        "request a",
        "request b",
        "join 1",
        "1: have=a@2 have=b@3 want=c^4 want=d^5",
    ] {
        play(&mut node, line);
    }
    let context = &node.dump().contexts[&1];
    assert_eq!(context.price_of(&address("a")), Some(Price::from(2)));
    assert_eq!(context.price_of(&address("b")), Some(Price::from(3)));
    assert_eq!(context.price_of(&address("c")), None);
    let d = WantEntry {
        priority: 5,
        ..WantEntry::want_block(address("d"))
    };
    assert_eq!(context.want(&address("d")), Some(&d));
    assert_eq!(context.want(&address("a")), None);
}

#[test]
fn a_node_shows_what_it_was_told() {
    let config = Config {
        retries: 3,
        ..Config::default()
    };
    let mut node = Node::new(config.clone());
    for line in ["join 1", "1: account=7 payment=8", "request a", "store b"] {
        play(&mut node, line);
    }
    assert_eq!(node.config(), &config);
    let context = &node.contexts()[&1];
    assert_eq!(context.account(), Some(&Account([7; 20])));
    assert_eq!(context.payment(), Some(&Payment(vec![8])));
    let (a, b) = (address("a"), address("b"));
    assert!(node.wants(&a) && !node.holds(&a) && node.holds(&b) && !node.wants(&b));
    assert_eq!(node.held().get(&b), Some(&'b'));
}

#[test]
fn sequences_are_equal_when_their_entries_are_and_their_order_is() {
    let sequence = |entries: &[(u8, u8)]| {
        let mut sequence = Sequence::default();
        assert!(sequence.is_empty());
        for (key, value) in entries {
            sequence.insert(*key, *value);
        }
        sequence
    };
    let some = sequence(&[(1, 1), (2, 2)]);
    let hash = RandomState::new();
    assert_eq!(some, sequence(&[(1, 1), (2, 2)]));
    assert_eq!(
        hash.hash_one(&some),
        hash.hash_one(sequence(&[(1, 1), (2, 2)]))
    );
    for other in [
        sequence(&[]),
        sequence(&[(1, 1)]),
        sequence(&[(1, 1), (2, 3)]),
        sequence(&[(2, 2), (1, 1)]),
        sequence(&[(1, 1), (2, 2), (3, 3)]),
    ] {
        assert_ne!(some, other);
        assert_ne!(hash.hash_one(&some), hash.hash_one(&other));
    }
}

#[test]
fn a_sequence_keeps_the_place_of_what_it_has() {
    let mut sequence = Sequence::default();
    for key in [1, 2, 3] {
        assert_eq!(sequence.insert(key, key), None);
    }
    assert_eq!(sequence.insert(2, 7), Some(2));
    assert_eq!(sequence.get(&2), Some(&7));
    assert_eq!(sequence.remove(&4), None);
    assert_eq!(sequence.remove(&1), Some(1));
    assert_eq!(sequence.keys().collect::<Vec<_>>(), [&2, &3]);
    sequence.insert(4, 4);
    assert_eq!(sequence.swap_remove(&2), Some(7));
    assert_eq!(sequence.swap_remove(&2), None);
    assert_eq!(sequence.keys().collect::<Vec<_>>(), [&4, &3]);
    assert_eq!((sequence.len(), sequence.is_empty()), (2, false));
}

#[test]
fn a_choice_is_made_by_a_function_or_is_the_first() {
    let (a, holders) = (address("a"), [1, 2, 3]);
    let mut last = |_: &_, holders: &[u8]| holders.len() - 1;
    assert_eq!(Choose::<Tiny>::holder(&mut last, &a, &holders), 2);
    assert_eq!(Choose::<Tiny>::holder(&mut First, &a, &holders), 0);
}

#[test]
fn a_choice_out_of_range_counts_as_the_last() {
    for (choice, asked) in [(0, 1), (1, 2), (2, 3), (3, 3), (usize::MAX, 3)] {
        let mut node = Node::new(Config::default());
        // Peer 4 is asked first; when it leaves, there are three to choose from.
        for line in [
            "request a",
            "join 1; join 2; join 3; join 4",
            "4: have=a; 1: have=a; 2: have=a; 3: have=a",
        ] {
            lines(line).for_each(|line| {
                play(&mut node, line);
            });
        }
        let mut offered = Vec::new();
        node.step(Event::Left(4), &mut |_: &_, holders: &[u8]| {
            offered = holders.to_vec();
            choice
        });
        assert_eq!(offered, [1, 2, 3]);
        assert_eq!(play(&mut node, "? wants"), format!("a<{asked}"));
    }
}

#[test]
fn a_choice_of_whom_to_ask_unannounced_may_be_out_of_range_too() {
    for (choice, asked) in [(0, 1), (1, 2), (2, 3), (3, 3), (usize::MAX, 3)] {
        let mut node = deviant(Deviations::of(&[Deviation::AskUnannounced]));
        for line in ["join 1", "join 2", "join 3"] {
            play(&mut node, line);
        }
        node.step(Event::Request(address("a")), &mut |_: &_, _: &[u8]| choice);
        assert_eq!(play(&mut node, "? wants"), format!("a<{asked}"));
    }
}

#[test]
fn a_deviating_node_shows_what_only_it_keeps() {
    let a = address("a");
    for (deviation, says, is_denied, marks) in [
        (Deviation::DontHaveRecorded, "lack=a", true, 0),
        (Deviation::DontHaveRecorded, "have=a", false, 0),
        (Deviation::OnlyAsked, "have=a", false, 1),
    ] {
        let mut node = deviant(Deviations::of(&[deviation]));
        for line in ["request a", "join 1", &format!("1: {says}")] {
            play(&mut node, line);
        }
        assert_eq!(node.is_denied(&1, &a), is_denied, "{deviation} {says}");
        assert_eq!(node.asked_marks(&1).count(), marks, "{deviation} {says}");
    }
}

#[test]
fn the_store_can_change_without_a_word() {
    let mut node = deviant(Deviations::none());
    for line in ["join 1", "request a", "1: want=a"] {
        play(&mut node, line);
    }
    let a = address("a");
    node.set_held(a.clone(), Some('a'));
    assert!(node.holds(&a) && node.wants(&a));
    assert_eq!(node.contexts()[&1].wants().len(), 1);
    node.set_held(a.clone(), None);
    assert!(!node.holds(&a) && node.wants(&a));
}

#[test]
fn a_reconstructed_leaf_is_like_a_stored_one() {
    let waiting = || {
        let mut node = deviant(Deviations::none());
        for line in lines("join 1; join 2; request t0; 1: have=t0; 2: want=a want=t0") {
            play(&mut node, line);
        }
        node
    };
    let (mut reconstructed, mut stored) = (waiting(), waiting());
    let effects = reconstructed.reconstructed(address("t0"), 'a');
    let event = Event::Stored {
        cid: 'a',
        leaves: vec![address("t0")],
    };
    assert_eq!(effects, stored.step(event, &mut First));
    assert_eq!(reconstructed, stored);
    assert!(stored.holds(&address("t0")) && stored.holds(&address("a")));
}
