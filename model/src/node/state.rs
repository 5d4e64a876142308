//! [`Node`]: the state of one node; what can happen to it ([`Event`]) and what it asks to be done
//! ([`Effect`]).

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::message::{Account, Message};
use crate::price::Price;
use crate::sequence::Sequence;

/// What does not change in a node's life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// What the node asks for a block, zero when it gives them away.
    pub price: Price,
    /// Where the node wants to be paid, if it does (JOIN-6).
    pub account: Option<Account>,
    /// How often a want is pursued anew before its request fails (ASK-9).
    pub retries: u32,
    /// How many of one peer's wants are recorded at most (WIRE-10). A further one is answered as
    /// any is, but not recorded. Presence records need no bound of their own: a context has no
    /// more of them than there are own wants (PRES-1).
    pub wants_per_peer: u32,
}

impl Default for Config {
    /// Blocks are free, no request fails by itself, and what peers want has no bound.
    fn default() -> Self {
        Config {
            price: Price::ZERO,
            account: None,
            retries: u32::MAX,
            wants_per_peer: u32::MAX,
        }
    }
}

/// One of the things that can happen to a node. `O` is for further events of other behaviours; the
/// reference has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event<N: Names, O = Infallible> {
    /// A peer's first connection has opened.
    Joined(N::Peer),
    /// A peer's last connection has closed.
    Left(N::Peer),
    /// A message came, on whichever stream (WIRE-7).
    Received {
        /// Who sent it.
        from: N::Peer,
        /// What it says.
        message: Message<N>,
    },
    /// The user requests a block.
    Request(Address<N::Cid>),
    /// The user cancels a request.
    Cancel(Address<N::Cid>),
    /// An own want has not been met in time (ASK-8).
    Retry(Address<N::Cid>),
    /// The user stored a block (HELD-1).
    Stored {
        /// The block's own CID.
        cid: N::Cid,
        /// The leaves of which the store has the block's proof.
        leaves: Vec<Address<N::Cid>>,
    },
    /// A block was deleted from the store, or expired (HELD-2).
    Deleted(N::Cid),
    /// Something else, of another behaviour than the reference's.
    Other(O),
}

impl<N: Names, O> Event<N, O> {
    /// The same event as one of the reference's, if it is one.
    pub fn narrowed(self) -> Option<Event<N>> {
        Some(match self {
            Event::Joined(peer) => Event::Joined(peer),
            Event::Left(peer) => Event::Left(peer),
            Event::Received { from, message } => Event::Received { from, message },
            Event::Request(address) => Event::Request(address),
            Event::Cancel(address) => Event::Cancel(address),
            Event::Retry(address) => Event::Retry(address),
            Event::Stored { cid, leaves } => Event::Stored { cid, leaves },
            Event::Deleted(cid) => Event::Deleted(cid),
            Event::Other(_) => return None,
        })
    }
}

/// What a step asks the node's surroundings to do. Effects are carried out in order. `O` is for
/// further effects of other behaviours; the reference has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect<N: Names, O = Infallible> {
    /// Hand this message to the connection with this peer. What does not fit into one frame is
    /// split by whoever frames it (XFER-9).
    Send {
        /// Who it is for.
        to: N::Peer,
        /// What it says.
        message: Message<N>,
    },
    /// Store the block of this delivery of the message received, with its proof if it has one.
    Keep {
        /// Which of the message's deliveries.
        delivery: usize,
        /// The block's own CID.
        cid: N::Cid,
        /// The addresses under which the block is held from now on.
        addresses: Vec<Address<N::Cid>>,
    },
    /// Everybody who requested this address gets the block, which is held.
    Obtained(Address<N::Cid>),
    /// Everybody who requested this address learns that it was not to be had (ASK-9).
    Failed(Address<N::Cid>),
    /// The answer to a cancel: whether there was such a want (ASK-7).
    Cancelled {
        /// What was to be cancelled.
        address: Address<N::Cid>,
        /// Whether it was an own want.
        was_wanted: bool,
    },
    /// Ask discovery who has this (ASK-1).
    Discover(N::Cid),
    /// Something else, of another behaviour than the reference's.
    Other(O),
}

impl<N: Names> Effect<N> {
    /// The same effect of the reference, among those of any other behaviour.
    pub fn widened<O>(self) -> Effect<N, O> {
        match self {
            Effect::Send { to, message } => Effect::Send { to, message },
            Effect::Keep {
                delivery,
                cid,
                addresses,
            } => Effect::Keep {
                delivery,
                cid,
                addresses,
            },
            Effect::Obtained(address) => Effect::Obtained(address),
            Effect::Failed(address) => Effect::Failed(address),
            Effect::Cancelled {
                address,
                was_wanted,
            } => Effect::Cancelled {
                address,
                was_wanted,
            },
            Effect::Discover(cid) => Effect::Discover(cid),
            Effect::Other(never) => match never {},
        }
    }
}

/// Makes the choices that a step leaves open. With the same choices a run repeats exactly.
pub trait Choose<N: Names> {
    /// Which of these peers to ask for the block; there are at least two, in ascending order.
    /// The answer is an index; one out of range counts as the last.
    fn holder(&mut self, address: &Address<N::Cid>, holders: &[N::Peer]) -> usize;
}

/// Always the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct First;

impl<N: Names> Choose<N> for First {
    fn holder(&mut self, _: &Address<N::Cid>, _: &[N::Peer]) -> usize {
        0
    }
}

impl<N: Names, F: FnMut(&Address<N::Cid>, &[N::Peer]) -> usize> Choose<N> for F {
    fn holder(&mut self, address: &Address<N::Cid>, holders: &[N::Peer]) -> usize {
        self(address, holders)
    }
}

/// One of the node's own wants: a block requested and not yet obtained, cancelled or given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OwnWant<N: Names> {
    /// The peers that the block is asked of at present: at most one (ASK-5).
    pub asked: BTreeSet<N::Peer>,
    /// The peers that were ever asked, have not left since, and have not answered by a delivery,
    /// good or bad. When the want ends they are sent a cancel (ASK-7, XFER-7).
    pub unanswered: BTreeSet<N::Peer>,
    /// How often the want was pursued anew (ASK-9).
    pub retries: u32,
    /// How many have requested the block beside the first, and have not cancelled (ASK-10).
    pub others: u32,
}

impl<N: Names> OwnWant<N> {
    /// A fresh want, asked of nobody.
    pub fn new() -> Self {
        OwnWant {
            asked: BTreeSet::new(),
            unanswered: BTreeSet::new(),
            retries: 0,
            others: 0,
        }
    }
}

/// What there is for a behaviour beside the events and effects of the specification.
pub trait Beside {
    /// What else can happen to a node.
    type Event: Clone + Debug + Eq + Hash;
    /// What else a step can ask for.
    type Effect: Clone + Debug + Eq + Hash;
}

/// The behaviour that this specification describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference;

impl Beside for Reference {
    type Event = Infallible;
    type Effect = Infallible;
}

/// The state of one node. `B` is how it behaves: as this specification says, unless another
/// behaviour is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<N: Names, B = Reference> {
    /// What does not change in the node's life.
    pub config: Config,
    /// One context for each peer (JOIN-3).
    pub contexts: BTreeMap<N::Peer, PeerContext<N>>,
    /// The own wants, in the order requested.
    pub wants: Sequence<Address<N::Cid>, OwnWant<N>>,
    /// The addresses whose block is held, each with the block's own CID.
    pub held: BTreeMap<Address<N::Cid>, N::Cid>,
    /// How the node behaves.
    pub behaviour: B,
}

impl<N: Names> Node<N> {
    /// A node without peers, wants or blocks.
    pub fn new(config: Config) -> Self {
        Node::behaving(Reference, config)
    }
}

impl<N: Names, B> Node<N, B> {
    /// A node of this behaviour, without peers, wants or blocks.
    pub fn behaving(behaviour: B, config: Config) -> Self {
        Node {
            config,
            contexts: BTreeMap::new(),
            wants: Sequence::default(),
            held: BTreeMap::new(),
            behaviour,
        }
    }

    /// The contexts, by peer.
    pub fn contexts(&self) -> &BTreeMap<N::Peer, PeerContext<N>> {
        &self.contexts
    }

    /// The peers that have a context, in ascending order.
    pub fn peers(&self) -> Vec<N::Peer> {
        self.contexts.keys().cloned().collect()
    }

    /// The own wants, in the order requested.
    pub fn own_wants(&self) -> impl ExactSizeIterator<Item = (&Address<N::Cid>, &OwnWant<N>)> {
        self.wants.iter()
    }

    /// Whether this address is an own want.
    pub fn wants(&self, address: &Address<N::Cid>) -> bool {
        self.wants.contains(address)
    }

    /// The peers that this address is asked of.
    pub fn asked(&self, address: &Address<N::Cid>) -> BTreeSet<N::Peer> {
        let want = self.wants.get(address);
        want.map_or_else(BTreeSet::new, |want| want.asked.clone())
    }

    /// Whether this address is asked of this peer.
    pub fn is_asked(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        let want = self.wants.get(address);
        want.is_some_and(|want| want.asked.contains(peer))
    }

    /// Whether the block of this address is held.
    pub fn holds(&self, address: &Address<N::Cid>) -> bool {
        self.held.contains_key(address)
    }

    /// The addresses whose block is held, each with the block's own CID.
    pub fn held(&self) -> &BTreeMap<Address<N::Cid>, N::Cid> {
        &self.held
    }

    /// What does not change in this node's life.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
