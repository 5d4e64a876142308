//! [`Exploration`]: what a search found, and the ways to the states that it found.

use std::fmt;
use std::time::Duration;

use stateright::Model;

use super::graph::Graph;
use super::space::{Space, StateOf, TableFull};
use super::visited::{NO_PARENT, Visited, parent_of, state_of};

/// Whether a search saw everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every state was seen: verdicts are proofs.
    Exhausted,
    /// The search was stopped before that: what was not seen is not known.
    Bounded(Stop),
}

/// Why a search was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It saw as many states as it was to see.
    States,
    /// It went as deep as it was to go.
    Depth,
    /// Every property is decided.
    Decided,
    /// A property was violated.
    Violation,
    /// A table of the space is full.
    TableFull(TableFull),
    /// There are more states than can be numbered.
    Numbers,
    /// Whoever asked for it wanted it to end.
    Interrupted,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::States => f.write_str("it saw as many states as it was to see"),
            Stop::Depth => f.write_str("it went as many steps deep as it was to go"),
            Stop::Decided => f.write_str("nothing that was asked is left open"),
            Stop::Violation => f.write_str("a property was violated"),
            Stop::TableFull(full) => full.fmt(f),
            Stop::Numbers => f.write_str("there are more states than can be numbered"),
            Stop::Interrupted => f.write_str("it was interrupted"),
        }
    }
}

/// Whether a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every state.
    Holds,
    /// It holds in every state that was seen, which were not all.
    NotViolated,
    /// It does not hold in the state of this number, and in none nearer to the start.
    Violated(u32),
    /// It must hold sometimes, and does in the state of this number.
    Seen(u32),
    /// It must hold sometimes, and holds in no state.
    NeverSeen,
    /// It must hold sometimes, and did in no state that was seen, which were not all.
    NotSeen,
}

impl Verdict {
    /// Whether this shows that the property does not hold.
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::Violated(_) | Verdict::NeverSeen)
    }
}

/// A property with its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The property's name.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// Whether it holds.
    pub verdict: Verdict,
    /// Whether its premise was the case in any state: `None` when it has none of its own.
    pub premise_reached: Option<bool>,
}

/// A path through a model: where it starts, and each action with the state that it leads to.
pub struct Trail<M: Model> {
    /// The first state.
    pub start: M::State,
    /// What happens then.
    pub steps: Vec<(M::Action, M::State)>,
}

impl<M: Model> fmt::Debug for Trail<M>
where
    M::Action: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.steps.iter().map(|(action, _)| action))
            .finish()
    }
}

/// What a search found.
pub struct Exploration<'a, S: Space> {
    pub(super) space: &'a S,
    pub(super) visited: Vec<Visited<S::Encoded>>,
    /// What the space interned and worked out.
    pub tables: S::Tables,
    /// How many different states were seen.
    pub states: usize,
    /// How many transitions led from them, among them those that led to states seen before.
    pub transitions: u64,
    /// How many steps the farthest state is away from the start.
    pub depth: u32,
    /// Whether every state was seen.
    pub outcome: Outcome,
    /// The verdict of each property.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
    /// How many bytes of memory the search held at most: the visited set, the frontier, and the
    /// space's tables. What a state keeps on the heap does not count.
    pub memory: usize,
    /// All transitions, when they were asked for.
    pub graph: Option<Graph>,
}

impl<S: Space> Exploration<'_, S> {
    /// The state of this number.
    pub fn state(&self, number: u32) -> StateOf<S> {
        self.space
            .decode(&self.tables, state_of(&self.visited, number))
            .into_owned()
    }

    /// The verdict of the property of this name.
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.name == name)
    }

    /// What does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.verdict.is_failure())
    }

    /// How many bytes of memory each state took at most, on average.
    pub fn bytes_per_state(&self) -> f64 {
        self.memory as f64 / self.states.max(1) as f64
    }

    /// How many steps this state is away from the start.
    pub fn trail_length(&self, number: u32) -> usize {
        self.way_back(number).len() - 1
    }

    /// A shortest way from a start to this state.
    pub fn trail(&self, number: u32) -> Trail<S::Model> {
        self.trail_on(number, &[])
    }

    /// A shortest way from a start to this state, and from there on through these.
    pub fn trail_on(&self, number: u32, further: &[u32]) -> Trail<S::Model> {
        let mut way = self.way_back(number);
        way.reverse();
        way.extend(further);
        self.retrace(&way)
    }

    fn way_back(&self, number: u32) -> Vec<u32> {
        let mut way = vec![number];
        let mut at = number;
        loop {
            at = parent_of(&self.visited, at);
            if at == NO_PARENT {
                return way;
            }
            way.push(at);
        }
    }

    /// The run of the model that goes through these states. An encoding may stand for several
    /// states that differ in names alone, so the run is followed forwards.
    fn retrace(&self, way: &[u32]) -> Trail<S::Model> {
        let model = self.space.model();
        let is_at = |state: &StateOf<S>, number: u32| {
            self.space.encode(&self.tables, state).as_ref() == Some(state_of(&self.visited, number))
        };
        let start = model
            .init_states()
            .into_iter()
            .find(|state| is_at(state, way[0]))
            .unwrap_or_else(|| self.state(way[0]));
        let mut steps: Vec<(_, StateOf<S>)> = Vec::new();
        for number in &way[1..] {
            let from = steps.last().map_or(&start, |(_, state)| state);
            // Trying an action uses it up, so there are two of each.
            let (mut tried, mut kept) = (Vec::new(), Vec::new());
            model.actions(from, &mut tried);
            model.actions(from, &mut kept);
            let step = tried.into_iter().zip(kept).find_map(|(tried, kept)| {
                let next = model.next_state(from, tried)?;
                is_at(&next, *number).then_some((kept, next))
            });
            steps.extend(step);
        }
        Trail { start, steps }
    }
}
