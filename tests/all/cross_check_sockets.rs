//! The networked node against the model, over real sockets: whatever two peers say to it, it
//! answers what the model says, message by message, and its contexts are the model's.
//!
//! Two peers, so that no step leaves a choice of whom to ask. `BLOCKEXC_SOCKET_TRACES` says how
//! many traces to run, `BLOCKEXC_SOCKET_SEED` which is the first.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blockexc::node::{self, CODEX_PROTOCOL, NodeHandle, NodeOptions, PendingBlock};
use blockexc::suite::compose;
use blockexc::suite::exchange::Exchange;
use blockexc::suite::fixture::{Block, Dataset, Fixtures};
use blockexc::suite::pace::Pace;
use blockexc::suite::peer::Peer;
use blockexc::suite::peer_config::{Counters, PeerConfig};
use blockexc::suite::quirks::AnswerOn;
use blockexc::suite::transport::{KeyType, Muxer};
use blockexc::wire::protobuf;
use blockexc::wire::{Address, DecodeOptions, Message, Network, decode};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::node::{Config, Effect, Event, First};
use blockexc_model::{Address as ModelAddress, Node};
use libp2p::PeerId;
use prost::Message as _;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TRACES: u64 = 20;
const STEPS: usize = 40;
const DEADLINE: Duration = Duration::from_secs(30);

/// What the traces are about: two plain blocks, and a dataset of three.
struct World {
    plain: Vec<Block>,
    dataset: Dataset,
}

impl World {
    fn new(fixtures: &mut Fixtures) -> Self {
        World {
            plain: vec![fixtures.block(), fixtures.block()],
            dataset: fixtures.dataset(3),
        }
    }

    fn addresses(&self) -> Vec<Address> {
        let leaves = (0..3).map(|index| self.dataset.address(index));
        let own = self.dataset.blocks.iter().map(Block::address);
        let plain = self.plain.iter().map(Block::address);
        leaves.chain(own).chain(plain).collect()
    }

    /// A delivery for this address: right, or with something wrong about it.
    fn delivery(&self, address: &Address, wrong: u32) -> protobuf::BlockDelivery {
        let mut delivery = match address {
            ModelAddress::Leaf { index, .. } => self.dataset.delivery(*index as usize),
            ModelAddress::Plain(cid) => self
                .plain
                .iter()
                .chain(&self.dataset.blocks)
                .find(|block| block.cid == *cid)
                .unwrap()
                .delivery(),
        };
        match wrong {
            0 => delivery.data = Default::default(),
            1 => delivery.data = vec![1, 2, 3].into(),
            2 => delivery.proof = None,
            3 => delivery.proof = Some(self.dataset.proof(2)),
            _ => {}
        }
        delivery
    }
}

/// The node, the model, and the two peers.
struct Side {
    handle: NodeHandle,
    model: Node<Network>,
    peers: Vec<Peer>,
    joined: Vec<bool>,
    /// Who has requested goes on waiting.
    pending: Vec<PendingBlock>,
    done: Vec<String>,
}

impl Side {
    async fn new(seed: u64, deviations: Deviations, fixtures: &Arc<Mutex<Fixtures>>) -> Self {
        let handle = node::start(NodeOptions {
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            retry_interval: None,
            retries: u32::MAX,
            deviations,
            ..NodeOptions::default()
        })
        .await
        .unwrap();
        let setting = PeerConfig {
            target: handle.addresses()[0].clone(),
            exchange: Exchange::new(),
            protocol: CODEX_PROTOCOL.to_owned(),
            muxers: vec![if seed.is_multiple_of(2) {
                Muxer::Yamux
            } else {
                Muxer::Mplex
            }],
            key_type: KeyType::Ed25519,
            pace: Pace::new(DEADLINE),
            grace: DEADLINE,
            may_answer_late: false,
            answer_on: AnswerOn::default(),
            barrier_block: None,
            fixtures: Arc::clone(fixtures),
            counters: Arc::new(Counters::default()),
        };
        Side {
            handle,
            model: Node::new(Config {
                wants_per_peer: node::WANTS_PER_PEER,
                ..Config::default()
            }),
            peers: vec![Peer::new(&setting), Peer::new(&setting)],
            joined: vec![false; 2],
            pending: Vec::new(),
            done: Vec::new(),
        }
    }

    /// The model's step, and what each peer is to be told by it.
    fn expect(&mut self, event: Event<Network>) -> BTreeMap<PeerId, Vec<Message>> {
        self.done.push(format!("{event:?}"));
        let mut expected: BTreeMap<PeerId, Vec<Message>> = BTreeMap::new();
        for effect in self.model.step(event, &mut First) {
            if let Effect::Send { to, message } = effect {
                expected.entry(to).or_default().push(message);
            }
        }
        expected
    }

    /// Everything that the node does by now is what the model does. The peer that spoke last is
    /// waited for first: what it caused is on its way to the others by then.
    async fn compare(
        &self,
        acting: usize,
        expected: &BTreeMap<PeerId, Vec<Message>>,
    ) -> Result<(), String> {
        for which in [acting, 1 - acting] {
            if !self.joined[which] {
                continue;
            }
            let peer = &self.peers[which];
            let came = peer.barrier().await.unwrap();
            let told: Vec<Message> = came
                .messages()
                .filter(|message| !message.is_empty())
                .cloned()
                .collect();
            let expected = expected.get(&peer.id()).cloned().unwrap_or_default();
            self.same("said", &told, &expected)?;
        }
        let dump = self.handle.dump().await.unwrap();
        self.same("kept", &dump, &self.model.dump())
    }

    fn same<T: PartialEq + Debug>(&self, what: &str, node: &T, model: &T) -> Result<(), String> {
        if node == model {
            return Ok(());
        }
        let done = &self.done;
        Err(format!(
            "after {done:#?}\nthe node {what} {node:#?}\nthe model {what} {model:#?}"
        ))
    }

    async fn until_contexts(&self, which: usize, there: bool) {
        let peer = self.peers[which].id();
        let deadline = tokio::time::Instant::now() + DEADLINE;
        while self
            .handle
            .dump()
            .await
            .unwrap()
            .contexts
            .contains_key(&peer)
            != there
        {
            assert!(tokio::time::Instant::now() < deadline, "{:#?}", self.done);
            tokio::task::yield_now().await;
        }
    }
}

fn list(dice: &mut ChaCha8Rng, addresses: &[Address]) -> protobuf::Message {
    let count = dice.random_range(0..4);
    let entries: Vec<_> = (0..count)
        .map(|_| {
            let address = addresses.choose(dice).unwrap();
            let entry = match dice.random_range(0..4) {
                0 => compose::want_have(address),
                1 => compose::cancel(address),
                _ => compose::want_block(address),
            };
            let entry = entry.with_priority(dice.random_range(0..3));
            if dice.random() {
                entry.with_dont_have()
            } else {
                entry
            }
        })
        .collect();
    if dice.random_range(0..4) == 0 {
        compose::full_list(entries)
    } else {
        compose::list(entries)
    }
}

fn message(dice: &mut ChaCha8Rng, world: &World) -> protobuf::Message {
    let addresses = world.addresses();
    let mut message = protobuf::Message::default();
    let kind = dice.random_range(0..6);
    if kind < 2 || kind == 5 {
        message = list(dice, &addresses);
    }
    if kind == 2 || kind == 3 || kind == 5 {
        let count = dice.random_range(1..4);
        message.block_presences = (0..count)
            .map(|_| {
                let address = addresses.choose(dice).unwrap();
                match dice.random_range(0..4) {
                    0 => compose::dont_have(address),
                    _ => compose::have_at(address, vec![dice.random_range(0..3u8)]),
                }
            })
            .collect();
    }
    if kind == 4 || kind == 5 {
        let count = dice.random_range(1..3);
        message.payload = (0..count)
            .map(|_| {
                let address = addresses.choose(dice).unwrap();
                world.delivery(address, dice.random_range(0..10))
            })
            .collect();
    }
    message
}

/// Runs a trace against a node that deviates so: the first difference is an error.
async fn run(seed: u64, deviations: Deviations) -> Result<(), String> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut fixtures = Fixtures::new(seed, "sockets");
    let world = World::new(&mut fixtures);
    let addresses = world.addresses();
    let mut side = Side::new(seed, deviations, &Arc::new(Mutex::new(fixtures))).await;
    for _ in 0..STEPS {
        let which = dice.random_range(0..2);
        let peer = side.peers[which].id();
        let expected = match dice.random_range(0..12) {
            _ if !side.joined[which] => {
                side.peers[which].connect().await.unwrap();
                side.joined[which] = true;
                side.until_contexts(which, true).await;
                side.expect(Event::Joined(peer))
            }
            0 => {
                side.peers[which].leave().await;
                side.joined[which] = false;
                side.until_contexts(which, false).await;
                side.expect(Event::Left(peer))
            }
            1 | 2 => {
                let address = addresses.choose(&mut dice).unwrap().clone();
                let pending = side.handle.start_request(address.clone()).await.unwrap();
                side.pending.push(pending);
                side.expect(Event::Request(address))
            }
            3 => {
                let address = addresses.choose(&mut dice).unwrap().clone();
                side.handle.cancel(address.clone()).await.unwrap();
                side.expect(Event::Cancel(address))
            }
            4 => {
                let address = addresses.choose(&mut dice).unwrap().clone();
                side.handle.retry_now(address.clone()).await.unwrap();
                side.expect(Event::Retry(address))
            }
            5 => {
                let block = world.plain.choose(&mut dice).unwrap();
                let cid = side.handle.put(block.data.clone()).await.unwrap();
                let leaves = Vec::new();
                side.expect(Event::Stored { cid, leaves })
            }
            6 => {
                let blocks = world.plain.iter().chain(&world.dataset.blocks);
                let cid = blocks
                    .collect::<Vec<_>>()
                    .choose(&mut dice)
                    .unwrap()
                    .cid
                    .clone();
                side.handle.delete(cid.clone()).await.unwrap();
                side.expect(Event::Deleted(cid))
            }
            _ => {
                let said = message(&mut dice, &world);
                let bytes = said.encode_to_vec();
                let read = decode(bytes.into(), &DecodeOptions::default()).unwrap();
                side.peers[which].send(&said).await.unwrap();
                side.expect(Event::Received {
                    from: peer,
                    message: read.message,
                })
            }
        };
        side.compare(which, &expected).await?;
    }
    side.handle.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_node_says_and_keeps_what_the_model_does() {
    let number = |name: &str, usual| {
        std::env::var(name).map_or(usual, |number| number.parse::<u64>().unwrap())
    };
    let first = number("BLOCKEXC_SOCKET_SEED", 0);
    for seed in first..first + number("BLOCKEXC_SOCKET_TRACES", TRACES) {
        if let Err(difference) = run(seed, Deviations::none()).await {
            panic!("seed {seed}: {difference}");
        }
    }
}

#[tokio::test]
async fn a_node_that_deviates_is_found() {
    for deviation in [
        Deviation::SilentHave,
        Deviation::KeepPresenceOnCancel,
        Deviation::ForgetWantBlock,
        Deviation::CancelSilently,
        Deviation::IgnoreFull,
        Deviation::StuckOnLeft,
        Deviation::LatePresence,
    ] {
        let mut found = false;
        for seed in 0..TRACES {
            found = found || run(seed, Deviations::of(&[deviation])).await.is_err();
        }
        assert!(found, "{deviation}");
    }
}
