//! [`Trace`]: what happens to one node, step by step, by small numbers, and how it is made smaller.
//!
//! The world is small, so that its corners are hit often: three peers, three blocks, two datasets
//! that share one of them.

use std::fmt;

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating::{Event, OtherEvent};
use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Payment, Presence, WantEntry, WantList, WantType,
};
use blockexc_model::node::Config;
use blockexc_model::price::Price;
use serde::{Deserialize, Serialize};

/// Peers and blocks by small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Few {}

impl Names for Few {
    type Peer = u8;
    type Cid = u8;
}

/// How many peers there are.
pub const PEERS: u8 = 3;
/// The trees of the datasets.
pub const TREES: [u8; 2] = [100, 101];
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

/// The block of an address; 0 for one that is not in the world.
pub fn block_of(address: &Address<u8>) -> u8 {
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
    /// Whether all that it names is in the small world.
    pub fn is_of_the_world(&self) -> bool {
        let is_peer = |peer: &u8| *peer < PEERS;
        let is_block = |cid: &u8| WORLD.iter().any(|(_, block)| block == cid);
        let is_named = |address: &Address<u8>| WORLD.iter().any(|(named, _)| named == address);
        match self {
            Step::Joined(peer) | Step::Left(peer) | Step::Serve(peer) => is_peer(peer),
            Step::Received {
                from,
                want_list,
                deliveries,
                presences,
                ..
            } => {
                let mut entries = want_list.iter().flat_map(|list| &list.entries);
                is_peer(from)
                    && entries.all(|entry| is_named(&entry.address))
                    && deliveries
                        .iter()
                        .all(|it| is_named(&it.address) && is_block(&it.cid))
                    && presences.iter().all(|it| is_named(&it.address))
            }
            Step::Request(address) | Step::Cancel(address) | Step::Retry(address) => {
                is_named(address)
            }
            Step::Stored { cid, leaves } => is_block(cid) && leaves.iter().all(is_named),
            Step::Deleted(cid) => is_block(cid),
        }
    }

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
    pub fn simpler(&self) -> Vec<Step> {
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = |number: &u8| format!("peer {}", char::from(b'A' + (number % 26)));
        match self {
            Step::Joined(number) => write!(f, "{} joins", peer(number)),
            Step::Left(number) => write!(f, "{} leaves", peer(number)),
            Step::Received {
                from,
                want_list,
                deliveries,
                presences,
                account,
                payment,
            } => {
                write!(f, "{} sends", peer(from))?;
                let mut says = Vec::new();
                if let Some(list) = want_list {
                    let full = if list.full { "a full list" } else { "a list" };
                    let entries = list.entries.iter().map(|entry| {
                        let kind = match (entry.cancel, entry.want_type) {
                            (true, _) => "Cancel",
                            (false, WantType::WantBlock) => "WantBlock",
                            (false, WantType::WantHave) => "WantHave",
                        };
                        let asks = if entry.send_dont_have {
                            " sendDontHave"
                        } else {
                            ""
                        };
                        format!(" {kind} {}{asks}", Named(&entry.address))
                    });
                    says.push(format!("{full}:{}", entries.collect::<Vec<_>>().join(",")));
                }
                let items = presences
                    .iter()
                    .map(|item| format!("{:?} {}", item.presence_type, Named(&item.address)));
                says.extend(items);
                let blocks = deliveries.iter().map(|delivery| {
                    let is_valid = delivery.evidence == Evidence::valid_for(&delivery.address);
                    let how = if is_valid { "" } else { " (invalid)" };
                    format!("delivery of {}{how}", Named(&delivery.address))
                });
                says.extend(blocks);
                says.extend(account.map(|_| "an account".to_owned()));
                says.extend(payment.iter().map(|_| "a payment".to_owned()));
                match says.is_empty() {
                    true => f.write_str(" an empty message"),
                    false => write!(f, " {}", says.join("; ")),
                }
            }
            Step::Request(address) => write!(f, "the target's user requests {}", Named(address)),
            Step::Cancel(address) => write!(f, "the target's user cancels {}", Named(address)),
            Step::Retry(address) => write!(f, "the target retries {}", Named(address)),
            Step::Stored { cid, leaves } if leaves.is_empty() => {
                write!(f, "the target stores block {cid}")
            }
            Step::Stored { cid, leaves } => {
                let leaves: Vec<String> = leaves.iter().map(|it| Named(it).to_string()).collect();
                write!(
                    f,
                    "the target stores block {cid} as {}",
                    leaves.join(" and ")
                )
            }
            Step::Deleted(cid) => write!(f, "the target deletes block {cid}"),
            Step::Serve(number) => write!(f, "{} has its turn", peer(number)),
        }
    }
}

/// An address of the small world in words.
struct Named<'a>(&'a Address<u8>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Address::Plain(cid) => write!(f, "block {cid}"),
            Address::Leaf { tree, index } => write!(f, "leaf {tree}/{index}"),
        }
    }
}

struct Parts<'a> {
    want_list: &'a mut Option<WantList<u8>>,
    deliveries: &'a mut Vec<Delivery<u8>>,
    presences: &'a mut Vec<Presence<u8>>,
    account: &'a mut Option<Account>,
    payment: &'a mut Option<Payment>,
}
