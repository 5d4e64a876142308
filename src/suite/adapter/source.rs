//! [`AdapterSource`]: targets that an adapter starts, or the one that it has.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use libp2p::{Multiaddr, PeerId};

use super::control::{AdapterControl, Afterwards, Idle};
use super::message::{Body, Hello, Hex, Key, StartOptions, Started};
use super::session::{CallError, Session};
use crate::suite::control::Capability;
use crate::suite::needs::Offers;
use crate::suite::source::{NoTarget, TargetSource, peer_id_in};
use crate::suite::target::{Held, RetryTimer, StartOption, Target, TargetOptions};
use crate::suite::transport::{KeyType, Muxer};
use crate::suite::verdict::TargetDescription;

/// How long a node may take to start, at least.
const STARTING: Duration = Duration::from_secs(30);

/// How long any other command may take, at least: an adapter has work to do beside the node's.
const WORKING: Duration = Duration::from_secs(10);
/// So many adapters may be lost in a row, beside as many as run at once, until none is started any
/// more: so that a run ends in time.
const MOST_LOST: usize = 8;

/// What does not change in a run.
#[derive(Clone, Debug)]
pub struct AdapterSettings {
    /// The command that starts an adapter.
    pub command: String,
    /// How long a command may take.
    pub within: Duration,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers that nodes offer: all of them when there is none here.
    pub muxer: Option<Muxer>,
    /// What their keys are made with.
    pub key_type: KeyType,
    /// Where the node is, if the adapter does not say.
    pub address: Option<Multiaddr>,
    /// What the node holds.
    pub held: Held,
    /// The command-line arguments that name it again.
    pub arguments: Vec<String>,
}

/// Targets of an adapter. Where it can start and stop nodes, each scenario has a fresh one;
/// otherwise one serves all.
pub struct AdapterSource {
    settings: AdapterSettings,
    hello: Hello,
    idle: Idle,
    /// How many adapters were started in a row that did not last for a scenario.
    lost: AtomicUsize,
    /// The one node that serves all scenarios, with its adapter.
    shared: tokio::sync::Mutex<Option<(Arc<Session>, Started)>>,
}

impl AdapterSource {
    /// Starts the adapter, and learns what it can do.
    ///
    /// # Errors
    ///
    /// When it does not start, or does not speak the protocol.
    pub async fn open(mut settings: AdapterSettings) -> Result<Self, NoTarget> {
        settings.within = settings.within.max(WORKING);
        let opened = Session::open(&settings.command, settings.within.max(STARTING)).await;
        let (session, hello) = opened.map_err(|error| no_adapter(&settings, &error))?;
        Ok(AdapterSource {
            settings,
            hello,
            idle: Arc::new(vec![Arc::new(session)].into()),
            lost: AtomicUsize::new(0),
            shared: tokio::sync::Mutex::default(),
        })
    }

    /// What the adapter has said of itself.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Sends a command that the protocol does not know, and returns what is wrong with the answer.
    pub(super) async fn try_unknown_command(&self) -> Result<(), String> {
        let (session, _) = self.session().await.map_err(|error| error.to_string())?;
        let command = serde_json::json!({"command": "no_such_command", "some_field": 1});
        let answer = session
            .call_value::<serde_json::Value>(command, self.settings.within)
            .await;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(session);
        match answer {
            Err(CallError::Unsupported) => Ok(()),
            Err(error) => Err(error.to_string()),
            Ok(_) => Err("an unknown command is answered with `ok`".to_owned()),
        }
    }

    pub(super) fn can(&self, command: &str) -> bool {
        self.hello.capabilities.iter().any(|it| it == command)
    }

    fn is_fresh(&self) -> bool {
        self.can("start") && self.can("stop")
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        let names = self.hello.capabilities.iter();
        names.filter_map(|name| Capability::find(name)).collect()
    }

    fn takes(&self, option: StartOption) -> bool {
        let mut names = self.hello.start_options.iter();
        names.any(|name| name == option.name())
    }

    /// An adapter that nobody uses, and what it says of a node that it has running. It is started if
    /// there is none.
    async fn session(&self) -> Result<(Arc<Session>, Started), NoTarget> {
        loop {
            let idle = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            match idle {
                Some(session) if session.broken().is_none() => {
                    // It has served a scenario, or greeted at the beginning.
                    self.lost.store(0, Ordering::Relaxed);
                    let running = self.hello.running.clone().unwrap_or_default();
                    return Ok((session, running));
                }
                Some(session) => session.close().await,
                None => break,
            }
        }
        if self.lost.fetch_add(1, Ordering::Relaxed) >= MOST_LOST {
            return Err(NoTarget(format!(
                "`{}`: {MOST_LOST} adapters in a row were lost, no more are started",
                self.settings.command
            )));
        }
        let opened = Session::open(&self.settings.command, self.settings.within).await;
        let (session, hello) = opened.map_err(|error| no_adapter(&self.settings, &error))?;
        Ok((Arc::new(session), hello.running.unwrap_or_default()))
    }

    async fn start_node(
        &self,
        session: &Session,
        options: &TargetOptions,
        seed: [u8; 32],
    ) -> Result<Started, NoTarget> {
        let takes = |option| self.takes(option).then_some(());
        let settings = &self.settings;
        let muxers = match settings.muxer {
            None => vec!["yamux", "mplex"],
            Some(Muxer::Yamux) => vec!["yamux"],
            Some(Muxer::Mplex) => vec!["mplex"],
        };
        let options = StartOptions {
            price: takes(StartOption::Price).map(|()| options.price),
            account: takes(StartOption::Account)
                .and(options.account)
                .map(|account| Hex(account.to_vec().into())),
            frame_limit: takes(StartOption::FrameLimit).and(options.frame_limit),
            retries: takes(StartOption::Retries).and(options.retries),
            wants_per_peer: takes(StartOption::WantsPerPeer).and(options.wants_per_peer),
            // A scenario that is about retries makes them happen.
            retry_interval_ms: takes(StartOption::RetryInterval).map(|()| 0),
            muxers: takes(StartOption::Muxers)
                .map(|()| muxers.into_iter().map(str::to_owned).collect()),
            key: takes(StartOption::Key).map(|()| Key {
                key_type: match settings.key_type {
                    KeyType::Secp256k1 => "secp256k1".to_owned(),
                    KeyType::Ed25519 => "ed25519".to_owned(),
                },
                secret: Hex(seed.to_vec().into()),
            }),
            protocol: takes(StartOption::Protocol).map(|()| settings.protocol.clone()),
        };
        let starting = settings.within.max(STARTING);
        let started = session.call(Body::Start(options), starting).await;
        started.map_err(|error| NoTarget(format!("the node does not start: {error}")))
    }

    fn target(
        &self,
        session: Arc<Session>,
        started: &Started,
        afterwards: Afterwards,
    ) -> Result<Target, NoTarget> {
        let wrong = |what: &str, cause: String| {
            NoTarget(format!("the adapter names `{what}` for its node: {cause}"))
        };
        let address: Multiaddr = match (&self.settings.address, started.addresses.first()) {
            (Some(address), _) => address.clone(),
            (None, Some(address)) => {
                let parsed = address.parse::<Multiaddr>();
                parsed.map_err(|error| wrong(address, error.to_string()))?
            }
            (None, None) => {
                return Err(NoTarget(
                    "the adapter does not say where its node listens: give --target".to_owned(),
                ));
            }
        };
        let peer_id = match started.peer.as_str() {
            "" => peer_id_in(&address),
            text => {
                let parsed = text.parse::<PeerId>();
                Some(parsed.map_err(|error| wrong(text, error.to_string()))?)
            }
        };
        let fresh = matches!(afterwards, Afterwards::Stop(_));
        Ok(Target {
            address,
            peer_id,
            control: Some(Arc::new(AdapterControl {
                session,
                capabilities: self.capabilities(),
                tells_end: self.can("ended"),
                within: self.settings.within,
                afterwards,
            })),
            held: self.settings.held.clone(),
            configured: fresh,
            may_answer_late: true,
            retries: match started.retry_interval_ms {
                None => RetryTimer::Unknown,
                Some(0) => RetryTimer::Never,
                Some(interval) => RetryTimer::Every(Duration::from_millis(interval)),
            },
        })
    }
}

/// How the target's process has ended, if it has and its adapter can tell.
async fn has_ended(target: &Target) -> Option<String> {
    target.control.as_ref()?.ended().await
}

fn no_adapter(settings: &AdapterSettings, error: &CallError) -> NoTarget {
    NoTarget(format!("`{}`: {error}", settings.command))
}

#[async_trait]
impl TargetSource for AdapterSource {
    async fn start(&self, options: &TargetOptions, seed: [u8; 32]) -> Result<Target, NoTarget> {
        if self.is_fresh() {
            let (session, _) = self.session().await?;
            let started = match self.start_node(&session, options, seed).await {
                Ok(started) => started,
                Err(error) => {
                    session.close().await;
                    return Err(error);
                }
            };
            return self.target(session, &started, Afterwards::Stop(Arc::clone(&self.idle)));
        }
        let mut shared = self.shared.lock().await;
        if let Some((session, started)) = &*shared {
            let target = self.target(Arc::clone(session), started, Afterwards::Keep)?;
            if session.broken().is_none() && has_ended(&target).await.is_none() {
                return Ok(target);
            }
            // Started anew, the adapter may bring its node with it.
            session.close().await;
            *shared = None;
        }
        let (session, running) = self.session().await?;
        let started = if self.can("start") {
            self.start_node(&session, &TargetOptions::DEFAULT, seed)
                .await?
        } else {
            running
        };
        let target = self.target(Arc::clone(&session), &started, Afterwards::Keep)?;
        if let Some(end) = has_ended(&target).await {
            session.close().await;
            return Err(NoTarget(format!("its process has ended: {end}")));
        }
        *shared = Some((session, started));
        Ok(target)
    }

    fn describe(&self) -> TargetDescription {
        let Hello {
            adapter,
            node,
            node_version,
            ..
        } = &self.hello;
        TargetDescription::named(format!(
            "{} by {adapter}",
            format!("{node} {node_version}").trim()
        ))
    }

    fn arguments(&self) -> Vec<String> {
        self.settings.arguments.clone()
    }

    fn offers(&self) -> Offers {
        let options = StartOption::ALL.iter().copied();
        let offers = Offers {
            control: self.capabilities(),
            options: match self.is_fresh() {
                true => options.filter(|option| self.takes(*option)).collect(),
                false => BTreeSet::new(),
            },
            ..Offers::default()
        };
        offers.holding(&self.settings.held)
    }

    fn jobs(&self) -> usize {
        match self.is_fresh() {
            true => self.hello.jobs.unwrap_or(1).max(1),
            false => 1,
        }
    }

    fn starts_again(&self) -> bool {
        self.is_fresh()
    }

    async fn is_gone(&self) -> Option<String> {
        if self.is_fresh() {
            return None;
        }
        let here = self.start(&TargetOptions::DEFAULT, [0; 32]).await;
        here.err().map(|error| error.to_string())
    }

    async fn end(&self) {
        let mut sessions: Vec<Arc<Session>> =
            std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        sessions.extend(self.shared.lock().await.take().map(|(session, _)| session));
        futures::future::join_all(sessions.iter().map(|session| session.close())).await;
    }
}
