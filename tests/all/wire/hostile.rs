//! Messages that no honest peer sends.

use blockexc::wire::protobuf::{self, BlockAddress, BlockDelivery, BlockPresence, Wantlist};
use blockexc::wire::{
    Address, BlockCid, DecodeError, DecodeOptions, Decoded, Part, Reason, Tree, Unusable, address,
    decode, decode_examining,
};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::message::{Account, Evidence, PresenceType, ProofEvidence, WantType};
use bytes::Bytes;
use prost::Message as _;
use protobuf::wantlist::Entry;

fn hello() -> BlockCid {
    BlockCid::of_block(b"hello world")
}

fn plain() -> Option<BlockAddress> {
    Some(address::to_protobuf(&Address::Plain(hello())))
}

fn entry() -> Entry {
    Entry {
        address: plain(),
        ..Entry::default()
    }
}

fn bytes_of(message: &protobuf::Message) -> Bytes {
    message.encode_to_vec().into()
}

fn list(entries: Vec<Entry>) -> Bytes {
    bytes_of(&protobuf::Message {
        wantlist: Some(Wantlist {
            entries,
            full: false,
        }),
        ..Default::default()
    })
}

fn presences(block_presences: Vec<BlockPresence>) -> Bytes {
    bytes_of(&protobuf::Message {
        block_presences,
        ..Default::default()
    })
}

fn reference(bytes: Bytes) -> Decoded {
    decode(bytes, &DecodeOptions::default()).unwrap()
}

fn deviant(bytes: Bytes, deviation: Deviation) -> Result<Decoded, DecodeError> {
    let options = DecodeOptions::from_deviations(Deviations::of(&[deviation]));
    decode(bytes, &options)
}

#[test]
fn one_unusable_entry_does_not_spoil_the_others() {
    let mut entries = vec![entry(); 5];
    entries[1].address = None;
    entries[2].want_type = 2;
    entries[3].address = Some(BlockAddress {
        cid: Some(Bytes::from_static(&[3, 1, 2, 3])),
        ..Default::default()
    });
    let decoded = reference(list(entries));
    assert_eq!(decoded.message.want_list.unwrap().entries.len(), 2);
    let shown: Vec<String> = decoded.unusable.iter().map(Unusable::to_string).collect();
    assert_eq!(
        shown,
        [
            "entry 1: it has no address (WANT-16)",
            "entry 2: its want type is 2, which is neither WantBlock (0) nor WantHave (1) (WIRE-5)",
            "entry 3: it has a CID that does not parse: 4 bytes that are no CID: \
             Unrecognized CID version (WANT-16)",
        ]
    );
}

#[test]
fn each_way_to_have_no_usable_address_has_its_reason() {
    for (address, reason) in [
        (None, Reason::MissingAddress),
        (Some(BlockAddress::default()), Reason::AddressWithoutCid),
        (
            Some(BlockAddress {
                leaf: true,
                cid: plain().unwrap().cid,
                ..Default::default()
            }),
            Reason::LeafWithoutTree,
        ),
        (
            Some(BlockAddress {
                cid: Some(Bytes::new()),
                ..Default::default()
            }),
            Reason::BadCid(blockexc::wire::CidError::Empty),
        ),
    ] {
        let message = protobuf::Message {
            wantlist: Some(Wantlist {
                entries: vec![Entry {
                    address: address.clone(),
                    ..Default::default()
                }],
                full: true,
            }),
            payload: vec![BlockDelivery {
                cid: hello().as_bytes().to_vec().into(),
                data: Bytes::from_static(b"hello world"),
                address: address.clone(),
                proof: None,
            }],
            block_presences: vec![BlockPresence {
                address,
                ..Default::default()
            }],
            ..Default::default()
        };
        let decoded = reference(bytes_of(&message));
        let unusable = |part| Unusable {
            part,
            index: 0,
            reason: reason.clone(),
        };
        assert_eq!(
            decoded.unusable,
            [Part::Entry, Part::Delivery, Part::Presence].map(unusable)
        );
        let requirements: Vec<_> = decoded.unusable.iter().map(Unusable::requirement).collect();
        assert_eq!(requirements, ["WANT-16", "WIRE-9", "WIRE-9"]);
        // That the list is full still counts.
        assert!(decoded.message.want_list.unwrap().full);
    }
}

#[test]
fn huge_and_negative_numbers_are_values() {
    let leaf = |index| {
        address::to_protobuf(&Address::Leaf {
            tree: BlockCid::of_tree(&[1; 32]),
            index,
        })
    };
    for priority in [i32::MIN, -1, i32::MAX] {
        for index in [0, 1 << 63, u64::MAX] {
            let bytes = list(vec![Entry {
                address: Some(leaf(index)),
                priority,
                ..Default::default()
            }]);
            let decoded = reference(bytes.clone());
            let entry = &decoded.message.want_list.unwrap().entries[0];
            assert_eq!(entry.priority, priority);
            assert!(matches!(entry.address, Address::Leaf { index: i, .. } if i == index));
            let aborts = matches!(
                deviant(bytes, Deviation::AbortOnUnknownEnum),
                Err(DecodeError::Abort(_))
            );
            assert_eq!(aborts, priority < 0 || index >= 1 << 63);
        }
    }
}

#[test]
fn unknown_want_types_are_skipped_or_bent() {
    for want_type in [2, 3, -1, i32::MAX, i32::MIN] {
        let bytes = list(vec![Entry {
            want_type,
            ..entry()
        }]);
        let decoded = reference(bytes.clone());
        assert_eq!(decoded.message.want_list.unwrap().entries, []);
        assert_eq!(
            decoded.unusable[0].reason,
            Reason::UnknownWantType(want_type)
        );
        let bent = deviant(bytes.clone(), Deviation::UnknownWantAsHave).unwrap();
        assert_eq!(
            bent.message.want_list.unwrap().entries[0].want_type,
            WantType::WantHave
        );
        assert!(matches!(
            deviant(bytes, Deviation::AbortOnUnknownEnum),
            Err(DecodeError::Abort(_))
        ));
    }
}

#[test]
fn unknown_presence_types_are_dont_have_or_bent() {
    for unknown in [2, 3, -1, i32::MAX] {
        let bytes = presences(vec![BlockPresence {
            address: plain(),
            r#type: unknown,
            price: Bytes::new(),
        }]);
        let decoded = reference(bytes.clone());
        assert_eq!(
            decoded.message.presences[0].presence_type,
            PresenceType::DontHave
        );
        let bent = deviant(bytes.clone(), Deviation::UnknownPresenceAsHave).unwrap();
        assert_eq!(bent.message.presences[0].presence_type, PresenceType::Have);
        assert!(matches!(
            deviant(bytes, Deviation::AbortOnUnknownEnum),
            Err(DecodeError::Abort(_))
        ));
    }
}

#[test]
fn a_long_price_spoils_its_item_only() {
    let item = |length: usize| BlockPresence {
        address: plain(),
        r#type: 0,
        price: vec![1; length].into(),
    };
    let bytes = presences(vec![item(32), item(33), item(0), item(100_000)]);
    let decoded = reference(bytes.clone());
    assert_eq!(decoded.message.presences.len(), 2);
    let unusable: Vec<_> = decoded
        .unusable
        .iter()
        .map(|it| (it.index, it.reason.clone(), it.requirement()))
        .collect();
    assert_eq!(
        unusable,
        [
            (1, Reason::PriceTooLong(33), "PRES-8"),
            (3, Reason::PriceTooLong(100_000), "PRES-8"),
        ]
    );
    let rejecting = deviant(bytes, Deviation::RejectLongPrices).unwrap();
    assert_eq!(rejecting.message.presences, []);
    let places: Vec<_> = rejecting.unusable.iter().map(|it| it.index).collect();
    assert_eq!(places, [1, 3, 0, 2]);
}

#[test]
fn accounts_of_another_length_are_ignored_or_bent() {
    let account = |length: u8| {
        bytes_of(&protobuf::Message {
            account: Some(protobuf::AccountMessage {
                address: (1..=length).collect::<Vec<u8>>().into(),
            }),
            ..Default::default()
        })
    };
    assert_eq!(reference(account(0)), Decoded::default());
    assert!(reference(account(20)).message.account.is_some());
    for length in [1, 19, 21, 255] {
        let decoded = reference(account(length));
        assert_eq!(decoded.message.account, None);
        assert_eq!(decoded.unusable[0].requirement(), "PAY-1");
        let bent = deviant(account(length), Deviation::AnyLengthAccount).unwrap();
        let Some(Account(address)) = bent.message.account else {
            panic!("{bent:?}");
        };
        assert_eq!(address[19], if length > 19 { 20 } else { 0 });
    }
}

#[test]
fn repeated_singular_fields_are_tolerated() {
    // Two want lists, two accounts: the entries of both lists, the last of the accounts.
    let message = |account: u8, full| protobuf::Message {
        wantlist: Some(Wantlist {
            entries: vec![entry()],
            full,
        }),
        account: Some(protobuf::AccountMessage {
            address: vec![account; 20].into(),
        }),
        ..Default::default()
    };
    let mut bytes = message(1, false).encode_to_vec();
    bytes.extend_from_slice(&message(2, true).encode_to_vec());
    let decoded = reference(bytes.into());
    let list = decoded.message.want_list.unwrap();
    assert_eq!((list.entries.len(), list.full), (2, true));
    assert_eq!(decoded.message.account, Some(Account([2; 20])));
    // An empty one says nothing, so it takes nothing back.
    let mut bytes = message(1, false).encode_to_vec();
    bytes.extend_from_slice(&[0x32, 0x00]);
    let decoded = reference(bytes.into());
    assert_eq!(decoded.message.account, Some(Account([1; 20])));
}

#[test]
fn unknown_fields_are_skipped_or_refused() {
    let mut bytes = list(vec![entry()]).to_vec();
    // Field 2 (bytes), field 15 (varint), field 1000 (64 bits), field 12 (32 bits), and a group.
    bytes.extend_from_slice(&[0x12, 0x01, 0xff]);
    bytes.extend_from_slice(&[0x78, 0x01]);
    bytes.extend_from_slice(&[0xc1, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8]);
    bytes.extend_from_slice(&[0x65, 1, 2, 3, 4]);
    bytes.extend_from_slice(&[0x5b, 0x08, 0x01, 0x5c]);
    let bytes = Bytes::from(bytes);
    let decoded = reference(bytes.clone());
    assert_eq!(decoded, reference(list(vec![entry()])));
    assert_eq!(
        deviant(bytes, Deviation::RefuseUnknownFields),
        Err(DecodeError::UnknownField(2))
    );
}

#[test]
fn fields_of_the_wrong_type_are_no_message() {
    for bytes in [
        &[0x08, 0x01][..],
        &[0x18, 0x01],
        &[0x2a, 0x00],
        &[0x30, 0x00],
        // Field 0 does not exist.
        &[0x00, 0x00],
        // A sub-message longer than the message.
        &[0x0a, 0x05, 0x00],
        &[
            0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ],
        // An end without a beginning.
        &[0x5c],
    ] {
        let result = decode(Bytes::copy_from_slice(bytes), &DecodeOptions::default());
        assert!(
            matches!(result, Err(DecodeError::NotAMessage(_))),
            "{bytes:02x?}: {result:?}"
        );
    }
}

#[test]
fn deep_nesting_is_an_error() {
    // Groups in groups, a hundred thousand deep.
    let result = decode(vec![0x5b; 100_000].into(), &DecodeOptions::default());
    assert!(matches!(result, Err(DecodeError::NotAMessage(_))));
}

#[test]
fn an_empty_message_says_nothing() {
    assert_eq!(reference(Bytes::new()), Decoded::default());
    let nim = hex::decode("0a021000280032020a003a020a00").unwrap();
    assert_eq!(reference(nim.into()), Decoded::default());
}

#[test]
fn thousands_of_entries_are_read() {
    let decoded = reference(list(vec![entry(); 50_000]));
    assert_eq!(decoded.message.want_list.unwrap().entries.len(), 50_000);
}

#[test]
fn a_million_unusable_parts_are_counted_and_few_described() {
    // A message that is nothing but empty entries.
    let mut body = Vec::new();
    for _ in 0..1_000_000 {
        body.extend_from_slice(&[0x0a, 0x00]);
    }
    let mut bytes = vec![0x0a];
    prost::encode_length_delimiter(body.len(), &mut bytes).unwrap();
    bytes.extend_from_slice(&body);
    let decoded = reference(bytes.into());
    assert_eq!(decoded.unusable_count, 1_000_000);
    assert_eq!(decoded.unusable.len(), 1000);
}

#[test]
fn addresses_do_not_keep_the_frame() {
    let bytes = list(vec![entry()]);
    let decoded = reference(bytes.clone());
    // The only holder of the memory left.
    assert!(bytes.is_unique());
    assert!(decoded.message.want_list.is_some());
}

fn delivery_evidence(delivery: BlockDelivery) -> Evidence {
    let bytes = bytes_of(&protobuf::Message {
        payload: vec![delivery],
        ..Default::default()
    });
    let decoded = reference(bytes);
    assert_eq!(decoded.unusable, []);
    assert_eq!(decoded.blocks.len(), 1);
    decoded.message.deliveries[0].evidence
}

#[test]
fn what_is_wrong_with_a_delivery_is_evidence() {
    let right = BlockDelivery {
        cid: hello().as_bytes().to_vec().into(),
        data: Bytes::from_static(b"hello world"),
        address: plain(),
        proof: None,
    };
    assert_eq!(delivery_evidence(right.clone()), Evidence::VALID_PLAIN);
    let other = BlockDelivery {
        address: Some(address::to_protobuf(&Address::Plain(BlockCid::of_block(
            b"other",
        )))),
        ..right.clone()
    };
    assert_eq!(
        delivery_evidence(other),
        Evidence {
            cid_matches_address: false,
            ..Evidence::VALID_PLAIN
        }
    );

    let tree = Tree::from_blocks([&b"hello world"[..], b"b", b"c"]).unwrap();
    let leaf = |index, proof: Option<Bytes>| BlockDelivery {
        address: Some(address::to_protobuf(&Address::Leaf {
            tree: tree.cid(),
            index,
        })),
        proof,
        ..right.clone()
    };
    let mut forged = tree.proof(0).unwrap();
    forged.path[1] = [0; 32];
    for (delivery, proof) in [
        (
            leaf(0, Some(tree.proof(0).unwrap().encode())),
            ProofEvidence::Verified,
        ),
        (leaf(0, None), ProofEvidence::Missing),
        (leaf(0, Some(Bytes::new())), ProofEvidence::Undecodable),
        (
            leaf(0, Some(Bytes::from_static(b"x"))),
            ProofEvidence::Undecodable,
        ),
        (
            leaf(0, Some(vec![0; 1 << 20].into())),
            ProofEvidence::Undecodable,
        ),
        (
            leaf(0, Some(tree.proof(1).unwrap().encode())),
            ProofEvidence::OtherIndex,
        ),
        (
            leaf(1, Some(tree.proof(1).unwrap().encode())),
            ProofEvidence::Unverified,
        ),
        (leaf(0, Some(forged.encode())), ProofEvidence::Unverified),
    ] {
        assert_eq!(
            delivery_evidence(delivery),
            Evidence {
                proof,
                ..Evidence::VALID_LEAF
            }
        );
    }
}

#[test]
fn a_delivery_must_name_its_block() {
    for (cid, reason) in [
        (&b""[..], Reason::DeliveryWithoutCid),
        (
            b"\x03\x01\x02\x03",
            Reason::BadCid(BlockCid::parse(b"\x03\x01\x02\x03").unwrap_err()),
        ),
    ] {
        let bytes = bytes_of(&protobuf::Message {
            payload: vec![BlockDelivery {
                cid: Bytes::copy_from_slice(cid),
                data: Bytes::from_static(b"hello world"),
                address: plain(),
                proof: None,
            }],
            ..Default::default()
        });
        let decoded = reference(bytes);
        assert_eq!(decoded.message.deliveries, []);
        assert_eq!(decoded.blocks, []);
        assert_eq!(decoded.unusable[0].reason, reason);
        assert_eq!(decoded.unusable[0].requirement(), "WIRE-9");
    }
}

#[test]
fn unwanted_deliveries_need_not_be_examined() {
    let bytes = bytes_of(&protobuf::Message {
        payload: vec![BlockDelivery {
            cid: hello().as_bytes().to_vec().into(),
            data: Bytes::from_static(b"hello world"),
            address: plain(),
            proof: None,
        }],
        ..Default::default()
    });
    let decoded = decode_examining(bytes, &DecodeOptions::default(), |_| false).unwrap();
    let delivery = &decoded.message.deliveries[0];
    assert!(!delivery.evidence.data_matches_cid);
    assert_eq!(
        blockexc::wire::examine(&delivery.address, &delivery.cid, &decoded.blocks[0]),
        Evidence::VALID_PLAIN
    );
}
