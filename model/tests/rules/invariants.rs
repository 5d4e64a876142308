//! The invariants hold of the reference whatever happens, and each is seen violated by a node that
//! deviates.

use blockexc_model::deviation::Deviations;
use blockexc_model::invariant::{Invariant, invariants};
use blockexc_model::message::{
    Account, Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantEntry, WantList,
    WantType,
};
use blockexc_model::node::Config;
use blockexc_model::node::rules::Reference;
use blockexc_model::price::Price;
use blockexc_model::{Deviation, Event, Requirement};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use Deviation::*;

use crate::script::{Address, Message, Node, Tiny, deviant, lines, play};

/// For each invariant: a deviation that violates it, and how.
const VIOLATED: &[(&str, Deviation, &str)] = &[
    (
        "presence is limited to own wants",
        PresenceUnbounded,
        "join 1; 1: have=a",
    ),
    (
        "an own want is asked of at most one peer",
        AskEveryHolder,
        "join 1; join 2; request a; 1: have=a; 2: have=a",
    ),
    (
        "whoever is asked has a context",
        StuckOnLeft,
        "join 1; request a; 1: have=a; leave 1",
    ),
    (
        "whoever is asked has a presence record",
        AskUnannounced,
        "join 1; request a",
    ),
    (
        "a want known somewhere is asked of somebody",
        AskOnRetryOnly,
        "join 1; request a; 1: have=a",
    ),
    (
        "no peer waits for a block that is held",
        KeepServedWant,
        "join 1; store a; 1: want=a",
    ),
    (
        "only explicit wants are recorded",
        RecordWantHave,
        "join 1; 1: ask=a",
    ),
    ("no own want is held", UploadKeepsWant, "request a; store a"),
    (
        "a leaf's block is held under its own CID too",
        UnsharedLeaf,
        "join 1; request t0; 1: block=t0/a",
    ),
];

fn violated<B>(node: &blockexc_model::Node<Tiny, B>) -> Vec<&'static str> {
    invariants()
        .into_iter()
        .filter(|invariant| !(invariant.holds)(node))
        .map(|invariant| invariant.name)
        .collect()
}

#[test]
fn each_invariant_is_seen_violated() {
    let names: Vec<_> = invariants::<Tiny, Reference>().iter().map(|one| one.name).collect();
    for (name, _, _) in VIOLATED {
        assert!(names.contains(name), "`{name}` is no invariant");
    }
    for Invariant { name, .. } in invariants::<Tiny, Reference>() {
        let (_, deviation, script) = VIOLATED
            .iter()
            .find(|(violated, _, _)| *violated == name)
            .unwrap_or_else(|| panic!("`{name}` is never seen violated"));
        let mut reference = deviant(Deviations::none());
        let mut node = deviant(Deviations::of(&[*deviation]));
        for line in lines(script) {
            play(&mut reference, line);
            play(&mut node, line);
        }
        assert!(violated(&node).contains(&name), "`{name}`, {deviation}");
        assert_eq!(violated(&reference), Vec::<&str>::new(), "{script}");
    }
}

#[test]
fn invariants_stand_for_requirements_that_exist() {
    for invariant in invariants::<Tiny, Reference>() {
        assert!(!invariant.requirements.is_empty());
        for id in invariant.requirements {
            assert!(
                Requirement::find(id).is_some(),
                "`{}`: {id}",
                invariant.name
            );
        }
    }
}

// Whatever happens: three peers, and two blocks, each with its own address and as a leaf, one of
// them twice in its tree.

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
pub fn event() -> impl Strategy<Value = Event<Tiny>> {
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

/// A reference that gives up at once, or after one or two retries.
fn config() -> impl Strategy<Value = Config> {
    (0..3u32).prop_map(|retries| Config {
        retries,
        ..Config::default()
    })
}

proptest! {
    #[test]
    fn the_invariants_hold_of_the_reference(
        config in config(),
        events in vec((event(), any::<Index>()), 1..60),
    ) {
        let mut node = Node::new(config);
        for (event, choice) in events {
            let mut choose = |_: &Address, holders: &[u8]| choice.index(holders.len());
            node.step(event, &mut choose);
            prop_assert_eq!(violated(&node), Vec::<&str>::new());
        }
    }
}
