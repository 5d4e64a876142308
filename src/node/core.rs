//! [`Core`]: what decides, without a network, a clock or bytes of blocks.

use blockexc_model::node::{Choose, Config, Effect, Event, Node};
use libp2p::PeerId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::wire::{Address, BlockCid, Network};

/// A node's state as plain data.
pub type Dump = blockexc_model::dump::Dump<PeerId, BlockCid>;

/// The state machine inside a node: an event goes in, effects come out.
pub trait Core: Send {
    /// Handles one event, in one atomic step.
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>>;

    /// Whether this address is an own want.
    fn wants(&self, address: &Address) -> bool;

    /// Whether the block of this address is held.
    fn holds(&self, address: &Address) -> bool;

    /// The state as plain data.
    fn dump(&self) -> Dump;
}

/// The model itself as a core, in any dialect.
pub struct ModelCore {
    node: Node<Network>,
    choices: Seeded,
}

impl ModelCore {
    /// A core in its initial state; the seed makes its choices.
    pub fn new(config: Config, seed: u64) -> Self {
        ModelCore {
            node: Node::new(config),
            choices: Seeded(ChaCha8Rng::seed_from_u64(seed)),
        }
    }
}

impl Core for ModelCore {
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>> {
        self.node.step(event, &mut self.choices)
    }

    fn wants(&self, address: &Address) -> bool {
        self.node.wants(address)
    }

    fn holds(&self, address: &Address) -> bool {
        self.node.holds(address)
    }

    fn dump(&self) -> Dump {
        self.node.dump()
    }
}

/// Chooses at random, the same way for the same seed.
struct Seeded(ChaCha8Rng);

impl Choose<Network> for Seeded {
    fn holder(&mut self, _: &Address, holders: &[PeerId]) -> usize {
        self.0.random_range(0..holders.len())
    }
}
