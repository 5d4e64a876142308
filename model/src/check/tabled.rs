//! The same network, in numbers: each different node, each different end of a link and each
//! different step of a node is worked out once and then looked up.
//!
//! What a node does next depends on the node, on what awaits it and on what may still happen; it
//! changes the node and what awaits it, and puts messages behind those that await its peers. The
//! combinations of these are few where the network's states are many. So a state here is a row of
//! numbers of 16 bits, which is copied, hashed and compared without touching the heap, and
//! [`Network`] works out only what was not met before. There is no second copy of what happens in
//! a network: the tables' entries come from [`Network::perform`].

use std::borrow::Cow;
use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stateright::Model;

use super::explorer::{Full, Space};
use super::names::{Peer, Small};
use super::network::{End, Limits, Link, Network, Retries, State};
use super::rules::PredicateSet;
use super::symmetry::{Renaming, Symmetry};
use crate::message::Message;
use crate::node::Node;

/// A node has at most so many links.
const MOST_LINKS: usize = 4;
/// There are at most so many nodes.
const MOST_NODES: usize = 8;
/// One word says what may still happen, whose processes have ended and what the last step broke.
const FIRST_NODE: usize = 1;
/// So many states' steps are looked up before the first of them are taken.
const TOGETHER: usize = 8;
/// What is not yet known.
const UNKNOWN: u16 = u16::MAX;

/// A state of a [`Tabled`] network.
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

/// So many words a state of this network takes.
pub fn words(network: &Network) -> usize {
    FIRST_NODE + network.roles.len() + 2 * network.pairs.len()
}

/// What of a state is neither node nor link.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Rest {
    left: Limits,
    /// A bit for each node whose process has ended.
    ended: u8,
    broken: PredicateSet,
}

/// What a step changes of the rest.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Change {
    /// What it takes of what may still happen.
    spent: Limits,
    /// Whose process ends.
    ended: u8,
    broken: PredicateSet,
}

/// One of a node's next steps.
#[derive(Clone, Copy)]
struct Step {
    node: u16,
    /// What awaits the node then, on each of its links.
    ends: [u16; MOST_LINKS],
    /// What happens to the other end of each of its links, by number; [`UNTOUCHED`] when nothing.
    far: [u16; MOST_LINKS],
    change: u16,
    label: u8,
}

/// What happens to the end of a link that is not the acting node's.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Far {
    Untouched,
    /// The link closes.
    Closes,
    /// It opens.
    Opens,
    /// Messages are put behind those that are there.
    Hears(Vec<Message<Small>>),
}

const UNTOUCHED: u16 = 0;
const CLOSES: u16 = 1;
const OPENS: u16 = 2;

/// The numbers of the changes that opening and closing a link are.
const ONE_CONNECT: u16 = 0;
const ONE_DISCONNECT: u16 = 1;

/// What awaits a node on a link, and whether the link is open.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Side {
    pub(super) open: bool,
    pub(super) end: End,
}

/// Values with their numbers.
struct Numbered<T> {
    values: IndexSet<T, FxBuildHasher>,
    what: &'static str,
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// These values have the first numbers.
    fn new(what: &'static str, first: impl IntoIterator<Item = T>) -> Self {
        Numbered {
            values: first.into_iter().collect(),
            what,
        }
    }

    fn number(&mut self, value: T) -> Result<u16, Full> {
        let (number, _) = self.values.insert_full(value);
        match u16::try_from(number) {
            Ok(number) if number != UNKNOWN => Ok(number),
            _ => Err(Full {
                what: self.what,
                most: usize::from(UNKNOWN),
            }),
        }
    }

    fn find(&self, value: &T) -> Option<u16> {
        u16::try_from(self.values.get_index_of(value)?).ok()
    }

    fn get(&self, number: u16) -> &T {
        &self.values[usize::from(number)]
    }
}

/// A table of what becomes of one number by another.
#[derive(Default)]
struct Outcomes {
    /// A column for each number that something becomes of, a line for each by which it does.
    cells: Vec<u16>,
    /// The number of columns is two to the power of this.
    column_bits: u32,
}

impl Outcomes {
    #[inline]
    fn get(&self, of: u16, by: u16) -> u16 {
        let [of, by] = [of, by].map(usize::from);
        if of >> self.column_bits != 0 {
            return UNKNOWN;
        }
        let cell = by << self.column_bits | of;
        self.cells.get(cell).copied().unwrap_or(UNKNOWN)
    }

    fn set(&mut self, of: u16, by: u16, outcome: u16) {
        let [of, by] = [of, by].map(usize::from);
        while of >> self.column_bits != 0 {
            let columns = 1 << self.column_bits;
            self.cells = self
                .cells
                .chunks(columns)
                .flat_map(|line| {
                    line.iter()
                        .copied()
                        .chain(std::iter::repeat_n(UNKNOWN, columns))
                })
                .collect();
            self.column_bits += 1;
        }
        let lines = (by + 1) << self.column_bits;
        if self.cells.len() < lines {
            self.cells.resize(lines, UNKNOWN);
        }
        self.cells[by << self.column_bits | of] = outcome;
    }
}

/// What was learned of a network.
pub struct Tables {
    nodes: Numbered<Node<Small>>,
    sides: Numbered<Side>,
    rests: Numbered<Rest>,
    changes: Numbered<Change>,
    fars: Numbered<Far>,
    /// What is needed to know of each side, and of each rest, without looking at it.
    of_side: Vec<OfSide>,
    of_rest: Vec<OfRest>,
    /// Where a node's next steps stand, by its situation.
    situations: FxHashMap<u128, (u32, u32)>,
    steps: Vec<Step>,
    /// What becomes of a side by what happens to it, and of a rest by a change.
    sides_after: Outcomes,
    rests_after: Outcomes,
    /// What each node, side and rest is called under each renaming.
    renamed_nodes: Vec<Vec<u16>>,
    renamed_sides: Vec<Vec<u16>>,
    renamed_rests: Vec<Vec<u16>>,
}

#[derive(Clone, Copy)]
struct OfSide {
    open: bool,
    quiet: bool,
    /// So much is under way that no want is pursued anew.
    crowded: bool,
}

#[derive(Clone, Copy)]
struct OfRest {
    /// Which of the limits are not yet reached, a bit each: the first two are those of
    /// connections.
    may: u8,
    ended: u8,
    sound: bool,
}

impl Default for Tables {
    fn default() -> Self {
        let change = |connects, disconnects| Change {
            spent: Limits {
                connects,
                disconnects,
                ..Limits::default()
            },
            ..Change::default()
        };
        Tables {
            nodes: Numbered::new("nodes", []),
            sides: Numbered::new("ends of links", []),
            rests: Numbered::new("ways of what may still happen", []),
            // In the order of ONE_CONNECT and ONE_DISCONNECT.
            changes: Numbered::new(
                "changes of what may still happen",
                [change(1, 0), change(0, 1)],
            ),
            // In the order of UNTOUCHED, CLOSES and OPENS.
            fars: Numbered::new(
                "things said in one step",
                [Far::Untouched, Far::Closes, Far::Opens],
            ),
            of_side: Vec::new(),
            of_rest: Vec::new(),
            situations: FxHashMap::default(),
            steps: Vec::new(),
            sides_after: Outcomes::default(),
            rests_after: Outcomes::default(),
            renamed_nodes: Vec::new(),
            renamed_sides: Vec::new(),
            renamed_rests: Vec::new(),
        }
    }
}

/// How many different parts a network's states are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Different nodes.
    pub nodes: usize,
    /// Different ends of links.
    pub ends: usize,
    /// Different situations of a node.
    pub situations: usize,
}

impl Tables {
    /// How many different parts were met.
    pub fn parts(&self) -> Parts {
        Parts {
            nodes: self.nodes.values.len(),
            ends: self.sides.values.len(),
            situations: self.situations.len(),
        }
    }
}

/// A network in numbers.
pub struct Tabled<'a, const WORDS: usize> {
    network: &'a Network,
    /// The links of each node, in the order of the network's pairs: where in a row its own end
    /// stands, and where the other.
    links_of: Vec<Vec<[usize; 2]>>,
    first_link: usize,
    words: usize,
    symmetry: Symmetry,
}

impl<'a, const WORDS: usize> Tabled<'a, WORDS> {
    /// This network in numbers.
    ///
    /// # Errors
    ///
    /// When its states do not fit into rows of so many words.
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
                        let side = usize::from(pair[0] != node);
                        let link = first_link + 2 * link;
                        [link + side, link + 1 - side]
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
        Ok(Tabled {
            network,
            links_of,
            first_link,
            words,
            symmetry: Symmetry::default(),
        })
    }

    /// States that differ only in names count as one. The graph of all transitions cannot be kept
    /// then, for in it names matter.
    pub fn symmetric(mut self) -> Self {
        self.symmetry = Symmetry::of(self.network);
        self
    }

    /// By how many renamings a state may become one that counts as the same.
    pub fn renamings(&self) -> usize {
        self.symmetry.renamings.len()
    }

    fn row(&self, tables: &mut Tables, state: &State) -> Result<Row<WORDS>, Full> {
        let mut row = Row([0; WORDS]);
        row.0[0] = self.rest(tables, rest_of(state))?;
        for (place, node) in state.nodes.iter().enumerate() {
            row.0[FIRST_NODE + place] = self.node(tables, node.clone())?;
        }
        for (place, side) in sides_of(state).enumerate() {
            row.0[self.first_link + place] = self.side(tables, side)?;
        }
        Ok(row)
    }

    fn node(&self, tables: &mut Tables, node: Node<Small>) -> Result<u16, Full> {
        let number = tables.nodes.number(node)?;
        let images = &mut tables.renamed_nodes;
        self.rename(&mut tables.nodes, images, Renaming::node)?;
        Ok(number)
    }

    fn side(&self, tables: &mut Tables, side: Side) -> Result<u16, Full> {
        let number = tables.sides.number(side)?;
        let images = &mut tables.renamed_sides;
        self.rename(&mut tables.sides, images, |renaming, side| Side {
            open: side.open,
            end: renaming.end(&side.end),
        })?;
        for side in tables.sides.values.iter().skip(tables.of_side.len()) {
            tables.of_side.push(OfSide {
                open: side.open,
                quiet: side.end.is_quiet(),
                crowded: match self.network.retries {
                    Retries::Unlimited { room } => side.end.inbox.len() >= room,
                    Retries::Limited => true,
                },
            });
        }
        Ok(number)
    }

    fn rest(&self, tables: &mut Tables, rest: Rest) -> Result<u16, Full> {
        let number = tables.rests.number(rest)?;
        let images = &mut tables.renamed_rests;
        self.rename(&mut tables.rests, images, |renaming, rest| Rest {
            ended: renaming.set_of_peers(rest.ended),
            ..*rest
        })?;
        for rest in tables.rests.values.iter().skip(tables.of_rest.len()) {
            tables.of_rest.push(OfRest {
                may: counts(rest.left)
                    .into_iter()
                    .enumerate()
                    .fold(0, |may, (i, left)| may | u8::from(left > 0) << i),
                ended: rest.ended,
                sound: rest.broken.is_empty(),
            });
        }
        Ok(number)
    }

    /// Numbers what each of these is called under each renaming: until nothing is left that was not
    /// met before.
    fn rename<T: Clone + Eq + Hash>(
        &self,
        numbered: &mut Numbered<T>,
        images: &mut Vec<Vec<u16>>,
        image: impl Fn(&Renaming, &T) -> T,
    ) -> Result<(), Full> {
        let renamings = &self.symmetry.renamings;
        images.resize_with(renamings.len(), Vec::new);
        // One renaming's images may be new to another.
        while images
            .iter()
            .any(|images| images.len() < numbered.values.len())
        {
            for (renaming, images) in renamings.iter().zip(&mut *images) {
                while let Some(next) = numbered.values.get_index(images.len()) {
                    let image = image(renaming, next);
                    images.push(numbered.number(image)?);
                }
            }
        }
        Ok(())
    }

    /// On what this node's next steps depend, put into one number: the node, which one it is, what
    /// awaits it, what may still happen, and whether a retry has room.
    fn situation(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> u128 {
        let node = row.0[FIRST_NODE + place];
        let may = tables.of_rest[usize::from(row.0[0])].may;
        let mut has_room = true;
        let mut situation = u128::from(node);
        for own_and_far in &self.links_of[place] {
            for side in own_and_far {
                has_room &= !tables.of_side[usize::from(row.0[*side])].crowded;
            }
            situation = situation << 16 | u128::from(row.0[own_and_far[0]]);
        }
        // Eight nodes at most, and seven limits.
        situation << 16 | u128::from(place as u8) << 8 | u128::from(may) << 1 | u128::from(has_room)
    }

    /// The least of the renamings of a state.
    fn canonical(&self, tables: &Tables, row: Row<WORDS>) -> Row<WORDS> {
        if self.symmetry.renamings.is_empty() {
            return row;
        }
        let mut least = row;
        for (which, renaming) in self.symmetry.renamings.iter().enumerate() {
            let mut image = Row([0; WORDS]);
            image.0[0] = tables.renamed_rests[which][usize::from(row.0[0])];
            for (from, to) in renaming.peers.iter().enumerate() {
                let node = row.0[FIRST_NODE + from];
                image.0[FIRST_NODE + usize::from(*to)] =
                    tables.renamed_nodes[which][usize::from(node)];
            }
            for (from, to) in renaming.ends.iter().enumerate() {
                let side = row.0[self.first_link + from];
                image.0[self.first_link + to] = tables.renamed_sides[which][usize::from(side)];
            }
            least = least.min(image);
        }
        least
    }

    /// Works out the next steps of a node.
    fn learn_steps(
        &self,
        tables: &mut Tables,
        row: &Row<WORDS>,
        state: &State,
        place: usize,
    ) -> Result<(), Full> {
        let situation = self.situation(tables, row, place);
        if tables.situations.contains_key(&situation) {
            return Ok(());
        }
        let mut actions = Vec::new();
        self.network
            .actions_of(state, Peer(place as u8), &mut actions);
        let first = tables.steps.len();
        for action in actions {
            let Some(next) = self.network.next_state(state, action) else {
                continue;
            };
            let mut step = Step {
                node: self.node(tables, next.nodes[place].clone())?,
                ends: [0; MOST_LINKS],
                far: [UNTOUCHED; MOST_LINKS],
                change: tables.changes.number(change(state, &next))?,
                label: self.network.obligation(&action),
            };
            for (i, own_and_far) in self.links_of[place].iter().enumerate() {
                let [own, far] = own_and_far.map(|end| end - self.first_link);
                let (link, own, far) = (own / 2, own % 2, far % 2);
                let [before, after] = [state, &next].map(|state| &state.links[link]);
                let side = Side {
                    open: after.open,
                    end: after.ends[own].clone(),
                };
                step.ends[i] = self.side(tables, side)?;
                let heard = before.ends[far].inbox.len();
                let said = after.ends[far].inbox.iter().skip(heard).cloned();
                step.far[i] = tables.fars.number(if before.open && !after.open {
                    Far::Closes
                } else {
                    match said.collect::<Vec<_>>() {
                        said if said.is_empty() => Far::Untouched,
                        said => Far::Hears(said),
                    }
                })?;
            }
            tables.steps.push(step);
        }
        let count = tables.steps.len() - first;
        let [first, count] = [first, count].map(u32::try_from);
        let (Ok(first), Ok(count)) = (first, count) else {
            return Err(Full {
                what: "steps",
                most: u32::MAX as usize,
            });
        };
        tables.situations.insert(situation, (first, count));
        Ok(())
    }

    fn learn_side(&self, tables: &mut Tables, side: u16, by: u16) -> Result<(), Full> {
        if tables.sides_after.get(side, by) != UNKNOWN {
            return Ok(());
        }
        let mut after = tables.sides.get(side).clone();
        match tables.fars.get(by).clone() {
            Far::Untouched => {}
            Far::Closes => {
                after.open = false;
                after.end.close();
            }
            Far::Opens => {
                after.open = true;
                after.end.open();
            }
            Far::Hears(said) => after.end.inbox.extend(said),
        }
        let after = self.side(tables, after)?;
        tables.sides_after.set(side, by, after);
        Ok(())
    }

    fn learn_rest(&self, tables: &mut Tables, rest: u16, by: u16) -> Result<(), Full> {
        if tables.rests_after.get(rest, by) != UNKNOWN {
            return Ok(());
        }
        let (before, change) = (*tables.rests.get(rest), *tables.changes.get(by));
        let after = Rest {
            left: minus(before.left, change.spent),
            ended: before.ended | change.ended,
            broken: change.broken,
        };
        let after = self.rest(tables, after)?;
        tables.rests_after.set(rest, by, after);
        Ok(())
    }

    /// How this link may open or close: what that takes of what may still happen, and what it is
    /// to both ends.
    fn opening(&self, tables: &Tables, row: &Row<WORDS>, link: usize) -> Option<(u16, u16)> {
        let OfRest { may, ended, .. } = tables.of_rest[usize::from(row.0[0])];
        let [a, b] = self.network.pairs[link];
        if ended & (1 << a.0 | 1 << b.0) != 0 {
            return None;
        }
        let side = row.0[self.first_link + 2 * link];
        match tables.of_side[usize::from(side)].open {
            true if may & 2 != 0 => Some((ONE_DISCONNECT, CLOSES)),
            false if may & 1 != 0 => Some((ONE_CONNECT, OPENS)),
            _ => None,
        }
    }

    /// Where this node's next steps stand.
    fn steps_at(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> Option<(u32, u32)> {
        if tables.of_rest[usize::from(row.0[0])].ended & 1 << place != 0 {
            return Some((0, 0));
        }
        let situation = self.situation(tables, row, place);
        tables.situations.get(&situation).copied()
    }

    /// Gives the transitions of a state, whose nodes' next steps stand here. Says no when
    /// something is not known.
    fn give(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        steps_at: &[Option<(u32, u32)>],
        mut found: impl FnMut(u8, Row<WORDS>),
    ) -> bool {
        for link in 0..self.network.pairs.len() {
            let Some((change, by)) = self.opening(tables, row, link) else {
                continue;
            };
            let mut next = *row;
            next.0[0] = tables.rests_after.get(row.0[0], change);
            let mut known = next.0[0] != UNKNOWN;
            for end in &mut next.0[self.first_link + 2 * link..][..2] {
                *end = tables.sides_after.get(*end, by);
                known &= *end != UNKNOWN;
            }
            if !known {
                return false;
            }
            found(super::liveness::FREE, self.canonical(tables, next));
        }
        for (place, (links, steps)) in self.links_of.iter().zip(steps_at).enumerate() {
            let Some((first, count)) = *steps else {
                return false;
            };
            for step in &tables.steps[first as usize..][..count as usize] {
                let mut next = *row;
                next.0[0] = tables.rests_after.get(row.0[0], step.change);
                next.0[FIRST_NODE + place] = step.node;
                let mut known = next.0[0] != UNKNOWN;
                for (i, [own, far]) in links.iter().enumerate() {
                    next.0[*own] = step.ends[i];
                    if step.far[i] != UNTOUCHED {
                        let after = tables.sides_after.get(row.0[*far], step.far[i]);
                        next.0[*far] = after;
                        known &= after != UNKNOWN;
                    }
                }
                if !known {
                    return false;
                }
                found(step.label, self.canonical(tables, next));
            }
        }
        true
    }
}

impl<const WORDS: usize> Space for Tabled<'_, WORDS> {
    type Model = Network;
    type Kept = Row<WORDS>;
    type Learned = Tables;

    const BATCH: usize = 1 << 14;

    fn model(&self) -> &Network {
        self.network
    }

    fn initial(&self, tables: &mut Tables) -> Vec<Row<WORDS>> {
        let states = self.network.init_states();
        let rows: Vec<_> = states
            .iter()
            // The tables are empty yet: they have room for the parts of a few states.
            .filter_map(|state| self.row(tables, state).ok())
            .collect();
        rows.into_iter()
            .map(|row| self.canonical(tables, row))
            .collect()
    }

    fn successors(
        &self,
        tables: &Tables,
        states: &[&Row<WORDS>],
        missed: &mut [bool],
        mut found: impl FnMut(usize, u8, Row<WORDS>),
    ) {
        // The lookups of several states do not wait for each other.
        for (group, states) in states.chunks(TOGETHER).enumerate() {
            let mut steps_at = [[None; MOST_NODES]; TOGETHER];
            let mut near = 0;
            for (row, steps_at) in states.iter().zip(&mut steps_at) {
                for (place, steps_at) in steps_at[..self.links_of.len()].iter_mut().enumerate() {
                    *steps_at = self.steps_at(tables, row, place);
                }
            }
            for (first, _) in steps_at.iter().flatten().flatten() {
                near ^= tables
                    .steps
                    .get(*first as usize)
                    .map_or(0, |step| step.node);
            }
            std::hint::black_box(near);
            for (i, (row, steps_at)) in states.iter().zip(&steps_at).enumerate() {
                let which = TOGETHER * group + i;
                missed[which] = !self.give(tables, row, steps_at, |label, next| {
                    found(which, label, next);
                });
            }
        }
    }

    fn learn(&self, tables: &mut Tables, row: &Row<WORDS>) -> Result<(), Full> {
        let state = self.restore(tables, row).into_owned();
        for link in 0..self.network.pairs.len() {
            if let Some((change, by)) = self.opening(tables, row, link) {
                self.learn_rest(tables, row.0[0], change)?;
                for end in &row.0[self.first_link + 2 * link..][..2] {
                    self.learn_side(tables, *end, by)?;
                }
            }
        }
        for (place, links) in self.links_of.iter().enumerate() {
            self.learn_steps(tables, row, &state, place)?;
            let (first, count) = self.steps_at(tables, row, place).unwrap_or((0, 0));
            for place in first..first + count {
                let step = tables.steps[place as usize];
                self.learn_rest(tables, row.0[0], step.change)?;
                for (i, [_, far]) in links.iter().enumerate() {
                    self.learn_side(tables, row.0[*far], step.far[i])?;
                }
            }
        }
        Ok(())
    }

    fn restore<'s>(&self, tables: &Tables, row: &'s Row<WORDS>) -> Cow<'s, State> {
        let rest = tables.rests.get(row.0[0]);
        let nodes = &row.0[FIRST_NODE..self.first_link];
        let sides = &row.0[self.first_link..self.words];
        Cow::Owned(State {
            nodes: nodes
                .iter()
                .map(|node| tables.nodes.get(*node).clone())
                .collect(),
            links: sides
                .chunks_exact(2)
                .map(|sides| {
                    let sides = [sides[0], sides[1]].map(|side| tables.sides.get(side));
                    Link {
                        open: sides[0].open,
                        ends: sides.map(|side| side.end.clone()),
                    }
                })
                .collect(),
            left: rest.left,
            ended: (0..8)
                .filter(|node| rest.ended & 1 << node != 0)
                .map(Peer)
                .collect(),
            broken: rest.broken,
        })
    }

    fn keep(&self, tables: &Tables, state: &State) -> Option<Row<WORDS>> {
        let mut row = Row([0; WORDS]);
        row.0[0] = tables.rests.find(&rest_of(state))?;
        for (place, node) in state.nodes.iter().enumerate() {
            row.0[FIRST_NODE + place] = tables.nodes.find(node)?;
        }
        for (place, side) in sides_of(state).enumerate() {
            row.0[self.first_link + place] = tables.sides.find(&side)?;
        }
        Some(self.canonical(tables, row))
    }

    fn is_sound(&self, tables: &Tables, row: &Row<WORDS>) -> bool {
        tables.of_rest[usize::from(row.0[0])].sound
    }

    fn is_quiet(&self, tables: &Tables, row: &Row<WORDS>) -> bool {
        row.0[self.first_link..self.words]
            .iter()
            .all(|side| tables.of_side[usize::from(*side)].quiet)
    }

    fn keeps_names(&self) -> bool {
        self.symmetry.renamings.is_empty()
    }

    fn learned_bytes(&self, tables: &Tables) -> usize {
        let outcomes = [&tables.sides_after, &tables.rests_after];
        let outcomes: usize = outcomes
            .iter()
            .map(|outcomes| outcomes.cells.capacity() * size_of::<u16>())
            .sum();
        outcomes
            + tables.steps.capacity() * size_of::<Step>()
            + tables.situations.capacity() * size_of::<(u128, (u32, u32))>()
    }
}

fn rest_of(state: &State) -> Rest {
    Rest {
        left: state.left,
        ended: state.ended.iter().fold(0, |bits, node| bits | 1 << node.0),
        broken: state.broken,
    }
}

fn sides_of(state: &State) -> impl Iterator<Item = Side> {
    state.links.iter().flat_map(|link| {
        link.ends.iter().map(|end| Side {
            open: link.open,
            end: end.clone(),
        })
    })
}

fn counts(limits: Limits) -> [u8; 7] {
    let Limits {
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    } = limits;
    [
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    ]
}

fn minus(limits: Limits, spent: Limits) -> Limits {
    let mut left = counts(limits);
    for (left, spent) in left.iter_mut().zip(counts(spent)) {
        *left = left.saturating_sub(spent);
    }
    let [
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    ] = left;
    Limits {
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    }
}

/// What the step from one state to the next changes of the rest.
fn change(before: &State, after: &State) -> Change {
    let [had, has] = [before, after].map(rest_of);
    Change {
        spent: minus(had.left, has.left),
        ended: has.ended & !had.ended,
        broken: has.broken,
    }
}
