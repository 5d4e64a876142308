//! [`StartedSource`]: a node that the suite starts by a command, and starts again when it has ended.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::control::{Capability, Control};
use super::launcher::{Launcher, Running, is_open};
use super::needs::Offers;
use super::source::{NoTarget, TargetSource, peer_id_in};
use super::target::{HeldBlock, RetryTimer, Target, TargetOptions};
use super::verdict::TargetDescription;

/// A node that ends closes its connections first. How long its end is waited for then.
const ENDING: Duration = Duration::from_millis(500);
/// How long it is waited for when the node does not accept connections any more either.
const CLOSED: Duration = Duration::from_secs(3);

/// One node for all scenarios, for as long as it lives.
pub struct StartedSource {
    /// Starts it.
    pub launcher: Launcher,
    /// What is tested, in words.
    pub name: String,
    /// A block that it holds whenever it was started.
    pub held: Option<HeldBlock>,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
}

#[async_trait]
impl TargetSource for StartedSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        let running = self.launcher.running().await.map_err(NoTarget)?;
        Ok(Target {
            address: running.address.clone(),
            peer_id: peer_id_in(&running.address),
            control: Some(Arc::new(ProcessControl(running))),
            held: self.held.clone(),
            configured: false,
            may_answer_late: true,
            retries: RetryTimer::Unknown,
        })
    }

    fn describe(&self) -> TargetDescription {
        TargetDescription {
            name: self.name.clone(),
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

    fn jobs(&self) -> usize {
        1
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
