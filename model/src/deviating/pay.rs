//! PAY, by deviating nodes.

use super::node::Node;
use crate::address::Names;
use crate::deviation::Deviation::*;
use crate::message::Account;
use crate::node::pay as rule;

pub use crate::node::pay::*;

/// [`FirstAccountStays`].
pub fn account<N: Names>(node: &mut Node<N>, from: &N::Peer, account: Account) {
    let context = node.contexts.get(from);
    let has_one = context.is_some_and(|context| context.account.is_some());
    if !has_one || !node.deviates(FirstAccountStays) {
        rule::account(node, from, account);
    }
}
