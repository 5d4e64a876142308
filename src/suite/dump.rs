//! [`Dump`]: a target's state as it shows it itself. Any part may be unknown, and is then not judged.
//!
//! Each part is asked for by a method that gives it or [`Unknown`]. A scenario that needs a part
//! passes that on with `?`, and is skipped with the name of the part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use blockexc_model::message::{Account, WantType};
use blockexc_model::price::Price;
use libp2p::PeerId;

use crate::wire::{self, Address, BlockCid, WantEntry};

/// A part of a dump that a target may keep to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Which peers have a context.
    Contexts,
    /// The presence records.
    Presence,
    /// The prices in presence records.
    Prices,
    /// The recorded wants of peers.
    Wants,
    /// The order of the recorded wants.
    Order,
    /// The accounts of peers.
    Accounts,
    /// What the helpers of PRES-10 say.
    Helpers,
    /// The own wants.
    OwnWants,
    /// Which peers an own want is asked of.
    Asked,
    /// Which blocks are held.
    Held,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Part::Contexts => "which peers have a context",
            Part::Presence => "the presence records",
            Part::Prices => "the prices in presence records",
            Part::Wants => "the recorded wants of a peer",
            Part::Order => "the order of a peer's recorded wants",
            Part::Accounts => "the account of a peer",
            Part::Helpers => "what peer_have, peer_have_cids and peer_wants_cids say",
            Part::OwnWants => "the own wants",
            Part::Asked => "of whom an own want is asked",
            Part::Held => "which blocks are held",
        })
    }
}

/// The dump does not tell this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("needs a control whose dump tells {0}")]
pub struct Unknown(pub Part);

/// The state of a target, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// What is kept about each peer.
    pub contexts: Option<BTreeMap<PeerId, ContextDump>>,
    /// The own wants.
    pub own_wants: Option<Vec<OwnWant>>,
    /// The addresses whose block is held.
    pub held: Option<BTreeSet<Address>>,
}

/// An own want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWant {
    /// Its address.
    pub address: Address,
    /// The peers that it is asked of at present.
    pub asked: Option<BTreeSet<PeerId>>,
}

/// What a target keeps about one peer, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextDump {
    /// The presence records.
    pub presence: Option<Vec<PresenceRecord>>,
    /// The peer's wants.
    pub wants: Option<Vec<RecordedWant>>,
    /// Whether the wants stand in the order recorded.
    pub wants_are_ordered: bool,
    /// The account that the peer sent last. `Some(None)`: it is known that there is none.
    pub account: Option<Option<Account>>,
    /// What the helpers of PRES-10 say.
    pub helpers: Option<Helpers>,
}

/// A presence record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceRecord {
    /// The block that the peer has.
    pub address: Address,
    /// What it costs.
    pub price: Option<Price>,
}

/// A recorded want of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedWant {
    /// Its address.
    pub address: Address,
    /// Whether it is marked as cancelled; no node should keep such an entry.
    pub cancel: bool,
    /// What is wanted.
    pub want_type: Option<WantType>,
    /// How urgent it is.
    pub priority: Option<i32>,
    /// Whether a DontHave is welcome.
    pub send_dont_have: Option<bool>,
}

/// What the helpers of PRES-10 say of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helpers {
    /// What `peer_have` says.
    pub peer_have: BTreeSet<Address>,
    /// What `peer_have_cids` says.
    pub peer_have_cids: BTreeSet<BlockCid>,
    /// What `peer_wants_cids` says.
    pub peer_wants_cids: BTreeSet<BlockCid>,
}

impl Dump {
    /// Whether there is a context for this peer.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn has_context(&self, peer: &PeerId) -> Result<bool, Unknown> {
        Ok(self.context(peer)?.is_some())
    }

    /// What is kept about this peer, if anything is.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn context(&self, peer: &PeerId) -> Result<Option<&ContextDump>, Unknown> {
        let contexts = self.contexts.as_ref().ok_or(Unknown(Part::Contexts))?;
        Ok(contexts.get(peer))
    }

    /// The addresses of the own wants.
    ///
    /// # Errors
    ///
    /// When they are unknown.
    pub fn own_wants(&self) -> Result<Vec<&Address>, Unknown> {
        let wants = self.own_wants.as_ref().ok_or(Unknown(Part::OwnWants))?;
        Ok(wants.iter().map(|want| &want.address).collect())
    }

    /// Whether this address is an own want.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn is_wanted(&self, address: &Address) -> Result<bool, Unknown> {
        Ok(self.own_wants()?.contains(&address))
    }

    /// The peers that this own want is asked of, or `None` if it is no own want.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn asked_of(&self, address: &Address) -> Result<Option<&BTreeSet<PeerId>>, Unknown> {
        let wants = self.own_wants.as_ref().ok_or(Unknown(Part::OwnWants))?;
        match wants.iter().find(|want| want.address == *address) {
            None => Ok(None),
            Some(want) => Ok(Some(want.asked.as_ref().ok_or(Unknown(Part::Asked))?)),
        }
    }

    /// Whether the block of this address is held.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn is_held(&self, address: &Address) -> Result<bool, Unknown> {
        let held = self.held.as_ref().ok_or(Unknown(Part::Held))?;
        Ok(held.contains(address))
    }
}

impl ContextDump {
    /// The presence records.
    ///
    /// # Errors
    ///
    /// When they are unknown.
    pub fn presence(&self) -> Result<&[PresenceRecord], Unknown> {
        self.presence.as_deref().ok_or(Unknown(Part::Presence))
    }

    /// Whether there is a presence record of this address.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn has_record(&self, address: &Address) -> Result<bool, Unknown> {
        let records = self.presence()?;
        Ok(records.iter().any(|record| record.address == *address))
    }

    /// The price of the record of this address, if there is a record.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn price_of(&self, address: &Address) -> Result<Option<Price>, Unknown> {
        let mut records = self.presence()?.iter();
        match records.find(|record| record.address == *address) {
            None => Ok(None),
            Some(record) => Ok(Some(record.price.ok_or(Unknown(Part::Prices))?)),
        }
    }

    /// The peer's wants, in any order.
    ///
    /// # Errors
    ///
    /// When they are unknown.
    pub fn wants(&self) -> Result<&[RecordedWant], Unknown> {
        self.wants.as_deref().ok_or(Unknown(Part::Wants))
    }

    /// The entry for this address, if one is recorded.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn want(&self, address: &Address) -> Result<Option<&RecordedWant>, Unknown> {
        let mut wants = self.wants()?.iter();
        Ok(wants.find(|want| want.address == *address))
    }

    /// Whether an entry is recorded for this address.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn has_want(&self, address: &Address) -> Result<bool, Unknown> {
        Ok(self.want(address)?.is_some())
    }

    /// The addresses of the peer's wants, in the order recorded.
    ///
    /// # Errors
    ///
    /// When the wants or their order are unknown.
    pub fn wants_in_order(&self) -> Result<Vec<Address>, Unknown> {
        let wants = self.wants()?.iter();
        if !self.wants_are_ordered {
            return Err(Unknown(Part::Order));
        }
        Ok(wants.map(|want| want.address.clone()).collect())
    }

    /// The account that the peer sent last, if any.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn account(&self) -> Result<Option<Account>, Unknown> {
        self.account.ok_or(Unknown(Part::Accounts))
    }

    /// What the helpers of PRES-10 say.
    ///
    /// # Errors
    ///
    /// When it is unknown.
    pub fn helpers(&self) -> Result<&Helpers, Unknown> {
        self.helpers.as_ref().ok_or(Unknown(Part::Helpers))
    }

    /// Whether there is nothing in the context, as far as it tells (JOIN-2).
    ///
    /// # Errors
    ///
    /// When neither the records nor the wants are known.
    pub fn is_empty(&self) -> Result<bool, Unknown> {
        if self.presence.is_none() {
            self.wants()?;
        }
        Ok(self.presence.as_ref().is_none_or(Vec::is_empty)
            && self.wants.as_ref().is_none_or(Vec::is_empty)
            && self.account.is_none_or(|account| account.is_none()))
    }
}

impl RecordedWant {
    /// The recorded entry, if all of it is known.
    pub fn entry(self) -> Option<WantEntry> {
        Some(WantEntry {
            address: self.address,
            priority: self.priority?,
            cancel: self.cancel,
            want_type: self.want_type?,
            send_dont_have: self.send_dont_have?,
        })
    }

    /// Whether this is the record of such an entry. What is unknown is not compared.
    pub fn is_of(&self, entry: &WantEntry) -> bool {
        self.address == entry.address
            && self.cancel == entry.cancel
            && self.want_type.is_none_or(|it| it == entry.want_type)
            && self.priority.is_none_or(|it| it == entry.priority)
            && self
                .send_dont_have
                .is_none_or(|it| it == entry.send_dont_have)
    }
}

impl From<wire::Dump> for Dump {
    /// The dump of a node of this project, which tells everything.
    fn from(dump: wire::Dump) -> Self {
        let contexts = dump.contexts.into_iter();
        let own_wants = dump.own_wants.into_iter();
        Dump {
            contexts: Some(contexts.map(|(peer, it)| (peer, it.into())).collect()),
            own_wants: Some(
                own_wants
                    .map(|(address, asked)| OwnWant {
                        address,
                        asked: Some(asked),
                    })
                    .collect(),
            ),
            held: Some(dump.held),
        }
    }
}

impl From<blockexc_model::dump::ContextDump<BlockCid>> for ContextDump {
    fn from(context: blockexc_model::dump::ContextDump<BlockCid>) -> Self {
        let presence = context.presence.into_iter();
        let wants = context.wants.into_iter();
        ContextDump {
            presence: Some(
                presence
                    .map(|(address, price)| PresenceRecord {
                        address,
                        price: Some(price),
                    })
                    .collect(),
            ),
            wants: Some(wants.map(RecordedWant::from).collect()),
            wants_are_ordered: true,
            account: Some(context.account),
            helpers: Some(Helpers {
                peer_have: context.peer_have,
                peer_have_cids: context.peer_have_cids,
                peer_wants_cids: context.peer_wants_cids,
            }),
        }
    }
}

impl From<WantEntry> for RecordedWant {
    fn from(entry: WantEntry) -> Self {
        RecordedWant {
            address: entry.address,
            cancel: entry.cancel,
            want_type: Some(entry.want_type),
            priority: Some(entry.priority),
            send_dont_have: Some(entry.send_dont_have),
        }
    }
}
