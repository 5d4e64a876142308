//! The frontier: successors that were found and are yet to be looked up in the visited set.

use std::hash::Hash;

use super::visited::hash;

/// The states are spread over at most so many shards: a power of two. More would scatter states
/// that are expanded alike.
pub(super) const MOST_SHARDS: usize = 8;

/// A transition whose target is yet to be looked up.
pub(super) struct Transition<E, K> {
    pub to: E,
    /// What may be skipped there.
    pub skip: K,
    pub hash: u64,
    pub from: u32,
    pub label: u8,
}

/// What one thread found by expanding states.
pub(super) struct Frontier<E, K> {
    /// A list for each shard.
    pub transitions: Vec<Vec<Transition<E, K>>>,
    /// The states for which the tables lack something.
    pub missing: Vec<u32>,
}

impl<E: Hash, K> Frontier<E, K> {
    /// An empty frontier, for so many shards.
    pub fn new(shards: usize) -> Self {
        Frontier {
            transitions: std::iter::repeat_with(Vec::new).take(shards).collect(),
            missing: Vec::new(),
        }
    }

    /// Adds a transition to the list of its target's shard.
    #[inline]
    pub fn push(&mut self, to: E, skip: K, label: u8, from: u32) {
        let hash = hash(&to);
        // The index uses the lowest and the highest bits.
        let shard = (hash >> 32) as usize & (self.transitions.len() - 1);
        self.transitions[shard].push(Transition {
            to,
            skip,
            hash,
            from,
            label,
        });
    }

    /// How long the lists are.
    pub fn lengths(&self) -> [usize; MOST_SHARDS] {
        let mut lengths = [0; MOST_SHARDS];
        for (length, list) in lengths.iter_mut().zip(&self.transitions) {
            *length = list.len();
        }
        lengths
    }

    /// Takes back the transitions from this state. There were none when the lists were so long.
    pub fn take_back(&mut self, from: u32, before: &[usize; MOST_SHARDS]) {
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

    /// How many transitions there are.
    pub fn count(&self) -> u64 {
        self.transitions.iter().map(|list| list.len() as u64).sum()
    }

    pub fn bytes(&self) -> usize {
        let capacities = self.transitions.iter().map(Vec::capacity);
        capacities.sum::<usize>() * size_of::<Transition<E, K>>()
    }
}
