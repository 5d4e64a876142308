//! ASK: how the node pursues its own wants.

use std::collections::BTreeSet;

use crate::address::{Address, Names};
use crate::message::WantEntry;

use super::behaviour::Behaviour;
use super::state::{Effect, Node, OwnWant};
use super::step::Step;

/// The user requests a block. It may be held (ASK-3), or an own want already (ASK-2). ASK-1: any other
/// becomes an own want.
pub fn request<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if node.holds(&address) {
        node.request_held(&address, step);
    } else if node.wants(&address) {
        node.request_again(&address, step);
    } else {
        node.wants.insert(address.clone(), OwnWant::new());
        node.pursue(&address, step);
    }
}

/// ASK-3: a request of a held block completes at once and sends nothing.
pub fn request_held<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    step.effect(Effect::Obtained(address.clone()));
}

/// ASK-2: a second request of an own want adds no want and sends nothing. ASK-10: it is counted.
pub fn request_again<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, _: &mut Step<'_, N, B>,
) {
    if let Some(want) = node.wants.get_mut(address) {
        want.others = want.others.saturating_add(1);
    }
}

/// ASK-1: a fresh want is announced. By PRES-1 no context has a record of it yet, so that there is
/// nobody to ask.
pub fn pursue<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.announce(address, step);
}

/// ASK-1, ASK-8: every peer is told of the want, and discovery is asked.
pub fn announce<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    for peer in node.peers() {
        node.announce_to(&peer, address, step);
    }
    step.effect(Effect::Discover(address.cid_or_tree_cid().clone()));
}

/// ASK-1: a WantHave entry.
pub fn announce_to<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    step.want(peer, WantEntry::want_have(address.clone()));
}

/// ASK-4, ASK-5: a WantBlock is sent to this peer. Whoever calls this has made sure that its context
/// has a record of the block, and that the block is asked of nobody else.
pub fn ask<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if let Some(want) = node.wants.get_mut(address) {
        want.asked.insert(peer.clone());
        want.unanswered.insert(peer.clone());
        step.want(peer, WantEntry::want_block(address.clone()));
    }
}

/// ASK-4, ASK-5: one of the peers whose contexts have a record of the block is asked, if there is one.
/// Returns whether one was asked.
pub fn ask_any_holder<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) -> bool {
    let holders = holders(node, address);
    match step.choose(address, &holders) {
        Some(holder) => {
            node.ask(holder, address, step);
            true
        }
        None => false,
    }
}

/// The peers whose contexts have a record of the block, in ascending order.
pub fn holders<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, address: &Address<N::Cid>,
) -> Vec<N::Peer> {
    let knows = |(_, context): &(_, &crate::context::PeerContext<N>)| context.contains(address);
    let holders = node.contexts.iter().filter(knows);
    holders.map(|(peer, _)| peer.clone()).collect()
}

/// ASK-6: this peer is asked for each own want that it has a record of and that is asked of nobody
/// yet (ASK-5), in the order requested.
pub fn ask_for_all_known_at<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    let Some(context) = node.contexts.get(peer) else {
        return;
    };
    let known = node
        .wants
        .iter()
        .filter(|(address, _)| context.contains(address));
    let unasked = known.filter(|(_, want)| want.asked.is_empty());
    let addresses: Vec<_> = unasked.map(|(address, _)| address.clone()).collect();
    for address in addresses {
        node.ask(peer, &address, step);
    }
}

/// ASK-7: the user cancels, and is told whether there was such a want. ASK-10: it goes on while others
/// have requested it too.
pub fn cancel<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    let was_wanted = node.wants(address);
    if was_wanted && !node.goes_on_for_others(address) {
        node.abandon(address, step);
    }
    step.effect(Effect::Cancelled {
        address: address.clone(),
        was_wanted,
    });
}

/// ASK-10: one of those who have requested the block cancels. Returns whether another one waits.
pub fn goes_on_for_others<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>,
) -> bool {
    let others = node.wants.get_mut(address).map(|want| &mut want.others);
    match others {
        Some(others @ 1..) => {
            *others -= 1;
            true
        }
        _ => false,
    }
}

/// An own want has not been met in time: it is pursued anew (ASK-8), or given up (ASK-9).
pub fn retry<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if !node.wants(address) {
        return;
    }
    if node.has_retried_enough(address) {
        return node.give_up(address, step);
    }
    node.count_retry(address);
    node.pursue_anew(address, step);
}

/// ASK-9: each retry counts, with peers or without.
pub fn count_retry<N: Names, B: Behaviour<N>>(node: &mut Node<N, B>, address: &Address<N::Cid>) {
    if let Some(want) = node.wants.get_mut(address) {
        want.retries = want.retries.saturating_add(1);
    }
}

/// ASK-9: whether the want has had the configured number of retries.
pub fn has_retried_enough<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, address: &Address<N::Cid>,
) -> bool {
    let most = node.config.retries;
    let want = node.wants.get(address);
    want.is_some_and(|want| want.retries >= most)
}

/// ASK-9: the request fails, and the want ends.
pub fn give_up<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.abandon(address, step);
    step.effect(Effect::Failed(address.clone()));
}

/// ASK-8: a peer that was asked and is silent is asked no longer. Another holder is asked; when there
/// is none, the want is announced again.
pub fn pursue_anew<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    let asked = node.asked(address);
    for peer in &asked {
        node.lose_silent(peer, address, step);
    }
    // `lose_silent` has asked another holder, if there is one. A want that was asked of nobody is
    // asked of a holder here.
    let is_asked =
        !node.asked(address).is_empty() || asked.is_empty() && node.ask_any_holder(address, step);
    if !is_asked {
        node.announce_anew(address, step);
    }
}

/// ASK-8: a peer that was asked has not answered in time.
pub fn lose_silent<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.lose_holder(peer, address, step);
}

/// ASK-8: with nobody to ask, WantHave is sent again, and discovery is asked again.
pub fn announce_anew<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    node.announce(address, step);
}

/// An own want ends without its block (ASK-7, ASK-9). No record of it stays (PRES-6).
pub fn abandon<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, address: &Address<N::Cid>, step: &mut Step<'_, N, B>,
) {
    if let Some(want) = node.wants.remove(address) {
        node.withdraw(address, &want.unanswered, step);
        node.forget_presence(address);
    }
}

/// ASK-7: every peer that was asked and has not answered is sent a cancel.
pub fn withdraw<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>,
    step: &mut Step<'_, N, B>,
) {
    for peer in unanswered {
        step.cancel(peer, address.clone());
    }
}
