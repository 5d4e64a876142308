//! What the rules ask of messages.

use std::collections::HashMap;

use blockexc_model::address::Names;
use blockexc_model::deviating::Effect;
use blockexc_model::message::{Delivery, Evidence, Message, Presence, WantEntry, WantType};

/// Whether a delivery's data and proof are right for its address (XFER-3, XFER-4).
pub(super) fn is_valid<C>(delivery: &Delivery<C>) -> bool {
    delivery.evidence == Evidence::valid_for(&delivery.address)
}

/// Whether an entry asks for the block itself.
pub(super) fn is_want_block<C>(entry: &WantEntry<C>) -> bool {
    !entry.cancel && entry.want_type == WantType::WantBlock
}

/// Whether an entry asks who has the block.
pub(super) fn is_want_have<C>(entry: &WantEntry<C>) -> bool {
    !entry.cancel && entry.want_type == WantType::WantHave
}

/// How many parts a message has: as many as [`parts`] makes of it.
pub(super) fn count_parts<N: Names>(message: &Message<N>) -> usize {
    [
        message.want_list.is_some(),
        !message.deliveries.is_empty(),
        !message.presences.is_empty(),
        message.account.is_some(),
        message.payment.is_some(),
    ]
    .into_iter()
    .filter(|is_there| *is_there)
    .count()
}

/// The parts of a message, each as a message, in the order of WIRE-6.
pub(super) fn parts<N: Names>(message: &Message<N>) -> Vec<Message<N>> {
    let mut parts = Vec::new();
    if let Some(list) = &message.want_list {
        parts.push(Message::want_list(list.entries.clone(), list.full));
    }
    if !message.deliveries.is_empty() {
        parts.push(Message::deliveries(message.deliveries.clone()));
    }
    if !message.presences.is_empty() {
        parts.push(Message::presences(message.presences.clone()));
    }
    if let Some(account) = message.account {
        parts.push(Message::account(account));
    }
    if message.payment.is_some() {
        parts.push(Message {
            payment: message.payment.clone(),
            ..Message::default()
        });
    }
    parts
}

/// Everything that is sent, each with its receiver and how often, however many messages it is sent in
/// and in which order.
pub(super) fn sent_items<N: Names>(effects: &[Effect<N>]) -> HashMap<SentItem<'_, N>, usize> {
    let mut items = HashMap::new();
    for effect in effects {
        let Effect::Send { to, message } = effect else {
            continue;
        };
        let presences = message.presences.iter();
        let presences = presences.map(|item| SentItem::Presence(to, item));
        let deliveries = message.deliveries.iter();
        let deliveries = deliveries.map(|block| SentItem::Delivery(to, block));
        let entries = message.want_list.iter().flat_map(|list| &list.entries);
        let entries = entries.map(|entry| SentItem::Entry(to, entry));
        for item in presences.chain(deliveries).chain(entries) {
            *items.entry(item).or_default() += 1;
        }
    }
    items
}

/// Something that is sent, with its receiver.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum SentItem<'a, N: Names> {
    Presence(&'a N::Peer, &'a Presence<N::Cid>),
    Delivery(&'a N::Peer, &'a Delivery<N::Cid>),
    Entry(&'a N::Peer, &'a WantEntry<N::Cid>),
}
