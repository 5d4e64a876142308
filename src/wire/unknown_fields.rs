//! The fields of a message that nobody knows (WIRE-4): skipped by a node, named to people.

use bytes::{Buf, Bytes};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde::Serialize;

/// How many unknown fields of one message are named; all are counted.
pub const MAX_NAMED: usize = 1000;

/// A message of the schema: its name and its fields.
struct Schema {
    name: &'static str,
    /// Each field's number, and what it holds when that is a message.
    fields: &'static [(u32, Option<&'static Schema>)],
}

static MESSAGE: Schema = Schema {
    name: "Message",
    fields: &[
        (1, Some(&WANT_LIST)),
        (3, Some(&DELIVERY)),
        (4, Some(&PRESENCE)),
        (5, None),
        (6, Some(&ACCOUNT)),
        (7, Some(&PAYMENT)),
    ],
};
static WANT_LIST: Schema = Schema {
    name: "Wantlist",
    fields: &[(1, Some(&ENTRY)), (2, None)],
};
static ENTRY: Schema = Schema {
    name: "Entry",
    fields: &[
        (1, Some(&ADDRESS)),
        (2, None),
        (3, None),
        (4, None),
        (5, None),
    ],
};
static ADDRESS: Schema = Schema {
    name: "BlockAddress",
    fields: &[(1, None), (2, None), (3, None), (4, None)],
};
static DELIVERY: Schema = Schema {
    name: "BlockDelivery",
    fields: &[(1, None), (2, None), (3, Some(&ADDRESS)), (4, None)],
};
static PRESENCE: Schema = Schema {
    name: "BlockPresence",
    fields: &[(1, Some(&ADDRESS)), (2, None), (3, None)],
};
static ACCOUNT: Schema = Schema {
    name: "AccountMessage",
    fields: &[(1, None)],
};
static PAYMENT: Schema = Schema {
    name: "StateChannelUpdate",
    fields: &[(1, None)],
};

/// The messages and the numbers of their fields, as [`find`] knows them.
pub fn known() -> impl Iterator<Item = (&'static str, Vec<u32>)> {
    [
        &MESSAGE, &WANT_LIST, &ENTRY, &ADDRESS, &DELIVERY, &PRESENCE, &ACCOUNT, &PAYMENT,
    ]
    .into_iter()
    .map(|schema| {
        let numbers = schema.fields.iter().map(|(number, _)| *number);
        (schema.name, numbers.collect())
    })
}

/// A field with a number that its message does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownField {
    /// The message's name in the schema.
    pub message: &'static str,
    /// Where the message stands: the numbers of the fields that lead to it, each with its place
    /// among those of its number, counted from zero; empty for the outermost one.
    pub path: String,
    /// The field's number.
    pub field: u32,
    /// How many bytes it takes with its key.
    pub bytes: usize,
}

/// The unknown fields of a message's bytes, the first [`MAX_NAMED`] of them, and how many there are.
///
/// Bytes that are no message have the unknown fields before what is wrong with them.
pub fn find(bytes: &Bytes) -> (Vec<UnknownField>, usize) {
    let mut found = Found::default();
    // What is wrong with the bytes is `decode`'s to say.
    let _ = found.search(&MESSAGE, "", bytes.clone());
    (found.named, found.count)
}

#[derive(Default)]
struct Found {
    named: Vec<UnknownField>,
    count: usize,
}

impl Found {
    /// The schema is four messages deep, and so is the recursion.
    fn search(
        &mut self,
        schema: &'static Schema,
        path: &str,
        mut bytes: Bytes,
    ) -> Result<(), prost::DecodeError> {
        let mut places = vec![0usize; schema.fields.len()];
        while bytes.has_remaining() {
            let before = bytes.remaining();
            let (number, wire_type) = decode_key(&mut bytes)?;
            let known = schema.fields.iter().position(|(one, _)| *one == number);
            let inner = known.and_then(|at| schema.fields[at].1.map(|inner| (at, inner)));
            match (inner, wire_type) {
                (Some((at, inner)), WireType::LengthDelimited) => {
                    let length = decode_varint(&mut bytes)?;
                    let length = usize::try_from(length)
                        .unwrap_or(usize::MAX)
                        .min(bytes.remaining());
                    let part = bytes.split_to(length);
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{number}[{}]", places[at]);
                    places[at] += 1;
                    self.search(inner, &path, part)?;
                }
                _ => {
                    skip_field(wire_type, number, &mut bytes, DecodeContext::default())?;
                    if known.is_none() {
                        self.add(schema, path, number, before - bytes.remaining());
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, schema: &Schema, path: &str, field: u32, bytes: usize) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(UnknownField {
                message: schema.name,
                path: path.to_owned(),
                field,
                bytes,
            });
        }
    }
}
