//! [`Sequence`]: a map that remembers in which order its keys came.

use std::hash::{Hash, Hasher};

use indexmap::IndexMap;

/// A map in order of insertion. Updating a key keeps its position; two sequences are equal when
/// they hold the same entries in the same order.
#[derive(Clone, Debug)]
pub struct Sequence<K: Eq + Hash, V>(IndexMap<K, V>);

impl<K: Eq + Hash, V> Default for Sequence<K, V> {
    fn default() -> Self {
        Sequence(IndexMap::new())
    }
}

impl<K: Eq + Hash, V> Sequence<K, V> {
    /// Sets the value of a key: at its old position, or else at the end.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// Removes a key; the others keep their order.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.0.shift_remove(key)
    }

    /// Removes a key; the last comes in its place.
    pub fn swap_remove(&mut self, key: &K) -> Option<V> {
        self.0.swap_remove(key)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key)
    }

    /// Whether there is such a key.
    pub fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// Keeps the entries for which `keep` says so; they keep their order.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain(keep);
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> {
        self.0.iter()
    }

    /// The entries, in order, to change their values.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&K, &mut V)> {
        self.0.iter_mut()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.0.keys()
    }

    /// The values, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.0.values()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Eq + Hash, V: PartialEq> PartialEq for Sequence<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Eq + Hash, V: Eq> Eq for Sequence<K, V> {}

impl<K: Eq + Hash, V: Hash> Hash for Sequence<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        for entry in self.iter() {
            entry.hash(state);
        }
    }
}
