//! Every way in which a node can choose is gone through, and each once.

use blockexc_checker::network::names::{Cid, Peer, Small};
use blockexc_checker::step::choice::{any_way, fits, may_choose, scripts};
use blockexc_model::Address;
use blockexc_model::deviating::{Event, Node, Setup};
use blockexc_model::message::{Message, Presence, PresenceType};
use blockexc_model::node::First;
use blockexc_model::price::Price;

/// A node that has asked peer 0 for so many blocks, which so many others have too.
fn asker(blocks: u8, others: u8) -> Node<Small> {
    let mut node = Node::deviating(Setup::default());
    for block in 0..blocks {
        node.step(Event::Request(Address::Plain(Cid(block))), &mut First);
    }
    for peer in (0..=others).map(Peer) {
        node.step(Event::Joined(peer), &mut First);
        let item = |block| Presence {
            address: Address::Plain(Cid(block)),
            presence_type: PresenceType::Have,
            price: Price::ZERO,
        };
        let message = Message::presences((0..blocks).map(item).collect());
        node.step(
            Event::Received {
                from: peer,
                message,
            },
            &mut First,
        );
    }
    node
}

/// The choices that can be made when peer 0 leaves.
fn ways(blocks: u8, others: u8) -> Vec<Vec<u8>> {
    let (node, event) = (asker(blocks, others), Event::Left(Peer(0)));
    let scripts = scripts(&node, &event);
    for script in &scripts {
        assert!(fits(&node, &event, *script));
    }
    scripts.iter().map(|script| script.choices()).collect()
}

#[test]
fn one_choice_goes_through_the_holders() {
    assert_eq!(ways(1, 1), [Vec::<u8>::new()]);
    assert_eq!(ways(1, 4), [vec![], vec![1], vec![2], vec![3]]);
}

#[test]
fn several_choices_go_through_all_combinations() {
    assert_eq!(ways(2, 2), [vec![], vec![0, 1], vec![1], vec![1, 1]]);
    assert_eq!(ways(2, 3).len(), 9);
}

#[test]
fn a_script_that_names_a_holder_that_is_not_there_does_not_fit() {
    let more = scripts(&asker(1, 3), &Event::Left(Peer(0)));
    let fewer = asker(1, 2);
    let fitting = more
        .iter()
        .filter(|script| fits(&fewer, &Event::Left(Peer(0)), **script));
    assert_eq!(fitting.count(), 2);
    // Nothing is chosen here at all.
    let none = more
        .iter()
        .filter(|script| fits(&fewer, &Event::Joined(Peer(7)), **script));
    assert_eq!(none.count(), 1);
}

#[test]
fn any_way_is_found_wherever_it_is() {
    let node = asker(1, 3);
    let asked = |peer| {
        any_way(|player| {
            let mut after = node.clone();
            after.step(Event::Left(Peer(0)), player);
            after
                .own_wants()
                .any(|(_, want)| want.asked.contains(&Peer(peer)))
        })
    };
    assert!(asked(1) && asked(2) && asked(3));
    assert!(!asked(0) && !asked(4));
}

#[test]
fn who_knows_of_fewer_than_two_holders_has_no_choice() {
    assert!(may_choose(&asker(1, 1)));
    assert!(!may_choose(&asker(1, 0)));
    assert!(!may_choose(&Node::<Small>::deviating(Setup::default())));
}
