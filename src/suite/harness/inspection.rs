//! Reading the target's state from its dump.

use std::sync::PoisonError;

use libp2p::PeerId;
use tokio::time::Instant;

use super::{Harness, LOOK_AGAIN};
use crate::suite::control::Capability;
use crate::suite::dump::{ContextDump, Dump, Unknown};
use crate::suite::peer::Peer;
use crate::suite::stop::Stop;
use crate::wire::{Address, BlockCid};

impl Harness {
    /// The target's state, with the traces of barriers.
    pub(in crate::suite) async fn raw_dump(&self) -> Result<Dump, Stop> {
        Ok(self.control(Capability::Dump)?.dump().await?)
    }

    /// The target's state, without the traces of barriers. It covers what the target has handled:
    /// set a barrier behind what was sent.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn dump(&self) -> Result<Dump, Stop> {
        let mut dump = self.raw_dump().await?;
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_barrier = |address: &Address| peers.iter().any(|peer| peer.is_barrier(address));
        let is_barriers = |cid: &BlockCid| is_barrier(&Address::Plain(cid.clone()));
        if let Some(held) = &mut dump.held {
            held.retain(|address| !is_barrier(address));
        }
        for context in dump.contexts.iter_mut().flat_map(|it| it.values_mut()) {
            if let Some(wants) = &mut context.wants {
                wants.retain(|entry| !is_barrier(&entry.address));
            }
            if let Some(helpers) = &mut context.helpers {
                helpers.peer_wants_cids.retain(|cid| !is_barriers(cid));
            }
        }
        Ok(dump)
    }

    /// What the target keeps about this peer; a failed precondition when it keeps nothing.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, or there is no context.
    pub async fn context(&self, peer: &Peer) -> Result<ContextDump, Stop> {
        let dump = self.dump().await?;
        let context = dump.context(&peer.id())?.cloned();
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
    pub async fn dump_when(
        &self,
        condition: impl Fn(&Dump) -> Result<bool, Unknown>,
    ) -> Result<Dump, Stop> {
        let deadline = Instant::now() + self.config.pace.deadline();
        loop {
            let dump = self.dump().await?;
            if condition(&dump)? || Instant::now() > deadline {
                return Ok(dump);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// This peer's context as soon as it is as described. If it does not become so, its context
    /// after a barrier of this peer: the target may be accused of what is missing then. Prefer it
    /// to a barrier and [`context`](Harness::context) for what should *be* there: it sends no more
    /// to the target than it must.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, there is no context, or no barrier is answered.
    pub async fn context_when(
        &self,
        peer: &Peer,
        condition: impl Fn(&ContextDump) -> Result<bool, Unknown>,
    ) -> Result<ContextDump, Stop> {
        let start = Instant::now();
        let mut end = start + self.config.grace;
        let mut barrier = false;
        loop {
            let context = self.context(peer).await?;
            if condition(&context)? {
                self.config.pace.saw(start.elapsed());
                return Ok(context);
            }
            if Instant::now() > end {
                if !barrier {
                    barrier = true;
                    peer.wait_until_handled().await?;
                    if self.target.may_answer_late {
                        end = start + self.config.pace.patience();
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
        let asked = dump.asked_of(address)?;
        Ok(asked.map(|asked| asked.iter().copied().collect()))
    }
}
