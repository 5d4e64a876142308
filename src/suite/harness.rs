//! [`Harness`]: what a scenario is run with: a target, peers that talk to it, random fixtures, and
//! the calls that end in a verdict.
//!
//! Steering the target is in `harness/steering.rs`, reading its state in `harness/inspection.rs`.

mod holding;
mod inspection;
mod steering;

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::compose::{list, want_have};
use super::control::{Capability, RequestId};
use super::dump::Dump;
use super::exchange::Exchange;
use super::fixture::{Block, Dataset, Fixtures};
use super::listen::Listen;
use super::peer::Peer;
use super::peer_config::PeerConfig;
use super::peer_error::PeerError;
use super::received::ReceivedMessage;
use super::stop::Stop;
use super::target::{RetryTimer, Target, TargetOptions};
use super::transport::Muxer;
use crate::wire::{Address, BlockCid, address};

/// Why a scenario about prices is skipped.
const NO_PRICES: &str = "needs a target with prices: this one shows no price in its answers, as \
    nodes without accounts and payments";

/// The time between two looks at a dump.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What one scenario is run with.
pub struct Harness {
    target: Target,
    options: TargetOptions,
    config: PeerConfig,
    /// How the target comes to the peers, with the run's seed, if they do not dial it.
    listen: Option<(Listen, u64)>,
    peers: Mutex<Vec<Peer>>,
    /// What the target was made to do, for cleaning up.
    made: Mutex<Made>,
}

/// What a scenario makes that outlives it on a target that serves others, too.
#[derive(Default)]
struct Made {
    requests: Vec<RequestId>,
    blocks: Vec<BlockCid>,
    price: bool,
}

impl Harness {
    /// The harness of a scenario with this target.
    pub fn new(target: Target, options: TargetOptions, config: PeerConfig) -> Self {
        Harness {
            target,
            options,
            config,
            listen: None,
            peers: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// The node under test.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How the target was set up.
    pub fn options(&self) -> &TargetOptions {
        &self.options
    }

    /// The log of the scenario.
    pub fn log(&self) -> &Exchange {
        &self.config.exchange
    }

    /// How long to wait for one thing, such as an answer.
    pub fn deadline(&self) -> Duration {
        self.config.pace.deadline()
    }

    /// How long to wait for what a barrier's answer does not rule out.
    pub(in crate::suite) fn patience(&self) -> Duration {
        self.config.pace.patience()
    }

    /// Adds a note to the log, which is shown with a failure.
    pub fn note(&self, text: impl Into<String>) {
        self.config.exchange.note("suite", "suite", text);
    }

    // ---- fixtures: each call makes something new, the same in every run of one seed

    /// A block that nobody else has.
    pub fn block(&self) -> Block {
        self.config.random(Fixtures::block)
    }

    /// A manifest that nobody else has: for plain blocks that are delivered to the target.
    pub fn manifest(&self) -> Block {
        self.config.random(Fixtures::manifest)
    }

    /// A block of this many bytes that nobody else has.
    pub fn block_of(&self, size: usize) -> Block {
        self.config.random(|fixtures| fixtures.block_of(size))
    }

    /// The plain address of a block that does not exist.
    pub fn address(&self) -> Address {
        self.config.random(Fixtures::address)
    }

    /// A dataset of this many blocks that nobody else has.
    pub fn dataset(&self, blocks: usize) -> Dataset {
        let dataset = self.config.random(|fixtures| fixtures.dataset(blocks));
        // The target may be made to store it, or take its leaves from peers.
        let cids = dataset.blocks.iter().map(|block| block.cid.clone());
        self.made().blocks.extend(cids);
        dataset
    }

    /// Random bytes.
    pub fn bytes(&self, length: usize) -> Bytes {
        self.config.random(|fixtures| fixtures.bytes(length))
    }

    // ---- peers

    /// A peer that is not connected yet.
    pub fn peer(&self) -> Peer {
        let peer = match &self.listen {
            Some((Listen { wait: Some(_), .. }, seed)) => {
                Peer::with_key_of(&self.config, &|number| {
                    Listen::keypair_of(number, self.config.key_type, *seed)
                })
            }
            _ => Peer::new(&self.config),
        };
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.push(peer.clone());
        peer
    }

    /// A peer that has joined: connected, and the target has created its context.
    ///
    /// # Errors
    ///
    /// When the target is not to be reached.
    pub async fn join(&self) -> Result<Peer, Stop> {
        let peer = self.peer();
        match &self.listen {
            None => {
                peer.connect().await?;
            }
            Some((listen, _)) => self.be_dialled(&peer, listen).await?,
        }
        self.joined(&peer).await?;
        Ok(peer)
    }

    /// Listens, and waits until the target has connected to this peer: told by its control to, or by
    /// itself.
    async fn be_dialled(&self, peer: &Peer, listen: &Listen) -> Result<(), Stop> {
        let address = peer.listen_at(listen.address_of(peer.number())).await?;
        let within = match listen.wait {
            Some(wait) => wait,
            None => {
                let control = self.control(Capability::Connect)?;
                self.note(format!("the target is told to connect to {}", peer.name()));
                control.connect(address.clone()).await?;
                self.config.pace.deadline()
            }
        };
        if peer.connected_by(Instant::now() + within).await {
            return Ok(());
        }
        Err(Stop::Inconclusive(format!(
            "the target did not connect to {} at {address} within {} s",
            peer.name(),
            within.as_secs_f32()
        )))
    }

    /// Waits until the target has created a context for this peer, which has just connected: the
    /// dump shows it, or the peer is answered. (A want list that comes before Joined is handled is
    /// dropped, by JOIN-7; so the question is repeated.) A target that cannot be dumped and does
    /// not answer is taken to be ready by the deadline.
    ///
    /// # Errors
    ///
    /// When the connection ends, or the target refuses the protocol.
    pub async fn joined(&self, peer: &Peer) -> Result<(), Stop> {
        let deadline = peer.deadline();
        if self.can(Capability::Dump) {
            let id = peer.id();
            loop {
                match self.raw_dump().await?.has_context(&id) {
                    // The embedded node answers in order; a peer that does not read gets no answer.
                    Ok(true) if !self.config.may_answer_late || !peer.reads() => return Ok(()),
                    Ok(true) => break,
                    Ok(false) => {}
                    // The peer asks instead.
                    Err(_) => break,
                }
                if Instant::now() > deadline {
                    return Err(Stop::Inconclusive(format!(
                        "no context for {} came to be within {} s of its connecting",
                        peer.name(),
                        self.config.pace.deadline().as_secs_f32()
                    )));
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        self.first_answer(peer, deadline).await
    }

    /// A first question and its answer: a node that is asked for the first time by several messages
    /// at once may open several streams, on which later words arrive earlier.
    async fn first_answer(&self, peer: &Peer, deadline: Instant) -> Result<(), Stop> {
        let deadline = if peer.reads() {
            deadline
        } else {
            // It will not see the answer: the target is given the time that it usually needs.
            Instant::now() + self.config.pace.patience()
        };
        peer.wait_until_answering(deadline).await?;
        Ok(())
    }

    /// Closes this peer's connections, and waits until the target has noticed, if its dump tells:
    /// until the context is gone, or the deadline (a node may miss LEFT-1).
    ///
    /// # Errors
    ///
    /// When the dump fails.
    pub async fn leave(&self, peer: &Peer) -> Result<(), Stop> {
        peer.leave().await;
        let id = peer.id();
        match self.dump_when(|dump| Ok(!dump.has_context(&id)?)).await {
            // Nobody can say; the scenario goes on.
            Ok(_) | Err(Stop::Skip(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// For scenarios about prices and accounts: living nodes of 2026 have neither, and their answers
    /// name no price. Whoever has prices names one in each answer, if only zero.
    ///
    /// # Errors
    ///
    /// Skips when the target answers without a price.
    pub async fn needs_prices(&self, peer: &Peer) -> Result<(), Stop> {
        let question = list([want_have(&self.address()).with_dont_have()]);
        let received = peer.exchange(question).await?;
        let is_named = |message: &ReceivedMessage| message.names_a_price();
        if received.presences().next().is_some() && !received.0.iter().any(is_named) {
            return Err(Stop::Skip(NO_PRICES.to_owned()));
        }
        Ok(())
    }

    // ---- what the target can do

    /// Whether the target can be steered in this way.
    pub fn can(&self, capability: Capability) -> bool {
        let control = self.target.control.as_ref();
        control.is_some_and(|control| control.capabilities().contains(&capability))
    }

    /// Why the target has ended by itself, if it has and its control can tell.
    pub async fn target_ended(&self) -> Option<String> {
        self.target.control.as_ref()?.ended().await
    }

    // ---- verdicts

    /// The requirement is not met unless this holds.
    ///
    /// # Errors
    ///
    /// Fails when it does not hold.
    pub fn require(
        &self,
        holds: bool,
        expected: impl Into<String>,
        actual: impl Display,
    ) -> Result<(), Stop> {
        if holds {
            return Ok(());
        }
        Err(Stop::Fail {
            expected: expected.into(),
            actual: actual.to_string(),
        })
    }

    /// The scenario builds upon this and does not test it. It is inconclusive when this does not
    /// hold; `otherwise` is what was found instead.
    ///
    /// # Errors
    ///
    /// When it does not hold.
    pub fn assume(&self, holds: bool, otherwise: impl Into<String>) -> Result<(), Stop> {
        if holds {
            return Ok(());
        }
        Err(Stop::Inconclusive(otherwise.into()))
    }

    /// The requirement is not met if the target does not answer here: for scenarios that test
    /// whether it goes on. If it has ended, the report says so too.
    ///
    /// # Errors
    ///
    /// Fails when there was no answer.
    pub fn survives<T>(
        &self,
        answered: Result<T, PeerError>,
        expected: impl Into<String>,
    ) -> Result<T, Stop> {
        answered.map_err(|error| Stop::Fail {
            expected: expected.into(),
            actual: error.to_string(),
        })
    }

    /// Whether the peers may speak mplex, whose streams have no window.
    pub fn may_speak_mplex(&self) -> bool {
        self.config.muxers.contains(&Muxer::Mplex)
    }

    /// Whether the target may repeat itself at any time: it is not known to have no retries.
    pub fn may_repeat(&self) -> bool {
        self.target.may_answer_late && self.target.retries != RetryTimer::Never
    }

    /// Removes from the target what the scenario has left: requests, connections with their
    /// contexts and wants, blocks, and the price. What cannot be removed stays.
    pub(super) async fn clean_up(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(control) = &self.target.control else {
            return self.close_all();
        };
        if self.can(Capability::Cancel) {
            for request in made.requests {
                let _ = control.cancel(request).await;
            }
        }
        let ids: Vec<_> = {
            let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
            peers.iter().map(Peer::id).collect()
        };
        self.close_all();
        if self.can(Capability::Delete) {
            for cid in made.blocks {
                let _ = control.delete(cid).await;
            }
        }
        if made.price && self.can(Capability::SetPrice) {
            let _ = control.set_price(0).await;
        }
        if self.can(Capability::Dump) {
            let gone = |dump: &Dump| {
                for id in &ids {
                    if dump.has_context(id)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            };
            let _ = self.dump_when(gone).await;
        }
    }

    /// Ends everything that the peers have open; for the end of a scenario.
    pub(super) fn close_all(&self) {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        for peer in peers.iter() {
            peer.close_all();
        }
    }

    /// Makes peers listen instead of dialling, in a run of this seed.
    pub(super) fn set_listen(&mut self, listen: Listen, seed: u64) {
        self.listen = Some((listen, seed));
    }

    /// Sets the block that barriers ask for, for targets that do not answer DontHave.
    pub(super) fn set_barrier_block(&mut self, barrier_block: Address) {
        self.note(format!(
            "barriers ask for {}",
            address::show(&barrier_block)
        ));
        self.config.barrier_block = Some(barrier_block);
    }
}
