//! [`Explorer`]: an exact breadth-first search through all states of a [`Space`].
//!
//! Whole states are compared, so that no two are ever taken for one. The first state that violates
//! a property is one of the nearest, and the way there is a shortest one. A search that saw every
//! state is *exhausted*; one that was stopped is *bounded*, and proves nothing but what it saw.
//!
//! A batch of states is expanded, and then their successors are looked up together, so that the
//! lookups do not wait for memory one after the other. For several threads the visited set is
//! split into shards by the states' hashes, so that no locks are needed. What is found does not
//! depend on how many threads there are; but of several states that violate a property and are
//! equally near, another may be shown.
//!
//! On request the search keeps the graph of all transitions, which [`super::fair_cycles`] needs.

use std::hash::Hash;
use std::ops::ControlFlow;
use std::time::Instant;

use super::exploration::{Exploration, Finding, Outcome, Stop, Verdict};
use super::frontier::{Frontier, MOST_SHARDS};
use super::graph::Graph;
use super::hash_index::PLACES;
use super::lookup::{GROUP, Lookup, Shard, Undecided};
use super::parallel::in_parallel;
use super::property::{Kind, Property};
use super::space::{Mark, Skip, Space, TableFull};
use super::visited::{NO_PARENT, Numbering};

/// When to stop a search that does not end by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// After so many different states, or somewhat more.
    pub states: Option<usize>,
    /// After so many steps from the initial states.
    pub depth: Option<u32>,
    /// When every property is decided: each that must always hold has been violated, and each that
    /// must hold sometimes has held.
    pub stop_when_decided: bool,
    /// When any property that must always hold has been violated.
    pub stop_at_violation: bool,
}

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
    report: Option<&'a mut dyn FnMut(Progress) -> ControlFlow<()>>,
}

impl<'a, S: Space> Explorer<'a, S> {
    /// A search through all states of this space, for these properties.
    pub fn new(space: &'a S, properties: Vec<Property<S::Model>>) -> Self {
        Explorer {
            space,
            properties,
            bounds: Bounds::default(),
            threads: 1,
            mark: None,
            report: None,
        }
    }

    /// The search stops at these bounds.
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// So many threads search, at least one and at most as many as there are shards.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.clamp(1, MOST_SHARDS);
        self
    }

    /// The graph of all transitions is kept, labelled by
    /// [`Checkable::label`](super::checkable::Checkable::label), and these states are marked in
    /// it. A [reduced](Space::is_reduced) space has no such graph.
    pub fn with_graph(mut self, mark: Mark<'a, S>) -> Self {
        self.mark = (!self.space.is_reduced()).then_some(mark);
        self
    }

    /// The search reports from time to time how far it has come, and asks whether to go on.
    pub fn reporting(mut self, report: &'a mut dyn FnMut(Progress) -> ControlFlow<()>) -> Self {
        self.report = Some(report);
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
            report,
        } = self;
        Search::new(space, properties, bounds, threads, mark).run(report)
    }
}

/// So many states at most are found between two looks at whether there are too many.
const MOST_FOUND: usize = 1 << 22;

/// A search under way.
struct Search<'a, S: Space> {
    space: &'a S,
    properties: Vec<Property<S::Model>>,
    bounds: Bounds,
    threads: usize,
    mark: Option<Mark<'a, S>>,
    tables: S::Tables,
    shards: Vec<Shard<S::Encoded, S::Skip>>,
    numbering: Numbering,
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
            MOST_SHARDS
        };
        Search {
            space,
            bounds,
            threads,
            mark,
            tables: S::Tables::default(),
            shards: (0u32..)
                .take(shards)
                .map(|number| Shard::new(number, count))
                .collect(),
            numbering: Numbering::of(shards),
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

    fn run(
        mut self,
        mut report: Option<&'a mut dyn FnMut(Progress) -> ControlFlow<()>>,
    ) -> Exploration<'a, S> {
        let begun = Instant::now();
        let mut frontiers: Vec<_> = std::iter::repeat_with(|| Frontier::new(self.shards.len()))
            .take(self.parts() + 1)
            .collect();
        let initial = self.space.initial(&mut self.tables);
        for state in initial {
            frontiers[0].push(state, S::Skip::default(), 0, NO_PARENT);
        }
        self.look_up(&mut frontiers);
        self.gather();
        let mut depth = 0;
        let mut done = vec![0; self.shards.len()];
        let outcome = 'search: loop {
            let ends: Vec<_> = self
                .shards
                .iter()
                .map(|shard| shard.visited.len())
                .collect();
            if done == ends {
                break Outcome::Exhausted;
            }
            if self.bounds.depth.is_some_and(|most| depth >= most) {
                break Outcome::Bounded(Stop::Depth);
            }
            if done.iter().any(|done| *done > 0) {
                depth += 1;
            }
            self.shards.iter_mut().for_each(Shard::begin_level);
            while done != ends {
                if let Some(stop) = self.stop() {
                    break 'search Outcome::Bounded(stop);
                }
                let batch = self.batch(&mut done, &ends);
                if let Err(full) = self.expand(&batch, &mut frontiers) {
                    break 'search Outcome::Bounded(Stop::TableFull(full));
                }
                self.look_up(&mut frontiers);
                self.gather();
                if let Some(report) = &mut report
                    && report(self.progress(&done, depth)).is_break()
                {
                    break 'search Outcome::Bounded(Stop::Interrupted);
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
            visited: self.shards.into_iter().map(|shard| shard.visited).collect(),
            tables: self.tables,
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

    fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.visited.len()).sum()
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
            .any(|shard| shard.visited.len() >= PLACES - MOST_FOUND)
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
            batch.extend((*done..until).map(|place| self.numbering.number(shard.number, place)));
            *done = until;
        }
        batch
    }

    fn expand(
        &mut self,
        batch: &[u32],
        frontiers: &mut [Frontier<S::Encoded, S::Skip>],
    ) -> Result<(), TableFull> {
        let share = batch.len().div_ceil(self.parts()).max(1);
        let search = &*self;
        in_parallel(
            self.threads,
            batch.chunks(share).zip(frontiers.iter_mut()).collect(),
            |(states, frontier)| {
                for group in states.chunks(GROUP) {
                    search.expand_group(group, frontier);
                }
            },
        );
        let missing: Vec<u32> = frontiers
            .iter_mut()
            .flat_map(|frontier| std::mem::take(&mut frontier.missing))
            .collect();
        let [.., late] = frontiers else {
            return Ok(());
        };
        let states = missing.iter();
        let states: Vec<_> = states
            .map(|number| state(&self.shards, self.numbering, *number))
            .collect();
        self.space
            .work_out_together(&mut self.tables, &states, self.threads)?;
        for number in missing {
            // What was worked out for another may have been enough for this one.
            self.expand_group(&[number], late);
            while late.missing.pop().is_some() {
                let (state, skip) = state(&self.shards, self.numbering, number);
                self.space.work_out(&mut self.tables, state, skip)?;
                self.expand_group(&[number], late);
            }
        }
        self.transitions += frontiers.iter().map(Frontier::count).sum::<u64>();
        Ok(())
    }

    /// Expands at most [`GROUP`] states.
    fn expand_group(&self, numbers: &[u32], frontier: &mut Frontier<S::Encoded, S::Skip>) {
        let Some(first) = numbers.first() else { return };
        let state_of = |number: &u32| state(&self.shards, self.numbering, *number);
        let mut states = [state_of(first); GROUP];
        for (state, number) in states.iter_mut().zip(numbers) {
            *state = state_of(number);
        }
        let states = &states[..numbers.len()];
        let mut missing = [false; GROUP];
        let missing = &mut missing[..numbers.len()];
        let before = frontier.lengths();
        self.space
            .successors(&self.tables, states, missing, |which, label, next, skip| {
                frontier.push(next, skip, label, numbers[which]);
            });
        for (number, _) in numbers
            .iter()
            .zip(&*missing)
            .filter(|(_, missing)| **missing)
        {
            frontier.missing.push(*number);
            frontier.take_back(*number, &before);
        }
    }

    /// Looks the transitions' targets up, and looks at those that are new.
    fn look_up(&mut self, frontiers: &mut [Frontier<S::Encoded, S::Skip>]) {
        self.memory = self.memory.max(self.bytes(frontiers));
        for (place, shard) in self.shards.iter_mut().enumerate() {
            shard.incoming.clear();
            shard.incoming.extend(
                frontiers
                    .iter_mut()
                    .map(|frontier| std::mem::take(&mut frontier.transitions[place])),
            );
        }
        let lookup = Lookup {
            space: self.space,
            tables: &self.tables,
            properties: &self.properties,
            undecided: Undecided::of(&self.properties, &self.verdicts, &self.premises),
            premises: &self.premises,
            verdicts: &self.verdicts,
            mark: self.mark,
            numbering: self.numbering,
        };
        in_parallel(self.threads, self.shards.iter_mut().collect(), |shard| {
            lookup.look_up(shard);
        });
        for (place, shard) in self.shards.iter_mut().enumerate() {
            for (frontier, emptied) in frontiers.iter_mut().zip(shard.incoming.drain(..)) {
                frontier.transitions[place] = emptied;
            }
        }
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

    fn bytes(&self, frontiers: &[Frontier<S::Encoded, S::Skip>]) -> usize {
        let shards: usize = self.shards.iter().map(Shard::bytes).sum();
        let frontiers: usize = frontiers.iter().map(Frontier::bytes).sum();
        shards + frontiers + self.space.table_bytes(&self.tables)
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

/// The state of this number, which is being expanded, and what may be skipped in it.
#[inline]
fn state<E: Eq + Hash, K: Skip>(
    shards: &[Shard<E, K>],
    numbering: Numbering,
    number: u32,
) -> (&E, K) {
    let shard = &shards[numbering.shard(number)];
    let place = numbering.place(number);
    (shard.visited.states.get(place), shard.skip(place))
}
