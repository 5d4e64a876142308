//! [`State`]: a state that a node may be in, and what it owes: what the model has sent and the log
//! has not shown.

use std::collections::{BTreeMap, BTreeSet};

use blockexc_model::Deviation;
use blockexc_model::deviating::{Effect, Event, Node, OtherEvent, Setup};
use blockexc_model::message::{PresenceType, WantEntry, WantType};
use libp2p::PeerId;

use super::beginning::new_node;
use super::broken::Causes;
use super::parts::{Part, parts};
use super::turns::Turns;
use crate::wire::{Address, Message, Network};

/// The largest number of parts owed to one peer, and of requests to be met. When there are more,
/// they are not judged: a peer's until it joins again.
const MOST_OWED: usize = 4096;

/// The most own wants of which it is remembered that a peer was to be told by a full list.
const MOST_REMEMBERED: usize = 16;

/// A part of a message that a node has to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    /// The part.
    pub part: Part,
    /// The line of the input that caused it.
    pub since: u64,
    /// What is broken if it is never sent, as far as it is known.
    pub broken: Option<&'static str>,
}

/// A peer that is owed a full list since it joined (JOIN-4).
#[derive(Clone, Debug, PartialEq, Eq)]
struct FullList {
    /// The line of its Joined event.
    since: u64,
    /// Some of the own wants of which it was to be told. A list is owed as long as one is there.
    wants: BTreeSet<Address>,
    /// The line of the first list that it was sent, which was not full.
    sent_instead: Option<u64>,
}

/// A state that the node may be in, with what it owes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The model.
    pub node: Node<Network>,
    /// What it owes.
    pub debts: Debts,
}

/// What a node owes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Debts {
    /// What peers are owed.
    pending: BTreeMap<PeerId, Vec<Owed>>,
    /// Whose serving has been put off.
    turns: Turns,
    /// Who is owed a full list.
    full_lists: BTreeMap<PeerId, FullList>,
    /// The requests that are met and whose users have not been told, each with what is broken if they
    /// never are and the line since when. `None`: not judged.
    to_obtain: Option<BTreeMap<Address, (Option<&'static str>, u64)>>,
    /// Own wants whose requests have all been met: a dialect may go on to pursue what it holds. There
    /// are no more of them than own wants.
    met_early: BTreeSet<Address>,
}

/// Something that is due and has not come.
pub(super) enum Due {
    /// A part of a message.
    Part(PeerId, Owed),
    /// A full list for this peer, since the line of its Joined event, and the line of the list that it
    /// was sent instead.
    FullList(PeerId, u64, Option<u64>),
    /// A request that is to be met, what is broken without, and since which line.
    Obtained(Address, Option<&'static str>, u64),
}

impl State {
    /// A new node, which owes nothing. `shows_obtained`: the log shows which requests are met.
    pub(super) fn new(setup: Setup, shows_obtained: bool) -> Self {
        State::of(new_node(setup), shows_obtained)
    }

    /// A node that owes nothing.
    pub(super) fn of(node: Node<Network>, shows_obtained: bool) -> Self {
        let debts = Debts {
            pending: BTreeMap::new(),
            turns: Turns::default(),
            full_lists: BTreeMap::new(),
            to_obtain: shows_obtained.then(BTreeMap::new),
            met_early: BTreeSet::new(),
        };
        State { node, debts }
    }

    /// The node has handled this event, in this line. Returns the peers that are owed too much to be
    /// judged.
    pub(super) fn owe(
        &mut self,
        event: &Event<Network>,
        effects: &[Effect<Network>],
        line: u64,
    ) -> Vec<PeerId> {
        if let Event::Left(peer) = event {
            self.debts.pending.remove(peer); // LEFT-4
            self.debts.full_lists.remove(peer);
        }
        if let Event::Request(address) = event {
            self.debts.met_early.remove(address);
        }
        self.debts.turns.note(&self.node, event, effects);
        self.forget_ended_wants(event);
        let owes = |it: &Effect<Network>| matches!(it, Effect::Send { .. } | Effect::Obtained(_));
        if !effects.iter().any(owes) {
            return Vec::new();
        }
        let causes = Causes::of(Some(event));
        let mut overfull = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    let pending = self.debts.pending.entry(*to).or_default();
                    pending.extend(parts(message).into_iter().map(|part| Owed {
                        broken: causes.missing(&part),
                        since: line,
                        part,
                    }));
                    if pending.len() > MOST_OWED {
                        pending.clear();
                        overfull.push(*to);
                    }
                    let list = message.want_list.as_ref();
                    if let (Event::Joined(peer), Some(list)) = (event, list)
                        && peer == to
                        && list.full
                        && !list.entries.is_empty()
                    {
                        let wants = list.entries.iter().map(|entry| entry.address.clone());
                        let owed = FullList {
                            since: line,
                            wants: wants.take(MOST_REMEMBERED).collect(),
                            sent_instead: None,
                        };
                        self.debts.full_lists.insert(*to, owed);
                    }
                }
                // Nobody is left to be told.
                Effect::Obtained(address) if self.debts.met_early.remove(address) => {}
                Effect::Obtained(address) => {
                    if self.node.wants(address) {
                        self.debts.met_early.insert(address.clone());
                    }
                    if let Some(to_obtain) = &mut self.debts.to_obtain {
                        to_obtain.insert(address.clone(), (causes.not_obtained(), line));
                        if to_obtain.len() > MOST_OWED {
                            self.debts.to_obtain = None;
                        }
                    }
                }
                _ => {}
            }
        }
        let node = &self.node;
        self.debts.met_early.retain(|address| node.wants(address));
        overfull
    }

    /// A want that has ended need not be told of any more.
    fn forget_ended_wants(&mut self, event: &Event<Network>) {
        let may_end = matches!(
            event,
            Event::Received { .. } | Event::Cancel(_) | Event::Retry(_) | Event::Stored { .. }
        );
        if !may_end {
            return;
        }
        let node = &self.node;
        self.debts.full_lists.retain(|_, list| {
            list.wants.retain(|address| node.wants(address));
            !list.wants.is_empty()
        });
    }

    /// The log shows a want list, in this line.
    pub(super) fn shows_list(&mut self, to: &PeerId, full: bool, line: u64) {
        if full {
            self.debts.full_lists.remove(to);
        } else if let Some(list) = self.debts.full_lists.get_mut(to) {
            list.sent_instead.get_or_insert(line);
        }
    }

    /// The log shows that the request of this address is met. Returns whether that may be.
    pub(super) fn shows_obtained(&mut self, address: &Address) -> bool {
        let owed = self
            .debts
            .to_obtain
            .as_mut()
            .and_then(|it| it.remove(address));
        owed.is_some() || self.node.holds(address)
    }

    /// Whether a serving of this peer that was put off, and does not show, makes a difference to what
    /// its message does: it makes room for another want, or comes before a want is recorded anew.
    pub(super) fn serving_matters(&self, from: &PeerId, message: &Message) -> bool {
        let (Some(list), Some(context)) = (&message.want_list, self.node.contexts().get(from))
        else {
            return false;
        };
        if !self.debts.turns.waits(from) {
            return false;
        }
        let most = self.node.config().wants_per_peer as usize;
        let is_full = context.wants().len() + list.entries.len() > most;
        let mut entries = list.entries.iter();
        list.full
            || is_full
            || entries.any(|it| context.wants().any(|want| want.address == it.address))
    }

    /// Removes a part from what is owed. Returns whether it was there.
    pub(super) fn take(&mut self, to: &PeerId, part: &Part) -> bool {
        let Some(pending) = self.debts.pending.get_mut(to) else {
            return false;
        };
        let place = pending.iter().position(|owed| part.matches(&owed.part));
        place.map(|place| pending.remove(place)).is_some()
    }

    /// Whether a node is free to send this part at any time. `was_requested`: whether the block of a
    /// cancel was ever an own want, as far as it is known.
    pub(super) fn may_send(
        &self,
        to: &PeerId,
        part: &Part,
        was_requested: impl Fn(&Address) -> bool,
    ) -> bool {
        match part {
            // ASK-1: a node may announce a want again, or later with others.
            Part::Entry(entry) if !entry.cancel && entry.want_type == WantType::WantHave => {
                self.node.wants(&entry.address) && self.node.contexts().contains_key(to)
            }
            // XFER-7: a cancel to the deliverer is tolerated.
            Part::Entry(entry) if entry.cancel => {
                self.node.holds(&entry.address) && was_requested(&entry.address)
            }
            // PAY-2
            Part::Payment(_) => true,
            _ => false,
        }
    }

    /// The steps that a log may leave out, and that may cause this part.
    pub(super) fn hidden_steps(
        &self,
        to: &PeerId,
        part: &Part,
        hides_retries: bool,
        hides_serving: bool,
    ) -> Vec<Event<Network>> {
        match part {
            // ASK-8: a retry asks another holder.
            Part::Entry(entry) if hides_retries && self.node.wants(&entry.address) => {
                vec![Event::Retry(entry.address.clone())]
            }
            Part::Delivery(_) if hides_serving && self.node.deviates(Deviation::ServeLater) => {
                vec![Event::Other(OtherEvent::Serve(*to))]
            }
            _ => Vec::new(),
        }
    }

    /// What each peer is owed, and the first that are owed to one peer.
    pub(super) fn owed_to(&self, to: &PeerId) -> &[Owed] {
        self.debts.pending.get(to).map_or(&[], Vec::as_slice)
    }

    /// What is owed to the other peers.
    pub(super) fn owed_to_others(&self, to: &PeerId) -> impl Iterator<Item = (&PeerId, &Owed)> {
        let others = self
            .debts
            .pending
            .iter()
            .filter(move |(peer, _)| *peer != to);
        others.flat_map(|(peer, owed)| owed.iter().map(move |owed| (peer, owed)))
    }

    /// The first thing that has not come, once everything has been sent. `judges` says of which peers
    /// and parts it is known whether they are owed.
    pub(super) fn due(&self, judges: impl Fn(Option<&PeerId>, &Part) -> bool) -> Option<Due> {
        for (peer, owed) in self.debts.pending.iter() {
            let due = owed.iter();
            let mut due = due.filter(|owed| judges(Some(peer), &owed.part) && self.must_send(owed));
            if let Some(owed) = due.next() {
                return Some(Due::Part(*peer, owed.clone()));
            }
        }
        for (peer, part, broken) in self.debts.turns.owed(&self.node) {
            if judges(Some(&peer), &part) {
                let broken = Some(broken);
                let owed = Owed {
                    part,
                    since: 0,
                    broken,
                };
                return Some(Due::Part(peer, owed));
            }
        }
        for (peer, list) in &self.debts.full_lists {
            if judges(Some(peer), &Part::EmptyList) {
                return Some(Due::FullList(*peer, list.since, list.sent_instead));
            }
        }
        for (address, (broken, since)) in self.debts.to_obtain.iter().flatten() {
            let part = Part::Entry(WantEntry::want_have(address.clone()));
            if judges(None, &part) {
                return Some(Due::Obtained(address.clone(), *broken, *since));
            }
        }
        None
    }

    /// Whether a part that is owed has to be sent at last. Entries for wants that have ended since,
    /// and parts that the specification only recommends, need not be.
    fn must_send(&self, owed: &Owed) -> bool {
        match &owed.part {
            Part::Entry(entry) => entry.cancel || self.node.wants(&entry.address),
            // WANT-7 is a SHOULD.
            Part::Item(item) => {
                item.presence_type == PresenceType::Have || owed.broken == Some("WANT-5")
            }
            // JOIN-6, PAY-2
            Part::Account(_) | Part::Payment(_) => false,
            Part::Delivery(_) | Part::EmptyList => true,
        }
    }
}
