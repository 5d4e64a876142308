//! Scenarios of section WIRE: framing and encoding, and what hostile peers send.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message as _;
use rand::RngCore as _;

use crate::suite::compose::{
    deliveries, delivery, dont_have, have, list, presences, want_block, want_have,
};
use crate::suite::control::Capability::{Cancel, Request};
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::protobuf::{BlockAddress, BlockDelivery, BlockPresence, Message};
use crate::wire::{Address, encode_frame};

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WIRE-1",
        summary: "Two frames in one write, and one frame in many.",
        expects: "All three messages are answered, in frames that are messages.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(frames_are_found(harness)),
    },
    Scenario {
        id: "WIRE-2",
        summary: "A length of 2^40 on one of a peer's two streams.",
        expects: "The target closes that stream, goes on with the other, and serves another peer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(long_frame_closes_its_stream(harness)),
    },
    Scenario {
        id: "WIRE-3",
        summary: "A frame whose bytes are no protobuf, on one of a peer's two streams.",
        expects: "The target closes that stream, goes on with the other, and keeps the connection.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(garbage_closes_its_stream(harness)),
    },
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
        needs: Needs::WIRE,
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
    Scenario {
        id: "WIRE-7",
        summary: "A Have on a stream that the peer opened.",
        expects: "It is read as on any other: the peer is asked for the block.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(answers_are_read_on_the_peers_stream(harness)),
    },
    Scenario {
        id: "WIRE-7/delivery",
        summary: "A delivery of a wanted block on a stream that the peer opened.",
        expects: "It counts as on any other.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(deliveries_are_read_on_the_peers_stream(harness)),
    },
    Scenario {
        id: "WIRE-7/several",
        summary: "Want lists on two streams of the peer, and on the one that the target opened.",
        expects: "All are answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(lists_are_read_on_every_stream(harness)),
    },
    Scenario {
        id: "WIRE-8/truncated",
        summary: "A stream that ends within a length, and one that ends within a frame.",
        expects: "They are dropped quietly; the target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cut_off_frames_are_dropped(harness)),
    },
    Scenario {
        id: "WIRE-8/overlong",
        summary: "A message behind a length in more bytes than it needs.",
        expects: "It is refused: not answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(overlong_length_is_refused(harness)),
    },
    Scenario {
        id: "WIRE-9/missing-data",
        summary: "A delivery without data for a wanted block.",
        expects: "It does not count, and the target goes on.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivery_without_data(harness)),
    },
    Scenario {
        id: "WIRE-9/cancelled",
        summary: "A peer that was asked for a block whose request was cancelled and made again leaves.",
        expects: "The target goes on.",
        needs: Needs::control(&[Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaving_after_a_cancelled_request(harness)),
    },
    Scenario {
        id: "WIRE-9/missing-fields",
        summary: "Entries, presences and deliveries without address, CID or anything at all.",
        expects: "They are unusable: none is answered, and the target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(missing_fields_are_unusable(harness)),
    },
    Scenario {
        id: "WIRE-9/numbers",
        summary: "Priorities below zero and as large as they get, indexes of 2^63 and more, want and \
                  presence types of 2 and more.",
        expects: "The target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(odd_numbers(harness)),
    },
    Scenario {
        id: "WIRE-9/cids",
        summary: "CIDs that are cut off, of unknown hashes, of a length of 2^63, and of 100 kB.",
        expects: "The target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(absurd_cids(harness)),
    },
    Scenario {
        id: "WIRE-9/repeated",
        summary: "Singular fields that come twice.",
        expects: "Whichever reading the target takes, it goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(repeated_fields(harness)),
    },
    Scenario {
        id: "WIRE-9/random",
        summary: "Frames and streams of random bytes.",
        expects: "The target goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(random_bytes(harness)),
    },
    Scenario {
        id: "WIRE-9/many",
        summary: "20,000 entries in one list, and 20,000 presence items in one message.",
        expects: "The target goes on, and serves another peer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(thousands_of_entries(harness)),
    },
    Scenario {
        id: "WIRE-9/never-reads",
        summary: "A peer asks 50,000 questions and reads no answer.",
        expects: "Another peer is served meanwhile.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(peer_that_never_reads(harness)),
    },
    Scenario {
        id: "WIRE-10",
        summary: "A peer opens 300 streams.",
        expects: "Some are refused, and what was there before goes on.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(streams_are_bounded(harness)),
    },
];

/// A length-delimited field that is longer than the frame.
const GARBAGE: &[u8] = &[0x0a, 0xff, 0x01, 0x02];
/// The empty message of deployed Nim nodes (nim-codex of 2025-06, commit baff9021).
const EMPTY_SPELLED_OUT: &[u8] = &[
    0x0a, 0x02, 0x10, 0x00, 0x28, 0x00, 0x32, 0x02, 0x0a, 0x00, 0x3a, 0x02, 0x0a, 0x00,
];

fn question(address: &Address) -> Message {
    list([want_have(address).with_dont_have()])
}

fn bytes_of(message: &Message) -> Bytes {
    message.encode_to_vec().into()
}

/// That the target answers such questions at all is not what the scenario is about.
async fn answers_usually(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    let address = harness.address();
    let received = peer.exchange(question(&address)).await?;
    harness.assume(
        received.has_dont_have(&address),
        format!("a plain question is not answered either: {received}"),
    )
}

/// The target answers this peer, and one that joins now.
async fn goes_on(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    harness.survives(peer.barrier().await, "the target answers the same peer")?;
    serves_another(harness).await
}

async fn serves_another(harness: &Harness) -> Result<(), Stop> {
    let other = match (harness.join().await, harness.target_ended()) {
        (Err(_), Some(end)) => return harness.require(false, "the target goes on", end),
        (joined, _) => joined?,
    };
    harness.survives(other.barrier().await, "the target answers another peer")?;
    Ok(())
}

async fn frames_are_found(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let addresses = [harness.address(), harness.address(), harness.address()];
    let frames: Vec<Bytes> = addresses
        .iter()
        .map(|address| encode_frame(&bytes_of(&question(address))))
        .collect();
    let stream = peer.open_stream().await?;
    stream
        .send_raw([&frames[0][..], &frames[1][..]].concat())
        .await?;
    for chunk in frames[2].chunks(3) {
        stream.send_raw(Bytes::copy_from_slice(chunk)).await?;
    }
    let received = peer.barrier_on(&stream).await?;
    for address in &addresses {
        harness.require(
            received.has_dont_have(address),
            "an answer to each of the three messages",
            &received,
        )?;
    }
    let broken = received.0.iter().find_map(|it| it.undecodable.clone());
    harness.require(
        broken.is_none(),
        "answers that are messages",
        broken.unwrap_or_default(),
    )
}

async fn long_frame_closes_its_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let good = peer.open_stream().await?;
    let bad = peer.open_stream().await?;
    peer.barrier_on(&good).await?;
    let mut buffer = unsigned_varint::encode::u64_buffer();
    let length = unsigned_varint::encode::u64(1 << 40, &mut buffer);
    bad.send_raw([length, &[0x0a; 100]].concat()).await?;
    let end = bad.end().await;
    harness.survives(peer.barrier_on(&good).await, "answers on the other stream")?;
    serves_another(harness).await?;
    harness.require(end.is_some(), "the stream closed", "the stream left open")
}

async fn garbage_closes_its_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let good = peer.open_stream().await?;
    let bad = peer.open_stream().await?;
    peer.barrier_on(&good).await?;
    bad.send_frame(&Bytes::from_static(GARBAGE)).await?;
    let end = bad.end().await;
    // That the others go on is shown first: a target that is gone has ended the stream, too.
    harness.survives(peer.barrier_on(&good).await, "answers on the other stream")?;
    harness.require(end.is_some(), "the stream closed", "the stream left open")
}

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
    let block = harness.block();
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
    let block = harness.block();
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

async fn answers_are_read_on_the_peers_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (known, address) = (harness.address(), harness.address());
    steps::want(harness, &peer, &known).await?;
    steps::want(harness, &peer, &address).await?;
    let Some(targets) = peer.targets_stream() else {
        return Err(Stop::Inconclusive(
            "the target has opened no stream to compare with".to_owned(),
        ));
    };
    let asks = |address: Address| move |received: &Received| received.has_want_block(&address);
    targets.send(&presences([have(&known)])).await?;
    let received = peer.receive_until(asks(known.clone())).await?;
    harness.assume(
        received.has_want_block(&known),
        format!("a Have on the target's own stream is not followed by a WantBlock: {received}"),
    )?;
    let own = peer.open_stream().await?;
    own.send(&presences([have(&address)])).await?;
    let received = peer.receive_until(asks(address.clone())).await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock after a Have on the peer's stream, as after one on the target's",
        &received,
    )
}

async fn deliveries_are_read_on_the_peers_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (known, block) = (harness.block(), harness.block());
    let usual = steps::want(harness, &peer, &known.address()).await?;
    let request = steps::want(harness, &peer, &block.address()).await?;
    let Some(targets) = peer.targets_stream() else {
        return Err(Stop::Inconclusive(
            "the target has opened no stream to compare with".to_owned(),
        ));
    };
    targets.send(&deliveries([known.delivery()])).await?;
    peer.barrier_on(&targets).await?;
    let outcome = harness.outcome(usual).await?;
    harness.assume(
        outcome == Outcome::Completed(known.data),
        format!("a delivery on the target's own stream does not count: {outcome}"),
    )?;
    let own = peer.open_stream().await?;
    own.send(&deliveries([block.delivery()])).await?;
    peer.barrier_on(&own).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Completed(block.data),
        "the request completes with the block that came on the peer's stream",
        &outcome,
    )
}

async fn lists_are_read_on_every_stream(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let mut streams = vec![peer.open_stream().await?, peer.open_stream().await?];
    streams.extend(peer.targets_stream());
    for stream in &streams {
        let address = harness.address();
        stream.send(&question(&address)).await?;
        let received = peer
            .receive_until(|received| received.has_dont_have(&address))
            .await;
        let received = harness.survives(received, "an answer")?;
        harness.require(
            received.has_dont_have(&address),
            format!("an answer to the question on stream {}", stream.number()),
            &received,
        )?;
    }
    Ok(())
}

async fn cut_off_frames_are_dropped(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for cut in [&[0x80][..], &[0xff, 0x01, 0x0a, 0x02][..]] {
        let stream = peer.open_stream().await?;
        stream.send_raw(Bytes::from_static(cut)).await?;
        stream.finish().await;
        let good = peer.open_stream().await?;
        let received = harness.survives(
            peer.barrier_on(&good).await,
            "the target answers on another stream",
        )?;
        harness.require(
            received.presences().next().is_none(),
            "nothing said about it",
            &received,
        )?;
    }
    Ok(())
}

async fn overlong_length_is_refused(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    answers_usually(harness, &peer).await?;
    let good = peer.open_stream().await?;
    let address = harness.address();
    let message = bytes_of(&question(&address));
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX);
    harness.assume(length < 0x80, "the message is too long for this")?;
    let bad = peer.open_stream().await?;
    bad.send_raw([&[length | 0x80, 0x00][..], &message].concat())
        .await?;
    // Either the stream is closed, and nothing more comes of it, or the answer is here.
    let answered = peer.receive_until(|received| received.has_dont_have(&address));
    let received = tokio::select! {
        _ = bad.end() => peer.barrier_on(&good).await?,
        received = answered => received?,
    };
    harness.require(
        !received.has_dont_have(&address),
        "a message behind an overlong length refused",
        &received,
    )
}

async fn delivery_without_data(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    let address = block.address();
    let request = steps::want(harness, &peer, &address).await?;
    steps::be_asked(harness, &peer, &address).await?;
    let empty = delivery(&address, &block.cid, Bytes::new());
    peer.send(deliveries([empty])).await?;
    goes_on(harness, &peer).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Pending,
        "the request stays pending",
        &outcome,
    )
}

async fn leaving_after_a_cancelled_request(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    steps::want(harness, &peer, &address).await?;
    steps::be_asked(harness, &peer, &address).await?;
    harness.cancel(&address).await?;
    // A presence makes a node that keeps stale records drop them.
    peer.exchange(presences([dont_have(&harness.address())]))
        .await?;
    harness.request(&address).await?;
    peer.barrier().await?;
    peer.leave().await;
    serves_another(harness).await
}

async fn missing_fields_are_unusable(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    let nowhere = Entry {
        address: None,
        ..want_have(&address).with_dont_have()
    };
    let nothing = Entry {
        address: Some(BlockAddress::default()),
        ..want_have(&address).with_dont_have()
    };
    let received = harness.survives(
        peer.exchange(list([nowhere, nothing])).await,
        "the target goes on",
    )?;
    let answered = received
        .0
        .iter()
        .any(|message| message.decoded.unusable_count > 0);
    harness.require(
        !answered && received.presences().next().is_none(),
        "no answer to an entry without an address",
        &received,
    )?;
    let message = Message {
        payload: vec![BlockDelivery::default()],
        block_presences: vec![BlockPresence::default()],
        ..Message::default()
    };
    peer.send(message).await?;
    goes_on(harness, &peer).await
}

async fn odd_numbers(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(1);
    for priority in [-1, i32::MIN, i32::MAX] {
        let entry = want_have(&harness.address()).with_priority(priority);
        peer.send(list([entry.clone()])).await?;
        harness.survives(
            peer.barrier().await,
            format!("priority {priority}: goes on"),
        )?;
    }
    for index in [1u64 << 63, u64::MAX] {
        let address = Address::Leaf {
            tree: dataset.cid(),
            index,
        };
        peer.send(list([want_have(&address), want_block(&address)]))
            .await?;
        peer.send(presences([have(&address)])).await?;
        let lie = BlockDelivery {
            address: list([want_have(&address)])
                .wantlist
                .and_then(|list| list.entries.into_iter().next())
                .and_then(|entry| entry.address),
            ..dataset.delivery(0)
        };
        peer.send(deliveries([lie])).await?;
        harness.survives(peer.barrier().await, format!("index {index}: goes on"))?;
    }
    for number in [2, 9, i32::MAX, -1] {
        let entry = Entry {
            want_type: number,
            ..want_have(&harness.address())
        };
        peer.send(list([entry])).await?;
        let item = BlockPresence {
            r#type: number,
            ..have(&harness.address())
        };
        peer.send(presences([item])).await?;
        harness.survives(peer.barrier().await, format!("type {number}: goes on"))?;
    }
    goes_on(harness, &peer).await
}

async fn absurd_cids(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let mut huge_length = vec![0x01, 0x55, 0x12];
    huge_length.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    let absurd: [Vec<u8>; 6] = [
        vec![0x01],
        vec![0x01, 0x82, 0x9a, 0x03, 0x12, 0x20, 0xaa],
        vec![0x01, 0x55, 0xff, 0xff, 0x03, 0x02, 0xaa, 0xbb],
        huge_length,
        vec![0xff; 100_000],
        vec![0x12, 0x20, 0x01],
    ];
    for cid in absurd {
        let block_address = BlockAddress {
            cid: Some(cid.clone().into()),
            ..BlockAddress::default()
        };
        let leaf = BlockAddress {
            leaf: true,
            tree_cid: Some(cid.clone().into()),
            ..BlockAddress::default()
        };
        for block_address in [block_address, leaf] {
            let entry = Entry {
                address: Some(block_address.clone()),
                ..want_have(&harness.address())
            };
            let block = BlockDelivery {
                cid: cid.clone().into(),
                data: Bytes::from_static(b"data"),
                address: Some(block_address.clone()),
                proof: Some(Bytes::from_static(GARBAGE)),
            };
            let item = BlockPresence {
                address: Some(block_address),
                ..have(&harness.address())
            };
            peer.send(list([entry])).await?;
            // The target may refuse the message, and close the stream that it came on.
            harness.survives(peer.barrier().await, "the target goes on")?;
            peer.send(deliveries([block])).await?;
            harness.survives(peer.barrier().await, "the target goes on")?;
            peer.send(presences([item])).await?;
            harness.survives(peer.barrier().await, "the target goes on")?;
        }
    }
    goes_on(harness, &peer).await
}

async fn repeated_fields(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (first, second) = (harness.address(), harness.address());
    let twice = |one: &Message, other: &Message| {
        Bytes::from([one.encode_to_vec(), other.encode_to_vec()].concat())
    };
    let lists = twice(&question(&first), &question(&second));
    let accounts = twice(
        &crate::suite::compose::account(vec![1; 20]),
        &crate::suite::compose::account(vec![2; 20]),
    );
    let stream = peer.own_stream().await?;
    for message in [lists, accounts] {
        stream.send_frame(&message).await?;
        harness.survives(peer.barrier().await, "the target goes on")?;
    }
    goes_on(harness, &peer).await
}

async fn random_bytes(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let mut seed = harness.bytes(8);
    let mut random = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(
        bytes::Buf::get_u64(&mut seed),
    );
    for round in 0..20u32 {
        let mut bytes = vec![0; 1 + (random.next_u32() % 300) as usize];
        random.fill_bytes(&mut bytes);
        let stream = peer.open_stream().await?;
        // The target may close the stream in the midst of it.
        if round % 2 == 0 {
            let _ = stream.send_frame(&Bytes::from(bytes)).await;
        } else {
            let _ = stream.send_raw(bytes).await;
        }
        stream.reset().await;
    }
    serves_another(harness).await?;
    let good = peer.open_stream().await?;
    harness.survives(
        peer.barrier_on(&good).await,
        "the target answers the same peer",
    )?;
    Ok(())
}

async fn thousands_of_entries(harness: &Harness) -> Result<(), Stop> {
    const MANY: usize = 20_000;
    let peer = harness.join().await?;
    let addresses: Vec<Address> = (0..MANY).map(|_| harness.address()).collect();
    peer.send(list(addresses.iter().map(want_have))).await?;
    peer.send(presences(addresses.iter().map(have))).await?;
    goes_on(harness, &peer).await
}

async fn peer_that_never_reads(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.peer();
    peer.never_read();
    peer.connect().await?;
    harness.joined(&peer).await.or_else(|stop| match stop {
        // It reads no answer, which is what this is about.
        Stop::Inconclusive(_) => Ok(()),
        other => Err(other),
    })?;
    for _ in 0..50 {
        let entries = (0..1000).map(|_| want_have(&harness.address()).with_dont_have());
        // The target may stop reading what such a peer sends.
        if peer.send(list(entries)).await.is_err() {
            break;
        }
    }
    serves_another(harness).await
}

async fn streams_are_bounded(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let first = peer.open_stream().await?;
    peer.barrier_on(&first).await?;
    let mut streams = Vec::new();
    let mut refused = false;
    for _ in 0..300 {
        match peer.open_stream().await {
            Ok(stream) => streams.push(stream),
            Err(_) => {
                refused = true;
                break;
            }
        }
        refused |= streams.iter().any(|stream| stream.ended().is_some());
        if refused {
            break;
        }
    }
    if let Some(last) = streams.last()
        && !refused
    {
        refused = last.end().await.is_some();
    }
    harness.survives(peer.barrier_on(&first).await, "the first stream goes on")?;
    serves_another(harness).await?;
    harness.require(
        refused,
        "a bound on the number of streams",
        format!("{} streams, all open", streams.len() + 1),
    )
}
