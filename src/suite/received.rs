//! What a peer received from the target: each [`ReceivedMessage`], and [`Received`], several of
//! them seen as one.
//!
//! A foreign node may merge into one message what another splits into several. So most scenarios
//! look at the flattened views of [`Received`]: presence items, deliveries, want entries, in the
//! order in which they came.

use std::fmt;

use blockexc_model::message::{Account, Evidence, PresenceType, WantType};
use bytes::Bytes;
use prost::Message as _;

use super::describe::{MOST_PARTS, OneLine};
use super::exchange::StreamId;
use crate::wire::protobuf;
use crate::wire::{Address, Decoded, Delivery, Message, Presence, ReceivedBlock, WantEntry};

/// A message of the target, or a frame of it that is none.
#[derive(Clone, Debug)]
pub struct ReceivedMessage {
    /// The stream on which it came.
    pub stream: StreamId,
    /// Whether it came on a stream that the suite opened.
    pub on_our_stream: bool,
    /// The frame's bytes, without the length.
    pub bytes: Bytes,
    /// What is usable of it, without answers to barriers; empty when the frame is no message.
    pub decoded: Decoded,
    /// Why the frame is no message, if it is none.
    pub undecodable: Option<String>,
}

impl ReceivedMessage {
    /// Its message.
    pub fn message(&self) -> &Message {
        &self.decoded.message
    }

    /// Whether any presence item of it has a price, if only zero.
    pub fn names_a_price(&self) -> bool {
        let message = protobuf::Message::decode(self.bytes.clone()).unwrap_or_default();
        let mut items = message.block_presences.iter();
        items.any(|item| !item.price.is_empty())
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
        self.delivery.evidence == Evidence::valid_for(&self.delivery.address)
    }
}

/// Received messages, in order, without answers to barriers.
#[derive(Clone, Debug, Default)]
pub struct Received(pub Vec<ReceivedMessage>);

impl Received {
    /// Whether nothing was received.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.0.iter().map(ReceivedMessage::message)
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
        self.has_presence(address, PresenceType::Have)
    }

    /// Whether a DontHave for this address came.
    pub fn has_dont_have(&self, address: &Address) -> bool {
        self.has_presence(address, PresenceType::DontHave)
    }

    fn has_presence(&self, address: &Address, presence_type: PresenceType) -> bool {
        self.presences()
            .any(|presence| presence.address == *address && presence.presence_type == presence_type)
    }

    /// All deliveries.
    pub fn deliveries(&self) -> impl Iterator<Item = Delivered<'_>> {
        self.0.iter().flat_map(|message| {
            let deliveries = message.decoded.message.deliveries.iter();
            deliveries
                .zip(&message.decoded.blocks)
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

    /// Whether the target asked who has this block: a WantHave entry, no cancel.
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

impl Extend<ReceivedMessage> for Received {
    fn extend<I: IntoIterator<Item = ReceivedMessage>>(&mut self, messages: I) {
        self.0.extend(messages);
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (i, message) in self.0.iter().enumerate() {
            if i == MOST_PARTS {
                return write!(f, "; and {} more messages", self.0.len() - i);
            }
            if i > 0 {
                f.write_str("; ")?;
            }
            match &message.undecodable {
                Some(why) => f.write_str(why)?,
                None => write!(f, "{}", OneLine(&message.decoded))?,
            }
        }
        Ok(())
    }
}
