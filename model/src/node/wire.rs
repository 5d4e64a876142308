//! WIRE: the parts of a message, and their order. The model has no bytes, frames or streams: WIRE-1
//! to WIRE-5, WIRE-8 and WIRE-9 are met in `src/wire/` and `src/node/`.

use crate::address::Names;
use crate::message::{Delivery, Message, Presence};

use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// A message came, on whichever stream (WIRE-7). JOIN-7: from a peer without a context it is
/// dropped.
pub fn received<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, message: Message<N>, step: &mut Step<'_, N, B>,
) {
    if node.contexts.contains_key(from) {
        node.message(from, message, step);
    }
}

/// WIRE-6: the parts of a message are handled in this order. An empty message does nothing.
pub fn message<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, message: Message<N>, step: &mut Step<'_, N, B>,
) {
    if let Some(list) = message.want_list {
        node.want_list(from, list, step);
    }
    node.blocks_then_presences(from, message.deliveries, message.presences, step);
    if let Some(account) = message.account {
        node.account(from, account);
    }
    if let Some(payment) = message.payment {
        node.payment(from, payment);
    }
}

/// WIRE-6: the deliveries of a message are handled before its presences.
pub fn blocks_then_presences<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>,
    presences: Vec<Presence<N::Cid>>, step: &mut Step<'_, N, B>,
) {
    node.deliveries(from, deliveries, step);
    node.presences(from, presences, step);
}
