//! WANT: when the peer's want list is updated. Entries without a usable address (WANT-16) are left out
//! in `src/wire/decode.rs`, before a message comes here.

use std::collections::HashSet;

use crate::address::{Address, Names};
use crate::message::{Presence, PresenceType, WantEntry, WantList, WantType};

use super::arrived::Arrived;
use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// The want list of one message, of any length (JOIN-8). WANT-11: a full list drops the recorded
/// wants that it does not name, before its entries are handled. WANT-12: any other list leaves them as
/// they were. WANT-15: the entries are handled in order.
pub fn want_list<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, list: WantList<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if list.full {
        node.replace_wants(from, &list.entries);
    }
    for entry in list.entries {
        node.want_entry(from, entry, step);
    }
}

/// WANT-11: what a full list does not name is no longer wanted.
pub fn replace_wants<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entries: &[WantEntry<N::Cid>],
) {
    let named: HashSet<_> = entries.iter().map(|entry| &entry.address).collect();
    if let Some(context) = node.contexts.get_mut(from) {
        context.wants.retain(|address, _| named.contains(address));
    }
}

/// WANT-15: one entry of a list. WANT-8: a cancel is one, whatever its other fields say.
pub fn want_entry<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    match entry.want_type {
        _ if entry.cancel => node.cancel_want(from, &entry, step),
        WantType::WantBlock => node.want_block(from, entry, step),
        WantType::WantHave => node.want_have(from, &entry, step),
    }
}

/// WANT-8: the peer's entry for this address goes, and that is all. WANT-17: it goes from no other
/// context. WANT-14: the other entries keep their order.
pub fn cancel_want<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: &WantEntry<N::Cid>, _: &mut Step<'_, N, B>,
) {
    if let Some(context) = node.contexts.get_mut(from) {
        context.wants.remove(&entry.address);
    }
}

/// A WantBlock entry: served when the block is held (WANT-2), and recorded otherwise (WANT-1).
pub fn want_block<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    match node.held.get(&entry.address).cloned() {
        Some(cid) => node.serve_want(from, entry, cid, step),
        None => node.wait_for_block(from, entry, step),
    }
}

/// WANT-2: a held block is delivered at once, and leaves no entry.
pub fn serve_want<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N, B>,
) {
    node.deliver(from, &entry, cid, step);
}

/// WANT-1: a want for a block that is not held is recorded. WANT-7: and answered, if that is asked
/// for.
pub fn wait_for_block<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.deny_want_block(from, &entry, step);
    node.record_want(from, entry);
}

/// WANT-7: the answer is DontHave, if the entry asks for one.
pub fn deny_want_block<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if entry.send_dont_have {
        node.answer(from, &entry.address, PresenceType::DontHave, step);
    }
}

/// WANT-1: the entry is put at the end of the peer's wants. WANT-9: or in the place of its earlier
/// entry. WANT-19, WIRE-10: beyond the bound no new entry is recorded, and those recorded stay.
pub fn record_want<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: WantEntry<N::Cid>,
) {
    let most = node.config.wants_per_peer as usize;
    if let Some(context) = node.contexts.get_mut(from)
        && (context.wants.len() < most || context.wants.contains(&entry.address))
    {
        context.wants.insert(entry.address.clone(), entry);
    }
}

/// A WantHave entry is answered. WANT-3: it is never recorded. WANT-10: a WantBlock recorded for the
/// same address stays as it is, and does not change the answer.
pub fn want_have<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if node.holds(&entry.address) {
        node.confirm_want_have(from, entry, step);
    } else {
        node.deny_want_have(from, entry, step);
    }
}

/// WANT-4: the answer for a held block is Have.
pub fn confirm_want_have<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.answer(from, &entry.address, PresenceType::Have, step);
}

/// WANT-5: the answer for a block that is not held is DontHave, if the entry asks for one.
/// WANT-6: otherwise there is no answer.
pub fn deny_want_have<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if entry.send_dont_have {
        node.answer(from, &entry.address, PresenceType::DontHave, step);
    }
}

/// WANT-4: a presence item for this address, with the node's price.
pub fn answer<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, to: &N::Peer, address: &Address<N::Cid>, presence_type: PresenceType,
    step: &mut Step<'_, N, B>,
) {
    let presence = Presence {
        address: address.clone(),
        presence_type,
        price: node.config.price,
    };
    step.presence(to, presence);
}

/// WANT-13: these blocks have become held, and every context that wants one is sent it.
pub fn wake<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, arrived: &[Arrived<N>], step: &mut Step<'_, N, B>,
) {
    if arrived.is_empty() {
        return;
    }
    for peer in node.peers() {
        for (entry, cid) in woken(node, &peer, arrived) {
            node.serve_woken(&peer, &entry, cid, step);
        }
    }
}

/// The peer's wants that these blocks meet, in the order recorded (WANT-14).
fn woken<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, peer: &N::Peer, arrived: &[Arrived<N>],
) -> Vec<(WantEntry<N::Cid>, N::Cid)> {
    let wants = node.contexts.get(peer).into_iter();
    let wants = wants.flat_map(|context| context.wants());
    wants
        .filter_map(|entry| {
            let block = arrived.iter().find(|block| node.meets(block, entry))?;
            Some((entry.clone(), block.cid.clone()))
        })
        .collect()
}

/// WANT-13: a block meets a want for any of its addresses, however it came.
pub fn meets<N: Names, B: Behaviour<N>>(
    _: &Node<N, B>, block: &Arrived<N>, entry: &WantEntry<N::Cid>,
) -> bool {
    block.addresses.contains(&entry.address)
}

/// WANT-13: the block is sent, and the entry goes.
pub fn serve_woken<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N, B>,
) {
    node.deliver(peer, entry, cid, step);
    if let Some(context) = node.contexts.get_mut(peer) {
        context.wants.remove(&entry.address);
    }
}
