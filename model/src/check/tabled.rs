//! The same network, in numbers: each different node, each different link and each different step
//! of a node is worked out once and then looked up.
//!
//! What a node does next depends on the node, on its own links and on what may still happen, and
//! changes nothing else. The combinations of these are few where the network's states are many.
//! So a state here is a row of numbers, which is copied, hashed and compared without touching the
//! heap, and [`Network`] works out only what was not met before. There is no second copy of what
//! happens in a network: a table's entries come from [`Network::perform`].

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use stateright::Model;

use super::collapse::{Known, TooFewWords};
use super::explorer::Trail;
use super::names::{Peer, Small};
use super::network::{Action, Limits, Link, Network, State};
use super::properties::{Judging, Property, Test};
use super::rules::Marks;
use crate::node::Node;

/// A node has at most so many links.
const MOST_LINKS: usize = 4;
/// Two words for what may still happen, one for what the last step broke.
const FIRST_NODE: usize = 3;
/// The byte of what may still happen that says whose processes have ended.
const ENDED: u32 = 56;

/// A state of a [`Tabled`] network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row<const WORDS: usize>([u32; WORDS]);

impl<const WORDS: usize> Row<WORDS> {
    fn budget(&self) -> u64 {
        u64::from(self.0[0]) | u64::from(self.0[1]) << 32
    }

    fn set_budget(&mut self, budget: u64) {
        self.0[0] = budget as u32;
        self.0[1] = (budget >> 32) as u32;
    }
}

/// What happens next, by the state that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next<const WORDS: usize>(Row<WORDS>);

/// On what a node's next steps depend.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Situation {
    node: u32,
    links: [u32; MOST_LINKS],
    /// Which node it is.
    place: u8,
    /// Which of the limits are not yet reached, a bit each.
    may: u8,
}

/// One of a node's next steps.
#[derive(Clone, Copy)]
struct Step {
    node: u32,
    links: [u32; MOST_LINKS],
    /// What it takes of what may still happen, and whose process it ends.
    spent: u64,
    ended: u64,
    broken: u32,
}

/// A network in numbers.
pub struct Tabled<'a, const WORDS: usize> {
    network: &'a Network,
    nodes: Known<Node<Small>>,
    links: Known<Link>,
    marks: Known<Marks>,
    /// Which links are quiet.
    quiet: RefCell<Vec<bool>>,
    /// The links of each node, in the order of the network's pairs.
    links_of: Vec<Vec<usize>>,
    first_link: usize,
    steps: RefCell<FxHashMap<Situation, Rc<[Step]>>>,
    /// What becomes of a link that opens, or closes.
    openings: RefCell<FxHashMap<u32, u32>>,
}

impl<'a, const WORDS: usize> Tabled<'a, WORDS> {
    /// The tables of this network, empty as yet.
    pub fn new(network: &'a Network) -> Result<Self, TooFewWords> {
        let first_link = FIRST_NODE + network.roles.len();
        let needed = first_link + network.pairs.len();
        let links_of: Vec<Vec<usize>> = (0u8..)
            .map(Peer)
            .take(network.roles.len())
            .map(|node| {
                let pairs = network.pairs.iter().enumerate();
                pairs
                    .filter(|(_, pair)| pair.contains(&node))
                    .map(|(link, _)| link)
                    .collect()
            })
            .collect();
        // Eight bits name those whose processes have ended.
        let fits = links_of.iter().all(|links| links.len() <= MOST_LINKS) && links_of.len() <= 8;
        if needed > WORDS || !fits {
            return Err(TooFewWords {
                needed,
                given: WORDS,
            });
        }
        Ok(Tabled {
            network,
            nodes: Known::new(),
            links: Known::new(),
            marks: Known::new(),
            quiet: RefCell::default(),
            links_of,
            first_link,
            steps: RefCell::default(),
            openings: RefCell::default(),
        })
    }

    /// The state in numbers.
    pub fn row(&self, state: &State) -> Row<WORDS> {
        let mut row = Row([0; WORDS]);
        row.set_budget(budget_of(state));
        // Nothing broken is number zero.
        self.marks.number(Marks::default());
        row.0[2] = self.marks.number(state.broken);
        for (i, node) in state.nodes.iter().enumerate() {
            row.0[FIRST_NODE + i] = self.nodes.number(node.clone());
        }
        for (i, link) in state.links.iter().enumerate() {
            row.0[self.first_link + i] = self.link(link);
        }
        row
    }

    /// The state of these numbers.
    pub fn state(&self, row: &Row<WORDS>) -> State {
        let bytes = row.budget().to_le_bytes();
        let nodes = &row.0[FIRST_NODE..self.first_link];
        let links = &row.0[self.first_link..self.first_link + self.network.pairs.len()];
        State {
            nodes: nodes.iter().map(|node| self.nodes.value(*node)).collect(),
            links: links.iter().map(|link| self.links.value(*link)).collect(),
            left: Limits {
                connects: bytes[0],
                disconnects: bytes[1],
                requests: bytes[2],
                cancels: bytes[3],
                stores: bytes[4],
                deletions: bytes[5],
                retries: bytes[6],
            },
            ended: (0..8)
                .filter(|node| bytes[7] & 1 << node != 0)
                .map(Peer)
                .collect(),
            broken: self.marks.value(row.0[2]),
        }
    }

    /// The way through the network that this way stands for.
    pub fn trail(&self, trail: &Trail<Self>) -> Trail<Network> {
        let start = self.state(&trail.start);
        let mut from = start.clone();
        let mut steps = Vec::new();
        for (_, row) in &trail.steps {
            let to = self.state(row);
            let mut actions = Vec::new();
            self.network.actions(&from, &mut actions);
            let taken = actions
                .into_iter()
                .find(|action| self.network.next_state(&from, *action).as_ref() == Some(&to));
            steps.extend(taken.map(|action| (action, to.clone())));
            from = to;
        }
        Trail { start, steps }
    }

    /// These properties of the network, in numbers.
    pub fn properties(&self, of_network: Vec<Property<Network>>) -> Vec<Property<Self>> {
        of_network
            .into_iter()
            .map(|property| {
                let when_quiet = property.when_quiet;
                let test = match property.test {
                    Test::Unbroken(place) => Test::Unbroken(place),
                    Test::Holds(holds) => Test::Found(Box::new(move |tabled: &Self, row| {
                        when_quiet && !tabled.is_quiet(row)
                            || holds(tabled.network, &tabled.state(row))
                    })),
                    Test::Found(holds) => Test::Found(Box::new(move |tabled: &Self, row| {
                        when_quiet && !tabled.is_quiet(row)
                            || holds(tabled.network, &tabled.state(row))
                    })),
                };
                Property {
                    name: property.name,
                    requirements: property.requirements,
                    kind: property.kind,
                    test,
                    premise: property.premise.map(
                        |premise| -> Box<super::properties::Predicate<Self>> {
                            Box::new(move |tabled: &Self, row| {
                                (!when_quiet || tabled.is_quiet(row))
                                    && premise(tabled.network, &tabled.state(row))
                            })
                        },
                    ),
                    when_quiet,
                }
            })
            .collect()
    }

    /// How many different nodes, links and situations of a node were met.
    pub fn parts(&self) -> (usize, usize, usize) {
        (
            self.nodes.len(),
            self.links.len(),
            self.steps.borrow().len(),
        )
    }

    fn link(&self, link: &Link) -> u32 {
        let number = self.links.number(link.clone());
        let mut quiet = self.quiet.borrow_mut();
        if quiet.len() == number as usize {
            quiet.push(link.is_quiet());
        }
        number
    }

    fn is_quiet(&self, row: &Row<WORDS>) -> bool {
        let quiet = self.quiet.borrow();
        row.0[self.first_link..self.first_link + self.network.pairs.len()]
            .iter()
            .all(|link| quiet[*link as usize])
    }

    fn situation(&self, row: &Row<WORDS>, place: usize) -> Situation {
        let mut links = [u32::MAX; MOST_LINKS];
        for (mine, link) in links.iter_mut().zip(&self.links_of[place]) {
            *mine = row.0[self.first_link + link];
        }
        let may = row.budget().to_le_bytes()[..7]
            .iter()
            .enumerate()
            .fold(0, |may, (i, left)| may | u8::from(*left > 0) << i);
        Situation {
            node: row.0[FIRST_NODE + place],
            links,
            // There are at most eight nodes.
            place: place as u8,
            may,
        }
    }

    /// The next steps of this node.
    fn steps(&self, row: &Row<WORDS>, place: usize) -> Rc<[Step]> {
        let situation = self.situation(row, place);
        if let Some(known) = self.steps.borrow().get(&situation) {
            return Rc::clone(known);
        }
        let state = self.state(row);
        let mut actions = Vec::new();
        self.network
            .actions_of(&state, Peer(situation.place), &mut actions);
        let steps: Rc<[Step]> = actions
            .iter()
            .filter_map(|action| self.network.next_state(&state, *action))
            .map(|next| {
                let row_after = self.row(&next);
                let after = self.situation(&row_after, place);
                let ended = row_after.budget() >> ENDED << ENDED;
                let limits = |budget: u64| budget << 8 >> 8;
                Step {
                    node: after.node,
                    links: after.links,
                    spent: limits(row.budget()) - limits(row_after.budget()),
                    ended,
                    broken: row_after.0[2],
                }
            })
            .collect();
        self.steps.borrow_mut().insert(situation, Rc::clone(&steps));
        steps
    }

    /// What becomes of this link when it opens, or closes.
    fn opening(&self, row: &Row<WORDS>, link: usize, action: Action) -> Option<u32> {
        let before = row.0[self.first_link + link];
        if let Some(after) = self.openings.borrow().get(&before) {
            return Some(*after);
        }
        let next = self.network.next_state(&self.state(row), action)?;
        let after = self.link(&next.links[link]);
        self.openings.borrow_mut().insert(before, after);
        Some(after)
    }
}

fn budget_of(state: &State) -> u64 {
    let Limits {
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    } = state.left;
    let ended = state.ended.iter().fold(0, |bits, node| bits | 1 << node.0);
    u64::from_le_bytes([
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
        ended,
    ])
}

const ONE_CONNECT: u64 = 1;
const ONE_DISCONNECT: u64 = 1 << 8;

impl<const WORDS: usize> Model for Tabled<'_, WORDS> {
    type State = Row<WORDS>;
    type Action = Next<WORDS>;

    fn init_states(&self) -> Vec<Row<WORDS>> {
        let states = self.network.init_states();
        states.iter().map(|state| self.row(state)).collect()
    }

    fn actions(&self, row: &Row<WORDS>, actions: &mut Vec<Next<WORDS>>) {
        let budget = row.budget();
        let [connects, disconnects, .., ended] = budget.to_le_bytes();
        if connects > 0 || disconnects > 0 {
            for (link, [a, b]) in self.network.pairs.iter().enumerate() {
                if ended & (1 << a.0 | 1 << b.0) != 0 {
                    continue;
                }
                let open = self
                    .links
                    .look(row.0[self.first_link + link], |link| link.open);
                let (action, spent) = match open {
                    true if disconnects > 0 => (Action::Disconnect(*a, *b), ONE_DISCONNECT),
                    false if connects > 0 => (Action::Connect(*a, *b), ONE_CONNECT),
                    _ => continue,
                };
                if let Some(after) = self.opening(row, link, action) {
                    let mut next = *row;
                    next.set_budget(budget - spent);
                    next.0[2] = 0;
                    next.0[self.first_link + link] = after;
                    actions.push(Next(next));
                }
            }
        }
        for (place, links) in self.links_of.iter().enumerate() {
            if ended & 1 << place != 0 {
                continue;
            }
            for step in self.steps(row, place).iter() {
                let mut next = *row;
                next.set_budget((budget - step.spent) | step.ended);
                next.0[2] = step.broken;
                next.0[FIRST_NODE + place] = step.node;
                for (link, after) in links.iter().zip(step.links) {
                    next.0[self.first_link + link] = after;
                }
                actions.push(Next(next));
            }
        }
    }

    fn next_state(&self, _: &Row<WORDS>, action: Next<WORDS>) -> Option<Row<WORDS>> {
        Some(action.0)
    }
}

impl<const WORDS: usize> Judging for Tabled<'_, WORDS> {
    fn broken(&self, row: &Row<WORDS>) -> Marks {
        if row.0[2] == 0 {
            Marks::default()
        } else {
            self.marks.value(row.0[2])
        }
    }
}
