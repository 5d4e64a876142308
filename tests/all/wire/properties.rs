//! Properties over generated messages, trees and bytes.

use std::num::NonZeroUsize;

use blockexc::wire::tree::split_into_blocks;
use blockexc::wire::{
    Address, BlockCid, DecodeOptions, Delivery, EncodeOptions, FrameError, FrameOptions,
    FrameReader, Message, OutgoingBlock, Presence, Proof, Tree, Unsendable, WantEntry, WantList,
    decode, encode, encode_frame, encode_frames, encode_split, json, protobuf,
};
use blockexc_model::message::{Account, Evidence, Payment, PresenceType, WantType};
use blockexc_model::price::Price;
use bytes::Bytes;
use futures::executor::block_on;
use futures::io::Cursor;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

fn cids() -> impl Strategy<Value = BlockCid> {
    (any::<[u8; 32]>(), 0u64..0x1_0000)
        .prop_map(|(digest, codec)| BlockCid::from_digest(codec, &digest))
}

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![
        cids().prop_map(Address::Plain),
        (cids(), any::<u64>()).prop_map(|(tree, index)| Address::Leaf { tree, index }),
    ]
}

fn entries() -> impl Strategy<Value = WantEntry> {
    let want_type = prop_oneof![Just(WantType::WantBlock), Just(WantType::WantHave)];
    (
        addresses(),
        any::<i32>(),
        any::<bool>(),
        want_type,
        any::<bool>(),
    )
        .prop_map(
            |(address, priority, cancel, want_type, send_dont_have)| WantEntry {
                address,
                priority,
                cancel,
                want_type,
                send_dont_have,
            },
        )
}

fn presences() -> impl Strategy<Value = Presence> {
    let presence_type = prop_oneof![Just(PresenceType::Have), Just(PresenceType::DontHave)];
    (addresses(), presence_type, vec(any::<u8>(), 0..=32)).prop_map(
        |(address, presence_type, price)| Presence {
            address,
            presence_type,
            price: Price::from_big_endian(&price).expect("at most 32 bytes"),
        },
    )
}

/// A message with plain deliveries that are right, and their data.
fn messages() -> impl Strategy<Value = (Message, Vec<Bytes>)> {
    let list = (vec(entries(), 0..20), any::<bool>())
        .prop_filter("says something", |(entries, full)| {
            *full || !entries.is_empty()
        })
        .prop_map(|(entries, full)| WantList { entries, full });
    (
        proptest::option::of(list),
        vec(vec(any::<u8>(), 1..200), 0..6),
        vec(presences(), 0..10),
        proptest::option::of(any::<[u8; 20]>().prop_map(Account)),
        proptest::option::of(vec(any::<u8>(), 1..50).prop_map(Payment)),
    )
        .prop_map(|(want_list, blocks, presences, account, payment)| {
            let deliveries = blocks
                .iter()
                .map(|data| {
                    let cid = BlockCid::of_block(data);
                    Delivery {
                        address: Address::Plain(cid.clone()),
                        cid,
                        evidence: Evidence::VALID_PLAIN,
                    }
                })
                .collect();
            let message = Message {
                want_list,
                deliveries,
                presences,
                account,
                payment,
            };
            (message, blocks.into_iter().map(Bytes::from).collect())
        })
}

fn in_turn(blocks: &[Bytes]) -> impl FnMut(&Delivery) -> Option<OutgoingBlock> {
    let mut blocks = blocks.iter();
    move |_| {
        blocks.next().map(|data| OutgoingBlock {
            data: data.clone(),
            proof: None,
        })
    }
}

proptest! {
    #[test]
    fn messages_come_back((message, blocks) in messages()) {
        let bytes = encode(&message, &mut in_turn(&blocks), &EncodeOptions::default());
        let decoded = decode(bytes, &DecodeOptions::default()).unwrap();
        prop_assert_eq!(decoded.message, message);
        prop_assert_eq!(decoded.unusable, []);
        let data: Vec<Bytes> = decoded.blocks.into_iter().map(|block| block.data).collect();
        prop_assert_eq!(data, blocks);
    }

    #[test]
    fn split_messages_fit_and_say_the_same((message, blocks) in messages(), limit in 320u64..2000) {
        let options = EncodeOptions::default().with_limit(limit);
        let encoded = encode_split(&message, &mut in_turn(&blocks), &options);
        prop_assert_eq!(encoded.unsendable, []);
        let mut whole = Message::default();
        // Parts come in the order in which one message's are handled.
        let mut last_rank = 0;
        for bytes in encoded.messages {
            prop_assert!(bytes.len() as u64 <= limit);
            let decoded = decode(bytes, &DecodeOptions::default()).unwrap();
            prop_assert_eq!(decoded.unusable, []);
            let part = decoded.message;
            let ranks = [
                part.want_list.is_some(),
                !part.deliveries.is_empty(),
                !part.presences.is_empty(),
                part.account.is_some(),
                part.payment.is_some(),
            ];
            for (rank, _) in ranks.iter().enumerate().filter(|(_, there)| **there) {
                prop_assert!(rank >= last_rank);
                last_rank = rank;
            }
            if let Some(list) = part.want_list {
                match &mut whole.want_list {
                    None => whole.want_list = Some(list),
                    Some(first) => {
                        prop_assert!(!list.full);
                        first.entries.extend(list.entries);
                    }
                }
            }
            whole.deliveries.extend(part.deliveries);
            whole.presences.extend(part.presences);
            whole.account = whole.account.or(part.account);
            whole.payment = whole.payment.or(part.payment);
        }
        prop_assert_eq!(whole, message);
    }

    #[test]
    fn no_limit_is_ever_exceeded((message, blocks) in messages(), limit in 0u64..320) {
        let options = EncodeOptions::default().with_limit(limit);
        let encoded = encode_split(&message, &mut in_turn(&blocks), &options);
        for bytes in encoded.messages {
            prop_assert!(bytes.len() as u64 <= limit);
        }
    }

    #[test]
    fn frames_are_the_messages_with_their_lengths((message, blocks) in messages(), limit in 320u64..2000) {
        let options = EncodeOptions::default().with_limit(limit);
        let encoded = encode_split(&message, &mut in_turn(&blocks), &options);
        let frames = encode_frames(&message, &mut in_turn(&blocks), &options).messages;
        let expected: Vec<Bytes> = encoded.messages.iter().map(|bytes| encode_frame(bytes)).collect();
        prop_assert_eq!(frames, expected);
    }

    #[test]
    fn random_bytes_are_an_error_or_a_message(bytes in vec(any::<u8>(), 0..400)) {
        let bytes = Bytes::from(bytes);
        let ours = decode(bytes.clone(), &DecodeOptions::default());
        let generated = protobuf::Message::decode(bytes.clone());
        prop_assert_eq!(ours.is_ok(), generated.is_ok());
        prop_assert_eq!(json::describe(&bytes).is_ok(), ours.is_ok());
        let _ = BlockCid::parse(&bytes);
        let _ = Proof::decode(&bytes);
    }

    #[test]
    fn damaged_messages_are_an_error_or_a_message(
        (message, blocks) in messages(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = encode(&message, &mut in_turn(&blocks), &EncodeOptions::default());
        prop_assume!(!bytes.is_empty());
        let mut bytes = bytes.to_vec();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        for bytes in [bytes[..cut.index(bytes.len())].to_vec(), bytes] {
            let bytes = Bytes::from(bytes);
            let ours = decode(bytes.clone(), &DecodeOptions::default());
            let generated = protobuf::Message::decode(bytes.clone());
            prop_assert_eq!(ours.is_ok(), generated.is_ok());
        }
    }

    #[test]
    fn frames_come_back(frames in vec(vec(any::<u8>(), 0..300), 0..10)) {
        let stream: Vec<u8> = frames.iter().flat_map(|frame| encode_frame(frame)).collect();
        let mut reader = FrameReader::new(Cursor::new(stream), FrameOptions::default());
        for frame in frames {
            prop_assert_eq!(block_on(reader.next()).unwrap(), Some(Bytes::from(frame)));
        }
        prop_assert_eq!(block_on(reader.next()).unwrap(), None);
    }

    #[test]
    fn random_streams_end(stream in vec(any::<u8>(), 0..600), limit in 0u64..300) {
        let options = FrameOptions { limit, ..FrameOptions::default() };
        let mut reader = FrameReader::new(Cursor::new(stream.clone()), options);
        let mut calls = 0;
        loop {
            calls += 1;
            prop_assert!(calls <= stream.len() + 1);
            match block_on(reader.next()) {
                Ok(Some(frame)) => prop_assert!(frame.len() as u64 <= limit),
                Err(FrameError::TooLong { announced, .. }) => prop_assert!(announced > limit),
                Ok(None) | Err(_) => break,
            }
        }
        prop_assert!(matches!(block_on(reader.next()), Ok(None)));
    }

    #[test]
    fn every_leaf_is_proven_and_no_other(
        blocks in vec(vec(any::<u8>(), 1..20), 1..40),
        chosen in any::<prop::sample::Index>(),
        other in any::<[u8; 32]>(),
        bit in 0usize..256,
    ) {
        let tree = Tree::from_blocks(&blocks).unwrap();
        let index = chosen.index(blocks.len());
        let proof = tree.proof(index as u64).unwrap();
        let (root, leaf) = (tree.root(), tree.leaves()[index]);
        prop_assert_eq!(proof.verify(&root, &leaf), Ok(()));
        prop_assert_eq!(Proof::decode(&proof.encode()), Ok(proof.clone()));
        prop_assert!(proof.verify(&root, &other).is_err());
        prop_assert!(proof.verify(&other, &leaf).is_err());
        for place in 0..proof.path.len() {
            let mut forged = proof.clone();
            forged.path[place][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(forged.verify(&root, &leaf).is_err());
        }
        let mut longer = proof.clone();
        longer.path.push([0; 32]);
        prop_assert!(longer.verify(&root, &leaf).is_err());
        let mut shorter = proof.clone();
        shorter.path.pop();
        prop_assert!(shorter.verify(&root, &leaf).is_err());
        let beyond = Proof { index: proof.leaf_count, ..proof.clone() };
        prop_assert!(beyond.verify(&root, &leaf).is_err());
        prop_assert_eq!(tree.proof(blocks.len() as u64), None);
    }

    #[test]
    fn hostile_proofs_are_quick_errors(
        index in any::<u64>(),
        leaf_count in any::<u64>(),
        path in vec(any::<[u8; 32]>(), 0..70),
    ) {
        for leaf_count in [leaf_count, 0, 1, u64::MAX] {
            let proof = Proof { index, leaf_count, path: path.clone() };
            prop_assert!(proof.verify(&[1; 32], &[2; 32]).is_err());
        }
    }

    #[test]
    fn blocks_put_together_are_the_data(data in vec(any::<u8>(), 0..1000), size in 1usize..200) {
        let size = NonZeroUsize::new(size).expect("at least 1");
        let blocks: Vec<Bytes> = split_into_blocks(data.clone().into(), size).collect();
        prop_assert!(blocks.iter().all(|block| block.len() == size.get()));
        let mut together = blocks.concat();
        prop_assert!(together.len() < data.len() + size.get());
        prop_assert!(together[data.len()..].iter().all(|byte| *byte == 0));
        together.truncate(data.len());
        prop_assert_eq!(together, data);
    }
}

#[test]
fn a_block_that_is_gone_or_too_long_is_named() {
    let cid = BlockCid::of_block(&[1; 500]);
    let message = Message::deliveries(vec![Delivery {
        address: Address::Plain(cid.clone()),
        cid: cid.clone(),
        evidence: Evidence::VALID_PLAIN,
    }]);
    let options = EncodeOptions::default().with_limit(400);
    let gone = encode_split(&message, &mut |_| None, &options);
    assert_eq!(gone.messages, Vec::<Bytes>::new());
    assert_eq!(gone.unsendable, [Unsendable::NoBlock(Address::Plain(cid))]);
    let block = OutgoingBlock {
        data: vec![1; 500].into(),
        proof: None,
    };
    let long = encode_split(&message, &mut |_| Some(block.clone()), &options);
    assert_eq!(long.messages, Vec::<Bytes>::new());
    assert!(matches!(
        long.unsendable[..],
        [Unsendable::TooLong { limit: 400, .. }]
    ));
    // For a node that does not mind the limit it fits.
    let unbounded = EncodeOptions {
        unbounded: true,
        ..options
    };
    let sent = encode_split(&message, &mut |_| Some(block.clone()), &unbounded);
    assert_eq!(sent.messages.len(), 1);
}

#[test]
fn the_empty_message_is_one_empty_message() {
    let encoded = encode_split(
        &Message::default(),
        &mut |_| None,
        &EncodeOptions::default(),
    );
    assert_eq!(encoded.messages, [Bytes::new()]);
    assert_eq!(encoded.unsendable, []);
}

#[test]
fn prices_are_sent_whole_or_bent() {
    let message = Message::presences(vec![Presence {
        address: Address::Plain(BlockCid::of_block(b"")),
        presence_type: PresenceType::Have,
        price: Price::from(258),
    }]);
    let price = |options: &EncodeOptions| {
        let bytes = encode(&message, &mut |_| None, options);
        let message = protobuf::Message::decode(bytes).unwrap();
        message.block_presences[0].price.clone()
    };
    let whole = price(&EncodeOptions::default());
    assert_eq!((whole.len(), &whole[30..]), (32, &[1, 2][..]));
    let bent = price(&EncodeOptions {
        little_endian_price: true,
        ..EncodeOptions::default()
    });
    assert_eq!(&bent[..], [2, 1, 0, 0, 0, 0, 0, 0]);
}
