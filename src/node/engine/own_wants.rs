//! ASK: how the node pursues its own wants, and how they end.

use blockexc_model::address::{Address, Names};
use blockexc_model::message::WantEntry;
use blockexc_model::node::{Choose, Effect};

use super::Engine;
use super::addresses::OwnWant;
use super::numbers::{AddressNumber, PeerNumber, PeerSet};
use super::output::Output;

impl<N: Names> Engine<N> {
    /// The user requests a block.
    pub(super) fn request(&mut self, address: Address<N::Cid>, out: &mut Output<N>) {
        let number = self.addresses.find_or_add(&address);
        let known = self.addresses.get_mut(number);
        // ASK-3
        if known.held_as.is_some() {
            out.effect(Effect::Obtained(address));
            return;
        }
        // ASK-2, ASK-10
        if let Some(want) = &mut known.own_want {
            want.others = want.others.saturating_add(1);
            return;
        }
        // ASK-1
        known.own_want = Some(OwnWant {
            request: self.next_request,
            asked: None,
            unanswered: PeerSet::default(),
            retries: 0,
            others: 0,
        });
        self.own_wants.insert(self.next_request, number);
        self.next_request += 1;
        self.announce(number, out);
    }

    /// WantHave to every context, and a question to discovery (ASK-1, ASK-8).
    fn announce(&self, address: AddressNumber, out: &mut Output<N>) {
        let known = self.addresses.get(address);
        let Some(want) = &known.own_want else {
            return;
        };
        for (peer, _) in self.contexts.iter() {
            out.want(
                peer,
                want.request,
                WantEntry::want_have((*known.address).clone()),
            );
        }
        out.effect(Effect::Discover(known.address.cid_or_tree_cid().clone()));
    }

    /// ASK-4, ASK-5: WantBlock to this peer, which has a record, for a want asked of nobody.
    pub(super) fn ask(&mut self, address: AddressNumber, peer: PeerNumber, out: &mut Output<N>) {
        let known = self.addresses.get_mut(address);
        let Some(want) = &mut known.own_want else {
            return;
        };
        want.asked = Some(peer);
        want.unanswered.insert(peer);
        self.contexts.get_mut(peer).unanswered.insert(address);
        out.want(
            peer,
            want.request,
            WantEntry::want_block((*known.address).clone()),
        );
    }

    /// Asks one of the peers that have a record of it, if any has. Says whether one has.
    pub(super) fn ask_any_holder(
        &mut self,
        address: AddressNumber,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) -> bool {
        let known = self.addresses.get(address);
        let mut holders: Vec<_> = known
            .holders
            .iter()
            .map(|number| (self.contexts.get(number).peer.clone(), number))
            .collect();
        holders.sort_unstable();
        let (peers, numbers): (Vec<_>, Vec<_>) = holders.into_iter().unzip();
        let chosen = match numbers.as_slice() {
            [] => return false,
            [only] => *only,
            [.., last] => {
                let choice = choose.holder(&known.address, &peers);
                numbers.get(choice).copied().unwrap_or(*last)
            }
        };
        self.ask(address, chosen, out);
        true
    }

    /// The peer does not have this block after all (PRES-3, XFER-6, ASK-8): its record goes, and
    /// what was asked of it is asked of another holder, if there is one.
    pub(super) fn lose_holder(
        &mut self,
        address: AddressNumber,
        peer: PeerNumber,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        self.contexts
            .remove_presence(&mut self.addresses, peer, address);
        let was_asked = self
            .addresses
            .get_mut(address)
            .own_want
            .as_mut()
            .and_then(|want| want.asked.take_if(|asked| *asked == peer))
            .is_some();
        if was_asked {
            self.ask_any_holder(address, choose, out);
        }
    }

    /// ASK-7: the user cancels. ASK-10: the want goes on while others have requested it too.
    pub(super) fn cancel(&mut self, address: Address<N::Cid>, out: &mut Output<N>) {
        let number = self
            .addresses
            .find(&address)
            .filter(|number| self.addresses.get(*number).own_want.is_some());
        if let Some(number) = number {
            match &mut self.addresses.get_mut(number).own_want {
                Some(want) if want.others > 0 => want.others -= 1,
                _ => {
                    self.end_want(number, None, out);
                    self.addresses.drop_if_idle(number);
                }
            }
        }
        out.effect(Effect::Cancelled {
            address,
            was_wanted: number.is_some(),
        });
    }

    /// An own want has not been met in time.
    pub(super) fn retry(
        &mut self,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        let Some(number) = self.addresses.find(address) else {
            return;
        };
        let Some(want) = &mut self.addresses.get_mut(number).own_want else {
            return;
        };
        // ASK-9
        if want.retries >= self.config.retries {
            self.end_want(number, None, out);
            self.addresses.drop_if_idle(number);
            out.effect(Effect::Failed(address.clone()));
            return;
        }
        want.retries += 1;
        // ASK-8: who was asked has not answered, and counts as having nothing.
        if let Some(silent) = want.asked.take() {
            self.contexts
                .remove_presence(&mut self.addresses, silent, number);
        }
        if !self.ask_any_holder(number, choose, out) {
            self.announce(number, out);
        }
    }

    /// An own want ends, in whichever way: each peer that was asked and has not answered is sent
    /// a cancel (ASK-7, XFER-7), but for the one that delivered it; and no record of it stays
    /// (PRES-6). Says whether there was such a want.
    pub(super) fn end_want(
        &mut self,
        address: AddressNumber,
        deliverer: Option<PeerNumber>,
        out: &mut Output<N>,
    ) -> bool {
        let known = self.addresses.get_mut(address);
        let Some(want) = known.own_want.take() else {
            return false;
        };
        self.own_wants.remove(&want.request);
        for peer in want.unanswered.iter() {
            self.contexts.get_mut(peer).unanswered.remove(&address);
            if deliverer != Some(peer) {
                out.cancel(peer, want.request, (*known.address).clone());
            }
        }
        for peer in std::mem::take(&mut known.holders).iter() {
            self.contexts.get_mut(peer).presence.remove(&address);
        }
        true
    }
}
