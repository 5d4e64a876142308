//! [`Node`]: the state of one node, and [`Node::step`], the transition function.
//!
//! An event comes in, the state changes, effects come out: one atomic step. The sections of the
//! specification are the files below this one, in the order in which a peer's life meets them.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::deviation::{Deviation, Deviations};
use crate::message::{Account, Message};
use crate::price::Price;
use crate::sequence::Sequence;

mod ask;
pub mod deviant;
mod held;
mod join;
mod left;
mod outbox;
mod pay;
mod presence;
mod transfer;
mod want;

use outbox::Outbox;

/// At most this many entries are put into one want-list message (JOIN-8).
pub const MAX_ENTRIES_SENT: usize = 1000;
/// At most this many items are put into one presence message (WANT-18).
pub const MAX_PRESENCES_SENT: usize = 1024;
/// At most this many blocks are put into one delivery message (XFER-9).
pub const MAX_BLOCKS_SENT: usize = 20;

/// What does not change in a node's life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// How the node deviates from the specification: the reference does not.
    pub deviations: Deviations,
    /// What the node asks for a block, zero when it gives them away.
    pub price: Price,
    /// Where the node wants to be paid, if it does (JOIN-6).
    pub account: Option<Account>,
    /// How often a want is pursued anew before its request fails (ASK-9).
    pub retries: u32,
    /// How many of one peer's wants are recorded at most (WIRE-10): one that comes beyond is
    /// answered as any is, and not recorded. Presence records need no bound of their own: there are
    /// no more than own wants (PRES-1).
    pub wants_per_peer: u32,
}

impl Default for Config {
    /// The reference: free of charge, patient enough that no request fails by itself, and without
    /// a bound on what peers want.
    fn default() -> Self {
        Config {
            deviations: Deviations::none(),
            price: Price::ZERO,
            account: None,
            retries: u32::MAX,
            wants_per_peer: u32::MAX,
        }
    }
}

impl Config {
    /// A node that deviates in these ways, and is otherwise as by default.
    pub fn deviating(deviations: Deviations) -> Self {
        Config {
            deviations,
            ..Config::default()
        }
    }
}

/// One of the things that can happen to a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event<N: Names> {
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
    /// A scheduled [`Effect::ServeLater`] has its turn. Only a node that deviates by
    /// `serve-later` schedules any.
    Serve(N::Peer),
}

/// What a step asks the node's surroundings to do. Effects are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect<N: Names> {
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
    /// Deviating nodes only: close the stream that the message came on.
    RefuseStream,
    /// Deviating nodes only: come back with [`Event::Serve`] for this peer.
    ServeLater(N::Peer),
    /// Deviating nodes only: close every connection with this peer.
    Disconnect(N::Peer),
    /// Deviating nodes only: the process ends here.
    Abort(&'static str),
}

/// Where a step leaves a choice, this makes it: so that a run repeats exactly.
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
    /// The peers that the block is asked of at present: at most one (ASK-5), but for deviants.
    pub asked: BTreeSet<N::Peer>,
    /// The peers that were ever asked, are still here and have not delivered: the want's end is
    /// announced to them (ASK-7, XFER-7).
    pub unanswered: BTreeSet<N::Peer>,
    /// How often the want was pursued anew (ASK-9).
    pub retries: u32,
}

impl<N: Names> OwnWant<N> {
    fn new() -> Self {
        OwnWant {
            asked: BTreeSet::new(),
            unanswered: BTreeSet::new(),
            retries: 0,
        }
    }
}

/// The state of one node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<N: Names> {
    /// What does not change in its life.
    pub config: Config,
    /// One context for each peer (JOIN-3).
    pub contexts: BTreeMap<N::Peer, PeerContext<N>>,
    /// The own wants, in the order requested.
    pub wants: Sequence<Address<N::Cid>, OwnWant<N>>,
    /// The addresses whose block is held, with the block's own CID.
    pub held: BTreeMap<Address<N::Cid>, N::Cid>,
    /// What only a deviating node keeps; empty in the reference.
    pub leftovers: deviant::NodeLeftovers<N>,
}

impl<N: Names> Node<N> {
    /// A node without peers, wants or blocks.
    pub fn new(config: Config) -> Self {
        Node {
            config,
            contexts: BTreeMap::new(),
            wants: Sequence::default(),
            held: BTreeMap::new(),
            leftovers: deviant::NodeLeftovers::default(),
        }
    }

    /// Handles one event: changes the state and says what is to be done, in order.
    pub fn step(&mut self, event: Event<N>, choose: &mut impl Choose<N>) -> Vec<Effect<N>> {
        let mut out = Outbox::new();
        match event {
            Event::Joined(peer) => self.joined(peer, &mut out),
            Event::Left(peer) => self.left(&peer, choose, &mut out),
            Event::Received { from, message } => self.received(&from, message, choose, &mut out),
            Event::Request(address) => self.request(address, choose, &mut out),
            Event::Cancel(address) => self.cancel(&address, &mut out),
            Event::Retry(address) => self.retry(&address, choose, &mut out),
            Event::Stored { cid, leaves } => self.stored(cid, leaves, &mut out),
            Event::Deleted(cid) => self.deleted(&cid, &mut out),
            Event::Serve(peer) => self.serve(&peer, &mut out),
        }
        out.into_effects(&self.config)
    }

    /// WIRE-6: the order in which the parts of a message are handled.
    fn received(
        &mut self,
        from: &N::Peer,
        message: Message<N>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if !self.contexts.contains_key(from) && !self.deviates(Deviation::ContextOnMessage) {
            return; // JOIN-7
        }
        if self.has_received_deviations() {
            return self.deviant_received(from, message, choose, out);
        }
        if let Some(list) = message.want_list {
            self.want_list(from, list, out);
        }
        self.deliveries(from, message.deliveries, choose, out);
        self.presences(from, message.presences, choose, out);
        if let Some(account) = message.account {
            self.account(from, account);
        }
        if let Some(payment) = message.payment {
            self.payment(from, payment);
        }
    }

    /// The contexts, by peer.
    pub fn contexts(&self) -> &BTreeMap<N::Peer, PeerContext<N>> {
        &self.contexts
    }

    /// The own wants, in the order requested.
    pub fn own_wants(&self) -> impl ExactSizeIterator<Item = (&Address<N::Cid>, &OwnWant<N>)> {
        self.wants.iter()
    }

    /// Whether this address is an own want.
    pub fn wants(&self, address: &Address<N::Cid>) -> bool {
        self.wants.contains(address)
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

    /// Whether the node deviates in this way. The reference never does.
    pub fn deviates(&self, deviation: Deviation) -> bool {
        self.config.deviations.contains(deviation)
    }
}
