//! [`Deviating`]: how a node deviates, and what it remembers for that.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::deviation::{Deviation, Deviations};
use crate::node::arrived::{Arrived, Source};
use crate::node::state::{self, Beside, Config, First};
use crate::node::step;

/// A node that deviates.
pub type Node<N> = state::Node<N, Deviating<N>>;
/// What can happen to a node that deviates.
pub type Event<N> = state::Event<N, OtherEvent<N>>;
/// What a step of a node that deviates can ask for.
pub type Effect<N> = state::Effect<N, OtherEffect<N>>;
/// A step of a node that deviates.
pub type Step<'a, N> = step::Step<'a, N, Deviating<N>>;

/// What a node is made from: what does not change in its life, and how it deviates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Setup {
    /// What does not change in its life.
    pub config: Config,
    /// How it deviates. The reference does not.
    pub deviations: Deviations,
}

impl Setup {
    /// A node that deviates in these ways, and is otherwise as by default.
    pub fn deviating(deviations: Deviations) -> Self {
        Setup {
            config: Config::default(),
            deviations,
        }
    }
}

/// What can happen to a deviating node beside the events of the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherEvent<N: Names> {
    /// A scheduled [`OtherEffect::ServeLater`] has its turn ([`Deviation::ServeLater`]).
    Serve(N::Peer),
}

/// What a step of a deviating node can ask for beside the effects of the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherEffect<N: Names> {
    /// Close the stream that the message came on.
    RefuseStream,
    /// Come back with [`OtherEvent::Serve`] for this peer.
    ServeLater(N::Peer),
    /// Close every connection with this peer.
    Disconnect(N::Peer),
    /// The process ends here, with this last word.
    Abort(&'static str),
}

/// How a node deviates, and what it has to remember for that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deviating<N: Names> {
    /// In which ways.
    pub deviations: Deviations,
    /// What it remembers of a peer beside the peer's context; only peers of whom it remembers
    /// anything.
    pub peers: BTreeMap<N::Peer, Remembered<N>>,
    /// The contexts of peers that left, with what was remembered of them
    /// ([`Deviation::ReviveOnRejoin`]).
    pub departed: BTreeMap<N::Peer, (PeerContext<N>, Remembered<N>)>,
    /// What the message that is being handled has delivered so far ([`Deviation::TakeTwice`]).
    pub taken: BTreeSet<Address<N::Cid>>,
    /// Whether what is kept of a dataset's tree comes of a proof that was not verified
    /// ([`Deviation::PoisonedTree`]). A tree of which nothing is kept is not named.
    pub trees: BTreeMap<N::Cid, bool>,
}

/// What a deviating node remembers of one peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Remembered<N: Names> {
    /// Records that came of a DontHave ([`Deviation::DontHaveRecorded`]).
    pub denied: BTreeSet<Address<N::Cid>>,
    /// Own wants that the peer was told of ([`Deviation::NoAnnounceAgain`]).
    pub announced: BTreeSet<Address<N::Cid>>,
    /// What is marked on the peer as asked of it ([`Deviation::OnlyAsked`]), and may stay so when
    /// the want has ended ([`Deviation::AskOutlivesCancel`]). A delivery takes the mark away,
    /// whatever it is worth.
    pub asked: BTreeSet<Address<N::Cid>>,
    /// What was delivered to the peer ([`Deviation::ServeOnce`], [`Deviation::ResendCooldown`]).
    pub served: BTreeSet<Address<N::Cid>>,
}

impl<N: Names> Default for Remembered<N> {
    fn default() -> Self {
        Remembered {
            denied: BTreeSet::new(),
            announced: BTreeSet::new(),
            asked: BTreeSet::new(),
            served: BTreeSet::new(),
        }
    }
}

impl<N: Names> Remembered<N> {
    fn is_empty(&self) -> bool {
        let sets = [&self.denied, &self.announced, &self.asked, &self.served];
        sets.into_iter().all(BTreeSet::is_empty)
    }
}

impl<N: Names> Beside for Deviating<N> {
    type Event = OtherEvent<N>;
    type Effect = OtherEffect<N>;
}

impl<N: Names> Deviating<N> {
    /// Remembers something of a peer.
    pub(super) fn change<R>(
        &mut self, peer: &N::Peer, change: impl FnOnce(&mut Remembered<N>) -> R,
    ) -> R {
        let remembered = self.peers.entry(peer.clone()).or_default();
        let result = change(remembered);
        self.forget(peer, |_| ());
        result
    }

    /// Forgets something of a peer. Of whom nothing is left is not remembered.
    pub(super) fn forget(&mut self, peer: &N::Peer, forget: impl FnOnce(&mut Remembered<N>)) {
        if let Some(remembered) = self.peers.get_mut(peer) {
            forget(remembered);
            if remembered.is_empty() {
                self.peers.remove(peer);
            }
        }
    }
}

impl<N: Names> Node<N> {
    /// A deviating node without peers, wants or blocks.
    pub fn deviating(setup: Setup) -> Self {
        let behaviour = Deviating {
            deviations: setup.deviations,
            peers: BTreeMap::new(),
            departed: BTreeMap::new(),
            taken: BTreeSet::new(),
            trees: BTreeMap::new(),
        };
        Node::behaving(behaviour, setup.config)
    }

    /// How the node deviates.
    pub fn deviations(&self) -> Deviations {
        self.behaviour.deviations
    }

    /// Whether it deviates in this way.
    pub fn deviates(&self, deviation: Deviation) -> bool {
        self.behaviour.deviations.contains(deviation)
    }

    /// Whether the peer's record of this address came of a DontHave. Only a node that deviates by
    /// `dont-have-recorded` keeps such records.
    pub fn is_denied(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        let remembered = self.behaviour.peers.get(peer);
        remembered.is_some_and(|remembered| remembered.denied.contains(address))
    }

    /// What is marked on the peer as asked of it. Only a node that deviates by `only-asked`,
    /// `ask-outlives-cancel` or `abort-on-stale-ask` keeps such marks.
    pub fn asked_marks(&self, peer: &N::Peer) -> impl Iterator<Item = &Address<N::Cid>> {
        let remembered = self.behaviour.peers.get(peer).into_iter();
        remembered.flat_map(|remembered| &remembered.asked)
    }

    /// Whether this was delivered to the peer, and is remembered.
    pub(super) fn was_served(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        let remembered = self.behaviour.peers.get(peer);
        remembered.is_some_and(|remembered| remembered.served.contains(address))
    }

    /// The store changed without the node being told: nothing is sent, and no want ends. Deployed
    /// nodes' stores have others who write to them.
    pub fn set_held(&mut self, address: Address<N::Cid>, cid: Option<N::Cid>) {
        match cid {
            Some(cid) => self.held.insert(address, cid),
            None => self.held.remove(&address),
        };
    }

    /// A leaf's block came, with its proof, by another way than a delivery or an upload: as a
    /// deployed node comes by it that reconstructs a dataset. Like a delivery that counts
    /// (XFER-7), but from nobody.
    pub fn reconstructed(&mut self, leaf: Address<N::Cid>, cid: N::Cid) -> Vec<Effect<N>> {
        let own = Address::Plain(cid.clone());
        let block = Arrived {
            cid,
            addresses: vec![leaf, own],
            source: Source::Elsewhere,
        };
        self.take_step(&mut First, |node, step| {
            node.hold(&block, step);
            node.wake(&[block], step);
        })
    }

    /// Whether the peer has a recorded want for this address.
    pub(super) fn has_recorded(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        let context = self.contexts.get(peer);
        context.is_some_and(|context| context.wants.contains(address))
    }

    /// Removes a peer's records of these addresses.
    pub(super) fn clean_presence(&mut self, peer: &N::Peer, addresses: &[Address<N::Cid>]) {
        if let Some(context) = self.contexts.get_mut(peer) {
            context.clean_presence(addresses);
        }
        self.behaviour.forget(peer, |remembered| {
            for address in addresses {
                remembered.denied.remove(address);
            }
        });
    }

    /// A peer's records of addresses that are no own wants.
    pub(super) fn stale_records(&self, peer: &N::Peer) -> Vec<Address<N::Cid>> {
        let context = self.contexts.get(peer).into_iter();
        let records = context.flat_map(|context| context.peer_have());
        records
            .filter(|address| !self.wants(address))
            .cloned()
            .collect()
    }
}
