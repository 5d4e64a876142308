//! HELD: what the node holds.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;

use super::Node;
use super::outbox::Outbox;

impl<N: Names> Node<N> {
    /// HELD-1: the user stored a block, with its proof for these leaves.
    pub(super) fn stored(
        &mut self,
        cid: N::Cid,
        leaves: Vec<Address<N::Cid>>,
        out: &mut Outbox<N>,
    ) {
        let mut addresses = leaves;
        addresses.insert(0, Address::Plain(cid.clone()));
        self.becomes_held(&cid, addresses, None, out);
    }

    /// HELD-2: it is not held any longer, and that is all.
    pub(super) fn deleted(&mut self, cid: &N::Cid, out: &mut Outbox<N>) {
        if self.deviates(AnnounceDeletion) {
            self.announce_deletion(cid, out);
        }
        self.held.retain(|_, held| held != cid);
    }
}
