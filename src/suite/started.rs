//! [`StartedSource`]: a node that the suite starts by a command, and starts again when it has ended.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::control::{Capability, Control};
use super::launcher::{Launcher, Running, is_open};
use super::needs::Offers;
use super::source::{NoTarget, OneNode, TargetSource};
use super::target::{Target, TargetOptions};
use super::verdict::TargetDescription;

/// A node that ends closes its connections first. How long its end is waited for then.
const ENDING: Duration = Duration::from_millis(500);
/// How long it is waited for when the node does not accept connections any more either.
const CLOSED: Duration = Duration::from_secs(3);

/// One node for all scenarios, for as long as it lives.
pub struct StartedSource {
    /// Starts it.
    pub launcher: Launcher,
    /// What is known of it.
    pub node: OneNode,
}

#[async_trait]
impl TargetSource for StartedSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        let running = self.launcher.running().await.map_err(NoTarget)?;
        let address = running.address.clone();
        let control = Arc::new(ProcessControl(running));
        Ok(self.node.target(address, Some(control)))
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

    async fn end(&self) {
        self.launcher.stop().await;
    }
}

/// Knows whether the process is there, and can do nothing else.
struct ProcessControl(Running);

#[async_trait]
impl Control for ProcessControl {
    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    async fn ended(&self) -> Option<String> {
        let Running { process, address } = &self.0;
        match process.ended_within(ENDING).await {
            Some(end) => Some(end),
            None if is_open(address).await => None,
            None => process.ended_within(CLOSED).await,
        }
    }
}
