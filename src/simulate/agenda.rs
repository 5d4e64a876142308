//! [`Agenda`]: what is still to happen, in the order of virtual time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Virtual time, since the start of the simulation.
pub type Time = Duration;

/// What is still to happen. Of two things at the same time, the one put in first happens first.
pub struct Agenda<T> {
    entries: BinaryHeap<Entry<T>>,
    next_number: u64,
}

struct Entry<T> {
    time: Time,
    number: u64,
    what: T,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda {
            entries: BinaryHeap::new(),
            next_number: 0,
        }
    }
}

impl<T> Agenda<T> {
    /// Puts something in.
    pub fn put(&mut self, time: Time, what: T) {
        self.entries.push(Entry {
            time,
            number: self.next_number,
            what,
        });
        self.next_number += 1;
    }

    /// Takes out what happens next, if that is not after this time.
    pub fn next_until(&mut self, end: Time) -> Option<(Time, T)> {
        if self.entries.peek()?.time > end {
            return None;
        }
        self.entries.pop().map(|entry| (entry.time, entry.what))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The greatest is taken out first: the earliest.
        (other.time, other.number).cmp(&(self.time, self.number))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_earlier_and_what_was_put_in_earlier_comes_first() {
        let mut agenda = Agenda::default();
        for (seconds, what) in [(2, 'c'), (1, 'a'), (3, 'e'), (2, 'd'), (1, 'b')] {
            agenda.put(Duration::from_secs(seconds), what);
        }
        let taken: Vec<char> = std::iter::from_fn(|| agenda.next_until(Duration::from_secs(2)))
            .map(|(_, what)| what)
            .collect();
        assert_eq!(taken, ['a', 'b', 'c', 'd']);
    }
}
