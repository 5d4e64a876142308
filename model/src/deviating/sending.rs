//! How deviating nodes put what they owe into messages.

use super::node::Node;
use crate::address::Names;
use crate::deviation::Deviation::*;
use crate::message::{Delivery, Message, Presence, WantEntry};
use crate::node::sending as rule;
use crate::node::step::Owed;

pub use crate::node::sending::*;

/// [`FullOnEveryList`].
pub fn messages<N: Names>(node: &Node<N>, owed: Owed<N>) -> Vec<Message<N>> {
    let mut messages = rule::messages(node, owed);
    if node.deviates(FullOnEveryList) {
        let lists = messages
            .iter_mut()
            .filter_map(|message| message.want_list.as_mut());
        lists.for_each(|list| list.full = true);
    }
    messages
}

/// [`ListWhenEmpty`].
pub fn own_want_list_messages<N: Names>(
    node: &Node<N>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    if entries.is_empty() && node.deviates(ListWhenEmpty) {
        vec![Message::want_list(entries, true)]
    } else {
        rule::own_want_list_messages(node, entries)
    }
}

/// [`OversizedLists`].
pub fn want_list_messages<N: Names>(
    node: &Node<N>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    if node.deviates(OversizedLists) && !entries.is_empty() {
        vec![Message::want_list(entries, false)]
    } else {
        rule::want_list_messages(node, entries)
    }
}

/// [`AnswerEachEntry`].
pub fn presence_messages<N: Names>(
    node: &Node<N>, items: Vec<Presence<N::Cid>>,
) -> Vec<Message<N>> {
    if node.deviates(AnswerEachEntry) {
        let alone = items.into_iter().map(|item| vec![item]);
        alone.map(Message::presences).collect()
    } else {
        rule::presence_messages(node, items)
    }
}

/// [`UnboundedMessage`].
pub fn delivery_messages<N: Names>(
    node: &Node<N>, mut deliveries: Vec<(i32, Delivery<N::Cid>)>,
) -> Vec<Message<N>> {
    if !node.deviates(UnboundedMessage) || deliveries.is_empty() {
        return rule::delivery_messages(node, deliveries);
    }
    node.sort_deliveries(&mut deliveries);
    let deliveries = deliveries.into_iter().map(|(_, delivery)| delivery);
    vec![Message::deliveries(deliveries.collect())]
}

/// [`UnorderedServing`]: lowest priority first, the last recorded before the first.
pub fn sort_deliveries<N: Names>(node: &Node<N>, deliveries: &mut [(i32, Delivery<N::Cid>)]) {
    if node.deviates(UnorderedServing) {
        deliveries.reverse();
        deliveries.sort_by_key(|(priority, _)| *priority);
    } else {
        rule::sort_deliveries(node, deliveries);
    }
}
