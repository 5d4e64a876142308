//! What the nodes of a closed network keep of each other.

use blockexc_model::address::Address;
use blockexc_model::deviating::Node;
use blockexc_model::message::{WantEntry, WantType};

use crate::network::closed::Network;
use crate::network::names::{Cid, Peer, Small};
use crate::network::state::State;

/// One node's end of a connection.
pub(super) struct End<'a> {
    pub me: Peer,
    pub node: &'a Node<Small>,
    pub peer: Peer,
    pub other: &'a Node<Small>,
    pub open: bool,
}

impl End<'_> {
    fn has_context(&self) -> bool {
        self.node.contexts().contains_key(&self.peer)
    }

    /// Both have handled the other's Joined.
    pub fn is_mutual(&self) -> bool {
        self.open && self.has_context() && self.other.contexts().contains_key(&self.me)
    }
}

pub(super) fn ends<'a>(model: &'a Network, state: &'a State) -> impl Iterator<Item = End<'a>> {
    model
        .pairs
        .iter()
        .zip(&state.links)
        .flat_map(move |(pair, link)| {
            [0, 1].map(|i: usize| End {
                me: pair[i],
                node: &state.nodes[pair[i].index()],
                peer: pair[1 - i],
                other: &state.nodes[pair[1 - i].index()],
                open: link.open,
            })
        })
        .filter(|end| !state.ended.contains(&end.me))
}

/// What peers wait for at this node.
pub(super) fn waits(node: &Node<Small>) -> impl Iterator<Item = &Address<Cid>> {
    node.contexts()
        .values()
        .flat_map(|context| context.wants())
        .map(|entry| &entry.address)
}

/// What this peer waits for at this node.
pub(super) fn records(node: &Node<Small>, peer: Peer) -> impl Iterator<Item = &Address<Cid>> {
    node.contexts()
        .get(&peer)
        .into_iter()
        .flat_map(|context| context.wants())
        .map(|entry| &entry.address)
}

/// What this node asks of this peer.
pub(super) fn asked_of(node: &Node<Small>, peer: Peer) -> impl Iterator<Item = &Address<Cid>> {
    node.own_wants()
        .filter(move |(_, want)| want.asked.contains(&peer))
        .map(|(address, _)| address)
}

/// Whether an entry asks for a block.
pub(super) fn is_want_block(entry: &WantEntry<Cid>) -> bool {
    !entry.cancel && entry.want_type == WantType::WantBlock
}
