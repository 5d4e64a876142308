//! Frames that a log has as bytes: what they mean, and whether a node was right to refuse them.

use blockexc_model::deviation::Deviations;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use libp2p::PeerId;
use prost::encoding::{DecodeContext, decode_key, skip_field};

use crate::wire::{DecodeOptions, Message, decode};

/// A frame that a node refused (WIRE-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who sent it.
    pub from: PeerId,
    /// Its bytes, if the log has them.
    pub bytes: Option<Bytes>,
}

/// The fields of a message that are to come once: the want list, the account and the payment.
const SINGULAR: [u32; 3] = [1, 6, 7];

/// What the bytes of a frame mean.
pub(super) enum Frame {
    /// A message.
    Message(Message),
    /// A message in which a field comes twice that is to come once.
    Ambiguous {
        /// The message of a library that merges them.
        merged: Message,
        /// The message of a library that keeps the last one.
        last: Message,
    },
    /// No message (WIRE-3).
    Garbage,
}

/// Reads the bytes of a frame, as the reference does.
pub(super) fn read_frame(bytes: &Bytes) -> Frame {
    let options = DecodeOptions::default();
    let Ok(decoded) = decode(bytes.clone(), &options) else {
        return Frame::Garbage;
    };
    let merged = decoded.message;
    let last = with_last_of_each(bytes).and_then(|bytes| decode(bytes, &options).ok());
    match last.map(|decoded| decoded.message) {
        Some(last) if last != merged => Frame::Ambiguous { merged, last },
        _ => Frame::Message(merged),
    }
}

/// The same frame, with only the last one of each field that is to come once. `None` when none comes
/// twice.
pub fn with_last_of_each(bytes: &Bytes) -> Option<Bytes> {
    let mut rest = bytes.clone();
    let mut fields: Vec<(u32, Bytes)> = Vec::new();
    while rest.has_remaining() {
        let before = rest.clone();
        let (field, wire_type) = decode_key(&mut rest).ok()?;
        skip_field(wire_type, field, &mut rest, DecodeContext::default()).ok()?;
        let length = before.len() - rest.len();
        fields.push((field, before.slice(..length)));
    }
    let is_replaced = |place: usize| {
        let field = fields[place].0;
        let mut later = fields[place + 1..].iter();
        SINGULAR.contains(&field) && later.any(|(other, _)| *other == field)
    };
    // Nearly always nothing comes twice, and nothing is copied.
    if !(0..fields.len()).any(is_replaced) {
        return None;
    }
    let mut kept = BytesMut::with_capacity(bytes.len());
    for (place, (_, part)) in fields.iter().enumerate() {
        if !is_replaced(place) {
            kept.put_slice(part);
        }
    }
    Some(kept.freeze())
}

/// What a node that deviates so did wrong in refusing this frame: what is in the frame, and the
/// requirements that are broken. `None`: nothing.
pub(super) fn wrongly_refused(
    refused: &Refused,
    deviations: Deviations,
) -> Option<(Message, Vec<&'static str>)> {
    // Of bytes that the log does not have nothing can be said.
    let bytes = refused.bytes.as_ref()?;
    let decoded = decode(bytes.clone(), &DecodeOptions::default()).ok()?;
    let refuses = |options: &DecodeOptions| decode(bytes.clone(), options).is_err();
    if refuses(&DecodeOptions::from_deviations(deviations)) {
        return None;
    }
    let reasons = [
        (
            "WIRE-4",
            DecodeOptions {
                refuse_unknown_fields: true,
                ..DecodeOptions::default()
            },
        ),
        (
            "WANT-16",
            DecodeOptions {
                refuse_whole_message: true,
                ..DecodeOptions::default()
            },
        ),
    ];
    let broken = reasons.into_iter().filter(|(_, options)| refuses(options));
    Some((decoded.message, broken.map(|(id, _)| id).collect()))
}
