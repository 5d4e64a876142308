//! Messages with parts that cannot be used, numbers at their limits, and bytes that are no message.

use super::protobuf::*;
use super::vector::{Or, WireVector, says};
use crate::vectors::names;

/// Every vector of such bytes.
pub fn all() -> Vec<WireVector> {
    let mut vectors = unusable();
    vectors.extend(numbers());
    vectors.extend(no_messages());
    vectors
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
