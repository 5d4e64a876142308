//! Fault injection: [`Fault`], and the [`Condition`] of a node that a fault puts it in.

use std::time::Duration;

use blockexc_model::message::{
    Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantType,
};
use blockexc_model::price::Price;
use clap::ValueEnum;
use serde::Serialize;

use super::random::Random;
use super::world::Block;
use crate::wire::{Message, WantList};

/// A kind of fault in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Connections close, after ten minutes on average, and messages in flight are lost
    Disconnects,
    /// Nodes take seconds to send a message, for some minutes
    Slow,
    /// Nodes stay connected and send nothing, for some minutes
    Silent,
    /// Nodes announce every block they are asked for, and deliver garbage and blocks that nobody
    /// asked for, for some minutes
    Lying,
    /// Nodes stop and start again with their blocks, without their peers and wants
    Restarts,
}

impl Fault {
    /// The condition that this fault puts a node in, if it is a fault that lasts for a while.
    pub fn condition(self) -> Option<Condition> {
        match self {
            Fault::Slow => Some(Condition::Slow),
            Fault::Silent => Some(Condition::Silent),
            Fault::Lying => Some(Condition::Lying),
            Fault::Disconnects | Fault::Restarts => None,
        }
    }
}

/// How a node treats its peers at present, independently of its state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As its state machine says.
    Healthy,
    /// [`Fault::Slow`].
    Slow,
    /// [`Fault::Silent`].
    Silent,
    /// [`Fault::Lying`].
    Lying,
}

/// The range of additional delays of a slow node's messages.
pub const SLOW_DELAY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));
/// How long a node is slow, silent or lying: shortest and longest time.
pub const FAULT_DURATION: (Duration, Duration) =
    (Duration::from_secs(60), Duration::from_secs(20 * 60));
/// The average time between two faults of one kind at a node.
pub const FAULT_INTERVAL: Duration = Duration::from_secs(4 * 3600);
/// The average time between two restarts of a node.
pub const RESTART_INTERVAL: Duration = Duration::from_secs(4 * 3600);
/// How long a node that restarts is down: shortest and longest time.
pub const DOWNTIME: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The average lifetime of a connection, with [`Fault::Disconnects`].
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(600);

/// How many of 1000 lying answers contain a block that nobody asked for.
const UNSOLICITED_PER_THOUSAND: u32 = 200;

/// The answer of a lying node to a want list. It announces every block, delivers garbage, and
/// sometimes delivers one of these blocks that nobody asked for.
pub fn lies(list: &WantList, blocks: &[Block], random: &mut Random) -> Message {
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
                evidence: garbage(address.is_leaf(), random),
                address,
            }),
        }
    }
    if random.per_thousand(UNSOLICITED_PER_THOUSAND)
        && let Some(block) = random.one_of(blocks)
    {
        answer.deliveries.push(Delivery {
            address: block.plain(),
            cid: block.cid.clone(),
            evidence: Evidence::VALID_PLAIN,
        });
    }
    answer
}

/// Evidence of an invalid delivery: one of the ways in which it can be invalid.
pub fn garbage(is_leaf: bool, random: &mut Random) -> Evidence {
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
    ways[random.below(ways.len())]
}

/// Whether a delivery with this evidence is the block that it claims to be.
pub fn is_valid(evidence: &Evidence, is_leaf: bool) -> bool {
    *evidence
        == if is_leaf {
            Evidence::VALID_LEAF
        } else {
            Evidence::VALID_PLAIN
        }
}
