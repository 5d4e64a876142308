//! LEFT: how a context ends. LEFT-4, the queue of messages for the peer, is met in
//! `src/node/exchange.rs`.

use crate::address::{Address, Names};

use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// LEFT-1: a peer's last connection has closed, and its context goes.
/// LEFT-3: nothing of it is kept for when the peer comes back.
pub fn left<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    if node.contexts.remove(peer).is_some() {
        node.ask_elsewhere(peer, step);
    }
}

/// LEFT-2: what was asked of the peer that left is asked of other holders, or waits.
pub fn ask_elsewhere<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer, step: &mut Step<'_, N, B>,
) {
    for address in release(node, peer) {
        node.ask_any_holder(&address, step);
    }
}

/// From now on nothing is asked of this peer, and no cancel is owed to it. Returns the own wants that
/// were asked of it, in the order requested.
pub fn release<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, peer: &N::Peer,
) -> Vec<Address<N::Cid>> {
    let mut released = Vec::new();
    for (address, want) in node.wants.iter_mut() {
        want.unanswered.remove(peer);
        if want.asked.remove(peer) {
            released.push(address.clone());
        }
    }
    released
}
