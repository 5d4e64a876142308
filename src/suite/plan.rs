//! [`Plan`]: which scenarios are to be run, and how.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha20Rng;

use super::circumstances::RunOptions;
use super::listen::Listen;
use super::protocol_id::CODEX;
use super::scenario::Scenario;
use super::transport::{KeyType, Muxer};

/// How long one thing is waited for, unless something else is asked for.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// A run of scenarios.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenarios, in the order in which they are reported.
    pub scenarios: Vec<&'static Scenario>,
    /// The seed of every random choice.
    pub seed: u64,
    /// How long to wait for one thing, such as an answer.
    pub timeout: Duration,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers that the suite's peers offer.
    pub muxers: Vec<Muxer>,
    /// The type of their keys.
    pub key_type: KeyType,
    /// How the target comes to the suite's peers, if they do not dial it.
    pub listen: Option<Listen>,
    /// Whether they run in an order that the seed makes.
    pub shuffled: bool,
    /// Whether results of passes hold the exchange, too.
    pub keep_passes: bool,
}

impl Plan {
    /// These scenarios in their order, with what `conform` does unless told otherwise.
    pub fn new(scenarios: Vec<&'static Scenario>, seed: u64) -> Self {
        Plan {
            scenarios,
            seed,
            timeout: DEFAULT_TIMEOUT,
            protocol: CODEX.to_owned(),
            muxers: vec![Muxer::Yamux, Muxer::Mplex],
            key_type: KeyType::Secp256k1,
            listen: None,
            shuffled: false,
            keep_passes: false,
        }
    }

    /// What of it stands in a result, for a target that these arguments name.
    pub fn options(&self, arguments: Vec<String>) -> RunOptions {
        let muxers = self.muxers.iter();
        RunOptions {
            timeout_ms: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX),
            muxers: muxers
                .map(|muxer| format!("{muxer:?}").to_lowercase())
                .collect(),
            key_type: format!("{:?}", self.key_type).to_lowercase(),
            arguments,
            require_all: false,
            shuffled: self.shuffled,
        }
    }

    /// The scenarios as they are to be run, each with its place in the report.
    pub fn in_order(&self) -> Vec<(usize, &'static Scenario)> {
        let mut order: Vec<_> = self.scenarios.iter().copied().enumerate().collect();
        if self.shuffled {
            order.shuffle(&mut ChaCha20Rng::seed_from_u64(self.seed));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::scenarios;

    #[test]
    fn the_seed_makes_the_order() {
        let order = |seed, shuffled| {
            let plan = Plan {
                shuffled,
                ..Plan::new(scenarios::all().collect(), seed)
            };
            let order = plan.in_order().into_iter().map(|(place, _)| place);
            order.collect::<Vec<usize>>()
        };
        let in_line: Vec<usize> = (0..scenarios::all().count()).collect();
        assert_eq!(order(1, false), in_line);
        assert_ne!(order(1, true), in_line);
        assert_eq!(order(1, true), order(1, true));
        assert_ne!(order(1, true), order(2, true));
        let mut all = order(1, true);
        all.sort_unstable();
        assert_eq!(all, in_line);
    }
}
