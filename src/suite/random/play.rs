//! [`play`]: puts a target through a trace, and writes the log of it.
//!
//! After each step every peer sets a barrier, so that the log's order is the order in which the target
//! handled things. What a barrier does not rule out is waited for before anything is missed: a
//! dump or a `quiet` line that the model does not explain yet is looked at again for as long as the
//! target's pace asks.

mod seen;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use blockexc_model::Deviations;
use blockexc_model::deviating::Event;
use blockexc_model::price::Price;
use tokio::time::Instant;

use super::barriers::Question;
use super::log::Log;
use super::stimulus::{PEERS, Trace};
use super::world::World;
use crate::suite::control::{Capability, RequestId};
use crate::suite::exchange::Exchange;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::plan::Plan;
use crate::suite::quirks::Manner;
use crate::suite::setup::{set_up, tear_down};
use crate::suite::source::TargetSource;
use crate::suite::stop::Stop;
use crate::suite::target::{RetryTimer, TargetOptions};
use crate::trace::header::{Header, Kind};
use crate::trace::line::Entry;
use crate::wire::Address;

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
    /// The number of steps that were done, or at least begun.
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
            // The step that ends the target counts.
            self.done = number + 1;
            let acting = self.take(step).await?;
            self.settle(acting).await?;
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

    /// Waits until the target has handled all that was done, and writes down what came. The peer that
    /// acts is waited for first: what it has caused is on its way to the others then.
    async fn settle(&mut self, acting: Option<usize>) -> Result<(), Stop> {
        let mut came = Vec::new();
        let others = (0..self.peers.len()).filter(|place| Some(*place) != acting);
        let others: Vec<usize> = others.collect();
        let answering = async {
            self.barriers(acting.as_slice(), &mut came).await?;
            self.barriers(&others, &mut came).await
        };
        let answered = answering.await;
        self.write_down(came).await?;
        answered?;
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

    fn can_dump(&self) -> bool {
        self.harness.target().configured && self.harness.can(Capability::Dump)
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
            let mut lines = Vec::new();
            if self.can_dump() {
                lines.push(self.dump().await?);
            }
            if quiet {
                lines.push(Entry::Quiet);
            }
            if self.log.is_explained_with(&lines) || Instant::now() > deadline {
                lines.into_iter().for_each(|line| self.log.push(line));
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            self.drain();
            self.outcomes().await?;
        }
    }
}
