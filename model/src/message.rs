//! What peers say to each other, free of any encoding.

use serde::{Deserialize, Serialize};

use crate::address::{Address, Names};
use crate::price::Price;

/// One message of the protocol. Its parts are handled in the order of the fields (WIRE-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message<N: Names> {
    /// What the sender wants, or no longer wants.
    pub want_list: Option<WantList<N::Cid>>,
    /// Blocks.
    pub deliveries: Vec<Delivery<N::Cid>>,
    /// What the sender has, or has not, of what it was asked about.
    pub presences: Vec<Presence<N::Cid>>,
    /// Where the sender wants to be paid.
    pub account: Option<Account>,
    /// A payment, opaque (PAY-2).
    pub payment: Option<Payment>,
}

impl<N: Names> Default for Message<N> {
    /// The empty message, which does nothing.
    fn default() -> Self {
        Message {
            want_list: None,
            deliveries: Vec::new(),
            presences: Vec::new(),
            account: None,
            payment: None,
        }
    }
}

impl<N: Names> Message<N> {
    /// A message that holds a want list only.
    pub fn want_list(entries: Vec<WantEntry<N::Cid>>, full: bool) -> Self {
        Message {
            want_list: Some(WantList { entries, full }),
            ..Message::default()
        }
    }

    /// A message that holds presence items only.
    pub fn presences(presences: Vec<Presence<N::Cid>>) -> Self {
        Message {
            presences,
            ..Message::default()
        }
    }

    /// A message that holds deliveries only.
    pub fn deliveries(deliveries: Vec<Delivery<N::Cid>>) -> Self {
        Message {
            deliveries,
            ..Message::default()
        }
    }

    /// A message that holds an account only.
    pub fn account(account: Account) -> Self {
        Message {
            account: Some(account),
            ..Message::default()
        }
    }

    /// Whether the message says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.want_list.is_none()
            && self.deliveries.is_empty()
            && self.presences.is_empty()
            && self.account.is_none()
            && self.payment.is_none()
    }
}

/// A list of wants, complete (`full`) or an addition to what was said before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WantList<C> {
    /// Handled in order (WANT-15).
    pub entries: Vec<WantEntry<C>>,
    /// The list replaces what was recorded before (WANT-11).
    pub full: bool,
}

/// One entry of a want list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WantEntry<C> {
    /// The block that the entry is about.
    pub address: Address<C>,
    /// The higher, the sooner (WANT-14).
    pub priority: i32,
    /// The want is over (WANT-8).
    pub cancel: bool,
    /// Whether the block is wanted, or word of its presence.
    pub want_type: WantType,
    /// A block that is not held shall be answered with DontHave.
    pub send_dont_have: bool,
}

impl<C> WantEntry<C> {
    /// An entry as nodes send it: priority 0, no cancel, no DontHave asked for.
    pub fn new(address: Address<C>, want_type: WantType) -> Self {
        WantEntry {
            address,
            priority: 0,
            cancel: false,
            want_type,
            send_dont_have: false,
        }
    }

    /// WantHave: does the receiver have this block?
    pub fn want_have(address: Address<C>) -> Self {
        WantEntry::new(address, WantType::WantHave)
    }

    /// WantBlock: the receiver shall send this block.
    pub fn want_block(address: Address<C>) -> Self {
        WantEntry::new(address, WantType::WantBlock)
    }

    /// A cancel entry, typed WantHave as deployed nodes type it.
    pub fn cancel(address: Address<C>) -> Self {
        WantEntry {
            cancel: true,
            ..WantEntry::want_have(address)
        }
    }
}

/// What an entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WantType {
    /// The block itself.
    WantBlock,
    /// Word of whether the peer has it.
    WantHave,
}

/// A block on its way, under the address it was asked for (XFER-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delivery<C> {
    /// The address as it was asked for.
    pub address: Address<C>,
    /// The CID that the delivery gives for the block.
    pub cid: C,
    /// What examining the bytes has shown. The model holds no bytes: whoever decodes a delivery
    /// examines it, and the model decides what follows.
    pub evidence: Evidence,
}

impl<C> Delivery<C> {
    /// A delivery with nothing wrong with it.
    pub fn valid(address: Address<C>, cid: C) -> Self {
        let evidence = Evidence::valid_for(&address);
        Delivery {
            address,
            cid,
            evidence,
        }
    }
}

/// What is true of the bytes of a delivery (XFER-3, XFER-4). Facts, not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The data field holds anything (WIRE-9).
    pub has_data: bool,
    /// The data hashes to the CID that the delivery gives.
    pub data_matches_cid: bool,
    /// The given CID is the address: a plain address only, `true` for a leaf.
    pub cid_matches_address: bool,
    /// What the proof shows: a leaf address only, [`ProofEvidence::Missing`] for a plain one.
    pub proof: ProofEvidence,
}

impl Evidence {
    /// Of a delivery for a plain address with nothing wrong with it.
    pub const VALID_PLAIN: Evidence = Evidence {
        has_data: true,
        data_matches_cid: true,
        cid_matches_address: true,
        proof: ProofEvidence::Missing,
    };

    /// Of a delivery for a leaf address with nothing wrong with it.
    pub const VALID_LEAF: Evidence = Evidence {
        proof: ProofEvidence::Verified,
        ..Evidence::VALID_PLAIN
    };

    /// Of a delivery with nothing wrong with it, for this address.
    pub fn valid_for<C>(address: &Address<C>) -> Evidence {
        if address.is_leaf() {
            Evidence::VALID_LEAF
        } else {
            Evidence::VALID_PLAIN
        }
    }
}

/// What the Merkle proof of a delivery shows (XFER-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProofEvidence {
    /// There is none.
    Missing,
    /// It does not decode.
    Undecodable,
    /// It decodes, and is for another index than the address names.
    OtherIndex,
    /// It decodes, has the address's index, and does not lead from the block's hash to the root.
    Unverified,
    /// It proves that the block is that leaf of that tree.
    Verified,
}

/// What a peer says of one block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Presence<C> {
    /// The block.
    pub address: Address<C>,
    /// Whether the peer has it.
    pub presence_type: PresenceType,
    /// What it asks for it.
    pub price: Price,
}

/// Whether a peer has a block. An unknown type on the wire counts as DontHave (PRES-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PresenceType {
    /// It has the block.
    Have,
    /// It has not.
    DontHave,
}

/// A 20-byte Ethereum address (PAY-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account(pub [u8; 20]);

/// A signed state-channel update, opaque here (PAY-2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Payment(pub Vec<u8>);
