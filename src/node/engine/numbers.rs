//! The numbers of addresses and peers, by which the tables of the engine refer to each other.

/// The number of an address. It is valid while the address is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AddressNumber(pub u32);

/// The number of a peer. It is valid while the peer has a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PeerNumber(pub u32);

/// A set of peers: their numbers, ascending. It is small, because few peers share an address.
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

    /// The peers, in ascending order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = PeerNumber> {
        self.0.iter().copied()
    }
}
