//! [`Options`]: what to simulate.

use std::time::Duration;

use blockexc_model::deviation::Deviations;
use blockexc_model::dialect::{DIALECTS, Dialect};

use super::faults::Fault;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of nodes.
    pub nodes: usize,
    /// The number of blocks. Half of them belong to datasets.
    pub blocks: usize,
    /// How long users are active, in virtual time.
    pub length: Duration,
    /// The faults to inject.
    pub faults: Vec<Fault>,
    /// The seed of every random choice.
    pub seed: u64,
    /// The dialects of the nodes: node `i` speaks number `i` modulo their number.
    pub dialects: Vec<&'static Dialect>,
    /// How the first node deviates, in addition to its dialect.
    pub deviations: Deviations,
    /// The time between two retries of a want (ASK-8).
    pub retry_interval: Duration,
    /// The number of retries before a request fails (ASK-9).
    pub retries: u32,
    /// The average time between two requests of one user.
    pub request_interval: Duration,
    /// Only every so many steps of a node are checked against all rules. A node with planted
    /// deviations is checked in every step.
    pub judge_every: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            nodes: 10,
            blocks: 50,
            length: Duration::from_secs(3600),
            faults: Vec::new(),
            seed: 1,
            dialects: vec![&DIALECTS[0]],
            deviations: Deviations::none(),
            retry_interval: Duration::from_millis(500),
            retries: 3000,
            request_interval: Duration::from_secs(60),
            judge_every: 50,
        }
    }
}
