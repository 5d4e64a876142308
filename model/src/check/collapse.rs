//! A form of a network's states that takes little memory: each different node and each different
//! link is kept once, and a state is the numbers of its own.
//!
//! A network's states are many because its nodes' states combine; the nodes' states themselves
//! are few. So a state takes four bytes for each node, four for each link, and four for the rest.

use std::cell::RefCell;
use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::node::Node;

use super::explorer::Form;
use super::names::{Peer, Small};
use super::network::{Limits, Link, Network, State};
use super::rules::Marks;

/// States of one network as `WORDS` numbers of 32 bits.
pub struct Collapsed<const WORDS: usize> {
    nodes: Known<Node<Small>>,
    links: Known<Link>,
    rests: Known<Rest>,
    node_count: usize,
    link_count: usize,
}

/// The network has more parts than there are words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state of this network takes {needed} words, there are {given}")]
pub struct TooFewWords {
    /// So many it takes.
    pub needed: usize,
    /// So many there are.
    pub given: usize,
}

/// What of a state is neither node nor link.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Rest {
    left: Limits,
    ended: Vec<Peer>,
    broken: Marks,
}

/// The values met so far, each with its number.
pub(super) struct Known<T>(RefCell<IndexSet<T, FxBuildHasher>>);

impl<T: Clone + Eq + Hash> Known<T> {
    pub(super) fn new() -> Self {
        Known(RefCell::new(IndexSet::default()))
    }

    pub(super) fn number(&self, value: T) -> u32 {
        // There are fewer values than states, which are numbered by 32 bits too.
        self.0.borrow_mut().insert_full(value).0 as u32
    }

    pub(super) fn value(&self, number: u32) -> T {
        self.0.borrow()[number as usize].clone()
    }

    pub(super) fn look<A>(&self, number: u32, at: impl FnOnce(&T) -> A) -> A {
        at(&self.0.borrow()[number as usize])
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

impl<const WORDS: usize> Collapsed<WORDS> {
    /// A form for the states of this network.
    pub fn new(network: &Network) -> Result<Self, TooFewWords> {
        let needed = network.roles.len() + network.pairs.len() + 1;
        if needed > WORDS {
            return Err(TooFewWords {
                needed,
                given: WORDS,
            });
        }
        Ok(Collapsed {
            nodes: Known::new(),
            links: Known::new(),
            rests: Known::new(),
            node_count: network.roles.len(),
            link_count: network.pairs.len(),
        })
    }

    /// How many different nodes and links were met.
    pub fn parts(&self) -> (usize, usize) {
        (self.nodes.len(), self.links.len())
    }
}

impl<const WORDS: usize> Form<State> for Collapsed<WORDS> {
    type Kept = [u32; WORDS];

    fn keep(&self, state: State) -> [u32; WORDS] {
        let rest = Rest {
            left: state.left,
            ended: state.ended,
            broken: state.broken,
        };
        let numbers = std::iter::once(self.rests.number(rest))
            .chain(state.nodes.into_iter().map(|node| self.nodes.number(node)))
            .chain(state.links.into_iter().map(|link| self.links.number(link)));
        let mut kept = [0; WORDS];
        for (word, number) in kept.iter_mut().zip(numbers) {
            *word = number;
        }
        kept
    }

    fn restore(&self, kept: &[u32; WORDS]) -> State {
        let rest = self.rests.value(kept[0]);
        let (nodes, links) = kept[1..].split_at(self.node_count);
        State {
            nodes: nodes.iter().map(|node| self.nodes.value(*node)).collect(),
            links: links[..self.link_count]
                .iter()
                .map(|link| self.links.value(*link))
                .collect(),
            left: rest.left,
            ended: rest.ended,
            broken: rest.broken,
        }
    }
}
