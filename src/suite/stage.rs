//! [`Stage`]: what a scenario is given: a target, peers to meet it with, and words for verdicts.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use libp2p::PeerId;
use tokio::time::Instant;

use super::control::{Capability, ContextDump, Control, Dump, Outcome, RequestId};
use super::exchange::Exchange;
use super::material::{Block, Dataset, Material};
use super::peer::{Peer, Setting, Silence};
use super::received::{full, short};
use super::scenario::{Stop, TargetOptions};
use super::target::{HeldBlock, Target};
use crate::wire::{Address, BlockCid};

/// Between two looks at a dump.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Where one scenario plays.
pub struct Stage {
    target: Target,
    options: TargetOptions,
    setting: Setting,
    peers: Mutex<Vec<Peer>>,
}

impl Stage {
    /// A stage for this target.
    pub fn new(target: Target, options: TargetOptions, setting: Setting) -> Self {
        Stage {
            target,
            options,
            setting,
            peers: Mutex::default(),
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

    /// Everything that was said so far.
    pub fn log(&self) -> &Exchange {
        &self.setting.exchange
    }

    /// How long one thing may take.
    pub fn deadline(&self) -> Duration {
        self.setting.deadline
    }

    /// Puts a remark into the exchange that a failure shows.
    pub fn note(&self, words: impl Into<String>) {
        self.setting.exchange.note("suite", "suite", words);
    }

    // ---- material: each call makes something new, the same in every run of one seed

    /// A block that nobody else has.
    pub fn block(&self) -> Block {
        self.setting.random(Material::block)
    }

    /// A block of this many bytes that nobody else has.
    pub fn block_of(&self, size: usize) -> Block {
        self.setting.random(|material| material.block_of(size))
    }

    /// The plain address of a block that does not exist.
    pub fn address(&self) -> Address {
        self.setting.random(Material::address)
    }

    /// A dataset of this many blocks that nobody else has.
    pub fn dataset(&self, blocks: usize) -> Dataset {
        self.setting.random(|material| material.dataset(blocks))
    }

    /// Random bytes.
    pub fn bytes(&self, length: usize) -> Bytes {
        self.setting.random(|material| material.bytes(length))
    }

    // ---- peers

    /// A peer that is not connected yet.
    pub fn peer(&self) -> Peer {
        let peer = Peer::new(&self.setting);
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
        peer.connect().await?;
        self.joined(&peer).await?;
        Ok(peer)
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
            while !self.raw_dump().await?.contexts.contains_key(&id) {
                if Instant::now() > deadline {
                    return Err(Stop::Inconclusive(format!(
                        "no context for {} came to be within {} s of its connecting",
                        peer.name(),
                        self.setting.deadline.as_secs_f32()
                    )));
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            return Ok(());
        }
        peer.ready(deadline).await?;
        Ok(())
    }

    /// Closes this peer's connections, and waits until the target has noticed, if it can be
    /// dumped: until the context is gone, or the deadline (a node may miss LEFT-1).
    ///
    /// # Errors
    ///
    /// When the dump fails.
    pub async fn leave(&self, peer: &Peer) -> Result<(), Stop> {
        peer.leave().await;
        let id = peer.id();
        self.dump_when(|dump| !dump.contexts.contains_key(&id))
            .await?;
        Ok(())
    }

    // ---- steering the target

    /// Whether the target can be steered so.
    pub fn can(&self, capability: Capability) -> bool {
        let control = self.target.control.as_ref();
        control.is_some_and(|control| control.capabilities().contains(&capability))
    }

    fn control(&self, what: Capability) -> Result<&Arc<dyn Control>, Stop> {
        match &self.target.control {
            Some(control) if control.capabilities().contains(&what) => Ok(control),
            _ => Err(Stop::Skip(format!("needs a control that can {what}"))),
        }
    }

    fn steered(&self, words: String) {
        self.setting.exchange.note("suite", "target", words);
    }

    /// Why the target has ended by itself, if it has and its control can tell.
    pub fn target_ended(&self) -> Option<String> {
        self.target.control.as_ref()?.ended()
    }

    /// Makes the target store a plain block.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn put(&self, block: &Block) -> Result<(), Stop> {
        let control = self.control(Capability::Put)?;
        self.steered(format!("is told to store {}", short(&block.address())));
        let cid = control.put(block.data.clone()).await?;
        self.given(
            cid == block.cid,
            format!("the target stores {} as {cid}", block.cid),
        )
    }

    /// Makes the target store a dataset.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn put_dataset(&self, dataset: &Dataset) -> Result<(), Stop> {
        let control = self.control(Capability::PutDataset)?;
        self.steered(format!(
            "is told to store the dataset {} of {} blocks",
            short(&Address::Plain(dataset.cid())),
            dataset.blocks.len()
        ));
        let blocks = dataset.blocks.iter().map(|block| block.data.clone());
        let tree = control.put_dataset(blocks.collect()).await?;
        self.given(
            tree == dataset.cid(),
            format!("the target names the dataset {} as {tree}", dataset.cid()),
        )
    }

    /// A block that the target holds: put there now, or the one that the user has named.
    ///
    /// # Errors
    ///
    /// Skips when there is neither.
    pub async fn held(&self) -> Result<HeldBlock, Stop> {
        if self.can(Capability::Put) {
            let block = self.block();
            self.put(&block).await?;
            return Ok(HeldBlock {
                address: block.address(),
                data: Some(block.data),
            });
        }
        let held = self.target.held.clone();
        held.ok_or_else(|| Stop::Skip(NEEDS_HELD.to_owned()))
    }

    /// Makes the target delete a block.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn delete(&self, cid: &BlockCid) -> Result<(), Stop> {
        let control = self.control(Capability::Delete)?;
        let address = Address::Plain(cid.clone());
        self.steered(format!("is told to delete {}", short(&address)));
        Ok(control.delete(cid.clone()).await?)
    }

    /// Makes the target request a block.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn request(&self, address: &Address) -> Result<RequestId, Stop> {
        let control = self.control(if address.is_leaf() {
            Capability::RequestLeaf
        } else {
            Capability::Request
        })?;
        self.steered(format!("is told to request {}", short(address)));
        Ok(control.request(address.clone()).await?)
    }

    /// How a request stands now. After a barrier behind what must end it, that is a verdict;
    /// a target that may be late is given until the deadline.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn outcome(&self, request: RequestId) -> Result<Outcome, Stop> {
        let within = if self.target.patient {
            self.setting.deadline
        } else {
            // Handled is handled: what remains is to hand the outcome over.
            self.setting.grace
        };
        self.outcome_within(request, within).await
    }

    /// How a request stands, once it is not pending, or when the scenario's deadline has passed.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn outcome_in_the_end(&self, request: RequestId) -> Result<Outcome, Stop> {
        self.outcome_within(request, self.setting.deadline).await
    }

    async fn outcome_within(&self, request: RequestId, within: Duration) -> Result<Outcome, Stop> {
        let control = self.control(Capability::Request)?;
        let outcome = control.outcome(request, within).await?;
        self.steered(format!("says that {outcome}"));
        Ok(outcome)
    }

    /// Makes the target cancel an own want; gives what it reports (ASK-7).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn cancel(&self, address: &Address) -> Result<bool, Stop> {
        let control = self.control(Capability::Cancel)?;
        self.steered(format!("is told to cancel {}", short(address)));
        Ok(control.cancel(address.clone()).await?)
    }

    /// Makes the target connect to this peer, which need not listen before.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn connect_target_to(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::Connect)?;
        let address = peer.listen().await?;
        self.steered(format!("is told to connect to {}", peer.name()));
        Ok(control.connect(address).await?)
    }

    /// Makes the target close every connection with this peer.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn disconnect_target_from(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::Disconnect)?;
        self.steered(format!("is told to disconnect from {}", peer.name()));
        Ok(control.disconnect(peer.id()).await?)
    }

    /// Makes the target handle one more Joined event for this peer (JOIN-3).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn joined_again(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::JoinedAgain)?;
        self.steered(format!("is told that {} has joined again", peer.name()));
        Ok(control.joined_again(peer.id()).await?)
    }

    /// Makes the target handle a Left event for this peer, whose connections stay open: from then
    /// on it has no context, and can still speak (JOIN-7).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn left_now(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::LeftNow)?;
        self.steered(format!("is told that {} has left", peer.name()));
        Ok(control.left_now(peer.id()).await?)
    }

    /// Makes the target pursue an own want anew, as when its time is up (ASK-8).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn retry_now(&self, address: &Address) -> Result<(), Stop> {
        let control = self.control(Capability::RetryNow)?;
        self.steered(format!("is told to retry {}", short(address)));
        Ok(control.retry_now(address.clone()).await?)
    }

    // ---- looking into the target

    async fn raw_dump(&self) -> Result<Dump, Stop> {
        Ok(self.control(Capability::Dump)?.dump().await?)
    }

    /// The target's state, without the traces of barriers. It covers what the target has handled:
    /// set a barrier behind what was said.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn dump(&self) -> Result<Dump, Stop> {
        let mut dump = self.raw_dump().await?;
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_barrier = |address: &Address| peers.iter().any(|peer| peer.is_barrier(address));
        let is_barriers = |cid: &BlockCid| is_barrier(&Address::Plain(cid.clone()));
        dump.held.retain(|address| !is_barrier(address));
        for context in dump.contexts.values_mut() {
            context.wants.retain(|entry| !is_barrier(&entry.address));
            context.peer_wants_cids.retain(|cid| !is_barriers(cid));
        }
        Ok(dump)
    }

    /// What the target keeps about this peer; a failed precondition when it keeps nothing.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, or there is no context.
    pub async fn context(&self, peer: &Peer) -> Result<ContextDump, Stop> {
        let mut dump = self.dump().await?;
        let context = dump.contexts.remove(&peer.id());
        context.ok_or_else(|| {
            Stop::Inconclusive(format!("the target has no context for {}", peer.name()))
        })
    }

    /// The target's state as soon as it is as described, or as it is when the deadline has passed:
    /// for what happens without a message that a barrier could be set behind, such as a departure.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn dump_when(&self, so: impl Fn(&Dump) -> bool) -> Result<Dump, Stop> {
        let deadline = Instant::now() + self.setting.deadline;
        loop {
            let dump = self.dump().await?;
            if so(&dump) || Instant::now() > deadline {
                return Ok(dump);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// This peer's context as soon as it is as described; or, when it does not get so, as it is
    /// after a barrier of this peer: then what is missing may be held against the target. Prefer
    /// it to a barrier and [`context`](Stage::context) for what should *be* there: it says no
    /// more to the target than it must.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, there is no context, or no barrier is answered.
    pub async fn context_when(
        &self,
        peer: &Peer,
        so: impl Fn(&ContextDump) -> bool,
    ) -> Result<ContextDump, Stop> {
        let start = Instant::now();
        let mut until = start + self.setting.grace;
        let mut barrier = false;
        loop {
            let context = self.context(peer).await?;
            if so(&context) {
                return Ok(context);
            }
            if Instant::now() > until {
                if !barrier {
                    barrier = true;
                    peer.settle().await?;
                    if self.target.patient {
                        until = start + self.setting.deadline;
                    }
                    continue;
                }
                return Ok(context);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The peers that the target asks for this block at present, or `None` if it is no own want.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn asked_of(&self, address: &Address) -> Result<Option<Vec<PeerId>>, Stop> {
        let dump = self.dump().await?;
        let mut wants = dump.own_wants.into_iter();
        Ok(wants
            .find(|(want, _)| want == address)
            .map(|(_, asked)| asked.into_iter().collect()))
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
        came: impl Display,
    ) -> Result<(), Stop> {
        if holds {
            return Ok(());
        }
        Err(Stop::Fail {
            expected: expected.into(),
            came: came.to_string(),
        })
    }

    /// The scenario builds upon this, and is not about it: inconclusive when it does not hold.
    /// `otherwise` says what was found instead.
    ///
    /// # Errors
    ///
    /// When it does not hold.
    pub fn given(&self, holds: bool, otherwise: impl Into<String>) -> Result<(), Stop> {
        if holds {
            return Ok(());
        }
        Err(Stop::Inconclusive(otherwise.into()))
    }

    /// The requirement is not met if the target went silent here: for scenarios that are about its
    /// going on. A peer that could not even connect is inconclusive.
    ///
    /// # Errors
    ///
    /// Fails when there was silence.
    pub fn survives<T>(
        &self,
        answered: Result<T, Silence>,
        expected: impl Into<String>,
    ) -> Result<T, Stop> {
        answered.map_err(|silence| Stop::Fail {
            expected: expected.into(),
            came: match self.target_ended() {
                Some(end) => format!("the target has ended: {end}"),
                None => silence.to_string(),
            },
        })
    }

    /// Lets go of every peer; for the end of a scenario.
    pub(super) fn dismiss(&self) {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        for peer in peers.iter() {
            peer.dismiss();
        }
    }

    /// Sets the block that barriers ask for, for targets that do not answer DontHave.
    pub(super) fn set_beacon(&mut self, beacon: Address) {
        self.note(format!("barriers ask for {}", full(&beacon)));
        self.setting.beacon = Some(beacon);
    }
}

/// Why a scenario that needs a held block is skipped.
pub(super) const NEEDS_HELD: &str = "needs a block that the target holds: name one with --holds, or give a control that can put one";
