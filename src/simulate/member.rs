//! [`Member`]: a node of the simulated network, with its store and what is known of its manners.

use std::collections::BTreeMap;

use blockexc_model::dialect::Dialect;
use blockexc_model::node::{Config, Effect, Event, Node};
use libp2p::PeerId;

use super::agenda::Time;
use super::dice::Dice;
use super::faults::Manner;
use crate::node::core::Dump;
use crate::node::engine::Engine;
use crate::wire::{Address, Network};

/// The state machine of a node that runs.
pub enum Running {
    /// The engine: every other node that follows the specification.
    Engine(Box<Engine<Network>>),
    /// The model: the others, and every node that deviates.
    Model(Box<Node<Network>>),
}

impl Running {
    /// A node without peers, wants or blocks: the engine if that is wished, and can be.
    pub fn new(config: &Config, engine: bool) -> Self {
        let made = engine.then(|| Engine::new(config.clone()));
        match made {
            Some(Ok(engine)) => Running::Engine(Box::new(engine)),
            Some(Err(_)) | None => Running::Model(Box::new(Node::new(config.clone()))),
        }
    }

    /// Handles one event.
    pub fn step(&mut self, event: Event<Network>, dice: &mut Dice) -> Vec<Effect<Network>> {
        match self {
            Running::Engine(engine) => engine.step(event, dice),
            Running::Model(model) => model.step(event, dice),
        }
    }

    /// Whether this address is an own want.
    pub fn wants(&self, address: &Address) -> bool {
        match self {
            Running::Engine(engine) => engine.wants(address),
            Running::Model(model) => model.wants(address),
        }
    }

    /// The state as plain data.
    pub fn dump(&self) -> Dump {
        match self {
            Running::Engine(engine) => engine.dump(),
            Running::Model(model) => model.dump(),
        }
    }
}

/// What a node knows of an address that it holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Since when it holds the block, without a break.
    pub since: Time,
    /// Whether the block is what the address names: a node that accepts anything may hold garbage.
    pub is_sound: bool,
    /// Its user put it there: it is not deleted when room is needed.
    pub is_own: bool,
}

/// A node.
pub struct Member {
    /// Its name.
    pub peer: PeerId,
    /// What it speaks.
    pub dialect: &'static Dialect,
    /// Its configuration.
    pub config: Config,
    /// It is to follow the specification, or deviates on purpose: it is judged.
    pub is_judged: bool,
    /// It answers on the stream on which it was asked, and reads no answers on any other.
    pub own_stream_only: bool,
    /// Whether it is to run the engine.
    pub engine: bool,
    /// Its state machine; none while it is down.
    pub running: Option<Running>,
    /// Which of its choices it makes.
    pub choices: Dice,
    /// How often it was started.
    pub life: u32,
    /// So many events it has handled in this life.
    pub steps: u64,
    /// How it behaves.
    pub manner: Manner,
    /// Since when it is up and behaves well.
    pub well_since: Time,
    /// Its store, which outlives a restart.
    pub held: BTreeMap<Address, Held>,
    /// When it deleted what it held.
    pub deleted: BTreeMap<Address, Time>,
    /// Which requests of its users are open, by number.
    pub open: BTreeMap<Address, u64>,
}

impl Member {
    /// Since when it has been able to serve this block, if it is.
    pub fn serves_since(&self, address: &Address) -> Option<Time> {
        self.sound(address)
            .map(|held| held.since.max(self.well_since))
    }

    /// What it holds under this address, if that is the block.
    pub fn sound(&self, address: &Address) -> Option<&Held> {
        self.running.as_ref()?;
        self.held.get(address).filter(|held| held.is_sound)
    }

    /// Whether it is up and behaves well.
    pub fn is_well(&self) -> bool {
        self.running.is_some() && self.manner == Manner::Well
    }
}
