//! [`Part`]: the smallest parts of a message, of which each is explained on its own.

use blockexc_model::message::{Account, Delivery, Payment, Presence, WantEntry};

use crate::wire::{Address, BlockCid, Message, WantList};

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An entry of a want list.
    Entry(WantEntry<BlockCid>),
    /// A full want list without entries.
    EmptyList,
    /// A presence item.
    Item(Presence<BlockCid>),
    /// A delivery.
    Delivery(Delivery<BlockCid>),
    /// An account.
    Account(Account),
    /// A payment.
    Payment(Payment),
}

impl Part {
    /// A message with this part alone.
    pub(super) fn message(self) -> Message {
        match self {
            Part::Entry(entry) => Message::want_list(vec![entry], false),
            Part::EmptyList => Message::want_list(Vec::new(), true),
            Part::Item(item) => Message::presences(vec![item]),
            Part::Delivery(delivery) => Message::deliveries(vec![delivery]),
            Part::Account(account) => Message::account(account),
            Part::Payment(payment) => Message {
                payment: Some(payment),
                ..Message::default()
            },
        }
    }

    /// Whether it is an entry of a want list.
    pub(super) fn is_entry(&self) -> bool {
        matches!(self, Part::Entry(_))
    }

    /// The address that it is about, if there is one.
    pub(super) fn address(&self) -> Option<Address> {
        match self {
            Part::Entry(entry) => Some(entry.address.clone()),
            Part::Item(item) => Some(item.address.clone()),
            Part::Delivery(delivery) => Some(delivery.address.clone()),
            Part::EmptyList | Part::Account(_) | Part::Payment(_) => None,
        }
    }

    /// Whether this logged part is the part that the model sent, as far as a node has no choice.
    pub(super) fn matches(&self, sent: &Part) -> bool {
        match (self, sent) {
            // A node is free to choose the priorities of its wants, the want type of a cancel, and
            // whether it asks for a DontHave.
            (Part::Entry(logged), Part::Entry(sent)) => {
                logged.address == sent.address
                    && logged.cancel == sent.cancel
                    && (logged.cancel || logged.want_type == sent.want_type)
            }
            // A log need not say whether the node's own blocks are valid.
            (Part::Delivery(logged), Part::Delivery(sent)) => {
                logged.address == sent.address && logged.cid == sent.cid
            }
            _ => self == sent,
        }
    }
}

/// The parts of a message, in its order.
pub(super) fn parts(message: &Message) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(WantList { entries, full }) = &message.want_list {
        parts.extend(entries.iter().cloned().map(Part::Entry));
        if entries.is_empty() && *full {
            parts.push(Part::EmptyList);
        }
    }
    parts.extend(message.presences.iter().cloned().map(Part::Item));
    parts.extend(message.deliveries.iter().cloned().map(Part::Delivery));
    parts.extend(message.account.map(Part::Account));
    parts.extend(message.payment.clone().map(Part::Payment));
    parts
}
