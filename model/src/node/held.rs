//! HELD: what the node holds.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;

use super::outbox::Outbox;
use super::transfer::Source;
use super::{Effect, Node};

impl<N: Names> Node<N> {
    /// HELD-1: the user stored a block, with its proof for these leaves.
    pub(super) fn stored(
        &mut self,
        cid: N::Cid,
        leaves: Vec<Address<N::Cid>>,
        out: &mut Outbox<N>,
    ) {
        let mut addresses = vec![Address::Plain(cid.clone())];
        if self.deviates(LeafUploadUnnoticed) {
            self.hold_unnoticed(&cid, leaves);
        } else {
            addresses.extend(leaves);
        }
        self.becomes_held(&cid, &addresses, &Source::Upload, out);
        self.wake(&[(cid, addresses)], &Source::Upload, out);
    }

    /// The store changed without the node being told: nothing is sent, and no want ends. No event
    /// of the specification does this; replaying what was recorded of deployed nodes needs it,
    /// whose stores others write to as well.
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
        let mut out = Outbox::new();
        let own = Address::Plain(cid.clone());
        let addresses = vec![leaf, own];
        self.becomes_held(&cid, &addresses, &Source::Reconstruction, &mut out);
        self.wake(&[(cid, addresses)], &Source::Reconstruction, &mut out);
        out.into_effects(&self.config)
    }

    /// HELD-2: it is not held any longer, and that is all.
    pub(super) fn deleted(&mut self, cid: &N::Cid, out: &mut Outbox<N>) {
        if self.deviates(AnnounceDeletion) {
            self.announce_deletion(cid, out);
        }
        self.held.retain(|_, held| held != cid);
    }
}
