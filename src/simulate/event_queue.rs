//! [`EventQueue`]: scheduled events, in the order of virtual time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Virtual time, since the start of the simulation.
pub type Time = Duration;

/// A queue of scheduled events. Events at the same time come out in the order they were put in.
pub struct EventQueue<T> {
    entries: BinaryHeap<Entry<T>>,
    next_number: u64,
}

struct Entry<T> {
    time: Time,
    number: u64,
    event: T,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue {
            entries: BinaryHeap::new(),
            next_number: 0,
        }
    }
}

impl<T> EventQueue<T> {
    /// Schedules an event.
    pub fn push(&mut self, time: Time, event: T) {
        self.entries.push(Entry {
            time,
            number: self.next_number,
            event,
        });
        self.next_number += 1;
    }

    /// Takes out the next event, if it is not later than `end`.
    pub fn pop_until(&mut self, end: Time) -> Option<(Time, T)> {
        if self.entries.peek()?.time > end {
            return None;
        }
        self.entries.pop().map(|entry| (entry.time, entry.event))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives out its greatest entry first: the earliest event.
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
    fn events_come_out_by_time_and_then_in_the_order_put_in() {
        let mut queue = EventQueue::default();
        for (seconds, event) in [(2, 'c'), (1, 'a'), (3, 'e'), (2, 'd'), (1, 'b')] {
            queue.push(Duration::from_secs(seconds), event);
        }
        let taken: Vec<char> = std::iter::from_fn(|| queue.pop_until(Duration::from_secs(2)))
            .map(|(_, event)| event)
            .collect();
        assert_eq!(taken, ['a', 'b', 'c', 'd']);
    }
}
