//! How deviating nodes put what they owe into messages.

use super::node::Node;
use crate::address::Names;
use crate::deviation::Deviation::*;
use crate::message::{Delivery, Message, Presence, WantEntry, WantList, WantType};
use crate::node::sending as rule;
use crate::node::step::Owed;

pub use crate::node::sending::*;

/// How many entries [`AskInSlices`] puts into a list of WantBlocks.
const SLICE: usize = 128;
/// How many entries [`ListsOf1024`] puts into a list.
const LONGER_LIST: usize = 1024;
/// How many blocks [`ManyBlocksAMessage`] puts into a message.
const MANY_BLOCKS: usize = 48;

/// [`AskInSlices`], then [`FullOnEveryList`].
pub fn messages<N: Names>(node: &Node<N>, owed: Owed<N>) -> Vec<Message<N>> {
    let mut messages = rule::messages(node, owed);
    if node.deviates(AskInSlices) {
        messages = messages.into_iter().flat_map(sliced).collect();
    }
    if node.deviates(FullOnEveryList) {
        let lists = messages
            .iter_mut()
            .filter_map(|message| message.want_list.as_mut());
        lists.for_each(|list| list.full = true);
    }
    messages
}

/// A list of more WantBlocks than a slice has, as several.
fn sliced<N: Names>(message: Message<N>) -> Vec<Message<N>> {
    match &message.want_list {
        Some(list) if asks(list) && list.entries.len() > SLICE => list
            .entries
            .chunks(SLICE)
            .map(|slice| Message::want_list(slice.to_vec(), list.full))
            .collect(),
        _ => vec![message],
    }
}

fn asks<C>(list: &WantList<C>) -> bool {
    let asks = |entry: &WantEntry<C>| entry.want_type == WantType::WantBlock && !entry.cancel;
    list.entries.iter().all(asks)
}

/// [`ListWhenEmpty`]; or [`FirstListNotFull`].
pub fn own_want_list_messages<N: Names>(
    node: &Node<N>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    if node.deviates(FirstListNotFull) {
        return node.want_list_messages(entries);
    }
    if entries.is_empty() && node.deviates(ListWhenEmpty) {
        vec![Message::want_list(entries, true)]
    } else {
        rule::own_want_list_messages(node, entries)
    }
}

/// [`OversizedLists`]; or [`ListsOf1024`].
pub fn want_list_messages<N: Names>(
    node: &Node<N>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    if node.deviates(OversizedLists) && !entries.is_empty() {
        vec![Message::want_list(entries, false)]
    } else if node.deviates(ListsOf1024) {
        let lists = entries.chunks(LONGER_LIST);
        lists
            .map(|list| Message::want_list(list.to_vec(), false))
            .collect()
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

/// [`UnboundedMessage`]; or [`ManyBlocksAMessage`].
pub fn delivery_messages<N: Names>(
    node: &Node<N>, mut deliveries: Vec<(i32, Delivery<N::Cid>)>,
) -> Vec<Message<N>> {
    let most = match () {
        () if node.deviates(UnboundedMessage) => usize::MAX,
        () if node.deviates(ManyBlocksAMessage) => MANY_BLOCKS,
        () => return rule::delivery_messages(node, deliveries),
    };
    node.sort_deliveries(&mut deliveries);
    let deliveries = deliveries.into_iter().map(|(_, delivery)| delivery);
    let deliveries: Vec<_> = deliveries.collect();
    let messages = deliveries.chunks(most);
    messages
        .map(|some| Message::deliveries(some.to_vec()))
        .collect()
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
