//! Random events: three peers, and two blocks, each with its own address and as a leaf, one of them
//! twice in its tree. The checker's `tests/narrow.rs` draws from them too.

use blockexc_model::Event;
use blockexc_model::message::{
    Account, Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantEntry, WantList,
    WantType,
};
use blockexc_model::price::Price;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::script::{Address, Message, Tiny};

const BLOCKS: &[(char, &[u64])] = &[('a', &[0, 2]), ('b', &[1])];

fn block() -> impl Strategy<Value = (char, &'static [u64])> {
    select(BLOCKS)
}

fn leaf(index: u64) -> Address {
    Address::Leaf { tree: 't', index }
}

fn address() -> impl Strategy<Value = Address> {
    block().prop_flat_map(|(cid, leaves)| {
        prop_oneof![Just(Address::Plain(cid)), select(leaves).prop_map(leaf)]
    })
}

fn entry() -> impl Strategy<Value = WantEntry<char>> {
    (address(), -1..3, any::<[bool; 2]>(), 0..4).prop_map(
        |(address, priority, [explicit, send_dont_have], cancel)| WantEntry {
            address,
            priority,
            cancel: cancel == 0,
            want_type: if explicit {
                WantType::WantBlock
            } else {
                WantType::WantHave
            },
            send_dont_have,
        },
    )
}

fn item() -> impl Strategy<Value = Presence<char>> {
    (address(), 0..3u64, 0..4).prop_map(|(address, price, lacks)| Presence {
        address,
        presence_type: if lacks == 0 {
            PresenceType::DontHave
        } else {
            PresenceType::Have
        },
        price: Price::from(price),
    })
}

/// Two in three are as they should be.
fn delivery() -> impl Strategy<Value = Delivery<char>> {
    let valid = (block(), any::<Option<Index>>()).prop_map(|((cid, leaves), under)| {
        let address = under.map_or(Address::Plain(cid), |index| leaf(*index.get(leaves)));
        let evidence = Evidence::valid_for(&address);
        Delivery {
            address,
            cid,
            evidence,
        }
    });
    let proof = select(vec![
        ProofEvidence::Missing,
        ProofEvidence::Undecodable,
        ProofEvidence::OtherIndex,
        ProofEvidence::Unverified,
    ]);
    let any_other = (address(), block(), any::<[bool; 3]>(), proof).prop_map(
        |(address, (cid, _), facts, proof)| {
            let evidence = Evidence {
                has_data: facts[0],
                data_matches_cid: facts[1],
                cid_matches_address: facts[2] && address == Address::Plain(cid),
                proof,
            };
            Delivery {
                address,
                cid,
                evidence,
            }
        },
    );
    prop_oneof![2 => valid, 1 => any_other]
}

fn message() -> impl Strategy<Value = Message> {
    let list =
        (vec(entry(), 0..4), any::<bool>()).prop_map(|(entries, full)| WantList { entries, full });
    (
        option::of(list),
        vec(delivery(), 0..3),
        vec(item(), 0..4),
        option::of(any::<u8>()),
    )
        .prop_map(|(want_list, deliveries, presences, account)| Message {
            want_list,
            deliveries,
            presences,
            account: account.map(|byte| Account([byte; 20])),
            payment: None,
        })
}

/// Anything that may happen.
pub fn event<O: std::fmt::Debug>() -> impl Strategy<Value = Event<Tiny, O>> {
    let peer = || 1..=3u8;
    prop_oneof![
        3 => peer().prop_map(Event::Joined),
        1 => peer().prop_map(Event::Left),
        8 => (peer(), message()).prop_map(|(from, message)| Event::Received { from, message }),
        4 => address().prop_map(Event::Request),
        1 => address().prop_map(Event::Cancel),
        1 => address().prop_map(Event::Retry),
        1 => (block(), any::<bool>()).prop_map(|((cid, leaves), with_proofs)| Event::Stored {
            cid,
            leaves: leaves.iter().copied().filter(|_| with_proofs).map(leaf).collect(),
        }),
        1 => block().prop_map(|(cid, _)| Event::Deleted(cid)),
    ]
}
