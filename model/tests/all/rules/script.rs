//! A small language for what happens to a node and what it does about it, so that a test of a
//! rule reads as the rule does.
//!
//! Peers are numbers; an address is a letter (a plain block) or a letter and a digit (a leaf of
//! that tree). One line is one step: an event, and after `=>` what the node does, in order,
//! separated by `|`.
//!
//! | event | meaning |
//! | --- | --- |
//! | `join 1`, `leave 1`, `serve 1` | Joined, Left, a postponed serving |
//! | `request a`, `cancel a`, `retry a` | the user requests, the user cancels, a want is late |
//! | `store a`, `store a t0 t1` | a block is stored, with its proof for these leaves |
//! | `delete a` | the block is deleted |
//! | `1: …` | a message from peer 1, of the parts below |
//! | `? 1`, `? wants`, `? held` | no event: shows the context of 1, the own wants and of whom each is asked, what is held |
//!
//! | part | meaning |
//! | --- | --- |
//! | `want=a`, `ask=a` | a WantBlock entry, a WantHave entry |
//! | `want=a!^5` | with sendDontHave, with priority 5 |
//! | `cancel=a`, `cancel-want=a` | a cancel entry, typed WantHave or WantBlock |
//! | `full` | the list is a full one |
//! | `have=a@3`, `lack=a` | presence items: Have at price 3, DontHave |
//! | `block=a`, `block=t0/a` | a delivery: block `a` under its own address, under the address `t0` |
//! | `block=a~corrupt` | what is wrong with it: `corrupt`, `no-data`, `no-proof`, `undecodable`, `other-index`, `unproven` |
//! | `account=7`, `payment=7` | an account or payment of that byte |

use std::collections::BTreeSet;
use std::fmt::Write;

use blockexc_model::deviating::{self, Deviating, OtherEffect, OtherEvent, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::{
    Account, Delivery, Evidence, Payment, Presence, PresenceType, ProofEvidence, WantEntry,
    WantList, WantType,
};
use blockexc_model::node::{Behaviour, Reference};
use blockexc_model::node::{Config, First};
use blockexc_model::price::Price;
use blockexc_model::{Effect, Event, Names};

/// Names for tests: peers are small numbers, CIDs are letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tiny;

impl Names for Tiny {
    type Peer = u8;
    type Cid = char;
}

pub type Address = blockexc_model::Address<char>;
pub type Message = blockexc_model::Message<Tiny>;
pub type Node = blockexc_model::Node<Tiny>;
pub type Deviant = deviating::Node<Tiny>;

/// A behaviour that a script can play: what it has beside the specification's events and effects.
pub trait Played: Behaviour<Tiny> {
    /// A postponed serving of this peer.
    fn serve(peer: u8) -> Event<Tiny, Self::Event>;
    /// An effect as scripts write it.
    fn show(effect: &Self::Effect) -> String;
}

impl Played for Reference {
    fn serve(peer: u8) -> Event<Tiny> {
        panic!("the reference serves {peer} at once")
    }

    fn show(effect: &Self::Effect) -> String {
        match *effect {}
    }
}

impl Played for Deviating<Tiny> {
    fn serve(peer: u8) -> deviating::Event<Tiny> {
        Event::Other(OtherEvent::Serve(peer))
    }

    fn show(effect: &OtherEffect<Tiny>) -> String {
        match effect {
            OtherEffect::RefuseStream => "refuse-stream".to_owned(),
            OtherEffect::ServeLater(peer) => format!("serve-later={peer}"),
            OtherEffect::Disconnect(peer) => format!("disconnect={peer}"),
            OtherEffect::Abort(_) => "abort".to_owned(),
        }
    }
}

/// Plays a script on the reference, and compares what it does where the script says it.
#[track_caller]
pub fn check(script: &str) {
    check_with(Config::default(), script);
}

/// As [`check`], with this configuration. A node that could deviate, and does not, does the same.
#[track_caller]
pub fn check_with(config: Config, script: &str) {
    play_and_compare(Node::new(config.clone()), script);
    let deviations = Deviations::none();
    check_deviating(Setup { config, deviations }, script);
}

/// As [`check`], on a node that deviates.
#[track_caller]
pub fn check_deviating(setup: Setup, script: &str) {
    play_and_compare(Deviant::deviating(setup), script);
}

#[track_caller]
fn play_and_compare<B: Played>(mut node: blockexc_model::Node<Tiny, B>, script: &str) {
    for line in lines(script) {
        let (event, expected) = match line.split_once("=>") {
            Some((event, expected)) => (event.trim(), Some(expected.trim())),
            None => (line, None),
        };
        let done = play(&mut node, event);
        if let Some(expected) = expected {
            assert_eq!(done, expected, "after `{event}`");
        }
    }
}

/// Plays a script, and tells all that it does, step by step, and all that is in the node then.
pub fn tell(deviations: Deviations, script: &str) -> Vec<String> {
    tell_of(deviant(deviations), script)
}

/// As [`tell`], of the reference.
pub fn tell_reference(script: &str) -> Vec<String> {
    tell_of(Node::new(paid()), script)
}

fn tell_of<B: Played>(mut node: blockexc_model::Node<Tiny, B>, script: &str) -> Vec<String> {
    let mut told: Vec<_> = lines(script).map(|line| play(&mut node, line)).collect();
    told.push(format!("{:?}", node.dump()));
    told
}

/// A node that deviates so, asks for payment, gives up at the second retry, and records 22 wants of
/// a peer.
pub fn deviant(deviations: Deviations) -> Deviant {
    let config = paid();
    Deviant::deviating(Setup { config, deviations })
}

fn paid() -> Config {
    Config {
        price: Price::from(1),
        account: Some(Account([9; 20])),
        retries: 1,
        wants_per_peer: 22,
    }
}

/// The steps of a script.
pub fn lines(script: &str) -> impl Iterator<Item = &str> {
    script
        .split(['\n', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// Plays one step, or answers one question.
pub fn play<B: Played>(node: &mut blockexc_model::Node<Tiny, B>, line: &str) -> String {
    if let Some(question) = line.strip_prefix('?') {
        return show(node, question.trim());
    }
    let event = event::<B>(line);
    let effects = node.step(event, &mut First);
    effects
        .iter()
        .map(effect::<B>)
        .collect::<Vec<_>>()
        .join(" | ")
}

fn show<B: Played>(node: &blockexc_model::Node<Tiny, B>, question: &str) -> String {
    match question {
        "wants" => node
            .own_wants()
            .map(|(address, want)| {
                let mut text = name(address);
                for peer in &want.asked {
                    write!(text, "<{peer}").expect("a string takes any text");
                }
                text
            })
            .collect::<Vec<_>>()
            .join(" "),
        "held" => node.held().keys().map(name).collect::<Vec<_>>().join(" "),
        peer => {
            let Some(context) = node.contexts().get(&peer_of(peer)) else {
                return "no context".to_owned();
            };
            let mut parts: Vec<_> = context
                .presence()
                .iter()
                .map(|(address, price)| format!("have={}{}", name(address), at(*price)))
                .collect();
            parts.extend(context.wants().map(entry));
            parts.extend(
                context
                    .account()
                    .map(|Account(a)| format!("account={}", a[0])),
            );
            parts.extend(
                context
                    .payment()
                    .map(|Payment(p)| format!("payment={}", p[0])),
            );
            if parts.is_empty() {
                return "empty".to_owned();
            }
            parts.join(" ")
        }
    }
}

// Reading.

fn peer_of(text: &str) -> u8 {
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("`{text}` is no peer"))
}

/// Reads an address.
pub fn address(text: &str) -> Address {
    let mut letters = text.chars();
    match (letters.next(), letters.as_str()) {
        (Some(cid), "") if cid.is_alphabetic() => Address::Plain(cid),
        (Some(tree), index) if tree.is_alphabetic() && index.parse::<u64>().is_ok() => {
            Address::Leaf {
                tree,
                index: index.parse().expect("just tried"),
            }
        }
        _ => panic!("`{text}` is no address"),
    }
}

fn cid(text: &str) -> char {
    match address(text) {
        Address::Plain(cid) => cid,
        Address::Leaf { .. } => panic!("`{text}` is no CID"),
    }
}

fn event<B: Played>(line: &str) -> Event<Tiny, B::Event> {
    if let Some((from, parts)) = line.split_once(':') {
        return Event::Received {
            from: peer_of(from),
            message: message(parts),
        };
    }
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let what = words.next().unwrap_or_default();
    match verb {
        "join" => Event::Joined(peer_of(what)),
        "leave" => Event::Left(peer_of(what)),
        "serve" => B::serve(peer_of(what)),
        "request" => Event::Request(address(what)),
        "cancel" => Event::Cancel(address(what)),
        "retry" => Event::Retry(address(what)),
        "store" => Event::Stored {
            cid: cid(what),
            leaves: words.map(address).collect(),
        },
        "delete" => Event::Deleted(cid(what)),
        _ => panic!("`{line}` is no event"),
    }
}

fn message(parts: &str) -> Message {
    let mut message = Message::default();
    let mut list = WantList {
        entries: Vec::new(),
        full: false,
    };
    for part in parts.split_whitespace() {
        let (kind, what) = part.split_once('=').unwrap_or((part, ""));
        match kind {
            "full" => list.full = true,
            "want" | "ask" | "cancel" | "cancel-want" => list.entries.push(read_entry(kind, what)),
            "have" | "lack" => message.presences.push(read_item(kind, what)),
            "block" => message.deliveries.push(read_delivery(what)),
            "account" => message.account = Some(Account([byte(what); 20])),
            "payment" => message.payment = Some(Payment(vec![byte(what)])),
            _ => panic!("`{part}` is no part of a message"),
        }
    }
    if list.full || !list.entries.is_empty() {
        message.want_list = Some(list);
    }
    message
}

fn byte(text: &str) -> u8 {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no byte"))
}

fn read_entry(kind: &str, what: &str) -> WantEntry<char> {
    let (what, priority) = what.split_once('^').unwrap_or((what, "0"));
    let bare = what.trim_end_matches('!');
    WantEntry {
        address: address(bare),
        priority: priority.parse().expect("a priority is a number"),
        cancel: kind.starts_with("cancel"),
        want_type: if kind.ends_with("want") {
            WantType::WantBlock
        } else {
            WantType::WantHave
        },
        send_dont_have: bare != what,
    }
}

fn read_item(kind: &str, what: &str) -> Presence<char> {
    let (what, price) = what.split_once('@').unwrap_or((what, "0"));
    Presence {
        address: address(what),
        presence_type: if kind == "have" {
            PresenceType::Have
        } else {
            PresenceType::DontHave
        },
        price: Price::from(price.parse::<u64>().expect("a price is a number")),
    }
}

fn read_delivery(what: &str) -> Delivery<char> {
    let (what, fault) = what.split_once('~').unwrap_or((what, ""));
    let (under, block) = what.split_once('/').unwrap_or((what, what));
    let (address, cid) = (address(under), cid(block));
    let mut evidence = Evidence::valid_for(&address);
    if let Address::Plain(named) = address {
        evidence.cid_matches_address = named == cid;
    }
    match fault {
        "" => (),
        "corrupt" => evidence.data_matches_cid = false,
        "no-data" => {
            evidence.has_data = false;
            evidence.data_matches_cid = false;
        }
        "no-proof" => evidence.proof = ProofEvidence::Missing,
        "undecodable" => evidence.proof = ProofEvidence::Undecodable,
        "other-index" => evidence.proof = ProofEvidence::OtherIndex,
        "unproven" => evidence.proof = ProofEvidence::Unverified,
        _ => panic!("`{fault}` is nothing that a delivery can have wrong with it"),
    }
    Delivery {
        address,
        cid,
        evidence,
    }
}

// Writing.

fn name(address: &Address) -> String {
    match address {
        Address::Plain(cid) => cid.to_string(),
        Address::Leaf { tree, index } => format!("{tree}{index}"),
    }
}

fn at(price: Price) -> String {
    if price == Price::ZERO {
        String::new()
    } else {
        format!("@{}", price.to_big_endian()[31])
    }
}

fn entry(entry: &WantEntry<char>) -> String {
    let kind = match (entry.cancel, entry.want_type) {
        (false, WantType::WantBlock) => "want",
        (false, WantType::WantHave) => "ask",
        (true, WantType::WantBlock) => "cancel-want",
        (true, WantType::WantHave) => "cancel",
    };
    let mut text = format!("{kind}={}", name(&entry.address));
    if entry.send_dont_have {
        text.push('!');
    }
    if entry.priority != 0 {
        write!(text, "^{}", entry.priority).expect("a string takes any text");
    }
    text
}

fn effect<B: Played>(effect: &Effect<Tiny, B::Effect>) -> String {
    match effect {
        Effect::Send { to, message } => format!("{to}: {}", say(message)),
        Effect::Keep { addresses, .. } => {
            let names: BTreeSet<_> = addresses.iter().map(name).collect();
            format!("keep={}", names.into_iter().collect::<Vec<_>>().join("+"))
        }
        Effect::Obtained(address) => format!("got={}", name(address)),
        Effect::Failed(address) => format!("failed={}", name(address)),
        Effect::Cancelled {
            address,
            was_wanted: true,
        } => format!("cancelled={}", name(address)),
        Effect::Cancelled { address, .. } => format!("not-wanted={}", name(address)),
        Effect::Discover(cid) => format!("find={cid}"),
        Effect::Other(other) => B::show(other),
    }
}

fn say(message: &Message) -> String {
    let mut parts = Vec::new();
    if let Some(list) = &message.want_list {
        if list.full {
            parts.push("full".to_owned());
        }
        parts.extend(list.entries.iter().map(entry));
    }
    parts.extend(message.deliveries.iter().map(|delivery| {
        let under = name(&delivery.address);
        let block = delivery.cid.to_string();
        if under == block {
            format!("block={under}")
        } else {
            format!("block={under}/{block}")
        }
    }));
    parts.extend(message.presences.iter().map(|item| {
        let kind = match item.presence_type {
            PresenceType::Have => "have",
            PresenceType::DontHave => "lack",
        };
        format!("{kind}={}{}", name(&item.address), at(item.price))
    }));
    parts.extend(
        message
            .account
            .map(|Account(a)| format!("account={}", a[0])),
    );
    parts.join(" ")
}
