//! Traces: what happens to one node, step by step, with how they are made and made smaller.
//!
//! The world is small, so that its corners are hit often: three peers, three blocks, two datasets
//! that share one of them.

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating::{Event, OtherEvent};
use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Payment, Presence, PresenceType, ProofEvidence,
    WantEntry, WantList, WantType,
};
use blockexc_model::node::Config;
use blockexc_model::price::Price;
use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};

/// Peers and blocks by small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Few {}

impl Names for Few {
    type Peer = u8;
    type Cid = u8;
}

const PEERS: u8 = 3;
const TREES: [u8; 2] = [100, 101];
/// Each address with the CID of its block.
pub const WORLD: [(Address<u8>, u8); 7] = [
    (Address::Plain(1), 1),
    (Address::Plain(2), 2),
    (Address::Plain(3), 3),
    (leaf(TREES[0], 0), 1),
    (leaf(TREES[0], 1), 2),
    (leaf(TREES[1], 0), 1),
    (leaf(TREES[1], 1), 3),
];

const fn leaf(tree: u8, index: u64) -> Address<u8> {
    Address::Leaf { tree, index }
}

fn block_of(address: &Address<u8>) -> u8 {
    WORLD
        .iter()
        .find(|(named, _)| named == address)
        .map_or(0, |(_, block)| *block)
}

/// A node's configuration, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What a block costs.
    pub price: u64,
    /// Where to be paid.
    pub account: Option<Account>,
    /// After how many retries a request fails.
    pub retries: u32,
    /// How many of one peer's wants are recorded.
    #[serde(default = "without_bound")]
    pub wants_per_peer: u32,
    /// What the choices among several holders are made with.
    pub choices: u64,
    /// What happens.
    pub steps: Vec<Step>,
}

fn without_bound() -> u32 {
    u32::MAX
}

impl Trace {
    /// The configuration, without deviations.
    pub fn config(&self) -> Config {
        Config {
            price: Price::from(self.price),
            account: self.account,
            retries: self.retries,
            wants_per_peer: self.wants_per_peer,
        }
    }
}

/// An event, in a form that can be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Step {
    Joined(u8),
    Left(u8),
    Received {
        from: u8,
        want_list: Option<WantList<u8>>,
        deliveries: Vec<Delivery<u8>>,
        presences: Vec<Presence<u8>>,
        account: Option<Account>,
        payment: Option<Payment>,
    },
    Request(Address<u8>),
    Cancel(Address<u8>),
    Retry(Address<u8>),
    Stored {
        cid: u8,
        leaves: Vec<Address<u8>>,
    },
    Deleted(u8),
    Serve(u8),
}

impl Step {
    /// The event that this stands for.
    pub fn event(&self) -> Event<Few> {
        match self.clone() {
            Step::Joined(peer) => Event::Joined(peer),
            Step::Left(peer) => Event::Left(peer),
            Step::Received {
                from,
                want_list,
                deliveries,
                presences,
                account,
                payment,
            } => Event::Received {
                from,
                message: Message {
                    want_list,
                    deliveries,
                    presences,
                    account,
                    payment,
                },
            },
            Step::Request(address) => Event::Request(address),
            Step::Cancel(address) => Event::Cancel(address),
            Step::Retry(address) => Event::Retry(address),
            Step::Stored { cid, leaves } => Event::Stored { cid, leaves },
            Step::Deleted(cid) => Event::Deleted(cid),
            Step::Serve(peer) => Event::Other(OtherEvent::Serve(peer)),
        }
    }

    /// The same step with less in it, in each way that takes one thing away.
    fn simpler(&self) -> Vec<Step> {
        let mut simpler = Vec::new();
        match self {
            Step::Received {
                want_list,
                deliveries,
                presences,
                ..
            } => {
                let mut with = |change: &dyn Fn(&mut Parts<'_>)| {
                    let mut step = self.clone();
                    if let Step::Received {
                        want_list,
                        deliveries,
                        presences,
                        account,
                        payment,
                        ..
                    } = &mut step
                    {
                        change(&mut Parts {
                            want_list,
                            deliveries,
                            presences,
                            account,
                            payment,
                        });
                    }
                    if step != *self {
                        simpler.push(step);
                    }
                };
                with(&|parts| *parts.want_list = None);
                with(&|parts| parts.deliveries.clear());
                with(&|parts| parts.presences.clear());
                with(&|parts| *parts.account = None);
                with(&|parts| *parts.payment = None);
                let entries = want_list.as_ref().map_or(0, |list| list.entries.len());
                with(&|parts| {
                    if let Some(list) = parts.want_list {
                        list.entries.truncate(entries / 2);
                    }
                });
                with(&|parts| {
                    if let Some(list) = parts.want_list {
                        list.full = false;
                    }
                });
                for place in 0..entries {
                    for change in [
                        (|entries, place| {
                            entries.remove(place);
                        }) as fn(&mut Vec<WantEntry<u8>>, usize),
                        |entries, place| entries[place].priority = 0,
                        |entries, place| entries[place].send_dont_have = false,
                    ] {
                        with(&|parts| {
                            if let Some(list) = parts.want_list {
                                change(&mut list.entries, place);
                            }
                        });
                    }
                }
                for place in 0..deliveries.len() {
                    with(&|parts| {
                        parts.deliveries.remove(place);
                    });
                }
                for place in 0..presences.len() {
                    with(&|parts| {
                        parts.presences.remove(place);
                    });
                    with(&|parts| parts.presences[place].price = Price::ZERO);
                }
            }
            Step::Stored { cid, leaves } => {
                for place in 0..leaves.len() {
                    let mut leaves = leaves.clone();
                    leaves.remove(place);
                    simpler.push(Step::Stored { cid: *cid, leaves });
                }
            }
            _ => {}
        }
        simpler
    }
}

struct Parts<'a> {
    want_list: &'a mut Option<WantList<u8>>,
    deliveries: &'a mut Vec<Delivery<u8>>,
    presences: &'a mut Vec<Presence<u8>>,
    account: &'a mut Option<Account>,
    payment: &'a mut Option<Payment>,
}

/// Traces of up to this many steps.
#[derive(Clone, Copy, Debug)]
pub struct Traces(pub usize);

impl Strategy for Traces {
    type Tree = Shrinking;
    type Value = Trace;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut dice = Dice(runner.rng().next_u64());
        Ok(Shrinking::new(dice.trace(self.0)))
    }
}

/// A trace on its way to a smaller one.
pub struct Shrinking {
    current: Trace,
    /// What `current` was before the change that is being tried.
    last: Option<Trace>,
    /// Changes of the smallest failing trace so far that were not tried yet, the next one last.
    untried: Option<Vec<Trace>>,
}

impl Shrinking {
    fn new(trace: Trace) -> Self {
        Shrinking {
            current: trace,
            last: None,
            untried: None,
        }
    }

    fn try_next(&mut self) -> bool {
        let untried = self.untried.get_or_insert_with(|| smaller(&self.current));
        let Some(next) = untried.pop() else {
            return false;
        };
        self.last = Some(std::mem::replace(&mut self.current, next));
        true
    }
}

impl ValueTree for Shrinking {
    type Value = Trace;

    fn current(&self) -> Trace {
        self.current.clone()
    }

    /// The current trace fails: go on from there.
    fn simplify(&mut self) -> bool {
        if self.last.take().is_some() {
            self.untried = None;
        }
        self.try_next()
    }

    /// The current trace does not fail: back, and try another change.
    fn complicate(&mut self) -> bool {
        match self.last.take() {
            Some(last) => {
                self.current = last;
                self.try_next()
            }
            None => false,
        }
    }
}

/// Every smaller trace, what takes most away last.
fn smaller(trace: &Trace) -> Vec<Trace> {
    let mut smaller = Vec::new();
    let with_steps = |steps| Trace {
        steps,
        ..trace.clone()
    };
    for (place, step) in trace.steps.iter().enumerate() {
        for step in step.simpler() {
            let mut steps = trace.steps.clone();
            steps[place] = step;
            smaller.push(with_steps(steps));
        }
    }
    let mut length = 1;
    while length <= trace.steps.len() {
        for start in (0..=trace.steps.len() - length).step_by(length) {
            let mut steps = trace.steps.clone();
            steps.drain(start..start + length);
            smaller.push(with_steps(steps));
        }
        length *= 2;
    }
    smaller
}

/// SplitMix64: random numbers that cost next to nothing, the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn peer(&mut self) -> u8 {
        self.below(usize::from(PEERS)) as u8
    }

    fn placed(&mut self) -> (Address<u8>, u8) {
        WORLD[self.below(WORLD.len())].clone()
    }

    fn address(&mut self) -> Address<u8> {
        self.placed().0
    }

    fn account(&mut self) -> Account {
        Account([self.below(3) as u8; 20])
    }

    /// A trace of at most this many steps.
    pub fn trace(&mut self, most: usize) -> Trace {
        let length = 1 + self.below(most);
        Trace {
            price: [0, 7][self.below(2)],
            account: self.one_in(2).then(|| self.account()),
            retries: [u32::MAX, 0, 2][self.below(3)],
            wants_per_peer: [u32::MAX, u32::MAX, 3, 1][self.below(4)],
            choices: self.next(),
            steps: (0..length).map(|_| self.step()).collect(),
        }
    }

    fn step(&mut self) -> Step {
        match self.below(100) {
            0..10 => Step::Joined(self.peer()),
            10..16 => Step::Left(self.peer()),
            16..62 => self.received(),
            62..78 => Step::Request(self.address()),
            78..83 => Step::Cancel(self.address()),
            83..90 => Step::Retry(self.address()),
            90..94 => {
                let cid = 1 + self.below(3) as u8;
                let mut leaves = Vec::new();
                for (address, block) in &WORLD {
                    if address.is_leaf() && *block == cid && self.one_in(2) {
                        leaves.push(address.clone());
                    }
                }
                Step::Stored { cid, leaves }
            }
            94..98 => Step::Deleted(1 + self.below(3) as u8),
            _ => Step::Serve(self.peer()),
        }
    }

    fn received(&mut self) -> Step {
        // The last kind is a message that says nothing, or only where to pay.
        let kind = self.below(13);
        let all = kind == 0;
        let presences = if all || (1..5).contains(&kind) {
            // Now and then of most there is: so that one peer is asked for several blocks.
            if self.one_in(4) { 8 } else { 1 + self.below(3) }
        } else {
            0
        };
        let deliveries = if all || (5..8).contains(&kind) {
            1 + self.below(3)
        } else {
            0
        };
        let mut deliveries: Vec<_> = (0..deliveries).map(|_| self.delivery()).collect();
        // Now and then for one address twice, one of them perhaps invalid.
        if let [first, .., last] = deliveries.as_mut_slice()
            && self.one_in(3)
        {
            last.address = first.address.clone();
            last.cid = block_of(&first.address);
            last.evidence = Evidence::valid_for(&first.address);
        }
        Step::Received {
            from: self.peer(),
            want_list: (all || (8..12).contains(&kind)).then(|| self.want_list()),
            deliveries,
            presences: (0..presences).map(|_| self.presence()).collect(),
            account: self.one_in(20).then(|| self.account()),
            payment: self
                .one_in(20)
                .then(|| Payment(vec![self.below(256) as u8])),
        }
    }

    fn want_list(&mut self) -> WantList<u8> {
        // Now and then more than fits into one message of deliveries or presences.
        let length = match self.below(3000) {
            0 => 1100,
            1..30 => 30,
            _ => self.below(5),
        };
        WantList {
            entries: (0..length).map(|_| self.entry()).collect(),
            full: self.one_in(4),
        }
    }

    fn entry(&mut self) -> WantEntry<u8> {
        WantEntry {
            address: self.address(),
            priority: self.below(3) as i32 - 1,
            cancel: self.one_in(6),
            want_type: [WantType::WantBlock, WantType::WantHave][self.below(2)],
            send_dont_have: self.one_in(2),
        }
    }

    fn presence(&mut self) -> Presence<u8> {
        Presence {
            address: self.address(),
            presence_type: if self.one_in(4) {
                PresenceType::DontHave
            } else {
                PresenceType::Have
            },
            price: Price::from(self.below(3) as u64),
        }
    }

    fn delivery(&mut self) -> Delivery<u8> {
        let (address, mut cid) = self.placed();
        let mut evidence = Evidence::valid_for(&address);
        match self.below(12) {
            0 => evidence.has_data = false,
            1 => evidence.data_matches_cid = false,
            2 | 3 if address.is_leaf() => {
                evidence.proof = [
                    ProofEvidence::Missing,
                    ProofEvidence::Undecodable,
                    ProofEvidence::OtherIndex,
                    ProofEvidence::Unverified,
                ][self.below(4)];
                if self.one_in(2) {
                    cid = 1 + cid % 3;
                }
            }
            2 | 3 => {
                evidence.cid_matches_address = false;
                cid = 1 + cid % 3;
            }
            _ => {}
        }
        Delivery {
            address,
            cid,
            evidence,
        }
    }
}
