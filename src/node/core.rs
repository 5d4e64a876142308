//! [`Core`]: what decides, without a network, a clock or bytes of blocks.

use blockexc_model::deviating::{Effect, Event, Node, Setup};
use blockexc_model::node::{Choose, Config};
use blockexc_model::price::Price;
use libp2p::PeerId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::engine::Engine;
use crate::wire::{Address, Dump, Network};

/// The state machine inside a node: an event goes in, effects come out.
pub trait Core: Send {
    /// Handles one event, in one atomic step.
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>>;

    /// Whether this address is an own want.
    fn wants(&self, address: &Address) -> bool;

    /// Whether the block of this address is held.
    fn holds(&self, address: &Address) -> bool;

    /// Changes what a block costs from now on.
    fn set_price(&mut self, price: Price);

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
    pub fn new(setup: Setup, seed: u64) -> Self {
        ModelCore {
            node: Node::deviating(setup),
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

    fn set_price(&mut self, price: Price) {
        self.node.config.price = price;
    }

    fn dump(&self) -> Dump {
        self.node.dump()
    }
}

/// The engine as a core: the reference, made to be run.
pub struct EngineCore {
    engine: Engine<Network>,
    choices: Seeded,
}

impl EngineCore {
    /// A core in its initial state; the seed makes its choices, the same ones as a
    /// [`ModelCore`]'s.
    pub fn new(config: Config, seed: u64) -> Self {
        EngineCore {
            engine: Engine::new(config),
            choices: Seeded(ChaCha8Rng::seed_from_u64(seed)),
        }
    }
}

impl Core for EngineCore {
    fn handle(&mut self, event: Event<Network>) -> Vec<Effect<Network>> {
        self.engine.step_among_deviating(event, &mut self.choices)
    }

    fn wants(&self, address: &Address) -> bool {
        self.engine.wants(address)
    }

    fn holds(&self, address: &Address) -> bool {
        self.engine.holds(address)
    }

    fn set_price(&mut self, price: Price) {
        self.engine.set_price(price);
    }

    fn dump(&self) -> Dump {
        self.engine.dump()
    }
}

/// The core for this setup: the engine, or, for a node that deviates, the model.
pub fn core_for(setup: Setup, seed: u64) -> Box<dyn Core> {
    if setup.deviations.is_empty() {
        Box::new(EngineCore::new(setup.config, seed))
    } else {
        Box::new(ModelCore::new(setup, seed))
    }
}

/// Chooses at random, the same way for the same seed.
struct Seeded(ChaCha8Rng);

impl Choose<Network> for Seeded {
    fn holder(&mut self, _: &Address, holders: &[PeerId]) -> usize {
        self.0.random_range(0..holders.len())
    }
}
