//! The visited set: every state that was found, once, with the state from which it was found.
//!
//! For several threads it is split into shards by the states' hashes, so that no locks are needed.

use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;

use super::hash_index::HashIndex;

/// The parent of a state in which runs start.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// So many states stand together in memory.
const CHUNK: usize = 1 << 16;

/// A list that grows without copying what is in it.
pub(super) struct Chunks<T>(Vec<Vec<T>>);

impl<T> Chunks<T> {
    pub fn new() -> Self {
        Chunks(Vec::new())
    }

    #[inline]
    pub fn get(&self, index: usize) -> &T {
        &self.0[index / CHUNK][index % CHUNK]
    }

    fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(value),
            _ => self.0.push(vec![value]),
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.0
            .last()
            .map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    fn bytes(&self) -> usize {
        let capacity: usize = self.0.iter().map(Vec::capacity).sum();
        capacity * size_of::<T>()
    }
}

/// The visited states of one range of hashes.
pub(super) struct Visited<E> {
    /// The states, as they are encoded.
    pub states: Chunks<E>,
    /// The number of the state from which each was found.
    parents: Chunks<u32>,
    /// The places of the states, by their hashes.
    pub index: HashIndex,
}

/// The hash by which a state is found.
#[inline]
pub(super) fn hash<E: Hash>(encoded: &E) -> u64 {
    FxBuildHasher.hash_one(encoded)
}

impl<E: Eq + Hash> Visited<E> {
    pub fn new() -> Self {
        Visited {
            states: Chunks::new(),
            parents: Chunks::new(),
            index: HashIndex::new(),
        }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        let states = &self.states;
        self.index.reserve(more, |place| hash(states.get(place)));
    }

    /// The place of this state, or else the slot of the index that is for it.
    #[inline]
    pub fn find(&self, encoded: &E, hash: u64) -> Result<usize, usize> {
        let states = &self.states;
        self.index.find(hash, |place| states.get(place) == encoded)
    }

    /// Notes that a state is visited that [`Self::find`] did not find.
    #[inline]
    pub fn insert(&mut self, slot: usize, hash: u64, encoded: E, parent: u32) {
        self.index.put(slot, hash, self.states.len());
        self.states.push(encoded);
        self.parents.push(parent);
    }
}

impl<E> Visited<E> {
    #[inline]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    pub fn bytes(&self) -> usize {
        self.states.bytes() + self.parents.bytes() + self.index.bytes()
    }
}

/// How states are numbered that are spread over shards: the lowest bits say in which shard a state
/// is, the others its place there.
#[derive(Clone, Copy)]
pub(super) struct Numbering {
    shard_bits: u32,
}

impl Numbering {
    /// For so many shards, a power of two.
    pub fn of(shards: usize) -> Self {
        Numbering {
            shard_bits: shards.trailing_zeros(),
        }
    }

    #[inline]
    pub fn number(self, shard: u32, place: usize) -> u32 {
        // The search stops before there are more than fit.
        shard | (place as u32) << self.shard_bits
    }

    #[inline]
    pub fn shard(self, number: u32) -> usize {
        (number & ((1 << self.shard_bits) - 1)) as usize
    }

    #[inline]
    pub fn place(self, number: u32) -> usize {
        (number >> self.shard_bits) as usize
    }
}

/// The state of this number.
#[inline]
pub(super) fn state_of<E>(shards: &[Visited<E>], number: u32) -> &E {
    let numbering = Numbering::of(shards.len());
    shards[numbering.shard(number)]
        .states
        .get(numbering.place(number))
}

/// The number of the state from which this one was found, or [`NO_PARENT`].
pub(super) fn parent_of<E>(shards: &[Visited<E>], number: u32) -> u32 {
    let numbering = Numbering::of(shards.len());
    *shards[numbering.shard(number)]
        .parents
        .get(numbering.place(number))
}
