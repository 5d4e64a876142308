//! The embedded target: this project's node, in this process, reached through its sockets.
//!
//! What goes over the wire goes through loopback TCP like any other node's. Only the steering and
//! the dumps are calls in this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use blockexc_model::message::Account;
use blockexc_model::{Deviations, Dialect};
use bytes::Bytes;
use libp2p::core::multiaddr::multiaddr;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::Mutex;

use super::control::{Capability, Control, ControlError, Outcome, RequestId};
use super::dump::Dump;
use super::needs::Offers;
use super::source::{NoTarget, TargetSource};
use super::target::{Held, RetryTimer, StartOption, Target, TargetOptions};
use super::transport::{KeyType, Muxer};
use super::verdict::TargetDescription;
use crate::node::{self, Muxers, NodeHandle, NodeOptions, PendingBlock};
use crate::wire::{Address, BlockCid};

/// Starts a fresh node for each scenario.
#[derive(Clone, Debug)]
pub struct EmbeddedSource {
    /// The dialect that was asked for.
    pub dialect: Option<&'static Dialect>,
    /// All deviations, those of the dialect included.
    pub deviations: Deviations,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers that the node offers: all of them when there is none here.
    pub muxer: Option<Muxer>,
    /// What the node's key is made with.
    pub key_type: KeyType,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
    /// How many nodes may run at once, each with its scenario.
    pub jobs: usize,
}

/// As many nodes at once as keep an ordinary machine busy, and no scenario waiting for a core.
pub const USUAL_JOBS: usize = 4;

#[async_trait]
impl TargetSource for EmbeddedSource {
    async fn start(&self, options: &TargetOptions, seed: [u8; 32]) -> Result<Target, NoTarget> {
        let mut choices = [0; 8];
        choices.copy_from_slice(&seed[..8]);
        let defaults = NodeOptions::default();
        let options = NodeOptions {
            keypair: self.key_type.keypair(seed),
            listen: vec![multiaddr!(Ip4([127, 0, 0, 1]), Tcp(0u16))],
            protocol: self.protocol.clone(),
            deviations: self.deviations,
            price: options.price.into(),
            account: options.account.map(Account),
            frame_limit: options.frame_limit.unwrap_or(defaults.frame_limit),
            // A scenario that is about retries makes them happen.
            retry_interval: None,
            retries: options.retries.unwrap_or(u32::MAX),
            wants_per_peer: options.wants_per_peer.unwrap_or(defaults.wants_per_peer),
            muxers: match self.muxer {
                None => Muxers::Both,
                Some(Muxer::Yamux) => Muxers::Yamux,
                Some(Muxer::Mplex) => Muxers::Mplex,
            },
            seed: u64::from_be_bytes(choices),
            ..defaults
        };
        let node = node::start(options)
            .await
            .map_err(|error| NoTarget(format!("the embedded node does not start: {error}")))?;
        let address = node.addresses().first().cloned();
        let address = address.ok_or_else(|| {
            NoTarget("the embedded node listens nowhere: it has no address".to_owned())
        })?;
        Ok(Target {
            address,
            peer_id: Some(node.peer_id()),
            control: Some(Arc::new(EmbeddedControl {
                node,
                requests: Mutex::default(),
                counter: AtomicU64::new(0),
            })),
            held: Held::default(),
            configured: true,
            may_answer_late: false,
            retries: RetryTimer::Never,
        })
    }

    fn describe(&self) -> TargetDescription {
        let names = self.deviations.iter();
        TargetDescription {
            name: match self.dialect {
                None if self.deviations.is_empty() => "the embedded reference node".to_owned(),
                _ => "the embedded node".to_owned(),
            },
            dialect: self.dialect.map(|dialect| dialect.name.to_owned()),
            deviations: names.map(|deviation| deviation.name().to_owned()).collect(),
        }
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn offers(&self) -> Offers {
        Offers {
            control: Capability::ALL.iter().copied().collect(),
            held: false,
            held_leaves: false,
            options: StartOption::ALL.iter().copied().collect(),
        }
    }

    fn jobs(&self) -> usize {
        self.jobs
    }
}

/// Steers the embedded node by its handle.
struct EmbeddedControl {
    node: NodeHandle,
    requests: Mutex<HashMap<RequestId, Request>>,
    counter: AtomicU64,
}

/// A request, for which block.
struct Request {
    address: Address,
    state: State,
}

/// Its outcome, once it is known.
enum State {
    Pending(PendingBlock),
    Over(Outcome),
}

fn no_such_request(what: Capability, id: RequestId) -> ControlError {
    ControlError::Failed {
        what,
        cause: format!("there is no request {}", id.0),
    }
}

impl EmbeddedControl {
    fn failed(&self, what: Capability, cause: impl std::error::Error) -> ControlError {
        match self.node.died() {
            Some(why) => ControlError::Ended(why.to_owned()),
            None => ControlError::Failed {
                what,
                cause: cause.to_string(),
            },
        }
    }
}

#[async_trait]
impl Control for EmbeddedControl {
    fn capabilities(&self) -> BTreeSet<Capability> {
        Capability::ALL.iter().copied().collect()
    }

    async fn ended(&self) -> Option<String> {
        self.node.died().map(str::to_owned)
    }

    async fn put(&self, data: Bytes) -> Result<BlockCid, ControlError> {
        let put = self.node.put(data).await;
        put.map_err(|error| self.failed(Capability::Put, error))
    }

    async fn put_dataset(
        &self,
        blocks: Vec<Bytes>,
        kept: Option<BTreeSet<u64>>,
    ) -> Result<BlockCid, ControlError> {
        let put = match kept {
            None => self.node.put_dataset(blocks).await,
            Some(kept) => self.node.put_leaves(blocks, &kept).await,
        };
        put.map_err(|error| self.failed(Capability::PutDataset, error))
    }

    async fn delete(&self, cid: BlockCid) -> Result<(), ControlError> {
        let deleted = self.node.delete(cid).await;
        deleted.map_err(|error| self.failed(Capability::Delete, error))
    }

    async fn request(&self, address: Address) -> Result<RequestId, ControlError> {
        let pending = self.node.start_request(address.clone()).await;
        let pending = pending.map_err(|error| self.failed(Capability::Request, error))?;
        let id = RequestId(self.counter.fetch_add(1, Ordering::Relaxed));
        let mut requests = self.requests.lock().await;
        let state = State::Pending(pending);
        requests.insert(id, Request { address, state });
        Ok(id)
    }

    async fn outcome(&self, id: RequestId, within: Duration) -> Result<Outcome, ControlError> {
        let mut requests = self.requests.lock().await;
        let Some(request) = requests.get_mut(&id) else {
            return Err(no_such_request(Capability::Request, id));
        };
        if let State::Pending(pending) = &mut request.state
            && let Ok(ended) = tokio::time::timeout(within, pending.wait()).await
        {
            request.state = State::Over(match ended {
                Ok(data) => Outcome::Completed(data),
                Err(error) => Outcome::Failed(error.to_string()),
            });
        }
        Ok(match &request.state {
            State::Pending(_) => Outcome::Pending,
            State::Over(outcome) => outcome.clone(),
        })
    }

    async fn cancel(&self, id: RequestId) -> Result<bool, ControlError> {
        let address = match self.requests.lock().await.get(&id) {
            Some(request) => request.address.clone(),
            None => return Err(no_such_request(Capability::Cancel, id)),
        };
        let cancelled = self.node.cancel(address).await;
        cancelled.map_err(|error| self.failed(Capability::Cancel, error))
    }

    async fn connect(&self, peer: Multiaddr) -> Result<(), ControlError> {
        let connected = self.node.connect(peer).await;
        connected
            .map(|_| ())
            .map_err(|error| self.failed(Capability::Connect, error))
    }

    async fn disconnect(&self, peer: PeerId) -> Result<(), ControlError> {
        let disconnected = self.node.disconnect(peer).await;
        disconnected.map_err(|error| self.failed(Capability::Disconnect, error))
    }

    async fn dump(&self) -> Result<Dump, ControlError> {
        let dump = self.node.dump().await;
        dump.map(Dump::from)
            .map_err(|error| self.failed(Capability::Dump, error))
    }

    async fn joined_again(&self, peer: PeerId) -> Result<(), ControlError> {
        let joined = self.node.joined_again(peer).await;
        joined.map_err(|error| self.failed(Capability::JoinedAgain, error))
    }

    async fn left_now(&self, peer: PeerId) -> Result<(), ControlError> {
        let left = self.node.left_now(peer).await;
        left.map_err(|error| self.failed(Capability::LeftNow, error))
    }

    async fn retry_now(&self, address: Address) -> Result<(), ControlError> {
        let retried = self.node.retry_now(address).await;
        retried.map_err(|error| self.failed(Capability::RetryNow, error))
    }

    async fn set_price(&self, price: u64) -> Result<(), ControlError> {
        let set = self.node.set_price(price.into()).await;
        set.map_err(|error| self.failed(Capability::SetPrice, error))
    }

    async fn shutdown(&self) {
        self.node.shutdown().await;
    }
}
