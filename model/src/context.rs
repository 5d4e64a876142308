//! [`PeerContext`]: what a node keeps about one peer, with the seed's helpers (PRES-10).

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Names};
use crate::message::{Account, Payment, WantEntry};
use crate::node::deviant::ContextLeftovers;
use crate::price::Price;
use crate::sequence::Sequence;

/// What this node keeps about one peer: what the peer has, of what this node wants; what the peer
/// has explicitly asked for; and its account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerContext<N: Names> {
    /// What the peer has, of what this node wants, with its price.
    pub presence: BTreeMap<Address<N::Cid>, Price>,
    /// What the peer waits for.
    pub wants: Sequence<Address<N::Cid>, WantEntry<N::Cid>>,
    /// Where the peer is paid.
    pub account: Option<Account>,
    /// The last payment of the peer.
    pub payment: Option<Payment>,
    /// What only a deviating node keeps; empty in the reference.
    pub leftovers: ContextLeftovers<N>,
}

impl<N: Names> PeerContext<N> {
    /// JOIN-2: a new context is empty.
    pub fn new() -> Self {
        PeerContext {
            presence: BTreeMap::new(),
            wants: Sequence::default(),
            account: None,
            payment: None,
            leftovers: ContextLeftovers::default(),
        }
    }

    /// The presence records: each address the peer is known to have, of those this node wants,
    /// with its price.
    pub fn presence(&self) -> &BTreeMap<Address<N::Cid>, Price> {
        &self.presence
    }

    /// The peer's want list: what it has explicitly asked for, one entry for an address, in the
    /// order recorded.
    pub fn wants(&self) -> impl ExactSizeIterator<Item = &WantEntry<N::Cid>> {
        self.wants.values()
    }

    /// The account that the peer sent last (PAY-1).
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The payment that the peer sent last (PAY-2).
    pub fn payment(&self) -> Option<&Payment> {
        self.payment.as_ref()
    }

    /// `peerHave`: the addresses that the peer has.
    pub fn peer_have(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.presence.keys()
    }

    /// `peerHaveCids`: `cid_or_tree_cid` of what the peer has.
    pub fn peer_have_cids(&self) -> BTreeSet<N::Cid> {
        self.peer_have()
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    }

    /// `peerWantsCids`: `cid_or_tree_cid` of what the peer has asked for.
    pub fn peer_wants_cids(&self) -> BTreeSet<N::Cid> {
        self.wants
            .keys()
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    }

    /// Whether the peer is known to have this block.
    pub fn contains(&self, address: &Address<N::Cid>) -> bool {
        self.presence.contains_key(address)
    }

    /// Whether the record of this address came of a DontHave. Only a node that deviates by
    /// `dont-have-recorded` keeps such records.
    pub fn is_denied(&self, address: &Address<N::Cid>) -> bool {
        self.leftovers.denied.contains(address)
    }

    /// What is marked on the peer as asked of it. Only a node that deviates by `only-asked`,
    /// `ask-outlives-cancel` or `abort-on-stale-ask` keeps such marks.
    pub fn asked_marks(&self) -> &BTreeSet<Address<N::Cid>> {
        &self.leftovers.asked
    }

    /// What the peer asks for these blocks together; an address without a record costs nothing.
    /// `None` when the sum needs more than 32 bytes.
    pub fn price<'a>(
        &self,
        addresses: impl IntoIterator<Item = &'a Address<N::Cid>>,
    ) -> Option<Price> {
        addresses
            .into_iter()
            .filter_map(|address| self.presence.get(address))
            .try_fold(Price::ZERO, |sum, price| sum.checked_add(*price))
    }

    /// Records that the peer has this block, at this price; replaces an earlier record (PRES-4).
    pub fn set_presence(&mut self, address: Address<N::Cid>, price: Price) {
        self.presence.insert(address, price);
    }

    /// Removes the records of these addresses, and of no others.
    pub fn clean_presence<'a>(&mut self, addresses: impl IntoIterator<Item = &'a Address<N::Cid>>) {
        for address in addresses {
            self.presence.remove(address);
            self.leftovers.denied.remove(address);
        }
    }
}
