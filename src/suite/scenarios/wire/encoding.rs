//! WIRE-4 to WIRE-6: how messages are read, and in which order their parts take effect.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message as _;

use super::steps::{answers_usually, question};
use crate::suite::compose::{have, list, presences, want_have};
use crate::suite::control::Capability::Request;
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::Message;
use crate::wire::protobuf::wantlist::Entry;

/// The empty message of deployed Nim nodes (nim-codex of 2025-06, commit baff9021).
const EMPTY_SPELLED_OUT: &[u8] = &[
    0x0a, 0x02, 0x10, 0x00, 0x28, 0x00, 0x32, 0x02, 0x0a, 0x00, 0x3a, 0x02, 0x0a, 0x00,
];

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WIRE-4/unknown",
        summary: "A message with fields of unknown numbers, in it and in its want list and entry.",
        expects: "They are skipped: the entry is answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unknown_fields_are_skipped(harness)),
    },
    Scenario {
        id: "WIRE-4/defaults",
        summary: "A message that spells out every default, empty account and payment included, in \
                  another order.",
        expects: "It means the same: the entry is answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(defaults_may_be_spelled_out(harness)),
    },
    Scenario {
        id: "WIRE-5",
        summary: "A list with an entry of an unknown want type, and a WantHave after it.",
        expects: "The first is skipped, the second answered.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(unknown_want_type_is_skipped(harness)),
    },
    Scenario {
        id: "WIRE-6",
        summary: "One message with a Have and the delivery of a wanted block.",
        expects: "The delivery comes first: nobody is asked for the block any more.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(deliveries_come_before_presences(harness)),
    },
    Scenario {
        id: "WIRE-6/list-first",
        summary: "One message with a WantHave for a wanted block, and its delivery.",
        expects: "The list comes first: the answer is not Have.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(the_list_comes_first(harness)),
    },
    Scenario {
        id: "WIRE-6/empty",
        summary: "An empty message, and the same as deployed nodes spell it.",
        expects: "Nothing happens.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(empty_message_does_nothing(harness)),
    },
];

/// A field of a number that no message of the protocol has.
fn put_unknown_fields(bytes: &mut BytesMut) {
    // Field 1000, a varint; field 1001, six bytes; field 1002, four bytes.
    bytes.put_slice(&[0xc0, 0x3e, 0x2a]);
    bytes.put_slice(&[0xca, 0x3e, 0x06]);
    bytes.put_slice(b"future");
    bytes.put_slice(&[0xd5, 0x3e, 1, 2, 3, 4]);
}

/// Bytes as a field of a message.
fn put_field(bytes: &mut BytesMut, number: u8, content: &[u8]) {
    bytes.put_u8(number << 3 | 2);
    let mut buffer = unsigned_varint::encode::usize_buffer();
    bytes.put_slice(unsigned_varint::encode::usize(content.len(), &mut buffer));
    bytes.put_slice(content);
}

async fn is_answered(
    harness: &Harness,
    peer: &Peer,
    message: BytesMut,
    address: &Address,
) -> Result<(), Stop> {
    let stream = peer.own_stream().await?;
    stream.send_frame(&message.freeze()).await?;
    let received = peer.barrier().await?;
    harness.require(
        received.has_dont_have(address),
        "a DontHave item for the address",
        &received,
    )
}

async fn unknown_fields_are_skipped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let address = harness.address();
    let mut entry = BytesMut::new();
    put_unknown_fields(&mut entry);
    entry.put_slice(&want_have(&address).with_dont_have().encode_to_vec());
    let mut wants = BytesMut::new();
    put_field(&mut wants, 1, &entry);
    put_unknown_fields(&mut wants);
    let mut message = BytesMut::new();
    put_unknown_fields(&mut message);
    put_field(&mut message, 1, &wants);
    put_unknown_fields(&mut message);
    is_answered(harness, &peer, message, &address).await
}

async fn defaults_may_be_spelled_out(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let address = harness.address();
    let Address::Plain(cid) = &address else {
        return Err(Stop::Inconclusive("the address is no plain one".to_owned()));
    };
    // leaf = false behind the CID; cancel and priority before the address.
    let mut block_address = BytesMut::new();
    put_field(&mut block_address, 4, cid.as_bytes());
    block_address.put_slice(&[0x08, 0x00]);
    let mut entry = BytesMut::new();
    entry.put_slice(&[0x28, 0x01, 0x20, 0x01, 0x18, 0x00, 0x10, 0x00]);
    put_field(&mut entry, 1, &block_address);
    // full = false before the entry.
    let mut wants = BytesMut::from(&[0x10, 0x00][..]);
    put_field(&mut wants, 1, &entry);
    // Empty payment and account, no pending bytes, and the list at the end.
    let mut message = BytesMut::from(&EMPTY_SPELLED_OUT[4..]);
    put_field(&mut message, 1, &wants);
    is_answered(harness, &peer, message, &address).await
}

async fn unknown_want_type_is_skipped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let (odd, plain) = (harness.address(), harness.address());
    let unknown = Entry {
        want_type: 9,
        ..want_have(&odd).with_dont_have()
    };
    let message = list([unknown, want_have(&plain).with_dont_have()]);
    let received = harness.survives(peer.exchange(message).await, "the target goes on")?;
    harness.require(
        received.presences_of(&odd).is_empty(),
        "no answer to an entry of an unknown type",
        &received,
    )?;
    harness.require(
        received.has_dont_have(&plain),
        "an answer to the other entry",
        &received,
    )
}

async fn deliveries_come_before_presences(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    let request = steps::want(harness, &peer, &address).await?;
    let both = Message {
        payload: vec![block.delivery()],
        ..presences([have(&address)])
    };
    let received = peer.exchange(both).await?;
    let outcome = harness.outcome(request).await?;
    harness.assume(
        outcome == Outcome::Completed(block.data),
        format!("the delivery of a peer that was not asked does not count: {outcome}"),
    )?;
    harness.require(
        !received.has_want_block(&address),
        "no WantBlock for a block that has just come",
        &received,
    )
}

async fn the_list_comes_first(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    let request = steps::want(harness, &peer, &address).await?;
    let both = Message {
        payload: vec![block.delivery()],
        ..question(&address)
    };
    let received = peer.exchange(both).await?;
    let outcome = harness.outcome(request).await?;
    harness.assume(
        outcome == Outcome::Completed(block.data),
        format!("the delivery of a peer that was not asked does not count: {outcome}"),
    )?;
    harness.require(
        !received.has_have(&address),
        "the answer of before the delivery: no Have",
        &received,
    )
}

async fn empty_message_does_nothing(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    peer.barrier().await?;
    let stream = peer.own_stream().await?;
    for empty in [&[][..], EMPTY_SPELLED_OUT] {
        stream.send_frame(&Bytes::from_static(empty)).await?;
        let received = peer.barrier_on(&stream).await;
        let received = harness.survives(received, "the stream goes on")?;
        let nothing =
            received.presences().next().is_none() && received.deliveries().next().is_none();
        harness.require(nothing, "nothing said about it", &received)?;
    }
    Ok(())
}
