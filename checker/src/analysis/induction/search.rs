//! Every step from every state of a world: [`search`], and what came of it, [`Found`].

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use blockexc_model::deviating::{Event, Node, Setup};
use serde::Serialize;

use crate::network::names::{Small, show_address};
use crate::search::parallel::in_parallel;
use crate::step::choice::{Script, any_way};
use crate::step::rules::{Predicate, PredicateSet, Step, StepChecker};

use super::states::{Part, States};
use super::violation::Violation;
use super::world::World;

/// How a world is to be searched.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// So many threads.
    pub threads: usize,
    /// Only what stands for one of these requirements is looked at, and the first violation ends
    /// the search; everything when there are none.
    pub requirements: &'a [&'a str],
    /// States need not keep the invariant of this name: shows what it is needed for.
    pub without: Option<&'a str>,
}

/// What was found in one world.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The world.
    pub world: &'static str,
    /// How many peers it has.
    pub peers: usize,
    /// Its addresses, as they are written in charts.
    pub addresses: Vec<String>,
    /// How many states the invariants allow: those that were looked at.
    pub states: u64,
    /// How many different things can happen in each.
    pub events: usize,
    /// How many steps were taken: each event, in each of the ways in which the node may choose.
    pub steps: u64,
    /// Whether every state was looked at.
    pub exhausted: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What was looked at: each rule of single steps, and each invariant.
    pub predicates: Vec<Kept>,
}

/// Whether every step kept a rule or an invariant.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// What it says.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// Whether it is an invariant, and not a rule of single steps.
    pub is_invariant: bool,
    /// Whether it had anything to say of a step. An invariant always has.
    pub reached: bool,
    /// How many steps broke it.
    pub broken: u64,
    /// The first of them.
    pub violation: Option<Violation>,
}

impl Found {
    /// What does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Kept> {
        self.predicates.iter().filter(|kept| kept.broken > 0)
    }
}

/// A step that broke something.
#[derive(Clone)]
struct Breach {
    /// Where it was found: the part of the states, and the step there. The first one is shown,
    /// whichever thread found it.
    place: (usize, u64),
    before: Node<Small>,
    event: Event<Small>,
    script: Script,
}

/// What is found of one predicate.
#[derive(Clone, Default)]
struct Broken {
    times: u64,
    first: Option<Breach>,
}

/// Takes every step from every state of a world's node that is made so. `progress` is told how many
/// states have been looked at, and says whether to go on.
pub fn search(
    world: &World,
    setup: &Setup,
    options: &Options<'_>,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Found {
    let begun = Instant::now();
    let states = States::new(world, setup).without(options.without);
    let judge = StepChecker::default();
    let search = Search {
        looked_at: looked_at(&judge, options.requirements),
        ends_at_first: !options.requirements.is_empty(),
        events: world.events(),
        states: &states,
        judge: &judge,
        count: AtomicU64::new(0),
        steps: AtomicU64::new(0),
        stopped: AtomicBool::new(false),
        broken: Mutex::new(vec![Broken::default(); judge.predicates().count()]),
    };
    let parts = states.parts().into_iter().enumerate().collect();
    in_parallel(options.threads, parts, |(place, part): (usize, Part)| {
        search.go_through(place, &part, progress);
    });
    let broken = search
        .broken
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    Found {
        world: world.name,
        peers: world.peers.len(),
        addresses: world.addresses.iter().map(show_address).collect(),
        states: search.count.into_inner(),
        events: search.events.len(),
        steps: search.steps.into_inner(),
        exhausted: !search.stopped.into_inner(),
        seconds: begun.elapsed().as_secs_f64(),
        predicates: kept(&judge, search.looked_at, broken),
    }
}

fn looked_at(judge: &StepChecker<Small>, requirements: &[&str]) -> PredicateSet {
    let stands_for_any = |predicate: &Predicate| {
        let mut ids = predicate.requirements.iter();
        requirements.is_empty() || ids.any(|id| requirements.contains(id))
    };
    let chosen = judge.predicates().enumerate();
    let chosen = chosen.filter(|(_, predicate)| stands_for_any(predicate));
    chosen.fold(PredicateSet::default(), |set, (number, _)| {
        set.union(PredicateSet::of(number))
    })
}

fn kept(judge: &StepChecker<Small>, looked_at: PredicateSet, broken: Vec<Broken>) -> Vec<Kept> {
    let reached = judge.reached();
    let rules = judge.rules();
    let all = judge.predicates().zip(broken).enumerate();
    all.filter(|(number, _)| looked_at.contains(*number))
        .map(|(number, (predicate, broken))| Kept {
            name: predicate.name,
            requirements: predicate.requirements,
            is_invariant: number >= rules,
            reached: number >= rules || reached.contains(number),
            broken: broken.times,
            violation: broken
                .first
                .map(|breach| Violation::of(&breach.before, &breach.event, breach.script)),
        })
        .collect()
}

struct Search<'a> {
    looked_at: PredicateSet,
    ends_at_first: bool,
    events: Vec<Event<Small>>,
    states: &'a States<'a>,
    judge: &'a StepChecker<Small>,
    count: AtomicU64,
    steps: AtomicU64,
    stopped: AtomicBool,
    /// Of each predicate.
    broken: Mutex<Vec<Broken>>,
}

/// After so many states it is asked whether to go on.
const LOOK: u64 = 1024;

impl Search<'_> {
    fn go_through(
        &self,
        place: usize,
        part: &Part,
        progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) {
        let mut states = 0;
        let mut steps = 0;
        self.states.each_of(part, |node| {
            if states % LOOK == 0 {
                if self.stopped.load(Ordering::Relaxed) {
                    return false;
                }
                let so_far = self.count.load(Ordering::Relaxed) + states;
                if progress(so_far).is_break() {
                    self.stopped.store(true, Ordering::Relaxed);
                    return false;
                }
            }
            states += 1;
            self.step_from(node, place, &mut steps);
            !(self.ends_at_first && self.stopped.load(Ordering::Relaxed))
        });
        self.count.fetch_add(states, Ordering::Relaxed);
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    fn step_from(&self, before: &Node<Small>, place: usize, steps: &mut u64) {
        for event in &self.events {
            any_way(|player| {
                let mut after = before.clone();
                let effects = after.step(event.clone(), player);
                let broken = self.judge.broken(&Step {
                    before,
                    event,
                    effects: &effects,
                    after: &after,
                });
                if !broken.is_empty() {
                    self.note(
                        broken,
                        Breach {
                            place: (place, *steps),
                            before: before.clone(),
                            event: event.clone(),
                            script: player.script(),
                        },
                    );
                }
                *steps += 1;
                // Every way is gone.
                false
            });
        }
    }

    fn note(&self, broken: PredicateSet, breach: Breach) {
        // Nothing panics while this is locked, but a panic elsewhere may have poisoned it.
        let mut all = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, known) in all.iter_mut().enumerate() {
            if !broken.contains(number) || !self.looked_at.contains(number) {
                continue;
            }
            known.times += 1;
            if known
                .first
                .as_ref()
                .is_none_or(|it| breach.place < it.place)
            {
                known.first = Some(breach.clone());
            }
            if self.ends_at_first {
                self.stopped.store(true, Ordering::Relaxed);
            }
        }
    }
}
