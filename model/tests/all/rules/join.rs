//! JOIN: how a context comes to be.

use blockexc_model::message::{Account, WantEntry};
use blockexc_model::node::{Config, First, MAX_ENTRIES_SENT};
use blockexc_model::price::Price;
use blockexc_model::{Effect, Event};

use super::script::{Address, Message, Node, check, check_with};

#[test]
fn join_1_and_2_joined_creates_an_empty_context() {
    check(
        "? 1    => no context
         join 1 =>
         ? 1    => empty",
    );
}

#[test]
fn join_1_and_7_no_message_creates_a_context_and_none_is_answered() {
    check(
        "store b
         request a                       => find=a
         1: want=b ask=b! have=a account=3 payment=3 =>
         1: block=a                      =>
         ? 1                             => no context
         ? wants                         => a
         ? held                          => b",
    );
}

#[test]
fn join_3_a_second_joined_changes_and_sends_nothing() {
    check(
        "join 1
         request a
         1: have=a@3 want=b^2 account=3
         join 1 =>
         ? 1    => have=a@3 want=b^2 account=3",
    );
}

#[test]
fn join_4_the_own_want_list_is_sent_in_full() {
    check(
        "request b
         request t0
         request a
         join 1 => 1: full ask=b ask=t0 ask=a",
    );
}

#[test]
fn join_4_names_own_wants_only() {
    check(
        "request a
         request b
         store a
         cancel b
         request c
         join 1 => 1: full ask=c",
    );
}

#[test]
fn join_5_without_own_wants_there_is_no_list() {
    check(
        "request a
         cancel a
         join 1 =>",
    );
}

#[test]
fn join_6_a_node_with_an_account_sends_it() {
    let paid = Config {
        account: Some(Account([5; 20])),
        price: Price::from(2),
        ..Config::default()
    };
    check_with(
        paid,
        "join 1 => 1: account=5
         join 1 =>",
    );
}

fn leaves(count: usize) -> impl Iterator<Item = Address> {
    (0..count).map(|index| Address::Leaf {
        tree: 't',
        index: u64::try_from(index).unwrap(),
    })
}

#[test]
fn join_8_a_long_list_is_split_and_only_its_first_part_is_full() {
    let mut node = Node::new(Config::default());
    for address in leaves(2 * MAX_ENTRIES_SENT + 1) {
        node.step(Event::Request(address), &mut First);
    }
    let lists: Vec<(usize, bool)> = node
        .step(Event::Joined(1), &mut First)
        .into_iter()
        .map(|effect| match effect {
            Effect::Send { message, .. } => {
                let list = message.want_list.unwrap();
                (list.entries.len(), list.full)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        lists,
        [
            (MAX_ENTRIES_SENT, true),
            (MAX_ENTRIES_SENT, false),
            (1, false)
        ]
    );
}

#[test]
fn join_8_a_list_of_1024_entries_is_accepted() {
    let mut node = Node::new(Config::default());
    node.step(Event::Joined(1), &mut First);
    let message = Message::want_list(leaves(1024).map(WantEntry::want_block).collect(), false);
    node.step(Event::Received { from: 1, message }, &mut First);
    assert_eq!(node.contexts()[&1].wants().len(), 1024);
}
