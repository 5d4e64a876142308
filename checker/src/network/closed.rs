//! The closed network: nodes that all run [`Node::step`], and what is under way between them.
//!
//! Each pair of nodes has at most one connection. It opens and closes a bounded number of times;
//! each direction keeps the order of messages; closing loses what is under way. An opening is told
//! to both nodes as Joined and a closing as Left. A node may handle a message of a new connection
//! before its Joined, but handles the Left of the connection before it first. What a node sends to
//! a peer without a connection is discarded (LEFT-4).
//!
//! What users do (requests, cancels, stores, deletions) and what the network suffers is bounded by
//! [`Limits`], so that the states are finite in number. Actions come in a fixed order, and only
//! those that are possible.

mod actions;
mod obligations;
mod perform;

use blockexc_model::address::Address;
use blockexc_model::deviating::{Event, Node};
use blockexc_model::node::First;
use stateright::Model;

use crate::search::checkable::Checkable;
use crate::step::rules::{PredicateSet, StepChecker};

use super::action::Action;
use super::limits::{Limits, Retries};
use super::names::{Blocks, Cid, Peer, Small};
use super::role::Role;
use super::state::{Link, State};

/// The place in [`PredicateSet`] of WIRE-7: a part of a message was not read, for the stream it came on.
pub const UNREAD: usize = 119;

/// The place in [`PredicateSet`] of LEFT-1: a node has a context without a connection, and no Left is to
/// come.
pub const UNCONNECTED: usize = 118;

/// A network before anything has happened, and what may happen in it.
pub struct Network {
    /// What it is called.
    pub name: String,
    /// The nodes.
    pub roles: Vec<Role>,
    /// The blocks.
    pub blocks: Blocks,
    /// Which nodes may connect to each other.
    pub pairs: Vec<[Peer; 2]>,
    /// How often things may happen.
    pub limits: Limits,
    /// When wants are pursued anew.
    pub retries: Retries,
    /// A node learns of a connection before it handles the first message that comes by it.
    pub joined_first: bool,
    judge: StepChecker<Small>,
}

impl Network {
    /// A network all of whose nodes may connect to each other, and in which nothing may happen
    /// but what `limits` allows.
    pub fn new(name: &str, blocks: Blocks, roles: Vec<Role>, limits: Limits) -> Self {
        let peers: Vec<_> = (0u8..).take(roles.len()).map(Peer).collect();
        let pairs = peers
            .iter()
            .flat_map(|a| peers.iter().filter(move |b| a < b).map(move |b| [*a, *b]))
            .collect();
        Network {
            name: name.to_owned(),
            roles,
            blocks,
            pairs,
            limits,
            retries: Retries::Limited,
            joined_first: false,
            judge: StepChecker::default(),
        }
    }

    /// Only these nodes may connect to each other.
    pub fn linked(mut self, pairs: Vec<[Peer; 2]>) -> Self {
        self.pairs = pairs;
        self
    }

    /// Wants are pursued anew any number of times.
    pub fn retrying(mut self, room: usize) -> Self {
        self.retries = Retries::Unlimited { room };
        self
    }

    /// By which rules and invariants every step is judged.
    pub fn judge(&self) -> &StepChecker<Small> {
        &self.judge
    }
}

impl Network {
    /// The address of this place.
    pub fn address(&self, place: u8) -> Address<Cid> {
        self.blocks
            .addresses()
            .nth(usize::from(place))
            .unwrap_or(Address::Plain(Cid(place)))
    }

    pub(super) fn initial(&self) -> State {
        let nodes = self
            .roles
            .iter()
            .map(|role| {
                let mut node = Node::deviating(role.setup.clone());
                for cid in &role.holds {
                    let leaves = self.blocks.leaf(*cid).into_iter().collect();
                    let stored = Event::Stored { cid: *cid, leaves };
                    node.step(stored, &mut First);
                }
                node
            })
            .collect();
        State {
            nodes,
            links: vec![Link::default(); self.pairs.len()],
            left: self.limits,
            ended: Vec::new(),
            broken: PredicateSet::default(),
        }
    }

    /// The end of the link between the two that is the first one's, and the link.
    fn end(&self, node: Peer, peer: Peer) -> Option<(usize, usize)> {
        self.pairs.iter().enumerate().find_map(|(link, pair)| {
            if *pair == [node, peer] {
                Some((link, 0))
            } else if *pair == [peer, node] {
                Some((link, 1))
            } else {
                None
            }
        })
    }
}

impl Model for Network {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.initial()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.actions_between(state, actions);
        for node in (0u8..).map(Peer).take(state.nodes.len()) {
            self.actions_of(state, node, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.perform(state, &action).map(|(next, _)| next)
    }
}

impl Checkable for Network {
    fn keeps(&self, state: &State, rule: usize) -> bool {
        !state.broken.contains(rule)
    }

    fn keeps_all(&self, state: &State) -> bool {
        state.broken.is_empty()
    }

    fn is_quiet(&self, state: &State) -> bool {
        state.is_quiet()
    }

    fn label(&self, action: &Action) -> u8 {
        self.obligation(action)
    }
}
