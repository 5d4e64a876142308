//! WANT, by deviating nodes.

use super::node::{Effect, Node, OtherEffect, Step};
use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::{Presence, PresenceType, WantEntry, WantList, WantType};
use crate::node::arrived::{Arrived, Source};
use crate::node::want as rule;
use crate::price::Price;

pub use crate::node::want::*;

/// A want list longer than this is refused by [`RefuseLongLists`].
const LONG_LIST: usize = 512;

/// [`RefuseLongLists`]; or [`ServeLater`], [`EntriesInReverse`], [`IgnoreFull`], [`FullAlways`].
pub fn want_list<N: Names>(
    node: &mut Node<N>, from: &N::Peer, mut list: WantList<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(RefuseLongLists) && list.entries.len() > LONG_LIST {
        return;
    }
    let asks = |entry: &WantEntry<N::Cid>| !entry.cancel && entry.want_type == WantType::WantBlock;
    if node.deviates(ServeLater) && list.entries.iter().any(asks) {
        serve_later(from, step);
    }
    if node.deviates(EntriesInReverse) {
        list.entries.reverse();
    }
    list.full = list.full && !node.deviates(IgnoreFull) || node.deviates(FullAlways);
    rule::want_list(node, from, list, step);
}

/// [`PresenceFromWant`], then [`OverwriteWant`].
pub fn want_entry<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    let is_want = !entry.cancel;
    if is_want
        && node.deviates(PresenceFromWant)
        && node.wants(&entry.address)
        && let Some(context) = node.contexts.get_mut(from)
    {
        context.set_presence(entry.address.clone(), Price::ZERO);
    }
    if is_want && node.deviates(OverwriteWant) && node.has_recorded(from, &entry.address) {
        return node.record_want(from, entry);
    }
    rule::want_entry(node, from, entry, step);
}

/// [`AnswerCancel`], then [`CancelForAll`]; then one of [`IgnoreCancel`], [`CancelAsWant`],
/// [`CancelSwapsLast`]. What [`ServeOnce`] and [`ResendCooldown`] remember of the address is forgotten.
pub fn cancel_want<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    let was_recorded = node.has_recorded(from, &entry.address);
    node.behaviour.forget(from, |remembered| {
        remembered.served.remove(&entry.address);
    });
    if node.deviates(AnswerCancel) {
        node.answer(from, &entry.address, PresenceType::DontHave, step);
    }
    if node.deviates(CancelForAll) {
        for context in node.contexts.values_mut() {
            context.wants.remove(&entry.address);
        }
    }
    if node.deviates(IgnoreCancel) {
        return;
    }
    if node.deviates(CancelAsWant) && !was_recorded {
        let mut entry = entry.clone();
        entry.cancel = false;
        let entries = vec![entry];
        let list = WantList {
            entries,
            full: false,
        };
        return node.want_list(from, list, step);
    }
    if node.deviates(CancelSwapsLast)
        && let Some(context) = node.contexts.get_mut(from)
    {
        context.wants.swap_remove(&entry.address);
        return;
    }
    rule::cancel_want(node, from, entry, step);
}

/// [`ResendCooldown`]; or [`ServeLater`]: what is held waits for its turn as well.
pub fn want_block<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(ResendCooldown) && node.was_served(from, &entry.address) {
        return;
    }
    if node.deviates(ServeLater) && node.holds(&entry.address) {
        node.record_want(from, entry);
    } else {
        rule::want_block(node, from, entry, step);
    }
}

/// [`ServeOnce`]; or [`KeepServedWant`].
pub fn serve_want<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N>,
) {
    if node.deviates(ServeOnce) && node.was_served(from, &entry.address) {
        return node.record_want(from, entry);
    }
    let kept = node.deviates(KeepServedWant).then(|| entry.clone());
    rule::serve_want(node, from, entry, cid, step);
    if let Some(entry) = kept {
        node.record_want(from, entry);
    }
}

/// [`ForgetWantBlock`].
pub fn wait_for_block<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(ForgetWantBlock) {
        node.deny_want_block(from, &entry, step);
    } else {
        rule::wait_for_block(node, from, entry, step);
    }
}

/// [`SilentWantBlock`].
pub fn deny_want_block<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    if !node.deviates(SilentWantBlock) {
        rule::deny_want_block(node, from, entry, step);
    }
}

/// [`FirstWantStays`], then [`WantAgainMovesLast`]; [`CrowdedWantReplaces`].
pub fn record_want<N: Names>(node: &mut Node<N>, from: &N::Peer, entry: WantEntry<N::Cid>) {
    let most = node.config.wants_per_peer as usize;
    if node.deviates(CrowdedWantReplaces)
        && !node.has_recorded(from, &entry.address)
        && let Some(context) = node.contexts.get_mut(from)
        && context.wants.len() >= most
    {
        let oldest = context.wants.keys().next().cloned();
        oldest.map(|oldest| context.wants.remove(&oldest));
    }
    if node.deviates(FirstWantStays) && node.has_recorded(from, &entry.address) {
        return;
    }
    if node.deviates(WantAgainMovesLast)
        && let Some(context) = node.contexts.get_mut(from)
    {
        context.wants.remove(&entry.address);
    }
    rule::record_want(node, from, entry);
}

/// [`MuteRecordedWantHave`]; then, of what is neither held nor recorded, [`RecordWantHave`] and
/// [`ServeWantHave`].
pub fn want_have<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    let was_recorded = node.has_recorded(from, &entry.address);
    if was_recorded && node.deviates(MuteRecordedWantHave) {
        return;
    }
    rule::want_have(node, from, entry, step);
    if was_recorded || node.holds(&entry.address) {
        return;
    }
    let mut entry = entry.clone();
    if node.deviates(ServeWantHave) {
        entry.want_type = WantType::WantBlock;
        node.record_want(from, entry);
    } else if node.deviates(RecordWantHave) {
        node.record_want(from, entry);
    }
}

/// [`SilentHave`].
pub fn confirm_want_have<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    if !node.deviates(SilentHave) {
        rule::confirm_want_have(node, from, entry, step);
    }
}

/// [`AlwaysDontHave`], or [`SilentDontHave`].
pub fn deny_want_have<N: Names>(
    node: &mut Node<N>, from: &N::Peer, entry: &WantEntry<N::Cid>, step: &mut Step<'_, N>,
) {
    if node.deviates(AlwaysDontHave) {
        node.answer(from, &entry.address, PresenceType::DontHave, step);
    } else if !node.deviates(SilentDontHave) {
        rule::deny_want_have(node, from, entry, step);
    }
}

/// [`PriceWithheld`].
pub fn answer<N: Names>(
    node: &mut Node<N>, to: &N::Peer, address: &Address<N::Cid>, presence_type: PresenceType,
    step: &mut Step<'_, N>,
) {
    if !node.deviates(PriceWithheld) {
        return rule::answer(node, to, address, presence_type, step);
    }
    let presence = Presence {
        address: address.clone(),
        presence_type,
        price: Price::ZERO,
    };
    step.presence(to, presence);
}

/// [`UploadUnannounced`].
pub fn wake<N: Names>(node: &mut Node<N>, arrived: &[Arrived<N>], step: &mut Step<'_, N>) {
    let is_upload = arrived.iter().any(|block| block.source == Source::Upload);
    if !is_upload || !node.deviates(UploadUnannounced) {
        rule::wake(node, arrived, step);
    }
}

/// [`WakeByCid`], [`WakeByAddress`]; and what [`RecordWantHave`] and [`OverwriteWant`] have
/// recorded, that asks for no block, is not met.
pub fn meets<N: Names>(node: &Node<N>, block: &Arrived<N>, entry: &WantEntry<N::Cid>) -> bool {
    let is_elsewhere = node.deviates(WakeByCid) && *entry.address.cid_or_tree_cid() != block.cid;
    let is_unnamed = node.deviates(WakeByAddress)
        && block.source != Source::Upload
        && block.addresses.first() != Some(&entry.address);
    entry.want_type == WantType::WantBlock
        && !is_elsewhere
        && !is_unnamed
        && rule::meets(node, block, entry)
}

/// [`ServeOnce`]; or [`ServeLater`], or [`KeepWokenWant`].
pub fn serve_woken<N: Names>(
    node: &mut Node<N>, peer: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid,
    step: &mut Step<'_, N>,
) {
    if node.deviates(ServeOnce) && node.was_served(peer, &entry.address) {
        return;
    }
    if node.deviates(ServeLater) {
        serve_later(peer, step);
    } else if node.deviates(KeepWokenWant) {
        node.deliver(peer, entry, cid, step);
    } else {
        rule::serve_woken(node, peer, entry, cid, step);
    }
}

/// [`ServeLater`]: the peer has a turn to come, and only one.
fn serve_later<N: Names>(peer: &N::Peer, step: &mut Step<'_, N>) {
    let turn = Effect::Other(OtherEffect::ServeLater(peer.clone()));
    if !step.effects().contains(&turn) {
        step.effect(turn);
    }
}

/// [`ServeLater`]: the peer's turn. It is served all that it waits for and that is held.
pub(super) fn serve<N: Names>(node: &mut Node<N>, peer: &N::Peer, step: &mut Step<'_, N>) {
    let context = node.contexts.get(peer).into_iter();
    let wants = context.flat_map(|context| context.wants());
    let served: Vec<_> = wants
        .filter(|entry| entry.want_type == WantType::WantBlock)
        .filter(|entry| !node.deviates(ServeOnce) || !node.was_served(peer, &entry.address))
        .filter_map(|entry| Some((entry.clone(), node.held.get(&entry.address)?.clone())))
        .collect();
    for (entry, cid) in served {
        rule::serve_woken(node, peer, &entry, cid, step);
    }
}
