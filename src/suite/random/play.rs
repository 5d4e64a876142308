//! [`play`]: puts a target through a trace, and writes the log of it.
//!
//! After each step every peer sets a barrier, so that the log's order is the order in which the target
//! handled things. What a barrier does not rule out is waited for before anything is missed: a
//! dump or a `quiet` line that the model does not explain yet is looked at again for as long as the
//! target's pace asks.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use blockexc_model::address::Address as SmallAddress;
use blockexc_model::deviating::Event;
use blockexc_model::message::PresenceType;
use blockexc_model::price::Price;
use blockexc_model::{Deviation, Deviations};
use tokio::time::Instant;

use super::barriers::{Question, answered, ask};
use super::log::Log;
use super::stimulus::{PEERS, Step, Trace};
use super::world::World;
use crate::suite::control::{Capability, Outcome, RequestId};
use crate::suite::dump::Dump;
use crate::suite::exchange::Exchange;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::plan::Plan;
use crate::suite::quirks::Manner;
use crate::suite::received::{Received, ReceivedMessage};
use crate::suite::setup::{set_up, tear_down};
use crate::suite::source::TargetSource;
use crate::suite::stop::Stop;
use crate::suite::target::{RetryTimer, TargetOptions};
use crate::trace::dumped::{Dumped, DumpedContext};
use crate::trace::header::{Header, Kind};
use crate::trace::line::{Entry, Output};
use crate::wire::{Address, DecodeOptions, decode};

/// The node's name in logs.
const NODE: &str = "target";
/// Between two looks at a target's state.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// How long a target that acts in the step that handles a message is given for what its barriers do not
/// rule out: postponed serving, and the end of a request.
const AT_ONCE: Duration = Duration::from_millis(200);
/// How long such a target is given after each step when it is not hurried.
const UNHURRIED: Duration = Duration::from_millis(20);

/// How fast a trace is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tempo {
    /// Each step as soon as the barriers of the one before are answered.
    Quick,
    /// A target is given time after each step, as its pace asks: for nodes that act later than they
    /// answer.
    Unhurried,
}

/// What a trace is played on, and how.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// Where targets come from.
    pub source: &'a dyn TargetSource,
    /// The seed, and how peers talk.
    pub plan: &'a Plan,
    /// How to talk to a target.
    pub manner: &'a Manner,
    /// What makes the blocks and keys, beside the seed.
    pub name: &'a str,
    /// The deviations that the target is judged by.
    pub suppose: Deviations,
    /// How fast.
    pub tempo: Tempo,
}

/// What came of a trace.
pub struct Played {
    /// The log, judged.
    pub log: Log,
    /// What went to and fro.
    pub exchange: Exchange,
    /// The number of steps that were done.
    pub steps: usize,
    /// Why it ended before its end, if the target is not to be blamed for it.
    pub broken_off: Option<String>,
    /// How the target's process ended by itself, if it did.
    pub ended: Option<String>,
    /// Whether the target was there before, and will be afterwards.
    pub is_shared: bool,
    /// What it was judged by: what was supposed, and what showed of its prices.
    pub suppose: Deviations,
}

/// Puts a target through a trace, up to the first line that the model does not explain.
pub async fn play(stage: Stage<'_>, trace: &Trace) -> Played {
    let exchange = Exchange::new();
    let options = TargetOptions {
        price: trace.price,
        account: trace.account.map(|account| account.0),
        retries: (trace.retries != u32::MAX).then_some(trace.retries),
        wants_per_peer: (trace.wants_per_peer != u32::MAX).then_some(trace.wants_per_peer),
        ..TargetOptions::DEFAULT
    };
    let Stage {
        source,
        plan,
        manner,
        name,
        ..
    } = stage;
    let harness = match set_up(source, plan, manner, name, &options, &exchange).await {
        Ok(harness) => harness,
        Err(stop) => {
            return Played {
                log: Log::new(Header::of(NODE), stage.suppose),
                exchange,
                steps: 0,
                broken_off: Some(why(stop)),
                ended: None,
                is_shared: false,
                suppose: stage.suppose,
            };
        }
    };
    let mut player = Player::new(&harness, stage, trace);
    let whole = plan.timeout * 20 + UNHURRIED * trace.steps.len() as u32;
    let broken_off =
        match tokio::time::timeout(whole.max(Duration::from_secs(60)), player.run(trace)).await {
            Ok(Ok(())) => None,
            Ok(Err(stop)) => Some(why(stop)),
            Err(_) => Some(format!(
                "the trace did not end within {} s",
                whole.as_secs_f32()
            )),
        };
    let lost = harness.target().control.as_ref();
    let lost = lost.and_then(|control| control.lost());
    let ended = match broken_off {
        Some(_) if lost.is_none() => harness.target_ended().await,
        _ => None,
    };
    let played = Played {
        steps: player.done,
        is_shared: !harness.target().configured,
        suppose: player.suppose,
        log: player.log,
        exchange: exchange.clone(),
        broken_off: lost.or(broken_off),
        ended,
    };
    exchange.end();
    tear_down(&harness).await;
    played
}

fn why(stop: Stop) -> String {
    match stop {
        Stop::Fail { expected, actual } => format!("{actual}, where {expected} was expected"),
        Stop::Inconclusive(reason) | Stop::Skip(reason) => reason,
    }
}

struct Player<'a> {
    harness: &'a Harness,
    world: World,
    log: Log,
    tempo: Tempo,
    suppose: Deviations,
    /// The peer in each place, and whether it has joined.
    peers: Vec<Option<Peer>>,
    joined: Vec<bool>,
    /// Questions whose stream ended before an answer.
    lost: Vec<(Peer, Question)>,
    /// The requests of each address that have not ended.
    requests: BTreeMap<Address, Vec<RequestId>>,
    /// Whether the target's dump shows which peers have a context.
    shows_contexts: bool,
    /// Whether the target's answers name prices, once there was one.
    names_prices: Option<bool>,
    /// Some answers name a price, and the first did not.
    is_unclear: bool,
    done: usize,
}

impl<'a> Player<'a> {
    fn new(harness: &'a Harness, stage: Stage<'_>, trace: &Trace) -> Self {
        let mut omits = BTreeSet::from([Kind::Served]);
        if harness.target().retries != RetryTimer::Never {
            omits.insert(Kind::Retried);
        }
        let header = Header {
            omits: Some(omits),
            price: Price::from(trace.price),
            account: trace.account,
            retries: (trace.retries != u32::MAX).then_some(trace.retries),
            wants_per_peer: (trace.wants_per_peer != u32::MAX).then_some(trace.wants_per_peer),
            ..Header::of(NODE)
        };
        Player {
            world: World::new(harness),
            log: Log::new(header, stage.suppose),
            harness,
            tempo: stage.tempo,
            suppose: stage.suppose,
            // All at once, so that their names are those of the trace.
            peers: (0..PEERS).map(|_| Some(harness.peer())).collect(),
            joined: vec![false; usize::from(PEERS)],
            lost: Vec::new(),
            requests: BTreeMap::new(),
            shows_contexts: false,
            names_prices: None,
            is_unclear: false,
            done: 0,
        }
    }

    /// All steps, up to the first line that the model does not explain, and then the end.
    async fn run(&mut self, trace: &Trace) -> Result<(), Stop> {
        if self.harness.can(Capability::Dump) {
            self.shows_contexts = self.harness.raw_dump().await?.contexts.is_some();
        }
        let barrier_block = self.harness.barrier_block().cloned();
        let held = self.world.held().cloned().into_iter();
        for cid in held.chain(barrier_block.map(|it| it.cid_or_tree_cid().clone())) {
            let leaves = Vec::new();
            self.log.input(Event::Stored { cid, leaves });
        }
        for (number, step) in trace.steps.iter().enumerate() {
            self.harness.note(format!("step {}: {step}", number + 1));
            let acting = self.take(step).await?;
            self.settle(acting).await?;
            self.done = number + 1;
            if self.log.unexplained().is_some() || self.log.cannot_tell().is_some() {
                return Ok(());
            }
        }
        self.harness.note("the trace has ended");
        self.quiet().await
    }

    fn may_be_late(&self) -> bool {
        self.harness.target().may_answer_late
    }

    /// How long the target is given for what its barriers do not rule out.
    fn patience(&self) -> Duration {
        match self.may_be_late() {
            true => self.harness.patience(),
            false => AT_ONCE,
        }
    }

    /// Does a step. Returns the place of the peer that acts.
    async fn take(&mut self, step: &Step) -> Result<Option<usize>, Stop> {
        match step {
            Step::Joined(place) => {
                self.join(usize::from(*place)).await?;
                return Ok(Some(usize::from(*place)));
            }
            Step::Left(place) => self.leave(usize::from(*place)).await?,
            Step::Received { from, .. } => {
                let place = usize::from(*from);
                self.send(place, step).await?;
                return Ok(Some(place));
            }
            Step::Request(address) => self.request(address).await?,
            Step::Cancel(address) => self.cancel(address).await?,
            Step::Retry(address) => {
                let address = self.world.address(address);
                self.harness.retry_now(&address).await?;
                self.log.input(Event::Retry(address));
            }
            Step::Stored { cid, leaves } => self.store(*cid, leaves).await?,
            Step::Deleted(number) => {
                let cid = self.world.block(*number).cid.clone();
                self.harness.delete(&cid).await?;
                self.log.input(Event::Deleted(cid));
            }
            Step::Serve(_) => {}
        }
        Ok(None)
    }

    async fn join(&mut self, place: usize) -> Result<(), Stop> {
        if self.joined[place] {
            if let Some(peer) = &self.peers[place]
                && self.harness.can(Capability::JoinedAgain)
            {
                self.harness.joined_again(peer).await?;
                self.log.input(Event::Joined(peer.id()));
            }
            return Ok(());
        }
        let peer = self.peers[place].get_or_insert_with(|| self.harness.peer());
        let peer = peer.clone();
        peer.connect().await?;
        if self.shows_contexts && !self.may_be_late() {
            let id = peer.id();
            if !self.is_so(|dump| Ok(dump.has_context(&id)?)).await? {
                return Err(Stop::Inconclusive(format!(
                    "no context for {} came to be within {} s of its connecting",
                    peer.name(),
                    self.harness.deadline().as_secs_f32()
                )));
            }
        } else {
            self.harness.joined(&peer).await?;
        }
        self.joined[place] = true;
        self.log.input(Event::Joined(peer.id()));
        Ok(())
    }

    /// Whether the dump is as described, within the deadline.
    async fn is_so(&self, condition: impl Fn(&Dump) -> Result<bool, Stop>) -> Result<bool, Stop> {
        let deadline = Instant::now() + self.harness.deadline();
        loop {
            if condition(&self.harness.raw_dump().await?)? {
                return Ok(true);
            }
            if Instant::now() > deadline {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn leave(&mut self, place: usize) -> Result<(), Stop> {
        if !self.joined[place] {
            return Ok(());
        }
        let Some(peer) = self.peers[place].clone() else {
            return Ok(());
        };
        peer.leave().await;
        let received = peer.take_received();
        self.came(&peer, &received);
        self.left(place, &peer).await
    }

    /// A peer's connections have closed.
    async fn left(&mut self, place: usize, peer: &Peer) -> Result<(), Stop> {
        self.joined[place] = false;
        let id = peer.id();
        if self.shows_contexts {
            let is_gone = self.is_so(|dump| Ok(!dump.has_context(&id)?)).await?;
            if !is_gone && self.may_be_late() {
                return Err(Stop::Inconclusive(format!(
                    "the context of {} stayed for {} s after its last connection had closed",
                    peer.name(),
                    self.harness.deadline().as_secs_f32()
                )));
            }
        } else {
            // Nobody can tell when the target has noticed, so that this peer does not come back.
            self.peers[place] = None;
        }
        self.log.input(Event::Left(id));
        Ok(())
    }

    async fn send(&mut self, place: usize, step: &Step) -> Result<(), Stop> {
        let (Some(peer), true) = (self.peers[place].clone(), self.joined[place]) else {
            return Ok(());
        };
        let Event::Received { message, .. } = step.event() else {
            return Ok(());
        };
        let message = self.world.message(message);
        let bytes = prost::Message::encode_to_vec(&message);
        let options = DecodeOptions::from_deviations(self.suppose);
        let read = decode(bytes.into(), &options);
        let read = read.map_err(|error| Stop::Inconclusive(format!("internal error: {error}")))?;
        peer.send(&message).await?;
        self.log.input(Event::Received {
            from: peer.id(),
            message: read.message,
        });
        Ok(())
    }

    async fn request(&mut self, address: &SmallAddress<u8>) -> Result<(), Stop> {
        let address = self.world.address(address);
        let request = self.harness.request(&address).await?;
        let open = self.requests.entry(address.clone()).or_default();
        open.push(request);
        self.log.input(Event::Request(address));
        Ok(())
    }

    async fn cancel(&mut self, address: &SmallAddress<u8>) -> Result<(), Stop> {
        let address = self.world.address(address);
        let open = self.requests.get_mut(&address);
        // What nobody waits for is not cancelled.
        let Some(request) = open.and_then(Vec::pop) else {
            return Ok(());
        };
        self.harness.cancel(request).await?;
        self.log.input(Event::Cancel(address));
        Ok(())
    }

    async fn store(&mut self, number: u8, leaves: &[SmallAddress<u8>]) -> Result<(), Stop> {
        let block = self.world.block(number);
        let cid = block.cid.clone();
        if leaves.is_empty() {
            self.harness.put(block).await?;
            let leaves = Vec::new();
            self.log.input(Event::Stored { cid, leaves });
            return Ok(());
        }
        for leaf in leaves {
            let SmallAddress::Leaf { tree, index } = leaf else {
                continue;
            };
            self.harness
                .put_leaf(self.world.dataset(*tree), *index)
                .await?;
            self.log.input(Event::Stored {
                cid: cid.clone(),
                leaves: vec![self.world.address(leaf)],
            });
        }
        Ok(())
    }

    /// Waits until the target has handled all that was done, and writes down what came. The peer that
    /// acts is waited for first: what it has caused is on its way to the others then.
    async fn settle(&mut self, acting: Option<usize>) -> Result<(), Stop> {
        if let Some(place) = acting {
            self.barriers(&[place]).await?;
        }
        let others = (0..self.peers.len()).filter(|place| Some(*place) != acting);
        let others: Vec<usize> = others.collect();
        self.barriers(&others).await?;
        if self.tempo == Tempo::Unhurried {
            let time = match self.may_be_late() {
                true => self.harness.patience(),
                false => UNHURRIED,
            };
            tokio::time::sleep(time).await;
            self.drain();
        }
        if self.is_unclear {
            let why = "some of the target's answers name a price, and some do not";
            return Err(Stop::Inconclusive(why.to_owned()));
        }
        self.outcomes().await?;
        if self.can_dump() && self.log.unexplained().is_none() {
            self.explained_at_last(false).await?;
        }
        Ok(())
    }

    /// Each of these peers that has joined sets a barrier. Their questions are on their way together.
    async fn barriers(&mut self, places: &[usize]) -> Result<(), Stop> {
        let mut asked = Vec::new();
        for place in places {
            if let (Some(peer), true) = (&self.peers[*place], self.joined[*place]) {
                // What was sent last may have closed the connection.
                let questions = match ask(self.harness, peer).await {
                    Ok(questions) => questions,
                    Err(_) if !peer.is_connected() => Vec::new(),
                    Err(error) => return Err(error.into()),
                };
                asked.push((*place, peer.clone(), questions));
            }
        }
        for (place, peer, questions) in asked {
            let came = answered(self.harness, &peer, questions).await?;
            for question in &came.handled {
                self.log.input(question.event(&peer));
            }
            let lost = came.lost.into_iter().map(|it| (peer.clone(), it));
            self.lost.extend(lost);
            self.came(&peer, &came.received);
            if came.is_gone || !peer.is_connected() {
                self.left(place, &peer).await?;
            }
        }
        Ok(())
    }

    /// Writes down what a peer has received. An answer shows that a question was handled which was taken
    /// for lost.
    fn came(&mut self, peer: &Peer, received: &Received) {
        let mut still_lost = Vec::new();
        for (of, question) in std::mem::take(&mut self.lost) {
            let answer = received.presences_of(&question.address);
            if of.id() == peer.id() && !answer.is_empty() {
                self.log.input(question.event(peer));
            } else {
                still_lost.push((of, question));
            }
        }
        self.lost = still_lost;
        self.log.outputs(peer.id(), received);
        self.learn_of_prices(received);
        if !self.harness.target().configured {
            self.learn();
        }
    }

    /// A node that has prices names one in each answer, if only zero. One that names none has neither
    /// prices nor accounts, and does not read those of others: it may choose so.
    fn learn_of_prices(&mut self, received: &Received) {
        if received.presences().next().is_none() {
            return;
        }
        let names_one = received.0.iter().any(ReceivedMessage::names_a_price);
        if self.names_prices == Some(false) && names_one {
            self.is_unclear = true;
        }
        if self.names_prices.is_some() {
            return;
        }
        self.names_prices = Some(names_one);
        if !names_one {
            self.suppose.insert(Deviation::NoAccounts);
            let header = Header {
                price: Price::ZERO,
                account: None,
                ..self.log.header().clone()
            };
            self.log = self.log.judged_anew(header, self.suppose);
        }
    }

    /// Writes down what has come since.
    fn drain(&mut self) {
        let peers = self.peers.iter().flatten().cloned();
        for peer in peers.collect::<Vec<_>>() {
            let received = peer.take_received();
            self.came(&peer, &received);
        }
    }

    /// Writes down which requests have ended. A block that was requested twice is obtained once.
    async fn outcomes(&mut self) -> Result<(), Stop> {
        let Some(control) = &self.harness.target().control else {
            return Ok(());
        };
        let mut ended = Vec::new();
        for (address, open) in &mut self.requests {
            let mut output = None;
            let mut waiting = Vec::new();
            for request in std::mem::take(open) {
                match control.outcome(request, Duration::ZERO).await? {
                    Outcome::Pending => waiting.push(request),
                    Outcome::Completed(_) => output = Some(Output::Obtained(address.clone())),
                    Outcome::Failed(_) => {
                        output.get_or_insert(Output::Failed(address.clone()));
                    }
                }
            }
            match output {
                Some(output) => ended.push(output),
                None => *open = waiting,
            }
        }
        for output in ended {
            self.log.push(Entry::Output(output));
        }
        Ok(())
    }

    fn can_dump(&self) -> bool {
        self.harness.target().configured && self.harness.can(Capability::Dump)
    }

    /// The target's state, as a line of the log.
    async fn dump(&self) -> Result<Entry, Stop> {
        let dump = self.harness.raw_dump().await?;
        let of_barriers = |address: &Address| {
            let mut peers = self.peers.iter().flatten();
            peers.any(|peer| peer.is_barrier(address))
                && self.harness.barrier_block() != Some(address)
        };
        let contexts = dump.contexts.map(|contexts| {
            let known = contexts.into_iter();
            let known =
                known.filter(|(id, _)| self.peers.iter().flatten().any(|it| it.id() == *id));
            let shown = known.map(|(id, context)| {
                let ordered = context.wants_are_ordered;
                let wants = context.wants.filter(|_| ordered);
                let wants = wants.map(|wants| {
                    let wants = wants.into_iter().filter(|it| !of_barriers(&it.address));
                    wants.map(|it| it.entry()).collect::<Option<Vec<_>>>()
                });
                let presence = context.presence.map(|records| {
                    let records = records.into_iter();
                    let records = records.map(|it| Some((it.address, it.price?)));
                    records.collect::<Option<BTreeMap<_, _>>>()
                });
                let helpers = context.helpers;
                let shown = DumpedContext {
                    presence: presence.flatten(),
                    peer_have_cids: helpers.map(|helpers| helpers.peer_have_cids),
                    wants: wants.flatten(),
                    account: context.account,
                };
                (id, shown)
            });
            shown.collect()
        });
        let own_wants = dump
            .own_wants
            .map(|wants| wants.into_iter().map(|want| want.address).collect());
        Ok(Entry::Dumped(Box::new(Dumped {
            contexts,
            own_wants,
            held: dump.held,
        })))
    }

    /// Everything that the target had to do has been done: says so in the log.
    async fn quiet(&mut self) -> Result<(), Stop> {
        self.settle(None).await?;
        if self.log.unexplained().is_some() {
            return Ok(());
        }
        self.explained_at_last(true).await
    }

    /// Adds a line that says how the target stands, once the model explains it, or when the target's
    /// time is up.
    async fn explained_at_last(&mut self, quiet: bool) -> Result<(), Stop> {
        let deadline = Instant::now() + self.patience();
        loop {
            let mut log = self.log.clone();
            if self.can_dump() {
                log.push(self.dump().await?);
            }
            if quiet {
                log.push(Entry::Quiet);
            }
            if log.unexplained().is_none() || Instant::now() > deadline {
                self.log = log;
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            self.drain();
            self.outcomes().await?;
        }
    }

    /// What a target asks for a block, and where it wants to be paid, is what it says first, if nobody
    /// has set it up.
    fn learn(&mut self) {
        let (mut price, mut account) = (None, None);
        for entry in self.log.entries() {
            if let Entry::Output(Output::Sent { message, .. }) = entry {
                let mut items = message.presences.iter();
                let have = items.find(|item| item.presence_type == PresenceType::Have);
                price = price.or(have.map(|item| item.price));
                account = account.or(message.account);
            }
        }
        let known = self.log.header();
        let price = price.unwrap_or(known.price);
        if price != known.price || account != known.account {
            let header = Header {
                price,
                account,
                ..known.clone()
            };
            self.log = self.log.judged_anew(header, self.suppose);
        }
    }
}
