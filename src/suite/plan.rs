//! [`Plan`]: which scenarios are to be run, and how.

use std::time::Duration;

use super::scenario::Scenario;
use super::transport::{KeyType, Muxer};

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
}
