//! [`Simulation`]: what happens when.

use std::collections::HashMap;
use std::time::Duration;

use blockexc_checker::interop::Obtained;
use blockexc_checker::tabled::Unfit;
use blockexc_model::address::Address as ModelAddress;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::node::{Config, Effect, Event};
use libp2p::PeerId;

use super::Options;
use super::agenda::{Agenda, Time};
use super::dice::Dice;
use super::faults::{
    BETWEEN_RESTARTS, BETWEEN_SPELLS, CONNECTED, DOWN, Fault, Manner, SLOWNESS, SPELL, garbage,
    is_sound, lies,
};
use super::judged::{
    ASKED_FOR, Findings, MET, NOTHING_LEFT, Property, SOUND, UNOBTAINABLE, Violated,
};
use super::links::{Links, Stream};
use super::member::{Held, Member, Running};
use super::requests::{Chance, Ending, Expected, Request, Requests};
use super::summary::{Happened, Summary};
use super::world::World;
use crate::trace::line::Header;
use crate::trace::record::Recorder;
use crate::wire::{Address, BlockCid, Delivery, Message, Network};

/// A node looks for peers while it has fewer than this many.
const FEW_PEERS: usize = 6;
/// How often a node that has few peers meets another, in all of the network.
const BETWEEN_MEETINGS: Duration = Duration::from_secs(2);
/// How long discovery takes to find somebody, at least and at most.
const DISCOVERY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// So many of those who have a block are connected to at a time.
const FOUND_AT_ONCE: usize = 3;
/// When a node that puts off answering comes back to it, at least and at most.
const PUT_OFF: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));
/// Out of a thousand requests so many are cancelled, within [`CANCELLED_WITHIN`].
const CANCELLED_PER_THOUSAND: u32 = 50;
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);
/// Out of a thousand leaves requested so many are requested by their own CID.
const BY_CID_PER_THOUSAND: u32 = 200;
/// Somebody uploads a block so often, on average: one that nobody holds, if there is any.
const BETWEEN_UPLOADS: Duration = Duration::from_secs(120);
/// Out of a thousand deletions so many take a block that the node's own user uploaded.
const OWN_DELETED_PER_THOUSAND: u32 = 20;
/// At most so many nodes hold a block at the start.
const HOLDERS: usize = 4;
/// How often it is looked at which requests could be met.
const LOOK: Duration = Duration::from_secs(10);
/// A want has to be met within this time, or within [`RETRIES_TO_MEET`] retries if that is longer.
const TIME_TO_MEET: Duration = Duration::from_secs(60);
const RETRIES_TO_MEET: u32 = 120;

/// What is still to happen.
enum Happening {
    Joined {
        node: usize,
        peer: usize,
        life: u32,
    },
    Left {
        node: usize,
        peer: usize,
        life: u32,
    },
    Arrives {
        from: usize,
        to: usize,
        stream: Stream,
        message: Box<Message>,
    },
    Serve {
        node: usize,
        peer: usize,
        life: u32,
    },
    Retry {
        node: usize,
        request: u64,
    },
    Found {
        node: usize,
        life: u32,
        cid: BlockCid,
    },
    Request {
        node: usize,
    },
    Cancel {
        node: usize,
        request: u64,
    },
    Delete {
        node: usize,
    },
    Upload,
    Meet,
    Part {
        a: usize,
        b: usize,
        generation: u32,
    },
    Spell {
        node: usize,
        fault: Fault,
    },
    Mend {
        node: usize,
    },
    Restart {
        node: usize,
    },
    Up {
        node: usize,
    },
    Look,
}

/// The log to record: of this node, in this life of it, up to this step.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// Which node.
    pub node: usize,
    /// In which life.
    pub life: u32,
    /// So many events.
    pub steps: u64,
}

/// A network, and what is to happen in it.
pub struct Simulation<'a> {
    options: &'a Options,
    expected: Expected,
    now: Time,
    agenda: Agenda<Happening>,
    dice: Dice,
    world: World,
    numbers: HashMap<PeerId, usize>,
    links: Links,
    members: Vec<Member>,
    requests: Requests,
    findings: Findings,
    happened: Happened,
    /// Users are not active any more, and nothing goes wrong any more.
    is_closing: bool,
    recorded: Option<Recorded>,
    recorder: Option<Recorder<Vec<u8>>>,
    is_recorded: bool,
}

impl<'a> Simulation<'a> {
    /// The network before anything has happened; records a log if that is wished.
    ///
    /// # Errors
    ///
    /// When it cannot be worked out who can fetch from whom.
    pub fn new(options: &'a Options, recorded: Option<Recorded>) -> Result<Self, Unfit> {
        let mut dice = Dice::new(options.seed);
        let world = World::new(options.nodes, options.blocks, &mut dice);
        let numbers = world.peers.iter().enumerate();
        let numbers = numbers.map(|(number, peer)| (*peer, number)).collect();
        let members = (0..options.nodes)
            .map(|number| member(options, number, world.peers[number], &mut dice))
            .collect();
        Ok(Simulation {
            expected: Expected::of(&options.dialects)?,
            options,
            now: Time::ZERO,
            agenda: Agenda::default(),
            dice,
            world,
            numbers,
            links: Links::new(options.nodes),
            members,
            requests: Requests::default(),
            findings: Findings::default(),
            happened: Happened::default(),
            is_closing: false,
            recorded,
            recorder: None,
            is_recorded: false,
        })
    }

    /// A want has to be met within this time.
    fn patience(&self) -> Duration {
        TIME_TO_MEET.max(self.options.retry_interval * RETRIES_TO_MEET)
    }

    /// Lets everything happen, and tells what time it is now and then.
    pub fn run(&mut self, told: &mut dyn FnMut(Duration)) {
        self.begin();
        self.run_until(self.options.length, told);
        self.close();
        self.run_until(self.options.length + 2 * self.patience(), told);
        self.end_requests();
        self.run_until(Duration::MAX, told);
        self.look_at_what_is_left();
    }

    /// What was recorded.
    pub fn into_log(self) -> Vec<u8> {
        self.recorder.map(Recorder::into_inner).unwrap_or_default()
    }

    /// What came of it.
    pub fn summary(self) -> Summary {
        let peers: Vec<String> = self.world.peers.iter().map(PeerId::to_string).collect();
        Summary::new(
            self.options,
            &peers,
            self.happened,
            self.requests,
            self.findings,
        )
    }

    fn begin(&mut self) {
        for block in 0..self.world.blocks.len() {
            for _ in 0..=self.dice.below(HOLDERS) {
                let node = self.dice.below(self.members.len());
                self.hold(node, block, true);
            }
        }
        for node in 0..self.members.len() {
            self.up(node);
            self.later(self.options.request_interval, |_| Happening::Request {
                node,
            });
            self.later(self.options.request_interval, |_| Happening::Delete {
                node,
            });
            for fault in &self.options.faults {
                if fault.manner().is_some() {
                    let fault = *fault;
                    self.later(BETWEEN_SPELLS, |_| Happening::Spell { node, fault });
                }
            }
            if self.suffers(Fault::Restarts) {
                self.later(BETWEEN_RESTARTS, |_| Happening::Restart { node });
            }
        }
        // Most nodes have met somebody when the first request is made.
        for node in 0..self.members.len() {
            for _ in 0..FEW_PEERS / 2 {
                self.meet(node);
            }
        }
        self.agenda
            .put(self.now + BETWEEN_MEETINGS, Happening::Meet);
        self.agenda.put(self.now + LOOK, Happening::Look);
        self.later(BETWEEN_UPLOADS, |_| Happening::Upload);
    }

    fn suffers(&self, fault: Fault) -> bool {
        self.options.faults.contains(&fault)
    }

    /// Something happens by chance, so long from now on average.
    fn later(&mut self, average: Duration, what: impl FnOnce(&mut Self) -> Happening) {
        let time = self.now + self.dice.after(average);
        let what = what(self);
        self.agenda.put(time, what);
    }

    fn run_until(&mut self, end: Time, told: &mut dyn FnMut(Duration)) {
        while !self.is_recorded
            && let Some((time, what)) = self.agenda.next_until(end)
        {
            self.now = time;
            if matches!(what, Happening::Look) {
                told(time);
            }
            self.happen(what);
        }
        if end < Duration::MAX {
            self.now = end;
        }
    }

    /// Nothing goes wrong any more, and no user begins anything.
    fn close(&mut self) {
        self.is_closing = true;
        for node in 0..self.members.len() {
            self.mend(node);
        }
    }

    /// What is still wanted is not wanted any more.
    fn end_requests(&mut self) {
        self.look();
        for (number, request) in open_requests(&self.requests) {
            let dialect = self.members[request.node].dialect;
            self.requests.end(number, dialect, Ending::Open);
            self.members[request.node].open.remove(&request.address);
            self.step(request.node, Event::Cancel(request.address));
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Joined { node, peer, life } => {
                self.event_of(node, life, Event::Joined(self.world.peers[peer]));
            }
            Happening::Left { node, peer, life } => {
                self.event_of(node, life, Event::Left(self.world.peers[peer]));
            }
            Happening::Serve { node, peer, life } => {
                self.event_of(node, life, Event::Serve(self.world.peers[peer]));
            }
            Happening::Arrives {
                from,
                to,
                stream,
                message,
            } => {
                if self.links.is_open(from, to) && self.links.stream(from, to) == stream {
                    self.arrives(from, to, *message);
                }
            }
            Happening::Retry { node, request } => self.retry(node, request),
            Happening::Found { node, life, cid } => {
                if self.members[node].life == life && self.members[node].running.is_some() {
                    self.found(node, &cid);
                }
            }
            Happening::Request { node } if !self.is_closing => {
                self.request(node);
                self.later(self.options.request_interval, |_| Happening::Request {
                    node,
                });
            }
            Happening::Cancel { node, request } => self.cancel(node, request),
            Happening::Delete { node } if !self.is_closing => {
                self.delete(node);
                self.later(self.options.request_interval, |_| Happening::Delete {
                    node,
                });
            }
            Happening::Upload if !self.is_closing => {
                let node = self.dice.below(self.members.len());
                let block = self.rare_block();
                self.upload(node, block);
                self.later(BETWEEN_UPLOADS, |_| Happening::Upload);
            }
            Happening::Meet if !self.is_closing => {
                let node = self.dice.below(self.members.len());
                self.meet(node);
                self.agenda
                    .put(self.now + BETWEEN_MEETINGS, Happening::Meet);
            }
            Happening::Part { a, b, generation } if !self.is_closing => {
                if self.links.is_open(a, b) && self.links.generation(a, b) == generation {
                    self.disconnect(a, b);
                }
            }
            Happening::Spell { node, fault } if !self.is_closing => {
                self.spell(node, fault);
                self.later(BETWEEN_SPELLS, |_| Happening::Spell { node, fault });
            }
            Happening::Mend { node } => self.mend(node),
            Happening::Restart { node } if !self.is_closing => {
                self.down(node);
                self.later(BETWEEN_RESTARTS, |_| Happening::Restart { node });
            }
            Happening::Up { node } => self.up(node),
            Happening::Look => {
                self.look();
                if self.requests.open().next().is_some() || !self.is_closing {
                    self.agenda.put(self.now + LOOK, Happening::Look);
                }
            }
            Happening::Request { .. }
            | Happening::Delete { .. }
            | Happening::Upload
            | Happening::Meet
            | Happening::Part { .. }
            | Happening::Spell { .. }
            | Happening::Restart { .. } => {}
        }
    }

    // What users do.

    fn request(&mut self, node: usize) {
        let member = &self.members[node];
        if member.running.is_none() {
            return;
        }
        let block = &self.world.blocks[self.dice.below(self.world.blocks.len())];
        let address = match &block.leaf {
            Some(leaf) if !self.dice.per_thousand(BY_CID_PER_THOUSAND) => leaf.clone(),
            _ => block.plain(),
        };
        if member.held.contains_key(&address) || member.open.contains_key(&address) {
            return;
        }
        let request = Request {
            node,
            address: address.clone(),
            since: self.now,
            chance: Chance::NobodyHeldIt,
        };
        let number = self.requests.begin(member.dialect, request);
        self.members[node].open.insert(address.clone(), number);
        self.step(node, Event::Request(address));
        let retry = Happening::Retry {
            node,
            request: number,
        };
        self.agenda
            .put(self.now + self.options.retry_interval, retry);
        if self.dice.per_thousand(CANCELLED_PER_THOUSAND) {
            let time = self.now + self.dice.between(Duration::ZERO, CANCELLED_WITHIN);
            self.agenda.put(
                time,
                Happening::Cancel {
                    node,
                    request: number,
                },
            );
        }
    }

    fn retry(&mut self, node: usize, number: u64) {
        let Some(request) = self.requests.get(number) else {
            return;
        };
        let address = request.address.clone();
        let running = self.members[node].running.as_ref();
        if running.is_some_and(|running| running.wants(&address)) {
            self.step(node, Event::Retry(address));
        }
        if self.requests.get(number).is_some() {
            let retry = Happening::Retry {
                node,
                request: number,
            };
            self.agenda
                .put(self.now + self.options.retry_interval, retry);
        }
    }

    fn cancel(&mut self, node: usize, number: u64) {
        let Some(request) = self.requests.get(number) else {
            return;
        };
        let address = request.address.clone();
        let dialect = self.members[node].dialect;
        self.requests.end(number, dialect, Ending::Cancelled);
        self.members[node].open.remove(&address);
        self.step(node, Event::Cancel(address));
    }

    fn upload(&mut self, node: usize, block: usize) {
        let it = &self.world.blocks[block];
        if self.members[node].running.is_none() || self.members[node].held.contains_key(&it.plain())
        {
            return;
        }
        self.happened.uploads += 1;
        let event = Event::Stored {
            cid: it.cid.clone(),
            leaves: it.leaves(),
        };
        self.hold(node, block, true);
        self.step(node, event);
    }

    /// A block that nobody holds, or any.
    fn rare_block(&mut self) -> usize {
        let gone: Vec<usize> = (0..self.world.blocks.len())
            .filter(|&block| {
                let plain = self.world.blocks[block].plain();
                let mut members = self.members.iter();
                !members.any(|member| member.held.contains_key(&plain))
            })
            .collect();
        let any = self.dice.below(self.world.blocks.len());
        self.dice.one_of(&gone).copied().unwrap_or(any)
    }

    fn hold(&mut self, node: usize, block: usize, is_own: bool) {
        let held = Held {
            since: self.now,
            is_sound: true,
            is_own,
        };
        for address in self.world.blocks[block].addresses() {
            self.members[node].held.insert(address, held);
        }
    }

    /// Room is needed: a block goes.
    fn delete(&mut self, node: usize) {
        let takes_own = self.dice.per_thousand(OWN_DELETED_PER_THOUSAND);
        let member = &self.members[node];
        if member.running.is_none() {
            return;
        }
        let held: Vec<&BlockCid> = member
            .held
            .iter()
            .filter(|(_, held)| takes_own || !held.is_own)
            .filter_map(|(address, _)| match address {
                ModelAddress::Plain(cid) => Some(cid),
                ModelAddress::Leaf { .. } => None,
            })
            .collect();
        let Some(cid) = self.dice.one_of(&held).map(|cid| (*cid).clone()) else {
            return;
        };
        self.happened.deletions += 1;
        let blocks = self.world.blocks.iter();
        for block in blocks.filter(|block| block.cid == cid) {
            for address in block.addresses() {
                self.members[node].held.remove(&address);
                self.members[node].deleted.insert(address, self.now);
            }
        }
        self.step(node, Event::Deleted(cid));
    }

    // What befalls nodes.

    fn up(&mut self, node: usize) {
        let member = &mut self.members[node];
        if member.running.is_some() {
            return;
        }
        member.running = Some(Running::new(&member.config, member.engine));
        member.life += 1;
        member.steps = 0;
        member.manner = Manner::Well;
        member.well_since = self.now;
        if self.recorded.is_some_and(|recorded| {
            recorded.node == node && recorded.life == self.members[node].life
        }) {
            self.record(node);
        }
        for block in 0..self.world.blocks.len() {
            let block = &self.world.blocks[block];
            let held = &self.members[node].held;
            if held.contains_key(&block.plain()) {
                let mut leaves = block.leaves();
                leaves.retain(|leaf| held.contains_key(leaf));
                let cid = block.cid.clone();
                self.step(node, Event::Stored { cid, leaves });
            }
        }
    }

    fn record(&mut self, node: usize) {
        let member = &self.members[node];
        let header = Header {
            complete: true,
            dialect: Some(member.dialect),
            retries: Some(member.config.retries),
            ..Header::of(&member.peer.to_string())
        };
        // Memory takes what is written.
        self.recorder = Recorder::new(Vec::new(), &header).ok();
    }

    fn down(&mut self, node: usize) {
        let member = &mut self.members[node];
        if member.running.take().is_none() {
            return;
        }
        self.happened.restarts += 1;
        let dialect = member.dialect;
        for number in std::mem::take(&mut member.open).into_values() {
            self.requests.end(number, dialect, Ending::Restarted);
        }
        for peer in self.links.neighbours(node).to_vec() {
            self.disconnect(node, peer);
        }
        let time = self.now + self.dice.between(DOWN.0, DOWN.1);
        self.agenda.put(time, Happening::Up { node });
    }

    fn spell(&mut self, node: usize, fault: Fault) {
        let member = &mut self.members[node];
        if let Some(manner) = fault.manner()
            && member.is_well()
        {
            member.manner = manner;
            *self.happened.spells.entry(fault).or_default() += 1;
            let time = self.now + self.dice.between(SPELL.0, SPELL.1);
            self.agenda.put(time, Happening::Mend { node });
        }
    }

    fn mend(&mut self, node: usize) {
        let member = &mut self.members[node];
        if member.manner != Manner::Well {
            member.manner = Manner::Well;
            member.well_since = self.now;
        }
    }

    /// A node with few peers is connected to another.
    fn meet(&mut self, node: usize) {
        if self.links.neighbours(node).len() < FEW_PEERS {
            let other = self.dice.below(self.members.len());
            self.connect(node, other);
        }
    }

    /// Discovery names some of those who have the block, or a block of the dataset.
    fn found(&mut self, node: usize, cid: &BlockCid) {
        let leaves = [0, u64::MAX].map(|index| ModelAddress::Leaf {
            tree: cid.clone(),
            index,
        });
        let [first, last] = leaves;
        let plain = ModelAddress::Plain(cid.clone());
        let mut providers: Vec<usize> = (0..self.members.len())
            .filter(|&other| other != node && !self.links.is_open(node, other))
            .filter(|&other| {
                let held = &self.members[other].held;
                held.contains_key(&plain) || held.range(&first..=&last).next().is_some()
            })
            .collect();
        for _ in 0..FOUND_AT_ONCE.min(providers.len()) {
            let provider = providers.swap_remove(self.dice.below(providers.len()));
            self.connect(node, provider);
        }
    }

    fn connect(&mut self, a: usize, b: usize) {
        let up = |node: usize| self.members[node].running.is_some();
        if a == b || self.links.is_open(a, b) || !up(a) || !up(b) {
            return;
        }
        self.happened.connections += 1;
        let told = self.links.open(a, b, self.now, &mut self.dice);
        for ((node, peer), time) in [(a, b), (b, a)].into_iter().zip(told) {
            let life = self.members[node].life;
            self.agenda
                .put(time, Happening::Joined { node, peer, life });
        }
        if self.suffers(Fault::Disconnects) {
            let generation = self.links.generation(a, b);
            self.later(CONNECTED, |_| Happening::Part { a, b, generation });
        }
    }

    fn disconnect(&mut self, a: usize, b: usize) {
        if !self.links.is_open(a, b) {
            return;
        }
        self.happened.disconnections += 1;
        let told = self.links.close(a, b, self.now, &mut self.dice);
        for ((node, peer), time) in [(a, b), (b, a)].into_iter().zip(told) {
            let life = self.members[node].life;
            self.agenda.put(time, Happening::Left { node, peer, life });
        }
    }

    // What nodes do.

    fn event_of(&mut self, node: usize, life: u32, event: Event<Network>) {
        if self.members[node].life == life {
            self.step(node, event);
        }
    }

    fn arrives(&mut self, from: usize, to: usize, mut message: Message) {
        if self.members[to].own_stream_only && !self.members[from].own_stream_only {
            // It comes on a stream of the sender's, where only lists are read.
            message = Message {
                want_list: message.want_list,
                ..Message::default()
            };
        }
        if self.members[to].manner == Manner::Lying
            && let Some(list) = message.want_list.take()
        {
            let answer = lies(&list, &self.world.blocks, &mut self.dice);
            if !answer.is_empty() {
                self.put_on_the_way(to, from, answer);
            }
        }
        let from = self.world.peers[from];
        self.step(to, Event::Received { from, message });
    }

    /// Hands a message to the connection, if there is one.
    fn send(&mut self, from: usize, to: usize, mut message: Message) {
        let member = &self.members[from];
        for delivery in &mut message.deliveries {
            if member
                .held
                .get(&delivery.address)
                .is_some_and(|held| !held.is_sound)
            {
                delivery.evidence = garbage(delivery.address.is_leaf(), &mut self.dice);
            }
        }
        if member.manner != Manner::Silent {
            self.put_on_the_way(from, to, message);
        }
    }

    fn put_on_the_way(&mut self, from: usize, to: usize, message: Message) {
        if !self.links.is_open(from, to) {
            return; // LEFT-4
        }
        let delay = match self.members[from].manner {
            Manner::Slow => self.dice.between(SLOWNESS.0, SLOWNESS.1),
            _ => Duration::ZERO,
        };
        self.happened.message(&message);
        let stream = self.links.stream(from, to);
        let time = self
            .links
            .arrival(from, to, self.now, delay, &mut self.dice);
        let message = Box::new(message);
        self.agenda.put(
            time,
            Happening::Arrives {
                from,
                to,
                stream,
                message,
            },
        );
    }

    fn step(&mut self, node: usize, event: Event<Network>) {
        let member = &mut self.members[node];
        let Some(running) = &mut member.running else {
            return;
        };
        let is_looked_at = member.is_judged
            && (member.config.deviations != Deviations::none()
                || member.steps.is_multiple_of(self.options.judge_every.max(1)));
        let before = match running {
            Running::Model(model) if is_looked_at => Some(model.clone()),
            _ => None,
        };
        let (from, deliveries) = match &event {
            Event::Received { from, message } => (Some(*from), message.deliveries.clone()),
            _ => (None, Vec::new()),
        };
        let wanted: Vec<bool> = deliveries
            .iter()
            .map(|delivery| running.wants(&delivery.address))
            .collect();
        let kept = (before.is_some() || self.recorder.is_some()).then(|| event.clone());
        let effects = running.step(event, &mut member.choices);
        member.steps += 1;
        self.happened.events += 1;
        let mut broken = Vec::new();
        if is_looked_at {
            if let (Some(before), Some(event), Running::Model(after)) = (&before, &kept, &*running)
            {
                broken = self.findings.judge(before, event, &effects, after);
            }
            broken.extend(self.findings.shown(&running.dump()));
        }
        for property in broken {
            self.violated(node, property);
        }
        if let Some(event) = &kept {
            self.recorded_step(node, event, &effects);
        }
        let source = Source {
            from: from.and_then(|from| self.numbers.get(&from).copied()),
            deliveries,
            wanted,
        };
        for effect in effects {
            self.carry_out(node, &source, effect);
        }
    }

    fn recorded_step(&mut self, node: usize, event: &Event<Network>, effects: &[Effect<Network>]) {
        let Some(recorded) = self.recorded.filter(|recorded| recorded.node == node) else {
            return;
        };
        let member = &self.members[node];
        if member.life != recorded.life {
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            // Memory takes what is written.
            let _ = recorder.step(event, effects);
        }
        self.is_recorded = member.steps >= recorded.steps;
        // What is wrong may show in nothing but the state.
        if self.is_recorded
            && let (Some(recorder), Some(running)) = (&mut self.recorder, &member.running)
        {
            let _ = recorder.dumped(&running.dump());
        }
    }

    fn violated(&mut self, node: usize, property: Property) {
        let member = &self.members[node];
        self.findings.violated(Violated {
            property,
            node,
            time: self.now,
            life: member.life,
            step: member.steps,
        });
    }

    fn carry_out(&mut self, node: usize, source: &Source, effect: Effect<Network>) {
        match effect {
            Effect::Send { to, message } => {
                if let Some(&to) = self.numbers.get(&to) {
                    self.send(node, to, message);
                }
            }
            Effect::Keep {
                delivery,
                addresses,
                ..
            } => {
                self.keep(node, source, delivery, addresses);
            }
            Effect::Obtained(address) => self.obtained(node, source, &address),
            Effect::Failed(address) => {
                if let Some(number) = self.members[node].open.remove(&address) {
                    self.look_at(number);
                    let dialect = self.members[node].dialect;
                    self.requests.end(number, dialect, Ending::GivenUp);
                }
            }
            Effect::Discover(cid) => {
                let life = self.members[node].life;
                let time = self.now + self.dice.between(DISCOVERY.0, DISCOVERY.1);
                self.agenda.put(time, Happening::Found { node, life, cid });
            }
            Effect::RefuseStream => {
                if let Some(from) = source.from {
                    self.links.refuse_stream(from, node);
                }
            }
            Effect::ServeLater(peer) => {
                if let Some(&peer) = self.numbers.get(&peer) {
                    let life = self.members[node].life;
                    let time = self.now + self.dice.between(PUT_OFF.0, PUT_OFF.1);
                    self.agenda.put(time, Happening::Serve { node, peer, life });
                }
            }
            Effect::Disconnect(peer) => {
                if let Some(&peer) = self.numbers.get(&peer) {
                    self.disconnect(node, peer);
                }
            }
            Effect::Abort(_) => {
                self.happened.aborts += 1;
                self.down(node);
            }
            Effect::Cancelled { .. } => {}
        }
    }

    fn keep(&mut self, node: usize, source: &Source, delivery: usize, addresses: Vec<Address>) {
        let Some(delivered) = source.deliveries.get(delivery) else {
            return;
        };
        let sound = is_sound(&delivered.evidence, delivered.address.is_leaf());
        let was_wanted = source.wanted.get(delivery).copied().unwrap_or(false);
        for address in addresses {
            let held = Held {
                since: self.now,
                is_sound: sound,
                is_own: false,
            };
            self.members[node].held.entry(address).or_insert(held);
        }
        if self.members[node].is_judged {
            if !was_wanted {
                self.violated(node, ASKED_FOR);
            }
            if !sound {
                self.violated(node, SOUND);
            }
        }
    }

    fn obtained(&mut self, node: usize, source: &Source, address: &Address) {
        let member = &mut self.members[node];
        let Some(number) = member.open.remove(address) else {
            return;
        };
        let sound = member.held.get(address).is_none_or(|held| held.is_sound);
        self.requests.met(number, member.dialect, self.now, sound);
        if let Some(from) = source.from {
            let [asker, holder] = [node, from].map(|node| self.members[node].dialect);
            let never = [true, false]
                .iter()
                .all(|before| self.expected.obtained(asker, holder, *before) == Obtained::Never);
            if never {
                self.violated(node, UNOBTAINABLE);
            }
        }
    }

    // What is looked at.

    fn look(&mut self) {
        let open: Vec<u64> = self.requests.open().map(|(number, _)| number).collect();
        for number in open {
            self.look_at(number);
        }
    }

    /// How good the chance is at present that this request is met.
    fn look_at(&mut self, number: u64) {
        let Some(request) = self.requests.get(number) else {
            return;
        };
        let known = request.chance;
        let node = request.node;
        let best = (0..self.members.len())
            .filter(|&holder| holder != node)
            .map(|holder| self.chance(request, holder))
            .max();
        let Some(chance) = best else {
            return;
        };
        self.requests.note(number, chance);
        if chance == Chance::Missed && known < Chance::Missed {
            self.violated(node, MET);
        }
    }

    fn chance(&self, request: &Request, holder: usize) -> Chance {
        let [asker, other] = [request.node, holder].map(|node| &self.members[node]);
        let Some(held) = other.sound(&request.address) else {
            return Chance::NobodyHeldIt;
        };
        let Some(opened) = self.links.open_since(request.node, holder) else {
            return Chance::NeverConnected;
        };
        if !asker.is_well() || !other.is_well() {
            return Chance::Misbehaved;
        }
        let before = held.since < opened;
        if self.expected.obtained(asker.dialect, other.dialect, before) != Obtained::Always {
            return Chance::Dialects;
        }
        let since = [
            opened,
            held.since,
            other.well_since,
            asker.well_since,
            request.since,
        ];
        let since = since.into_iter().max().unwrap_or_default();
        if self.now.saturating_sub(since) < self.patience() {
            Chance::Briefly
        } else if self.expected.obtained_when_let_down(asker.dialect) != Obtained::Always
            && self.is_let_down(request)
        {
            Chance::LetDown
        } else {
            Chance::Missed
        }
    }

    /// Whether a peer may have announced the block to the asker that did not deliver it.
    fn is_let_down(&self, request: &Request) -> bool {
        self.links.neighbours(request.node).iter().any(|&peer| {
            let member = &self.members[peer];
            let deleted = member.deleted.get(&request.address);
            deleted.is_some_and(|time| *time >= request.since)
                || !member.is_well()
                || member.well_since > request.since
        })
    }

    /// Every request has ended, and nothing is under way.
    fn look_at_what_is_left(&mut self) {
        if self.recorded.is_some() {
            return;
        }
        for node in 0..self.members.len() {
            let member = &self.members[node];
            let Some(running) = member.running.as_ref().filter(|_| member.is_judged) else {
                continue;
            };
            let dump = running.dump();
            let mut contexts = dump.contexts.values();
            if contexts.any(|context| !context.presence.is_empty()) {
                self.violated(node, NOTHING_LEFT);
            }
        }
    }
}

/// What an event brought that its effects refer to.
struct Source {
    from: Option<usize>,
    deliveries: Vec<Delivery>,
    /// Whether what is delivered was an own want before.
    wanted: Vec<bool>,
}

fn open_requests(requests: &Requests) -> Vec<(u64, Request)> {
    let open = requests.open();
    open.map(|(number, request)| (number, request.clone()))
        .collect()
}

fn member(options: &Options, number: usize, peer: PeerId, dice: &mut Dice) -> Member {
    let dialect = options.dialects[number % options.dialects.len()];
    let planted = if number == 0 {
        options.deviations
    } else {
        Deviations::none()
    };
    let deviations = dialect.deviations.union(planted);
    Member {
        peer,
        dialect,
        own_stream_only: deviations.contains(Deviation::OwnStreamOnly),
        is_judged: dialect.deviations == Deviations::none(),
        engine: (number / options.dialects.len()).is_multiple_of(2),
        config: Config {
            deviations,
            retries: options.retries,
            ..Config::default()
        },
        running: None,
        choices: Dice::new(dice.seed()),
        life: 0,
        steps: 0,
        manner: Manner::Well,
        well_since: Time::ZERO,
        held: Default::default(),
        deleted: Default::default(),
        open: Default::default(),
    }
}
