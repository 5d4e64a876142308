//! XFER: deliveries, where a want ends.

use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::{Delivery, ProofEvidence};

use super::outbox::Outbox;
use super::{Choose, Effect, Node};

/// By which way a block has come.
pub(super) enum Source<'a, N: Names> {
    /// This peer delivered it.
    Delivery(&'a N::Peer),
    /// The user stored it.
    Upload,
    /// Neither: see [`Node::reconstructed`].
    Reconstruction,
}

impl<N: Names> Source<'_, N> {
    /// Who delivered it, if anybody did.
    pub(super) fn deliverer(&self) -> Option<&N::Peer> {
        match self {
            Source::Delivery(peer) => Some(peer),
            Source::Upload | Source::Reconstruction => None,
        }
    }
}

/// A block that a step has made held, with the addresses that it is held under.
pub(super) type Arrived<N> = (<N as Names>::Cid, Vec<Address<<N as Names>::Cid>>);

impl<N: Names> Node<N> {
    /// The deliveries of one message, each judged by itself (XFER-5).
    pub(super) fn deliveries(
        &mut self,
        from: &N::Peer,
        deliveries: Vec<Delivery<N::Cid>>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        let mut arrived = Vec::new();
        for (index, delivery) in deliveries.into_iter().enumerate() {
            // XFER-8: we accept it from whoever brings it.
            if self.has_delivery_deviations() && self.ignores_sender(from, &delivery) {
                continue;
            }
            // XFER-2
            if !self.wants(&delivery.address) && !self.takes_unwanted(&delivery.address) {
                continue;
            }
            if self.counts(&delivery) {
                arrived.push(self.accept(from, index, delivery, out));
            } else {
                self.reject(from, &delivery, choose, out);
            }
        }
        self.wake(&arrived, &Source::Delivery(from), out);
    }

    /// XFER-3, XFER-4: whether the bytes are the block that the address names.
    fn counts(&self, delivery: &Delivery<N::Cid>) -> bool {
        let evidence = delivery.evidence;
        if self.has_delivery_deviations() && self.counts_deviantly(delivery) {
            return true;
        }
        let is_the_address = if delivery.address.is_leaf() {
            evidence.proof == ProofEvidence::Verified // XFER-4
        } else {
            evidence.cid_matches_address // XFER-3
        };
        evidence.has_data && evidence.data_matches_cid && is_the_address
    }

    /// XFER-5: nothing is stored, nothing ends. XFER-6: whoever was asked and brings this has not
    /// got the block.
    pub(super) fn reject(
        &mut self,
        from: &N::Peer,
        delivery: &Delivery<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if let Some(want) = self.wants.get_mut(&delivery.address) {
            want.unanswered.remove(from);
        }
        if self.is_asked(from, &delivery.address) && !self.deviates(StuckOnInvalid) {
            self.lose_holder(from, &delivery.address, choose, out);
        }
    }

    /// XFER-7: the block is held under all its addresses, and their wants end.
    fn accept(
        &mut self,
        from: &N::Peer,
        index: usize,
        delivery: Delivery<N::Cid>,
        out: &mut Outbox<N>,
    ) -> Arrived<N> {
        let mut addresses = vec![delivery.address];
        let own = Address::Plain(delivery.cid.clone());
        if addresses[0] != own && !self.deviates(UnsharedLeaf) {
            addresses.push(own);
        }
        out.effect(Effect::Keep {
            delivery: index,
            cid: delivery.cid.clone(),
            addresses: addresses.clone(),
        });
        self.becomes_held(&delivery.cid, &addresses, &Source::Delivery(from), out);
        (delivery.cid, addresses)
    }

    /// The block is held from now on: own wants for it end (XFER-7, HELD-1), and whoever waits
    /// for it is sent it (WANT-13). The first of the addresses is the one under which it came.
    pub(super) fn becomes_held(
        &mut self,
        cid: &N::Cid,
        addresses: &[Address<N::Cid>],
        source: &Source<'_, N>,
        out: &mut Outbox<N>,
    ) {
        for address in addresses {
            self.held.insert(address.clone(), cid.clone());
            if self.has_resolve_deviations() {
                let is_named = *address == addresses[0];
                self.deviant_resolve(address, is_named, source, out);
            } else if let Some(want) = self.wants.remove(address) {
                out.effect(Effect::Obtained(address.clone()));
                for peer in &want.unanswered {
                    if source.deliverer() != Some(peer) {
                        out.cancel(peer, address.clone());
                    }
                }
                self.forget_presence(address); // PRES-6
            }
        }
    }

    /// Whether this address is asked of this peer.
    pub(super) fn is_asked(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        self.wants
            .get(address)
            .is_some_and(|want| want.asked.contains(peer))
    }
}
