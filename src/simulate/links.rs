//! [`Links`]: the connections between nodes, and when what is sent over them arrives.
//!
//! Two nodes have at most one connection at a time. Each direction keeps its order; what is under
//! way when a connection closes is lost. A node may handle a message before it learns of the
//! connection, but learns that the last one has closed before it sees anything of the next.

use std::time::Duration;

use super::agenda::Time;
use super::dice::Dice;

/// How long a connection delays what is sent, at least and at most: each has its own.
const LATENCY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));
/// By how much that differs from one message to another.
const JITTER: Duration = Duration::from_millis(20);
/// How long it takes a node at most to learn that a connection has opened or closed.
const NEWS: Duration = Duration::from_millis(20);
/// What comes after something comes at least so much later.
const NEXT: Duration = Duration::from_micros(1);

/// All connections between so many nodes.
pub struct Links {
    links: Vec<Link>,
    /// To whom each node is connected, in ascending order.
    neighbours: Vec<Vec<usize>>,
}

/// A stream between two nodes, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    generation: u32,
    number: u32,
}

#[derive(Clone, Default)]
struct Link {
    is_open: bool,
    /// How often it was opened.
    generation: u32,
    opened: Time,
    latency: Duration,
    /// Of the lower and the higher node.
    ends: [End; 2],
}

/// What the node at one end has coming.
#[derive(Clone, Default)]
struct End {
    /// Nothing that was sent arrives earlier.
    busy_until: Time,
    /// How often it has refused the stream on which the other node sends.
    refused: u32,
    /// When the node learns of what it was told last: that the connection has opened, or closed.
    news: Time,
}

impl Links {
    /// No connections.
    pub fn new(nodes: usize) -> Self {
        Links {
            links: vec![Link::default(); nodes * nodes.saturating_sub(1) / 2],
            neighbours: vec![Vec::new(); nodes],
        }
    }

    fn place(a: usize, b: usize) -> usize {
        let (low, high) = (a.min(b), a.max(b));
        high * (high - 1) / 2 + low
    }

    fn link(&self, a: usize, b: usize) -> &Link {
        &self.links[Self::place(a, b)]
    }

    /// Whether these two are connected.
    pub fn is_open(&self, a: usize, b: usize) -> bool {
        a != b && self.link(a, b).is_open
    }

    /// To whom a node is connected.
    pub fn neighbours(&self, node: usize) -> &[usize] {
        &self.neighbours[node]
    }

    /// Since when these two are connected, if they are.
    pub fn open_since(&self, a: usize, b: usize) -> Option<Time> {
        let link = self.link(a, b);
        link.is_open.then_some(link.opened)
    }

    /// Which connection of these two this is, counted from one.
    pub fn generation(&self, a: usize, b: usize) -> u32 {
        self.link(a, b).generation
    }

    /// On which stream of which connection one sends to the other now.
    pub fn stream(&self, from: usize, to: usize) -> Stream {
        let link = self.link(from, to);
        Stream {
            generation: link.generation,
            number: link.ends[usize::from(to > from)].refused,
        }
    }

    /// What is under way on the stream on which one sends to the other is lost.
    pub fn refuse_stream(&mut self, from: usize, to: usize) {
        self.links[Self::place(from, to)].ends[usize::from(to > from)].refused += 1;
    }

    /// Connects two nodes that are not connected; says when each learns of it.
    pub fn open(&mut self, a: usize, b: usize, now: Time, dice: &mut Dice) -> [Time; 2] {
        for (from, to) in [(a, b), (b, a)] {
            if let Err(place) = self.neighbours[from].binary_search(&to) {
                self.neighbours[from].insert(place, to);
            }
        }
        let link = &mut self.links[Self::place(a, b)];
        link.is_open = true;
        link.generation += 1;
        link.opened = now;
        link.latency = dice.between(LATENCY.0, LATENCY.1);
        let mut told = [Time::ZERO; 2];
        for (node, told) in [a, b].into_iter().zip(&mut told) {
            let end = &mut link.ends[usize::from(node == a.max(b))];
            // Not before it has learnt that the last connection closed.
            end.busy_until = end.news + NEXT;
            end.news = (now + dice.between(Duration::ZERO, NEWS)).max(end.news + NEXT);
            *told = end.news;
        }
        told
    }

    /// Closes the connection of these two; says when each learns of it.
    pub fn close(&mut self, a: usize, b: usize, now: Time, dice: &mut Dice) -> [Time; 2] {
        for (from, to) in [(a, b), (b, a)] {
            if let Ok(place) = self.neighbours[from].binary_search(&to) {
                self.neighbours[from].remove(place);
            }
        }
        let link = &mut self.links[Self::place(a, b)];
        link.is_open = false;
        let mut told = [Time::ZERO; 2];
        for (node, told) in [a, b].into_iter().zip(&mut told) {
            let end = &mut link.ends[usize::from(node == a.max(b))];
            end.news = (now + dice.between(Duration::ZERO, NEWS)).max(end.news + NEXT);
            *told = end.news;
        }
        told
    }

    /// When something arrives that one node sends to the other now, after a delay of its own.
    pub fn arrival(
        &mut self,
        from: usize,
        to: usize,
        now: Time,
        delay: Duration,
        dice: &mut Dice,
    ) -> Time {
        let link = &mut self.links[Self::place(from, to)];
        let end = &mut link.ends[usize::from(to > from)];
        let jitter = dice.between(Duration::ZERO, JITTER);
        end.busy_until = (now + delay + link.latency + jitter).max(end.busy_until + NEXT);
        end.busy_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_keeps_its_order_and_news_of_connections_come_in_turn() {
        let mut links = Links::new(3);
        let mut dice = Dice::new(7);
        let mut now = Time::ZERO;
        let mut last = [Time::ZERO; 2];
        for round in 1..200 {
            let opened = links.open(0, 2, now, &mut dice);
            assert!(opened[0] > last[0] && opened[1] > last[1]);
            assert_eq!(
                (links.generation(2, 0), links.neighbours(2)),
                (round, &[0][..])
            );
            let mut before = Time::ZERO;
            for _ in 0..5 {
                let arrival = links.arrival(0, 2, now, Duration::ZERO, &mut dice);
                assert!(arrival > before && arrival > last[1]);
                before = arrival;
            }
            now += Duration::from_millis(1);
            last = links.close(0, 2, now, &mut dice);
            assert!(last[0] > opened[0] && last[1] > opened[1]);
            assert!(!links.is_open(0, 2) && links.neighbours(0).is_empty());
        }
    }
}
