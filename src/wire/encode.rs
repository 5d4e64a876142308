//! From the model's message to bytes, split where it would not fit into a frame (XFER-9).

use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::price::Price;
use bytes::Bytes;
use prost::Message as _;
use prost::encoding::encoded_len_varint;

use super::frame::DEFAULT_LIMIT;
use super::network::{Address, Delivery, Message, Presence, WantEntry};
use super::{address, protobuf};

/// How messages are encoded. The default is the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// The longest message, in bytes without its length prefix.
    pub limit: u64,
    /// Prices are sent as 8 bytes, least significant first: the deviation `little-endian-price`.
    pub little_endian_price: bool,
    /// Prices are left out: `no-accounts`.
    pub no_price: bool,
    /// Proofs are left out: the deviation `deliver-without-proof`.
    pub without_proof: bool,
    /// The limit is not looked at: the deviation `unbounded-message`.
    pub unbounded: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions {
            limit: DEFAULT_LIMIT,
            little_endian_price: false,
            no_price: false,
            without_proof: false,
            unbounded: false,
        }
    }
}

impl EncodeOptions {
    /// The options of a node that deviates so, with the default limit.
    pub fn from_deviations(deviations: Deviations) -> Self {
        EncodeOptions {
            limit: DEFAULT_LIMIT,
            little_endian_price: deviations.contains(Deviation::LittleEndianPrice),
            no_price: deviations.contains(Deviation::NoAccounts),
            without_proof: deviations.contains(Deviation::DeliverWithoutProof),
            unbounded: deviations.contains(Deviation::UnboundedMessage),
        }
    }

    /// The same with another limit.
    pub fn with_limit(self, limit: u64) -> Self {
        EncodeOptions { limit, ..self }
    }

    fn limit(&self) -> usize {
        if self.unbounded {
            usize::MAX
        } else {
            usize::try_from(self.limit).unwrap_or(usize::MAX)
        }
    }
}

/// The bytes that go into a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingBlock {
    /// The block's bytes.
    pub data: Bytes,
    /// The encoded proof, for a leaf address.
    pub proof: Option<Bytes>,
}

/// A part that was left out of what is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// There are no bytes for a delivery: the block has gone since.
    #[error("the block {} is no longer held", address::show(.0))]
    NoBlock(Address),
    /// A delivery does not fit into a message by itself.
    #[error("a message with the block {} has {length} bytes, the limit is {limit}", address::show(.address))]
    TooLong {
        /// The block's address.
        address: Address,
        /// The bytes of a message with it alone.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// Something else does not fit into a message by itself.
    #[error("a message with the {what} has {length} bytes, the limit is {limit}")]
    OtherTooLong {
        /// The kind of part.
        what: &'static str,
        /// The bytes of a message with it alone.
        length: usize,
        /// The limit.
        limit: usize,
    },
}

/// A message, encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// To be sent in this order, each in a frame of its own, or as one if they are frames.
    pub messages: Vec<Bytes>,
    /// What is missing from them.
    pub unsendable: Vec<Unsendable>,
}

/// Encodes a message as one, whatever its size. Deliveries without bytes are left out.
pub fn encode(
    message: &Message,
    blocks: &mut dyn FnMut(&Delivery) -> Option<OutgoingBlock>,
    options: &EncodeOptions,
) -> Bytes {
    let options = EncodeOptions {
        unbounded: true,
        ..*options
    };
    let encoded = encode_split(message, blocks, &options);
    encoded.messages.into_iter().next().unwrap_or_default()
}

/// Encodes a message as several, none of which exceeds the limit (XFER-9).
///
/// Their parts, one message after the other, are in the order in which those of the whole would
/// be handled (WIRE-6). Of a full want list only the first part is full. The empty message is one
/// empty message; one whose every part is unsendable is none.
pub fn encode_split(
    message: &Message,
    blocks: &mut dyn FnMut(&Delivery) -> Option<OutgoingBlock>,
    options: &EncodeOptions,
) -> Encoded {
    split(message, blocks, options, protobuf::Message::encode_to_vec)
}

/// The same as frames: each message has its length before it (WIRE-1).
pub fn encode_frames(
    message: &Message,
    blocks: &mut dyn FnMut(&Delivery) -> Option<OutgoingBlock>,
    options: &EncodeOptions,
) -> Encoded {
    let to_frame = protobuf::Message::encode_length_delimited_to_vec;
    split(message, blocks, options, to_frame)
}

fn split(
    message: &Message,
    blocks: &mut dyn FnMut(&Delivery) -> Option<OutgoingBlock>,
    options: &EncodeOptions,
    to_bytes: ToBytes,
) -> Encoded {
    let mut splitter = Splitter::new(options.limit(), to_bytes);
    if let Some(list) = &message.want_list {
        splitter.begin_list(list.full);
        for entry in &list.entries {
            splitter.entry(want_entry(entry));
        }
    }
    for delivery in &message.deliveries {
        match blocks(delivery) {
            Some(block) => {
                splitter.delivery(&delivery.address, to_delivery(delivery, block, options))
            }
            None => splitter
                .encoded
                .unsendable
                .push(Unsendable::NoBlock(delivery.address.clone())),
        }
    }
    for presence in &message.presences {
        splitter.presence(to_presence(presence, options));
    }
    if let Some(account) = message.account {
        splitter.account(protobuf::AccountMessage {
            address: Bytes::copy_from_slice(&account.0),
        });
    }
    if let Some(payment) = &message.payment {
        splitter.payment(protobuf::StateChannelUpdate {
            update: Bytes::copy_from_slice(&payment.0),
        });
    }
    splitter.finish()
}

fn want_entry(entry: &WantEntry) -> protobuf::wantlist::Entry {
    protobuf::wantlist::Entry {
        address: Some(address::to_protobuf(&entry.address)),
        priority: entry.priority,
        cancel: entry.cancel,
        want_type: match entry.want_type {
            WantType::WantBlock => protobuf::wantlist::WantType::WantBlock,
            WantType::WantHave => protobuf::wantlist::WantType::WantHave,
        }
        .into(),
        send_dont_have: entry.send_dont_have,
    }
}

fn to_delivery(
    delivery: &Delivery,
    block: OutgoingBlock,
    options: &EncodeOptions,
) -> protobuf::BlockDelivery {
    protobuf::BlockDelivery {
        cid: Bytes::copy_from_slice(delivery.cid.as_bytes()),
        data: block.data,
        address: Some(address::to_protobuf(&delivery.address)),
        proof: block.proof.filter(|_| !options.without_proof),
    }
}

fn to_presence(presence: &Presence, options: &EncodeOptions) -> protobuf::BlockPresence {
    protobuf::BlockPresence {
        address: Some(address::to_protobuf(&presence.address)),
        r#type: match presence.presence_type {
            PresenceType::Have => protobuf::PresenceType::PresenceHave,
            PresenceType::DontHave => protobuf::PresenceType::PresenceDontHave,
        }
        .into(),
        price: price(presence.price, options),
    }
}

fn price(price: Price, options: &EncodeOptions) -> Bytes {
    let mut bytes = price.to_big_endian();
    if options.no_price {
        Bytes::new()
    } else if options.little_endian_price {
        bytes.reverse();
        Bytes::copy_from_slice(&bytes[..8])
    } else {
        Bytes::copy_from_slice(&bytes)
    }
}

/// The bytes of a field of this length, with its tag (below 16, so one byte) and its length.
fn field_length(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

/// How a message is written: by itself, or with its length before it, which its limit does not count.
type ToBytes = fn(&protobuf::Message) -> Vec<u8>;

/// Collects parts until the next would not fit.
struct Splitter {
    limit: usize,
    to_bytes: ToBytes,
    current: protobuf::Message,
    /// The encoded length of `current` without its want list.
    others: usize,
    /// The encoded length of the content of `current`'s want list.
    list: usize,
    encoded: Encoded,
    /// Whether anything was asked to be put in.
    any: bool,
}

impl Splitter {
    fn new(limit: usize, to_bytes: ToBytes) -> Self {
        Splitter {
            limit,
            to_bytes,
            current: protobuf::Message::default(),
            others: 0,
            list: 0,
            encoded: Encoded::default(),
            any: false,
        }
    }

    fn list_field(&self, list: usize) -> usize {
        if self.current.wantlist.is_some() {
            field_length(list)
        } else {
            0
        }
    }

    fn flush(&mut self) {
        let message = std::mem::take(&mut self.current);
        self.encoded.messages.push((self.to_bytes)(&message).into());
        self.others = 0;
        self.list = 0;
    }

    /// Makes room for a field of this length, or says how long a message with it would be.
    fn make_room(&mut self, length: usize) -> Result<(), usize> {
        self.any = true;
        if length > self.limit {
            return Err(length);
        }
        if self.others + self.list_field(self.list) + length > self.limit {
            self.flush();
        }
        self.others += length;
        Ok(())
    }

    fn begin_list(&mut self, full: bool) {
        self.any = true;
        let length = field_length(if full { 2 } else { 0 });
        if length > self.limit {
            self.too_long("want list", length);
            return;
        }
        self.current.wantlist = Some(protobuf::Wantlist {
            entries: Vec::new(),
            full,
        });
        self.list = if full { 2 } else { 0 };
    }

    fn entry(&mut self, entry: protobuf::wantlist::Entry) {
        let length = field_length(entry.encoded_len());
        if field_length(length + 2) > self.limit {
            self.too_long("want list entry", field_length(length + 2));
            return;
        }
        if field_length(self.list + length) > self.limit {
            self.flush();
            self.begin_list(false);
        }
        self.list += length;
        if let Some(list) = &mut self.current.wantlist {
            list.entries.push(entry);
        }
    }

    fn delivery(&mut self, address: &Address, delivery: protobuf::BlockDelivery) {
        match self.make_room(field_length(delivery.encoded_len())) {
            Ok(()) => self.current.payload.push(delivery),
            Err(length) => self.encoded.unsendable.push(Unsendable::TooLong {
                address: address.clone(),
                length,
                limit: self.limit,
            }),
        }
    }

    fn presence(&mut self, presence: protobuf::BlockPresence) {
        match self.make_room(field_length(presence.encoded_len())) {
            Ok(()) => self.current.block_presences.push(presence),
            Err(length) => self.too_long("presence item", length),
        }
    }

    fn account(&mut self, account: protobuf::AccountMessage) {
        match self.make_room(field_length(account.encoded_len())) {
            Ok(()) => self.current.account = Some(account),
            Err(length) => self.too_long("account", length),
        }
    }

    fn payment(&mut self, payment: protobuf::StateChannelUpdate) {
        match self.make_room(field_length(payment.encoded_len())) {
            Ok(()) => self.current.payment = Some(payment),
            Err(length) => self.too_long("payment", length),
        }
    }

    fn too_long(&mut self, what: &'static str, length: usize) {
        self.encoded.unsendable.push(Unsendable::OtherTooLong {
            what,
            length,
            limit: self.limit,
        });
    }

    fn finish(mut self) -> Encoded {
        let holds_something = self.others > 0 || self.current.wantlist.is_some();
        let nothing_to_say = !self.any && self.encoded.unsendable.is_empty();
        if holds_something || nothing_to_say {
            self.flush();
        }
        self.encoded
    }
}
