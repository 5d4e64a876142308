//! How a file names peers, blocks and addresses: as charts do. What is not there has no name.

use blockexc_model::address::Address;

use crate::network::names::{Blocks, Cid, Peer, show_address};

use super::error::{Quoted, ReplayError};

/// Who and what there is in a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// How many nodes.
    pub nodes: u8,
    /// The blocks.
    pub blocks: Blocks,
}

impl Known {
    pub(super) fn peer(self, place: &str, name: &str) -> Result<Peer, ReplayError> {
        let peers = || (0..self.nodes).map(Peer);
        peers()
            .find(|peer| peer.to_string() == name)
            .ok_or_else(|| unknown(place, "a node", peers().map(|peer| peer.to_string()), name))
    }

    pub(super) fn cid(self, place: &str, name: &str) -> Result<Cid, ReplayError> {
        let cids = || self.blocks.cids();
        cids()
            .find(|cid| cid.to_string() == name)
            .ok_or_else(|| unknown(place, "a block", cids().map(|cid| cid.to_string()), name))
    }

    pub(super) fn address(self, place: &str, name: &str) -> Result<Address<Cid>, ReplayError> {
        self.placed(place, name).map(|(_, address)| address)
    }

    /// The address's place in [`Blocks::addresses`].
    pub(super) fn address_place(self, place: &str, name: &str) -> Result<u8, ReplayError> {
        self.placed(place, name).map(|(number, _)| number)
    }

    fn placed(self, place: &str, name: &str) -> Result<(u8, Address<Cid>), ReplayError> {
        let addresses = || self.blocks.addresses();
        (0u8..)
            .zip(addresses())
            .find(|(_, address)| show_address(address) == name)
            .ok_or_else(|| {
                let names = addresses().map(|address| show_address(&address));
                unknown(place, "an address", names, name)
            })
    }
}

/// Something is none of those that are known.
pub(super) fn unknown(
    place: &str,
    what: &str,
    known: impl Iterator<Item = String>,
    found: &str,
) -> ReplayError {
    let known: Vec<_> = known.collect();
    let known = if known.is_empty() {
        "there is none".to_owned()
    } else {
        known.join(", ")
    };
    unlike(place, what, &known, found)
}

/// Something does not look as it should.
pub(super) fn unlike(place: &str, what: &str, form: &str, found: &str) -> ReplayError {
    ReplayError::Unknown {
        place: place.to_owned(),
        expected: format!("{what} ({form})"),
        found: Quoted::of(found),
    }
}
