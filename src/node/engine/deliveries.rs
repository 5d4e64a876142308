//! XFER and HELD: blocks come, are stored and are deleted; wants end, and who waits is served.

use blockexc_model::address::{Address, Names};
use blockexc_model::message::{Delivery, ProofEvidence};
use blockexc_model::node::{Choose, Effect};

use super::Engine;
use super::numbers::{AddressNumber, PeerNumber};
use super::output::Output;

impl<N: Names> Engine<N> {
    /// The deliveries of one message, each judged by itself (XFER-5).
    pub(super) fn deliveries(
        &mut self,
        from: PeerNumber,
        deliveries: Vec<Delivery<N::Cid>>,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        let mut arrived = Vec::new();
        for (index, delivery) in deliveries.into_iter().enumerate() {
            // XFER-2. XFER-8: whoever brings what is wanted.
            let Some(number) = self.addresses.find(&delivery.address) else {
                continue;
            };
            if self.addresses.get(number).own_want.is_none() {
                continue;
            }
            if !counts(&delivery) {
                self.reject(number, from, choose, out);
                continue;
            }
            // XFER-7: under the address that it was asked for by, and under its own CID.
            let own = Address::Plain(delivery.cid.clone());
            let mut addresses = vec![delivery.address];
            if addresses[0] != own {
                addresses.push(own);
            }
            out.effect(Effect::Keep {
                delivery: index,
                cid: delivery.cid.clone(),
                addresses: addresses.clone(),
            });
            self.becomes_held(&delivery.cid, &addresses, Some(from), &mut arrived, out);
        }
        self.serve_waiting(arrived, out);
    }

    /// XFER-5: nothing is stored, nothing ends. XFER-6: but the sender has answered, and if it
    /// was the one asked, it has not got the block.
    fn reject(
        &mut self,
        address: AddressNumber,
        from: PeerNumber,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        let Some(want) = &mut self.addresses.get_mut(address).own_want else {
            return;
        };
        if want.unanswered.remove(from) {
            self.contexts.get_mut(from).unanswered.remove(&address);
        }
        if want.asked == Some(from) {
            self.lose_holder(address, from, choose, out);
        }
    }

    /// HELD-1: the user stored a block, with its proof for these leaves.
    pub(super) fn stored(
        &mut self,
        cid: N::Cid,
        leaves: Vec<Address<N::Cid>>,
        out: &mut Output<N>,
    ) {
        let mut addresses = vec![Address::Plain(cid.clone())];
        addresses.extend(leaves);
        let mut arrived = Vec::new();
        self.becomes_held(&cid, &addresses, None, &mut arrived, out);
        self.serve_waiting(arrived, out);
    }

    /// The block is held under these addresses from now on; own wants for them end (XFER-7,
    /// HELD-1).
    fn becomes_held(
        &mut self,
        cid: &N::Cid,
        addresses: &[Address<N::Cid>],
        deliverer: Option<PeerNumber>,
        arrived: &mut Vec<AddressNumber>,
        out: &mut Output<N>,
    ) {
        for address in addresses {
            let number = self.addresses.find_or_add(address);
            let earlier = self.addresses.get_mut(number).held_as.replace(cid.clone());
            if earlier.as_ref() != Some(cid) {
                if let Some(earlier) = earlier {
                    self.forget_held_under(&earlier, number);
                }
                self.held_under.entry(cid.clone()).or_default().push(number);
            }
            if self.end_want(number, deliverer, out) {
                out.effect(Effect::Obtained(address.clone()));
            }
            arrived.push(number);
        }
    }

    /// The address names another block from now on.
    fn forget_held_under(&mut self, cid: &N::Cid, address: AddressNumber) {
        if let Some(addresses) = self.held_under.get_mut(cid) {
            addresses.retain(|number| *number != address);
            if addresses.is_empty() {
                self.held_under.remove(cid);
            }
        }
    }

    /// WANT-13: whoever waits for one of these is sent it, and those entries go. WANT-14: in the
    /// order recorded, whichever came first.
    fn serve_waiting(&mut self, arrived: Vec<AddressNumber>, out: &mut Output<N>) {
        let mut waiting = Vec::new();
        for number in arrived {
            for peer in std::mem::take(&mut self.addresses.get_mut(number).wanting).iter() {
                if let Some(want) = self.contexts.get_mut(peer).wants.remove(&number) {
                    waiting.push((peer, want.place, want.priority, number));
                }
            }
        }
        waiting.sort_unstable();
        for (peer, _, priority, number) in waiting {
            let known = self.addresses.get(number);
            if let Some(cid) = &known.held_as {
                out.delivery(peer, priority, (*known.address).clone(), cid.clone());
            }
        }
    }

    /// HELD-2: it is not held any longer, and that is all.
    pub(super) fn deleted(&mut self, cid: &N::Cid) {
        for number in self.held_under.remove(cid).unwrap_or_default() {
            self.addresses.get_mut(number).held_as = None;
            self.addresses.drop_if_idle(number);
        }
    }
}

/// XFER-3, XFER-4: whether the bytes are the block that the address names.
fn counts<C>(delivery: &Delivery<C>) -> bool {
    let evidence = &delivery.evidence;
    let is_what_was_asked_for = match delivery.address {
        Address::Plain(_) => evidence.cid_matches_address,
        Address::Leaf { .. } => evidence.proof == ProofEvidence::Verified,
    };
    evidence.has_data && evidence.data_matches_cid && is_what_was_asked_for
}
