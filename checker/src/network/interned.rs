//! [`InternedNetwork`]: a closed network whose states are rows of numbers. Each different node,
//! each different end of a link and each different step of a node is worked out once and then
//! looked up.
//!
//! What a node does next depends on the node, on what awaits it and on what may still happen; it
//! changes the node and what awaits it, and puts messages behind those that await its peers. The
//! combinations of these are few where the network's states are many. So a state here is a row of
//! numbers of 16 bits, which is copied, hashed and compared without touching the heap, and
//! [`Network`] works out only what was not met before. There is no second copy of what happens in
//! a network: the tables' entries come from [`Network::perform`].

mod components;
mod draft;
mod order;
mod successors;
mod tables;
mod work_out;

use std::borrow::Cow;
use std::marker::PhantomData;

use stateright::Model;

use crate::search::space::{Space, TableFull};

use super::closed::Network;
use super::names::Peer;
use super::state::{Link, State};
use super::symmetry::Symmetry;

use components::{Common, LinkEnd, MOST_LINKS, MOST_NODES, Steps};
pub use order::{Order, Skipped};
pub use tables::{Components, Tables};

/// The first word of a row is the common part; the nodes follow, and then the ends of the links.
const FIRST_NODE: usize = 1;
/// So many states' steps are looked up before the first of them are taken.
const TOGETHER: usize = 8;

/// A state of an [`InternedNetwork`]: the numbers of its components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row<const WORDS: usize>([u16; WORDS]);

/// The network does not fit into rows of this many words, or into rows at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There are more nodes and links than words.
    #[error("a state of this network takes {needed} words, there are {given}")]
    Words {
        /// So many it takes.
        needed: usize,
        /// So many there are.
        given: usize,
    },
    /// There are too many nodes or links.
    #[error("there are more than {MOST_NODES} nodes, or a node has more than {MOST_LINKS} links")]
    Nodes,
}

/// How many words a state of this network takes.
pub fn words(network: &Network) -> usize {
    FIRST_NODE + network.roles.len() + 2 * network.pairs.len()
}

/// A closed network whose states are rows of numbers.
pub struct InternedNetwork<'a, const WORDS: usize, O = ()> {
    network: &'a Network,
    /// The links of each node, in the order of the network's pairs: where in a row its own end
    /// stands, and where the far one.
    links_of: Vec<Vec<[usize; 2]>>,
    /// The links that each node has not, a bit each.
    links_without: Vec<u16>,
    /// Which node each end of a link is the end of.
    node_at: Vec<usize>,
    first_link: usize,
    words: usize,
    /// A state of which a part is filled in.
    blank: State,
    symmetry: Symmetry,
    order: PhantomData<O>,
}

impl<'a, const WORDS: usize> InternedNetwork<'a, WORDS> {
    /// This network, in rows of so many words.
    ///
    /// # Errors
    ///
    /// When its states do not fit into them.
    pub fn new(network: &'a Network) -> Result<Self, Unfit> {
        let first_link = FIRST_NODE + network.roles.len();
        let links_of: Vec<Vec<[usize; 2]>> = (0u8..)
            .map(Peer)
            .take(network.roles.len())
            .map(|node| {
                let pairs = network.pairs.iter().enumerate();
                pairs
                    .filter(|(_, pair)| pair.contains(&node))
                    .map(|(link, pair)| {
                        let end = usize::from(pair[0] != node);
                        let link = first_link + 2 * link;
                        [link + end, link + 1 - end]
                    })
                    .collect()
            })
            .collect();
        if links_of.iter().any(|links| links.len() > MOST_LINKS) || links_of.len() > MOST_NODES {
            return Err(Unfit::Nodes);
        }
        let words = words(network);
        if words > WORDS {
            return Err(Unfit::Words {
                needed: words,
                given: WORDS,
            });
        }
        // Each node has few links, and there are few nodes.
        let links_without = (0u8..).map(Peer).take(network.roles.len()).map(|node| {
            let links = (0..).zip(&network.pairs);
            let without = links.filter(|(_, pair)| !pair.contains(&node));
            without.fold(0, |bits, (link, _): (u16, _)| bits | 1 << link)
        });
        Ok(InternedNetwork {
            network,
            links_without: links_without.collect(),
            node_at: network
                .pairs
                .iter()
                .flatten()
                .map(|node| node.index())
                .collect(),
            links_of,
            first_link,
            words,
            blank: network.initial(),
            symmetry: Symmetry::default(),
            order: PhantomData,
        })
    }

    /// States that differ only in names count as one: each is encoded by its canonical form. The
    /// graph of all transitions cannot be kept then, for in it names matter.
    pub fn symmetric(mut self) -> Self {
        self.symmetry = Symmetry::of(self.network);
        self
    }

    /// Steps that commute are taken in one order (`order.rs`) and not in every order: the same states
    /// are found, by fewer transitions. The graph of all transitions cannot be kept then.
    pub fn in_one_order(self) -> InternedNetwork<'a, WORDS, Skipped> {
        let InternedNetwork {
            network,
            links_of,
            links_without,
            node_at,
            first_link,
            words,
            blank,
            symmetry,
            order: PhantomData,
        } = self;
        InternedNetwork {
            network,
            links_of,
            links_without,
            node_at,
            first_link,
            words,
            blank,
            symmetry,
            order: PhantomData,
        }
    }
}

impl<const WORDS: usize, O> InternedNetwork<'_, WORDS, O> {
    /// By how many renamings a state may become one that counts as the same.
    pub fn renamings(&self) -> usize {
        self.symmetry.renamings.len()
    }
}

impl<const WORDS: usize, O: Order> Space for InternedNetwork<'_, WORDS, O> {
    type Model = Network;
    type Skip = O;
    type Encoded = Row<WORDS>;
    type Tables = Tables;

    const BATCH: usize = 1 << 14;

    fn model(&self) -> &Network {
        self.network
    }

    fn initial(&self, tables: &mut Tables) -> Vec<Row<WORDS>> {
        let states = self.network.init_states();
        let rows: Vec<_> = states
            .iter()
            // The tables are empty yet: they have room for the components of a few states.
            .filter_map(|state| self.intern(tables, state).ok())
            .collect();
        rows.into_iter()
            .map(|row| self.canonical(tables, row).0)
            .collect()
    }

    fn successors(
        &self,
        tables: &Tables,
        states: &[(&Row<WORDS>, O)],
        missing: &mut [bool],
        mut found: impl FnMut(usize, u8, Row<WORDS>, O),
    ) {
        // The lookups of several states do not wait for each other.
        for (group, states) in states.chunks(TOGETHER).enumerate() {
            let mut steps_at = [[None; MOST_NODES]; TOGETHER];
            let mut near = 0;
            for ((row, skip), steps_at) in states.iter().zip(&mut steps_at) {
                let skipped = skip.skipped();
                for (place, steps_at) in steps_at[..self.links_of.len()].iter_mut().enumerate() {
                    *steps_at = match skipped.all_of(place) {
                        true => Some(Steps::NONE),
                        false => self.steps_at(tables, row, place),
                    };
                }
            }
            for steps in steps_at.iter().flatten().flatten() {
                near ^= tables
                    .steps
                    .get(steps.first as usize)
                    .map_or(0, |step| step.node);
            }
            std::hint::black_box(near);
            for (i, ((row, skip), steps_at)) in states.iter().zip(&steps_at).enumerate() {
                let which = TOGETHER * group + i;
                let skipped = skip.skipped();
                missing[which] = !self.give(tables, row, skipped, steps_at, |label, next, skip| {
                    found(which, label, next, skip);
                });
            }
        }
    }

    fn work_out_together(
        &self,
        tables: &mut Tables,
        states: &[(&Row<WORDS>, O)],
        threads: usize,
    ) -> Result<(), TableFull> {
        self.work_out_situations(tables, states, threads)
    }

    fn work_out(&self, tables: &mut Tables, row: &Row<WORDS>, skip: O) -> Result<(), TableFull> {
        self.work_out_transitions(tables, row, skip.skipped())
    }

    fn decode<'s>(&self, tables: &Tables, row: &'s Row<WORDS>) -> Cow<'s, State> {
        let common = tables.commons.get(row.0[0]);
        let nodes = &row.0[FIRST_NODE..self.first_link];
        let ends = &row.0[self.first_link..self.words];
        Cow::Owned(State {
            nodes: nodes
                .iter()
                .map(|node| tables.nodes.get(*node).clone())
                .collect(),
            links: ends
                .chunks_exact(2)
                .map(|ends| {
                    let ends = [ends[0], ends[1]].map(|end| tables.ends.get(end));
                    Link {
                        open: ends[0].open,
                        ends: ends.map(|end| end.end.clone()),
                    }
                })
                .collect(),
            left: common.left,
            ended: common.ended(),
            broken: common.broken,
        })
    }

    fn encode(&self, tables: &Tables, state: &State) -> Option<Row<WORDS>> {
        let mut row = Row([0; WORDS]);
        row.0[0] = tables.commons.find(&Common::of(state))?;
        for (place, node) in state.nodes.iter().enumerate() {
            row.0[FIRST_NODE + place] = tables.nodes.find(node)?;
        }
        for (place, end) in LinkEnd::all_of(state).enumerate() {
            row.0[self.first_link + place] = tables.ends.find(&end)?;
        }
        Some(self.canonical(tables, row).0)
    }

    fn keeps_all(&self, tables: &Tables, row: &Row<WORDS>) -> bool {
        tables.common_facts[usize::from(row.0[0])].keeps_all
    }

    fn is_quiet(&self, tables: &Tables, row: &Row<WORDS>) -> bool {
        row.0[self.first_link..self.words]
            .iter()
            .all(|end| tables.end_facts[usize::from(*end)].quiet)
    }

    fn is_reduced(&self) -> bool {
        O::IS_ONE || !self.symmetry.renamings.is_empty()
    }

    fn table_bytes(&self, tables: &Tables) -> usize {
        tables.bytes()
    }
}
