//! LEFT: how a context ends.

use crate::address::{Address, Names};

use super::outbox::Outbox;
use super::{Choose, Node};

impl<N: Names> Node<N> {
    /// A peer's last connection has closed.
    pub(super) fn left(
        &mut self,
        peer: &N::Peer,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if self.has_left_deviations() {
            return self.deviant_left(peer, choose, out);
        }
        // LEFT-1
        if self.contexts.remove(peer).is_some() {
            self.ask_elsewhere(peer, choose, out);
        }
    }

    /// LEFT-2: what was asked of the peer that left is asked of other holders, or waits.
    pub(super) fn ask_elsewhere(
        &mut self,
        peer: &N::Peer,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        for address in self.release(peer) {
            self.ask_any_holder(&address, choose, out);
        }
    }

    /// Nothing is asked of this peer any longer, nor is it owed a cancel. Says which own wants
    /// were asked of it, in the order requested.
    pub(super) fn release(&mut self, peer: &N::Peer) -> Vec<Address<N::Cid>> {
        let addresses: Vec<_> = self.wants.keys().cloned().collect();
        addresses
            .into_iter()
            .filter(|address| {
                self.wants.get_mut(address).is_some_and(|want| {
                    want.unanswered.remove(peer);
                    want.asked.remove(peer)
                })
            })
            .collect()
    }
}
