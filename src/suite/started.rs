//! [`StartedSource`]: a node that the suite starts by a command, and starts again when it has ended.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::control::{Capability, Control};
use super::launcher::{Launcher, Place, Running};
use super::needs::Offers;
use super::rest_source::{CAPABILITIES, RestControl};
use super::source::{NoTarget, OneNode, TargetSource};
use super::target::{Target, TargetOptions};
use super::verdict::TargetDescription;

/// One node for all scenarios, for as long as it lives. It may have a REST interface.
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
        let control: Arc<dyn Control> = match running.rest.clone() {
            Some(rest) => Arc::new(RestControl::new(rest, Some(running))),
            None => Arc::new(ProcessControl(running)),
        };
        Ok(self.node.target(address, Some(control)))
    }

    fn describe(&self) -> TargetDescription {
        self.node.describe()
    }

    fn arguments(&self) -> Vec<String> {
        self.node.arguments.clone()
    }

    fn offers(&self) -> Offers {
        self.node.offers(match self.launcher.place() {
            Place::Rest(..) => CAPABILITIES.into_iter().collect(),
            Place::Known(_) | Place::InOutput(_) => BTreeSet::new(),
        })
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
        self.0.ended().await
    }
}
