//! [`Links`]: the connections between nodes, and their delays.
//!
//! Two nodes have at most one connection at a time. Each direction keeps its order. Messages in
//! flight are lost when their connection closes. A node may receive a message before it is notified
//! that the connection has opened. It is notified that a connection has closed before it receives
//! anything on the next one.

use std::time::Duration;

use super::event_queue::Time;
use super::random::Random;

/// The range of latencies: each connection has one of its own.
const LATENCY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));
/// The largest additional delay of a single message.
const JITTER: Duration = Duration::from_millis(20);
/// The longest time before a node is notified that a connection has opened or closed.
const MAX_NOTIFICATION_DELAY: Duration = Duration::from_millis(20);
/// The shortest time between two arrivals at one endpoint.
const MIN_GAP: Duration = Duration::from_micros(1);

/// The connections between all pairs of nodes.
pub struct Links {
    links: Vec<Link>,
    /// The nodes that each node is connected to, ascending.
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
    /// The number of times it was opened.
    generation: u32,
    opened: Time,
    latency: Duration,
    /// Of the node with the lower and the higher number.
    endpoints: [Endpoint; 2],
}

/// What is on its way to the node at one end of a link.
#[derive(Clone, Default)]
struct Endpoint {
    /// When the last message sent to it arrives.
    last_arrival: Time,
    /// How many of the streams on which the other node sends it has refused.
    refused_streams: u32,
    /// When it gets its last notification that the connection has opened or closed.
    last_notification: Time,
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

    /// The nodes that this node is connected to, ascending.
    pub fn neighbours(&self, node: usize) -> &[usize] {
        &self.neighbours[node]
    }

    /// When the open connection between these two was opened, if there is one.
    pub fn open_since(&self, a: usize, b: usize) -> Option<Time> {
        let link = self.link(a, b);
        link.is_open.then_some(link.opened)
    }

    /// The number of connections that these two have had, with the open one.
    pub fn generation(&self, a: usize, b: usize) -> u32 {
        self.link(a, b).generation
    }

    /// The stream on which `from` sends to `to` now.
    pub fn stream(&self, from: usize, to: usize) -> Stream {
        let link = self.link(from, to);
        Stream {
            generation: link.generation,
            number: link.endpoints[usize::from(to > from)].refused_streams,
        }
    }

    /// The receiver refuses the stream on which `from` sends to `to`. Messages in flight on it are
    /// lost.
    pub fn refuse_stream(&mut self, from: usize, to: usize) {
        self.links[Self::place(from, to)].endpoints[usize::from(to > from)].refused_streams += 1;
    }

    /// Connects two nodes that are not connected. Returns when each of them is notified.
    pub fn open(&mut self, a: usize, b: usize, now: Time, random: &mut Random) -> [Time; 2] {
        for (from, to) in [(a, b), (b, a)] {
            if let Err(place) = self.neighbours[from].binary_search(&to) {
                self.neighbours[from].insert(place, to);
            }
        }
        let link = &mut self.links[Self::place(a, b)];
        link.is_open = true;
        link.generation += 1;
        link.opened = now;
        link.latency = random.between(LATENCY.0, LATENCY.1);
        let mut notified = [Time::ZERO; 2];
        for (node, notified) in [a, b].into_iter().zip(&mut notified) {
            let endpoint = &mut link.endpoints[usize::from(node == a.max(b))];
            // Not before the notification that the last connection closed.
            endpoint.last_arrival = endpoint.last_notification + MIN_GAP;
            endpoint.last_notification = (now
                + random.between(Duration::ZERO, MAX_NOTIFICATION_DELAY))
            .max(endpoint.last_notification + MIN_GAP);
            *notified = endpoint.last_notification;
        }
        notified
    }

    /// Closes the connection between these two. Returns when each of them is notified.
    pub fn close(&mut self, a: usize, b: usize, now: Time, random: &mut Random) -> [Time; 2] {
        for (from, to) in [(a, b), (b, a)] {
            if let Ok(place) = self.neighbours[from].binary_search(&to) {
                self.neighbours[from].remove(place);
            }
        }
        let link = &mut self.links[Self::place(a, b)];
        link.is_open = false;
        let mut notified = [Time::ZERO; 2];
        for (node, notified) in [a, b].into_iter().zip(&mut notified) {
            let endpoint = &mut link.endpoints[usize::from(node == a.max(b))];
            endpoint.last_notification = (now
                + random.between(Duration::ZERO, MAX_NOTIFICATION_DELAY))
            .max(endpoint.last_notification + MIN_GAP);
            *notified = endpoint.last_notification;
        }
        notified
    }

    /// When a message arrives that `from` sends to `to` now. `delay` is added to the link's.
    pub fn arrival(
        &mut self,
        from: usize,
        to: usize,
        now: Time,
        delay: Duration,
        random: &mut Random,
    ) -> Time {
        let link = &mut self.links[Self::place(from, to)];
        let endpoint = &mut link.endpoints[usize::from(to > from)];
        let jitter = random.between(Duration::ZERO, JITTER);
        endpoint.last_arrival =
            (now + delay + link.latency + jitter).max(endpoint.last_arrival + MIN_GAP);
        endpoint.last_arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_direction_and_notifications_arrive_in_order() {
        let mut links = Links::new(3);
        let mut random = Random::new(7);
        let mut now = Time::ZERO;
        let mut last = [Time::ZERO; 2];
        for round in 1..200 {
            let opened = links.open(0, 2, now, &mut random);
            assert!(opened[0] > last[0] && opened[1] > last[1]);
            assert_eq!(
                (links.generation(2, 0), links.neighbours(2)),
                (round, &[0][..])
            );
            let mut before = Time::ZERO;
            for _ in 0..5 {
                let arrival = links.arrival(0, 2, now, Duration::ZERO, &mut random);
                assert!(arrival > before && arrival > last[1]);
                before = arrival;
            }
            now += Duration::from_millis(1);
            last = links.close(0, 2, now, &mut random);
            assert!(last[0] > opened[0] && last[1] > opened[1]);
            assert!(!links.is_open(0, 2) && links.neighbours(0).is_empty());
        }
    }
}
