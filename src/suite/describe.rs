//! Messages and addresses in one line, for logs and reports.

use std::fmt;

use blockexc_model::message::{Evidence, PresenceType, WantType};
use blockexc_model::price::Price;
use bytes::Bytes;

use crate::wire::{
    Address, DecodeOptions, Decoded, Delivery, Presence, ReceivedBlock, WantEntry, decode,
};

/// How many parts of a message are written out in a line.
pub(super) const MOST_PARTS: usize = 6;

/// A frame in one line: its message, or why it is none.
pub fn describe(bytes: &Bytes) -> String {
    match decode(bytes.clone(), &DecodeOptions::default()) {
        Ok(decoded) => OneLine(&decoded).to_string(),
        Err(error) => error.to_string(),
    }
}

/// Shortens an address to what tells it from others: `zDw…3fQ`, `zDz…pda/4`.
pub fn short(address: &Address) -> String {
    let cid = address.cid_or_tree_cid().to_string();
    let cid = if cid.is_ascii() && cid.len() > 12 {
        format!("{}…{}", &cid[..3], &cid[cid.len() - 4..])
    } else {
        cid
    };
    match address {
        Address::Plain(_) => cid,
        Address::Leaf { index, .. } => format!("{cid}/{index}"),
    }
}

/// Shows a message in one line.
pub struct OneLine<'a>(pub &'a Decoded);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decoded {
            message,
            blocks,
            unusable,
            ..
        } = self.0;
        let mut parts = Vec::new();
        if let Some(list) = &message.want_list {
            let full = if list.full {
                "full want list"
            } else {
                "want list"
            };
            parts.push(format!("{full}: {}", listed(&list.entries, entry)));
        }
        if !message.deliveries.is_empty() {
            let deliveries: Vec<_> = message.deliveries.iter().zip(blocks).collect();
            parts.push(format!(
                "delivery: {}",
                listed(&deliveries, |(delivery, block)| delivered(delivery, block))
            ));
        }
        if !message.presences.is_empty() {
            parts.push(format!(
                "presence: {}",
                listed(&message.presences, presence)
            ));
        }
        if let Some(account) = &message.account {
            parts.push(format!("account 0x{}", hex::encode(account.0)));
        }
        if message.payment.is_some() {
            parts.push("payment".to_owned());
        }
        if !unusable.is_empty() {
            parts.push(format!(
                "unusable: {}",
                listed(unusable, |unusable| unusable.to_string())
            ));
        }
        if parts.is_empty() {
            parts.push("an empty message".to_owned());
        }
        f.write_str(&parts.join(" + "))
    }
}

fn listed<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let mut shown: Vec<String> = items.iter().take(MOST_PARTS).map(show).collect();
    if items.len() > MOST_PARTS {
        shown.push(format!("and {} more", items.len() - MOST_PARTS));
    }
    if shown.is_empty() {
        shown.push("no entries".to_owned());
    }
    shown.join(", ")
}

fn entry(entry: &WantEntry) -> String {
    let kind = match (entry.cancel, entry.want_type) {
        (true, _) => "cancel",
        (false, WantType::WantBlock) => "WantBlock",
        (false, WantType::WantHave) => "WantHave",
    };
    let priority = match entry.priority {
        0 => String::new(),
        priority => format!(" priority {priority}"),
    };
    let dont_have = if entry.send_dont_have {
        " sendDontHave"
    } else {
        ""
    };
    format!("{kind} {}{priority}{dont_have}", short(&entry.address))
}

fn presence(presence: &Presence) -> String {
    let kind = match presence.presence_type {
        PresenceType::Have => "Have",
        PresenceType::DontHave => "DontHave",
    };
    let price = if presence.price == Price::ZERO {
        String::new()
    } else {
        format!(" for {}", presence.price)
    };
    format!("{kind} {}{price}", short(&presence.address))
}

fn delivered(delivery: &Delivery, block: &ReceivedBlock) -> String {
    let size = block.data.len();
    let wrong = if delivery.evidence == Evidence::valid_for(&delivery.address) {
        ""
    } else {
        " (not valid)"
    };
    format!("{} of {size} bytes{wrong}", short(&delivery.address))
}
