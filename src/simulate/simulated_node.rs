//! [`SimulatedNode`]: a node of the simulated network, with its state machine and its store.

use std::collections::BTreeMap;

use blockexc_model::deviating::{Effect, Event, Node, Setup};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::Dialect;
use blockexc_model::node::Config;
use libp2p::PeerId;

use super::event_queue::Time;
use super::faults::Condition;
use super::options::Options;
use super::random::Random;
use crate::node::engine::Engine;
use crate::wire::{Address, Dump, Network};

/// The state machine of a node that is up.
pub enum StateMachine {
    /// The engine: for every other node that follows the specification.
    Engine(Box<Engine<Network>>),
    /// The model: for all other nodes.
    Model(Box<Node<Network>>),
}

impl StateMachine {
    /// A node without peers, wants or blocks. It is the engine if `engine` is set and the
    /// setup has no deviations.
    pub fn new(setup: &Setup, engine: bool) -> Self {
        if engine && setup.deviations.is_empty() {
            StateMachine::Engine(Box::new(Engine::new(setup.config.clone())))
        } else {
            StateMachine::Model(Box::new(Node::deviating(setup.clone())))
        }
    }

    /// Handles one event.
    pub fn step(&mut self, event: Event<Network>, random: &mut Random) -> Vec<Effect<Network>> {
        match self {
            StateMachine::Engine(engine) => engine.step_among_deviating(event, random),
            StateMachine::Model(model) => model.step(event, random),
        }
    }

    /// Whether this address is an own want.
    pub fn wants(&self, address: &Address) -> bool {
        match self {
            StateMachine::Engine(engine) => engine.wants(address),
            StateMachine::Model(model) => model.wants(address),
        }
    }

    /// The state as plain data.
    pub fn dump(&self) -> Dump {
        match self {
            StateMachine::Engine(engine) => engine.dump(),
            StateMachine::Model(model) => model.dump(),
        }
    }
}

/// What is known of an address that a node holds.
#[derive(Clone, Copy, Debug)]
pub struct HeldBlock {
    /// Since when the node has held the block without interruption.
    pub since: Time,
    /// Whether the block is the one that the address names. A node that accepts everything may
    /// hold garbage.
    pub is_valid: bool,
    /// Whether the node's own user uploaded it. Such blocks are rarely deleted.
    pub is_own: bool,
}

/// A node.
pub struct SimulatedNode {
    /// Its peer id.
    pub peer: PeerId,
    /// Its dialect.
    pub dialect: &'static Dialect,
    /// Its configuration and deviations.
    pub setup: Setup,
    /// Whether its dialect is the reference's, so that the monitor checks it.
    pub is_checked: bool,
    /// Whether it answers on the stream on which it was asked, and reads no answers on others.
    pub own_stream_only: bool,
    /// Whether it runs the engine, if its setup allows.
    pub engine: bool,
    /// Its state machine; `None` while it is down.
    pub running: Option<StateMachine>,
    /// The generator of its state machine's choices.
    pub choices: Random,
    /// The number of times it was started.
    pub life: u32,
    /// The number of events it has handled since its last start.
    pub steps: u64,
    /// How it treats its peers.
    pub condition: Condition,
    /// Since when it has been up and healthy.
    pub healthy_since: Time,
    /// Its store, which survives restarts.
    pub held: BTreeMap<Address, HeldBlock>,
    /// When it last deleted the block of each address.
    pub deleted: BTreeMap<Address, Time>,
    /// The numbers of its users' open requests.
    pub open_requests: BTreeMap<Address, u64>,
}

impl SimulatedNode {
    /// The node with this number, before its first start.
    pub fn new(options: &Options, number: usize, peer: PeerId, random: &mut Random) -> Self {
        let dialect = options.dialects[number % options.dialects.len()];
        let planted = if number == 0 {
            options.deviations
        } else {
            Deviations::none()
        };
        let deviations = dialect.deviations.union(planted);
        SimulatedNode {
            peer,
            dialect,
            own_stream_only: deviations.contains(Deviation::OwnStreamOnly),
            is_checked: dialect.deviations == Deviations::none(),
            engine: (number / options.dialects.len()).is_multiple_of(2),
            setup: Setup {
                config: Config {
                    retries: options.retries,
                    ..Config::default()
                },
                deviations,
            },
            running: None,
            choices: Random::new(random.seed()),
            life: 0,
            steps: 0,
            condition: Condition::Healthy,
            healthy_since: Time::ZERO,
            held: BTreeMap::new(),
            deleted: BTreeMap::new(),
            open_requests: BTreeMap::new(),
        }
    }

    /// The valid block that it holds under this address, if it is up and holds one.
    pub fn valid_block(&self, address: &Address) -> Option<&HeldBlock> {
        self.running.as_ref()?;
        self.held.get(address).filter(|held| held.is_valid)
    }

    /// Whether it is up and treats its peers as it should.
    pub fn is_healthy(&self) -> bool {
        self.running.is_some() && self.condition == Condition::Healthy
    }
}
