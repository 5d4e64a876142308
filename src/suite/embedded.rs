//! The embedded target: this project's node, in this process, reached through its sockets.

use std::collections::BTreeSet;

use async_trait::async_trait;
use blockexc_model::{Deviations, Dialect};

use super::control::Capability;
use super::scenario::TargetOptions;
use super::source::{NoTarget, TargetSource};
use super::target::Target;
use super::verdict::TargetDescription;

/// Starts a fresh node for each scenario.
#[derive(Clone, Debug)]
pub struct EmbeddedSource {
    /// The dialect that was asked for.
    pub dialect: Option<&'static Dialect>,
    /// All deviations, those of the dialect included.
    pub deviations: Deviations,
    /// The protocol's ID.
    pub protocol: String,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
    /// How many nodes may run at once, each with its scenario.
    pub jobs: usize,
}

/// As many nodes at once as keep an ordinary machine busy, and no scenario waiting for a core.
pub const USUAL_JOBS: usize = 4;

#[async_trait]
impl TargetSource for EmbeddedSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        Err(NoTarget("the node is not merged yet".to_owned()))
    }

    fn describe(&self) -> TargetDescription {
        let names = self.deviations.iter();
        TargetDescription {
            name: match self.dialect {
                None if self.deviations.is_empty() => "the embedded reference node".to_owned(),
                _ => "the embedded node".to_owned(),
            },
            dialect: self.dialect.map(|dialect| dialect.name.to_owned()),
            deviations: names.map(|deviation| deviation.name().to_owned()).collect(),
        }
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        Capability::ALL.iter().copied().collect()
    }

    fn is_configurable(&self) -> bool {
        true
    }

    fn has_held(&self) -> bool {
        false
    }

    fn jobs(&self) -> usize {
        self.jobs
    }
}
