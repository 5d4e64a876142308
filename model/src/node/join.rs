//! JOIN: how a context comes to be.

use crate::address::Names;
use crate::context::PeerContext;
use crate::deviation::Deviation::*;
use crate::message::WantEntry;

use super::Node;
use super::outbox::Outbox;

impl<N: Names> Node<N> {
    /// A peer's first connection has opened.
    pub(super) fn joined(&mut self, peer: N::Peer, out: &mut Outbox<N>) {
        if self.contexts.contains_key(&peer) {
            return self.joined_again(peer, out);
        }
        // JOIN-1: the one place where a context is created. JOIN-2: it is empty.
        let context = if self.deviates(ReviveOnRejoin) {
            self.revived_context(&peer)
        } else {
            PeerContext::new()
        };
        self.contexts.insert(peer.clone(), context);
        // JOIN-6
        if let Some(account) = self.config.account
            && !self.deviates(AccountWithheld)
        {
            out.account(&peer, account);
        }
        if !self.deviates(NoListOnJoin) {
            self.send_own_want_list(&peer, out);
        }
    }

    /// JOIN-3: nothing changes, nothing is sent.
    fn joined_again(&mut self, peer: N::Peer, out: &mut Outbox<N>) {
        if self.deviates(RejoinResets) {
            self.contexts.insert(peer.clone(), PeerContext::new());
        }
        if self.deviates(RejoinResends) {
            self.send_own_want_list(&peer, out);
        }
    }

    /// JOIN-4: a WantHave entry for each own want, in the order requested.
    /// JOIN-5: no own wants, no list.
    fn send_own_want_list(&mut self, peer: &N::Peer, out: &mut Outbox<N>) {
        if self.wants.is_empty() && !self.deviates(ListWhenEmpty) {
            return;
        }
        let entries = self.wants.keys().cloned().map(WantEntry::want_have);
        out.own_want_list(peer, entries.collect());
        self.note_announced_all(peer);
    }
}
