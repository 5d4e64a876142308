//! [`RestSource`]: a node that runs somewhere, and is steered through its REST interface.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use libp2p::Multiaddr;
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use super::control::{Capability, Control, ControlError, Outcome, RequestId};
use super::launcher::{Running, is_closed};
use super::needs::Offers;
use super::rest::{BLOCK_SIZE, Rest, RestError};
use super::source::{NoTarget, OneNode, TargetSource};
use super::target::{Target, TargetOptions};
use super::verdict::TargetDescription;
use crate::wire::{Address, BlockCid};

/// What can be done through the interface. A block is stored as the only one of a dataset.
pub(super) const CAPABILITIES: [Capability; 5] = [
    Capability::Put,
    Capability::PutDataset,
    Capability::Delete,
    Capability::Request,
    Capability::Connect,
];

/// One node for all scenarios.
#[derive(Clone, Debug)]
pub struct RestSource {
    /// Its REST interface.
    pub rest: Rest,
    /// Where its peers reach it.
    pub address: Multiaddr,
    /// What is known of it.
    pub node: OneNode,
}

#[async_trait]
impl TargetSource for RestSource {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        let control = Arc::new(RestControl::new(self.rest.clone(), None));
        Ok(self.node.target(self.address.clone(), Some(control)))
    }

    fn describe(&self) -> TargetDescription {
        self.node.describe()
    }

    fn arguments(&self) -> Vec<String> {
        self.node.arguments.clone()
    }

    fn offers(&self) -> Offers {
        self.node.offers(CAPABILITIES.into_iter().collect())
    }

    fn starts_again(&self) -> bool {
        false
    }

    async fn is_gone(&self) -> Option<String> {
        is_closed(&self.address).await
    }
}

/// Steers the node for one scenario, and removes what the scenario stored.
pub(super) struct RestControl {
    rest: Rest,
    /// The node's process, if the suite has started it.
    process: Option<Running>,
    /// The manifest of the dataset that each stored block is in.
    manifests: Mutex<BTreeMap<BlockCid, BlockCid>>,
    requests: Mutex<BTreeMap<RequestId, Request>>,
    counter: AtomicU64,
}

/// A download, and how it stands.
struct Request {
    task: AbortHandle,
    outcome: watch::Receiver<Outcome>,
}

fn failed(what: Capability) -> impl Fn(RestError) -> ControlError {
    move |cause| ControlError::Failed { what, cause }
}

impl RestControl {
    /// The control of one scenario.
    pub fn new(rest: Rest, process: Option<Running>) -> Self {
        RestControl {
            rest,
            process,
            manifests: Mutex::default(),
            requests: Mutex::default(),
            counter: AtomicU64::new(0),
        }
    }

    /// Uploads these blocks, and gives the CID of their tree and of their manifest.
    async fn upload(&self, blocks: &[Bytes]) -> Result<(BlockCid, BlockCid), RestError> {
        let manifest = self.rest.upload(blocks.concat().into()).await?;
        let mut manifests = self.manifests.lock().await;
        for block in blocks {
            manifests.insert(BlockCid::of_block(block), manifest.clone());
        }
        drop(manifests);
        Ok((self.rest.tree_of(&manifest).await?, manifest))
    }
}

#[async_trait]
impl Control for RestControl {
    fn capabilities(&self) -> BTreeSet<Capability> {
        CAPABILITIES.into_iter().collect()
    }

    async fn ended(&self) -> Option<String> {
        self.process.as_ref()?.ended().await
    }

    fn block_size(&self) -> Option<usize> {
        Some(BLOCK_SIZE)
    }

    async fn put(&self, data: Bytes) -> Result<BlockCid, ControlError> {
        if data.len() != BLOCK_SIZE {
            return Err(ControlError::Unsupported(Capability::Put));
        }
        let cid = BlockCid::of_block(&data);
        let uploaded = self.upload(&[data]).await;
        uploaded.map_err(failed(Capability::Put))?;
        Ok(cid)
    }

    async fn put_dataset(
        &self,
        blocks: Vec<Bytes>,
        kept: Option<BTreeSet<u64>>,
    ) -> Result<BlockCid, ControlError> {
        if kept.is_some() || blocks.iter().any(|block| block.len() != BLOCK_SIZE) {
            return Err(ControlError::Unsupported(Capability::PutDataset));
        }
        let uploaded = self.upload(&blocks).await;
        let (tree, _) = uploaded.map_err(failed(Capability::PutDataset))?;
        Ok(tree)
    }

    async fn delete(&self, cid: BlockCid) -> Result<(), ControlError> {
        let mut manifests = self.manifests.lock().await;
        let manifest = manifests.get(&cid).cloned().unwrap_or(cid.clone());
        if manifests.values().filter(|it| **it == manifest).count() > 1 {
            let cause =
                format!("{cid} is one of several blocks of a dataset, and goes with it only");
            return Err(failed(Capability::Delete)(cause));
        }
        manifests.remove(&cid);
        drop(manifests);
        let deleted = self.rest.delete(&manifest).await;
        deleted.map_err(failed(Capability::Delete))
    }

    async fn request(&self, address: Address) -> Result<RequestId, ControlError> {
        let Address::Plain(cid) = address else {
            return Err(ControlError::Unsupported(Capability::RequestLeaf));
        };
        let (ended, outcome) = watch::channel(Outcome::Pending);
        let rest = self.rest.clone();
        let task = tokio::spawn(async move {
            ended.send_replace(match rest.download(&cid).await {
                Ok(data) => Outcome::Completed(data),
                Err(error) => Outcome::Failed(error),
            });
        });
        let id = RequestId(self.counter.fetch_add(1, Ordering::Relaxed));
        let task = task.abort_handle();
        self.requests
            .lock()
            .await
            .insert(id, Request { task, outcome });
        Ok(id)
    }

    async fn outcome(&self, id: RequestId, within: Duration) -> Result<Outcome, ControlError> {
        let requests = self.requests.lock().await;
        let outcome = requests.get(&id).map(|request| request.outcome.clone());
        drop(requests);
        let mut outcome = outcome
            .ok_or_else(|| failed(Capability::Request)(format!("there is no request {}", id.0)))?;
        let over = outcome.wait_for(|outcome| *outcome != Outcome::Pending);
        // Pending for so long, or for ever: both is what it says now.
        let _ = tokio::time::timeout(within, over).await;
        Ok(outcome.borrow().clone())
    }

    async fn connect(&self, peer: Multiaddr) -> Result<(), ControlError> {
        let connected = self.rest.connect(&peer).await;
        connected.map_err(failed(Capability::Connect))
    }

    async fn shutdown(&self) {
        for request in self.requests.lock().await.values() {
            request.task.abort();
        }
        let manifests: BTreeSet<BlockCid> = std::mem::take(&mut *self.manifests.lock().await)
            .into_values()
            .collect();
        for manifest in manifests {
            // What cannot be deleted is never named again.
            let _ = self.rest.delete(&manifest).await;
        }
    }
}
