//! Every address that the node has anything to do with, under a small number, with all that is
//! known of it across contexts: the indexes that make a step cheap.
//!
//! An address has a number while it is wanted, held, or recorded in some context, and gives it
//! back in the step in which that ends: what peers merely mention leaves nothing behind.

use std::collections::HashMap;
use std::sync::Arc;

use blockexc_model::address::{Address, Names};

use super::contexts::PeerNumber;

/// The number of an address, valid while the address is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AddressNumber(u32);

/// What is known of one address.
pub(super) struct Known<N: Names> {
    /// The address itself.
    pub address: Arc<Address<N::Cid>>,
    /// The node's own want for it.
    pub own_want: Option<OwnWant>,
    /// The CID of its block, when the block is held.
    pub held_as: Option<N::Cid>,
    /// The peers whose context has a presence record of it.
    pub holders: PeerSet,
    /// The peers whose want list names it.
    pub wanting: PeerSet,
}

impl<N: Names> Known<N> {
    /// Nothing is known of it any longer.
    fn is_idle(&self) -> bool {
        self.own_want.is_none()
            && self.held_as.is_none()
            && self.holders.is_empty()
            && self.wanting.is_empty()
    }
}

/// One of the node's own wants.
pub(super) struct OwnWant {
    /// Wants are numbered as they are requested; no number is used twice.
    pub request: u64,
    /// The peer that it is asked of (ASK-5: there is no room for a second one).
    pub asked: Option<PeerNumber>,
    /// The peers that were ever asked, are still here and have not answered (ASK-7, XFER-7).
    pub unanswered: PeerSet,
    /// How often it was pursued anew (ASK-9).
    pub retries: u32,
}

/// A set of few peers, in few bytes: their numbers, ascending.
#[derive(Default)]
pub(super) struct PeerSet(Vec<PeerNumber>);

impl PeerSet {
    /// Whether the peer was not in the set.
    pub fn insert(&mut self, peer: PeerNumber) -> bool {
        match self.0.binary_search(&peer) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, peer);
                true
            }
        }
    }

    /// Whether the peer was in the set.
    pub fn remove(&mut self, peer: PeerNumber) -> bool {
        match self.0.binary_search(&peer) {
            Ok(place) => {
                self.0.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The peers, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = PeerNumber> {
        self.0.iter().copied()
    }
}

/// The addresses in use.
pub(super) struct Addresses<N: Names> {
    numbers: HashMap<Arc<Address<N::Cid>>, AddressNumber>,
    known: Vec<Option<Known<N>>>,
    free: Vec<AddressNumber>,
}

impl<N: Names> Default for Addresses<N> {
    fn default() -> Self {
        Addresses {
            numbers: HashMap::new(),
            known: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<N: Names> Addresses<N> {
    /// The number of an address, if it is in use.
    pub fn find(&self, address: &Address<N::Cid>) -> Option<AddressNumber> {
        self.numbers.get(address).copied()
    }

    /// The number of an address, a new one if it has none. The caller gives the address a use in
    /// the same step.
    pub fn find_or_add(&mut self, address: &Address<N::Cid>) -> AddressNumber {
        if let Some(number) = self.find(address) {
            return number;
        }
        let address = Arc::new(address.clone());
        let known = Some(Known {
            address: Arc::clone(&address),
            own_want: None,
            held_as: None,
            holders: PeerSet::default(),
            wanting: PeerSet::default(),
        });
        let number = match self.free.pop() {
            Some(number) => {
                self.known[number.0 as usize] = known;
                number
            }
            None => {
                let number = AddressNumber(self.known.len() as u32);
                self.known.push(known);
                number
            }
        };
        self.numbers.insert(address, number);
        number
    }

    /// What is known of the address with this number.
    #[allow(clippy::expect_used)]
    pub fn get(&self, number: AddressNumber) -> &Known<N> {
        self.known[number.0 as usize]
            .as_ref()
            .expect("a number is given up only with its last use")
    }

    /// What is known of the address with this number, to change it.
    #[allow(clippy::expect_used)]
    pub fn get_mut(&mut self, number: AddressNumber) -> &mut Known<N> {
        self.known[number.0 as usize]
            .as_mut()
            .expect("a number is given up only with its last use")
    }

    /// A use of this address has ended: with the last one, its number is free.
    pub fn drop_if_idle(&mut self, number: AddressNumber) {
        let place = &mut self.known[number.0 as usize];
        if let Some(known) = place.take_if(|known| known.is_idle()) {
            self.numbers.remove(&*known.address);
            self.free.push(number);
        }
    }

    /// All that is known, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Known<N>> {
        self.known.iter().flatten()
    }

    /// All that is known, by number; every other number is free, once.
    #[cfg(test)]
    pub fn places(&self) -> Vec<(AddressNumber, &Known<N>)> {
        let places: Vec<_> = (0..)
            .map(AddressNumber)
            .zip(&self.known)
            .filter_map(|(number, known)| Some((number, known.as_ref()?)))
            .collect();
        assert_eq!(self.numbers.len(), places.len());
        let free: std::collections::HashSet<_> = self.free.iter().collect();
        assert_eq!(free.len(), self.free.len());
        assert_eq!(free.len() + places.len(), self.known.len());
        places
    }
}
