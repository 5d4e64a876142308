//! What the checker says of actions and messages can be read without its numbers.

use blockexc_checker::analysis::networks::pair;
use blockexc_checker::network::action::{Act, Action};
use blockexc_checker::network::names::{Blocks, Cid, Peer, Small};
use blockexc_checker::show::shown::Shown;
use blockexc_checker::show::words::{show_entry, show_message};
use blockexc_checker::step::choice::Script;
use blockexc_model::Address;
use blockexc_model::deviating::Setup;
use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Payment, Presence, PresenceType, WantEntry,
};
use blockexc_model::price::Price;

const B0: Address<Cid> = Address::Plain(Cid(0));

#[test]
fn actions_name_their_addresses() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 1);
    let act = |act, choices: &[u8]| Action::Act {
        node: Peer(0),
        act,
        script: Script::of(choices).unwrap(),
    };
    for (action, said) in [
        (Action::Connect(Peer(0), Peer(1)), "A and B connect"),
        (act(Act::Request(0), &[]), "A's user requests b0"),
        (act(Act::Cancel(0), &[]), "A's user cancels b0"),
        (act(Act::Retry(0), &[]), "A retries b0"),
        (
            act(Act::Retry(0), &[1, 0, 2]),
            "A retries b0, choosing holder 2, then 1, then 3",
        ),
        (
            act(Act::Handle(Peer(1)), &[1]),
            "A handles a message from B, choosing holder 2",
        ),
        (act(Act::Delete(Cid(0)), &[]), "A deletes b0"),
    ] {
        assert_eq!(network.describe(&action), said);
    }
}

#[test]
fn scripts_hold_eight_choices_of_sixteen() {
    assert_eq!(Script::of(&[15; 8]).unwrap().choices(), [15; 8]);
    assert_eq!(Script::of(&[0; 9]), None);
    assert_eq!(Script::of(&[16]), None);
    assert_eq!(Script::of(&[1, 0, 0]).unwrap().choices(), [1]);
}

#[test]
fn a_message_is_said_part_by_part() {
    let delivery = |evidence| Delivery {
        address: B0,
        cid: Cid(0),
        evidence,
    };
    let item = |presence_type| Presence {
        address: B0,
        presence_type,
        price: Price::ZERO,
    };
    let corrupt = Evidence {
        data_matches_cid: false,
        ..Evidence::VALID_PLAIN
    };
    let list = vec![WantEntry::want_have(B0)];
    for (message, said) in [
        (Message::default(), "nothing"),
        (Message::want_list(Vec::new(), true), "full list: nothing"),
        (Message::want_list(list.clone(), false), "WantHave b0"),
        (Message::want_list(list, true), "full list: WantHave b0"),
        (
            Message::deliveries(vec![delivery(Evidence::VALID_PLAIN), delivery(corrupt)]),
            "the block b0 + a wrong block for b0",
        ),
        (
            Message::presences(vec![item(PresenceType::Have), item(PresenceType::DontHave)]),
            "Have b0 + DontHave b0",
        ),
        (
            Message {
                payment: Some(Payment(vec![1])),
                ..Message::account(Account([1; 20]))
            },
            "account + payment",
        ),
    ] {
        assert_eq!(show_message(&message as &Message<Small>), said);
    }
}

#[test]
fn an_entry_is_said_with_all_that_it_asks() {
    let want = WantEntry::want_block(B0);
    assert_eq!(show_entry(&want), "WantBlock b0");
    let more = WantEntry {
        priority: 3,
        send_dont_have: true,
        ..want.clone()
    };
    assert_eq!(show_entry(&more), "WantBlock b0 priority 3 (or DontHave)");
    let cancel = WantEntry {
        cancel: true,
        ..want
    };
    assert_eq!(show_entry(&cancel), "cancel b0");
}
