//! HELD, by deviating nodes.

use super::node::{Node, Step};
use crate::address::{Address, Names};
use crate::deviation::Deviation::*;
use crate::message::PresenceType;
use crate::node::held as rule;

/// [`CancelUnwantedUpload`]; then [`LeafUploadUnnoticed`]: the store alone learns of the leaves.
pub fn stored<N: Names>(
    node: &mut Node<N>, cid: N::Cid, mut leaves: Vec<Address<N::Cid>>, step: &mut Step<'_, N>,
) {
    if node.deviates(CancelUnwantedUpload) {
        for peer in node.peers() {
            step.cancel(&peer, Address::Plain(cid.clone()));
        }
    }
    if node.deviates(LeafUploadUnnoticed) {
        for leaf in leaves.drain(..) {
            node.held.insert(leaf, cid.clone());
        }
    }
    rule::stored(node, cid, leaves, step);
}

/// [`AnnounceDeletion`].
pub fn deleted<N: Names>(node: &mut Node<N>, cid: &N::Cid, step: &mut Step<'_, N>) {
    if node.deviates(AnnounceDeletion) {
        let held = node.held.iter().filter(|(_, held)| *held == cid);
        let addresses: Vec<_> = held.map(|(address, _)| address.clone()).collect();
        for peer in node.peers() {
            for address in &addresses {
                node.answer(&peer, address, PresenceType::DontHave, step);
            }
        }
    }
    rule::deleted(node, cid, step);
}
