//! Whether there is anybody to test: a target is looked at before the first scenario.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::exchange::Exchange;
use super::material::Material;
use super::peer::{Peer, Setting, Silence};
use super::runner::Plan;
use super::scenario::TargetOptions;
use super::source::{NoTarget, TargetSource};

/// The protocol's ID among Codex nodes, and Logos Storage nodes until early 2026.
pub const CODEX: &str = "/codex/blockexc/1.0.0";
/// The same protocol's ID among Archivist's nodes.
pub const ARCHIVIST: &str = "/archivist/blockexc/1.0.0";
/// A different protocol: Logos Storage's rewrite of 2026.
pub const STORAGE: &str = "/storage/blockexc/1.0.0";

/// Why a target cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// There is none.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// It cannot be dialled, or fails at once.
    #[error("the target cannot be tested")]
    Failed(#[from] Silence),
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
    let mut material = Material::new(plan.seed, "reach");
    let target = source
        .start(&TargetOptions::DEFAULT, material.key_seed())
        .await?;
    let setting = Setting {
        target: target.address.clone(),
        exchange: Exchange::new(),
        protocol: plan.protocol.clone(),
        muxers: plan.muxers.clone(),
        key_type: plan.key_type,
        deadline: plan.timeout,
        grace: Duration::ZERO,
        patient: target.patient,
        answer_on: Default::default(),
        beacon: None,
        material: Arc::new(Mutex::new(material)),
        counters: Arc::default(),
    };
    let address = target.address.to_string();
    let peer = Peer::new(&setting);
    peer.connect().await?;
    let known = [plan.protocol.as_str(), CODEX, ARCHIVIST, STORAGE];
    let spoken = peer.negotiate(&known).await;
    peer.dismiss();
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
