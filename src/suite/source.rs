//! [`TargetSource`]: where each scenario's target comes from.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::control::{Capability, Control};
use super::launcher::is_closed;
use super::needs::Offers;
use super::target::{Held, RetryTimer, Target, TargetOptions};
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

    /// How many scenarios may run at once: one where one node serves all, so that none is accused of
    /// what another does.
    fn jobs(&self) -> usize {
        1
    }

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

/// What is known of one node that serves all scenarios of a run.
#[derive(Clone, Debug)]
pub struct OneNode {
    /// What is tested, in words.
    pub name: String,
    /// What it holds.
    pub held: Held,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
}

impl OneNode {
    /// The description of the target.
    pub fn describe(&self) -> TargetDescription {
        TargetDescription::named(self.name.clone())
    }

    /// What it offers, where its control can do this.
    pub fn offers(&self, control: BTreeSet<Capability>) -> Offers {
        let offers = Offers {
            control,
            ..Offers::default()
        };
        offers.holding(&self.held)
    }

    /// The target that is reached there.
    pub fn target(&self, address: Multiaddr, control: Option<Arc<dyn Control>>) -> Target {
        Target {
            peer_id: peer_id_in(&address),
            address,
            control,
            held: self.held.clone(),
            configured: false,
            may_answer_late: true,
            retries: RetryTimer::Unknown,
        }
    }
}

/// The identity that an address ends in, if it names one.
pub(super) fn peer_id_in(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

/// A node that runs somewhere, reached through its address only.
#[derive(Clone, Debug)]
pub struct RemoteSource {
    /// Where it is.
    pub address: Multiaddr,
    /// What is known of it.
    pub node: OneNode,
}

#[async_trait]
impl TargetSource for RemoteSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        Ok(self.node.target(self.address.clone(), None))
    }

    fn describe(&self) -> TargetDescription {
        self.node.describe()
    }

    fn arguments(&self) -> Vec<String> {
        self.node.arguments.clone()
    }

    fn offers(&self) -> Offers {
        self.node.offers(BTreeSet::new())
    }

    fn starts_again(&self) -> bool {
        false
    }

    async fn is_gone(&self) -> Option<String> {
        is_closed(&self.address).await
    }
}
