//! [`Look`]: what can be seen of a target before anything is tested.

use std::time::Duration;

use blockexc_model::price::Price;
use libp2p::Multiaddr;
use tokio::time::Instant;

use super::compose::{list, want_block, want_have};
use super::fixture::Fixtures;
use super::identify::{Identity, identify};
use super::peer::Peer;
use super::peer_config::PeerConfig;
use super::received::{Received, ReceivedMessage};
use super::target::HeldBlock;
use super::transport::Muxer;
use crate::wire::Address;
use crate::wire::protobuf::Message;

/// What was found.
#[derive(Clone, Debug)]
pub struct Look {
    /// Where it was found.
    pub address: Multiaddr,
    /// What it says about itself, or why it does not.
    pub identity: Result<Identity, String>,
    /// The muxers with which it can be connected to.
    pub muxers: Vec<Muxer>,
    /// How it answers, if it does.
    pub answer: Option<Answer>,
    /// Whether it serves what it is said to hold, if anything is.
    pub held: Option<bool>,
    /// Whether it has asked for payment: by an account or a price.
    pub asks_for_payment: bool,
}

/// How it answers a WantHave for a block that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether on the stream of the question, and not on one that it opened.
    pub on_our_stream: bool,
}

/// Looks at a target with which this peer is connected, and that speaks the protocol.
pub async fn look(peer: &Peer, config: &PeerConfig, held: &[HeldBlock]) -> Look {
    let mut muxers = Vec::new();
    for muxer in [Muxer::Yamux, Muxer::Mplex] {
        let alone = Peer::new(&PeerConfig {
            muxers: vec![muxer],
            ..config.clone()
        });
        if alone.connect().await.is_ok() {
            muxers.push(muxer);
        }
        alone.close_all();
    }
    let identity = identify(peer).await;
    let (answer, received) = answer(peer, config).await;
    let mut asks_for_payment = received.accounts().next().is_some();
    let mut serves_all = true;
    for held in held {
        let (serves, price) = serves(peer, &held.address).await;
        asks_for_payment |= price;
        serves_all &= serves;
    }
    let held = (!held.is_empty()).then_some(serves_all);
    Look {
        address: config.target.clone(),
        identity,
        muxers,
        answer,
        held,
        asks_for_payment,
    }
}

/// Asks until an answer is as `done` describes, or the deadline: a question that comes before the
/// target has noticed this peer is not answered (JOIN-7). Gives all that it has sent.
async fn ask_until(peer: &Peer, question: &Message, done: impl Fn(&Received) -> bool) -> Received {
    let deadline = peer.deadline();
    let mut patience = Duration::from_millis(100);
    let mut all = Received::default();
    while Instant::now() < deadline && !done(&all) && peer.send(question).await.is_ok() {
        all.0.extend(peer.receive_within(patience, &done).await.0);
        patience *= 2;
    }
    all
}

/// How it answers a question, and all that it has sent until then.
async fn answer(peer: &Peer, config: &PeerConfig) -> (Option<Answer>, Received) {
    let address = config.random(Fixtures::address);
    let question = list([want_have(&address).with_dont_have()]);
    let received = ask_until(peer, &question, |it| it.has_dont_have(&address)).await;
    let of = |message: &&ReceivedMessage| {
        let mut presences = message.message().presences.iter();
        presences.any(|presence| presence.address == address)
    };
    let found = received.0.iter().find(of).map(|message| Answer {
        on_our_stream: message.on_our_stream,
    });
    (found, received)
}

/// Whether a target serves this block: it says Have, or delivers it. And whether it asks a price.
pub async fn serves(peer: &Peer, address: &Address) -> (bool, bool) {
    let questions = list([want_have(address), want_block(address)]);
    let done = |it: &Received| it.has_have(address) || it.has_delivery(address);
    let received = ask_until(peer, &questions, done).await;
    let presences = received.presences_of(address);
    let price = presences
        .iter()
        .any(|presence| presence.price != Price::from(0));
    (done(&received), price)
}
