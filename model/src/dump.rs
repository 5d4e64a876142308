//! [`Dump`]: a node's state as it shows it to whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::message::{Account, WantEntry};
use crate::node::Behaviour;
use crate::node::Node;
use crate::price::Price;

/// The state of a node, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump<P: Ord, C: Ord> {
    /// What is kept about each peer.
    pub contexts: BTreeMap<P, ContextDump<C>>,
    /// The own wants in the order requested, each with the peers it is asked of.
    pub own_wants: Vec<(Address<C>, BTreeSet<P>)>,
    /// The addresses whose block is held.
    pub held: BTreeSet<Address<C>>,
}

/// What is kept about one peer, with what the helpers of PRES-10 say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextDump<C: Ord> {
    /// The presence records.
    pub presence: Vec<(Address<C>, Price)>,
    /// What `peer_have` says.
    pub peer_have: BTreeSet<Address<C>>,
    /// What `peer_have_cids` says.
    pub peer_have_cids: BTreeSet<C>,
    /// The peer's wants, in the order recorded.
    pub wants: Vec<WantEntry<C>>,
    /// What `peer_wants_cids` says.
    pub peer_wants_cids: BTreeSet<C>,
    /// The account that the peer sent last.
    pub account: Option<Account>,
}

impl<C: Ord> ContextDump<C> {
    /// The price of the record of this address, if there is a record.
    pub fn price_of(&self, address: &Address<C>) -> Option<Price> {
        self.presence
            .iter()
            .find(|(recorded, _)| recorded == address)
            .map(|(_, price)| *price)
    }

    /// The entry for this address, if one is recorded.
    pub fn want(&self, address: &Address<C>) -> Option<&WantEntry<C>> {
        self.wants.iter().find(|entry| entry.address == *address)
    }

    /// Whether there is nothing in the context (JOIN-2).
    pub fn is_empty(&self) -> bool {
        self.presence.is_empty() && self.wants.is_empty() && self.account.is_none()
    }
}

impl<N: Names, B: Behaviour<N>> Node<N, B> {
    /// The node's state as plain data.
    pub fn dump(&self) -> Dump<N::Peer, N::Cid> {
        Dump {
            contexts: self
                .contexts
                .iter()
                .map(|(peer, context)| (peer.clone(), self.dump_context(peer, context)))
                .collect(),
            own_wants: self
                .wants
                .iter()
                .map(|(address, want)| (address.clone(), want.asked.clone()))
                .collect(),
            held: self.held.keys().cloned().collect(),
        }
    }

    fn dump_context(&self, peer: &N::Peer, context: &PeerContext<N>) -> ContextDump<N::Cid> {
        ContextDump {
            presence: context
                .presence()
                .iter()
                .map(|(address, price)| (address.clone(), *price))
                .collect(),
            peer_have: context.peer_have().cloned().collect(),
            peer_have_cids: self.peer_have_cids(peer),
            wants: context.wants().cloned().collect(),
            peer_wants_cids: context.peer_wants_cids(),
            account: context.account().copied(),
        }
    }
}
