//! Looks successors up in the visited set, and looks at the properties of those that are new.

use std::hash::Hash;

use super::checkable::Checkable;
use super::frontier::Transition;
use super::hash_index::HashIndex;
use super::property::{Condition, Kind, Property};
use super::space::{Mark, Skip, Space};
use super::visited::{NO_PARENT, Numbering, Visited};

/// So many states are looked up together: each reads what the index has for it before the first is
/// compared, so that they do not wait for memory one after the other.
pub(super) const GROUP: usize = 32;

/// The visited states of one range of hashes, and what was found of them.
pub(super) struct Shard<E, K> {
    pub number: u32,
    pub visited: Visited<E>,
    /// What is to be looked up next: a list from each thread.
    pub incoming: Vec<Vec<Transition<E, K>>>,
    /// The first state here that decides each property.
    pub verdicts: Vec<Option<u32>>,
    /// Whether the premise of each property was the case here.
    pub premises: Vec<bool>,
    /// From, label, to: when the graph is kept.
    pub transitions: Vec<(u32, u8, u32)>,
    /// Whether each state is marked: when the graph is kept.
    pub marks: Vec<bool>,
    /// What may be skipped in the states that are being expanded, the first of which has this
    /// place.
    skips: (usize, Vec<K>),
    /// And in those that were found meanwhile: they are yet to be expanded, and what is found to
    /// lead to them can add to it.
    next_skips: (usize, Vec<K>),
}

impl<E: Eq + Hash, K: Skip> Shard<E, K> {
    /// The shard of this number, without states, for so many properties.
    pub fn new(number: u32, properties: usize) -> Self {
        Shard {
            number,
            visited: Visited::new(),
            incoming: Vec::new(),
            verdicts: vec![None; properties],
            premises: vec![false; properties],
            transitions: Vec::new(),
            marks: Vec::new(),
            skips: (0, Vec::new()),
            next_skips: (0, Vec::new()),
        }
    }

    /// The states that were found are to be expanded now; those that are found from here on, after
    /// them.
    pub fn begin_level(&mut self) {
        self.skips = std::mem::replace(&mut self.next_skips, (self.visited.len(), Vec::new()));
    }

    /// What may be skipped in the state of this place, which is being expanded.
    #[inline]
    pub fn skip(&self, place: usize) -> K {
        let (first, skips) = &self.skips;
        skips[place - first]
    }

    pub fn bytes(&self) -> usize {
        self.visited.bytes()
            + self.transitions.capacity() * size_of::<(u32, u8, u32)>()
            + self.marks.capacity()
            + self.skips.1.capacity() * size_of::<K>()
            + self.next_skips.1.capacity() * size_of::<K>()
    }
}

/// The properties that are not decided yet, or whose premise was not reached, by their places.
#[derive(Default)]
pub(super) struct Undecided {
    /// Properties of steps, with the number of their rule.
    of_steps: Vec<(usize, usize)>,
    /// Properties of states.
    of_states: Vec<usize>,
}

impl Undecided {
    /// Those of these properties for which there is no verdict, or no premise, yet.
    pub fn of<M: Checkable>(
        properties: &[Property<M>],
        verdicts: &[Option<u32>],
        premises: &[bool],
    ) -> Self {
        let mut undecided = Undecided::default();
        for (place, property) in properties.iter().enumerate() {
            match property.condition {
                Condition::OfStep(rule) if verdicts[place].is_none() => {
                    undecided.of_steps.push((place, rule));
                }
                Condition::OfState(_) if verdicts[place].is_none() || !premises[place] => {
                    undecided.of_states.push(place);
                }
                _ => {}
            }
        }
        undecided
    }
}

/// What is needed to look successors up.
pub(super) struct Lookup<'a, S: Space> {
    pub space: &'a S,
    pub tables: &'a S::Tables,
    pub properties: &'a [Property<S::Model>],
    pub undecided: Undecided,
    pub premises: &'a [bool],
    pub verdicts: &'a [Option<u32>],
    pub mark: Option<Mark<'a, S>>,
    pub numbering: Numbering,
}

impl<S: Space> Lookup<'_, S> {
    /// Looks up everything that came to this shard.
    pub fn look_up(&self, shard: &mut Shard<S::Encoded, S::Skip>) {
        let mut incoming = std::mem::take(&mut shard.incoming);
        for list in &mut incoming {
            let mut transitions = list.drain(..);
            loop {
                let group = &transitions.as_slice()[..GROUP.min(transitions.len())];
                if group.is_empty() {
                    break;
                }
                shard.visited.reserve(group.len());
                prefetch(&shard.visited, group);
                for transition in transitions.by_ref().take(GROUP) {
                    let Transition { from, label, .. } = transition;
                    let target = self.look_up_one(shard, transition);
                    if self.mark.is_some() && from != NO_PARENT {
                        shard.transitions.push((from, label, target));
                    }
                }
            }
        }
        shard.incoming = incoming;
    }

    /// The number of this state, which is looked at when it is new.
    fn look_up_one(
        &self,
        shard: &mut Shard<S::Encoded, S::Skip>,
        transition: Transition<S::Encoded, S::Skip>,
    ) -> u32 {
        let Transition {
            to,
            skip,
            hash,
            from,
            ..
        } = transition;
        match shard.visited.find(&to, hash) {
            Ok(place) => {
                let (first, skips) = &mut shard.next_skips;
                // A state that is being expanded, or was, is not found one step further.
                if let Some(known) = place.checked_sub(*first) {
                    skips[known].add(skip);
                }
                self.numbering.number(shard.number, place)
            }
            Err(slot) => {
                let number = self.numbering.number(shard.number, shard.visited.len());
                self.look_at(shard, number, &to);
                shard.visited.insert(slot, hash, to, from);
                shard.next_skips.1.push(skip);
                number
            }
        }
    }

    /// Looks at the properties of a new state.
    fn look_at(&self, shard: &mut Shard<S::Encoded, S::Skip>, number: u32, encoded: &S::Encoded) {
        let model = self.space.model();
        if let Some(mark) = self.mark {
            let state = self.space.decode(self.tables, encoded);
            shard.marks.push(mark(&state));
        }
        if !self.space.keeps_all(self.tables, encoded) {
            let state = self.space.decode(self.tables, encoded);
            for (place, rule) in &self.undecided.of_steps {
                if !model.keeps(&state, *rule) {
                    shard.verdicts[*place].get_or_insert(number);
                }
            }
        }
        if self.undecided.of_states.is_empty() {
            return;
        }
        let quiet = self.space.is_quiet(self.tables, encoded);
        let mut state = None;
        for place in &self.undecided.of_states {
            let property = &self.properties[*place];
            if property.when_quiet && !quiet {
                continue;
            }
            let state = state.get_or_insert_with(|| self.space.decode(self.tables, encoded));
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

/// Reads what the index has for these, and the states that are meant. These reads do not wait for
/// each other, and the lookups that follow find what they need nearby.
fn prefetch<E: Eq, K>(visited: &Visited<E>, group: &[Transition<E, K>]) {
    let mut slots = [0; GROUP];
    for (slot, transition) in slots.iter_mut().zip(group) {
        *slot = visited.index.first_slot(transition.hash);
    }
    let mut same = 0;
    for (slot, transition) in slots.iter().zip(group) {
        if let Some(place) = HashIndex::place_in(*slot, transition.hash) {
            same += usize::from(
                place < visited.states.len() && *visited.states.get(place) == transition.to,
            );
        }
    }
    std::hint::black_box(same);
}
