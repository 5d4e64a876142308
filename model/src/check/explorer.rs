//! An exact breadth-first search through all states of any [`stateright::Model`].
//!
//! Whole states are compared, so that no two are ever taken for one; a shorter form of a state
//! may stand for it in memory ([`Form`]). The first state that violates a property is the nearest
//! one, and the way there is a shortest one. A search that saw every state is *exhausted*; one
//! that was stopped is *bounded*, and proves nothing but what it saw.
//!
//! On request the search keeps the graph of all transitions, which [`super::liveness`] needs.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::time::{Duration, Instant};

use rustc_hash::FxBuildHasher;
use stateright::Model;

use super::properties::{Judging, Kind, Property};

/// How states are kept: as they are ([`Whole`]), or in a form that takes less memory.
pub trait Form<S> {
    /// What is kept. Two states are the same when these are equal.
    type Kept: Eq + Hash;

    /// The form of a state.
    fn keep(&self, state: S) -> Self::Kept;

    /// The state of a form.
    fn restore(&self, kept: &Self::Kept) -> S;
}

/// States are kept as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole;

impl<S: Clone + Eq + Hash> Form<S> for Whole {
    type Kept = S;

    fn keep(&self, state: S) -> S {
        state
    }

    fn restore(&self, kept: &S) -> S {
        kept.clone()
    }
}

/// When to stop a search that does not end by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// After so many different states.
    pub states: Option<usize>,
    /// After so many steps from the initial states.
    pub depth: Option<u32>,
    /// When every property that must always hold has been violated, and every one that must hold
    /// sometimes has held: there is nothing more to learn.
    pub stop_when_decided: bool,
    /// When any property that must always hold has been violated.
    pub stop_at_violation: bool,
}

/// Whether a search saw everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every state was seen: verdicts are proofs.
    Exhausted,
    /// The search was stopped here: what was not seen is not known.
    Bounded,
}

/// What came of one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every state.
    Holds,
    /// It holds in every state that was seen, which were not all.
    NotViolated,
    /// It does not hold in this state, and in none nearer to the start.
    Violated(u32),
    /// It must hold sometimes, and does in this state.
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

/// A property with what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The property's name.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// What came of it.
    pub verdict: Verdict,
    /// Whether its premise was the case in any state: `None` when it has none of its own.
    pub premise_reached: Option<bool>,
}

/// What a search found.
pub struct Exploration<'a, M: Model, F: Form<M::State>> {
    model: &'a M,
    store: Store<F::Kept>,
    form: F,
    parents: Vec<u32>,
    /// How many different states were seen.
    pub states: usize,
    /// How many transitions led from them, among them those that led to states seen before.
    pub transitions: u64,
    /// How many steps the farthest state is away from the start.
    pub depth: u32,
    /// Whether every state was seen.
    pub outcome: Outcome,
    /// What came of each property.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
    /// All transitions, when they were asked for.
    pub graph: Option<Graph>,
}

/// All transitions of a search. States are named by the order in which they were found.
#[derive(Debug, Default)]
pub struct Graph {
    /// Where each state's transitions begin; one more at the end.
    starts: Vec<usize>,
    /// The state that each transition leads to.
    targets: Vec<u32>,
    /// What each transition is labelled with.
    labels: Vec<u8>,
    /// What is marked of each state.
    marks: Vec<bool>,
}

impl Graph {
    /// How many states there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The transitions that lead from a state: label and target.
    pub fn from(&self, state: u32) -> impl Iterator<Item = (u8, u32)> {
        let range = self.starts[state as usize]..self.starts[state as usize + 1];
        range.map(|edge| (self.labels[edge], self.targets[edge]))
    }

    /// Whether this state is marked.
    pub fn is_marked(&self, state: u32) -> bool {
        self.marks[state as usize]
    }
}

/// How the transitions of a kept graph are labelled, and its states marked.
pub struct Labels<'a, M: Model> {
    /// The label of an action in a state.
    pub label: &'a dyn Fn(&M::State, &M::Action) -> u8,
    /// Whether a state is marked.
    pub mark: &'a dyn Fn(&M::State) -> bool,
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

/// A search that is yet to be made.
pub struct Explorer<'a, M: Model, F = Whole> {
    model: &'a M,
    properties: Vec<Property<M>>,
    bounds: Bounds,
    form: F,
    labels: Option<Labels<'a, M>>,
}

/// So many states are expanded before their successors are looked up: the lookups of one batch
/// wait for memory together.
const BATCH: usize = 64;

/// The parent of a state that has none.
const NONE: u32 = u32::MAX;

impl<'a, M: Model> Explorer<'a, M> {
    /// A search through all states of this model, for these properties.
    pub fn new(model: &'a M, properties: Vec<Property<M>>) -> Self {
        Explorer {
            model,
            properties,
            bounds: Bounds::default(),
            form: Whole,
            labels: None,
        }
    }
}

impl<'a, M: Model, F> Explorer<'a, M, F> {
    /// The search stops at these bounds.
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// States are kept in this form.
    pub fn keeping<G: Form<M::State>>(self, form: G) -> Explorer<'a, M, G> {
        Explorer {
            model: self.model,
            properties: self.properties,
            bounds: self.bounds,
            form,
            labels: self.labels,
        }
    }

    /// The graph of all transitions is kept, with these labels.
    pub fn with_graph(mut self, labels: Labels<'a, M>) -> Self {
        self.labels = Some(labels);
        self
    }
}

impl<'a, M, F> Explorer<'a, M, F>
where
    M: Judging,
    F: Form<M::State>,
{
    /// Makes the search.
    pub fn explore(self) -> Exploration<'a, M, F> {
        Search::new(self).run()
    }
}

/// A search under way.
struct Search<'a, M: Model, F: Form<M::State>> {
    model: &'a M,
    properties: Vec<Property<M>>,
    bounds: Bounds,
    labels: Option<Labels<'a, M>>,
    form: F,
    store: Store<F::Kept>,
    parents: Vec<u32>,
    graph: Option<Graph>,
    verdicts: Vec<Option<u32>>,
    premises: Vec<bool>,
    undecided: usize,
    violated: bool,
    transitions: u64,
}

/// A successor that is yet to be looked up.
struct Successor<K> {
    kept: K,
    hash: u64,
    parent: u32,
    label: u8,
}

impl<'a, M, F> Search<'a, M, F>
where
    M: Judging,
    F: Form<M::State>,
{
    fn new(explorer: Explorer<'a, M, F>) -> Self {
        let count = explorer.properties.len();
        Search {
            model: explorer.model,
            bounds: explorer.bounds,
            form: explorer.form,
            store: Store::default(),
            parents: Vec::new(),
            graph: explorer.labels.is_some().then(Graph::default),
            labels: explorer.labels,
            verdicts: vec![None; count],
            premises: explorer
                .properties
                .iter()
                .map(|property| property.premise.is_none())
                .collect(),
            properties: explorer.properties,
            undecided: count,
            violated: false,
            transitions: 0,
        }
    }

    fn run(mut self) -> Exploration<'a, M, F> {
        let begun = Instant::now();
        for state in self.model.init_states() {
            if self.model.within_boundary(&state) {
                let kept = self.form.keep(state);
                let hash = self.store.hash(&kept);
                self.insert(kept, hash, NONE);
            }
        }
        let mut expanded = 0;
        let mut depth = 0;
        let mut level_end = self.store.len();
        let mut successors = Vec::new();
        let mut actions = Vec::new();
        let mut outcome = Outcome::Exhausted;
        while expanded < self.store.len() {
            if expanded == level_end {
                depth += 1;
                level_end = self.store.len();
            }
            if self.is_over() || self.bounds.depth.is_some_and(|most| depth >= most) {
                outcome = Outcome::Bounded;
                break;
            }
            let batch_end = level_end.min(expanded + BATCH);
            for index in expanded..batch_end {
                self.expand(index as u32, &mut actions, &mut successors);
            }
            expanded = batch_end;
            self.store.reserve(successors.len());
            self.store.approach(&successors);
            for successor in successors.drain(..) {
                let index = self.insert(successor.kept, successor.hash, successor.parent);
                if let Some(graph) = &mut self.graph {
                    graph.targets.push(index);
                    graph.labels.push(successor.label);
                }
            }
        }
        if let Some(graph) = &mut self.graph {
            let end = graph.targets.len();
            graph.starts.resize(self.store.len() + 1, end);
        }
        Exploration {
            findings: self.findings(outcome),
            model: self.model,
            form: self.form,
            states: self.store.len(),
            store: self.store,
            parents: self.parents,
            transitions: self.transitions,
            depth,
            outcome,
            took: begun.elapsed(),
            graph: self.graph,
        }
    }

    fn is_over(&self) -> bool {
        self.bounds
            .states
            .is_some_and(|most| self.store.len() >= most)
            || self.bounds.stop_when_decided && self.undecided == 0
            || self.bounds.stop_at_violation && self.violated
    }

    fn expand(
        &mut self,
        index: u32,
        actions: &mut Vec<M::Action>,
        successors: &mut Vec<Successor<F::Kept>>,
    ) {
        let state = self.form.restore(self.store.get(index));
        if let Some(graph) = &mut self.graph {
            graph.starts.push(graph.targets.len() + successors.len());
        }
        actions.clear();
        self.model.actions(&state, actions);
        for action in actions.drain(..) {
            let label = self
                .labels
                .as_ref()
                .map_or(0, |labels| (labels.label)(&state, &action));
            let Some(next) = self.model.next_state(&state, action) else {
                continue;
            };
            if !self.model.within_boundary(&next) {
                continue;
            }
            self.transitions += 1;
            let kept = self.form.keep(next);
            let hash = self.store.hash(&kept);
            successors.push(Successor {
                kept,
                hash,
                parent: index,
                label,
            });
        }
    }

    /// The place of this state, which is looked at when it is new.
    fn insert(&mut self, kept: F::Kept, hash: u64, parent: u32) -> u32 {
        let (index, is_new) = self.store.insert(kept, hash);
        if is_new {
            self.parents.push(parent);
            self.look_at(index);
        }
        index
    }

    fn look_at(&mut self, index: u32) {
        let state = self.form.restore(self.store.get(index));
        if let (Some(graph), Some(labels)) = (&mut self.graph, &self.labels) {
            graph.marks.push((labels.mark)(&state));
        }
        for (place, property) in self.properties.iter().enumerate() {
            if !self.premises[place]
                && let Some(premise) = &property.premise
            {
                self.premises[place] = premise(self.model, &state);
            }
            if self.verdicts[place].is_some() {
                continue;
            }
            let holds = property.holds(self.model, &state);
            if holds == (property.kind == Kind::Sometimes) {
                self.verdicts[place] = Some(index);
                self.undecided -= 1;
                self.violated |= property.kind == Kind::Always;
            }
        }
    }

    fn findings(&self, outcome: Outcome) -> Vec<Finding> {
        let exhausted = outcome == Outcome::Exhausted;
        self.properties
            .iter()
            .enumerate()
            .map(|(place, property)| Finding {
                name: property.name,
                requirements: property.requirements,
                verdict: match (property.kind, self.verdicts[place]) {
                    (Kind::Always, Some(state)) => Verdict::Violated(state),
                    (Kind::Always, None) if exhausted => Verdict::Holds,
                    (Kind::Always, None) => Verdict::NotViolated,
                    (Kind::Sometimes, Some(state)) => Verdict::Seen(state),
                    (Kind::Sometimes, None) if exhausted => Verdict::NeverSeen,
                    (Kind::Sometimes, None) => Verdict::NotSeen,
                },
                premise_reached: property.premise.is_some().then_some(self.premises[place]),
            })
            .collect()
    }
}

impl<M, F> Exploration<'_, M, F>
where
    M: Model,
    M::State: Clone + Eq,
    F: Form<M::State>,
{
    /// The state of this place, in the order found.
    pub fn state(&self, index: u32) -> M::State {
        self.form.restore(self.store.get(index))
    }

    /// What came of the property of this name.
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.name == name)
    }

    /// What does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.verdict.is_failure())
    }

    /// A shortest way from a start to this state.
    pub fn trail(&self, index: u32) -> Trail<M> {
        let mut places = vec![index];
        let mut place = index;
        while let Some(parent) = self.parents.get(place as usize).filter(|p| **p != NONE) {
            place = *parent;
            places.push(place);
        }
        places.reverse();
        let mut steps = Vec::new();
        for pair in places.windows(2) {
            let [from, to] = [self.state(pair[0]), self.state(pair[1])];
            steps.extend(self.step_between(&from, &to).map(|action| (action, to)));
        }
        Trail {
            start: self.state(places[0]),
            steps,
        }
    }

    /// An action that leads from one state to another.
    fn step_between(&self, from: &M::State, to: &M::State) -> Option<M::Action> {
        // Trying an action uses it up, so there are two of each.
        let (mut tried, mut kept) = (Vec::new(), Vec::new());
        self.model.actions(from, &mut tried);
        self.model.actions(from, &mut kept);
        for (tried, kept) in tried.into_iter().zip(kept) {
            if self.model.next_state(from, tried).as_ref() == Some(to) {
                return Some(kept);
            }
        }
        None
    }
}

/// The states found so far, each once, in the order found.
struct Store<K> {
    /// In pieces, so that growing copies nothing.
    chunks: Vec<Vec<K>>,
    /// An open-addressed table of a power of two places: the upper half of a state's hash, and
    /// its index plus one; zero where there is none.
    table: Vec<u64>,
    count: usize,
}

const CHUNK: usize = 1 << 12;
const FEWEST_PLACES: usize = 1 << 10;

impl<K> Default for Store<K> {
    fn default() -> Self {
        Store {
            chunks: Vec::new(),
            table: vec![0; FEWEST_PLACES],
            count: 0,
        }
    }
}

impl<K: Eq + Hash> Store<K> {
    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: u32) -> &K {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    fn hash(&self, kept: &K) -> u64 {
        FxBuildHasher.hash_one(kept)
    }

    /// Makes room for so many more, at a load of at most two thirds.
    fn reserve(&mut self, more: usize) {
        let needed = (self.count + more) * 3 / 2;
        if needed < self.table.len() {
            return;
        }
        let places = (needed + 1).next_power_of_two();
        let mut table = vec![0u64; places];
        for index in 0..self.count as u32 {
            let hash = self.hash(self.get(index));
            let mut place = hash as usize & (places - 1);
            while table[place] != 0 {
                place = (place + 1) & (places - 1);
            }
            table[place] = entry(hash, index);
        }
        self.table = table;
    }

    /// Reads each successor's place in the table, so that the lookups that follow find them near:
    /// these reads do not wait for each other.
    fn approach(&self, successors: &[Successor<K>]) {
        let mask = self.table.len() - 1;
        let near = successors.iter().fold(0, |sum, successor| {
            sum ^ self.table[successor.hash as usize & mask]
        });
        std::hint::black_box(near);
    }

    /// The index of this state, and whether it is new.
    fn insert(&mut self, kept: K, hash: u64) -> (u32, bool) {
        self.reserve(1);
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let found = self.table[place];
            if found == 0 {
                break;
            }
            let index = (found as u32) - 1;
            if found >> 32 == hash >> 32 && *self.get(index) == kept {
                return (index, false);
            }
            place = (place + 1) & mask;
        }
        let index = self.count as u32;
        self.table[place] = entry(hash, index);
        if self.count.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(kept);
        }
        self.count += 1;
        (index, true)
    }
}

fn entry(hash: u64, index: u32) -> u64 {
    hash >> 32 << 32 | u64::from(index + 1)
}
