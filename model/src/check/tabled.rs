//! The same network, in numbers: each different node, each different link and each different step
//! of a node is worked out once and then looked up.
//!
//! What a node does next depends on the node, on what awaits it and on what may still happen; it
//! changes the node and what awaits it, and puts messages behind those that await its peers. The
//! combinations of these are few where the network's states are many.
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
use super::network::{Action, End, Limits, Link, Network, Retries, State};
use super::properties::{Judging, Property, Test};
use super::rules::Marks;
use crate::message::Message;
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
    /// What awaits the node on each of its links.
    ends: [u32; MOST_LINKS],
    /// Which node it is.
    place: u8,
    /// Which of the limits are not yet reached, a bit each.
    may: u8,
    /// Which of its links are open.
    open: u8,
    /// Its connections have room for what a retry says.
    has_room: bool,
}

/// One of a node's next steps.
#[derive(Clone, Copy)]
struct Step {
    node: u32,
    /// What awaits the node then.
    ends: [u32; MOST_LINKS],
    /// What it says on each of its links; zero when nothing.
    said: [u32; MOST_LINKS],
    /// Which of its links it closes.
    closed: u8,
    /// What it takes of what may still happen, and whose process it ends.
    spent: u64,
    ended: u64,
    broken: u32,
}

/// A link: whether it is open, and what awaits either node.
type LinkParts = (bool, [u32; 2]);

/// What happens to the end of a link that is not the acting node's: messages are put behind those
/// that are there, or the link closes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum FarEnd {
    Hears(u32, u32),
    Closes(u32),
}

/// A network in numbers.
pub struct Tabled<'a, const WORDS: usize> {
    network: &'a Network,
    nodes: Known<Node<Small>>,
    ends: Known<End>,
    links: Known<LinkParts>,
    said: Known<Vec<Message<Small>>>,
    marks: Known<Marks>,
    /// Which links are quiet.
    quiet: RefCell<Vec<bool>>,
    /// The links of each node, in the order of the network's pairs.
    links_of: Vec<Vec<usize>>,
    first_link: usize,
    steps: RefCell<FxHashMap<Situation, Rc<[Step]>>>,
    /// What becomes of a link that opens, or closes.
    openings: RefCell<FxHashMap<u32, u32>>,
    far_ends: RefCell<FxHashMap<FarEnd, u32>>,
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
            ends: Known::new(),
            links: Known::new(),
            said: Known::new(),
            marks: Known::new(),
            quiet: RefCell::default(),
            links_of,
            first_link,
            steps: RefCell::default(),
            openings: RefCell::default(),
            far_ends: RefCell::default(),
        })
    }

    /// The state in numbers.
    pub fn row(&self, state: &State) -> Row<WORDS> {
        let mut row = Row([0; WORDS]);
        row.set_budget(budget_of(state));
        // Nothing broken is number zero, and so is nothing said.
        self.marks.number(Marks::default());
        self.said.number(Vec::new());
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
            links: links.iter().map(|link| self.link_of(*link)).collect(),
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
        let ends = [0, 1].map(|end: usize| self.ends.number(link.ends[end].clone()));
        self.link_from((link.open, ends))
    }

    fn link_from(&self, parts: LinkParts) -> u32 {
        let number = self.links.number(parts);
        let mut quiet = self.quiet.borrow_mut();
        if quiet.len() == number as usize {
            let is_quiet = |end: u32| self.ends.look(end, End::is_quiet);
            quiet.push(parts.1.into_iter().all(is_quiet));
        }
        number
    }

    fn link_of(&self, number: u32) -> Link {
        let (open, ends) = self.links.value(number);
        Link {
            open,
            ends: ends.map(|end| self.ends.value(end)),
        }
    }

    /// Which end of this link is this node's.
    fn side(&self, link: usize, place: usize) -> usize {
        usize::from(self.network.pairs[link][0].index() != place)
    }

    fn has_room(&self, row: &Row<WORDS>, place: usize) -> bool {
        let Retries::Unlimited { room } = self.network.retries else {
            return false;
        };
        self.links_of[place].iter().all(|link| {
            let (_, ends) = self.links.value(row.0[self.first_link + link]);
            ends.into_iter()
                .all(|end| self.ends.look(end, |end| end.inbox.len() < room))
        })
    }

    /// What awaits the other node then.
    fn far_end(&self, what: FarEnd) -> u32 {
        if let Some(known) = self.far_ends.borrow().get(&what) {
            return *known;
        }
        let end = match what {
            FarEnd::Hears(end, said) => {
                let mut end = self.ends.value(end);
                end.inbox.extend(self.said.value(said));
                end
            }
            FarEnd::Closes(end) => {
                let mut end = self.ends.value(end);
                end.close();
                end
            }
        };
        let number = self.ends.number(end);
        self.far_ends.borrow_mut().insert(what, number);
        number
    }

    /// What becomes of this link by this step, which is of the node whose link of this place it is.
    fn link_after(&self, before: u32, side: usize, step: &Step, place: usize) -> u32 {
        let (open, mut ends) = self.links.value(before);
        let closes = step.closed & 1 << place != 0;
        if ends[side] == step.ends[place] && step.said[place] == 0 && !closes {
            return before;
        }
        ends[side] = step.ends[place];
        let far = &mut ends[1 - side];
        if closes {
            *far = self.far_end(FarEnd::Closes(*far));
        } else if step.said[place] != 0 {
            *far = self.far_end(FarEnd::Hears(*far, step.said[place]));
        }
        self.link_from((open && !closes, ends))
    }

    fn is_quiet(&self, row: &Row<WORDS>) -> bool {
        let quiet = self.quiet.borrow();
        row.0[self.first_link..self.first_link + self.network.pairs.len()]
            .iter()
            .all(|link| quiet[*link as usize])
    }

    fn situation(&self, row: &Row<WORDS>, place: usize) -> Situation {
        let mut ends = [u32::MAX; MOST_LINKS];
        let mut open = 0;
        for (i, link) in self.links_of[place].iter().enumerate() {
            let (is_open, both) = self.links.value(row.0[self.first_link + link]);
            ends[i] = both[self.side(*link, place)];
            open |= u8::from(is_open) << i;
        }
        let may = row.budget().to_le_bytes()[..7]
            .iter()
            .enumerate()
            .fold(0, |may, (i, left)| may | u8::from(*left > 0) << i);
        Situation {
            node: row.0[FIRST_NODE + place],
            ends,
            // There are at most eight nodes.
            place: place as u8,
            may,
            open,
            has_room: self.has_room(row, place),
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
                let mut said = [0; MOST_LINKS];
                for (i, link) in self.links_of[place].iter().enumerate() {
                    let far = 1 - self.side(*link, place);
                    let heard = state.links[*link].ends[far].inbox.len();
                    let inbox = &next.links[*link].ends[far].inbox;
                    said[i] = self
                        .said
                        .number(inbox.iter().skip(heard).cloned().collect());
                }
                Step {
                    node: after.node,
                    ends: after.ends,
                    said,
                    closed: situation.open & !after.open,
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
                let (open, _) = self.links.value(row.0[self.first_link + link]);
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
                for (i, link) in links.iter().enumerate() {
                    let before = &mut next.0[self.first_link + link];
                    *before = self.link_after(*before, self.side(*link, place), step, i);
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
