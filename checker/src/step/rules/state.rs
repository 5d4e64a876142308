//! What the rules ask of a node's state.

use blockexc_model::address::{Address, Names};
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::Node;
use blockexc_model::message::WantEntry;

pub(super) fn context_of<'a, N: Names>(
    node: &'a Node<N>,
    peer: &N::Peer,
) -> Option<&'a PeerContext<N>> {
    node.contexts().get(peer)
}

/// Whether this peer's context has a presence record of this block.
pub(super) fn knows<N: Names>(node: &Node<N>, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
    context_of(node, peer).is_some_and(|context| context.contains(address))
}

/// Whether any context has a presence record of this block.
pub(super) fn knows_a_holder<N: Names>(node: &Node<N>, address: &Address<N::Cid>) -> bool {
    node.contexts()
        .values()
        .any(|context| context.contains(address))
}

/// What this peer wants, in the order recorded.
pub(super) fn wants_of<'a, N: Names>(
    node: &'a Node<N>,
    peer: &N::Peer,
) -> impl Iterator<Item = &'a WantEntry<N::Cid>> + use<'a, N> {
    context_of(node, peer)
        .into_iter()
        .flat_map(PeerContext::wants)
}

/// The entry of this block in this peer's wants, with its place among them.
pub(super) fn recorded<'a, N: Names>(
    node: &'a Node<N>,
    peer: &N::Peer,
    address: &Address<N::Cid>,
) -> Option<(usize, &'a WantEntry<N::Cid>)> {
    wants_of(node, peer)
        .enumerate()
        .find(|(_, entry)| entry.address == *address)
}

/// Whether this peer's wants have an entry of this block.
pub(super) fn is_recorded<N: Names>(
    node: &Node<N>,
    peer: &N::Peer,
    address: &Address<N::Cid>,
) -> bool {
    recorded(node, peer, address).is_some()
}

/// The peers of which this own want is asked.
pub(super) fn asked_of<'a, N: Names>(
    node: &'a Node<N>,
    address: &Address<N::Cid>,
) -> Vec<&'a N::Peer> {
    node.own_wants()
        .filter(|(wanted, _)| *wanted == address)
        .flat_map(|(_, want)| &want.asked)
        .collect()
}

pub(super) fn is_asked<N: Names>(
    node: &Node<N>,
    peer: &N::Peer,
    address: &Address<N::Cid>,
) -> bool {
    asked_of(node, address).contains(&peer)
}

/// Whether two nodes are in the same state, as far as a dump would show it. What else a deviating
/// node remembers does not count.
pub(super) fn same_state<N: Names>(one: &Node<N>, other: &Node<N>) -> bool {
    one.held() == other.held() && one.own_wants().eq(other.own_wants()) && same_contexts(one, other)
}

pub(super) fn same_contexts<N: Names>(one: &Node<N>, other: &Node<N>) -> bool {
    one.contexts().len() == other.contexts().len()
        && one.contexts().iter().all(|(peer, context)| {
            context_of(other, peer).is_some_and(|o| same_context(context, o))
        })
}

pub(super) fn same_context<N: Names>(one: &PeerContext<N>, other: &PeerContext<N>) -> bool {
    one.presence() == other.presence()
        && one.wants().eq(other.wants())
        && one.account() == other.account()
        && one.payment() == other.payment()
}
