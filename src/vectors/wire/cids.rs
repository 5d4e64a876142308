//! CIDs of every kind, each in an entry (WANT-16).

use super::protobuf::{a, a_as, entry_for};
use super::vector::{Or, WireVector, says};
use crate::wire::cid::{DATASET_ROOT, MANIFEST, sha256};

/// Every vector about a CID.
pub fn all() -> Vec<WireVector> {
    let good = a().as_bytes().to_vec();
    let digest = sha256(b"a");
    let with = |place: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[place] = value;
        bytes
    };
    // Version, codec (three bytes), hash, length, digest.
    let old = [&[0x12, 0x20], digest.as_slice()].concat();
    let identity = vec![1, 0x55, 0, 1, b'a'];
    let long_codec = [&good[..3], &[good[3] | 0x80, 0], &good[4..]].concat();
    let long_version = [&[0x81, 0], &good[1..]].concat();
    vec![
        says("WANT-16/cid-block", "A CID of a block.", entry_for(&good)),
        says(
            "WANT-16/cid-manifest",
            "A CID of a manifest.",
            entry_for(a_as(MANIFEST).as_bytes()),
        ),
        says(
            "WANT-16/cid-tree",
            "A CID of a dataset's tree, as a plain address.",
            entry_for(a_as(DATASET_ROOT).as_bytes()),
        ),
        says(
            "WANT-16/cid-raw",
            "A CID of raw bytes.",
            entry_for(a_as(0x55).as_bytes()),
        )
        .or(Or::Skipped("entry")),
        says(
            "WANT-16/cid-version-0",
            "A CID of version 0.",
            entry_for(&old),
        )
        .or(Or::Skipped("entry")),
        says(
            "WANT-16/cid-sha3",
            "A CID of another hash, which no block of this network has.",
            entry_for(&with(4, 0x16)),
        )
        .or(Or::Skipped("entry")),
        says(
            "WANT-16/cid-identity",
            "A CID that holds the block itself.",
            entry_for(&identity),
        )
        .or(Or::Skipped("entry")),
        says("WANT-16/cid-empty", "A CID of no bytes.", entry_for(&[])),
        says(
            "WANT-16/cid-one-byte",
            "A CID of one byte.",
            entry_for(&[1]),
        ),
        says(
            "WANT-16/cid-truncated",
            "A CID that lacks its last byte.",
            entry_for(&good[..good.len() - 1]),
        ),
        says(
            "WANT-16/cid-too-long",
            "A CID with a byte after its end.",
            entry_for(&[good.as_slice(), &[0]].concat()),
        ),
        says(
            "WANT-16/cid-version-2",
            "A CID of a version that there is not.",
            entry_for(&with(0, 2)),
        ),
        says(
            "WANT-16/cid-garbage",
            "64 bytes that are no CID.",
            entry_for(&[0xff; 64]),
        ),
        says(
            "WANT-16/cid-long-version",
            "A CID whose version takes a byte too many.",
            entry_for(&long_version),
        ),
        says(
            "WANT-16/cid-long-codec",
            "A CID whose codec takes a byte too many.",
            entry_for(&long_codec),
        ),
    ]
}
