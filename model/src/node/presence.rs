//! PRES: presence, limited to what we want.
//!
//! A record goes when the peer turns out not to have the block (PRES-3, ASK-8, XFER-6), when the own
//! want ends (PRES-6), or with its context (LEFT-1), and never otherwise (PRES-7). What a price is
//! (PRES-8) stands in [`crate::price`]; an unknown type (PRES-11) is read in `src/wire/decode.rs`.

use std::collections::BTreeSet;

use crate::address::{Address, Names};
use crate::message::{Presence, PresenceType};
use crate::price::Price;

use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// The presence items of one message. PRES-9: they are handled in order, so that of two for one
/// address the later wins. PRES-7: what they do not name stays. ASK-6: then the peer is asked for what
/// it is known to have.
pub fn presences<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, items: Vec<Presence<N::Cid>>, step: &mut Step<'_, N, B>,
) {
    if items.is_empty() {
        return;
    }
    for item in items {
        match item.presence_type {
            PresenceType::Have => node.have(from, item),
            PresenceType::DontHave => node.dont_have(from, item, step),
        }
    }
    node.ask_for_all_known_at(from, step);
}

/// PRES-1, PRES-5: a Have for an own want makes a record. A Have for anything else does nothing.
pub fn have<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, item: Presence<N::Cid>,
) {
    if node.wants(&item.address) {
        node.record_presence(from, item.address, item.price);
    }
}

/// PRES-2: this is the one place where a record is created. PRES-4: an earlier record's price is
/// replaced.
pub fn record_presence<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, address: Address<N::Cid>, price: Price,
) {
    if let Some(context) = node.contexts.get_mut(from) {
        context.set_presence(address, price);
    }
}

/// PRES-3: a DontHave removes the record, and the block is asked of another holder.
pub fn dont_have<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, item: Presence<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.lose_holder(from, &item.address, step);
}

/// The peer does not have this block after all (PRES-3, ASK-8, XFER-6): its record goes. If the block
/// was asked of it, another holder is asked.
pub fn lose_holder<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if let Some(context) = node.contexts.get_mut(peer) {
        context.clean_presence([address]);
    }
    if let Some(want) = node.wants.get_mut(address)
        && want.asked.remove(peer)
    {
        node.ask_any_holder(address, step);
    }
}

/// PRES-6: a want has ended, and with it every record of it.
pub fn forget_presence<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>,
) {
    for context in node.contexts.values_mut() {
        context.clean_presence([address]);
    }
}

/// PRES-10: `peerHaveCids` of this peer, which is empty for a peer without a context.
pub fn peer_have_cids<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, peer: &N::Peer,
) -> BTreeSet<N::Cid> {
    let context = node.contexts.get(peer);
    context.map_or_else(BTreeSet::new, |context| context.peer_have_cids())
}
