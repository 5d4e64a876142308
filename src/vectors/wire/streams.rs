//! Streams: frames one after another, frames that are cut off or too long, and lengths that are none.

use super::protobuf::{good_entry, list, varint};
use super::vector::{WireVector, streams};
use crate::wire::encode_frame;

fn frame(message: &[u8]) -> Vec<u8> {
    encode_frame(message).to_vec()
}

/// Every vector of a stream. A good message takes 46 bytes.
pub fn all() -> Vec<WireVector> {
    let good = list(&[good_entry()]);
    let one = frame(&good);
    let empty = frame(&[]);
    // An unknown field that fills the message up to so many bytes.
    let filled = |length: usize| {
        let mut message = vec![0xa2, 0x01, (length - 3) as u8];
        message.resize(length, 0);
        frame(&message)
    };
    vec![
        streams("WIRE-1/stream-of-one", "One frame.", one.clone()),
        streams(
            "WIRE-1/stream-of-three",
            "Three frames, one of them empty.",
            [one.clone(), empty, one.clone()].concat(),
        ),
        streams("WIRE-1/stream-of-none", "No bytes at all.", Vec::new()),
        streams(
            "WIRE-2/longest",
            "A frame of the greatest length.",
            filled(64),
        ),
        streams(
            "WIRE-2/too-long",
            "A frame, and one of a byte too many.",
            [one.clone(), filled(65), one.clone()].concat(),
        ),
        streams(
            "WIRE-2/absurd",
            "A frame of 2^63 bytes is announced.",
            varint(1 << 63),
        ),
        streams(
            "WIRE-2/usual-limit",
            "A frame of 100 MiB and one byte is announced.",
            varint(100 * 1024 * 1024 + 1),
        )
        .with_usual_limit(),
        streams(
            "WIRE-3/stream",
            "A frame, one that is no message, and another frame.",
            [one.clone(), frame(&[0xff; 9]), one.clone()].concat(),
        ),
        streams(
            "WIRE-8/cut-in-a-length",
            "A frame, and the first byte of a length of two.",
            [one.clone(), vec![0x80]].concat(),
        ),
        streams(
            "WIRE-8/cut-in-a-frame",
            "A frame that lacks its last byte.",
            one[..one.len() - 1].to_vec(),
        ),
        streams(
            "WIRE-8/cut-after-the-length",
            "A length, and nothing after it.",
            vec![9],
        ),
        streams(
            "WIRE-8/overlong-zero",
            "A length of zero in two bytes.",
            [vec![0x80, 0], one.clone()].concat(),
        ),
        streams(
            "WIRE-8/overlong",
            "A frame, and one whose length takes a byte too many.",
            [one.clone(), vec![one[0] | 0x80, 0], good].concat(),
        ),
        streams(
            "WIRE-8/beyond-64-bits",
            "A length of eleven bytes.",
            [vec![0xff; 10], vec![1]].concat(),
        ),
    ]
}
