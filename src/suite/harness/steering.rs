//! Steering the target through its control.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Harness, Made};
use crate::suite::control::{Capability, Control, ControlError, Outcome, RequestId};
use crate::suite::describe::short;
use crate::suite::fixture::{Block, Dataset};
use crate::suite::needs::needs_control;
use crate::suite::peer::Peer;
use crate::suite::stop::Stop;
use crate::wire::{Address, BlockCid};

impl Harness {
    pub(super) fn control(&self, what: Capability) -> Result<&Arc<dyn Control>, Stop> {
        match &self.target.control {
            Some(control) if control.capabilities().contains(&what) => Ok(control),
            _ => Err(Stop::Skip(needs_control(&[what]))),
        }
    }

    pub(super) fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the target ask this price, unless it was started with it.
    pub(in crate::suite) async fn set_price(&self, price: u64) -> Result<(), Stop> {
        let control = self.control(Capability::SetPrice)?;
        self.log_steering(format!("is told to ask {price} for a block"));
        self.made().price = true;
        Ok(control.set_price(price).await?)
    }

    fn log_steering(&self, text: String) {
        self.config.exchange.note("suite", "target", text);
    }

    /// Makes the target store a plain block.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn put(&self, block: &Block) -> Result<(), Stop> {
        Ok(self.try_to_put(block).await??)
    }

    /// Tells the target to store a block that it may refuse. The inner error says why it does.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or stores something else.
    pub async fn try_to_put(&self, block: &Block) -> Result<Result<(), ControlError>, Stop> {
        let control = self.control(Capability::Put)?;
        self.log_steering(format!("is told to store {}", short(&block.address())));
        self.made().blocks.push(block.cid.clone());
        let cid = match control.put(block.data.clone()).await {
            Ok(cid) => cid,
            Err(error) => return Ok(Err(error)),
        };
        self.assume(
            cid == block.cid,
            format!("the target stores {} as {cid}", block.cid),
        )?;
        Ok(Ok(()))
    }

    /// Makes the target store a dataset.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn put_dataset(&self, dataset: &Dataset) -> Result<(), Stop> {
        let control = self.control(Capability::PutDataset)?;
        self.log_steering(format!(
            "is told to store the dataset {} of {} blocks",
            short(&Address::Plain(dataset.cid())),
            dataset.blocks.len()
        ));
        let blocks = dataset.blocks.iter().map(|block| block.data.clone());
        let tree = control.put_dataset(blocks.collect(), None).await?;
        self.assume(
            tree == dataset.cid(),
            format!("the target names the dataset {} as {tree}", dataset.cid()),
        )
    }

    /// Makes the target store one leaf of a dataset, with its proof.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub(in crate::suite) async fn put_leaf(
        &self,
        dataset: &Dataset,
        index: u64,
    ) -> Result<(), Stop> {
        let control = self.control(Capability::PutDataset)?;
        self.log_steering(format!(
            "is told to store leaf {index} of the dataset {}",
            short(&Address::Plain(dataset.cid()))
        ));
        let blocks = dataset.blocks.iter().map(|block| block.data.clone());
        let kept = Some([index].into());
        let tree = control.put_dataset(blocks.collect(), kept).await?;
        self.assume(
            tree == dataset.cid(),
            format!("the target names the dataset {} as {tree}", dataset.cid()),
        )
    }

    /// Makes the target delete a block.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn delete(&self, cid: &BlockCid) -> Result<(), Stop> {
        let control = self.control(Capability::Delete)?;
        let address = Address::Plain(cid.clone());
        self.log_steering(format!("is told to delete {}", short(&address)));
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
        self.log_steering(format!("is told to request {}", short(address)));
        self.config.random(|fixtures| fixtures.know(address));
        let request = control.request(address.clone()).await?;
        self.log_steering(format!("calls it request {}", request.0));
        let mut made = self.made();
        made.requests.push(request);
        if let Address::Plain(cid) = address {
            made.blocks.push(cid.clone());
        }
        drop(made);
        Ok(request)
    }

    /// The outcome of a request as it is now. Behind a barrier that is final; a target that may
    /// answer late has as long as its pace asks.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn outcome(&self, request: RequestId) -> Result<Outcome, Stop> {
        let within = if self.target.may_answer_late {
            self.config.pace.patience()
        } else {
            // The target has handled everything; only handing the outcome over takes time.
            self.config.grace
        };
        self.outcome_within(request, within).await
    }

    /// How a request stands, once it is not pending, or when the scenario's deadline has passed.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub async fn outcome_in_the_end(&self, request: RequestId) -> Result<Outcome, Stop> {
        self.outcome_within(request, self.config.pace.deadline())
            .await
    }

    async fn outcome_within(&self, request: RequestId, within: Duration) -> Result<Outcome, Stop> {
        let control = self.control(Capability::Request)?;
        let start = Instant::now();
        let outcome = control.outcome(request, within).await?;
        if outcome != Outcome::Pending {
            self.config.pace.saw(start.elapsed());
        }
        self.log_steering(format!("says that {outcome}"));
        Ok(outcome)
    }

    /// Makes the target cancel a request; gives what it reports (ASK-7).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn cancel(&self, request: RequestId) -> Result<bool, Stop> {
        let control = self.control(Capability::Cancel)?;
        self.log_steering(format!("is told to cancel request {}", request.0));
        let pending = control.cancel(request).await?;
        self.log_steering(format!("says that it was pending: {pending}"));
        Ok(pending)
    }

    /// Makes the target connect to this peer, which need not listen before.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn connect_target_to(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::Connect)?;
        let address = peer.listen().await?;
        self.log_steering(format!("is told to connect to {}", peer.name()));
        Ok(control.connect(address).await?)
    }

    /// Makes the target close every connection with this peer.
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn disconnect_target_from(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::Disconnect)?;
        self.log_steering(format!("is told to disconnect from {}", peer.name()));
        Ok(control.disconnect(peer.id()).await?)
    }

    /// Makes the target handle one more Joined event for this peer (JOIN-3).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn joined_again(&self, peer: &Peer) -> Result<(), Stop> {
        let control = self.control(Capability::JoinedAgain)?;
        self.log_steering(format!("is told that {} has joined again", peer.name()));
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
        self.log_steering(format!("is told that {} has left", peer.name()));
        Ok(control.left_now(peer.id()).await?)
    }

    /// Makes the target pursue an own want anew, as when its time is up (ASK-8).
    ///
    /// # Errors
    ///
    /// When it cannot be told to, or does not.
    pub async fn retry_now(&self, address: &Address) -> Result<(), Stop> {
        let control = self.control(Capability::RetryNow)?;
        self.log_steering(format!("is told to retry {}", short(address)));
        Ok(control.retry_now(address.clone()).await?)
    }
}
