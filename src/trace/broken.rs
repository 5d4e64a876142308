//! Which requirement a line breaks that the model does not allow, by what the line itself shows.
//!
//! Where the line does not show that a requirement is broken, none is named: a wrong accusation
//! costs more than a missing one. [`Causes`] says what a node breaks that does not send something,
//! and [`Scene`] what it breaks that sends something else.

use std::collections::{HashMap, HashSet};

use blockexc_model::deviating::{Effect, Event, Node};
use blockexc_model::message::{PresenceType, ProofEvidence, WantType};
use libp2p::PeerId;

use super::parts::Part;
use crate::wire::{Address, Delivery, Network};

/// What an input asks for, by which it is known why something is owed.
#[derive(Default)]
pub(super) struct Causes<'a> {
    event: Option<&'a Event<Network>>,
    /// The addresses of WantHave entries, each with whether DontHave is asked for.
    have: HashMap<&'a Address, bool>,
    /// The addresses of WantBlock entries.
    block: HashSet<&'a Address>,
    /// The addresses of cancel entries.
    cancelled: HashSet<&'a Address>,
    /// The presence items.
    said: HashMap<&'a Address, PresenceType>,
}

impl<'a> Causes<'a> {
    /// What this input asks for.
    pub(super) fn of(event: Option<&'a Event<Network>>) -> Self {
        let mut causes = Causes {
            event,
            ..Causes::default()
        };
        let Some(Event::Received { message, .. }) = event else {
            return causes;
        };
        for entry in message.want_list.iter().flat_map(|list| &list.entries) {
            match (entry.cancel, entry.want_type) {
                (true, _) => {
                    causes.cancelled.insert(&entry.address);
                }
                (false, WantType::WantBlock) => {
                    causes.block.insert(&entry.address);
                }
                (false, WantType::WantHave) => {
                    *causes.have.entry(&entry.address).or_default() |= entry.send_dont_have;
                }
            }
        }
        for item in &message.presences {
            causes.said.insert(&item.address, item.presence_type);
        }
        causes
    }

    fn brings_blocks(&self) -> bool {
        matches!(self.event, Some(Event::Received { message, .. }) if !message.deliveries.is_empty())
    }

    /// What a node breaks that does not send this.
    pub(super) fn missing(&self, part: &Part) -> Option<&'static str> {
        match part {
            Part::Entry(entry) if entry.cancel => match self.event? {
                Event::Cancel(_) => Some("ASK-7"),
                Event::Stored { .. } => Some("HELD-1"),
                Event::Received { .. } if self.brings_blocks() => Some("XFER-7"),
                _ => None,
            },
            Part::Entry(entry) => match (entry.want_type, self.event?) {
                (_, Event::Retry(_)) => Some("ASK-8"),
                (WantType::WantHave, Event::Joined(_)) => Some("JOIN-4"),
                (WantType::WantHave, Event::Request(_)) => Some("ASK-1"),
                (WantType::WantBlock, Event::Left(_)) => Some("LEFT-2"),
                (WantType::WantBlock, Event::Received { .. }) => {
                    match self.said.get(&entry.address) {
                        Some(PresenceType::Have) => Some("ASK-6"),
                        Some(PresenceType::DontHave) => Some("PRES-3"),
                        None if self.brings_blocks() => Some("XFER-6"),
                        None => None,
                    }
                }
                _ => None,
            },
            Part::Item(item) => match item.presence_type {
                PresenceType::Have => Some("WANT-4"),
                PresenceType::DontHave if self.have.get(&item.address) == Some(&true) => {
                    Some("WANT-5")
                }
                PresenceType::DontHave => self.block.contains(&item.address).then_some("WANT-7"),
            },
            Part::Delivery(delivery) => match self.event? {
                _ if self.block.contains(&delivery.address) => Some("WANT-2"),
                Event::Received { .. } | Event::Stored { .. } => Some("WANT-13"),
                _ => None,
            },
            Part::Account(_) => matches!(self.event?, Event::Joined(_)).then_some("JOIN-6"),
            Part::EmptyList | Part::Payment(_) => None,
        }
    }

    /// What a node breaks that does not complete a request.
    pub(super) fn not_obtained(&self) -> Option<&'static str> {
        match self.event? {
            Event::Received { .. } => Some("XFER-7"),
            Event::Stored { .. } => Some("HELD-1"),
            Event::Request(_) => Some("ASK-3"),
            _ => None,
        }
    }

    /// What a node breaks whose request is met though the model's is not.
    pub(super) fn wrongly_obtained(&self, address: &Address) -> Option<&'static str> {
        self.brings_unfit(address).then_some("XFER-5")
    }

    /// What a node breaks whose request fails though the model's does not. `wanted`: the model goes
    /// on.
    pub(super) fn wrongly_failed(&self, address: &Address, wanted: bool) -> Option<&'static str> {
        match self.event? {
            _ if self.brings_unfit(address) => Some("XFER-5"),
            Event::Retry(retried) if wanted && retried == address => Some("ASK-9"),
            _ => None,
        }
    }

    /// Whether it brings a delivery for this address that does not count.
    fn brings_unfit(&self, address: &Address) -> bool {
        let Some(Event::Received { message, .. }) = self.event else {
            return false;
        };
        let mut deliveries = message.deliveries.iter();
        deliveries.any(|it| it.address == *address && !counts(it))
    }
}

/// Whether a delivery counts (XFER-3, XFER-4).
pub(super) fn counts(delivery: &Delivery) -> bool {
    let evidence = delivery.evidence;
    let is_the_address = match delivery.address.is_leaf() {
        true => evidence.proof == ProofEvidence::Verified,
        false => evidence.cid_matches_address,
    };
    evidence.has_data && evidence.data_matches_cid && is_the_address
}

/// Where something is sent that the model does not allow.
pub(super) struct Scene<'a> {
    /// The model after the input.
    pub node: &'a Node<Network>,
    /// The last input.
    pub causes: &'a Causes<'a>,
    /// What the model sends instead, or still has to send.
    pub instead: &'a [(PeerId, Part)],
    /// In a complete log, what the model does at this input: whatever the log shows is then caused
    /// by it.
    pub effects: Option<&'a [Effect<Network>]>,
    /// Whether the input is a Joined event of a peer that had a context.
    pub joined_again: bool,
}

impl Scene<'_> {
    /// What a node breaks that sends this to this peer.
    pub(super) fn shown(&self, to: &PeerId, part: &Part) -> Option<&'static str> {
        let event = self.causes.event;
        let asked_by_it = matches!(event, Some(Event::Received { from, .. }) if from == to);
        let caused = self.effects.and(event);
        if !self.node.contexts().contains_key(to) {
            return match part {
                _ if asked_by_it && self.effects.is_some() => Some("JOIN-7"),
                Part::Entry(entry) if !entry.cancel && entry.want_type == WantType::WantBlock => {
                    Some("ASK-4")
                }
                _ => None,
            };
        }
        match caused {
            Some(Event::Deleted(_)) => return Some("HELD-2"),
            Some(Event::Joined(peer)) if self.joined_again && peer == to => return Some("JOIN-3"),
            _ => {}
        }
        match part {
            Part::Entry(entry) if entry.cancel => self.shown_cancel(&entry.address, caused?),
            Part::Entry(entry) if entry.want_type == WantType::WantBlock => {
                self.shown_want_block(to, &entry.address)
            }
            Part::Entry(entry) => self.shown_want_have(to, &entry.address, caused),
            Part::EmptyList => {
                matches!(event?, Event::Joined(peer) if peer == to).then_some("JOIN-5")
            }
            Part::Item(item) => {
                let asked = asked_by_it.then_some(self.causes);
                self.shown_item(to, &item.address, item.presence_type, asked)
            }
            Part::Delivery(delivery) => {
                let same = |sent: &Part| matches!(sent, Part::Delivery(sent) if sent.address == delivery.address && sent.cid != delivery.cid);
                self.sends(to, same).then_some("XFER-1")
            }
            Part::Account(_) => {
                let account = |sent: &Part| matches!(sent, Part::Account(_));
                self.sends(to, account).then_some("JOIN-6")
            }
            Part::Payment(_) => None,
        }
    }

    /// Whether the model sends such a part to this peer.
    fn sends(&self, to: &PeerId, is_such: impl Fn(&Part) -> bool) -> bool {
        let mut sent = self.instead.iter();
        sent.any(|(peer, part)| peer == to && is_such(part))
    }

    /// To whom the model sends a WantBlock for this address.
    fn asks(&self, address: &Address) -> Option<&PeerId> {
        let asks = |part: &Part| matches!(part, Part::Entry(entry) if !entry.cancel && entry.want_type == WantType::WantBlock && entry.address == *address);
        let mut sent = self.instead.iter();
        sent.find(|(_, part)| asks(part)).map(|(peer, _)| peer)
    }

    fn shown_cancel(&self, address: &Address, event: &Event<Network>) -> Option<&'static str> {
        match event {
            Event::Cancel(named) if named == address => {
                let nothing_ended = |effect: &Effect<Network>| matches!(effect, Effect::Cancelled { was_wanted, .. } if !was_wanted);
                match self.effects?.iter().any(nothing_ended) {
                    true => Some("ASK-7"),
                    false => self.node.wants(address).then_some("ASK-10"),
                }
            }
            Event::Stored { .. } => {
                let ended = |effect: &Effect<Network>| matches!(effect, Effect::Obtained(it) if it == address);
                (!self.effects?.iter().any(ended)).then_some("HELD-1")
            }
            _ => None,
        }
    }

    fn shown_want_block(&self, to: &PeerId, address: &Address) -> Option<&'static str> {
        let context = self.node.contexts().get(to)?;
        if !context.contains(address) {
            return Some("ASK-4");
        }
        let asked = self.node.asked(address);
        if asked.is_empty() || asked.contains(to) {
            return None;
        }
        match (self.asks(address), self.causes.event) {
            // It was asked of another peer before.
            (None, _) => Some("ASK-5"),
            (Some(other), Some(Event::Received { from, .. })) if other == from => {
                let has = self.causes.said.get(address) == Some(&PresenceType::Have);
                has.then_some("ASK-6")
            }
            _ => None,
        }
    }

    fn shown_want_have(
        &self,
        to: &PeerId,
        address: &Address,
        caused: Option<&Event<Network>>,
    ) -> Option<&'static str> {
        let announced =
            |part: &Part| matches!(part, Part::Entry(entry) if entry.address == *address);
        if !self.node.wants(address) {
            return match caused {
                Some(Event::Request(named)) if named == address => Some("ASK-3"),
                Some(Event::Joined(_)) => Some("JOIN-4"),
                _ => Some("ASK-1"),
            };
        }
        match caused? {
            Event::Request(named) if named == address => {
                (!self.sends(to, announced)).then_some("ASK-2")
            }
            Event::Joined(peer) if peer == to => self.sends(to, announced).then_some("JOIN-4"),
            Event::Retry(named) if named == address => self.asks(address).and(Some("ASK-8")),
            _ => None,
        }
    }

    fn shown_item(
        &self,
        to: &PeerId,
        address: &Address,
        said: PresenceType,
        asked: Option<&Causes<'_>>,
    ) -> Option<&'static str> {
        let owed = |part: &Part| matches!(part, Part::Item(item) if item.address == *address);
        let mut owed = self
            .instead
            .iter()
            .filter(|(peer, part)| peer == to && owed(part));
        if let Some((_, owed)) = owed.next() {
            // The one instead of the other, or another price. In a log that is not complete it may be
            // owed for an earlier input, which is known where it is owed.
            let is_known = self.effects.is_some()
                || matches!(owed, Part::Item(item) if item.presence_type == PresenceType::Have);
            return is_known.then(|| self.causes.missing(owed)).flatten();
        }
        let asked = asked?;
        let is_cancelled = asked.cancelled.contains(address);
        match (said, asked.have.get(address)) {
            // Nothing is owed: no DontHave was asked for.
            (_, Some(false)) if !self.node.holds(address) => Some("WANT-6"),
            (PresenceType::DontHave, None) if is_cancelled && !asked.block.contains(address) => {
                Some("WANT-8")
            }
            _ => None,
        }
    }
}

/// What is in each of these lists.
pub(super) fn in_each(lists: &[&'static [&'static str]]) -> Vec<&'static str> {
    let all = lists.iter().flat_map(|list| list.iter().copied());
    once_each(all.filter(|id| lists.iter().all(|list| list.contains(id))))
}

/// The IDs without repetitions, in order.
pub(super) fn once_each(ids: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    let mut once = Vec::new();
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once
}
