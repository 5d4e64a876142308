//! An exact breadth-first search through all states of any [`stateright::Model`].
//!
//! Whole states are compared, so that no two are ever taken for one. The first state that violates
//! a property is one of the nearest, and the way there is a shortest one. A search that saw every
//! state is *exhausted*; one that was stopped is *bounded*, and proves nothing but what it saw.
//!
//! A batch of states is expanded, and then their successors are looked up together, so that the
//! lookups do not wait for memory one after the other. For several threads the states are spread
//! over shards by their hash, so that no locks are needed. What is found does not depend on how many
//! threads there are; but of several states that violate a property and are equally near, another
//! may be shown.
//!
//! On request the search keeps the graph of all transitions, which [`super::liveness`] needs.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustc_hash::FxBuildHasher;
use stateright::Model;

use super::properties::{Judging, Kind, Property, Test};

/// The states of this space's model.
pub type StateOf<S> = <<S as Space>::Model as Model>::State;

/// What is searched: a model, in a form that suits the search.
///
/// A model is a space of its own. [`super::tabled`] is a space of a network whose states take
/// little memory, and that learns about the network as it meets its states.
pub trait Space: Sync {
    /// The model whose states these stand for.
    type Model: Judging;
    /// What stands for a state. Two states are the same when these are equal.
    type Kept: Clone + Eq + Hash + Send + Sync;
    /// What was learned so far.
    type Learned: Default + Send + Sync;

    /// So many states are expanded before their successors are looked up.
    const BATCH: usize;

    /// The model.
    fn model(&self) -> &Self::Model;

    /// The states in which runs start.
    fn initial(&self, learned: &mut Self::Learned) -> Vec<Self::Kept>;

    /// Gives every transition of each of these states: from which of them, its label and the state
    /// it leads to. Marks those about which something is to be learned first; what was given of
    /// their transitions does not count.
    fn successors(
        &self,
        learned: &Self::Learned,
        states: &[&Self::Kept],
        missed: &mut [bool],
        found: impl FnMut(usize, u8, Self::Kept),
    );

    /// Learns what the transitions of this state need.
    ///
    /// # Errors
    ///
    /// When there is more to be learned than this space can tell apart.
    fn learn(&self, learned: &mut Self::Learned, state: &Self::Kept) -> Result<(), Full>;

    /// The state that this stands for.
    fn restore<'a>(&self, learned: &Self::Learned, kept: &'a Self::Kept) -> Cow<'a, StateOf<Self>>;

    /// What stands for this state; nothing when it was never met.
    fn keep(&self, learned: &Self::Learned, state: &StateOf<Self>) -> Option<Self::Kept>;

    /// Whether the step that led here broke no rule.
    fn is_sound(&self, learned: &Self::Learned, kept: &Self::Kept) -> bool;

    /// Whether nothing happens any more by itself.
    fn is_quiet(&self, learned: &Self::Learned, kept: &Self::Kept) -> bool;

    /// Whether each state stands for itself alone, by its own names: only then do the labels of
    /// transitions mean anything.
    fn keeps_names(&self) -> bool {
        true
    }

    /// About how many bytes of memory what was learned takes.
    fn learned_bytes(&self, learned: &Self::Learned) -> usize;
}

/// There is more than a space can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the network has more different {what} than {most}")]
pub struct Full {
    /// Of what there is too much.
    pub what: &'static str,
    /// How many there may be.
    pub most: usize,
}

impl<M: Judging> Space for M {
    type Model = M;
    type Kept = M::State;
    type Learned = ();

    // Such a model's steps are slow and its states are large.
    const BATCH: usize = 1 << 9;

    fn model(&self) -> &M {
        self
    }

    fn initial(&self, (): &mut ()) -> Vec<M::State> {
        let mut states = self.init_states();
        states.retain(|state| self.within_boundary(state));
        states
    }

    fn successors(
        &self,
        (): &(),
        states: &[&M::State],
        _: &mut [bool],
        mut found: impl FnMut(usize, u8, M::State),
    ) {
        let mut actions = Vec::new();
        for (which, state) in states.iter().enumerate() {
            self.actions(state, &mut actions);
            for action in actions.drain(..) {
                let label = self.obligation(&action);
                if let Some(next) = self.next_state(state, action)
                    && self.within_boundary(&next)
                {
                    found(which, label, next);
                }
            }
        }
    }

    fn learn(&self, (): &mut (), _: &M::State) -> Result<(), Full> {
        Ok(())
    }

    fn restore<'a>(&self, (): &(), kept: &'a M::State) -> Cow<'a, M::State> {
        Cow::Borrowed(kept)
    }

    fn keep(&self, (): &(), state: &M::State) -> Option<M::State> {
        Some(state.clone())
    }

    fn is_sound(&self, (): &(), kept: &M::State) -> bool {
        self.broken(kept).is_empty()
    }

    fn is_quiet(&self, (): &(), kept: &M::State) -> bool {
        Judging::is_quiet(self, kept)
    }

    fn learned_bytes(&self, (): &()) -> usize {
        0
    }
}

/// When to stop a search that does not end by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// After so many different states, or somewhat more.
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
    /// Nothing that was asked is left open.
    Decided,
    /// A property was violated.
    Violation,
    /// There is more than the space can tell apart.
    Full(Full),
    /// There are more states than can be numbered.
    Numbers,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::States => f.write_str("it saw as many states as it was to see"),
            Stop::Depth => f.write_str("it went as many steps deep as it was to go"),
            Stop::Decided => f.write_str("nothing that was asked is left open"),
            Stop::Violation => f.write_str("a property was violated"),
            Stop::Full(full) => full.fmt(f),
            Stop::Numbers => f.write_str("there are more states than can be numbered"),
        }
    }
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
pub struct Exploration<'a, S: Space> {
    space: &'a S,
    shards: Vec<Shard<S::Kept>>,
    /// What the space learned.
    pub learned: S::Learned,
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
    /// How many bytes of memory the search held at most: the states with the ways back to the
    /// start, the table by which they are found, what is to be looked up next, and what was
    /// learned. What a state keeps on the heap does not count.
    pub memory: usize,
    /// All transitions, when they were asked for.
    pub graph: Option<Graph>,
}

/// All transitions of a search. States are named by the order in which they were found.
#[derive(Debug, Default)]
pub struct Graph {
    /// Where each state's transitions begin; one more at the end.
    starts: Vec<usize>,
    /// The label of each transition and the state that it leads to.
    edges: Vec<(u8, u32)>,
    /// What is marked of each state.
    marks: Vec<bool>,
}

impl Graph {
    /// The graph of these transitions: from, label, to.
    fn new(transitions: &[(u32, u8, u32)], marks: Vec<bool>) -> Self {
        let mut starts = vec![0; marks.len() + 1];
        for (from, ..) in transitions {
            starts[*from as usize + 1] += 1;
        }
        for state in 0..marks.len() {
            starts[state + 1] += starts[state];
        }
        let mut next = starts.clone();
        let mut edges = vec![(0, 0); transitions.len()];
        for (from, label, to) in transitions {
            let place = &mut next[*from as usize];
            edges[*place] = (*label, *to);
            *place += 1;
        }
        Graph {
            starts,
            edges,
            marks,
        }
    }

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
        self.edges[range].iter().copied()
    }

    /// Whether this state is marked.
    pub fn is_marked(&self, state: u32) -> bool {
        self.marks[state as usize]
    }
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

/// Which states of a kept graph are marked.
pub type Mark<'a, S> = &'a (dyn Fn(&StateOf<S>) -> bool + Sync);

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many different states were seen so far.
    pub states: usize,
    /// How many of them are yet to be expanded.
    pub waiting: usize,
    /// How many steps they are away from the start.
    pub depth: u32,
}

/// A search that is yet to be made.
pub struct Explorer<'a, S: Space> {
    space: &'a S,
    properties: Vec<Property<S::Model>>,
    bounds: Bounds,
    threads: usize,
    mark: Option<Mark<'a, S>>,
    told: Option<&'a mut dyn FnMut(Progress)>,
}

impl<'a, S: Space> Explorer<'a, S> {
    /// A search through all states of this model, for these properties.
    pub fn new(space: &'a S, properties: Vec<Property<S::Model>>) -> Self {
        Explorer {
            space,
            properties,
            bounds: Bounds::default(),
            threads: 1,
            mark: None,
            told: None,
        }
    }

    /// The search stops at these bounds.
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// So many threads search, at least one and at most as many as there are shards.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.clamp(1, SHARDS);
        self
    }

    /// The graph of all transitions is kept, labelled by [`Judging::obligation`], and these states
    /// are marked in it. A space that does not keep names has no such graph.
    pub fn with_graph(mut self, mark: Mark<'a, S>) -> Self {
        self.mark = self.space.keeps_names().then_some(mark);
        self
    }

    /// Somebody is told from time to time how far the search has come.
    pub fn telling(mut self, told: &'a mut dyn FnMut(Progress)) -> Self {
        self.told = Some(told);
        self
    }

    /// Makes the search.
    pub fn explore(self) -> Exploration<'a, S> {
        let Explorer {
            space,
            properties,
            bounds,
            threads,
            mark,
            told,
        } = self;
        Search::new(space, properties, bounds, threads, mark).run(told)
    }
}

/// Into so many parts several threads spread the states: a power of two. More parts would scatter
/// states that are expanded alike.
const SHARDS: usize = 8;

/// So many states are looked up together: each reads what the table has for it before the first is
/// compared, so that they do not wait for memory one after the other.
const GROUP: usize = 32;

/// So many states stand together in memory.
const CHUNK: usize = 1 << 16;

/// So many states at most are found between two looks at whether there are too many.
const MOST_FOUND: usize = 1 << 22;

/// The parent of a state that has none.
const NONE: u32 = u32::MAX;

/// A list that grows without copying what is in it.
struct Chunks<T>(Vec<Vec<T>>);

impl<T> Chunks<T> {
    fn get(&self, index: usize) -> &T {
        &self.0[index / CHUNK][index % CHUNK]
    }

    fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(value),
            _ => self.0.push(vec![value]),
        }
    }

    fn len(&self) -> usize {
        self.0
            .last()
            .map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    fn bytes(&self) -> usize {
        let capacity: usize = self.0.iter().map(Vec::capacity).sum();
        capacity * size_of::<T>()
    }
}

/// Where states stand, by their hashes: an open-addressed table of a power of two slots. A slot is
/// empty, or holds some bits of a hash and the place of a state.
struct Table {
    slots: Vec<u32>,
    count: usize,
}

const EMPTY: u32 = u32::MAX;
const PLACE_BITS: u32 = 27;
const PLACES: usize = 1 << PLACE_BITS;

impl Table {
    fn new() -> Self {
        Table {
            slots: vec![EMPTY; 1 << 4],
            count: 0,
        }
    }

    /// The slot in which the search for this hash begins.
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    /// What a slot for this hash holds but for the place.
    fn tag(hash: u64) -> u32 {
        (hash >> (u64::BITS + PLACE_BITS - u32::BITS)) as u32
    }

    /// The place of the state of this hash for which `is_same` says so; or else the slot for it.
    fn find(&self, hash: u64, is_same: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let mut slot = self.home(hash);
        loop {
            let found = self.slots[slot];
            if found == EMPTY {
                return Err(slot);
            }
            let place = (found & (PLACES as u32 - 1)) as usize;
            if found >> PLACE_BITS == Self::tag(hash) && is_same(place) {
                return Ok(place);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Puts a state into a slot that [`Self::find`] gave for it.
    fn put(&mut self, slot: usize, hash: u64, place: usize) {
        // `Search::stop` sees to it that the place fits, and is not the one that would look empty.
        self.slots[slot] = Self::tag(hash) << PLACE_BITS | place as u32;
        self.count += 1;
    }

    /// Makes room for so many more, at a load of at most four fifths. The states' hashes are worked
    /// out again.
    fn reserve(&mut self, more: usize, hash_of: impl Fn(usize) -> u64) {
        let needed = (self.count + more) * 5 / 4 + 1;
        if needed <= self.slots.len() {
            return;
        }
        self.slots = Vec::new();
        self.slots = vec![EMPTY; needed.next_power_of_two()];
        let count = std::mem::take(&mut self.count);
        for place in 0..count {
            let hash = hash_of(place);
            // All are different.
            if let Err(slot) = self.find(hash, |_| false) {
                self.put(slot, hash, place);
            }
        }
    }

    fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}

/// A transition whose target is yet to be looked up.
struct Transition<K> {
    to: K,
    hash: u64,
    from: u32,
    label: u8,
}

/// The states of one range of hashes, each once.
struct Shard<K> {
    number: u32,
    kept: Chunks<K>,
    /// The state from which each was found.
    parents: Chunks<u32>,
    /// The places of the states, by their hashes.
    table: Table,
    /// What is to be looked up next: a list from each thread.
    incoming: Vec<Vec<Transition<K>>>,
    /// What was found of each property here, and of its premise.
    verdicts: Vec<Option<u32>>,
    premises: Vec<bool>,
    /// From, label, to: when the graph is kept.
    transitions: Vec<(u32, u8, u32)>,
    marks: Vec<bool>,
}

/// What one thread found by expanding states.
struct Expanded<K> {
    transitions: Vec<Vec<Transition<K>>>,
    /// The states for which something is to be learned first.
    missed: Vec<u32>,
}

/// What is still looked for.
#[derive(Default)]
struct Open {
    /// Properties of steps, with the place of their rule.
    unbroken: Vec<(usize, usize)>,
    /// Properties of states, or their premises.
    predicates: Vec<usize>,
}

/// A search under way.
struct Search<'a, S: Space> {
    space: &'a S,
    properties: Vec<Property<S::Model>>,
    bounds: Bounds,
    threads: usize,
    mark: Option<Mark<'a, S>>,
    learned: S::Learned,
    shards: Vec<Shard<S::Kept>>,
    /// How many bits of a state's number say in which shard it is.
    shard_bits: u32,
    verdicts: Vec<Option<u32>>,
    premises: Vec<bool>,
    transitions: u64,
    memory: usize,
}

impl<'a, S: Space> Search<'a, S> {
    fn new(
        space: &'a S,
        properties: Vec<Property<S::Model>>,
        bounds: Bounds,
        threads: usize,
        mark: Option<Mark<'a, S>>,
    ) -> Self {
        let count = properties.len();
        // States of a graph are numbered without gaps. And one thread alone finds the states in an
        // order that does not depend on hashes.
        let shards = if mark.is_some() || threads == 1 {
            1
        } else {
            SHARDS
        };
        Search {
            space,
            bounds,
            threads,
            mark,
            learned: S::Learned::default(),
            shards: (0u32..)
                .take(shards)
                .map(|number| Shard {
                    number,
                    kept: Chunks(Vec::new()),
                    parents: Chunks(Vec::new()),
                    table: Table::new(),
                    incoming: Vec::new(),
                    verdicts: vec![None; count],
                    premises: vec![false; count],
                    transitions: Vec::new(),
                    marks: Vec::new(),
                })
                .collect(),
            shard_bits: shards.trailing_zeros(),
            verdicts: vec![None; count],
            premises: properties
                .iter()
                .map(|property| property.premise.is_none())
                .collect(),
            properties,
            transitions: 0,
            memory: 0,
        }
    }

    fn run(mut self, mut told: Option<&'a mut dyn FnMut(Progress)>) -> Exploration<'a, S> {
        let begun = Instant::now();
        let mut expanded: Vec<_> = std::iter::repeat_with(|| self.nothing_expanded())
            .take(self.parts() + 1)
            .collect();
        let initial = self.space.initial(&mut self.learned);
        for state in initial {
            expanded[0].push(state, 0, NONE);
        }
        self.look_up(&mut expanded);
        self.gather();
        let mut depth = 0;
        let mut done = vec![0; self.shards.len()];
        let outcome = 'search: loop {
            let ends: Vec<_> = self.shards.iter().map(|shard| shard.kept.len()).collect();
            if done == ends {
                break Outcome::Exhausted;
            }
            if self.bounds.depth.is_some_and(|most| depth >= most) {
                break Outcome::Bounded(Stop::Depth);
            }
            if done.iter().any(|done| *done > 0) {
                depth += 1;
            }
            while done != ends {
                if let Some(stop) = self.stop() {
                    break 'search Outcome::Bounded(stop);
                }
                let batch = self.batch(&mut done, &ends);
                if let Err(full) = self.expand(&batch, &mut expanded) {
                    break 'search Outcome::Bounded(Stop::Full(full));
                }
                self.look_up(&mut expanded);
                self.gather();
                if let Some(told) = &mut told {
                    told(self.progress(&done, depth));
                }
            }
        };
        // The last level was found to have no successors that are new.
        Exploration {
            findings: self.findings(outcome),
            graph: self.mark.is_some().then(|| {
                let shard = &mut self.shards[0];
                Graph::new(&shard.transitions, std::mem::take(&mut shard.marks))
            }),
            states: self.count(),
            space: self.space,
            shards: self.shards,
            learned: self.learned,
            transitions: self.transitions,
            depth,
            outcome,
            took: begun.elapsed(),
            memory: self.memory,
        }
    }

    /// Into so many parts a batch is split: more than there are threads, so that none waits long
    /// for another.
    fn parts(&self) -> usize {
        if self.threads == 1 {
            1
        } else {
            4 * self.threads
        }
    }

    fn nothing_expanded(&self) -> Expanded<S::Kept> {
        Expanded {
            transitions: self.shards.iter().map(|_| Vec::new()).collect(),
            missed: Vec::new(),
        }
    }

    fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.kept.len()).sum()
    }

    fn stop(&self) -> Option<Stop> {
        let undecided = self.verdicts.iter().any(Option::is_none);
        let violated = self
            .properties
            .iter()
            .zip(&self.verdicts)
            .any(|(property, verdict)| property.kind == Kind::Always && verdict.is_some());
        if self.bounds.states.is_some_and(|most| self.count() >= most) {
            Some(Stop::States)
        } else if self.bounds.stop_when_decided && !undecided {
            Some(Stop::Decided)
        } else if self.bounds.stop_at_violation && violated {
            Some(Stop::Violation)
        } else if self
            .shards
            .iter()
            .any(|shard| shard.kept.len() >= PLACES - MOST_FOUND)
        {
            Some(Stop::Numbers)
        } else {
            None
        }
    }

    /// The next states of this level to be expanded, as many as go together.
    fn batch(&self, done: &mut [usize], ends: &[usize]) -> Vec<u32> {
        // The same part of each shard: states that were found together are expanded alike.
        let share = (S::BATCH / self.shards.len()).max(1);
        let mut batch = Vec::with_capacity(S::BATCH);
        for (shard, (done, end)) in self.shards.iter().zip(done.iter_mut().zip(ends)) {
            let until = (*end).min(*done + share);
            batch.extend((*done..until).map(|local| self.number(shard.number, local)));
            *done = until;
        }
        batch
    }

    fn number(&self, shard: u32, local: usize) -> u32 {
        // `stop` sees to it that there are no more than fit.
        shard | (local as u32) << self.shard_bits
    }

    fn kept(&self, number: u32) -> &S::Kept {
        kept(&self.shards, self.shard_bits, number)
    }

    fn expand(&mut self, batch: &[u32], expanded: &mut [Expanded<S::Kept>]) -> Result<(), Full> {
        let share = batch.len().div_ceil(self.parts()).max(1);
        let search = &*self;
        in_parallel(
            self.threads,
            batch.chunks(share).zip(expanded.iter_mut()).collect(),
            |(states, expanded)| {
                for group in states.chunks(GROUP) {
                    search.expand_group(group, expanded);
                }
            },
        );
        let missed: Vec<u32> = expanded
            .iter_mut()
            .flat_map(|expanded| std::mem::take(&mut expanded.missed))
            .collect();
        let [.., late] = expanded else {
            return Ok(());
        };
        for number in missed {
            // Learning about one of them may have been enough for this one.
            self.expand_group(&[number], late);
            while late.missed.pop().is_some() {
                let kept = kept(&self.shards, self.shard_bits, number);
                self.space.learn(&mut self.learned, kept)?;
                self.expand_group(&[number], late);
            }
        }
        let lists = expanded.iter().flat_map(|expanded| &expanded.transitions);
        self.transitions += lists.map(|list| list.len() as u64).sum::<u64>();
        Ok(())
    }

    /// Expands at most [`GROUP`] states.
    fn expand_group(&self, numbers: &[u32], expanded: &mut Expanded<S::Kept>) {
        let Some(first) = numbers.first() else { return };
        let mut states = [self.kept(*first); GROUP];
        for (state, number) in states.iter_mut().zip(numbers) {
            *state = self.kept(*number);
        }
        let states = &states[..numbers.len()];
        let mut missed = [false; GROUP];
        let missed = &mut missed[..numbers.len()];
        let before = expanded.lengths();
        self.space
            .successors(&self.learned, states, missed, |which, label, next| {
                expanded.push(next, label, numbers[which]);
            });
        for (number, _) in numbers.iter().zip(&*missed).filter(|(_, missed)| **missed) {
            expanded.missed.push(*number);
            expanded.take_back(*number, &before);
        }
    }

    /// Looks the transitions' targets up, and looks at those that are new.
    fn look_up(&mut self, expanded: &mut [Expanded<S::Kept>]) {
        self.memory = self.memory.max(self.bytes(expanded));
        for (place, shard) in self.shards.iter_mut().enumerate() {
            shard.incoming.clear();
            shard.incoming.extend(
                expanded
                    .iter_mut()
                    .map(|expanded| std::mem::take(&mut expanded.transitions[place])),
            );
        }
        let looking = Looking {
            space: self.space,
            learned: &self.learned,
            properties: &self.properties,
            open: self.open(),
            premises: &self.premises,
            verdicts: &self.verdicts,
            mark: self.mark,
            shard_bits: self.shard_bits,
        };
        in_parallel(self.threads, self.shards.iter_mut().collect(), |shard| {
            looking.look_up(shard);
        });
        for (place, shard) in self.shards.iter_mut().enumerate() {
            for (expanded, emptied) in expanded.iter_mut().zip(shard.incoming.drain(..)) {
                expanded.transitions[place] = emptied;
            }
        }
    }

    fn open(&self) -> Open {
        let mut open = Open::default();
        for (place, property) in self.properties.iter().enumerate() {
            match property.test {
                Test::Unbroken(rule) if self.verdicts[place].is_none() => {
                    open.unbroken.push((place, rule));
                }
                Test::Holds(_) if self.verdicts[place].is_none() || !self.premises[place] => {
                    open.predicates.push(place);
                }
                _ => {}
            }
        }
        open
    }

    /// Puts together what the shards found.
    fn gather(&mut self) {
        for shard in &self.shards {
            for (known, found) in self.premises.iter_mut().zip(&shard.premises) {
                *known |= found;
            }
        }
        for (place, known) in self.verdicts.iter_mut().enumerate() {
            if known.is_none() {
                *known = self
                    .shards
                    .iter()
                    .filter_map(|shard| shard.verdicts[place])
                    .min();
            }
        }
    }

    fn progress(&self, done: &[usize], depth: u32) -> Progress {
        let states = self.count();
        Progress {
            states,
            waiting: states - done.iter().sum::<usize>(),
            depth,
        }
    }

    fn bytes(&self, expanded: &[Expanded<S::Kept>]) -> usize {
        let shards: usize = self.shards.iter().map(Shard::bytes).sum();
        let under_way: usize = expanded
            .iter()
            .flat_map(|expanded| &expanded.transitions)
            .map(|list| list.capacity() * size_of::<Transition<S::Kept>>())
            .sum();
        shards + under_way + self.space.learned_bytes(&self.learned)
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

/// Does each of these, by so many threads: each takes the next that nobody has taken.
fn in_parallel<T: Send>(threads: usize, tasks: Vec<T>, work: impl Fn(T) + Sync) {
    if threads == 1 || tasks.len() < 2 {
        return tasks.into_iter().for_each(work);
    }
    let tasks = Mutex::new(tasks.into_iter());
    let work_on = || {
        // Nothing panics while this is locked, but a panic elsewhere may have poisoned it.
        let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some(task) = next() {
            work(task);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work_on);
        }
        work_on();
    });
}

fn kept<K>(shards: &[Shard<K>], shard_bits: u32, number: u32) -> &K {
    let shard = number & ((1 << shard_bits) - 1);
    shards[shard as usize]
        .kept
        .get((number >> shard_bits) as usize)
}

fn hash<K: Hash>(kept: &K) -> u64 {
    FxBuildHasher.hash_one(kept)
}

impl<K: Hash> Expanded<K> {
    fn push(&mut self, to: K, label: u8, from: u32) {
        let hash = hash(&to);
        // The table uses the lowest and the highest bits.
        let shard = (hash >> 32) as usize & (self.transitions.len() - 1);
        self.transitions[shard].push(Transition {
            to,
            hash,
            from,
            label,
        });
    }

    fn lengths(&self) -> [usize; SHARDS] {
        let mut lengths = [0; SHARDS];
        for (length, list) in lengths.iter_mut().zip(&self.transitions) {
            *length = list.len();
        }
        lengths
    }

    /// The transitions from this state do not count; there were none when the lists were so long.
    fn take_back(&mut self, from: u32, before: &[usize; SHARDS]) {
        for (list, before) in self.transitions.iter_mut().zip(before) {
            let mut kept = *before;
            for place in *before..list.len() {
                if list[place].from != from {
                    list.swap(kept, place);
                    kept += 1;
                }
            }
            list.truncate(kept);
        }
    }
}

impl<K> Shard<K> {
    fn bytes(&self) -> usize {
        self.kept.bytes()
            + self.parents.bytes()
            + self.table.bytes()
            + self.transitions.capacity() * size_of::<(u32, u8, u32)>()
            + self.marks.capacity()
    }
}

/// What is needed to look transitions' targets up.
struct Looking<'a, S: Space> {
    space: &'a S,
    learned: &'a S::Learned,
    properties: &'a [Property<S::Model>],
    open: Open,
    premises: &'a [bool],
    verdicts: &'a [Option<u32>],
    mark: Option<Mark<'a, S>>,
    shard_bits: u32,
}

impl<S: Space> Looking<'_, S> {
    fn look_up(&self, shard: &mut Shard<S::Kept>) {
        let mut incoming = std::mem::take(&mut shard.incoming);
        for list in &mut incoming {
            let mut transitions = list.drain(..);
            loop {
                let group = &transitions.as_slice()[..GROUP.min(transitions.len())];
                if group.is_empty() {
                    break;
                }
                let kept = &shard.kept;
                shard
                    .table
                    .reserve(group.len(), |place| hash(kept.get(place)));
                self.approach(shard, group);
                for transition in transitions.by_ref().take(GROUP) {
                    let Transition {
                        to,
                        hash,
                        from,
                        label,
                    } = transition;
                    let target = self.look_up_one(shard, to, hash, from);
                    if self.mark.is_some() && from != NONE {
                        shard.transitions.push((from, label, target));
                    }
                }
            }
        }
        shard.incoming = incoming;
    }

    /// The number of this state, which is looked at when it is new.
    fn look_up_one(&self, shard: &mut Shard<S::Kept>, to: S::Kept, hashed: u64, from: u32) -> u32 {
        let number = |place: usize| shard.number | (place as u32) << self.shard_bits;
        let kept = &shard.kept;
        let slot = match shard.table.find(hashed, |place| *kept.get(place) == to) {
            Ok(place) => return number(place),
            Err(slot) => slot,
        };
        let place = kept.len();
        let number = number(place);
        shard.table.put(slot, hashed, place);
        self.look_at(shard, number, &to);
        shard.kept.push(to);
        shard.parents.push(from);
        number
    }

    /// Reads what the table has for these, and the states that are meant. These reads do not wait
    /// for each other, and those of the lookups that follow find what they need nearby.
    fn approach(&self, shard: &Shard<S::Kept>, group: &[Transition<S::Kept>]) {
        let table = &shard.table;
        let mut slots = [EMPTY; GROUP];
        for (slot, transition) in slots.iter_mut().zip(group) {
            *slot = table.slots[table.home(transition.hash)];
        }
        let mut same = 0;
        for (slot, transition) in slots.iter().zip(group) {
            if *slot >> PLACE_BITS == Table::tag(transition.hash) {
                let place = (*slot & (PLACES as u32 - 1)) as usize;
                same += usize::from(
                    place < shard.kept.len() && *shard.kept.get(place) == transition.to,
                );
            }
        }
        std::hint::black_box(same);
    }

    fn look_at(&self, shard: &mut Shard<S::Kept>, number: u32, kept: &S::Kept) {
        if let Some(mark) = self.mark {
            shard
                .marks
                .push(mark(&self.space.restore(self.learned, kept)));
        }
        if !self.space.is_sound(self.learned, kept) {
            let state = self.space.restore(self.learned, kept);
            let broken = self.space.model().broken(&state);
            for (place, rule) in &self.open.unbroken {
                if broken.contains(*rule) {
                    shard.verdicts[*place].get_or_insert(number);
                }
            }
        }
        if self.open.predicates.is_empty() {
            return;
        }
        let quiet = self.space.is_quiet(self.learned, kept);
        let mut state = None;
        for place in &self.open.predicates {
            let property = &self.properties[*place];
            if property.when_quiet && !quiet {
                continue;
            }
            let state = state.get_or_insert_with(|| self.space.restore(self.learned, kept));
            let model = self.space.model();
            if let Some(premise) = &property.premise
                && !self.premises[*place]
                && !shard.premises[*place]
            {
                shard.premises[*place] = premise(model, state);
            }
            if self.verdicts[*place].is_none()
                && shard.verdicts[*place].is_none()
                && property.holds(model, state) == (property.kind == Kind::Sometimes)
            {
                shard.verdicts[*place] = Some(number);
            }
        }
    }
}

impl<S: Space> Exploration<'_, S> {
    fn shard_bits(&self) -> u32 {
        self.shards.len().trailing_zeros()
    }

    fn kept(&self, number: u32) -> &S::Kept {
        kept(&self.shards, self.shard_bits(), number)
    }

    /// The state of this number.
    pub fn state(&self, number: u32) -> StateOf<S> {
        self.space
            .restore(&self.learned, self.kept(number))
            .into_owned()
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
            let shard = at & ((1 << self.shard_bits()) - 1);
            let parents = &self.shards[shard as usize].parents;
            at = *parents.get((at >> self.shard_bits()) as usize);
            if at == NONE {
                return way;
            }
            way.push(at);
        }
    }

    /// The run of the model that goes through what stands for these states. What stands for a
    /// state may stand for others that differ in names alone, so the run is followed forwards.
    fn retrace(&self, way: &[u32]) -> Trail<S::Model> {
        let model = self.space.model();
        let is_at = |state: &StateOf<S>, number: u32| {
            self.space.keep(&self.learned, state).as_ref() == Some(self.kept(number))
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
