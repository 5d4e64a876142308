//! What the rules ask of messages.

use blockexc_model::address::Names;
use blockexc_model::deviating::Effect;
use blockexc_model::message::{Delivery, Evidence, Message, WantEntry, WantType};

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

/// Everything that is sent, each with its receiver and in a fixed order, however many messages it
/// is sent in.
pub(super) fn sent_items<N: Names>(effects: &[Effect<N>]) -> Vec<String> {
    let mut items = Vec::new();
    for effect in effects {
        let Effect::Send { to, message } = effect else {
            continue;
        };
        let presences = message.presences.iter();
        items.extend(presences.map(|item| format!("{to:?} {item:?}")));
        let deliveries = message.deliveries.iter();
        items.extend(deliveries.map(|block| format!("{to:?} {block:?}")));
        let entries = message.want_list.iter().flat_map(|list| &list.entries);
        items.extend(entries.map(|entry| format!("{to:?} {entry:?}")));
    }
    items.sort();
    items
}
