//! PAY: accounts, and payments as opaque bytes.

use crate::address::Names;
use crate::message::{Account, Payment};

use super::behaviour::Behaviour;
use super::state::Node;

/// PAY-1: an account is recorded; the later replaces the earlier.
pub fn account<N: Names, B: Behaviour<N>>(node: &mut Node<N, B>, from: &N::Peer, account: Account) {
    if let Some(context) = node.contexts.get_mut(from) {
        context.account = Some(account);
    }
}

/// PAY-2: a payment is recorded, and not looked into.
pub fn payment<N: Names, B: Behaviour<N>>(node: &mut Node<N, B>, from: &N::Peer, payment: Payment) {
    if let Some(context) = node.contexts.get_mut(from) {
        context.payment = Some(payment);
    }
}
