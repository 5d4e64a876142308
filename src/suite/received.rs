//! What came from the target: [`Received`] messages, and [`Came`], a run of them seen as one.
//!
//! A foreign node may merge into one message what another splits into several, so most scenarios
//! look at the flattened views of [`Came`]: presence items, deliveries, want entries, in the order
//! in which they came.

use std::fmt;

use blockexc_model::message::{Account, PresenceType, WantType};
use blockexc_model::price::Price;
use bytes::Bytes;

use super::exchange::Place;
use crate::wire::{
    Address, DecodeOptions, Decoded, Delivery, Message, Presence, ReceivedBlock, WantEntry,
    address, decode,
};

/// How many parts of a message are written out in a line.
const MOST_PARTS: usize = 6;

/// A message of the target, or a frame of it that is none.
#[derive(Clone, Debug)]
pub struct Received {
    /// Where it came.
    pub place: Place,
    /// Whether it came on a stream that the suite opened.
    pub on_our_stream: bool,
    /// The frame's bytes, without the length.
    pub bytes: Bytes,
    /// What is usable of it, without answers to barriers; empty when the frame is no message.
    pub decoded: Decoded,
    /// Why the frame is no message, if it is none.
    pub undecodable: Option<String>,
}

impl Received {
    /// Its message.
    pub fn message(&self) -> &Message {
        &self.decoded.message
    }
}

/// A delivery with its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'a> {
    /// Address, CID, and what examining the bytes has shown.
    pub delivery: &'a Delivery,
    /// The bytes.
    pub block: &'a ReceivedBlock,
}

impl Delivered<'_> {
    /// Whether it is a complete and right delivery for its address (XFER-1, XFER-3, XFER-4).
    pub fn is_valid(&self) -> bool {
        self.delivery.evidence
            == blockexc_model::message::Evidence::valid_for(&self.delivery.address)
    }
}

/// What came, in order; answers to barriers are left out.
#[derive(Clone, Debug, Default)]
pub struct Came(pub Vec<Received>);

impl Came {
    /// Whether nothing came.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.0.iter().map(Received::message)
    }

    /// All presence items.
    pub fn presences(&self) -> impl Iterator<Item = &Presence> {
        self.messages().flat_map(|message| &message.presences)
    }

    /// The presence items for this address.
    pub fn presences_of(&self, address: &Address) -> Vec<&Presence> {
        self.presences()
            .filter(|presence| presence.address == *address)
            .collect()
    }

    /// Whether a Have for this address came.
    pub fn has_have(&self, address: &Address) -> bool {
        self.says(address, PresenceType::Have)
    }

    /// Whether a DontHave for this address came.
    pub fn has_dont_have(&self, address: &Address) -> bool {
        self.says(address, PresenceType::DontHave)
    }

    fn says(&self, address: &Address, presence_type: PresenceType) -> bool {
        self.presences()
            .any(|presence| presence.address == *address && presence.presence_type == presence_type)
    }

    /// All deliveries.
    pub fn deliveries(&self) -> impl Iterator<Item = Delivered<'_>> {
        self.0.iter().flat_map(|received| {
            let deliveries = received.decoded.message.deliveries.iter();
            deliveries
                .zip(&received.decoded.blocks)
                .map(|(delivery, block)| Delivered { delivery, block })
        })
    }

    /// The deliveries for this address.
    pub fn deliveries_of(&self, address: &Address) -> Vec<Delivered<'_>> {
        self.deliveries()
            .filter(|delivered| delivered.delivery.address == *address)
            .collect()
    }

    /// Whether a delivery for this address came, right or not.
    pub fn has_delivery(&self, address: &Address) -> bool {
        !self.deliveries_of(address).is_empty()
    }

    /// All entries of want lists.
    pub fn want_entries(&self) -> impl Iterator<Item = &WantEntry> {
        self.want_lists().flat_map(|list| &list.entries)
    }

    /// The want lists.
    pub fn want_lists(&self) -> impl Iterator<Item = &crate::wire::WantList> {
        self.messages()
            .filter_map(|message| message.want_list.as_ref())
    }

    /// The want entries for this address.
    pub fn entries_for(&self, address: &Address) -> Vec<&WantEntry> {
        self.want_entries()
            .filter(|entry| entry.address == *address)
            .collect()
    }

    /// Whether the target asked for word of this block: a WantHave entry, no cancel.
    pub fn has_want_have(&self, address: &Address) -> bool {
        self.wants(address, WantType::WantHave)
    }

    /// Whether the target asked for this block itself: a WantBlock entry, no cancel.
    pub fn has_want_block(&self, address: &Address) -> bool {
        self.wants(address, WantType::WantBlock)
    }

    fn wants(&self, address: &Address, want_type: WantType) -> bool {
        self.want_entries()
            .any(|entry| entry.address == *address && !entry.cancel && entry.want_type == want_type)
    }

    /// Whether a cancel entry for this address came.
    pub fn has_cancel(&self, address: &Address) -> bool {
        self.want_entries()
            .any(|entry| entry.address == *address && entry.cancel)
    }

    /// The accounts that came.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.messages()
            .filter_map(|message| message.account.as_ref())
    }
}

impl Extend<Received> for Came {
    fn extend<I: IntoIterator<Item = Received>>(&mut self, received: I) {
        self.0.extend(received);
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (i, received) in self.0.iter().enumerate() {
            if i == MOST_PARTS {
                return write!(f, "; and {} more messages", self.0.len() - i);
            }
            if i > 0 {
                f.write_str("; ")?;
            }
            match &received.undecodable {
                Some(why) => f.write_str(why)?,
                None => write!(f, "{}", Says(&received.decoded))?,
            }
        }
        Ok(())
    }
}

/// What the bytes of a frame say, in a line.
pub fn describe(bytes: &Bytes) -> String {
    match decode(bytes.clone(), &DecodeOptions::default()) {
        Ok(decoded) => Says(&decoded).to_string(),
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

/// Shows a message in a line.
pub struct Says<'a>(pub &'a Decoded);

impl fmt::Display for Says<'_> {
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
    let wrong = if (Delivered { delivery, block }).is_valid() {
        ""
    } else {
        " (not valid)"
    };
    format!("{} of {size} bytes{wrong}", short(&delivery.address))
}

/// An address in full, for reports.
pub fn full(address: &Address) -> String {
    address::show(address).to_string()
}
