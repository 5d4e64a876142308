//! [`PeerConfig`]: what the peers of one scenario have in common.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libp2p::Multiaddr;

use super::exchange::Exchange;
use super::fixture::Fixtures;
use super::pace::Pace;
use super::quirks::AnswerOn;
use super::transport::{KeyType, Muxer};
use crate::wire::Address;

/// What all peers of one scenario share.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// The target's address.
    pub target: Multiaddr,
    /// The log of the scenario.
    pub exchange: Exchange,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers that are offered, the preferred one first.
    pub muxers: Vec<Muxer>,
    /// The type of the peers' keys.
    pub key_type: KeyType,
    /// How long to wait for one thing, such as an answer.
    pub pace: Pace,
    /// How long to wait for something before a barrier is set behind it.
    pub grace: Duration,
    /// Whether the target may act later than in the step that handles a message. If so, what did
    /// not come before a barrier's answer is waited for as long as the pace asks.
    pub may_answer_late: bool,
    /// The stream on which answers are sent.
    pub answer_on: AnswerOn,
    /// The held block that barriers ask for. Without one they ask for a block that cannot exist.
    pub barrier_block: Option<Address>,
    /// The source of random blocks, addresses and keys.
    pub fixtures: Arc<Mutex<Fixtures>>,
    /// The numbers that are given to peers, connections and streams.
    pub counters: Arc<Counters>,
}

impl PeerConfig {
    /// Makes something random.
    pub fn random<T>(&self, make: impl FnOnce(&mut Fixtures) -> T) -> T {
        // A random number generator is whole after any panic.
        make(&mut self.fixtures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts the peers, connections and streams of a scenario, each from 1.
#[derive(Debug, Default)]
pub struct Counters {
    peers: AtomicU32,
    connections: AtomicU32,
    streams: AtomicU32,
}

impl Counters {
    /// The number of a new peer.
    pub fn next_peer(&self) -> u32 {
        next(&self.peers)
    }

    /// The number of a new connection.
    pub fn next_connection(&self) -> u32 {
        next(&self.connections)
    }

    /// The number of a new stream.
    pub fn next_stream(&self) -> u32 {
        next(&self.streams)
    }
}

fn next(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}
