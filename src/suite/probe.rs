//! Checks before the first scenario that a target is there and speaks the protocol.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::exchange::Exchange;
use super::fixture::Fixtures;
use super::peer::Peer;
use super::peer_config::PeerConfig;
use super::peer_error::PeerError;
use super::plan::Plan;
use super::protocol_id::{ARCHIVIST, CODEX, STORAGE};
use super::source::{NoTarget, TargetSource};
use super::target::TargetOptions;

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

/// Dials the target once and sees whether it speaks the protocol.
///
/// # Errors
///
/// When there is nobody, or they speak something else.
pub async fn reach(source: &dyn TargetSource, plan: &Plan) -> Result<(), Unreachable> {
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
        deadline: plan.timeout,
        grace: Duration::ZERO,
        may_answer_late: target.may_answer_late,
        answer_on: Default::default(),
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(fixtures)),
        counters: Arc::default(),
    };
    let address = target.address.to_string();
    let peer = Peer::new(&config);
    peer.connect().await?;
    let known = [plan.protocol.as_str(), CODEX, ARCHIVIST, STORAGE];
    let spoken = peer.negotiate(&known).await;
    peer.close_all();
    if let Some(control) = &target.control {
        control.shutdown().await;
    }
    let protocol = plan.protocol.clone();
    match spoken? {
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
