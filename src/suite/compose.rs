//! Composes messages of the wire for scenarios.
//!
//! Everything made here is a plain generated protobuf type with public fields, so that a scenario
//! can bend any of them into what no honest node would send.

use bytes::Bytes;

use crate::wire::protobuf::wantlist::Entry;
use crate::wire::protobuf::{AccountMessage, BlockDelivery, BlockPresence, Message, Wantlist};
use crate::wire::{Address, BlockCid, address};

/// `want_type` on the wire.
pub const WANT_BLOCK: i32 = 0;
/// `want_type` on the wire.
pub const WANT_HAVE: i32 = 1;
/// `type` of a presence item on the wire.
pub const HAVE: i32 = 0;
/// `type` of a presence item on the wire.
pub const DONT_HAVE: i32 = 1;

fn entry(address: &Address, want_type: i32) -> Entry {
    Entry {
        address: Some(address::to_protobuf(address)),
        priority: 0,
        cancel: false,
        want_type,
        send_dont_have: false,
    }
}

/// A WantHave entry: priority 0, no DontHave asked for.
pub fn want_have(address: &Address) -> Entry {
    entry(address, WANT_HAVE)
}

/// A WantBlock entry: priority 0, no DontHave asked for.
pub fn want_block(address: &Address) -> Entry {
    entry(address, WANT_BLOCK)
}

/// A cancel entry, typed WantHave as deployed nodes type it.
pub fn cancel(address: &Address) -> Entry {
    Entry {
        cancel: true,
        ..want_have(address)
    }
}

impl Entry {
    /// The same, asking for a DontHave.
    pub fn with_dont_have(self) -> Self {
        Entry {
            send_dont_have: true,
            ..self
        }
    }

    /// The same with another priority.
    pub fn with_priority(self, priority: i32) -> Self {
        Entry { priority, ..self }
    }
}

/// A message with a want list that adds to what was sent before (`full = false`).
pub fn list(entries: impl IntoIterator<Item = Entry>) -> Message {
    lists(entries, false)
}

/// A message with a want list that replaces what was sent before (`full = true`).
pub fn full_list(entries: impl IntoIterator<Item = Entry>) -> Message {
    lists(entries, true)
}

fn lists(entries: impl IntoIterator<Item = Entry>, full: bool) -> Message {
    Message {
        wantlist: Some(Wantlist {
            entries: entries.into_iter().collect(),
            full,
        }),
        ..Message::default()
    }
}

/// A Have item, free of charge.
pub fn have(address: &Address) -> BlockPresence {
    have_at(address, Bytes::from_static(&[0; 32]))
}

/// A Have item with a price: big-endian bytes.
pub fn have_at(address: &Address, price: impl Into<Bytes>) -> BlockPresence {
    BlockPresence {
        address: Some(address::to_protobuf(address)),
        r#type: HAVE,
        price: price.into(),
    }
}

/// A DontHave item.
pub fn dont_have(address: &Address) -> BlockPresence {
    BlockPresence {
        r#type: DONT_HAVE,
        ..have(address)
    }
}

/// A message of presence items.
pub fn presences(items: impl IntoIterator<Item = BlockPresence>) -> Message {
    Message {
        block_presences: items.into_iter().collect(),
        ..Message::default()
    }
}

/// A delivery, without a proof.
pub fn delivery(address: &Address, cid: &BlockCid, data: impl Into<Bytes>) -> BlockDelivery {
    BlockDelivery {
        cid: Bytes::copy_from_slice(cid.as_bytes()),
        data: data.into(),
        address: Some(address::to_protobuf(address)),
        proof: None,
    }
}

/// A message of deliveries.
pub fn deliveries(items: impl IntoIterator<Item = BlockDelivery>) -> Message {
    Message {
        payload: items.into_iter().collect(),
        ..Message::default()
    }
}

/// A message with an account; 20 bytes are what an honest node sends.
pub fn account(address: impl Into<Bytes>) -> Message {
    Message {
        account: Some(AccountMessage {
            address: address.into(),
        }),
        ..Message::default()
    }
}
