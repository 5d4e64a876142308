//! Logs of the model and of the engine, made from generated traces.

use std::collections::HashMap;
use std::sync::LazyLock;

use blockexc::node::engine::Engine;
use blockexc::trace::header::Header;
use blockexc::trace::record::Recorder;
use blockexc::wire::{Address, BlockCid, Dump, Message, Network};
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::{Delivery, Presence, WantEntry, WantList};
use blockexc_model::node::Choose;
use libp2p::PeerId;
use libp2p::identity::Keypair;

use crate::cross_check::trace::{Dice, Few, Trace};

/// Whose log it is.
#[derive(Clone, Copy)]
pub enum Who {
    Engine,
    Model(Deviations),
}

/// A node of either kind: one step of it, and its state then.
type Stepped = Box<dyn FnMut(Event<Network>) -> (Vec<Effect<Network>>, Dump)>;

/// The log of a node to which this happens; `dumps`: with its state after every step.
pub fn log_of(trace: &Trace, who: Who, dumps: bool) -> String {
    let header = Header {
        complete: true,
        price: trace.config().price,
        account: trace.account,
        retries: Some(trace.retries),
        wants_per_peer: Some(trace.wants_per_peer),
        ..Header::of("")
    };
    let mut recorder = Recorder::new(Vec::new(), &header).unwrap();
    let mut node: Stepped;
    let mut dice = Choices(Dice::new(trace.choices));
    match who {
        Who::Engine => {
            let mut engine = Engine::<Network>::new(trace.config());
            node = Box::new(move |event| {
                (engine.step_among_deviating(event, &mut dice), engine.dump())
            });
        }
        Who::Model(deviations) => {
            let mut model = Node::<Network>::deviating(Setup {
                config: trace.config(),
                deviations,
            });
            node = Box::new(move |event| (model.step(event, &mut dice), model.dump()));
        }
    }
    for step in &trace.steps {
        let event = on_the_network(step.event());
        let (effects, dump) = node(event.clone());
        recorder.step(&event, &effects).unwrap();
        if dumps {
            recorder.dumped(&dump).unwrap();
        }
        // What a shell does for a node that puts off serving.
        for effect in &effects {
            if let Effect::Other(OtherEffect::ServeLater(peer)) = effect {
                let event = Event::Other(OtherEvent::Serve(*peer));
                let (effects, _) = node(event.clone());
                recorder.step(&event, &effects).unwrap();
            }
        }
    }
    String::from_utf8(recorder.into_inner()).unwrap()
}

/// Whether this line is of something that happened to the node.
pub fn is_input(line: &str) -> bool {
    [
        "joined",
        "left",
        "received",
        "requested",
        "cancelled",
        "stored",
        "deleted",
        "retried",
        "served",
    ]
    .iter()
    .any(|event| line.contains(&format!(r#""event":"{event}""#)))
}

/// Makes choices by chance.
pub struct Choices(pub Dice);

impl Choose<Network> for Choices {
    fn holder(&mut self, _: &Address, holders: &[PeerId]) -> usize {
        self.0.below(holders.len())
    }
}

/// The peer of this number: in the order of the numbers.
fn peer(number: u8) -> PeerId {
    static PEERS: LazyLock<Vec<PeerId>> = LazyLock::new(|| {
        let mut peers: Vec<_> = (1..=8)
            .map(|seed| {
                Keypair::ed25519_from_bytes([seed; 32])
                    .unwrap()
                    .public()
                    .to_peer_id()
            })
            .collect();
        peers.sort_unstable();
        peers
    });
    PEERS[usize::from(number)]
}

fn cid(number: u8) -> BlockCid {
    static CIDS: LazyLock<HashMap<u8, BlockCid>> = LazyLock::new(|| {
        let cid = |number: u8| match number {
            100.. => BlockCid::of_tree(&[number; 32]),
            block => BlockCid::of_block(&[block]),
        };
        (0..=255).map(|number| (number, cid(number))).collect()
    });
    CIDS[&number].clone()
}

fn address(few: blockexc_model::Address<u8>) -> Address {
    match few {
        blockexc_model::Address::Plain(block) => Address::Plain(cid(block)),
        blockexc_model::Address::Leaf { tree, index } => Address::Leaf {
            tree: cid(tree),
            index,
        },
    }
}

/// The same event, with names of the network.
pub fn on_the_network(event: Event<Few>) -> Event<Network> {
    match event {
        Event::Joined(number) => Event::Joined(peer(number)),
        Event::Left(number) => Event::Left(peer(number)),
        Event::Other(OtherEvent::Serve(number)) => Event::Other(OtherEvent::Serve(peer(number))),
        Event::Request(it) => Event::Request(address(it)),
        Event::Cancel(it) => Event::Cancel(address(it)),
        Event::Retry(it) => Event::Retry(address(it)),
        Event::Stored { cid: block, leaves } => Event::Stored {
            cid: cid(block),
            leaves: leaves.into_iter().map(address).collect(),
        },
        Event::Deleted(block) => Event::Deleted(cid(block)),
        Event::Received { from, message } => Event::Received {
            from: peer(from),
            message: Message {
                want_list: message.want_list.map(|list| WantList {
                    entries: list.entries.into_iter().map(entry).collect(),
                    full: list.full,
                }),
                deliveries: message
                    .deliveries
                    .into_iter()
                    .map(|it| Delivery {
                        address: address(it.address),
                        cid: cid(it.cid),
                        evidence: it.evidence,
                    })
                    .collect(),
                presences: message
                    .presences
                    .into_iter()
                    .map(|it| Presence {
                        address: address(it.address),
                        presence_type: it.presence_type,
                        price: it.price,
                    })
                    .collect(),
                account: message.account,
                payment: message.payment,
            },
        },
    }
}

fn entry(few: WantEntry<u8>) -> WantEntry<BlockCid> {
    WantEntry {
        address: address(few.address),
        priority: few.priority,
        cancel: few.cancel,
        want_type: few.want_type,
        send_dont_have: few.send_dont_have,
    }
}
