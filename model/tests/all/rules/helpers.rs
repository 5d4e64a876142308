//! PRES-8 and PRES-10: prices, and the seed's helpers.

use std::collections::BTreeSet;

use blockexc_model::PeerContext;
use blockexc_model::node::Config;
use blockexc_model::price::{Price, PriceTooLong};

use super::script::{Node, Tiny, address, play};

fn context() -> PeerContext<Tiny> {
    let mut node = Node::new(Config::default());
    for line in [
        "join 1",
        "request a",
        "request t0",
        "request t1",
        "1: have=a@2 have=t0@3 have=t1@4 want=b want=u5",
    ] {
        play(&mut node, line);
    }
    node.contexts()[&1].clone()
}

#[test]
fn pres_10_the_helpers_agree_with_the_records() {
    let context = context();
    let [a, t0, t1, b] = ["a", "t0", "t1", "b"].map(address);
    assert_eq!(context.peer_have().collect::<Vec<_>>(), [&a, &t0, &t1]);
    assert_eq!(context.peer_have_cids(), BTreeSet::from(['a', 't']));
    assert_eq!(context.peer_wants_cids(), BTreeSet::from(['b', 'u']));
    assert!(context.contains(&t0) && !context.contains(&b));
    assert_eq!(context.price([&a, &t1, &b]), Some(Price::from(6)));
    assert_eq!(context.price([]), Some(Price::ZERO));
}

#[test]
fn pres_10_setting_and_cleaning_change_the_named_addresses_only() {
    let mut context = context();
    let [a, t0, t1, b] = ["a", "t0", "t1", "b"].map(address);
    context.set_presence(b.clone(), Price::from(7));
    context.set_presence(a.clone(), Price::from(8));
    context.clean_presence([&t0, &address("c")]);
    let records: Vec<_> = context.presence().iter().collect();
    assert_eq!(
        records,
        [
            (&a, &Price::from(8)),
            (&b, &Price::from(7)),
            (&t1, &Price::from(4))
        ]
    );
    assert_eq!(context.wants().len(), 2);
}

#[test]
fn pres_8_a_price_is_big_endian_of_at_most_32_bytes() {
    let longest = [0xff; 32];
    assert_eq!(Price::from_big_endian(&[]), Ok(Price::ZERO));
    assert_eq!(Price::from_big_endian(&[1, 2]), Ok(Price::from(258)));
    assert_eq!(Price::from_big_endian(&[0, 0, 1, 2]), Ok(Price::from(258)));
    assert_eq!(Price::from_big_endian(&[0; 33]), Err(PriceTooLong(33)));
    let largest = Price::from_big_endian(&longest).unwrap();
    assert_eq!(largest.to_big_endian(), longest);
    assert_eq!(largest.checked_add(Price::from(1)), None);
    assert_eq!(
        Price::from(255).checked_add(Price::from(1)),
        Some(Price::from(256))
    );
    assert_eq!(Price::from(256).to_string(), "0x100");
    assert_eq!(Price::ZERO.to_string(), "0x0");
}
