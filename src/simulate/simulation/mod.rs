//! [`Simulation`]: the network and its event queue, and what each event does.
//!
//! This file has the state, the beginning and end of a run, and the dispatch of events. The parts:
//! `users` (requests, cancels, uploads, deletions), `connections` (connecting and sending),
//! `lifecycle` (nodes start, stop and become faulty), `steps` (a node handles an event, and its
//! effects are carried out) and `outlook` (whether open requests could be met).

mod connections;
mod lifecycle;
mod outlook;
mod scheduled;
mod steps;
mod users;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use blockexc_checker::network::interned::Unfit;
use blockexc_model::deviating::{Event, OtherEvent};
use libp2p::PeerId;

use super::event_queue::{EventQueue, Time};
use super::faults::{FAULT_INTERVAL, Fault, RESTART_INTERVAL};
use super::links::Links;
use super::monitor::{Monitor, Violated};
use super::options::Options;
use super::predictions::Predictions;
use super::properties::{NOTHING_LEFT, Property};
use super::random::Random;
use super::requests::{Ending, Requests};
use super::simulated_node::SimulatedNode;
use super::summary::{Counters, Summary, milliseconds};
use super::world::World;
use crate::trace::record::Recorder;
use scheduled::Scheduled;

/// A node looks for peers while it has fewer than this many.
const MIN_PEERS: usize = 6;
/// The interval at which some node looks for a peer.
const CONNECT_INTERVAL: Duration = Duration::from_secs(2);
/// The average time between two uploads in the whole network.
const UPLOAD_INTERVAL: Duration = Duration::from_secs(120);
/// The largest number of nodes that hold a block at the start.
const MAX_INITIAL_HOLDERS: usize = 4;
/// The interval at which all open requests are examined.
const EXAMINE_INTERVAL: Duration = Duration::from_secs(10);
/// A want has to be met within this time, or within [`RETRIES_TO_MEET`] retries if that is longer.
const TIME_TO_MEET: Duration = Duration::from_secs(60);
const RETRIES_TO_MEET: u32 = 120;

/// Which log to record: this node's, from its start number `life`, up to an event.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The node.
    pub node: usize,
    /// The number of the start, counted from one.
    pub life: u32,
    /// The number of events to record.
    pub steps: u64,
}

/// A network, and the events that are scheduled in it.
pub struct Simulation<'a> {
    options: &'a Options,
    predictions: Predictions,
    now: Time,
    queue: EventQueue<Scheduled>,
    random: Random,
    world: World,
    /// The number of the node with each peer id.
    numbers: HashMap<PeerId, usize>,
    links: Links,
    nodes: Vec<SimulatedNode>,
    requests: Requests,
    monitor: Monitor,
    counters: Counters,
    /// Users are no longer active, and no faults are injected any more.
    is_closing: bool,
    recorded: Option<Recorded>,
    recorder: Option<Recorder<Vec<u8>>>,
    /// All that was to be recorded is recorded.
    is_recorded: bool,
    /// The virtual time at which the run was stopped early.
    interrupted_at: Option<Time>,
}

impl<'a> Simulation<'a> {
    /// A network in which nothing has happened yet. With `recorded`, it only runs until that log
    /// is recorded.
    ///
    /// # Errors
    ///
    /// When the model checker cannot compute which dialects obtain blocks from which.
    pub fn new(options: &'a Options, recorded: Option<Recorded>) -> Result<Self, Unfit> {
        let mut random = Random::new(options.seed);
        let world = World::new(options.nodes, options.blocks, &mut random);
        let numbers = world.peers.iter().enumerate();
        let numbers = numbers.map(|(number, peer)| (*peer, number)).collect();
        let nodes = (0..options.nodes)
            .map(|number| SimulatedNode::new(options, number, world.peers[number], &mut random))
            .collect();
        Ok(Simulation {
            predictions: Predictions::new(&options.dialects)?,
            options,
            now: Time::ZERO,
            queue: EventQueue::default(),
            random,
            world,
            numbers,
            links: Links::new(options.nodes),
            nodes,
            requests: Requests::default(),
            monitor: Monitor::default(),
            counters: Counters::default(),
            is_closing: false,
            recorded,
            recorder: None,
            is_recorded: false,
            interrupted_at: None,
        })
    }

    /// Runs to the end, or until `progress` says to stop: it is called with the virtual time now and
    /// then.
    pub fn run(&mut self, progress: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
        if self.run_through(progress).is_break() {
            self.interrupted_at = Some(self.now);
        }
    }

    fn run_through(
        &mut self,
        progress: &mut dyn FnMut(Duration) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.begin();
        self.run_until(self.options.length, progress)?;
        self.close();
        self.run_until(self.options.length + 2 * self.time_to_meet(), progress)?;
        self.end_requests();
        self.run_until(Duration::MAX, progress)?;
        self.check_nothing_is_left();
        ControlFlow::Continue(())
    }

    /// The bytes of the recorded log.
    pub fn into_log(self) -> Vec<u8> {
        self.recorder.map(Recorder::into_inner).unwrap_or_default()
    }

    /// The results.
    pub fn summary(self) -> Summary {
        let peers: Vec<String> = self.world.peers.iter().map(PeerId::to_string).collect();
        Summary {
            interrupted_at_ms: self.interrupted_at.map(milliseconds),
            ..Summary::new(
                self.options,
                &peers,
                self.counters,
                self.requests,
                self.monitor,
            )
        }
    }

    /// Distributes blocks, starts the nodes, schedules the first events and connects the nodes.
    fn begin(&mut self) {
        for block in 0..self.world.blocks.len() {
            for _ in 0..=self.random.below(MAX_INITIAL_HOLDERS) {
                let node = self.random.below(self.nodes.len());
                self.hold(node, block, true);
            }
        }
        for node in 0..self.nodes.len() {
            self.start(node);
            self.schedule_after(self.options.request_interval, Scheduled::Request { node });
            self.schedule_after(self.options.request_interval, Scheduled::Delete { node });
            for fault in &self.options.faults {
                if fault.condition().is_some() {
                    let fault = *fault;
                    self.schedule_after(FAULT_INTERVAL, Scheduled::FaultBegins { node, fault });
                }
            }
            if self.has_fault(Fault::Restarts) {
                self.schedule_after(RESTART_INTERVAL, Scheduled::Restart { node });
            }
        }
        // Most nodes have some peers when the first request is made.
        for node in 0..self.nodes.len() {
            for _ in 0..MIN_PEERS / 2 {
                self.connect_if_few_peers(node);
            }
        }
        self.queue
            .push(self.now + CONNECT_INTERVAL, Scheduled::Connect);
        self.queue
            .push(self.now + EXAMINE_INTERVAL, Scheduled::ExamineRequests);
        self.schedule_after(UPLOAD_INTERVAL, Scheduled::Upload);
    }

    fn run_until(
        &mut self,
        end: Time,
        progress: &mut dyn FnMut(Duration) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while !self.is_recorded
            && let Some((time, event)) = self.queue.pop_until(end)
        {
            self.now = time;
            if matches!(event, Scheduled::ExamineRequests) {
                progress(time)?;
            }
            self.dispatch(event);
        }
        if end < Duration::MAX {
            self.now = end;
        }
        ControlFlow::Continue(())
    }

    /// From now on no faults are injected, and users begin nothing.
    fn close(&mut self) {
        self.is_closing = true;
        for node in 0..self.nodes.len() {
            self.end_fault(node);
        }
    }

    /// Cancels the requests that are still open.
    fn end_requests(&mut self) {
        self.examine_requests();
        let open = self.requests.open();
        let open: Vec<_> = open
            .map(|(number, request)| (number, request.clone()))
            .collect();
        for (number, request) in open {
            let dialect = self.nodes[request.node].dialect;
            self.requests.end(number, dialect, Ending::Open);
            self.nodes[request.node]
                .open_requests
                .remove(&request.address);
            self.step(request.node, Event::Cancel(request.address));
        }
    }

    /// Every request has ended, and no message is in flight: no presence record may be left.
    fn check_nothing_is_left(&mut self) {
        if self.recorded.is_some() {
            return;
        }
        for number in 0..self.nodes.len() {
            let node = &self.nodes[number];
            let Some(running) = node.running.as_ref().filter(|_| node.is_checked) else {
                continue;
            };
            let dump = running.dump();
            let mut contexts = dump.contexts.values();
            if contexts.any(|context| !context.presence.is_empty()) {
                self.violated(number, NOTHING_LEFT);
            }
        }
    }

    fn dispatch(&mut self, event: Scheduled) {
        match event {
            Scheduled::Joined { node, peer, life } => {
                self.step_in_life(node, life, Event::Joined(self.world.peers[peer]));
            }
            Scheduled::Left { node, peer, life } => {
                self.step_in_life(node, life, Event::Left(self.world.peers[peer]));
            }
            Scheduled::Serve { node, peer, life } => {
                self.step_in_life(
                    node,
                    life,
                    Event::Other(OtherEvent::Serve(self.world.peers[peer])),
                );
            }
            Scheduled::Arrival {
                from,
                to,
                stream,
                message,
            } => {
                if self.links.is_open(from, to) && self.links.stream(from, to) == stream {
                    self.receive(from, to, *message);
                }
            }
            Scheduled::Retry { node, request } => self.retry(node, request),
            Scheduled::Discovered { node, life, cid } => {
                if self.nodes[node].life == life && self.nodes[node].running.is_some() {
                    self.connect_to_providers(node, &cid);
                }
            }
            Scheduled::Request { node } if !self.is_closing => {
                self.request(node);
                self.schedule_after(self.options.request_interval, Scheduled::Request { node });
            }
            Scheduled::Cancel { node, request } => self.cancel(node, request),
            Scheduled::Delete { node } if !self.is_closing => {
                self.delete(node);
                self.schedule_after(self.options.request_interval, Scheduled::Delete { node });
            }
            Scheduled::Upload if !self.is_closing => {
                let node = self.random.below(self.nodes.len());
                let block = self.rare_block();
                self.upload(node, block);
                self.schedule_after(UPLOAD_INTERVAL, Scheduled::Upload);
            }
            Scheduled::Connect if !self.is_closing => {
                let node = self.random.below(self.nodes.len());
                self.connect_if_few_peers(node);
                self.queue
                    .push(self.now + CONNECT_INTERVAL, Scheduled::Connect);
            }
            Scheduled::Disconnect { a, b, generation } if !self.is_closing => {
                if self.links.is_open(a, b) && self.links.generation(a, b) == generation {
                    self.disconnect(a, b);
                }
            }
            Scheduled::FaultBegins { node, fault } if !self.is_closing => {
                self.begin_fault(node, fault);
                self.schedule_after(FAULT_INTERVAL, Scheduled::FaultBegins { node, fault });
            }
            Scheduled::FaultEnds { node } => self.end_fault(node),
            Scheduled::Restart { node } if !self.is_closing => {
                self.stop(node);
                self.schedule_after(RESTART_INTERVAL, Scheduled::Restart { node });
            }
            Scheduled::Start { node } => self.start(node),
            Scheduled::ExamineRequests => {
                self.examine_requests();
                if self.requests.open().next().is_some() || !self.is_closing {
                    self.queue
                        .push(self.now + EXAMINE_INTERVAL, Scheduled::ExamineRequests);
                }
            }
            Scheduled::Request { .. }
            | Scheduled::Delete { .. }
            | Scheduled::Upload
            | Scheduled::Connect
            | Scheduled::Disconnect { .. }
            | Scheduled::FaultBegins { .. }
            | Scheduled::Restart { .. } => {}
        }
    }

    /// Schedules an event after a random time with this average.
    fn schedule_after(&mut self, average: Duration, event: Scheduled) {
        let time = self.now + self.random.exponential(average);
        self.queue.push(time, event);
    }

    fn has_fault(&self, fault: Fault) -> bool {
        self.options.faults.contains(&fault)
    }

    /// A want has to be met within this time.
    fn time_to_meet(&self) -> Duration {
        TIME_TO_MEET.max(self.options.retry_interval * RETRIES_TO_MEET)
    }

    fn violated(&mut self, number: usize, property: Property) {
        let node = &self.nodes[number];
        self.monitor.violated(Violated {
            property,
            node: number,
            time: self.now,
            life: node.life,
            step: node.steps,
        });
    }
}
