//! [`Addresses`]: the table of addresses. It has the state of each address across all contexts, so
//! that a step need not search the contexts.
//!
//! An address is in the table while it is wanted, held, or recorded in some context. It is removed
//! in the step in which that ends. Addresses that peers only mention are never added.

use std::collections::HashMap;
use std::sync::Arc;

use blockexc_model::address::{Address, Names};

use super::numbers::{AddressNumber, PeerNumber, PeerSet};

/// The state of one address.
pub(super) struct AddressState<N: Names> {
    /// The address itself.
    pub address: Arc<Address<N::Cid>>,
    /// The node's own want for it.
    pub own_want: Option<OwnWant>,
    /// The CID of its block, when the block is held.
    pub held_as: Option<N::Cid>,
    /// The peers with a presence record of it.
    pub holders: PeerSet,
    /// The peers whose want list names it.
    pub wanting: PeerSet,
}

impl<N: Names> AddressState<N> {
    /// Whether the address is no longer in use.
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
    /// The peer that is asked for it (ASK-5: at most one).
    pub asked: Option<PeerNumber>,
    /// The connected peers that were asked and have not answered (ASK-7, XFER-7).
    pub unanswered: PeerSet,
    /// The number of retries (ASK-9).
    pub retries: u32,
    /// How many have requested it beside the first, and have not cancelled (ASK-10).
    pub others: u32,
}

/// The addresses in use.
pub(super) struct Addresses<N: Names> {
    numbers: HashMap<Arc<Address<N::Cid>>, AddressNumber>,
    states: Vec<Option<AddressState<N>>>,
    free: Vec<AddressNumber>,
}

impl<N: Names> Default for Addresses<N> {
    fn default() -> Self {
        Addresses {
            numbers: HashMap::new(),
            states: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<N: Names> Addresses<N> {
    /// The number of an address, if it is in use.
    pub fn find(&self, address: &Address<N::Cid>) -> Option<AddressNumber> {
        self.numbers.get(address).copied()
    }

    /// The number of an address, which is added to the table if it is not there. The caller has to
    /// give the address a use in the same step.
    pub fn find_or_add(&mut self, address: &Address<N::Cid>) -> AddressNumber {
        if let Some(number) = self.find(address) {
            return number;
        }
        let address = Arc::new(address.clone());
        let state = Some(AddressState {
            address: Arc::clone(&address),
            own_want: None,
            held_as: None,
            holders: PeerSet::default(),
            wanting: PeerSet::default(),
        });
        let number = match self.free.pop() {
            Some(number) => {
                self.states[number.0 as usize] = state;
                number
            }
            None => {
                let number = AddressNumber(self.states.len() as u32);
                self.states.push(state);
                number
            }
        };
        self.numbers.insert(address, number);
        number
    }

    /// The state of the address with this number.
    #[allow(clippy::expect_used)]
    pub fn get(&self, number: AddressNumber) -> &AddressState<N> {
        self.states[number.0 as usize]
            .as_ref()
            .expect("a number is given up only with its last use")
    }

    /// The state of the address with this number, to change it.
    #[allow(clippy::expect_used)]
    pub fn get_mut(&mut self, number: AddressNumber) -> &mut AddressState<N> {
        self.states[number.0 as usize]
            .as_mut()
            .expect("a number is given up only with its last use")
    }

    /// Removes the address from the table if it is no longer in use.
    pub fn drop_if_idle(&mut self, number: AddressNumber) {
        let place = &mut self.states[number.0 as usize];
        if let Some(state) = place.take_if(|state| state.is_idle()) {
            self.numbers.remove(&*state.address);
            self.free.push(number);
        }
    }

    /// The states of all addresses, in arbitrary order.
    pub fn iter(&self) -> impl Iterator<Item = &AddressState<N>> {
        self.states.iter().flatten()
    }

    /// The states of all addresses, by number. Checks that every other number is free.
    #[cfg(test)]
    pub fn places(&self) -> Vec<(AddressNumber, &AddressState<N>)> {
        let places: Vec<_> = (0..)
            .map(AddressNumber)
            .zip(&self.states)
            .filter_map(|(number, state)| Some((number, state.as_ref()?)))
            .collect();
        assert_eq!(self.numbers.len(), places.len());
        let free: std::collections::HashSet<_> = self.free.iter().collect();
        assert_eq!(free.len(), self.free.len());
        assert_eq!(free.len() + places.len(), self.states.len());
        places
    }
}
