//! Messages: every part and field, both ways of writing defaults, what is unknown, and what is wrong.

use super::protobuf::{
    a, at_a, bytes, good_entry, key, leaf, list, message, number, signed, varint,
};
use super::vector::{Or, WireVector, says};
use crate::vectors::names;
use crate::wire::BlockCid;

/// Every vector of a message that is not about a CID.
pub fn all() -> Vec<WireVector> {
    let mut vectors = parts();
    vectors.extend(defaults_and_unknown_fields());
    vectors.extend(unusable());
    vectors.extend(numbers());
    vectors.extend(no_messages());
    vectors
}

/// An entry that asks for word of the block `a`, with these fields as well.
fn entry(more: &[Vec<u8>]) -> Vec<u8> {
    [bytes(1, &at_a()), number(4, 1), more.concat()].concat()
}

fn presence(fields: &[Vec<u8>]) -> Vec<u8> {
    message(4, fields)
}

fn delivery() -> Vec<u8> {
    let cid = a();
    message(
        3,
        &[bytes(1, cid.as_bytes()), bytes(2, b"a"), bytes(3, &at_a())],
    )
}

/// The proof of the leaf 0, whose block is `a`.
fn proof() -> Vec<u8> {
    let proof = names::tree().proof(0);
    proof.map_or_else(Vec::new, |proof| proof.encode().to_vec())
}

fn leaf_delivery(more: &[Vec<u8>]) -> Vec<u8> {
    let fields = [bytes(1, a().as_bytes()), bytes(2, b"a"), bytes(3, &leaf(0))];
    message(3, &[fields.concat(), more.concat()])
}

const ACCOUNT: [u8; 20] = [7; 20];

fn account(address: &[u8]) -> Vec<u8> {
    message(6, &[bytes(1, address)])
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

fn unusable() -> Vec<WireVector> {
    let unknown_type = |value: i64| [bytes(1, &at_a()), signed(4, value)].concat();
    let without_cid = message(3, &[bytes(2, b"a"), bytes(3, &at_a())]);
    let item = |price: &[u8]| presence(&[bytes(1, &at_a()), bytes(3, price)]);
    let unknown_presence = |value: i64| presence(&[bytes(1, &at_a()), signed(2, value)]);
    vec![
        says(
            "WIRE-5/two",
            "The want type 2, and a good entry.",
            list(&[unknown_type(2), good_entry()]),
        ),
        says(
            "WIRE-5/great",
            "The greatest want type.",
            list(&[unknown_type(i64::from(i32::MAX))]),
        ),
        says(
            "WIRE-5/negative",
            "A want type below zero.",
            list(&[unknown_type(-1), good_entry()]),
        ),
        says(
            "WIRE-5/of-a-cancel",
            "A cancel of an unknown want type.",
            list(&[[unknown_type(2), number(3, 1)].concat(), good_entry()]),
        )
        .or(Or::Like(list(&[entry(&[number(3, 1)]), good_entry()]))),
        says(
            "WANT-16/no-address",
            "An entry without an address, and a good one.",
            list(&[number(4, 1), good_entry()]),
        ),
        says(
            "WANT-16/empty-address",
            "An entry with an empty address, and a good one.",
            list(&[message(1, &[]), good_entry()]),
        ),
        says(
            "WANT-16/leaf-without-tree",
            "An entry for a leaf without its tree, and a good one.",
            list(&[message(1, &[number(1, 1), number(3, 4)]), good_entry()]),
        ),
        says(
            "WANT-16/leaf-with-a-cid-only",
            "An entry for a leaf that names a plain CID, and a good one.",
            list(&[
                message(1, &[number(1, 1), bytes(4, a().as_bytes())]),
                good_entry(),
            ]),
        ),
        says(
            "WANT-16/plain-with-a-tree-only",
            "An entry for a plain block that names a tree, and a good one.",
            list(&[
                message(1, &[bytes(2, names::tree().cid().as_bytes())]),
                good_entry(),
            ]),
        ),
        says(
            "WANT-16/both-cids",
            "An entry for a plain block that names a tree as well.",
            list(&[message(
                1,
                &[
                    bytes(2, names::tree().cid().as_bytes()),
                    bytes(4, a().as_bytes()),
                ],
            )]),
        ),
        says(
            "WIRE-9/empty-entry",
            "An entry without anything, and a good one.",
            list(&[Vec::new(), good_entry()]),
        ),
        says(
            "WIRE-9/delivery-without-cid",
            "A delivery without its CID, and a Have.",
            [without_cid, item(&[])].concat(),
        ),
        says(
            "WIRE-9/delivery-without-address",
            "A delivery without an address, and a Have.",
            [
                message(3, &[bytes(1, a().as_bytes()), bytes(2, b"a")]),
                item(&[]),
            ]
            .concat(),
        ),
        says(
            "WIRE-9/delivery-without-data",
            "A delivery without data.",
            message(3, &[bytes(1, a().as_bytes()), bytes(3, &at_a())]),
        ),
        says(
            "WIRE-9/delivery-without-anything",
            "A delivery without anything, and a good one.",
            [message(3, &[]), delivery()].concat(),
        ),
        says(
            "WIRE-9/leaf-without-proof",
            "A delivery of a leaf without a proof.",
            leaf_delivery(&[]),
        ),
        says(
            "WIRE-9/presence-without-address",
            "A presence item without an address, and a good one.",
            [presence(&[bytes(3, &[1])]), item(&[2])].concat(),
        ),
        says(
            "WIRE-9/presence-with-bad-cid",
            "A presence item with a CID of one byte, and a good one.",
            [presence(&[message(1, &[bytes(4, &[1])])]), item(&[2])].concat(),
        ),
        says(
            "PRES-8/nothing",
            "A Have without a price.",
            presence(&[bytes(1, &at_a())]),
        ),
        says(
            "PRES-8/zero",
            "A Have whose price is one byte, zero.",
            item(&[0]),
        ),
        says(
            "PRES-8/one-byte",
            "A Have whose price is one byte.",
            item(&[0xff]),
        ),
        says(
            "PRES-8/two-bytes",
            "A Have whose price is two bytes, the greater one first.",
            item(&[1, 2]),
        ),
        says(
            "PRES-8/31-bytes",
            "A Have whose price is 31 bytes.",
            item(&[9; 31]),
        ),
        says(
            "PRES-8/32-bytes",
            "A Have at the highest price.",
            item(&[0xff; 32]),
        ),
        says(
            "PRES-8/leading-zeros",
            "A Have whose price has 31 leading zeros.",
            item(&[[0; 31].as_slice(), &[4]].concat()),
        ),
        says(
            "PRES-8/33-bytes",
            "A Have whose price is 33 bytes, between two others.",
            [item(&[1]), item(&[1; 33]), item(&[3])].concat(),
        ),
        says(
            "PRES-8/33-zeros",
            "A Have whose price is 33 zeros.",
            item(&[0; 33]),
        ),
        says("PRES-11/two", "The presence type 2.", unknown_presence(2)),
        says(
            "PRES-11/great",
            "The greatest presence type, and a Have.",
            [unknown_presence(i64::from(i32::MAX)), item(&[])].concat(),
        ),
        says(
            "PRES-11/negative",
            "A presence type below zero.",
            unknown_presence(-1),
        ),
        says(
            "PAY-1/19-bytes",
            "An account of 19 bytes, and a Have.",
            [account(&[7; 19]), item(&[])].concat(),
        ),
        says(
            "PAY-1/21-bytes",
            "An account of 21 bytes.",
            account(&[7; 21]),
        ),
    ]
}

fn numbers() -> Vec<WireVector> {
    let of_leaf = |index| list(&[[bytes(1, &leaf(index)), number(4, 1)].concat()]);
    let with_priority = |priority| list(&[entry(&[signed(2, priority)])]);
    vec![
        says(
            "WIRE-9/index-0",
            "The first leaf, whose index is not written.",
            of_leaf(0),
        ),
        says(
            "WIRE-9/index-32-bits",
            "A leaf whose index needs 32 bits.",
            of_leaf(u64::from(u32::MAX)),
        ),
        says(
            "WIRE-9/index-63-bits",
            "The last leaf whose index is a signed number.",
            of_leaf(u64::MAX >> 1),
        ),
        says(
            "WIRE-9/index-64-bits",
            "The first leaf whose index is no signed number.",
            of_leaf(1 << 63),
        ),
        says(
            "WIRE-9/index-greatest",
            "The leaf of the greatest index.",
            of_leaf(u64::MAX),
        ),
        says(
            "WIRE-9/priority-greatest",
            "The greatest priority.",
            with_priority(i64::from(i32::MAX)),
        ),
        says(
            "WIRE-9/priority-least",
            "The least priority, in ten bytes.",
            with_priority(i64::from(i32::MIN)),
        ),
        says(
            "WIRE-9/priority-below-zero",
            "The priority -1.",
            with_priority(-1),
        ),
        says(
            "WIRE-9/many-entries",
            "A hundred entries without anything, and a good one.",
            list(&[vec![Vec::new(); 100], vec![good_entry()]].concat()),
        ),
    ]
}

fn no_messages() -> Vec<WireVector> {
    let whole = list(&[entry(&[])]);
    let cut = whole[..whole.len() - 1].to_vec();
    let absurd = [key(1, 2), varint(1 << 63)].concat();
    let wrong_type = [number(1, 5), list(&[good_entry()])].concat();
    let wrong_in_entry = list(&[entry(&[bytes(2, b"x")])]);
    let eleven = [key(5, 0), vec![0x80; 10], vec![1]].concat();
    vec![
        says(
            "WIRE-3/garbage",
            "Bytes that are no protobuf.",
            vec![0xff; 16],
        ),
        says("WIRE-3/text", "A text.", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        says("WIRE-3/cut", "A message that lacks its last byte.", cut),
        says(
            "WIRE-3/cut-in-a-key",
            "A key that goes on, and nothing after it.",
            vec![0x8a],
        ),
        says(
            "WIRE-3/cut-in-an-entry",
            "An entry that is longer than its list.",
            message(1, &[[key(1, 2), varint(40), vec![0; 3]].concat()]),
        ),
        says("WIRE-3/absurd-length", "A want list of 2^63 bytes.", absurd),
        says(
            "WIRE-3/absurd-data",
            "A delivery whose data has 2^62 bytes.",
            message(3, &[[key(2, 2), varint(1 << 62)].concat()]),
        ),
        says("WIRE-3/field-0", "A field of the number 0.", number(0, 1)),
        says(
            "WIRE-3/wire-type-7",
            "A field of a wire type that there is not.",
            vec![0x0f],
        ),
        says(
            "WIRE-3/group-end",
            "The end of a group that never began.",
            key(9, 4),
        ),
        says("WIRE-3/eleven-bytes", "A number of eleven bytes.", eleven),
        says(
            "WIRE-3/list-is-a-number",
            "A want list that is a number, and a good one.",
            wrong_type,
        )
        .or(Or::Like(list(&[good_entry()]))),
        says(
            "WIRE-3/priority-is-bytes",
            "A priority that is bytes.",
            wrong_in_entry,
        )
        .or(Or::Like(list(&[entry(&[])]))),
        says(
            "WIRE-3/cid-of-a-thousand",
            "An entry whose CID is cut after a thousand bytes of 2,000.",
            list(&[message(
                1,
                &[[key(4, 2), varint(2000), vec![1; 1000]].concat()],
            )]),
        ),
    ]
}

/// Used by the CIDs' vectors: an entry for this CID beside nothing else.
pub fn entry_for(cid: &[u8]) -> Vec<u8> {
    list(&[[message(1, &[bytes(4, cid)]), number(4, 1)].concat()])
}

/// The CID of the block `a` under another codec.
pub fn a_as(codec: u64) -> BlockCid {
    BlockCid::from_digest(codec, &crate::wire::cid::sha256(b"a"))
}
