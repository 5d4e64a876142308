//! Protobuf by hand, so that bytes can be written that no encoder writes; and the parts of messages.

use crate::vectors::names;
use crate::wire::cid::sha256;
use crate::wire::{Address, BlockCid, address};
use prost::Message as _;

/// A number in the shortest varint.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field's number and wire type.
pub fn key(field: u64, wire_type: u64) -> Vec<u8> {
    varint(field << 3 | wire_type)
}

/// A field that is a number.
pub fn number(field: u64, value: u64) -> Vec<u8> {
    [key(field, 0), varint(value)].concat()
}

/// A field that is a number below zero or not.
pub fn signed(field: u64, value: i64) -> Vec<u8> {
    number(field, value as u64)
}

/// A field that is a message or bytes.
pub fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [
        key(field, 2),
        varint(content.len() as u64),
        content.to_vec(),
    ]
    .concat()
}

/// A field that is a message of these fields.
pub fn message(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(field, &fields.concat())
}

/// A want list with these entries, as a whole message.
pub fn list(entries: &[Vec<u8>]) -> Vec<u8> {
    let entries: Vec<_> = entries.iter().map(|entry| bytes(1, entry)).collect();
    message(1, &entries)
}

/// The letter's block as an address, the content of the field.
pub fn plain(cid: &BlockCid) -> Vec<u8> {
    address::to_protobuf(&Address::Plain(cid.clone())).encode_to_vec()
}

/// A leaf of the dataset as an address.
pub fn leaf(index: u64) -> Vec<u8> {
    let tree = names::tree().cid();
    address::to_protobuf(&Address::Leaf { tree, index }).encode_to_vec()
}

/// The CID of the block `a`.
pub fn a() -> BlockCid {
    BlockCid::of_block(b"a")
}

/// The address of the block `a`.
pub fn at_a() -> Vec<u8> {
    plain(&a())
}

/// A WantHave entry for the block `b`: what is good beside what is not.
pub fn good_entry() -> Vec<u8> {
    [bytes(1, &plain(&BlockCid::of_block(b"b"))), number(4, 1)].concat()
}

/// An entry that asks for word of the block `a`, with these fields as well.
pub fn entry(more: &[Vec<u8>]) -> Vec<u8> {
    [bytes(1, &at_a()), number(4, 1), more.concat()].concat()
}

/// A presence item of these fields, as a whole message.
pub fn presence(fields: &[Vec<u8>]) -> Vec<u8> {
    message(4, fields)
}

/// A delivery of the block `a`, as a whole message.
pub fn delivery() -> Vec<u8> {
    let cid = a();
    message(
        3,
        &[bytes(1, cid.as_bytes()), bytes(2, b"a"), bytes(3, &at_a())],
    )
}

/// The proof of the leaf 0, whose block is `a`.
pub fn proof() -> Vec<u8> {
    let proof = names::tree().proof(0);
    proof.map_or_else(Vec::new, |proof| proof.encode().to_vec())
}

/// A delivery of the leaf 0 with these fields as well, as a whole message.
pub fn leaf_delivery(more: &[Vec<u8>]) -> Vec<u8> {
    let fields = [bytes(1, a().as_bytes()), bytes(2, b"a"), bytes(3, &leaf(0))];
    message(3, &[fields.concat(), more.concat()])
}

/// The address of an account.
pub const ACCOUNT: [u8; 20] = [7; 20];

/// An account of this address, as a whole message.
pub fn account(address: &[u8]) -> Vec<u8> {
    message(6, &[bytes(1, address)])
}

/// An entry for this CID, as a whole message.
pub fn entry_for(cid: &[u8]) -> Vec<u8> {
    list(&[[message(1, &[bytes(4, cid)]), number(4, 1)].concat()])
}

/// The CID of the block `a` under another codec.
pub fn a_as(codec: u64) -> BlockCid {
    BlockCid::from_digest(codec, &sha256(b"a"))
}
