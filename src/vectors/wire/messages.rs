//! Messages that can be used as a whole: every part and field, both ways of writing defaults, and what is
//! unknown.

use super::protobuf::*;
use super::vector::{Or, WireVector, says};

/// Every vector of such a message.
pub fn all() -> Vec<WireVector> {
    let mut vectors = parts();
    vectors.extend(defaults_and_unknown_fields());
    vectors
}

fn parts() -> Vec<WireVector> {
    let want_block = [bytes(1, &at_a()), number(2, 3)].concat();
    let all = [
        list(&[entry(&[])]),
        delivery(),
        presence(&[bytes(1, &at_a()), bytes(3, &[5])]),
        number(5, 12),
        account(&ACCOUNT),
        message(7, &[bytes(1, b"update")]),
    ];
    vec![
        says("WIRE-1/want-have", "A WantHave entry.", list(&[entry(&[])])),
        says(
            "WIRE-1/want-block",
            "A WantBlock entry of priority 3.",
            list(&[want_block]),
        ),
        says(
            "WIRE-1/cancel",
            "A cancel entry.",
            list(&[entry(&[number(3, 1)])]),
        ),
        says(
            "WIRE-1/send-dont-have",
            "An entry with sendDontHave.",
            list(&[entry(&[number(5, 1)])]),
        ),
        says(
            "WIRE-1/full",
            "A full list.",
            message(1, &[bytes(1, &entry(&[])), number(2, 1)]),
        ),
        says(
            "WIRE-1/full-and-empty",
            "A full list without entries.",
            message(1, &[number(2, 1)]),
        ),
        says(
            "WIRE-1/leaf",
            "An entry for a leaf.",
            list(&[[bytes(1, &leaf(5)), number(4, 1)].concat()]),
        ),
        says(
            "WIRE-1/two-entries",
            "Two entries.",
            list(&[entry(&[]), good_entry()]),
        ),
        says(
            "XFER-1/delivery",
            "A delivery of a plain block.",
            delivery(),
        ),
        says(
            "XFER-1/leaf-delivery",
            "A delivery of a leaf, with its proof.",
            leaf_delivery(&[bytes(4, &proof())]),
        ),
        says(
            "WIRE-1/have",
            "A Have at price 5.",
            presence(&[bytes(1, &at_a()), bytes(3, &[5])]),
        ),
        says(
            "WIRE-1/dont-have",
            "A DontHave.",
            presence(&[bytes(1, &at_a()), number(2, 1)]),
        ),
        says(
            "WIRE-1/leaf-presence",
            "A Have for a leaf.",
            presence(&[bytes(1, &leaf(2))]),
        ),
        says(
            "WIRE-1/two-presences",
            "Two presence items.",
            [
                presence(&[bytes(1, &at_a())]),
                presence(&[bytes(1, &leaf(2)), number(2, 1)]),
            ]
            .concat(),
        ),
        says(
            "WIRE-1/pending-bytes",
            "A number of pending bytes, which nothing reads.",
            number(5, 12),
        ),
        says("PAY-1/account", "An account.", account(&ACCOUNT)),
        says(
            "PAY-2/payment",
            "A payment.",
            message(7, &[bytes(1, b"update")]),
        ),
        says("WIRE-1/all-parts", "A message of all parts.", all.concat()),
        says(
            "WIRE-6/empty",
            "No bytes at all, which is an empty message.",
            Vec::new(),
        ),
        says(
            "WIRE-6/empty-parts",
            "A message of empty parts, as Nim nodes send with every message.",
            [
                message(1, &[number(2, 0)]),
                number(5, 0),
                message(6, &[bytes(1, &[])]),
                message(7, &[bytes(1, &[])]),
            ]
            .concat(),
        ),
        says(
            "WIRE-6/any-order",
            "Parts in another order than that of their numbers.",
            [
                account(&ACCOUNT),
                presence(&[bytes(1, &at_a())]),
                list(&[entry(&[])]),
            ]
            .concat(),
        ),
    ]
}

fn defaults_and_unknown_fields() -> Vec<WireVector> {
    let all_defaults = [
        bytes(
            1,
            &[number(1, 0), number(3, 0), bytes(4, a().as_bytes())].concat(),
        ),
        number(2, 0),
        number(3, 0),
        number(4, 0),
        number(5, 0),
    ];
    let unknown = [
        number(900, 7),
        bytes(901, b"later"),
        [key(902, 1), vec![0; 8]].concat(),
        [key(903, 5), vec![0; 4]].concat(),
    ]
    .concat();
    let group = [key(904, 3), number(1, 1), key(904, 4)].concat();
    let reversed = [number(5, 1), number(4, 1), number(2, 9), bytes(1, &at_a())].concat();
    let first = list(&[entry(&[])]);
    let second = list(&[good_entry()]);
    let (first_account, second_account) = (account(&[1; 20]), account(&[2; 20]));
    vec![
        says(
            "WIRE-4/defaults-written",
            "An entry with every default written.",
            list(&[all_defaults.concat()]),
        ),
        says(
            "WIRE-4/defaults-left-out",
            "The entry with every default left out.",
            list(&[bytes(1, &at_a())]),
        ),
        says(
            "WIRE-4/fields-in-reverse",
            "An entry whose fields come last to first.",
            list(&[reversed]),
        ),
        says(
            "WIRE-4/full-before-entries",
            "A list that says `full` before its entries.",
            message(1, &[number(2, 1), bytes(1, &entry(&[]))]),
        ),
        says(
            "WIRE-4/unknown-in-message",
            "Unknown fields of four wire types in a message.",
            [unknown.clone(), first.clone()].concat(),
        ),
        says(
            "WIRE-4/unknown-in-list",
            "Unknown fields in a want list.",
            message(1, &[unknown.clone(), bytes(1, &entry(&[]))]),
        ),
        says(
            "WIRE-4/unknown-in-entry",
            "Unknown fields in an entry.",
            list(&[entry(std::slice::from_ref(&unknown))]),
        ),
        says(
            "WIRE-4/unknown-in-address",
            "Unknown fields in an address.",
            list(&[[bytes(1, &[at_a(), unknown.clone()].concat()), number(4, 1)].concat()]),
        ),
        says(
            "WIRE-4/unknown-in-delivery",
            "Unknown fields in a delivery.",
            leaf_delivery(&[unknown.clone(), bytes(4, &proof())]),
        ),
        says(
            "WIRE-4/unknown-in-presence",
            "Unknown fields in a presence item.",
            presence(&[unknown.clone(), bytes(1, &at_a())]),
        ),
        says(
            "WIRE-4/unknown-in-account",
            "Unknown fields in an account.",
            message(6, &[unknown, bytes(1, &ACCOUNT)]),
        ),
        says(
            "WIRE-4/field-2",
            "The field 2 of a message, which is unused.",
            [number(2, 1), first.clone()].concat(),
        ),
        says(
            "WIRE-4/group",
            "An unknown group, which protobuf no longer writes.",
            [group, first.clone()].concat(),
        )
        .or(Or::Refused),
        says(
            "WIRE-4/repeated-number",
            "An entry with two priorities: the last counts.",
            list(&[entry(&[number(2, 1), number(2, 8)])]),
        ),
        says(
            "WIRE-4/two-lists",
            "Two want lists in one message.",
            [first, second.clone()].concat(),
        )
        .or(Or::Like(second)),
        says(
            "WIRE-4/two-accounts",
            "Two accounts in one message: the last counts.",
            [first_account, second_account].concat(),
        ),
        says(
            "WIRE-4/true-is-not-one",
            "A cancel whose number is 2.",
            list(&[entry(&[number(3, 2)])]),
        )
        .or(Or::Like(list(&[entry(&[])])))
        .or(Or::Refused),
    ]
}
