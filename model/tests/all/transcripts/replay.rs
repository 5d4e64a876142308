//! Gives the inputs of a recording to the model, and compares after each what the model did and
//! keeps with what was recorded.

use std::collections::{BTreeMap, VecDeque};

use blockexc_model::address::Names;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use blockexc_model::message::{
    Account, Delivery, Evidence, Presence, PresenceType, ProofEvidence, WantEntry, WantList,
    WantType,
};
use blockexc_model::node::First;
use blockexc_model::price::Price;
use blockexc_model::{Address, Config, Dialect, Message};

use super::observed::{Observed, Scope};
use super::recording::{
    Input, RandomPick, RecordedDelivery, RecordedEvent, RecordedList, RecordedMessage,
    RecordedPresence, Recording, Step,
};

/// The names of a recording, as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbols;

impl Names for Symbols {
    type Peer = String;
    type Cid = String;
}

type SymbolicAddress = Address<String>;

/// `d0[2]` is a leaf, anything else the CID of a block or of a tree.
pub fn address_of(text: &str) -> SymbolicAddress {
    text.strip_suffix(']')
        .and_then(|text| text.split_once('['))
        .and_then(|(tree, index)| {
            Some(Address::Leaf {
                tree: tree.to_owned(),
                index: index.parse().ok()?,
            })
        })
        .unwrap_or_else(|| Address::Plain(text.to_owned()))
}

/// The name of an address.
pub fn text_of(address: &SymbolicAddress) -> String {
    match address {
        Address::Plain(cid) => cid.clone(),
        Address::Leaf { tree, index } => format!("{tree}[{index}]"),
    }
}

/// In recordings without retries, the interval is set to be longer than this.
const LONGEST_INTERVAL: u64 = 1_000_000_000;

/// So many retries may fire between two steps, at most.
const MOST_BEFORE_INPUT: usize = 4;

/// So many retries of which nothing is seen may fire in one step, at most.
const MOST_UNSEEN: usize = 8;

/// A request that has not ended.
#[derive(Clone)]
struct Open {
    req: String,
    address: SymbolicAddress,
    /// One of several that the node took as one: its end does not say which address it was for.
    in_batch: bool,
}

#[derive(Clone)]
struct Replay<'a> {
    recording: &'a Recording,
    scope: Scope,
    node: Node<Symbols>,
    /// Which block each leaf is.
    leaves: BTreeMap<SymbolicAddress, String>,
    /// The leaves whose proof the store has. Deployed stores keep a proof when its block goes.
    proofs: BTreeMap<SymbolicAddress, String>,
    open: Vec<Open>,
    now: Observed,
}

/// Replays a recording. Says what differs in the first step that does.
pub fn replay(recording: &Recording, dialect: &Dialect, scope: Scope) -> Result<(), String> {
    let mut replay = Replay::new(recording, dialect, scope);
    let retries = recording
        .node_args
        .retry_interval
        .is_none_or(|interval| interval < LONGEST_INTERVAL);
    for (index, step) in recording.steps.iter().enumerate() {
        let recorded = Observed::recorded(scope, recording, step);
        let model = if retries {
            replay.step_with_retries(step, &recorded)?
        } else {
            replay.step(step)?
        };
        if recorded.is_dead() && model.is_dead() {
            return Ok(());
        }
        if let Some(difference) = recorded.difference(&model) {
            return Err(format!("  step {index}\n{difference}"));
        }
    }
    Ok(())
}

impl<'a> Replay<'a> {
    fn new(recording: &'a Recording, dialect: &Dialect, scope: Scope) -> Self {
        let config = Config {
            price: Price::from(recording.node_args.price),
            // What a node asked for a price has for an account in the recordings.
            account: (recording.node_args.price > 0)
                .then(|| Account(std::array::from_fn(|i| i as u8 + 1))),
            // The first announcement counts as a try.
            retries: recording
                .node_args
                .retries
                .map_or(u32::MAX, |tries| tries - 1),
            ..Config::default()
        };
        let mut node = Node::deviating(Setup {
            config,
            deviations: dialect.deviations,
        });
        // In deployed nodes the block of no bytes is always there.
        node.set_held(address_of("empty"), Some("empty".to_owned()));
        let leaves = recording.names.values().flat_map(|named| &named.leaves);
        let leaves = leaves
            .filter_map(|text| text.split_once(" is block "))
            .map(|(leaf, block)| (address_of(leaf), block.to_owned()));
        Replay {
            recording,
            scope,
            node,
            leaves: leaves.collect(),
            proofs: BTreeMap::new(),
            open: Vec::new(),
            now: Observed::default(),
        }
    }

    /// Gives one input, and says what came of it.
    fn step(&mut self, step: &Step) -> Result<Observed, String> {
        let pick = step.random_pick.as_ref();
        if step.error.is_none() {
            self.input(&step.input, pick)?;
        }
        self.joins_and_leaves(step);
        let observed = self.observed();
        self.now = Observed::default();
        Ok(observed)
    }

    /// What came of the step so far.
    fn observed(&self) -> Observed {
        let mut observed = self.now.clone();
        observed.add_state(self.scope, &self.node);
        observed.sorted()
    }

    /// Gives one input, with as many retries before and after it as it takes for what was
    /// recorded: when they fire, and whom a retry asks, is chance.
    fn step_with_retries(&mut self, step: &Step, recorded: &Observed) -> Result<Observed, String> {
        let mut best = None;
        let mut before = self.clone();
        for _ in 0..=MOST_BEFORE_INPUT {
            let mut after = before.clone();
            if step.error.is_none() {
                after.input(&step.input, step.random_pick.as_ref())?;
            }
            after.joins_and_leaves(step);
            for _ in 0..recorded.sent() + MOST_UNSEEN {
                if after.observed() == *recorded || !after.retry(recorded) {
                    break;
                }
            }
            let observed = after.observed();
            let matches = observed == *recorded;
            if matches || best.is_none() {
                after.now = Observed::default();
                best = Some((after, observed));
            }
            if matches || !before.retry(recorded) {
                break;
            }
        }
        let (after, observed) = best.ok_or("no step was tried")?;
        *self = after;
        Ok(observed)
    }

    /// Fires one retry of which what was recorded may have come. Says whether there is one.
    fn retry(&mut self, recorded: &Observed) -> bool {
        let wants = self.node.own_wants().map(|(address, _)| address.clone());
        for address in wants.collect::<Vec<_>>() {
            let text = text_of(&address);
            let peers = self.node.contexts().keys();
            for peer in peers.cloned().collect::<Vec<_>>() {
                let pick = RandomPick {
                    address: text.clone(),
                    picked: vec![peer],
                };
                let mut replay = self.clone();
                replay.event(Event::Retry(address.clone()), Some(&pick));
                if replay.now.begins(recorded) {
                    *self = replay;
                    return true;
                }
            }
        }
        false
    }

    fn joins_and_leaves(&mut self, step: &Step) {
        let pick = step.random_pick.as_ref();
        for event in &step.events {
            match event {
                RecordedEvent::PeerJoined { peer } => self.event(Event::Joined(peer.clone()), pick),
                RecordedEvent::PeerLeft { peer } => self.event(Event::Left(peer.clone()), pick),
                _ => {}
            }
        }
        // A node that dies of a departure does not live to tell.
        if step.node_died.is_some()
            && let Input::Disconnect { peer } = &step.input
        {
            self.event(Event::Left(peer.clone()), pick);
        }
    }

    fn input(&mut self, input: &Input, pick: Option<&RandomPick>) -> Result<(), String> {
        match input {
            Input::Send { peer, msg } => {
                if !msg.undecodable {
                    let event = Event::Received {
                        from: self.recording.name_of(peer).to_owned(),
                        message: self.message(msg)?,
                    };
                    self.event(event, pick);
                }
            }
            Input::Put { block } => self.put(block),
            Input::PutDataset { dataset, store } => {
                for (leaf, block) in self.of_dataset(dataset) {
                    if is_among(&leaf, store) {
                        self.put(&block);
                    }
                    self.proofs.insert(leaf, block);
                }
                self.hold_proven();
            }
            Input::Resolve { block } => {
                let event = Event::Stored {
                    cid: block.clone(),
                    leaves: Vec::new(),
                };
                self.event(event, pick);
            }
            Input::UploadDataset { dataset, store } => {
                // The blocks come first, then the proofs, of what is uploaded alone. Whoever waits is
                // served when all blocks are there.
                let mut dataset = self.of_dataset(dataset);
                dataset.retain(|(leaf, _)| is_among(leaf, store));
                for with_proof in [false, true] {
                    let mut effects = Vec::new();
                    for (leaf, cid) in &dataset {
                        let event = Event::Stored {
                            cid: cid.clone(),
                            leaves: with_proof.then(|| leaf.clone()).into_iter().collect(),
                        };
                        effects.extend(self.step_model(event, pick));
                    }
                    self.carry_out(effects, pick);
                }
                self.proofs.extend(dataset);
                self.hold_proven();
            }
            Input::ResolveLeaf { address } => {
                let leaf = address_of(address);
                let block = self
                    .leaves
                    .get(&leaf)
                    .ok_or_else(|| format!("{address} is no leaf"))?
                    .clone();
                self.proofs.insert(leaf.clone(), block.clone());
                let effects = self.node.reconstructed(leaf, block);
                self.carry_out(effects, pick);
            }
            Input::Request { address, req } => self.request(address, req, false, pick),
            Input::RequestMany {
                addresses,
                req,
                batch,
            } => {
                for address in addresses {
                    self.request(address, req, *batch, pick);
                }
            }
            Input::Cancel {
                req,
                address,
                was_pending,
            } => self.cancel(req.as_deref(), address.as_deref(), *was_pending, pick)?,
            Input::Delete { address } => {
                let address = address_of(address);
                self.proofs.remove(&address);
                if let Some(cid) = self.node.held().get(&address).cloned() {
                    self.event(Event::Deleted(cid), pick);
                }
            }
            Input::Has { address, has } => {
                if self.node.holds(&address_of(address)) != *has {
                    return Err(format!("  {address} is held: {has} was recorded"));
                }
            }
            Input::SetPrice { price } => {
                self.node.config.price = Price::from(price.unwrap_or(0));
            }
            Input::Connect | Input::NConnect | Input::Disconnect { .. } | Input::NDisconnect => {}
            Input::OpenStream | Input::CloseStream | Input::Wait => {}
        }
        Ok(())
    }

    fn of_dataset(&self, dataset: &str) -> Vec<(SymbolicAddress, String)> {
        self.leaves
            .iter()
            .filter(|(leaf, _)| leaf.cid_or_tree_cid() == dataset)
            .map(|(leaf, block)| (leaf.clone(), block.clone()))
            .collect()
    }

    /// The store is given a block, and the exchange is not told.
    fn put(&mut self, block: &str) {
        self.node
            .set_held(Address::Plain(block.to_owned()), Some(block.to_owned()));
        self.hold_proven();
    }

    /// A leaf is held when its proof and its block are there.
    fn hold_proven(&mut self) {
        for (leaf, block) in &self.proofs {
            let is_there = self.node.holds(&Address::Plain(block.clone()));
            self.node
                .set_held(leaf.clone(), is_there.then(|| block.clone()));
        }
    }

    /// The exchange was asked, past the store that would have answered by itself (ASK-3).
    fn request(&mut self, address: &str, req: &str, in_batch: bool, pick: Option<&RandomPick>) {
        let address = address_of(address);
        self.open.push(Open {
            req: req.to_owned(),
            address: address.clone(),
            in_batch,
        });
        let held = self.node.held().get(&address).cloned();
        self.node.set_held(address.clone(), None);
        let effects = self.step_model(Event::Request(address.clone()), pick);
        self.node.set_held(address, held);
        self.carry_out(effects, pick);
    }

    fn cancel(
        &mut self, req: Option<&str>, address: Option<&str>, was_pending: bool,
        pick: Option<&RandomPick>,
    ) -> Result<(), String> {
        let addresses: Vec<_> = match (req, address) {
            (_, Some(address)) => vec![address_of(address)],
            (Some(req), None) => self
                .open
                .iter()
                .filter(|open| open.req == req)
                .map(|open| open.address.clone())
                .collect(),
            (None, None) => Vec::new(),
        };
        let is_pending = addresses.iter().any(|address| self.node.wants(address));
        if is_pending != was_pending {
            return Err(format!("  cancelled a want: {was_pending} was recorded"));
        }
        // Of a batch nothing more is said once a want of it is cancelled by its address.
        if let Some(address) = address.map(address_of) {
            let is_cut = |open: &Open| open.in_batch && open.address == address;
            let cut = self.open.iter().filter(|open| is_cut(open));
            let cut: Vec<_> = cut.map(|open| open.req.clone()).collect();
            self.open
                .retain(|open| !(open.in_batch && cut.contains(&open.req)));
        }
        for address in addresses {
            self.event(Event::Cancel(address), pick);
        }
        Ok(())
    }

    /// Gives an event to the model, and carries out what it asks for.
    fn event(&mut self, event: Event<Symbols>, pick: Option<&RandomPick>) {
        let effects = self.step_model(event, pick);
        self.carry_out(effects, pick);
    }

    fn step_model(
        &mut self, event: Event<Symbols>, pick: Option<&RandomPick>,
    ) -> Vec<Effect<Symbols>> {
        let Some(pick) = pick else {
            return self.node.step(event, &mut First);
        };
        let mut choose = |address: &SymbolicAddress, holders: &[String]| {
            holders
                .iter()
                .position(|holder| text_of(address) == pick.address && pick.picked.contains(holder))
                .unwrap_or(0)
        };
        self.node.step(event, &mut choose)
    }

    fn carry_out(&mut self, effects: Vec<Effect<Symbols>>, pick: Option<&RandomPick>) {
        let mut later = VecDeque::from([effects]);
        let mut to_serve = Vec::new();
        while let Some(effects) = later.pop_front() {
            // Of two deliveries for one want that are both taken, the first completes it.
            let mut taken = BTreeMap::new();
            for effect in effects {
                match effect {
                    Effect::Send { to, message } => {
                        self.now.add_message(self.scope, &to, &message);
                    }
                    Effect::Keep { cid, addresses, .. } => {
                        for address in &addresses {
                            taken.entry(address.clone()).or_insert_with(|| cid.clone());
                        }
                        for leaf in addresses.into_iter().filter(Address::is_leaf) {
                            self.proofs.insert(leaf, cid.clone());
                        }
                    }
                    Effect::Obtained(address) => {
                        let held = || self.node.held().get(&address).cloned();
                        let block = taken.get(&address).cloned().or_else(held);
                        self.end(&address, block.as_deref());
                    }
                    Effect::Failed(address) => self.end(&address, None),
                    Effect::Cancelled {
                        address,
                        was_wanted: true,
                    } => self.end(&address, None),
                    Effect::Other(OtherEffect::ServeLater(peer)) => {
                        if !to_serve.contains(&peer) {
                            to_serve.push(peer);
                        }
                    }
                    Effect::Other(OtherEffect::Abort(_)) => self.now.add_death(),
                    Effect::Cancelled { .. }
                    | Effect::Discover(_)
                    | Effect::Other(OtherEffect::RefuseStream)
                    | Effect::Other(OtherEffect::Disconnect(_)) => {}
                }
            }
            for peer in std::mem::take(&mut to_serve) {
                self.hold_proven();
                later.push_back(self.step_model(Event::Other(OtherEvent::Serve(peer)), pick));
            }
        }
        self.hold_proven();
    }

    /// Everybody who requested this address learns how it ended: with this block, or without.
    fn end(&mut self, address: &SymbolicAddress, block: Option<&str>) {
        self.open.retain(|open| {
            let ends = open.address == *address;
            if ends {
                let address = (!open.in_batch).then(|| text_of(address));
                self.now
                    .add_request_end(&open.req, address.as_deref(), block);
            }
            !ends
        });
    }

    // What the peers send, in the model's terms.

    fn message(&self, recorded: &RecordedMessage) -> Result<Message<Symbols>, String> {
        // A field that must not repeat counts as it came last.
        let list = recorded.want_list_again.as_ref();
        let deliveries = recorded.deliveries.iter();
        // PRES-8: an item with a longer price is skipped.
        let is_usable = |item: &&RecordedPresence| item.price.len() <= 64;
        let presences = recorded.presences.iter().filter(is_usable).map(|item| {
            Ok(Presence {
                address: address_of(&item.address),
                presence_type: match item.presence_type.as_str() {
                    "Have" => PresenceType::Have,
                    "DontHave" => PresenceType::DontHave,
                    other => return Err(format!("no presence type is named {other}")),
                },
                price: bytes_of(&item.price)
                    .and_then(|bytes| Price::from_big_endian(&bytes).ok())
                    .ok_or_else(|| format!("{} is no price", item.price))?,
            })
        });
        Ok(Message {
            want_list: list
                .or(recorded.want_list.as_ref())
                .map(want_list)
                .transpose()?,
            deliveries: deliveries.map(|delivery| self.delivery(delivery)).collect(),
            presences: presences.collect::<Result<_, String>>()?,
            // PAY-1: of another length it is no account.
            account: recorded
                .account
                .as_deref()
                .and_then(bytes_of)
                .and_then(|bytes| bytes.try_into().ok())
                .map(Account),
            payment: None,
        })
    }

    fn delivery(&self, recorded: &RecordedDelivery) -> Delivery<String> {
        let address = address_of(&recorded.address);
        let is_leaf = address.is_leaf();
        let proof = match (&recorded.proof, &address) {
            (None, _) | (_, Address::Plain(_)) => ProofEvidence::Missing,
            (Some(proof), _) if proof.undecodable => ProofEvidence::Undecodable,
            (Some(proof), Address::Leaf { index, .. }) if proof.index != Some(*index) => {
                ProofEvidence::OtherIndex
            }
            (Some(proof), leaf) => {
                let right_leaf = proof.proof_of.as_ref() == Some(&recorded.address);
                if right_leaf && self.leaves.get(leaf) == Some(&recorded.block) {
                    ProofEvidence::Verified
                } else {
                    ProofEvidence::Unverified
                }
            }
        };
        Delivery {
            cid: recorded.block.clone(),
            evidence: Evidence {
                has_data: true,
                data_matches_cid: recorded.data_ok,
                cid_matches_address: is_leaf || recorded.block == recorded.address,
                proof,
            },
            address,
        }
    }
}

fn want_list(recorded: &RecordedList) -> Result<WantList<String>, String> {
    let entries = recorded.entries.iter().map(|entry| {
        Ok(WantEntry {
            address: address_of(&entry.address),
            priority: entry.priority,
            cancel: entry.cancel,
            want_type: match entry.want_type.as_str() {
                "WantBlock" => WantType::WantBlock,
                "WantHave" => WantType::WantHave,
                other => return Err(format!("no want type is named {other}")),
            },
            send_dont_have: entry.send_dont_have,
        })
    });
    Ok(WantList {
        entries: entries.collect::<Result<_, String>>()?,
        full: recorded.full,
    })
}

fn is_among(leaf: &SymbolicAddress, store: &[u64]) -> bool {
    matches!(leaf, Address::Leaf { index, .. } if store.contains(index))
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}
