//! [`Conversation`]: what a node and one peer say to each other, address by address.

use std::collections::{BTreeMap, VecDeque};

use blockexc_model::deviating::Setup;
use blockexc_model::message::{WantList, WantType};
use blockexc_model::{Deviation, Deviations};
use libp2p::PeerId;

use super::addressed::{Addressed, Explained, Happened};
use super::bounds;
use super::finding::Finding;
use super::naming::{merged, name, stand_in};
use super::state::{Role, World};
use crate::trace::line::Output;
use crate::trace::parts::{Part, parts};
use crate::trace::unexplained::Unexplained;
use crate::wire::{Address, BlockCid, Message};

/// The most addresses of which anything is remembered, in both roles together. What is said of further
/// ones is not judged.
const MOST_ADDRESSES: usize = 1 << 16;
/// So many addresses of which nothing is to be expected are remembered, those of which it is the longest
/// known are forgotten first: a node may have sent something before it handled the last that it was sent.
const MOST_DONE: usize = 4096;

/// The deviations by which a node remembers of a peer that has left.
const REMEMBERING: Deviations = Deviations::of(&[
    Deviation::KeepContextOnLeft,
    Deviation::ReviveOnRejoin,
    Deviation::QueueSurvivesLeft,
]);

/// What came of a message that a node has sent.
#[derive(Default)]
pub(super) struct Sent {
    pub judged: u64,
    pub skipped: u64,
    pub findings: Vec<Finding>,
}

/// A node and one peer.
#[derive(Clone)]
pub(super) struct Conversation {
    world: World,
    setup: Setup,
    addresses: BTreeMap<(Role, Address), Addressed>,
    /// Those of which nothing is to be expected, in the order in which that was found.
    done: VecDeque<(Role, Address)>,
    /// Whether something was said of an address that is not remembered. Then it is not known of an address
    /// that nothing was said of it.
    is_overfull: bool,
    has_sent_a_list: bool,
}

impl Conversation {
    pub(super) fn new(peer: PeerId, setup: Setup) -> Self {
        Conversation {
            world: World::new(peer, setup.clone()),
            setup,
            addresses: BTreeMap::new(),
            done: VecDeque::new(),
            is_overfull: false,
            has_sent_a_list: false,
        }
    }

    /// The peer has joined, perhaps again.
    pub(super) fn joined(&mut self) {
        self.has_sent_a_list = false;
    }

    /// The peer has left. Returns whether the node remembers nothing of it (LEFT-1).
    pub(super) fn left(&mut self) -> bool {
        if !self.setup.deviations.intersects(REMEMBERING) {
            return true;
        }
        // What it does when the peer comes back is not looked at.
        for addressed in self.addresses.values_mut() {
            addressed.is_unjudged = true;
        }
        self.is_overfull = true;
        false
    }

    /// The node was sent this.
    pub(super) fn received(&mut self, line: u64, message: &Message) {
        for (role, address, said) in by_address(message) {
            let world = &self.world;
            let is_delivered = !said.deliveries.is_empty();
            if let Some(it) = addressed(&mut self.addresses, &mut self.is_overfull, role, &address)
            {
                it.remember(line, Happened::Received(said.clone()));
                // A delivery ends a want, which the user can do as well.
                match is_delivered {
                    true => it.is_delivered = true,
                    false => it.received(world, said),
                }
            }
            if is_delivered {
                self.done.push_back((role, address));
                self.forget();
            }
        }
    }

    /// The node has sent this.
    pub(super) fn sent(&mut self, line: u64, message: &Message) -> Sent {
        let mut sent = Sent::default();
        let to = self.world.peer;
        let is_first_list = !self.has_sent_a_list;
        self.has_sent_a_list |= message.want_list.is_some();
        let was_named = |address: &Address| {
            self.is_overfull
                || self
                    .addresses
                    .contains_key(&(Role::Asking, address.clone()))
        };
        let deviations = self.setup.deviations;
        for (what, id, by) in bounds::wrong(message, deviations, is_first_list, was_named) {
            let mut unexplained = Unexplained::at(line, format!("sent to {to}: {what}"));
            unexplained.requirements = vec![id];
            unexplained.deviations = by;
            sent.findings.push(Finding {
                unexplained,
                exchange: vec![(line, Happened::Sent(shortened(message)))],
            });
        }
        for part in parts(message) {
            self.part(line, &part, &mut sent);
        }
        sent
    }

    fn part(&mut self, line: u64, part: &Part, sent: &mut Sent) {
        let Some(address) = part.address() else {
            return;
        };
        let role = match part.is_entry() {
            true => Role::Asking,
            false => Role::Serving,
        };
        let is_known = self.addresses.contains_key(&(role, address.clone()));
        if !is_known && self.is_overfull {
            sent.skipped += 1;
            return;
        }
        let Some(it) = addressed(&mut self.addresses, &mut self.is_overfull, role, &address) else {
            sent.skipped += 1;
            return;
        };
        if it.is_unjudged {
            sent.skipped += 1;
            return;
        }
        let message = part.clone().message();
        // A cancel of what was spoken of before is tolerated (XFER-7), and a want may be announced at
        // any time (ASK-1).
        let is_cancel = matches!(part, Part::Entry(entry) if entry.cancel);
        if !role.judges(part) || is_cancel && is_known {
            it.remember(line, Happened::Sent(message));
            return;
        }
        sent.judged += 1;
        let cid = match part {
            Part::Delivery(delivery) => delivery.cid.clone(),
            _ => stand_in(&address),
        };
        match it.explain(&self.world, part, &cid) {
            Explained::Yes(_) => {
                it.remember(line, Happened::Sent(message));
                if it.is_idle(&self.world) {
                    self.done.push_back((role, address));
                    self.forget();
                }
            }
            Explained::CannotTell => {
                it.is_unjudged = true;
                sent.skipped += 1;
            }
            Explained::No => {
                if let Some(finding) = self.unexplained(line, part, (role, address), &cid) {
                    sent.findings.push(finding);
                }
            }
        }
    }

    /// Says what is wrong with a part that nothing explains; nothing, when it is not wrong after all.
    /// Nothing more is judged of its address.
    fn unexplained(
        &mut self,
        line: u64,
        part: &Part,
        (role, address): (Role, Address),
        cid: &BlockCid,
    ) -> Option<Finding> {
        if self.is_named_otherwise(part, cid) {
            return None;
        }
        let message = part.clone().message();
        let to = self.world.peer;
        let output = Output::Sent {
            to,
            message: message.clone(),
        };
        let mut unexplained = Unexplained::at(line, output.to_string());
        let histories: Vec<_> = [Role::Serving, Role::Asking]
            .iter()
            .filter_map(|role| self.addresses.get(&(*role, address.clone())))
            .collect();
        let is_cut = histories.iter().any(|it| it.history_is_cut);
        let histories: Vec<_> = histories.iter().map(|it| it.history()).collect();
        let mut exchange = merged(&histories);
        if !is_cut {
            let what = (role, &address);
            name(&mut unexplained, &to, &self.setup, what, &exchange, part);
            if unexplained.deviations.is_empty() && self.is_leaf_by_its_own_cid(part, cid) {
                unexplained.deviations = vec![Deviation::DeliverUnderOwnCid];
                unexplained.requirements = vec!["XFER-1"];
            }
        }
        exchange.push((line, Happened::Sent(message)));
        if let Some(it) = self.addresses.get_mut(&(role, address)) {
            it.is_unjudged = true;
        }
        let breaks = |it: &Deviation| !it.breaks().is_empty();
        let is_permitted =
            unexplained.requirements.is_empty() && !unexplained.deviations.iter().all(breaks);
        (!is_permitted).then_some(Finding {
            unexplained,
            exchange,
        })
    }

    /// Whether the node deviates so that it names the block of a leaf by its own CID, and this is one.
    fn is_named_otherwise(&mut self, part: &Part, cid: &BlockCid) -> bool {
        self.setup
            .deviations
            .contains(Deviation::DeliverUnderOwnCid)
            && self.is_leaf_by_its_own_cid(part, cid)
    }

    /// Whether this is a plain delivery to a peer that has asked for leaves, and not for it.
    fn is_leaf_by_its_own_cid(&self, part: &Part, cid: &BlockCid) -> bool {
        let Part::Delivery(delivery) = part else {
            return false;
        };
        let asks = |it: &Addressed| {
            let mut history = it.history().iter();
            history.any(|(_, happened)| matches!(happened, Happened::Received(message) if asks_for_blocks(message.want_list.as_ref())))
        };
        let serving = self.addresses.iter();
        let mut serving = serving.filter(|((role, _), _)| *role == Role::Serving);
        let own = Address::Plain(cid.clone());
        let itself = self.addresses.get(&(Role::Serving, own.clone()));
        delivery.address == own
            && !itself.is_some_and(asks)
            && serving.any(|((_, address), it)| address.is_leaf() && asks(it))
    }

    /// Forgets what has been done with for long.
    fn forget(&mut self) {
        while self.done.len() > MOST_DONE {
            let Some(key) = self.done.pop_front() else {
                return;
            };
            // More may have been said of it since. Then it comes again.
            if self
                .addresses
                .get(&key)
                .is_some_and(|it| it.is_idle(&self.world))
            {
                self.addresses.remove(&key);
            }
        }
    }
}

fn asks_for_blocks(list: Option<&WantList<BlockCid>>) -> bool {
    let mut entries = list.iter().flat_map(|list| &list.entries);
    entries.any(|it| !it.cancel && it.want_type == WantType::WantBlock)
}

/// What is known of an address, unless there is too much that is.
fn addressed<'a>(
    addresses: &'a mut BTreeMap<(Role, Address), Addressed>,
    is_overfull: &mut bool,
    role: Role,
    address: &Address,
) -> Option<&'a mut Addressed> {
    let is_full = addresses.len() >= MOST_ADDRESSES;
    let key = (role, address.clone());
    match addresses.entry(key) {
        std::collections::btree_map::Entry::Occupied(it) => Some(it.into_mut()),
        std::collections::btree_map::Entry::Vacant(_) if is_full => {
            *is_overfull = true;
            None
        }
        std::collections::btree_map::Entry::Vacant(place) => {
            Some(place.insert(Addressed::new(role, address.clone())))
        }
    }
}

/// What a message says of each address, in the role in which the node hears it.
fn by_address(message: &Message) -> Vec<(Role, Address, Message)> {
    let mut said: BTreeMap<(Role, Address), Message> = BTreeMap::new();
    for part in parts(message) {
        let Some(address) = part.address() else {
            continue;
        };
        // A want list asks for what the node may have; the rest is about what it may want.
        let role = match part.is_entry() {
            true => Role::Serving,
            false => Role::Asking,
        };
        let message = said.entry((role, address)).or_default();
        match part {
            Part::Entry(entry) => {
                let list = message.want_list.get_or_insert_with(|| WantList {
                    entries: Vec::new(),
                    full: false,
                });
                list.entries.push(entry);
            }
            Part::Item(item) => message.presences.push(item),
            Part::Delivery(delivery) => message.deliveries.push(delivery),
            Part::EmptyList | Part::Account(_) | Part::Payment(_) => {}
        }
    }
    said.into_iter()
        .map(|((role, address), message)| (role, address, message))
        .collect()
}

/// The message without most of its parts.
fn shortened(message: &Message) -> Message {
    const MOST: usize = 3;
    let mut short = message.clone();
    if let Some(list) = &mut short.want_list {
        list.entries.truncate(MOST);
    }
    short.deliveries.truncate(MOST);
    short.presences.truncate(MOST);
    short
}
