//! PRES: presence, limited to what we want.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::{Presence, PresenceType};

use super::outbox::Outbox;
use super::{Choose, Node};

impl<N: Names> Node<N> {
    /// The presence items of one message.
    pub(super) fn presences(
        &mut self,
        from: &N::Peer,
        mut items: Vec<Presence<N::Cid>>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if items.is_empty() {
            return;
        }
        self.before_presences(from, &mut items);
        // PRES-9: in order, so that the later of two wins.
        for item in items {
            match item.presence_type {
                PresenceType::Have => self.have(from, item),
                PresenceType::DontHave => self.dont_have(from, item, choose, out),
            }
        }
        self.after_presences(from);
        // ASK-6
        if !self.deviates(AskOnRetryOnly) {
            self.ask_for_all_known_at(from, out);
        }
    }

    /// Have: a record, when it is of an own want.
    fn have(&mut self, from: &N::Peer, item: Presence<N::Cid>) {
        // PRES-1, PRES-5
        if !self.wants(&item.address) && !self.deviates(PresenceUnbounded) {
            return;
        }
        let first_price_stays = self.deviates(FirstPriceStays);
        if let Some(context) = self.contexts.get_mut(from) {
            if first_price_stays && context.contains(&item.address) {
                return;
            }
            context.leftovers.denied.remove(&item.address);
            // PRES-2: the one place where a record is created. PRES-4: or its price replaced.
            context.set_presence(item.address, item.price);
        }
    }

    /// PRES-3: DontHave: no record.
    fn dont_have(
        &mut self,
        from: &N::Peer,
        item: Presence<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if self.deviates(DontHaveRecorded) {
            return self.record_dont_have(from, item);
        }
        self.lose_holder(from, &item.address, choose, out);
    }

    /// The peer does not have this block after all (PRES-3, ASK-8, XFER-6): its record goes, and
    /// what was asked of it is asked of another holder. Says whether it was asked of it.
    pub(super) fn lose_holder(
        &mut self,
        peer: &N::Peer,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) -> bool {
        if let Some(context) = self.contexts.get_mut(peer) {
            context.clean_presence([address]);
            context.leftovers.asked.remove(address);
        }
        let was_asked = self
            .wants
            .get_mut(address)
            .is_some_and(|want| want.asked.remove(peer));
        if was_asked {
            self.ask_any_holder(address, choose, out);
        }
        was_asked
    }

    /// PRES-6: a want has ended, and with it every record of it.
    pub(super) fn forget_presence(&mut self, address: &Address<N::Cid>) {
        for context in self.contexts.values_mut() {
            context.clean_presence([address]);
        }
    }
}
