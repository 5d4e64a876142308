//! [`TargetSource`]: where each scenario's target comes from.

use async_trait::async_trait;
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::launcher::is_open;
use super::needs::Offers;
use super::target::{HeldBlock, RetryTimer, Target, TargetOptions};
use super::verdict::TargetDescription;

/// The target could not be started, or is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTarget(pub String);

/// Gives each scenario its target.
#[async_trait]
pub trait TargetSource: Send + Sync {
    /// The target of one scenario: a fresh one if that can be had. The seed makes its identity.
    ///
    /// # Errors
    ///
    /// When there is none.
    async fn start(&self, options: &TargetOptions, seed: [u8; 32]) -> Result<Target, NoTarget>;

    /// What is tested.
    fn describe(&self) -> TargetDescription;

    /// The command-line arguments that name this target again.
    fn arguments(&self) -> Vec<String>;

    /// What its targets offer to scenarios.
    fn offers(&self) -> Offers;

    /// How many scenarios may run at once.
    fn jobs(&self) -> usize;

    /// Whether a target that has ended is started again for the next scenario.
    fn starts_again(&self) -> bool {
        true
    }

    /// Why there is no target any more, if nobody is there. It is asked where targets are not
    /// started again.
    async fn is_gone(&self) -> Option<String> {
        None
    }

    /// Ends what the source has started; for the end of a run.
    async fn end(&self) {}
}

/// A node that runs somewhere, reached through its address only.
#[derive(Clone, Debug)]
pub struct RemoteSource {
    /// Where it is.
    pub address: Multiaddr,
    /// A block that it holds.
    pub held: Option<HeldBlock>,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
}

/// The identity that an address ends in, if it names one.
pub(super) fn peer_id_in(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

#[async_trait]
impl TargetSource for RemoteSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        Ok(Target {
            address: self.address.clone(),
            peer_id: peer_id_in(&self.address),
            control: None,
            held: self.held.clone(),
            configured: false,
            may_answer_late: true,
            retries: RetryTimer::Unknown,
        })
    }

    fn describe(&self) -> TargetDescription {
        TargetDescription {
            name: self.address.to_string(),
            dialect: None,
            deviations: Vec::new(),
        }
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn offers(&self) -> Offers {
        Offers {
            held: self.held.is_some(),
            ..Offers::default()
        }
    }

    /// One at a time, so that none is accused of what another does.
    fn jobs(&self) -> usize {
        1
    }

    fn starts_again(&self) -> bool {
        false
    }

    async fn is_gone(&self) -> Option<String> {
        let gone = !is_open(&self.address).await;
        gone.then(|| format!("{} does not accept connections any more", self.address))
    }
}
