//! Checks before the first scenario that a target is there, speaks the protocol, and serves what it is
//! said to hold.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::exchange::Exchange;
use super::fixture::Fixtures;
use super::look::{Look, look, serves};
use super::pace::Pace;
use super::peer::Peer;
use super::peer_config::PeerConfig;
use super::peer_error::PeerError;
use super::plan::Plan;
use super::protocol_id::{ARCHIVIST, CODEX, PROMETHEI, STORAGE};
use super::source::{NoTarget, TargetSource};
use super::target::{Target, TargetOptions};
use crate::wire::address;

/// Why a target cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// There is none.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// It cannot be dialled, or fails at once.
    #[error("the target cannot be tested")]
    Failed(#[from] PeerError),
    /// It speaks this protocol under another name.
    #[error(
        "the target at {address} does not speak {protocol}, but {other}: give --protocol {other}"
    )]
    OtherName {
        /// Where it is.
        address: String,
        /// What was offered.
        protocol: String,
        /// What it speaks.
        other: String,
    },
    /// It speaks what is another protocol.
    #[error(
        "the target at {address} speaks {STORAGE}, Logos Storage's rewrite of 2026: a different \
         protocol, with other frames and messages, which this suite does not test"
    )]
    Rewrite {
        /// Where it is.
        address: String,
    },
    /// It does not hold what it is said to.
    #[error("the target does not serve what --holds names: {held}")]
    NotHeld {
        /// The address of the block.
        held: String,
    },
    /// It speaks none of them.
    #[error(
        "the target at {address} does not speak {protocol}, nor any other block exchange that is known"
    )]
    NotSpoken {
        /// Where it is.
        address: String,
        /// What was offered.
        protocol: String,
    },
}

/// Dials the target once, and sees whether it speaks the protocol, and serves what it is said to hold.
///
/// # Errors
///
/// When there is nobody, or they speak something else, or do not serve it.
pub async fn reach(source: &dyn TargetSource, plan: &Plan) -> Result<(), Unreachable> {
    let met = meet(source, plan).await?;
    let mut served = Ok(());
    for held in met.target.held.as_blocks() {
        if !serves(&met.peer, &held.address).await.0 {
            let held = address::show(&held.address).to_string();
            served = Err(Unreachable::NotHeld { held });
            break;
        }
    }
    met.leave().await;
    served
}

/// Looks at the target, and at whether it serves what it is said to hold.
///
/// # Errors
///
/// When there is nobody, or they speak something else.
pub async fn look_at(source: &dyn TargetSource, plan: &Plan) -> Result<Look, Unreachable> {
    let met = meet(source, plan).await?;
    let found = look(&met.peer, &met.config, &met.target.held.as_blocks()).await;
    met.leave().await;
    Ok(found)
}

/// A target that speaks the protocol, and a peer that is connected with it.
struct Met {
    target: Target,
    config: PeerConfig,
    peer: Peer,
}

impl Met {
    async fn leave(&self) {
        self.peer.close_all();
        if let Some(control) = &self.target.control {
            control.shutdown().await;
        }
    }
}

async fn meet(source: &dyn TargetSource, plan: &Plan) -> Result<Met, Unreachable> {
    let mut fixtures = Fixtures::new(plan.seed, "reach");
    let target = source
        .start(&TargetOptions::DEFAULT, fixtures.key_seed())
        .await?;
    let config = PeerConfig {
        target: target.address.clone(),
        exchange: Exchange::new(),
        protocol: plan.protocol.clone(),
        muxers: plan.muxers.clone(),
        key_type: plan.key_type,
        pace: Pace::new(plan.timeout),
        grace: Duration::ZERO,
        may_answer_late: target.may_answer_late,
        answer_on: Default::default(),
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(fixtures)),
        counters: Arc::default(),
    };
    let peer = Peer::new(&config);
    let met = Met {
        target,
        config,
        peer,
    };
    match agree(&met, plan).await {
        Ok(()) => Ok(met),
        Err(error) => {
            met.leave().await;
            Err(error)
        }
    }
}

/// Connects, and agrees on the protocol.
async fn agree(met: &Met, plan: &Plan) -> Result<(), Unreachable> {
    met.peer.connect().await?;
    let known = [plan.protocol.as_str(), CODEX, ARCHIVIST, PROMETHEI, STORAGE];
    let address = met.target.address.to_string();
    let protocol = plan.protocol.clone();
    match met.peer.negotiate(&known).await? {
        Some(agreed) if agreed == protocol => Ok(()),
        Some(agreed) if agreed == STORAGE => Err(Unreachable::Rewrite { address }),
        Some(other) => Err(Unreachable::OtherName {
            address,
            protocol,
            other,
        }),
        None => Err(Unreachable::NotSpoken { address, protocol }),
    }
}
