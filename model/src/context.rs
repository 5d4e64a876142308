//! [`PeerContext`]: what a node keeps about one peer, with the helpers that PRES-10 names.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Names};
use crate::message::{Account, Payment, WantEntry};
use crate::price::Price;
use crate::sequence::Sequence;

/// What this node keeps about one peer: which of this node's own wants the peer has, which blocks the
/// peer has asked for by WantBlock, and its account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerContext<N: Names> {
    /// The presence records: those of this node's own wants that the peer says it has, each with its
    /// price (PRES-1).
    pub presence: BTreeMap<Address<N::Cid>, Price>,
    /// The peer's recorded wants: what it has asked for by WantBlock, one entry for an address, in
    /// the order recorded (WANT-1, WANT-9).
    pub wants: Sequence<Address<N::Cid>, WantEntry<N::Cid>>,
    /// The account that the peer sent last (PAY-1).
    pub account: Option<Account>,
    /// The payment that the peer sent last (PAY-2).
    pub payment: Option<Payment>,
}

impl<N: Names> Default for PeerContext<N> {
    /// JOIN-2: a new context is empty.
    fn default() -> Self {
        PeerContext {
            presence: BTreeMap::new(),
            wants: Sequence::default(),
            account: None,
            payment: None,
        }
    }
}

impl<N: Names> PeerContext<N> {
    /// The presence records: those of this node's own wants that the peer says it has, each with its
    /// price.
    pub fn presence(&self) -> &BTreeMap<Address<N::Cid>, Price> {
        &self.presence
    }

    /// The peer's recorded wants: what it has asked for by WantBlock, one entry for an address, in
    /// the order recorded.
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

    /// `peerHave`: the addresses that have a presence record (PRES-10).
    pub fn peer_have(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.presence.keys()
    }

    /// `peerHaveCids`: the `cid_or_tree_cid` of each address with a presence record (PRES-10).
    pub fn peer_have_cids(&self) -> BTreeSet<N::Cid> {
        self.peer_have()
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    }

    /// `peerWantsCids`: the `cid_or_tree_cid` of each recorded want.
    pub fn peer_wants_cids(&self) -> BTreeSet<N::Cid> {
        self.wants
            .keys()
            .map(|address| address.cid_or_tree_cid().clone())
            .collect()
    }

    /// Whether this address has a presence record (PRES-10).
    pub fn contains(&self, address: &Address<N::Cid>) -> bool {
        self.presence.contains_key(address)
    }

    /// The sum of what the peer asks for these blocks (PRES-10). An address without a record costs
    /// nothing.
    /// `None` when the sum needs more than 32 bytes.
    pub fn price<'a>(
        &self, addresses: impl IntoIterator<Item = &'a Address<N::Cid>>,
    ) -> Option<Price> {
        addresses
            .into_iter()
            .filter_map(|address| self.presence.get(address))
            .try_fold(Price::ZERO, |sum, price| sum.checked_add(*price))
    }

    /// Records that the peer has this block, at this price; replaces an earlier record (PRES-4,
    /// PRES-10).
    pub fn set_presence(&mut self, address: Address<N::Cid>, price: Price) {
        self.presence.insert(address, price);
    }

    /// Removes the records of these addresses, and of no others (PRES-10).
    pub fn clean_presence<'a>(&mut self, addresses: impl IntoIterator<Item = &'a Address<N::Cid>>) {
        for address in addresses {
            self.presence.remove(address);
        }
    }
}
