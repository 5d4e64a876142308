//! [`Stand`]: the relay between two nodes of this process, and what it sees.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use blockexc::node::{Muxers, NodeHandle, NodeOptions};
use blockexc::observe::observation::{Observation, Supposed, Told};
use blockexc::observe::relay::{Relay, RelayOptions};
use blockexc::observe::side::Side;
use blockexc::observe::verdicts::{Circumstances, result};
use blockexc::suite::protocol_id::{ARCHIVIST, CODEX};
use blockexc::suite::verdict::{RunResult, ScenarioResult, Verdict};
use blockexc_model::Deviations;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use tokio::sync::mpsc;

/// How long what is expected to be seen may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What has been told.
#[derive(Clone, Default)]
pub struct Heard {
    pub notes: Vec<String>,
    pub messages: usize,
    pub found: usize,
}

/// A relay to a node, with the thread that judges.
pub struct Stand {
    relay: Relay,
    heard: Arc<Mutex<Heard>>,
    judge: JoinHandle<Observation<Vec<u8>>>,
}

/// A node that deviates so, listens, and offers one muxer.
pub fn options(deviations: Deviations, muxers: Muxers) -> NodeOptions {
    NodeOptions {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        deviations,
        muxers,
        ..NodeOptions::default()
    }
}

pub fn supposed(deviations: Deviations) -> Supposed {
    Supposed {
        dialect: None,
        beside: deviations,
    }
}

impl Stand {
    /// A relay to this address.
    pub async fn to(address: Multiaddr, supposed: [Supposed; 2]) -> Self {
        let (sights, seen) = mpsc::channel(16);
        let options = RelayOptions {
            listen: "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
            to: address,
            keys: [Keypair::generate_secp256k1(), Keypair::generate_ed25519()],
            muxers: [Muxers::Both, Muxers::Both],
            protocols: vec![CODEX.to_owned(), ARCHIVIST.to_owned()],
        };
        let relay = Relay::start(options, sights).await.unwrap();
        let heard = Arc::<Mutex<Heard>>::default();
        let hears = Arc::clone(&heard);
        let judge = std::thread::spawn(move || {
            let mut observation = Observation::new(supposed, Some(Vec::new())).unwrap();
            let tell = |told: Told<'_>| {
                let mut heard = hears.lock().unwrap();
                match told {
                    Told::Note(note) => heard.notes.push(note),
                    Told::Message { .. } => heard.messages += 1,
                    Told::Found(..) => heard.found += 1,
                }
            };
            observation.run(seen, tell).unwrap();
            observation
        });
        Stand {
            relay,
            heard,
            judge,
        }
    }

    /// A relay to this node, which is told nothing of either.
    pub async fn of(node: &NodeHandle) -> Self {
        let reference = supposed(Deviations::none());
        Stand::to(node.addresses()[0].clone(), [reference; 2]).await
    }

    pub fn address(&self) -> Multiaddr {
        self.relay.address().clone()
    }

    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until this is so. Returns whether it came to be.
    pub async fn waits_for(&self, is_so: impl Fn(&Heard) -> bool) -> bool {
        let waiting = async {
            while !is_so(&self.heard()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.is_ok()
    }

    /// Ends the relay. Returns what it comes to, and the log.
    pub async fn end(self) -> (RunResult, String) {
        drop(self.relay);
        let judge = self.judge;
        let observation = tokio::task::spawn_blocking(|| judge.join().unwrap());
        let observation = observation.await.unwrap();
        let run = result(&observation, Circumstances::default());
        let log = String::from_utf8(observation.into_record().unwrap()).unwrap();
        (run, log)
    }
}

/// The results that say that something is wrong or unclear.
pub fn troubles(run: &RunResult) -> Vec<&ScenarioResult> {
    let results = run.results.iter();
    results.filter(|it| it.verdict != Verdict::Pass).collect()
}

/// The side that a result is about.
pub fn side(result: &ScenarioResult) -> Side {
    let name = result.scenario.split_once('/').unwrap().1;
    let mut sides = Side::BOTH.into_iter();
    sides.find(|side| side.name() == name).unwrap()
}
