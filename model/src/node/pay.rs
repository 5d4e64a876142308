//! PAY: accounts, and payments as opaque bytes.

use crate::address::Names;
use crate::deviation::Deviation::*;
use crate::message::{Account, Payment};

use super::Node;

impl<N: Names> Node<N> {
    /// PAY-1: the later replaces the earlier.
    pub(super) fn account(&mut self, from: &N::Peer, account: Account) {
        let first_stays = self.deviates(FirstAccountStays);
        if let Some(context) = self.contexts.get_mut(from) {
            if first_stays && context.account.is_some() {
                return;
            }
            context.account = Some(account);
        }
    }

    /// PAY-2: recorded, and not looked into.
    pub(super) fn payment(&mut self, from: &N::Peer, payment: Payment) {
        if let Some(context) = self.contexts.get_mut(from) {
            context.payment = Some(payment);
        }
    }
}
