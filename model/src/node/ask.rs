//! ASK: how the node pursues its own wants.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::WantEntry;

use super::outbox::Outbox;
use super::{Choose, Effect, Node, OwnWant};

impl<N: Names> Node<N> {
    /// The user requests a block.
    pub(super) fn request(
        &mut self,
        address: Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        // ASK-3
        if self.holds(&address) {
            out.effect(Effect::Obtained(address.clone()));
            if self.deviates(RequestHeldAsks) {
                self.announce(&address, out);
            }
            return;
        }
        // ASK-2
        if self.wants(&address) {
            if self.deviates(RequestAgainAnnounces) {
                self.announce(&address, out);
            }
            return;
        }
        // ASK-1
        self.wants.insert(address.clone(), OwnWant::new());
        if self.has_request_deviations() && self.deviant_pursuit(&address, choose, out) {
            return;
        }
        self.announce(&address, out);
    }

    /// A WantHave to every context, and a question to discovery (ASK-1, ASK-8).
    pub(super) fn announce(&mut self, address: &Address<N::Cid>, out: &mut Outbox<N>) {
        let peers: Vec<_> = self.contexts.keys().cloned().collect();
        for peer in peers {
            if self.note_announced(&peer, address) {
                out.want(&peer, WantEntry::want_have(address.clone()));
            }
        }
        out.effect(Effect::Discover(address.cid_or_tree_cid().clone()));
    }

    /// ASK-4, ASK-5: asks this peer, which has a record of the block, and nobody else.
    pub(super) fn ask(&mut self, peer: &N::Peer, address: &Address<N::Cid>, out: &mut Outbox<N>) {
        if let Some(want) = self.wants.get_mut(address) {
            want.asked.insert(peer.clone());
            want.unanswered.insert(peer.clone());
            self.note_asked(peer, address);
            out.want(peer, WantEntry::want_block(address.clone()));
        }
    }

    /// Asks one of the peers that have a record of the block, if any has.
    pub(super) fn ask_any_holder(
        &mut self,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) -> bool {
        let holders: Vec<_> = self
            .contexts
            .iter()
            .filter(|(_, context)| context.contains(address))
            .map(|(peer, _)| peer.clone())
            .collect();
        let choice = match holders.len() {
            0 => return false,
            1 => 0,
            several => choose.holder(address, &holders).min(several - 1),
        };
        if self.deviates(AskEveryHolder) {
            for holder in &holders {
                self.ask(holder, address, out);
            }
        } else {
            self.ask(&holders[choice], address, out);
        }
        true
    }

    /// ASK-6: asks this peer for every own want that it is known to have and that is asked of
    /// nobody, in the order requested.
    pub(super) fn ask_for_all_known_at(&mut self, peer: &N::Peer, out: &mut Outbox<N>) {
        let Some(context) = self.contexts.get(peer) else {
            return;
        };
        let everybody = self.deviates(AskEveryHolder);
        let addresses: Vec<_> = self
            .wants
            .iter()
            .filter(|(address, _)| context.contains(address))
            .filter(|(_, want)| want.asked.is_empty() || everybody && !want.asked.contains(peer))
            .map(|(address, _)| address.clone())
            .collect();
        for address in addresses {
            self.ask(peer, &address, out);
        }
    }

    /// ASK-7: the user cancels.
    pub(super) fn cancel(&mut self, address: &Address<N::Cid>, out: &mut Outbox<N>) {
        let was_wanted = self.wants(address);
        if was_wanted {
            self.abandon(address, out);
        }
        out.effect(Effect::Cancelled {
            address: address.clone(),
            was_wanted,
        });
    }

    /// An own want has not been met in time.
    pub(super) fn retry(
        &mut self,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if self.deviates(NeverRetry) {
            return;
        }
        let Some(want) = self.wants.get_mut(address) else {
            return;
        };
        // ASK-9
        if want.retries >= self.config.retries && !self.config.deviations.contains(RetryForever) {
            self.abandon(address, out);
            out.effect(Effect::Failed(address.clone()));
            return;
        }
        want.retries = want.retries.saturating_add(1);
        // ASK-8
        let asked: Vec<_> = want.asked.iter().cloned().collect();
        if self.deviates(AskAgainOnRetry) {
            return self.ask_again(address, choose, out);
        }
        for peer in &asked {
            if self.deviates(DropSlowPeer) {
                out.effect(Effect::Disconnect(peer.clone()));
            }
            self.lose_holder(peer, address, choose, out);
        }
        let asked_anew = self
            .wants
            .get(address)
            .is_some_and(|want| !want.asked.is_empty())
            || asked.is_empty() && self.ask_any_holder(address, choose, out);
        if !asked_anew && self.deviates(RefreshInFull) {
            self.refresh_in_full(address, out);
        } else if !asked_anew {
            self.announce(address, out);
        }
    }

    /// Ends an own want that has not been met: every peer that was asked and has not answered is
    /// sent a cancel (ASK-7), and no record of it stays (PRES-6).
    fn abandon(&mut self, address: &Address<N::Cid>, out: &mut Outbox<N>) {
        let Some(want) = self.wants.remove(address) else {
            return;
        };
        if !self.deviates(CancelSilently) && !self.deviates(NoCancelSent) {
            for peer in &want.unanswered {
                out.cancel(peer, address.clone());
            }
        }
        self.forget_asked(address);
        if !self.deviates(KeepPresenceOnCancel) {
            self.forget_presence(address);
        }
    }
}
