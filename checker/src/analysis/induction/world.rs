//! [`World`]: a small node whose every state is looked at, and what can happen to it.
//!
//! Each bound has its reason:
//!
//! - *Peers.* A step knows of at most three: the one that it is about, the one that a block is asked
//!   of, and one more that only looks on (docs/any-size.md). Worlds of two peers have every value,
//!   the world of three has one of each.
//! - *Addresses.* Two addresses have to do with each other when they name the same block, or when
//!   they stand in one list. So there is a world of two blocks, and one of a block and the leaf that
//!   it is, and one of both; and one of three blocks for the order of a list.
//! - *Prices and priorities.* No rule computes with them: prices are kept and replaced, priorities
//!   compared. Two of each show everything that can be kept, replaced or compared. Of who
//!   only looks on there is one of each.
//! - *Retries and requesters.* A want has had no retry or all of them, and was requested by one user
//!   or by two. An event is about one want: at most one of them is at such a bound.
//! - *Accounts and payments.* They are kept and replaced, and nothing else is done with them. They
//!   are not multiplied with the rest: each state has one of four pairs, in turn.

use blockexc_model::address::Address;
use blockexc_model::deviating::{Event, Setup};
use blockexc_model::message::{Account, Delivery, Evidence, Message, Payment, ProofEvidence};
use blockexc_model::price::Price;

use crate::network::alphabet::Alphabet;
use crate::network::names::{Blocks, Cid, Naming, Peer, Small};

/// How often a want is retried before its request fails.
const RETRIES: u32 = 1;

/// A small node: which peers, blocks and values there are.
#[derive(Clone, Debug)]
pub struct World {
    /// What it is called.
    pub name: &'static str,
    /// The peers, B and C and so on.
    pub peers: Vec<Peer>,
    /// The blocks, of which the messages are made.
    blocks: Blocks,
    /// The addresses there are: those of the blocks, or fewer.
    pub addresses: Vec<Address<Cid>>,
    /// What the first peer may ask for a block; the others ask for the first of these.
    pub prices: Vec<Price>,
    /// The priorities of recorded wants, each with whether DontHave was asked for: of the first peer,
    /// and the first of these of the others.
    pub entries: Vec<(i32, bool)>,
    /// How often an own want may have been retried, and how many more have requested it.
    pub counters: Vec<(u32, u32)>,
    /// Whether own wants are requested in every order, or in that of the addresses.
    pub every_order: bool,
    /// How many wants the first peer waits for at most.
    pub most_waits: usize,
    /// How many wants each other peer waits for at most.
    pub most_waits_of_others: usize,
    /// How many wants of a peer the node records at most.
    pub wants_per_peer: u32,
}

impl World {
    /// A world in which there is one of each value.
    fn of(name: &'static str, peers: u8, blocks: Blocks) -> Self {
        World {
            name,
            peers: (1..=peers).map(Peer).collect(),
            blocks,
            addresses: blocks.addresses().collect(),
            prices: vec![Price::from(1)],
            entries: vec![(0, false)],
            counters: vec![(0, 0)],
            every_order: true,
            most_waits: usize::MAX,
            most_waits_of_others: usize::MAX,
            wants_per_peer: u32::MAX,
        }
    }

    /// The same world with two prices, two priorities, and one want at the bound of its retries or
    /// with a second requester.
    fn with_all_values(mut self) -> Self {
        self.prices = vec![Price::ZERO, Price::from(1)];
        self.entries = vec![(0, false), (1, true)];
        self.counters = vec![(0, 0), (RETRIES, 0), (0, 1)];
        self
    }

    /// The same world with two priorities.
    fn with_priorities(mut self) -> Self {
        self.entries = vec![(0, false), (1, true)];
        self
    }

    /// The same world with one want at the bound of its retries, which two have requested.
    fn with_retries(mut self) -> Self {
        self.counters = vec![(0, 0), (RETRIES, 1)];
        self
    }

    /// The same world, but own wants are requested in the order of the addresses, and who only looks on
    /// waits for one block at most: what is about orders, the other worlds show.
    fn with_few_orders(mut self) -> Self {
        self.every_order = false;
        self.most_waits_of_others = 1;
        self
    }

    /// The same world with room for one want of each peer.
    fn crowded(mut self) -> Self {
        self.wants_per_peer = 1;
        // More than there is room for is never recorded, and no rule speaks of it.
        self.most_waits = 1;
        self.most_waits_of_others = 1;
        self
    }

    /// The node of this world, before it has peers, wants or blocks: it asks for payment and gives
    /// up, so that every rule applies to it.
    pub fn setup(&self, setup: &Setup) -> Setup {
        let mut setup = setup.clone();
        setup.config.price = Price::from(1);
        setup.config.account = Some(Account([7; 20]));
        setup.config.retries = RETRIES;
        setup.config.wants_per_peer = self.wants_per_peer;
        setup
    }

    /// The blocks' own CIDs.
    pub fn cids(&self) -> Vec<Cid> {
        self.blocks.cids().collect()
    }

    /// Everything that can happen to the node. Of what a peer does it is only said of the first one:
    /// which peer is which makes no difference to a node, and the states with the names exchanged
    /// are all there.
    pub fn events(&self) -> Vec<Event<Small>> {
        let Some(peer) = self.peers.first().copied() else {
            return Vec::new();
        };
        let mut events = vec![Event::Joined(peer), Event::Left(peer)];
        let messages = self.messages().into_iter();
        events.extend(messages.map(|message| Event::Received {
            from: peer,
            message,
        }));
        for address in &self.addresses {
            events.push(Event::Request(address.clone()));
            events.push(Event::Cancel(address.clone()));
            events.push(Event::Retry(address.clone()));
        }
        for cid in self.blocks.cids() {
            let leaf = self.blocks.leaf(cid);
            let leaf = leaf.filter(|leaf| self.addresses.contains(leaf));
            if leaf.is_some() {
                let leaves = Vec::new();
                events.push(Event::Stored { cid, leaves });
            }
            let leaves = leaf.into_iter().collect();
            events.push(Event::Stored { cid, leaves });
            events.push(Event::Deleted(cid));
        }
        events
    }

    /// Deliveries of sound data under the address of another block.
    fn mislabelled(&self) -> impl Iterator<Item = Delivery<Cid>> {
        self.addresses.iter().flat_map(|address| {
            let cids = self.blocks.cids();
            let others = cids.filter(|cid| *cid != self.blocks.cid_of(address));
            others.map(|cid| Delivery {
                address: address.clone(),
                cid,
                evidence: Evidence {
                    cid_matches_address: address.is_leaf(),
                    proof: match address.is_leaf() {
                        true => ProofEvidence::Unverified,
                        false => ProofEvidence::Missing,
                    },
                    ..Evidence::VALID_PLAIN
                },
            })
        })
    }

    /// Every message that the checker knows of, as far as it names nothing that is not there.
    fn messages(&self) -> Vec<Message<Small>> {
        let blocks = self.blocks;
        let all = Alphabet::essential(blocks)
            .and(Alphabet::lists(blocks))
            .and(Alphabet::long_lists(blocks))
            .and(Alphabet::presences(blocks))
            .and(Alphabet::deliveries(blocks))
            .and(Alphabet::mixed(blocks));
        let mut messages = all.messages;
        messages.push(Message {
            payment: Some(Payment(vec![3])),
            ..Message::default()
        });
        messages.extend(
            self.mislabelled()
                .map(|block| Message::deliveries(vec![block])),
        );
        messages.retain(|message| named(message).all(|address| self.addresses.contains(address)));
        messages
    }
}

/// The addresses that a message names.
fn named(message: &Message<Small>) -> impl Iterator<Item = &Address<Cid>> {
    let entries = message.want_list.iter().flat_map(|list| &list.entries);
    let entries = entries.map(|entry| &entry.address);
    let deliveries = message.deliveries.iter().map(|block| &block.address);
    let presences = message.presences.iter().map(|item| &item.address);
    entries.chain(deliveries).chain(presences)
}

fn two_blocks(name: &'static str) -> World {
    World::of(name, 2, Blocks::plain(2))
}

/// Of three wants one can be between the others.
fn three_blocks(name: &'static str) -> World {
    World::of(name, 1, Blocks::plain(3))
}

fn a_leaf(name: &'static str, peers: u8) -> World {
    World::of(name, peers, Blocks::named(1, Naming::LeafAndPlain))
}

/// A block, the leaf that it is, and another block.
fn a_leaf_and_another(name: &'static str) -> World {
    let mut world = World::of(name, 2, Blocks::named(2, Naming::LeafAndPlain));
    let second = world.blocks.leaf(Cid(1));
    world
        .addresses
        .retain(|address| Some(address) != second.as_ref());
    world
}

/// The worlds that are looked at: some minutes of work.
pub fn worlds() -> Vec<World> {
    vec![
        two_blocks("two blocks, room for one want")
            .with_priorities()
            .crowded(),
        three_blocks("one peer, three blocks"),
        a_leaf("three peers, a leaf and its block", 3).with_few_orders(),
        a_leaf_and_another("a leaf, its block and another block").with_few_orders(),
        two_blocks("two blocks, all values").with_all_values(),
        a_leaf("a leaf and its block, all values", 2).with_all_values(),
    ]
}

/// Smaller worlds: seconds of work, for tests.
pub fn small_worlds() -> Vec<World> {
    vec![
        tiny_world(),
        two_blocks("two blocks, room for one want").crowded(),
        three_blocks("one peer, three blocks"),
        two_blocks("two blocks"),
        a_leaf("a leaf and its block", 2).with_few_orders(),
    ]
}

/// The smallest world in which blocks are shared: so small that every combination can be looked at.
pub fn tiny_world() -> World {
    a_leaf("one peer, a leaf and its block", 1).with_retries()
}
