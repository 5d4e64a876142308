//! A large node: thousands of addresses and hundreds of peers, states that are made up so that they
//! keep the invariants, and what happens to it. The same numbers give the same of all.

use std::collections::BTreeSet;

use blockexc_checker::search::numbers::Numbers;
use blockexc_model::address::{Address, Names};
use blockexc_model::context::PeerContext;
use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Payment, Presence, PresenceType, ProofEvidence,
    WantEntry, WantList, WantType,
};
use blockexc_model::node::{Config, Event, Node, OwnWant};
use blockexc_model::price::Price;

/// Peers and blocks by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Many {}

impl Names for Many {
    type Peer = u16;
    type Cid = u32;
}

/// So many peers there are. Nine in ten have a context in a state that is made up.
pub const PEERS: u16 = 1000;
/// So many blocks there are. Each second one is a leaf, and each eighth one of two datasets.
pub const BLOCKS: u32 = 3000;
/// A want is given up after so many retries.
pub const RETRIES: u32 = 2;

const FIRST_TREE: u32 = 1_000_000;
const SECOND_TREE: u32 = 2_000_000;
/// How many leaves the datasets of the first kind have.
const LEAVES: u32 = 64;

/// The addresses of a block, its own one first.
pub fn addresses_of(block: u32) -> Vec<Address<u32>> {
    let mut addresses = vec![Address::Plain(block)];
    if block.is_multiple_of(2) {
        addresses.push(Address::Leaf {
            tree: FIRST_TREE + block / LEAVES,
            index: u64::from(block % LEAVES),
        });
    }
    if block.is_multiple_of(8) {
        addresses.push(Address::Leaf {
            tree: SECOND_TREE,
            index: u64::from(block),
        });
    }
    addresses
}

/// The block that an address names.
pub fn block_of(address: &Address<u32>) -> u32 {
    match *address {
        Address::Plain(block) => block,
        Address::Leaf {
            tree: SECOND_TREE,
            index,
        } => index as u32,
        Address::Leaf { tree, index } => (tree - FIRST_TREE) * LEAVES + index as u32,
    }
}

/// The configuration of every large node.
pub fn config() -> Config {
    Config {
        price: Price::from(7),
        account: Some(Account([7; 20])),
        retries: RETRIES,
        wants_per_peer: u32::MAX,
    }
}

/// Makes states and events of random numbers.
pub struct Dice(Numbers);

impl Dice {
    /// Dice that fall as this seed says.
    pub fn new(seed: u64) -> Self {
        Dice(Numbers(seed))
    }

    /// A number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.0.one_in(times)
    }

    /// One of these; nothing when there are none.
    pub fn one_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        self.0.one_of(items)
    }

    /// A peer.
    pub fn peer(&mut self) -> u16 {
        self.below(usize::from(PEERS)) as u16
    }

    fn block(&mut self) -> u32 {
        self.below(BLOCKS as usize) as u32
    }

    /// An address.
    pub fn address(&mut self) -> Address<u32> {
        let block = self.block();
        let addresses = addresses_of(block);
        addresses[self.below(addresses.len())].clone()
    }

    fn account(&mut self) -> Account {
        Account([self.below(3) as u8; 20])
    }

    fn price(&mut self) -> Price {
        Price::from(self.below(3) as u64)
    }
}

/// A state that nothing has led to: half of the blocks wanted or held, each by one of its addresses
/// or more; up to four holders of a want known; some wants of each peer recorded.
pub fn made_up<B>(dice: &mut Dice, behaviour: B) -> Node<Many, B> {
    let mut node = Node::behaving(behaviour, config());
    for peer in 0..PEERS {
        if !dice.one_in(10) {
            let mut context = PeerContext::default();
            if dice.one_in(4) {
                context.account = Some(dice.account());
            }
            node.contexts.insert(peer, context);
        }
    }
    let peers = node.peers();
    let mut blocks: Vec<u32> = (0..BLOCKS).collect();
    for place in (1..blocks.len()).rev() {
        blocks.swap(place, dice.below(place + 1));
    }
    for block in blocks {
        let is_held = dice.one_in(4);
        let is_wanted = !dice.one_in(3);
        for address in addresses_of(block) {
            let is_leaf = address.is_leaf();
            if is_held && (!is_leaf || dice.one_in(2)) {
                node.held.insert(address, block);
            } else if is_wanted && (is_leaf || !is_held && dice.one_in(2)) {
                add_want(dice, &mut node, &peers, address);
            }
        }
    }
    for peer in &peers {
        for _ in 0..dice.below(20) {
            let address = dice.address();
            if node.holds(&address) {
                continue;
            }
            let entry = WantEntry {
                priority: dice.below(3) as i32,
                send_dont_have: dice.one_in(2),
                ..WantEntry::want_block(address.clone())
            };
            if let Some(context) = node.contexts.get_mut(peer) {
                context.wants.insert(address, entry);
            }
        }
    }
    node
}

fn add_want<B>(dice: &mut Dice, node: &mut Node<Many, B>, peers: &[u16], address: Address<u32>) {
    let some = |dice: &mut Dice| -> BTreeSet<u16> {
        let many = dice.below(5);
        (0..many).filter_map(|_| dice.one_of(peers)).collect()
    };
    let holders = some(dice);
    let mut want = OwnWant {
        unanswered: some(dice),
        retries: dice.below(RETRIES as usize + 1) as u32,
        others: dice.below(2) as u32,
        ..OwnWant::new()
    };
    for holder in &holders {
        let price = dice.price();
        if let Some(context) = node.contexts.get_mut(holder) {
            context.set_presence(address.clone(), price);
        }
    }
    let holders: Vec<u16> = holders.into_iter().collect();
    if let Some(asked) = dice.one_of(&holders) {
        want.asked.insert(asked);
        want.unanswered.insert(asked);
    }
    node.wants.insert(address, want);
}

/// Something that happens to this node, mostly to what it has to do with.
pub fn event<B, O>(dice: &mut Dice, node: &Node<Many, B>) -> Event<Many, O> {
    let address = dice.address();
    let peer = match dice.one_in(4) {
        true => dice.peer(),
        false => dice
            .one_of(&concerned(node, &address))
            .unwrap_or_else(|| dice.peer()),
    };
    match dice.below(100) {
        0..6 => Event::Joined(dice.peer()),
        6..14 => Event::Left(peer),
        14..66 => Event::Received {
            from: peer,
            message: message(dice, node, &address),
        },
        66..76 => Event::Request(address),
        76..82 => Event::Cancel(address),
        82..91 => Event::Retry(address),
        91..96 => Event::Stored {
            cid: block_of(&address),
            leaves: match dice.one_in(3) {
                true => Vec::new(),
                false => addresses_of(block_of(&address)).split_off(1),
            },
        },
        _ => Event::Deleted(block_of(&address)),
    }
}

/// The peers that have to do with an address: who is asked for it, has it, or waits for it.
pub fn concerned<B>(node: &Node<Many, B>, address: &Address<u32>) -> Vec<u16> {
    let asked = node.asked(address);
    let contexts = node.contexts.iter();
    contexts
        .filter(|(peer, context)| {
            asked.contains(peer) || context.contains(address) || context.wants.contains(address)
        })
        .map(|(peer, _)| *peer)
        .collect()
}

fn message<B>(dice: &mut Dice, node: &Node<Many, B>, address: &Address<u32>) -> Message<Many> {
    let kind = dice.below(20);
    // Now and then about everything: longer than fits into one message.
    let long = dice.one_in(25);
    let mut about = vec![address.clone()];
    let block = block_of(address);
    about.extend(addresses_of(block).into_iter().filter(|_| dice.one_in(3)));
    if long {
        about.extend((0..BLOCKS).flat_map(addresses_of));
    } else {
        about.extend((0..dice.below(4)).map(|_| dice.address()));
    }
    let mut message = Message::default();
    if kind < 8 {
        message.want_list = Some(WantList {
            full: dice.one_in(5),
            entries: about.iter().map(|address| entry(dice, address)).collect(),
        });
    }
    if kind == 0 || (8..13).contains(&kind) {
        message.deliveries = about
            .iter()
            .map(|address| delivery(dice, address))
            .collect();
    }
    if kind == 0 || (13..19).contains(&kind) {
        // What is asked of nobody is asked of whoever has all of it.
        let all_unasked = long && dice.one_in(2);
        let items = about.iter().filter(|address| {
            !all_unasked || node.wants(address) && node.asked(address).is_empty()
        });
        message.presences = items
            .map(|address| Presence {
                address: address.clone(),
                presence_type: match !all_unasked && dice.one_in(3) {
                    true => PresenceType::DontHave,
                    false => PresenceType::Have,
                },
                price: dice.price(),
            })
            .collect();
    }
    if dice.one_in(8) {
        message.account = Some(dice.account());
    }
    if dice.one_in(8) {
        message.payment = Some(Payment(vec![dice.below(3) as u8]));
    }
    message
}

fn entry(dice: &mut Dice, address: &Address<u32>) -> WantEntry<u32> {
    WantEntry {
        address: address.clone(),
        priority: dice.below(3) as i32,
        cancel: dice.one_in(5),
        want_type: match dice.one_in(3) {
            true => WantType::WantHave,
            false => WantType::WantBlock,
        },
        send_dont_have: dice.one_in(2),
    }
}

fn delivery(dice: &mut Dice, address: &Address<u32>) -> Delivery<u32> {
    let mut evidence = Evidence::valid_for(address);
    match dice.below(8) {
        0 => evidence.has_data = false,
        1 => evidence.data_matches_cid = false,
        2 if address.is_leaf() => evidence.proof = ProofEvidence::Unverified,
        2 => evidence.cid_matches_address = false,
        _ => {}
    }
    Delivery {
        address: address.clone(),
        cid: block_of(address),
        evidence,
    }
}
