//! From bytes to the model's message.
//!
//! A message is decoded part by part, so that the memory taken stays in proportion to what is
//! usable in it: a frame full of empty entries costs nothing but the time to skip them. The worst
//! is a frame full of the shortest valid CIDs, whose parts take about ten times its length; a node
//! that is short of memory sets its frame limit accordingly.

use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::message::{Account, Evidence, Payment, PresenceType, ProofEvidence, WantType};
use blockexc_model::price::Price;
use bytes::{Buf, Bytes};
use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::cid::{BlockCid, sha256};
use super::network::{Address, Delivery, Message, Presence, WantEntry, WantList};
use super::tree::Proof;
use super::unusable::{Part, Reason, Unusable};
use super::{address, protobuf};

/// How many unusable parts of one message are described; all are counted.
pub const MAX_DESCRIBED: usize = 1000;

/// How decoding deviates. The default is the reference: no deviation at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// An address without a CID, or none at all, is one with an absent CID.
    pub answer_missing_address: bool,
    /// A CID that does not parse makes the whole message refused.
    pub refuse_whole_message: bool,
    /// A number that a deployed node cannot hold ends the process.
    pub abort_on_unknown_enum: bool,
    /// An unknown want type is WantHave.
    pub unknown_want_as_have: bool,
    /// An unknown want type is WantBlock.
    pub unknown_want_as_block: bool,
    /// A WantHave for a leaf index of 2^63 or more ends the process.
    pub abort_on_odd_index: bool,
    /// Accounts, payments and prices are not looked at.
    pub no_accounts: bool,
    /// An unknown presence type is Have.
    pub unknown_presence_as_have: bool,
    /// A field with an unknown number makes the whole message refused.
    pub refuse_unknown_fields: bool,
    /// A price that is too long makes all presence items unusable.
    pub reject_long_prices: bool,
    /// An account's address is cut or padded with zeros at its end to 20 bytes.
    pub any_length_account: bool,
}

impl DecodeOptions {
    /// The options of a node that deviates so.
    pub fn from_deviations(deviations: Deviations) -> Self {
        let has = |deviation| deviations.contains(deviation);
        DecodeOptions {
            answer_missing_address: has(Deviation::AnswerMissingAddress),
            refuse_whole_message: has(Deviation::RefuseWholeMessage),
            abort_on_unknown_enum: has(Deviation::AbortOnUnknownEnum),
            unknown_want_as_have: has(Deviation::UnknownWantAsHave),
            unknown_want_as_block: has(Deviation::UnknownWantAsBlock),
            abort_on_odd_index: has(Deviation::AbortOnOddIndex),
            no_accounts: has(Deviation::NoAccounts),
            unknown_presence_as_have: has(Deviation::UnknownPresenceAsHave),
            refuse_unknown_fields: has(Deviation::RefuseUnknownFields),
            reject_long_prices: has(Deviation::RejectLongPrices),
            any_length_account: has(Deviation::AnyLengthAccount),
        }
    }
}

/// The bytes of a frame, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What is usable. An empty want list that is not full, an empty account and an empty
    /// payment say nothing, and are left out: deployed nodes send them with every message.
    pub message: Message,
    /// The bytes of `message.deliveries`, in their order.
    pub blocks: Vec<ReceivedBlock>,
    /// What is not usable, the first [`MAX_DESCRIBED`] parts of it.
    pub unusable: Vec<Unusable>,
    /// How many parts are not usable.
    pub unusable_count: usize,
    /// Whether a WantBlock entry has no address: for nodes that stumble over it.
    pub names_nothing: bool,
}

/// The bytes of a delivery. They share the frame's memory: copy what is to be kept for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedBlock {
    /// The block's bytes; empty when there are none.
    pub data: Bytes,
    /// The encoded proof.
    pub proof: Option<Bytes>,
}

/// A frame that cannot be taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no protobuf `Message` (WIRE-3).
    #[error("the frame is no Message: {0} (WIRE-3)")]
    NotAMessage(#[from] prost::DecodeError),
    /// This node refuses the whole message for one part of it.
    #[error("the message is refused for one part of it: {0}")]
    Refused(Unusable),
    /// This node refuses messages with a field that it does not know.
    #[error("the message is refused for its field {0}, which is unknown")]
    UnknownField(u32),
    /// This node cannot hold a number of the message, and its process ends.
    #[error("the process ends: {0}")]
    Abort(Unusable),
}

/// Reads the bytes of a frame, and examines every delivery.
pub fn decode(bytes: Bytes, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    decode_examining(bytes, options, |_| true)
}

/// Reads the bytes of a frame, and examines the deliveries of these addresses only.
///
/// Examining hashes the block and its proof, which is most of the cost. An unexamined delivery
/// has the evidence `has_data` and `cid_matches_address` as it is, `data_matches_cid` false, and
/// its proof [`Missing`](ProofEvidence::Missing) or [`Unverified`](ProofEvidence::Unverified):
/// good for an address that is not wanted, whose delivery is ignored whatever it holds (XFER-2).
/// [`examine`] makes up for it.
pub fn decode_examining(
    bytes: Bytes,
    options: &DecodeOptions,
    wanted: impl FnMut(&Address) -> bool,
) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder {
        options: *options,
        wanted,
        decoded: Decoded::default(),
        entries: 0,
        deliveries: 0,
        presences: 0,
        account: Bytes::new(),
        payment: Bytes::new(),
        long_price: false,
        presence_places: Vec::new(),
    };
    decoder.message(bytes)?;
    Ok(decoder.finish())
}

/// What the bytes of a delivery show. Hashes them.
pub fn examine(address: &Address, cid: &BlockCid, block: &ReceivedBlock) -> Evidence {
    let digest = sha256(&block.data);
    let mut evidence = glance(address, cid, block);
    evidence.data_matches_cid = evidence.has_data && cid.digest() == Some(digest);
    if let (Address::Leaf { tree, index }, Some(proof)) = (address, &block.proof) {
        evidence.proof = match Proof::decode(proof) {
            Err(_) => ProofEvidence::Undecodable,
            Ok(proof) if proof.index != *index => ProofEvidence::OtherIndex,
            Ok(proof) => match tree.digest() {
                Some(root) if proof.verify(&root, &digest).is_ok() => ProofEvidence::Verified,
                _ => ProofEvidence::Unverified,
            },
        };
    }
    evidence
}

/// What shows without hashing.
fn glance(address: &Address, cid: &BlockCid, block: &ReceivedBlock) -> Evidence {
    Evidence {
        has_data: !block.data.is_empty(),
        data_matches_cid: false,
        cid_matches_address: match address {
            Address::Plain(named) => named == cid,
            Address::Leaf { .. } => true,
        },
        proof: if address.is_leaf() && block.proof.is_some() {
            ProofEvidence::Unverified
        } else {
            ProofEvidence::Missing
        },
    }
}

struct Decoder<F> {
    options: DecodeOptions,
    wanted: F,
    decoded: Decoded,
    /// How many entries, deliveries and presences there were, usable or not.
    entries: usize,
    deliveries: usize,
    presences: usize,
    account: Bytes,
    payment: Bytes,
    long_price: bool,
    /// The places of the usable presences, for nodes that may drop them all in the end.
    presence_places: Vec<usize>,
}

impl<F: FnMut(&Address) -> bool> Decoder<F> {
    /// WIRE-3: whatever does not decode is an error. WIRE-4: fields come in any order, and unknown
    /// ones are skipped.
    fn message(&mut self, mut bytes: Bytes) -> Result<(), DecodeError> {
        while bytes.has_remaining() {
            let (field, wire_type) = decode_key(&mut bytes)?;
            match field {
                1 => {
                    let list = sub_message(wire_type, &mut bytes)?;
                    self.want_list(list)?;
                }
                3 => {
                    let delivery = sub_message(wire_type, &mut bytes)?;
                    self.delivery(protobuf::BlockDelivery::decode(delivery)?)?;
                }
                4 => {
                    let presence = sub_message(wire_type, &mut bytes)?;
                    self.presence(protobuf::BlockPresence::decode(presence)?)?;
                }
                5 => {
                    expect(wire_type, WireType::Varint)?;
                    decode_varint(&mut bytes)?;
                }
                // A repeated singular field: the last that says anything counts, whether a
                // library merges such messages or not.
                6 => {
                    let account = sub_message(wire_type, &mut bytes)?;
                    let account = protobuf::AccountMessage::decode(account)?.address;
                    if !account.is_empty() {
                        self.account = account;
                    }
                }
                7 => {
                    let payment = sub_message(wire_type, &mut bytes)?;
                    let payment = protobuf::StateChannelUpdate::decode(payment)?.update;
                    if !payment.is_empty() {
                        self.payment = payment;
                    }
                }
                other if self.options.refuse_unknown_fields => {
                    return Err(DecodeError::UnknownField(other));
                }
                other => skip_field(wire_type, other, &mut bytes, DecodeContext::default())?,
            }
        }
        Ok(())
    }

    fn want_list(&mut self, mut bytes: Bytes) -> Result<(), DecodeError> {
        while bytes.has_remaining() {
            let (field, wire_type) = decode_key(&mut bytes)?;
            match field {
                1 => {
                    let entry = sub_message(wire_type, &mut bytes)?;
                    self.entry(protobuf::wantlist::Entry::decode(entry)?)?;
                }
                2 => {
                    expect(wire_type, WireType::Varint)?;
                    let full = decode_varint(&mut bytes)? != 0;
                    // Merged or not, the last one counts.
                    self.list().full = full;
                }
                other => skip_field(wire_type, other, &mut bytes, DecodeContext::default())?,
            }
        }
        Ok(())
    }

    fn list(&mut self) -> &mut WantList {
        self.decoded.message.want_list.get_or_insert(WantList {
            entries: Vec::new(),
            full: false,
        })
    }

    /// WANT-16, WIRE-9: an entry without a usable address is left out. WIRE-5: so is one of an
    /// unknown type.
    fn entry(&mut self, entry: protobuf::wantlist::Entry) -> Result<(), DecodeError> {
        let index = self.entries;
        self.entries += 1;
        self.list();
        let is_want_block = entry.want_type == 0 && !entry.cancel;
        self.decoded.names_nothing |= is_want_block
            && matches!(
                address::from_protobuf(entry.address.as_ref()),
                Err(Reason::MissingAddress | Reason::AddressWithoutCid)
            );
        let Some(address) = self.address(Part::Entry, index, entry.address.as_ref())? else {
            return Ok(());
        };
        self.number("priority", Part::Entry, index, entry.priority)?;
        let want_type = match entry.want_type {
            0 => WantType::WantBlock,
            1 => WantType::WantHave,
            other => {
                let reason = Reason::UnknownWantType(other);
                if self.options.abort_on_unknown_enum {
                    return Err(abort(Part::Entry, index, reason));
                }
                match self.options {
                    options if options.unknown_want_as_have => WantType::WantHave,
                    options if options.unknown_want_as_block => WantType::WantBlock,
                    _ => {
                        self.unusable(Part::Entry, index, reason);
                        return Ok(());
                    }
                }
            }
        };
        if self.options.abort_on_odd_index
            && want_type == WantType::WantHave
            && !entry.cancel
            && let Address::Leaf { index: leaf, .. } = &address
            && i64::try_from(*leaf).is_err()
        {
            let (what, value) = ("leaf index", i128::from(*leaf));
            return Err(abort(
                Part::Entry,
                index,
                Reason::OutOfRange { what, value },
            ));
        }
        self.list().entries.push(WantEntry {
            address,
            priority: entry.priority,
            cancel: entry.cancel,
            want_type,
            send_dont_have: entry.send_dont_have,
        });
        Ok(())
    }

    /// WIRE-9: a delivery without a usable address and CID is left out.
    fn delivery(&mut self, delivery: protobuf::BlockDelivery) -> Result<(), DecodeError> {
        let index = self.deliveries;
        self.deliveries += 1;
        let cid = if delivery.cid.is_empty() {
            Err(Reason::DeliveryWithoutCid)
        } else {
            BlockCid::parse(&delivery.cid).map_err(Reason::BadCid)
        };
        let Some(cid) = self.usable(Part::Delivery, index, cid)? else {
            return Ok(());
        };
        let Some(address) = self.address(Part::Delivery, index, delivery.address.as_ref())? else {
            return Ok(());
        };
        let block = ReceivedBlock {
            data: delivery.data,
            proof: delivery.proof,
        };
        let evidence = if (self.wanted)(&address) {
            examine(&address, &cid, &block)
        } else {
            glance(&address, &cid, &block)
        };
        self.decoded.blocks.push(block);
        self.decoded.message.deliveries.push(Delivery {
            address,
            cid,
            evidence,
        });
        Ok(())
    }

    /// PRES-8: an item with a price that is too long is left out.
    fn presence(&mut self, presence: protobuf::BlockPresence) -> Result<(), DecodeError> {
        let index = self.presences;
        self.presences += 1;
        let Some(address) = self.address(Part::Presence, index, presence.address.as_ref())? else {
            return Ok(());
        };
        let presence_type = match presence.r#type {
            0 => PresenceType::Have,
            1 => PresenceType::DontHave,
            other if self.options.abort_on_unknown_enum => {
                return Err(abort(
                    Part::Presence,
                    index,
                    Reason::OutOfRange {
                        what: "presence type",
                        value: other.into(),
                    },
                ));
            }
            _ if self.options.unknown_presence_as_have => PresenceType::Have,
            // PRES-11.
            _ => PresenceType::DontHave,
        };
        let price = if self.options.no_accounts {
            Bytes::new()
        } else {
            presence.price
        };
        match Price::from_big_endian(&price) {
            Ok(price) => {
                if self.options.reject_long_prices {
                    self.presence_places.push(index);
                }
                self.decoded.message.presences.push(Presence {
                    address,
                    presence_type,
                    price,
                });
            }
            Err(too_long) => {
                self.long_price = true;
                self.unusable(Part::Presence, index, Reason::PriceTooLong(too_long.0));
            }
        }
        Ok(())
    }

    /// The address of a part, or `None` when the part is unusable for it.
    fn address(
        &mut self,
        part: Part,
        index: usize,
        message: Option<&protobuf::BlockAddress>,
    ) -> Result<Option<Address>, DecodeError> {
        let address = match address::from_protobuf(message) {
            Err(Reason::MissingAddress | Reason::AddressWithoutCid)
                if self.options.answer_missing_address =>
            {
                Ok(Address::Plain(BlockCid::absent()))
            }
            Err(Reason::LeafWithoutTree) if self.options.answer_missing_address => {
                Ok(Address::Leaf {
                    tree: BlockCid::absent(),
                    index: message.map_or(0, |message| message.index),
                })
            }
            other => other,
        };
        if let Ok(Address::Leaf { index: leaf, .. }) = &address {
            self.number("leaf index", part, index, *leaf)?;
        }
        self.usable(part, index, address)
    }

    /// Ends the process over a number outside 0 to 2^31-1, or to 2^63-1 for one of 64 bits, if
    /// that is how this node deviates.
    fn number<T: TryInto<i64> + Into<i128> + Copy>(
        &self,
        what: &'static str,
        part: Part,
        index: usize,
        value: T,
    ) -> Result<(), DecodeError> {
        match value.try_into() {
            Ok(0..) => Ok(()),
            _ if self.options.abort_on_unknown_enum => {
                let value = value.into();
                Err(abort(part, index, Reason::OutOfRange { what, value }))
            }
            _ => Ok(()),
        }
    }

    fn usable<T>(
        &mut self,
        part: Part,
        index: usize,
        result: Result<T, Reason>,
    ) -> Result<Option<T>, DecodeError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(reason @ Reason::BadCid(_)) if self.options.refuse_whole_message => {
                Err(DecodeError::Refused(Unusable {
                    part,
                    index,
                    reason,
                }))
            }
            Err(reason) => {
                self.unusable(part, index, reason);
                Ok(None)
            }
        }
    }

    fn unusable(&mut self, part: Part, index: usize, reason: Reason) {
        self.decoded.unusable_count += 1;
        if self.decoded.unusable.len() < MAX_DESCRIBED {
            self.decoded.unusable.push(Unusable {
                part,
                index,
                reason,
            });
        }
    }

    fn finish(mut self) -> Decoded {
        if self.options.reject_long_prices && self.long_price {
            self.decoded.message.presences.clear();
            for index in std::mem::take(&mut self.presence_places) {
                self.unusable(Part::Presence, index, Reason::BesideLongPrice);
            }
        }
        if self.entries == 0
            && let Some(list) = &self.decoded.message.want_list
            && !list.full
        {
            self.decoded.message.want_list = None;
        }
        if self.options.no_accounts {
            return self.decoded;
        }
        if !self.account.is_empty() {
            let length = self.account.len();
            match <[u8; 20]>::try_from(&self.account[..]) {
                Ok(address) => self.decoded.message.account = Some(Account(address)),
                Err(_) if self.options.any_length_account => {
                    let mut address = [0; 20];
                    let kept = length.min(20);
                    address[..kept].copy_from_slice(&self.account[..kept]);
                    self.decoded.message.account = Some(Account(address));
                }
                Err(_) => self.unusable(Part::Account, 0, Reason::AccountLength(length)),
            }
        }
        if !self.payment.is_empty() {
            self.decoded.message.payment = Some(Payment(self.payment.to_vec()));
        }
        self.decoded
    }
}

fn abort(part: Part, index: usize, reason: Reason) -> DecodeError {
    DecodeError::Abort(Unusable {
        part,
        index,
        reason,
    })
}

fn expect(actual: WireType, expected: WireType) -> Result<(), DecodeError> {
    Ok(prost::encoding::check_wire_type(expected, actual)?)
}

/// The bytes of a sub-message, sharing the memory of the whole.
fn sub_message(wire_type: WireType, bytes: &mut Bytes) -> Result<Bytes, DecodeError> {
    expect(wire_type, WireType::LengthDelimited)?;
    // The schema's own code for a field of type bytes, which shares memory.
    let mut sub_message = Bytes::new();
    prost::encoding::bytes::merge(wire_type, &mut sub_message, bytes, DecodeContext::default())?;
    Ok(sub_message)
}
