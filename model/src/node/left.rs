//! LEFT: how a context ends.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;

use super::outbox::Outbox;
use super::{Choose, Effect, Node};

impl<N: Names> Node<N> {
    /// A peer's last connection has closed.
    pub(super) fn left(
        &mut self,
        peer: &N::Peer,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if self.deviates(KeepContextOnLeft) {
            return;
        }
        // LEFT-1
        let Some(context) = self.contexts.remove(peer) else {
            return;
        };
        if self.deviates(AbortOnStaleAsk) && self.has_stale_asks(peer, &context) {
            return out.effect(Effect::Abort("a peer leaves that is still marked as asked"));
        }
        if self.deviates(ReviveOnRejoin) {
            self.remember_departed(peer, context.clone());
        }
        if self.deviates(StuckOnLeft) {
            return self.owe_no_cancel(peer);
        }
        if self.deviates(WaitOnLeft) {
            return self.release_and_wait(peer, &context);
        }
        // LEFT-2: what was asked of it is asked of other holders, or waits.
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
