//! What goes wrong: [`Fault`], and the [`Manner`] of a node that it befalls.

use std::time::Duration;

use blockexc_model::message::{
    Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantType,
};
use blockexc_model::price::Price;
use clap::ValueEnum;
use serde::Serialize;

use super::dice::Dice;
use super::world::Block;
use crate::wire::{Message, WantList};

/// Something that goes wrong in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Connections close, after ten minutes on average, and what is under way is lost
    Disconnects,
    /// Nodes take seconds to say anything, for some minutes
    Slow,
    /// Nodes stay connected and say nothing, for some minutes
    Silent,
    /// Nodes announce whatever they are asked for, deliver garbage and what nobody asked for, for
    /// some minutes
    Lying,
    /// Nodes end, come back with their blocks, and have forgotten their peers and their wants
    Restarts,
}

impl Fault {
    /// The manner of a node that this befalls; none for what befalls it in another way.
    pub fn manner(self) -> Option<Manner> {
        match self {
            Fault::Slow => Some(Manner::Slow),
            Fault::Silent => Some(Manner::Silent),
            Fault::Lying => Some(Manner::Lying),
            Fault::Disconnects | Fault::Restarts => None,
        }
    }
}

/// How a node behaves to its peers at present, whatever its core does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As its core has it.
    Well,
    /// [`Fault::Slow`].
    Slow,
    /// [`Fault::Silent`].
    Silent,
    /// [`Fault::Lying`].
    Lying,
}

/// How much longer a slow node takes to send, at least and at most.
pub const SLOWNESS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));
/// How long a node is slow, silent or lies, at least and at most.
pub const SPELL: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20 * 60));
/// How long it is until it is so again, for each of these faults, on average.
pub const BETWEEN_SPELLS: Duration = Duration::from_secs(4 * 3600);
/// How long a node runs until it restarts, on average.
pub const BETWEEN_RESTARTS: Duration = Duration::from_secs(4 * 3600);
/// How long a node is gone when it restarts, at least and at most.
pub const DOWN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long a connection stands, on average, when connections close.
pub const CONNECTED: Duration = Duration::from_secs(600);

/// Of a thousand answers so many bring a block that nobody asked for.
const UNASKED_PER_THOUSAND: u32 = 200;

/// What a lying node answers to a want list: it has everything, what it delivers is not what was
/// asked for, and now and then it delivers one of these blocks, unasked.
pub fn lies(list: &WantList, blocks: &[Block], dice: &mut Dice) -> Message {
    let mut answer = Message::default();
    for entry in list.entries.iter().filter(|entry| !entry.cancel) {
        let address = entry.address.clone();
        match entry.want_type {
            WantType::WantHave => answer.presences.push(Presence {
                address,
                presence_type: PresenceType::Have,
                price: Price::ZERO,
            }),
            WantType::WantBlock => answer.deliveries.push(Delivery {
                cid: address.cid_or_tree_cid().clone(),
                evidence: garbage(address.is_leaf(), dice),
                address,
            }),
        }
    }
    if dice.per_thousand(UNASKED_PER_THOUSAND)
        && let Some(block) = dice.one_of(blocks)
    {
        answer.deliveries.push(Delivery {
            address: block.plain(),
            cid: block.cid.clone(),
            evidence: Evidence::VALID_PLAIN,
        });
    }
    answer
}

/// Evidence that a delivery is worth nothing, one of the ways there are.
pub fn garbage(is_leaf: bool, dice: &mut Dice) -> Evidence {
    let valid = if is_leaf {
        Evidence::VALID_LEAF
    } else {
        Evidence::VALID_PLAIN
    };
    let no_data = Evidence {
        has_data: false,
        data_matches_cid: false,
        ..valid
    };
    let other_data = Evidence {
        data_matches_cid: false,
        ..valid
    };
    let unproven = |proof| Evidence { proof, ..valid };
    let ways = if is_leaf {
        vec![
            no_data,
            other_data,
            unproven(ProofEvidence::Missing),
            unproven(ProofEvidence::Undecodable),
            unproven(ProofEvidence::OtherIndex),
            unproven(ProofEvidence::Unverified),
        ]
    } else {
        vec![
            no_data,
            other_data,
            Evidence {
                cid_matches_address: false,
                ..valid
            },
        ]
    };
    ways[dice.below(ways.len())]
}

/// Whether a delivery with this evidence is the block that it is said to be.
pub fn is_sound(evidence: &Evidence, is_leaf: bool) -> bool {
    *evidence
        == if is_leaf {
            Evidence::VALID_LEAF
        } else {
            Evidence::VALID_PLAIN
        }
}
