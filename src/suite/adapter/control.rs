//! [`AdapterControl`]: steers a target by its adapter.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use blockexc_model::message::{Account, WantType};
use blockexc_model::price::Price;
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::message::{
    Body, Cancelled, ContextAnswer, DumpAnswer, Ended, Hex, OwnWantAnswer, PresenceAnswer,
    Requested, Stored, WantAnswer,
};
use super::session::{CallError, Session};
use crate::suite::control::{Capability, Control, ControlError, Outcome, RequestId};
use crate::suite::dump::{ContextDump, Dump, Helpers, OwnWant, PresenceRecord, RecordedWant};
use crate::wire::{Address, BlockCid, address};

/// Sessions that nobody uses at present.
pub type Idle = Arc<Mutex<Vec<Arc<Session>>>>;

/// What happens to the node at the end of a scenario.
pub enum Afterwards {
    /// It is stopped, and the adapter is free for another scenario.
    Stop(Idle),
    /// It serves the next scenario, too.
    Keep,
}

/// Steers a target by its adapter.
pub struct AdapterControl {
    /// The conversation.
    pub session: Arc<Session>,
    /// What the adapter has announced.
    pub capabilities: BTreeSet<Capability>,
    /// Whether the adapter can say that the node has ended.
    pub tells_end: bool,
    /// How long a command may take.
    pub within: Duration,
    /// What happens to the node in the end.
    pub afterwards: Afterwards,
}

impl AdapterControl {
    async fn call<T: DeserializeOwned>(
        &self,
        what: Capability,
        body: Body,
    ) -> Result<T, ControlError> {
        let answer = self.session.call(body, self.within).await;
        answer.map_err(|error| match error {
            CallError::Unsupported => ControlError::Unsupported(what),
            CallError::Refused(cause) => ControlError::Failed { what, cause },
            CallError::Broken(why) => ControlError::Lost(why),
        })
    }

    async fn done(&self, what: Capability, body: Body) -> Result<(), ControlError> {
        self.call::<Value>(what, body).await.map(|_| ())
    }

    async fn stored(&self, what: Capability, body: Body) -> Result<BlockCid, ControlError> {
        let stored: Stored = self.call(what, body).await?;
        stored.cid.parse().map_err(|error| ControlError::Failed {
            what,
            cause: format!(
                "the adapter says that it is stored as `{}`: {error}",
                stored.cid
            ),
        })
    }
}

#[async_trait]
impl Control for AdapterControl {
    fn capabilities(&self) -> BTreeSet<Capability> {
        self.capabilities.clone()
    }

    async fn ended(&self) -> Option<String> {
        if !self.tells_end || self.session.broken().is_some() {
            return None;
        }
        let ended: Ended = self.session.call(Body::Ended, self.within).await.ok()?;
        ended.ended.then(|| {
            let code = match ended.exit_code {
                Some(code) => format!("its exit code is {code}"),
                None => "its exit code is not known".to_owned(),
            };
            match ended.log.is_empty() {
                true => code,
                false => format!("{code}; its log ends with: {}", ended.log.join(" | ")),
            }
        })
    }

    fn lost(&self) -> Option<String> {
        self.session.broken()
    }

    async fn put(&self, data: Bytes) -> Result<BlockCid, ControlError> {
        let body = Body::Put { data: Hex(data) };
        self.stored(Capability::Put, body).await
    }

    async fn put_dataset(
        &self,
        blocks: Vec<Bytes>,
        kept: Option<BTreeSet<u64>>,
    ) -> Result<BlockCid, ControlError> {
        let blocks = blocks.into_iter().map(Hex).collect();
        let body = Body::PutDataset { blocks, kept };
        self.stored(Capability::PutDataset, body).await
    }

    async fn delete(&self, cid: BlockCid) -> Result<(), ControlError> {
        let cid = cid.to_string();
        self.done(Capability::Delete, Body::Delete { cid }).await
    }

    async fn request(&self, address: Address) -> Result<RequestId, ControlError> {
        let (what, body) = match address {
            Address::Plain(cid) => (
                Capability::Request,
                Body::Request {
                    cid: cid.to_string(),
                },
            ),
            Address::Leaf { tree, index } => (
                Capability::RequestLeaf,
                Body::RequestLeaf {
                    tree: tree.to_string(),
                    index,
                },
            ),
        };
        let requested: Requested = self.call(what, body).await?;
        Ok(RequestId(requested.request))
    }

    async fn outcome(&self, request: RequestId, within: Duration) -> Result<Outcome, ControlError> {
        let outcome = self.session.outcome(request.0, within).await;
        outcome.map_err(|error| ControlError::Lost(error.to_string()))
    }

    async fn cancel(&self, request: RequestId) -> Result<bool, ControlError> {
        let request = request.0;
        let cancelled: Cancelled = self
            .call(Capability::Cancel, Body::Cancel { request })
            .await?;
        Ok(cancelled.pending)
    }

    async fn connect(&self, peer: Multiaddr) -> Result<(), ControlError> {
        let address = peer.to_string();
        self.done(Capability::Connect, Body::Connect { address })
            .await
    }

    async fn disconnect(&self, peer: PeerId) -> Result<(), ControlError> {
        let peer = peer.to_string();
        self.done(Capability::Disconnect, Body::Disconnect { peer })
            .await
    }

    async fn dump(&self) -> Result<Dump, ControlError> {
        let answer: DumpAnswer = self.call(Capability::Dump, Body::Dump).await?;
        dump(answer).map_err(|cause| ControlError::Failed {
            what: Capability::Dump,
            cause,
        })
    }

    async fn joined_again(&self, peer: PeerId) -> Result<(), ControlError> {
        let peer = peer.to_string();
        self.done(Capability::JoinedAgain, Body::JoinedAgain { peer })
            .await
    }

    async fn left_now(&self, peer: PeerId) -> Result<(), ControlError> {
        let peer = peer.to_string();
        self.done(Capability::LeftNow, Body::LeftNow { peer }).await
    }

    async fn retry_now(&self, address: Address) -> Result<(), ControlError> {
        let address = address::show(&address).to_string();
        self.done(Capability::RetryNow, Body::RetryNow { address })
            .await
    }

    async fn set_price(&self, price: u64) -> Result<(), ControlError> {
        self.done(Capability::SetPrice, Body::SetPrice { price })
            .await
    }

    async fn shutdown(&self) {
        let Afterwards::Stop(idle) = &self.afterwards else {
            return;
        };
        let stopped = self.session.call::<Value>(Body::Stop, self.within).await;
        if stopped.is_ok() {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(Arc::clone(&self.session));
        } else {
            self.session.close().await;
        }
    }
}

/// Reads a dump.
///
/// # Errors
///
/// When a part of it is not what it should be, naming it.
pub fn dump(answer: DumpAnswer) -> Result<Dump, String> {
    let own_want = |want: OwnWantAnswer| {
        Ok(OwnWant {
            address: parse(&want.address)?,
            asked: all(want.asked, |peer: String| peer_id(&peer))?,
        })
    };
    Ok(Dump {
        contexts: all(answer.contexts, |(peer, it)| {
            Ok((peer_id(&peer)?, context(it)?))
        })?,
        own_wants: all(answer.own_wants, own_want)?,
        held: all(answer.held, |held: String| parse(&held))?,
    })
}

fn context(answer: ContextAnswer) -> Result<ContextDump, String> {
    let record = |record: PresenceAnswer| {
        let price = record.price.map(|price| Price::from_big_endian(&price.0));
        Ok(PresenceRecord {
            address: parse(&record.address)?,
            price: price.transpose().map_err(|error| error.to_string())?,
        })
    };
    let account = |account: Hex| match account.0.len() {
        0 => Ok(None),
        length => match account.0[..].try_into() {
            Ok(bytes) => Ok(Some(Account(bytes))),
            Err(_) => Err(format!("an account has 20 bytes, not {length}")),
        },
    };
    let cid = |text: &String| -> Result<BlockCid, String> {
        text.parse().map_err(|error| format!("`{text}`: {error}"))
    };
    let helpers = match (
        answer.peer_have,
        answer.peer_have_cids,
        answer.peer_wants_cids,
    ) {
        (Some(have), Some(have_cids), Some(wants_cids)) => Some(Helpers {
            peer_have: have.iter().map(|it| parse(it)).collect::<Result<_, _>>()?,
            peer_have_cids: have_cids.iter().map(cid).collect::<Result<_, _>>()?,
            peer_wants_cids: wants_cids.iter().map(cid).collect::<Result<_, _>>()?,
        }),
        _ => None,
    };
    Ok(ContextDump {
        presence: all(answer.presence, record)?,
        wants: all(answer.wants, want)?,
        wants_are_ordered: answer.wants_are_ordered,
        account: answer.account.map(account).transpose()?,
        helpers,
    })
}

fn want(answer: WantAnswer) -> Result<RecordedWant, String> {
    let want_type = match answer.want_type.as_deref() {
        None => None,
        Some("block") => Some(WantType::WantBlock),
        Some("have") => Some(WantType::WantHave),
        Some(other) => return Err(format!("a want's type is `block` or `have`, not `{other}`")),
    };
    Ok(RecordedWant {
        address: parse(&answer.address)?,
        cancel: answer.cancel,
        want_type,
        priority: answer.priority,
        send_dont_have: answer.send_dont_have,
    })
}

fn parse(text: &str) -> Result<Address, String> {
    address::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))
}

fn peer_id(text: &str) -> Result<PeerId, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is no peer ID: {error}"))
}

/// Reads each of these, if they are there.
fn all<T, U, C: FromIterator<U>>(
    answers: Option<impl IntoIterator<Item = T>>,
    read: impl Fn(T) -> Result<U, String>,
) -> Result<Option<C>, String> {
    answers
        .map(|answers| answers.into_iter().map(read).collect())
        .transpose()
}
