//! How what a step owes one peer is put into messages.

use std::cmp::Reverse;

use crate::address::Names;
use crate::message::{Delivery, Message, Presence, WantEntry};

use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Owed;

/// At most this many entries are put into one want-list message (JOIN-8).
pub const MAX_ENTRIES_SENT: usize = 1000;
/// At most this many items are put into one presence message (WANT-18).
pub const MAX_PRESENCES_SENT: usize = 1024;
/// At most this many blocks are put into one delivery message (XFER-10).
pub const MAX_BLOCKS_SENT: usize = 20;

/// The messages for one peer, in the order sent. WANT-18: answers come before deliveries. A cancel
/// comes before a new want. ASK-1, ASK-6: of all want lists only the one on joining says `full`
/// (JOIN-4).
pub fn messages<N: Names, B: Behaviour<N>>(node: &Node<N, B>, owed: Owed<N>) -> Vec<Message<N>> {
    let mut messages = Vec::new();
    if let Some(entries) = owed.own_want_list {
        messages.extend(node.own_want_list_messages(entries));
    }
    messages.extend(owed.account.map(Message::account));
    messages.extend(node.presence_messages(owed.presences));
    messages.extend(node.want_list_messages(owed.cancels));
    messages.extend(node.want_list_messages(owed.wants));
    messages.extend(node.delivery_messages(owed.deliveries));
    messages
}

/// JOIN-4: the first message of the own want list says `full`, the following ones do not.
pub fn own_want_list_messages<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    let mut messages = node.want_list_messages(entries);
    if let Some(Message {
        want_list: Some(first),
        ..
    }) = messages.first_mut()
    {
        first.full = true;
    }
    messages
}

/// JOIN-8: a want list is split at 1000 entries.
pub fn want_list_messages<N: Names, B: Behaviour<N>>(
    _: &Node<N, B>, entries: Vec<WantEntry<N::Cid>>,
) -> Vec<Message<N>> {
    split(entries, MAX_ENTRIES_SENT)
        .map(|entries| Message::want_list(entries, false))
        .collect()
}

/// WANT-18: the presence items for a peer are one message, split at 1024 items.
pub fn presence_messages<N: Names, B: Behaviour<N>>(
    _: &Node<N, B>, items: Vec<Presence<N::Cid>>,
) -> Vec<Message<N>> {
    split(items, MAX_PRESENCES_SENT)
        .map(Message::presences)
        .collect()
}

/// XFER-10: blocks are sent in messages of at most 20.
pub fn delivery_messages<N: Names, B: Behaviour<N>>(
    node: &Node<N, B>, mut deliveries: Vec<(i32, Delivery<N::Cid>)>,
) -> Vec<Message<N>> {
    node.sort_deliveries(&mut deliveries);
    let deliveries = deliveries.into_iter().map(|(_, delivery)| delivery);
    split(deliveries.collect(), MAX_BLOCKS_SENT)
        .map(Message::deliveries)
        .collect()
}

/// WANT-14: the highest priority is sent first; equal priorities keep the order recorded.
pub fn sort_deliveries<N: Names, B: Behaviour<N>>(
    _: &Node<N, B>, deliveries: &mut [(i32, Delivery<N::Cid>)],
) {
    deliveries.sort_by_key(|(priority, _)| Reverse(*priority));
}

/// The items in runs of at most `most`, in order; no run is empty.
fn split<T>(items: Vec<T>, most: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rest = items.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(most).collect())
    })
}
