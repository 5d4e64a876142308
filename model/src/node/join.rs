//! JOIN: how a context comes to be.

use crate::address::Names;
use crate::context::PeerContext;
use crate::message::WantEntry;

use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// A peer's first connection has opened. JOIN-1: this is the one place where a context is created.
pub fn joined<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: N::Peer, step: &mut Step<'_, N, B>,
) {
    if node.contexts.contains_key(&peer) {
        return node.joined_again(&peer, step);
    }
    let context = node.new_context(&peer);
    node.contexts.insert(peer.clone(), context);
    node.send_account(&peer, step);
    node.send_own_wants(&peer, step);
}

/// JOIN-3: nothing changes, nothing is sent.
pub fn joined_again<N: Names, B: Behaviour<N>>(
    _: &mut Node<N, B>, _: &N::Peer, _: &mut Step<'_, N, B>,
) {
}

/// JOIN-2: a new context is empty.
pub fn new_context<N: Names, B: Behaviour<N>>(_: &mut Node<N, B>, _: &N::Peer) -> PeerContext<N> {
    PeerContext::default()
}

/// JOIN-6: a node that wants to be paid says where.
pub fn send_account<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    if let Some(account) = node.config.account {
        step.account(peer, account);
    }
}

/// JOIN-4: the peer is sent the own want list. JOIN-5: without own wants no list is sent.
pub fn send_own_wants<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    if !node.wants.is_empty() {
        node.send_own_want_list(peer, step);
    }
}

/// JOIN-4: a WantHave entry for each own want, in the order requested.
pub fn send_own_want_list<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    let entries = node.wants.keys().cloned().map(WantEntry::want_have);
    step.own_want_list(peer, entries.collect());
}
