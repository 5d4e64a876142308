//! WIRE-9 and WIRE-10: hostile peers do not end the node or use it up.

use bytes::Bytes;
use prost::Message as _;
use rand::RngCore as _;

use super::steps::{GARBAGE, question, serves_another};
use crate::suite::compose::{
    deliveries, delivery, dont_have, have, list, presences, want_block, want_have,
};
use crate::suite::control::Capability::{Cancel, Request};
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::protobuf::{BlockAddress, BlockDelivery, BlockPresence, Message};

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WIRE-9/missing-data",
        summary: "A delivery without data for a wanted block.",
        expects: "It does not count, and the target goes on.",
        needs: Needs::control(&[Request]).may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(delivery_without_data(harness)),
    },
    Scenario {
        id: "WIRE-9/cancelled",
        summary: "A peer that was asked for a block whose request was cancelled and made again leaves.",
        expects: "The target goes on.",
        needs: Needs::control(&[Request, Cancel]).may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaving_after_a_cancelled_request(harness)),
    },
    Scenario {
        id: "WIRE-9/missing-fields",
        summary: "Want list entries without address, or without a CID in it.",
        expects: "They are unusable: none is answered, and the target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(missing_fields_are_unusable(harness)),
    },
    Scenario {
        id: "WIRE-9/empty-presence",
        summary: "A presence item without anything in it (the bytes 22 00).",
        expects: "It is unusable, and the target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(empty_presence(harness)),
    },
    Scenario {
        id: "WIRE-9/empty-delivery",
        summary: "A delivery without anything in it.",
        expects: "It is unusable, and the target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(empty_delivery(harness)),
    },
    Scenario {
        id: "WIRE-9/priorities",
        summary: "Priorities below zero and as large as they get.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(odd_priorities(harness)),
    },
    Scenario {
        id: "WIRE-9/indexes",
        summary: "Leaves with indexes of 2^63 and more, in every part of a message.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(odd_indexes(harness)),
    },
    Scenario {
        id: "WIRE-9/want-types",
        summary: "Want types of 2 and more, and below zero.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(odd_want_types(harness)),
    },
    Scenario {
        id: "WIRE-9/presence-types",
        summary: "Presence types of 2 and more, and below zero.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(odd_presence_types(harness)),
    },
    Scenario {
        id: "WIRE-9/cids",
        summary: "CIDs that are cut off, of unknown hashes, of a length of 2^63, and of 100 kB.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(absurd_cids(harness)),
    },
    Scenario {
        id: "WIRE-9/repeated",
        summary: "Singular fields that come twice.",
        expects: "Whichever reading the target takes, it goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(repeated_fields(harness)),
    },
    Scenario {
        id: "WIRE-9/random",
        summary: "Frames and streams of random bytes.",
        expects: "The target goes on.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(random_bytes(harness)),
    },
    Scenario {
        id: "WIRE-9/many",
        summary: "20,000 entries in one list, and 20,000 presence items in one message.",
        expects: "The target goes on, and serves another peer.",
        needs: Needs::WIRE.may_end(),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(thousands_of_entries(harness)),
    },
    Scenario {
        id: "WIRE-9/never-reads",
        summary: "A peer asks 50,000 questions and reads no answer.",
        expects: "Another peer is served meanwhile.",
        needs: Needs::WIRE.may_end(),
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

/// The target answers this peer, and one that joins now.
async fn goes_on(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    harness.survives(peer.barrier().await, "the target answers the same peer")?;
    serves_another(harness).await
}

async fn delivery_without_data(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
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
    let request = steps::want(harness, &peer, &address).await?;
    steps::be_asked(harness, &peer, &address).await?;
    harness.cancel(request).await?;
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
    goes_on(harness, &peer).await
}

async fn empty_presence(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    peer.send(presences([BlockPresence::default()])).await?;
    goes_on(harness, &peer).await
}

async fn empty_delivery(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    peer.send(deliveries([BlockDelivery::default()])).await?;
    goes_on(harness, &peer).await
}

async fn odd_priorities(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for priority in [-1, i32::MIN, i32::MAX] {
        let entry = want_have(&harness.address()).with_priority(priority);
        peer.send(list([entry.clone()])).await?;
        harness.survives(
            peer.barrier().await,
            format!("priority {priority}: goes on"),
        )?;
    }
    goes_on(harness, &peer).await
}

async fn odd_indexes(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(1);
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
    goes_on(harness, &peer).await
}

/// Types that the protocol does not know.
const UNKNOWN_TYPES: [i32; 4] = [2, 9, i32::MAX, -1];

async fn odd_want_types(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for number in UNKNOWN_TYPES {
        let entry = Entry {
            want_type: number,
            ..want_have(&harness.address())
        };
        peer.send(list([entry])).await?;
        harness.survives(peer.barrier().await, format!("type {number}: goes on"))?;
    }
    goes_on(harness, &peer).await
}

async fn odd_presence_types(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    for number in UNKNOWN_TYPES {
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
    // A node may agree to a stream and refuse it only when something comes on it.
    if let Some(last) = streams.last()
        && !refused
    {
        refused = peer.barrier_on(last).await.is_err() || last.ended().is_some();
    }
    harness.survives(peer.barrier_on(&first).await, "the first stream goes on")?;
    serves_another(harness).await?;
    harness.require(
        refused,
        "a bound on the number of streams",
        format!("{} streams, all open", streams.len() + 1),
    )
}
