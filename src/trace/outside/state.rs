//! [`State`]: a state that the node may be in, as far as one address is concerned.

use blockexc_model::deviating::{Effect, Event, Node, Setup};
use blockexc_model::message::WantType;
use libp2p::PeerId;

use crate::trace::beginning::new_node;
use crate::trace::choices::{Asked, TooMany, outcomes};
use crate::trace::parts::{Part, parts};
use crate::wire::{Address, Network};

/// The most parts that are owed in one state. A node that is sent more questions about one address
/// before it answers is not judged in that.
const MOST_OWED: usize = 64;

/// What is looked at: each has its own steps that do not show, and its own parts of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The node may have the block: presence items and deliveries.
    Serving,
    /// The node may want the block: WantBlock entries and cancels.
    Asking,
}

impl Role {
    /// Whether this part is one of those that are judged in this role.
    pub(super) fn judges(self, part: &Part) -> bool {
        match part {
            Part::Item(_) | Part::Delivery(_) => self == Role::Serving,
            // A node may announce a want whenever it wants the block, and may want it at any time.
            Part::Entry(entry) => {
                self == Role::Asking && (entry.cancel || entry.want_type == WantType::WantBlock)
            }
            Part::EmptyList | Part::Account(_) | Part::Payment(_) => false,
        }
    }
}

/// The node and its only peer, before anything was said.
#[derive(Clone)]
pub(super) struct World {
    /// The peer that is seen.
    pub peer: PeerId,
    /// A peer that is not seen, and stands for all others.
    pub other: PeerId,
    /// A node with a context of each.
    pub node: Node<Network>,
}

impl World {
    pub(super) fn new(peer: PeerId, setup: Setup) -> Self {
        let other = another(&peer);
        let mut node = new_node(setup);
        let mut first = blockexc_model::node::First;
        node.step(Event::Joined(peer), &mut first);
        // What others do makes a difference only for a node that deviates: else it is as if the user
        // had cancelled, or stored the block.
        if !node.deviations().is_empty() {
            node.step(Event::Joined(other), &mut first);
        }
        World { peer, other, node }
    }
}

/// A peer that is not this one.
fn another(peer: &PeerId) -> PeerId {
    let names: [&[u8]; 2] = [b"somebody else", b"anybody else"];
    let mut ids = names.into_iter().filter_map(|name| {
        let identity = multihash::Multihash::<64>::wrap(0, name).ok()?;
        PeerId::from_multihash(identity).ok()
    });
    ids.find(|it| it != peer).unwrap_or(*peer)
}

/// A state that the node may be in, with what it owes the peer.
#[derive(Clone)]
pub(super) struct State {
    pub node: Node<Network>,
    pub owed: Vec<Part>,
    /// Of each kind of what it was sent about the address, how often it was sent and not handled.
    pub waiting: Vec<u32>,
    /// How many steps that do not show lead here. Not a part of the state.
    pub hidden: u32,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.waiting == other.waiting && self.owed == other.owed && self.node == other.node
    }
}

impl State {
    /// The states after this event. `is_hidden`: it does not show, so that what it makes the node send
    /// need not be counted.
    pub(super) fn after(
        &self,
        event: &Event<Network>,
        address: &Address,
        role: Role,
        world: &World,
        is_hidden: bool,
    ) -> Result<Vec<State>, TooMany> {
        let outcomes = outcomes(self.node.clone(), event, &Asked::default(), true)?;
        let mut states = Vec::with_capacity(outcomes.len());
        for (mut node, effects) in outcomes {
            // How often it was asked for is not known, so that it never comes to an end.
            if let Some(want) = node.wants.get_mut(address) {
                want.retries = 0;
                want.others = 0;
            }
            let mut state = State {
                node,
                owed: self.owed.clone(),
                waiting: self.waiting.clone(),
                hidden: self.hidden + u32::from(is_hidden),
            };
            state.owe(&effects, role, world, is_hidden)?;
            states.push(state);
        }
        Ok(states)
    }

    fn owe(
        &mut self,
        effects: &[Effect<Network>],
        role: Role,
        world: &World,
        is_hidden: bool,
    ) -> Result<(), TooMany> {
        for effect in effects {
            let Effect::Send { to, message } = effect else {
                continue;
            };
            if *to != world.peer {
                continue;
            }
            for part in parts(message) {
                let is_new = !is_hidden || !self.owed.contains(&part);
                if role.judges(&part) && is_new {
                    self.owed.push(part);
                }
            }
        }
        match self.owed.len() <= MOST_OWED {
            true => Ok(()),
            false => Err(TooMany),
        }
    }

    /// Whether the node owed this part, which it does no longer.
    pub(super) fn take(&mut self, part: &Part) -> bool {
        let place = self.owed.iter().position(|owed| is_it(part, owed));
        place.map(|place| self.owed.remove(place)).is_some()
    }

    /// Whether nothing that was said before makes a difference any more.
    pub(super) fn is_idle(&self, peer: &PeerId) -> bool {
        let context = self.node.contexts().get(peer);
        let nothing = context.is_none_or(|it| it.wants.is_empty() && it.presence.is_empty());
        let waits = self.waiting.iter().any(|count| *count > 0);
        nothing && !waits && self.owed.is_empty() && self.node.behaviour.peers.is_empty()
    }
}

/// Whether the part that was seen is the part that the model sends. What a block costs is not known, and
/// neither is the CID of a leaf's block, before it is seen.
fn is_it(seen: &Part, sent: &Part) -> bool {
    match (seen, sent) {
        (Part::Item(seen), Part::Item(sent)) => {
            seen.address == sent.address && seen.presence_type == sent.presence_type
        }
        (Part::Delivery(seen), Part::Delivery(sent)) => seen.address == sent.address,
        _ => seen.matches(sent),
    }
}
