//! Each deviation by itself: no invariant fails but one that stands for a requirement which the
//! deviation breaks; and the reference breaks none. Over random events, from fixed seeds.

use std::collections::BTreeSet;

use blockexc_model::address::Names;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use blockexc_model::deviation::Layer;
use blockexc_model::invariant::invariants;
use blockexc_model::message::{
    Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantEntry, WantList, WantType,
};
use blockexc_model::node::Reference;
use blockexc_model::price::Price;
use blockexc_model::{Address, Config, Deviation, Deviations, Message};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Small;

impl Names for Small {
    type Peer = u8;
    type Cid = u8;
}

/// The tree whose leaf `i` is the block with the CID `i`.
const TREE: u8 = 9;
const BLOCKS: u64 = 3;

/// A stream of numbers that repeats exactly (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    fn small(&mut self, bound: u64) -> u8 {
        self.below(bound).to_le_bytes()[0]
    }

    fn address(&mut self) -> Address<u8> {
        if self.chance() {
            Address::Plain(self.small(BLOCKS))
        } else {
            let index = self.below(BLOCKS);
            Address::Leaf { tree: TREE, index }
        }
    }

    fn several<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(3);
        (0..count).map(|_| item(self)).collect()
    }

    fn want_list(&mut self) -> WantList<u8> {
        WantList {
            full: self.chance(),
            entries: self.several(|numbers| WantEntry {
                cancel: numbers.below(4) == 0,
                send_dont_have: numbers.chance(),
                priority: i32::from(numbers.small(3)),
                ..WantEntry::new(
                    numbers.address(),
                    if numbers.chance() {
                        WantType::WantBlock
                    } else {
                        WantType::WantHave
                    },
                )
            }),
        }
    }

    fn delivery(&mut self) -> Delivery<u8> {
        let address = self.address();
        let cid = match &address {
            Address::Plain(cid) => *cid,
            Address::Leaf { index, .. } => index.to_le_bytes()[0],
        };
        let mut evidence = Evidence::valid_for(&address);
        match self.below(8) {
            0 => evidence.has_data = false,
            1 => evidence.data_matches_cid = false,
            2 if address.is_leaf() => evidence.proof = ProofEvidence::Unverified,
            3 if address.is_leaf() => evidence.proof = ProofEvidence::Missing,
            _ => {}
        }
        Delivery {
            address,
            cid,
            evidence,
        }
    }

    fn presence(&mut self) -> Presence<u8> {
        Presence {
            address: self.address(),
            presence_type: if self.below(3) > 0 {
                PresenceType::Have
            } else {
                PresenceType::DontHave
            },
            price: Price::from(self.below(3)),
        }
    }

    fn event(&mut self) -> Event<Small> {
        let peer = self.small(3);
        match self.below(12) {
            0 | 1 => Event::Joined(peer),
            2 => Event::Left(peer),
            3 | 4 => Event::Request(self.address()),
            5 => Event::Cancel(self.address()),
            6 => Event::Retry(self.address()),
            7 => {
                let index = self.below(BLOCKS);
                Event::Stored {
                    cid: index.to_le_bytes()[0],
                    leaves: if self.chance() {
                        vec![Address::Leaf { tree: TREE, index }]
                    } else {
                        Vec::new()
                    },
                }
            }
            8 => Event::Deleted(self.small(BLOCKS)),
            _ => Event::Received {
                from: peer,
                message: Message {
                    want_list: self.chance().then(|| self.want_list()),
                    deliveries: self.several(Numbers::delivery),
                    presences: self.several(Numbers::presence),
                    ..Message::default()
                },
            },
        }
    }
}

/// The invariants that fail in some run of a node that deviates so.
fn failing(deviations: Deviations) -> BTreeSet<usize> {
    let invariants = invariants::<Small, _>();
    let mut failing = BTreeSet::new();
    for seed in 1..=30u64 {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ (seed << 20));
        let config = Config {
            retries: 3,
            ..Config::default()
        };
        let mut node = Node::<Small>::deviating(Setup { config, deviations });
        for _ in 0..300 {
            let mut events = vec![numbers.event()];
            while let Some(event) = events.pop() {
                let mut choose =
                    |_: &_, holders: &[u8]| numbers.below(holders.len() as u64) as usize;
                for effect in node.step(event, &mut choose) {
                    if let Effect::Other(OtherEffect::ServeLater(peer)) = effect {
                        events.push(Event::Other(OtherEvent::Serve(peer)));
                    }
                }
            }
            for (index, invariant) in invariants.iter().enumerate() {
                if !(invariant.holds)(&node) {
                    failing.insert(index);
                }
            }
        }
    }
    failing
}

/// What follows from a deviation although the requirements of the invariant are met: it is put
/// for nodes that meet all the others.
const FOLLOWS: &[(Deviation, &str, &str)] = &[
    (
        Deviation::RejoinResets,
        "whoever is asked has a presence record",
        "the record was there when the peer was asked, and went with the old context",
    ),
    (
        Deviation::StuckOnLeft,
        "whoever is asked has a presence record",
        "the peer came again, with an empty context, and still counts as asked",
    ),
    (
        Deviation::StuckOnLeft,
        "whoever is asked has yet to answer",
        "the peer has left, and no answer is waited for",
    ),
    (
        Deviation::PresenceReplaces,
        "whoever is asked has a presence record",
        "the record was there when the peer was asked",
    ),
    (
        Deviation::RecordWantHave,
        "no peer waits for a block that is held",
        "what is recorded is a WantHave, which is owed no block",
    ),
    (
        Deviation::OverwriteWant,
        "no peer waits for a block that is held",
        "what is recorded is a WantHave, which is owed no block",
    ),
    (
        Deviation::ReviveOnRejoin,
        "no peer waits for a block that is held",
        "the block came while the peer was away",
    ),
    (
        Deviation::ReviveOnRejoin,
        "a want known somewhere is asked of somebody",
        "no presence message came with the revived record",
    ),
    (
        Deviation::StuckOnDontHave,
        "whoever is asked has a presence record",
        "the record has gone, and the address stays asked",
    ),
    (
        Deviation::PresenceFromWant,
        "a want known somewhere is asked of somebody",
        "no presence message came with the record",
    ),
];

#[test]
fn the_reference_breaks_no_invariant() {
    assert!(failing(Deviations::none()).is_empty());
}

#[test]
fn a_deviation_breaks_only_what_it_says() {
    let invariants = invariants::<Small, Reference>();
    let mut complaints = Vec::new();
    for deviation in Deviation::ALL {
        if deviation.layer() == Layer::Shell {
            continue;
        }
        for index in failing(Deviations::of(&[*deviation])) {
            let invariant = &invariants[index];
            let breaks = deviation.breaks();
            let follows = FOLLOWS
                .iter()
                .any(|(of, name, _)| of == deviation && *name == invariant.name);
            let is_named = invariant.requirements.iter().any(|id| breaks.contains(id));
            if is_named == follows {
                complaints.push(format!(
                    "{deviation} breaks {breaks:?}; but it is not so that {} ({:?})",
                    invariant.name, invariant.requirements
                ));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
