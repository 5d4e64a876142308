//! WANT: when the peer's want list is updated.

use std::collections::HashSet;

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::{Presence, PresenceType, WantEntry, WantList, WantType};
use crate::price::Price;

use super::Node;
use super::outbox::Outbox;
use super::transfer::{Arrived, Source};

impl<N: Names> Node<N> {
    /// The want list of one message.
    pub(super) fn want_list(
        &mut self,
        from: &N::Peer,
        mut list: WantList<N::Cid>,
        out: &mut Outbox<N>,
    ) {
        if self.has_list_deviations() && !self.before_want_list(from, &mut list, out) {
            return;
        }
        // WANT-11, WANT-12
        if list.full && !self.deviates(IgnoreFull) || self.deviates(FullAlways) {
            self.replace_wants(from, &list);
        }
        // WANT-15: in order.
        for entry in list.entries {
            if self.has_entry_deviations() && self.deviant_entry(from, &entry, out) {
                continue;
            }
            if entry.cancel {
                self.cancel_entry(from, &entry);
            } else {
                match entry.want_type {
                    WantType::WantBlock => self.want_block(from, entry, out),
                    WantType::WantHave => self.want_have(from, &entry, out),
                }
            }
        }
    }

    /// WANT-11: what a full list does not name is no longer wanted.
    fn replace_wants(&mut self, from: &N::Peer, list: &WantList<N::Cid>) {
        let named: HashSet<_> = list.entries.iter().map(|entry| &entry.address).collect();
        if let Some(context) = self.contexts.get_mut(from) {
            context.wants.retain(|address, _| named.contains(address));
        }
    }

    /// WANT-8: the entry for this address goes, and that is all.
    fn cancel_entry(&mut self, from: &N::Peer, entry: &WantEntry<N::Cid>) {
        // WANT-17
        let swaps_last = self.deviates(CancelSwapsLast);
        if let Some(context) = self.contexts.get_mut(from) {
            if swaps_last {
                context.wants.swap_remove(&entry.address);
            } else {
                context.wants.remove(&entry.address);
            }
        }
    }

    /// A WantBlock entry.
    fn want_block(&mut self, from: &N::Peer, entry: WantEntry<N::Cid>, out: &mut Outbox<N>) {
        // WANT-2
        if let Some(cid) = self.held.get(&entry.address) {
            out.delivery(from, entry.priority, entry.address.clone(), cid.clone());
            if self.deviates(KeepServedWant) {
                self.record_want(from, entry);
            }
            return;
        }
        // WANT-7
        if entry.send_dont_have && !self.deviates(SilentWantBlock) {
            self.answer(from, entry.address.clone(), PresenceType::DontHave, out);
        }
        if !self.deviates(ForgetWantBlock) {
            self.record_want(from, entry);
        }
    }

    /// WANT-1: at the end of the peer's wants. WANT-9: or in place of its earlier entry.
    pub(super) fn record_want(&mut self, from: &N::Peer, entry: WantEntry<N::Cid>) {
        let moves_last = self.deviates(WantAgainMovesLast);
        let first_stays = self.deviates(FirstWantStays);
        let most = self.config.wants_per_peer as usize;
        if let Some(context) = self.contexts.get_mut(from) {
            // WIRE-10
            if context.wants.len() >= most && !context.wants.contains(&entry.address) {
                return;
            }
            if first_stays && context.wants.contains(&entry.address) {
                return;
            }
            if moves_last {
                context.wants.remove(&entry.address);
            }
            context.wants.insert(entry.address.clone(), entry);
        }
    }

    /// A WantHave entry. WANT-3: it is never recorded; WANT-10: nor does it touch a record.
    pub(super) fn want_have(
        &mut self,
        from: &N::Peer,
        entry: &WantEntry<N::Cid>,
        out: &mut Outbox<N>,
    ) {
        if self.holds(&entry.address) {
            // WANT-4
            if !self.deviates(SilentHave) {
                self.answer(from, entry.address.clone(), PresenceType::Have, out);
            }
        } else if entry.send_dont_have && !self.deviates(SilentDontHave)
            || self.deviates(AlwaysDontHave)
        {
            // WANT-5; without sendDontHave nothing is answered (WANT-6).
            self.answer(from, entry.address.clone(), PresenceType::DontHave, out);
        }
    }

    pub(super) fn answer(
        &self,
        to: &N::Peer,
        address: Address<N::Cid>,
        presence_type: PresenceType,
        out: &mut Outbox<N>,
    ) {
        let price = if self.deviates(PriceWithheld) {
            Price::ZERO
        } else {
            self.config.price
        };
        out.presence(
            to,
            Presence {
                address,
                presence_type,
                price,
            },
        );
    }

    /// WANT-13: these blocks have become held: every context that wants one is sent it, and those
    /// entries go.
    pub(super) fn wake(
        &mut self,
        arrived: &[Arrived<N>],
        source: &Source<'_, N>,
        out: &mut Outbox<N>,
    ) {
        if arrived.is_empty() {
            return;
        }
        if self.has_wake_deviations() {
            for (cid, addresses) in arrived {
                self.deviant_wake(cid, addresses, source, out);
            }
            return;
        }
        for (peer, context) in &mut self.contexts {
            // WANT-14: in the order recorded, whichever came first.
            context.wants.retain(|address, entry| {
                let block = arrived
                    .iter()
                    .find(|(_, addresses)| addresses.contains(address));
                if let Some((cid, _)) = block {
                    out.delivery(peer, entry.priority, address.clone(), cid.clone());
                }
                block.is_none()
            });
        }
    }
}
