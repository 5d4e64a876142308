//! What each requirement says of a single step, as data: a [`Rule`] judges the state before a
//! step, its event, its effects and the state after it.
//!
//! The rules are written from the text of the requirements and know nothing of how the model meets
//! them, but for what a step cannot show: of whom something was asked *earlier* is read from the
//! node's own record of it. Rules about lists and messages of several parts compare with what the
//! same node does with the parts one by one; all others look at messages of one part only, so
//! that together they cover every message.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use blockexc_model::address::{Address, Names};
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Deviating, Effect, Event, Node, OtherEffect};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::invariant::{Invariant, invariants};
use blockexc_model::message::{
    Delivery, Evidence, Message, Presence, PresenceType, WantEntry, WantList, WantType,
};
use blockexc_model::node::MAX_PRESENCES_SENT;

use super::choice::any_way;

/// What a rule says of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The rule is about other steps.
    Silent,
    /// The rule is about this step, which keeps it.
    Kept,
    /// The step breaks it.
    Broken,
}

use Judgement::{Broken, Kept, Silent};

fn kept_if(holds: bool) -> Judgement {
    if holds { Kept } else { Broken }
}

/// What a requirement says of a step.
pub struct Rule<N: Names> {
    /// The requirement whose text this is, and its gist.
    pub name: &'static str,
    /// The requirements that a step breaks when it breaks this.
    pub requirements: &'static [&'static str],
    /// Permitted deviations under which the node does the thing later, or not at all.
    pub unless: Deviations,
    /// Judges a step.
    pub judge: fn(&Step<'_, N>) -> Judgement,
}

/// One step of one node.
pub struct Step<'a, N: Names> {
    /// The node before it.
    pub before: &'a Node<N>,
    /// What happened to the node.
    pub event: &'a Event<N>,
    /// What the node did.
    pub effects: &'a [Effect<N>],
    /// The node after it.
    pub after: &'a Node<N>,
}

/// A received message of one part, and of one entry or item.
enum Atom<'a, N: Names> {
    Entry(&'a N::Peer, &'a WantEntry<N::Cid>, bool),
    Item(&'a N::Peer, &'a Presence<N::Cid>),
    Delivery(&'a N::Peer, &'a Delivery<N::Cid>),
}

impl<N: Names> Step<'_, N> {
    /// The message that was received, from a peer with a context.
    fn received(&self) -> Option<(&N::Peer, &Message<N>)> {
        match self.event {
            Event::Received { from, message } if self.before.contexts().contains_key(from) => {
                Some((from, message))
            }
            _ => None,
        }
    }

    fn atom(&self) -> Option<Atom<'_, N>> {
        let (from, message) = self.received()?;
        if message.account.is_some() || message.payment.is_some() {
            return None;
        }
        let parts = (
            message.want_list.as_ref(),
            message.deliveries.as_slice(),
            message.presences.as_slice(),
        );
        match parts {
            (Some(list), [], []) => match list.entries.as_slice() {
                [entry] => Some(Atom::Entry(from, entry, list.full)),
                _ => None,
            },
            (None, [delivery], []) => Some(Atom::Delivery(from, delivery)),
            (None, [], [item]) => Some(Atom::Item(from, item)),
            _ => None,
        }
    }

    fn entry(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        match self.atom()? {
            Atom::Entry(from, entry, _) => Some((from, entry)),
            _ => None,
        }
    }

    /// A WantBlock entry that is no cancel.
    fn want_block(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        self.entry()
            .filter(|(_, entry)| !entry.cancel && entry.want_type == WantType::WantBlock)
    }

    /// A WantHave entry that is no cancel.
    fn want_have(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        self.entry()
            .filter(|(_, entry)| !entry.cancel && entry.want_type == WantType::WantHave)
    }

    fn item(&self, presence_type: PresenceType) -> Option<(&N::Peer, &Presence<N::Cid>)> {
        match self.atom()? {
            Atom::Item(from, item) if item.presence_type == presence_type => Some((from, item)),
            _ => None,
        }
    }

    fn delivery(&self) -> Option<(&N::Peer, &Delivery<N::Cid>)> {
        match self.atom()? {
            Atom::Delivery(from, delivery) => Some((from, delivery)),
            _ => None,
        }
    }

    /// A delivery for an own want that does not count (XFER-3, XFER-4).
    fn bad_delivery(&self) -> Option<(&N::Peer, &Delivery<N::Cid>)> {
        self.delivery()
            .filter(|(_, delivery)| self.before.wants(&delivery.address) && !counts(delivery))
    }

    /// Nothing has changed that can be seen, now or later, of a node that keeps the specification.
    fn unchanged(&self) -> bool {
        looks_like(self.before, self.after)
    }

    fn without_effects(&self) -> bool {
        self.effects.is_empty()
    }

    fn sends(&self) -> impl Iterator<Item = (&N::Peer, &Message<N>)> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Send { to, message } => Some((to, message)),
            _ => None,
        })
    }

    fn sends_nothing(&self) -> bool {
        self.sends().next().is_none()
    }

    fn sent_to<'b>(&'b self, peer: &'b N::Peer) -> impl Iterator<Item = &'b Message<N>> {
        self.sends()
            .filter(move |(to, _)| *to == peer)
            .map(|(_, message)| message)
    }

    fn lists_to<'b>(&'b self, peer: &'b N::Peer) -> impl Iterator<Item = &'b WantList<N::Cid>> {
        self.sent_to(peer)
            .filter_map(|message| message.want_list.as_ref())
    }

    fn entries_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl DoubleEndedIterator<Item = &'b WantEntry<N::Cid>> {
        let lists: Vec<_> = self.lists_to(peer).collect();
        lists.into_iter().flat_map(|list| &list.entries)
    }

    fn items_to<'b>(&'b self, peer: &'b N::Peer) -> impl Iterator<Item = &'b Presence<N::Cid>> {
        self.sent_to(peer).flat_map(|message| &message.presences)
    }

    fn deliveries_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl Iterator<Item = &'b Delivery<N::Cid>> {
        self.sent_to(peer).flat_map(|message| &message.deliveries)
    }

    /// How this peer is answered about this block: the types of the items that it is sent.
    fn answers(&self, peer: &N::Peer, address: &Address<N::Cid>) -> Vec<PresenceType> {
        self.items_to(peer)
            .filter(|item| item.address == *address)
            .map(|item| item.presence_type)
            .collect()
    }

    fn cancels(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        self.entries_to(peer)
            .any(|entry| entry.cancel && entry.address == *address)
    }

    fn asks(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        self.entries_to(peer).any(|entry| {
            !entry.cancel && entry.want_type == WantType::WantBlock && entry.address == *address
        })
    }

    fn has_effect(&self, wanted: &Effect<N>) -> bool {
        self.effects.contains(wanted)
    }

    /// The own wants that this step ended.
    fn ended(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.before
            .own_wants()
            .map(|(address, _)| address)
            .filter(|address| !self.after.wants(address))
    }

    /// The addresses that this step made held.
    fn newly_held(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.after
            .held()
            .keys()
            .filter(|address| !self.before.holds(address))
    }

    /// Contexts that were there before, with what became of them.
    fn contexts(
        &self,
    ) -> impl Iterator<Item = (&N::Peer, &PeerContext<N>, Option<&PeerContext<N>>)> {
        self.before
            .contexts()
            .iter()
            .map(|(peer, context)| (peer, context, self.after.contexts().get(peer)))
    }

    /// Whether what was asked of this peer is no longer asked of it, and is asked of one other
    /// holder where there is one (PRES-3, XFER-6, ASK-8, LEFT-2).
    fn asked_elsewhere(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        let mut holders = self
            .before
            .contexts()
            .iter()
            .filter(|(other, context)| *other != peer && context.contains(address))
            .map(|(other, _)| other)
            .peekable();
        let asked = asked_of(self.after, address);
        if holders.peek().is_none() {
            return asked.is_empty();
        }
        holders.any(|holder| asked == [holder] && self.asks(holder, address))
    }

    /// Every peer that was asked and has not answered is sent a cancel, but for this one.
    fn cancels_unanswered(&self, address: &Address<N::Cid>, but: Option<&N::Peer>) -> bool {
        self.before
            .own_wants()
            .filter(|(wanted, _)| *wanted == address)
            .flat_map(|(_, want)| want.unanswered.union(&want.asked))
            .filter(|peer| Some(*peer) != but && self.before.contexts().contains_key(*peer))
            .all(|peer| self.cancels(peer, address))
    }

    /// Whether it comes to the same for the same node, given these messages of the same peer
    /// instead, one after the other: for one way of making the choices that this leaves.
    fn one_by_one(
        &self,
        from: &N::Peer,
        parts: Vec<Message<N>>,
        same: impl Fn(&Node<N>, &[Effect<N>]) -> bool,
    ) -> bool {
        any_way(|player| {
            let mut node = self.before.clone();
            let mut effects = Vec::new();
            for message in parts.iter().cloned() {
                let from = from.clone();
                effects.extend(node.step(Event::Received { from, message }, player));
            }
            same(&node, &effects)
        })
    }
}

/// Whether two nodes show the same, whatever else a deviating one keeps.
fn looks_like<N: Names>(one: &Node<N>, other: &Node<N>) -> bool {
    one.held() == other.held() && one.own_wants().eq(other.own_wants()) && same_contexts(one, other)
}

fn same_contexts<N: Names>(one: &Node<N>, other: &Node<N>) -> bool {
    one.contexts().len() == other.contexts().len()
        && one.contexts().iter().all(|(peer, context)| {
            context_of(other, peer).is_some_and(|o| same_context(context, o))
        })
}

fn same_context<N: Names>(one: &PeerContext<N>, other: &PeerContext<N>) -> bool {
    one.presence() == other.presence()
        && one.wants().eq(other.wants())
        && one.account() == other.account()
        && one.payment() == other.payment()
}

fn asked_of<'a, N: Names>(node: &'a Node<N>, address: &Address<N::Cid>) -> Vec<&'a N::Peer> {
    node.own_wants()
        .filter(|(wanted, _)| *wanted == address)
        .flat_map(|(_, want)| &want.asked)
        .collect()
}

fn is_asked<N: Names>(node: &Node<N>, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
    asked_of(node, address).contains(&peer)
}

fn context_of<'a, N: Names>(node: &'a Node<N>, peer: &N::Peer) -> Option<&'a PeerContext<N>> {
    node.contexts().get(peer)
}

fn recorded<'a, N: Names>(
    node: &'a Node<N>,
    peer: &N::Peer,
    address: &Address<N::Cid>,
) -> Option<(usize, &'a WantEntry<N::Cid>)> {
    context_of(node, peer)?
        .wants()
        .enumerate()
        .find(|(_, entry)| entry.address == *address)
}

fn counts<C>(delivery: &Delivery<C>) -> bool {
    delivery.evidence == Evidence::valid_for(&delivery.address)
}

/// The parts of a message, in the order of WIRE-6.
fn parts<N: Names>(message: &Message<N>) -> Vec<Message<N>> {
    let empty = Message::<N>::default;
    let mut parts = Vec::new();
    if let Some(list) = &message.want_list {
        parts.push(Message::want_list(list.entries.clone(), list.full));
    }
    if !message.deliveries.is_empty() {
        parts.push(Message::deliveries(message.deliveries.clone()));
    }
    if !message.presences.is_empty() {
        parts.push(Message::presences(message.presences.clone()));
    }
    if let Some(account) = message.account {
        parts.push(Message::account(account));
    }
    if message.payment.is_some() {
        parts.push(Message {
            payment: message.payment.clone(),
            ..empty()
        });
    }
    parts
}

/// What is told to peers, whoever it is told to and in however many messages.
fn told<N: Names>(effects: &[Effect<N>]) -> Vec<String> {
    let mut told = Vec::new();
    for effect in effects {
        if let Effect::Send { to, message } = effect {
            told.extend(
                message
                    .presences
                    .iter()
                    .map(|item| format!("{to:?} {item:?}")),
            );
            told.extend(
                message
                    .deliveries
                    .iter()
                    .map(|block| format!("{to:?} {block:?}")),
            );
            if let Some(list) = &message.want_list {
                told.extend(list.entries.iter().map(|entry| format!("{to:?} {entry:?}")));
            }
        }
    }
    told.sort();
    told
}

const SERVES_LATER: Deviations = Deviations::of(&[Deviation::ServeLater]);
const ONLY_ASKED: Deviations = Deviations::of(&[Deviation::OnlyAsked]);
const ALWAYS: Deviations = Deviations::none();

macro_rules! rules {
    ($($name:literal [$($id:literal),+] $unless:ident $judge:expr;)*) => {
        vec![$(Rule { name: $name, requirements: &[$($id),+], unless: $unless, judge: $judge },)*]
    };
}

/// Every rule, in the order of the specification.
#[rustfmt::skip]
pub fn rules<N: Names>() -> Vec<Rule<N>> {
    rules! {
        "JOIN-1: only Joined creates a context" ["JOIN-1"] ALWAYS |step| {
            let mut created = step.after.contexts().keys()
                .filter(|peer| !step.before.contexts().contains_key(*peer)).peekable();
            if created.peek().is_none() { return Silent; }
            kept_if(created.all(|peer| *step.event == Event::Joined(peer.clone())))
        };
        "JOIN-2: a new context is empty" ["JOIN-2", "LEFT-3"] ALWAYS |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_none() => {
                kept_if(context_of(step.after, peer).is_some_and(|context| {
                    context.presence().is_empty() && context.wants().len() == 0
                        && context.account().is_none() && context.payment().is_none()
                }))
            }
            _ => Silent,
        };
        "JOIN-3: Joined of a peer with a context does nothing" ["JOIN-3"] ALWAYS |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_some() => {
                kept_if(step.unchanged() && step.without_effects())
            }
            _ => Silent,
        };
        "JOIN-4: Joined is answered with the own want list" ["JOIN-4", "LEFT-3"] ALWAYS |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_none() && step.before.own_wants().len() > 0 => {
                let lists: Vec<_> = step.lists_to(peer).collect();
                let mut sent: Vec<_> = step.entries_to(peer).cloned().collect();
                let mut own: Vec<_> = step.before.own_wants()
                    .map(|(address, _)| WantEntry::want_have(address.clone())).collect();
                sent.sort_by(|a, b| a.address.cmp(&b.address));
                own.sort_by(|a, b| a.address.cmp(&b.address));
                kept_if(sent == own && lists.iter().enumerate().all(|(i, list)| list.full == (i == 0)))
            }
            _ => Silent,
        };
        "JOIN-5: no own wants, no list on Joined" ["JOIN-5"] ALWAYS |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_none() && step.before.own_wants().len() == 0 => {
                kept_if(step.lists_to(peer).next().is_none())
            }
            _ => Silent,
        };
        "JOIN-6: whoever asks for payment sends its account on Joined" ["JOIN-6"] ALWAYS |step| match step.event {
            Event::Joined(peer) if context_of(step.before, peer).is_none() && step.before.config().account.is_some() => {
                kept_if(step.sent_to(peer).any(|message| message.account == step.before.config().account))
            }
            _ => Silent,
        };
        "JOIN-7: a message from a peer without a context is dropped" ["JOIN-7", "JOIN-1"] ALWAYS |step| match step.event {
            Event::Received { from, .. } if context_of(step.before, from).is_none() => {
                kept_if(step.unchanged() && step.without_effects())
            }
            _ => Silent,
        };
        "LEFT-1: a peer that left has no context" ["LEFT-1", "LEFT-3"] ALWAYS |step| match step.event {
            Event::Left(peer) => kept_if(context_of(step.after, peer).is_none()),
            _ => Silent,
        };
        "LEFT-2: what was asked of a peer that left is asked elsewhere" ["LEFT-2"] ALWAYS |step| match step.event {
            Event::Left(peer) => {
                let mut asked = step.before.own_wants()
                    .filter(|(_, want)| want.asked.contains(peer)).map(|(address, _)| address).peekable();
                if asked.peek().is_none() { return Silent; }
                kept_if(asked.all(|address| step.asked_elsewhere(peer, address)))
            }
            _ => Silent,
        };
        "PRES-2: a record comes of a Have for an own want" ["PRES-2"] ALWAYS |step| {
            let mut any = false;
            for (peer, context) in step.after.contexts() {
                for address in context.peer_have() {
                    if context_of(step.before, peer).is_some_and(|before| before.contains(address)) {
                        continue;
                    }
                    any = true;
                    let said = step.received().is_some_and(|(from, message)| {
                        from == peer && message.presences.iter().any(|item| {
                            item.address == *address && item.presence_type == PresenceType::Have
                        })
                    });
                    // One that was never wanted is PRES-5's, one of a DontHave is PRES-3's.
                    let denied = step.item(PresenceType::DontHave).is_some_and(|(from, item)| {
                        from == peer && item.address == *address
                    });
                    if !said && !denied { return Broken; }
                }
            }
            if any { Kept } else { Silent }
        };
        "PRES-2: a Have for an own want is recorded" ["PRES-2", "PRES-4"] ALWAYS |step| match step.item(PresenceType::Have) {
            Some((from, item)) if step.before.wants(&item.address) => {
                kept_if(context_of(step.after, from).is_some_and(|context| context.contains(&item.address)))
            }
            _ => Silent,
        };
        "PRES-3: a DontHave leaves no record" ["PRES-3"] ALWAYS |step| match step.item(PresenceType::DontHave) {
            Some((from, item)) => {
                kept_if(context_of(step.after, from).is_none_or(|context| !context.contains(&item.address)))
            }
            _ => Silent,
        };
        "PRES-3: what was asked of a peer that has it not is asked elsewhere" ["PRES-3"] ALWAYS |step| match step.item(PresenceType::DontHave) {
            Some((from, item)) if is_asked(step.before, from, &item.address) => {
                kept_if(step.asked_elsewhere(from, &item.address))
            }
            _ => Silent,
        };
        "PRES-4: a Have replaces the price" ["PRES-4"] ALWAYS |step| match step.item(PresenceType::Have) {
            Some((from, item)) if context_of(step.before, from).is_some_and(|context| context.contains(&item.address)) => {
                kept_if(context_of(step.after, from)
                    .is_none_or(|context| context.presence().get(&item.address).is_none_or(|price| *price == item.price)))
            }
            _ => Silent,
        };
        "PRES-5: an item for what is not wanted leaves no trace" ["PRES-5", "PRES-1"] ALWAYS |step| match step.atom() {
            Some(Atom::Item(_, item)) if !step.before.wants(&item.address) => {
                kept_if(step.unchanged() && step.sends_nothing())
            }
            _ => Silent,
        };
        "PRES-6: with a want its records end" ["PRES-6"] ALWAYS |step| {
            let mut ended = step.ended().peekable();
            if ended.peek().is_none() { return Silent; }
            kept_if(ended.all(|address| step.after.contexts().values().all(|context| !context.contains(address))))
        };
        "PRES-7: nothing else removes a record" ["PRES-7"] ALWAYS |step| {
            let mut any = false;
            for (peer, before, after) in step.contexts() {
                let Some(after) = after else { continue };
                for address in before.peer_have() {
                    // A record of what is not wanted should not be there to begin with.
                    if !step.before.wants(address) { continue; }
                    any = true;
                    let excused = || !step.after.wants(address)
                        || step.received().is_some_and(|(from, message)| from == peer && (
                            message.presences.iter().any(|item| item.address == *address
                                && item.presence_type == PresenceType::DontHave)
                            || message.deliveries.iter().any(|delivery| delivery.address == *address
                                && !counts(delivery))))
                        || *step.event == Event::Retry(address.clone()) && is_asked(step.before, peer, address)
                        || *step.event == Event::Joined(peer.clone());
                    if !after.contains(address) && !excused() { return Broken; }
                }
            }
            if any { Kept } else { Silent }
        };
        "PRES-9: items are handled in order" ["PRES-9"] ALWAYS |step| match step.received() {
            Some((from, message)) if message.presences.len() > 1 && parts(message).len() == 1 => {
                let items = message.presences.iter().map(|item| Message::presences(vec![item.clone()]));
                let recorded = context_of(step.after, from).map(PeerContext::presence);
                kept_if(step.one_by_one(from, items.collect(), |node, _| {
                    context_of(node, from).map(PeerContext::presence) == recorded
                }))
            }
            _ => Silent,
        };
        "PRES-10: the helpers agree with the records" ["PRES-10"] ALWAYS |step| {
            if step.received().is_none_or(|(_, message)| message.presences.is_empty()) { return Silent; }
            kept_if(step.after.dump().contexts.values().all(|context| {
                let recorded = || context.presence.iter().map(|(address, _)| address);
                recorded().eq(&context.peer_have)
                    && context.peer_have_cids == recorded().map(|address| address.cid_or_tree_cid().clone()).collect()
                    && context.peer_wants_cids == context.wants.iter()
                        .map(|entry| entry.address.cid_or_tree_cid().clone()).collect()
            }))
        };
        "ASK-1: a fresh want is announced to every context" ["ASK-1"] ALWAYS |step| match step.event {
            Event::Request(address) if !step.before.holds(address) && !step.before.wants(address) => {
                let entry = WantEntry::want_have(address.clone());
                kept_if(step.after.own_wants().last().is_some_and(|(last, _)| last == address)
                    && same_contexts(step.before, step.after)
                    && step.before.contexts().keys().all(|peer| {
                        step.sent_to(peer).eq([&Message::want_list(vec![entry.clone()], false)])
                    })
                    && step.sends().count() == step.before.contexts().len()
                    && step.has_effect(&Effect::Discover(address.cid_or_tree_cid().clone())))
            }
            _ => Silent,
        };
        "ASK-2: requesting an own want again does nothing" ["ASK-2"] ALWAYS |step| match step.event {
            Event::Request(address) if step.before.wants(address) => {
                kept_if(step.unchanged() && step.without_effects())
            }
            _ => Silent,
        };
        "ASK-3: requesting a held block completes at once" ["ASK-3"] ALWAYS |step| match step.event {
            Event::Request(address) if step.before.holds(address) => {
                kept_if(step.unchanged() && step.effects == [Effect::Obtained(address.clone())])
            }
            _ => Silent,
        };
        "ASK-4: a block is asked only of a peer known to have it" ["ASK-4"] ALWAYS |step| {
            let mut any = false;
            for (peer, message) in step.sends() {
                for entry in message.want_list.iter().flat_map(|list| &list.entries) {
                    if entry.cancel || entry.want_type == WantType::WantHave { continue; }
                    any = true;
                    let known = |node| context_of(node, peer).is_some_and(|context| context.contains(&entry.address));
                    if !known(step.before) && !known(step.after) { return Broken; }
                }
            }
            if any { Kept } else { Silent }
        };
        "ASK-5: the last word to a peer is an ask only where it is asked" ["ASK-5", "ASK-7", "XFER-7", "WIRE-6"] ALWAYS |step| {
            let mut any = false;
            for (peer, message) in step.sends() {
                for entry in message.want_list.iter().flat_map(|list| &list.entries) {
                    if entry.cancel || entry.want_type == WantType::WantHave { continue; }
                    any = true;
                    let last = step.entries_to(peer).rfind(|last| last.address == entry.address);
                    if last.is_none_or(|last| !last.cancel) && asked_of(step.after, &entry.address) != [peer] {
                        return Broken;
                    }
                }
            }
            if any { Kept } else { Silent }
        };
        "ASK-6: word of own wants is followed by asking for them in one list" ["ASK-6"] ALWAYS |step| match step.received() {
            Some((from, message)) if !message.presences.is_empty() && parts(message).len() == 1 => {
                let known = |address: &Address<N::Cid>| context_of(step.after, from).is_some_and(|context| context.contains(address));
                let unasked = |address: &Address<N::Cid>| asked_of(step.before, address).is_empty();
                let owed: Vec<_> = step.after.own_wants().map(|(address, _)| address)
                    .filter(|address| unasked(address) && known(address))
                    .cloned().map(WantEntry::want_block).collect();
                if owed.is_empty() { return Silent; }
                // What was asked of this peer, it denied, and then announced, is asked again in the same list.
                let says = |address: &Address<N::Cid>, what| message.presences.iter()
                    .any(|item| item.address == *address && item.presence_type == what);
                let again = |entry: &WantEntry<N::Cid>| !unasked(&entry.address)
                    && says(&entry.address, PresenceType::DontHave) && says(&entry.address, PresenceType::Have);
                let lists: Vec<_> = step.lists_to(from).collect();
                kept_if(matches!(lists.as_slice(), [list] if !list.full
                    && list.entries.iter().filter(|entry| !again(entry)).eq(&owed)))
            }
            _ => Silent,
        };
        "ASK-7: cancelling ends the want and is told to whom it was asked of" ["ASK-7"] ALWAYS |step| match step.event {
            Event::Cancel(address) if step.before.wants(address) => {
                kept_if(!step.after.wants(address) && step.cancels_unanswered(address, None)
                    && step.has_effect(&Effect::Cancelled { address: address.clone(), was_wanted: true }))
            }
            _ => Silent,
        };
        "ASK-7: cancelling anything else does nothing" ["ASK-7"] ALWAYS |step| match step.event {
            Event::Cancel(address) if !step.before.wants(address) => {
                kept_if(step.unchanged() && step.effects == [Effect::Cancelled { address: address.clone(), was_wanted: false }])
            }
            _ => Silent,
        };
        "ASK-8: a retry asks another holder, or announces the want anew" ["ASK-8"] ALWAYS |step| match step.event {
            Event::Retry(address) => {
                let config = step.before.config();
                let Some((_, want)) = step.before.own_wants().find(|(wanted, _)| *wanted == address) else { return Silent };
                if want.retries >= config.retries { return Silent; }
                let forgotten = want.asked.iter().all(|peer| {
                    context_of(step.after, peer).is_none_or(|context| !context.contains(address))
                });
                let asked = asked_of(step.after, address);
                let anew = match asked.as_slice() {
                    [] => step.after.contexts().values().all(|context| !context.contains(address))
                        && step.after.contexts().keys().all(|peer| {
                            step.entries_to(peer).any(|entry| *entry == WantEntry::want_have(address.clone()))
                        })
                        && step.has_effect(&Effect::Discover(address.cid_or_tree_cid().clone())),
                    [other] => !want.asked.contains(*other) && step.asks(other, address),
                    _ => false,
                };
                kept_if(forgotten && anew)
            }
            _ => Silent,
        };
        "ASK-9: after the last retry the request fails" ["ASK-9"] ALWAYS |step| match step.event {
            Event::Retry(address) => {
                let Some((_, want)) = step.before.own_wants().find(|(wanted, _)| *wanted == address) else { return Silent };
                if want.retries < step.before.config().retries { return Silent; }
                kept_if(!step.after.wants(address) && step.has_effect(&Effect::Failed(address.clone()))
                    && step.cancels_unanswered(address, None))
            }
            _ => Silent,
        };
        "WANT-1: a WantBlock for what is not held is recorded last" ["WANT-1"] ALWAYS |step| match step.want_block() {
            Some((from, entry)) if !step.before.holds(&entry.address) && recorded(step.before, from, &entry.address).is_none() => {
                let most = step.before.config().wants_per_peer as usize;
                if context_of(step.before, from).is_some_and(|context| context.wants().len() >= most) { return Silent; }
                kept_if(context_of(step.after, from).is_some_and(|context| context.wants().last() == Some(entry)))
            }
            _ => Silent,
        };
        "WIRE-10: no more of a peer's wants are recorded than there is room for" ["WIRE-10"] ALWAYS |step| match step.want_block() {
            Some((from, entry)) if recorded(step.before, from, &entry.address).is_none() => {
                let most = step.before.config().wants_per_peer as usize;
                let wants = |node| context_of(node, from).map_or(0, |context| context.wants().len());
                if wants(step.before) < most { return Silent; }
                kept_if(wants(step.after) <= wants(step.before))
            }
            _ => Silent,
        };
        "WANT-2: a WantBlock for what is held is answered with it" ["WANT-2"] SERVES_LATER |step| match step.want_block() {
            Some((from, entry)) if step.before.holds(&entry.address) => {
                kept_if(step.deliveries_to(from).filter(|delivery| delivery.address == entry.address).count() == 1
                    && recorded(step.after, from, &entry.address).is_none())
            }
            _ => Silent,
        };
        "WANT-3: a WantHave is not recorded" ["WANT-3"] ALWAYS |step| match step.want_have() {
            Some((from, entry)) if recorded(step.before, from, &entry.address).is_none() => {
                kept_if(recorded(step.after, from, &entry.address).is_none())
            }
            _ => Silent,
        };
        "WANT-4: a WantHave for what is held is answered with Have" ["WANT-4"] ALWAYS |step| match step.want_have() {
            Some((from, entry)) if step.before.holds(&entry.address) && recorded(step.before, from, &entry.address).is_none() => {
                let have = Presence {
                    address: entry.address.clone(),
                    presence_type: PresenceType::Have,
                    price: step.before.config().price,
                };
                kept_if(step.items_to(from).eq([&have]))
            }
            _ => Silent,
        };
        "WANT-5: a WantHave for what is not held is answered with DontHave, as asked" ["WANT-5"] ALWAYS |step| match step.want_have() {
            Some((from, entry)) if !step.before.holds(&entry.address) && entry.send_dont_have
                && recorded(step.before, from, &entry.address).is_none() => {
                kept_if(step.answers(from, &entry.address) == [PresenceType::DontHave])
            }
            _ => Silent,
        };
        "WANT-6: a WantHave for what is not held is not answered unasked" ["WANT-6"] ALWAYS |step| match step.want_have() {
            Some((from, entry)) if !step.before.holds(&entry.address) && !entry.send_dont_have => {
                kept_if(step.answers(from, &entry.address).is_empty())
            }
            _ => Silent,
        };
        "WANT-7: a WantBlock for what is not held is answered with DontHave, as asked" ["WANT-7"] ALWAYS |step| match step.want_block() {
            Some((from, entry)) if !step.before.holds(&entry.address) && entry.send_dont_have => {
                kept_if(step.answers(from, &entry.address) == [PresenceType::DontHave])
            }
            _ => Silent,
        };
        "WANT-8: a cancel removes the entry and is not answered" ["WANT-8"] ALWAYS |step| match step.entry() {
            Some((from, entry)) if entry.cancel => {
                kept_if(recorded(step.after, from, &entry.address).is_none() && step.without_effects())
            }
            _ => Silent,
        };
        "WANT-9: a WantBlock for what is recorded updates it in place" ["WANT-9"] ALWAYS |step| match step.atom() {
            Some(Atom::Entry(from, entry, false)) if !entry.cancel && entry.want_type == WantType::WantBlock => {
                let Some((place, _)) = recorded(step.before, from, &entry.address) else { return Silent };
                if step.before.holds(&entry.address) { return Silent; }
                kept_if(recorded(step.after, from, &entry.address) == Some((place, entry)))
            }
            _ => Silent,
        };
        "WANT-10: a WantHave for what is recorded is answered and changes nothing" ["WANT-10"] ALWAYS |step| match step.want_have() {
            Some((from, entry)) => {
                let Some((_, record)) = recorded(step.before, from, &entry.address) else { return Silent };
                let expected: &[PresenceType] = if step.before.holds(&entry.address) {
                    &[PresenceType::Have]
                } else if entry.send_dont_have {
                    &[PresenceType::DontHave]
                } else {
                    &[]
                };
                kept_if(step.answers(from, &entry.address) == expected
                    && recorded(step.after, from, &entry.address).map(|(_, after)| after) == Some(record))
            }
            _ => Silent,
        };
        "WANT-11: a full list replaces what was recorded" ["WANT-11"] ALWAYS |step| match step.received() {
            Some((from, Message { want_list: Some(list), .. })) if list.full => {
                kept_if(context_of(step.after, from).is_none_or(|context| context.wants().all(|record| {
                    list.entries.iter().any(|entry| entry.address == record.address)
                })))
            }
            _ => Silent,
        };
        "WANT-12: a list that is not full leaves what it does not name" ["WANT-12"] ALWAYS |step| match step.received() {
            Some((from, Message { want_list: Some(list), deliveries, .. })) if !list.full && deliveries.is_empty() => {
                let unnamed = |node| context_of(node, from).map(|context| context.wants()
                    .filter(|record| !list.entries.iter().any(|entry| entry.address == record.address))
                    .cloned().collect::<Vec<_>>());
                // What is owed and held is served by a deviating node whenever it comes to it.
                kept_if(unnamed(step.before) == unnamed(step.after))
            }
            _ => Silent,
        };
        "WANT-13: what becomes held is sent to whoever waits for it" ["WANT-13"] SERVES_LATER |step| {
            // The list of the same message may have taken a want back, or made one.
            if step.received().is_some_and(|(_, message)| parts(message).len() > 1) { return Silent; }
            let mut any = false;
            for address in step.newly_held() {
                for (peer, context, after) in step.contexts() {
                    if !context.wants().any(|entry| entry.address == *address && entry.want_type == WantType::WantBlock) {
                        continue;
                    }
                    any = true;
                    let sent = step.deliveries_to(peer).filter(|delivery| delivery.address == *address).count();
                    let gone = after.is_none_or(|after| !after.wants().any(|entry| entry.address == *address));
                    if sent != 1 || !gone { return Broken; }
                }
            }
            if any { Kept } else { Silent }
        };
        "WANT-14: highest priority first, then in the order recorded" ["WANT-14"] SERVES_LATER |step| {
            if step.received().is_some_and(|(_, message)| parts(message).len() > 1) { return Silent; }
            let mut any = false;
            for peer in step.before.contexts().keys() {
                let named: Vec<_> = match step.received() {
                    Some((from, Message { want_list: Some(list), .. })) if from == peer => list.entries.iter().collect(),
                    _ => context_of(step.before, peer).into_iter().flat_map(PeerContext::wants).collect(),
                };
                // What is named twice is delivered twice, each time by an entry of its own.
                let mut ranks: Vec<_> = named.iter().enumerate()
                    .filter(|(_, entry)| !entry.cancel && entry.want_type == WantType::WantBlock)
                    .map(|(place, entry)| (std::cmp::Reverse(entry.priority), place, &entry.address))
                    .collect();
                ranks.sort();
                let mut rank = |address: &Address<N::Cid>| {
                    let found = ranks.iter().position(|(_, _, named)| *named == address)?;
                    let (priority, place, _) = ranks.remove(found);
                    Some((priority, place))
                };
                let sent: Vec<_> = step.deliveries_to(peer).filter_map(|delivery| rank(&delivery.address)).collect();
                if sent.len() < 2 { continue; }
                any = true;
                if !sent.is_sorted() { return Broken; }
            }
            if any { Kept } else { Silent }
        };
        "WANT-14: a cancel leaves the others in the order recorded" ["WANT-14", "WANT-8"] ALWAYS |step| match step.atom() {
            Some(Atom::Entry(from, entry, false)) if entry.cancel => {
                let others = |node| context_of(node, from).into_iter().flat_map(PeerContext::wants)
                    .filter(|other| other.address != entry.address).collect::<Vec<_>>();
                kept_if(others(step.before) == others(step.after))
            }
            _ => Silent,
        };
        "WANT-15: entries are handled in order, each as if alone" ["WANT-15"] ALWAYS |step| match step.received() {
            Some((from, message)) if parts(message).len() == 1 => {
                let Some(list) = message.want_list.as_ref().filter(|list| !list.full && list.entries.len() > 1) else { return Silent };
                let entries = list.entries.iter().map(|entry| Message::want_list(vec![entry.clone()], false));
                kept_if(step.one_by_one(from, entries.collect(), |node, effects| {
                    looks_like(node, step.after) && told(effects) == told(step.effects)
                }))
            }
            _ => Silent,
        };
        "WANT-17: a peer's list changes no other context" ["WANT-17"] ALWAYS |step| match step.received() {
            Some((from, message)) if message.want_list.is_some() && parts(message).len() == 1 => {
                kept_if(step.contexts().all(|(peer, before, after)| peer == from || after.is_some_and(|after| same_context(before, after))))
            }
            _ => Silent,
        };
        "WANT-18: one list is answered with one presence message, before the deliveries" ["WANT-18"] ALWAYS |step| match step.received() {
            Some((from, message)) if message.want_list.is_some() && step.items_to(from).nth(1).is_some() => {
                let told: Vec<_> = step.sent_to(from).collect();
                let first_block = told.iter().position(|message| !message.deliveries.is_empty()).unwrap_or(told.len());
                let items: Vec<_> = told.iter().map(|message| message.presences.len()).filter(|count| *count > 0).collect();
                // Split only where the one before is full.
                kept_if(items.iter().rev().skip(1).all(|count| *count == MAX_PRESENCES_SENT)
                    && told.iter().skip(first_block).all(|message| message.presences.is_empty()))
            }
            _ => Silent,
        };
        "XFER-1: a delivery carries the address as asked for, the CID, the data and the proof" ["XFER-1"] ALWAYS |step| {
            let mut any = false;
            for (peer, message) in step.sends() {
                for delivery in &message.deliveries {
                    any = true;
                    let waited = recorded(step.before, peer, &delivery.address).is_some();
                    let listed = step.received().is_some_and(|(from, message)| from == peer
                        && message.want_list.iter().flat_map(|list| &list.entries)
                            .any(|entry| entry.address == delivery.address));
                    let cid = step.after.held().get(&delivery.address).or_else(|| step.before.held().get(&delivery.address));
                    if !(waited || listed) || cid != Some(&delivery.cid) || !counts(delivery) { return Broken; }
                }
            }
            if any { Kept } else { Silent }
        };
        "XFER-2: a delivery of what is not wanted is ignored" ["XFER-2"] ALWAYS |step| match step.delivery() {
            Some((_, delivery)) if !step.before.wants(&delivery.address) => {
                kept_if(step.unchanged() && step.without_effects())
            }
            _ => Silent,
        };
        "XFER-3: a plain delivery counts only if data, CID and address agree" ["XFER-3", "XFER-5"] ALWAYS |step| match step.bad_delivery() {
            Some((_, delivery)) if !delivery.address.is_leaf() => {
                kept_if(step.before.held() == step.after.held() && step.after.wants(&delivery.address))
            }
            _ => Silent,
        };
        "XFER-4: a leaf delivery counts only with a proof that verifies" ["XFER-4", "XFER-5"] ALWAYS |step| match step.bad_delivery() {
            Some((_, delivery)) if delivery.address.is_leaf() => {
                kept_if(step.before.held() == step.after.held() && step.after.wants(&delivery.address))
            }
            _ => Silent,
        };
        "XFER-5: each delivery is judged by itself" ["XFER-5"] ALWAYS |step| match step.received() {
            Some((from, message)) if message.deliveries.len() > 1 && parts(message).len() == 1 => {
                let blocks = message.deliveries.iter().map(|block| Message::deliveries(vec![block.clone()]));
                kept_if(step.one_by_one(from, blocks.collect(), |node, _| node.held() == step.after.held()))
            }
            _ => Silent,
        };
        "XFER-6: whoever was asked and delivers badly is no longer asked" ["XFER-6"] ALWAYS |step| match step.bad_delivery() {
            Some((from, delivery)) if is_asked(step.before, from, &delivery.address) => {
                kept_if(context_of(step.after, from).is_none_or(|context| !context.contains(&delivery.address))
                    && step.asked_elsewhere(from, &delivery.address))
            }
            _ => Silent,
        };
        "XFER-7: a delivery that counts makes the block held" ["XFER-7"] ONLY_ASKED |step| match step.delivery() {
            Some((from, delivery)) if step.before.wants(&delivery.address) && counts(delivery) => {
                let under = [delivery.address.clone(), Address::Plain(delivery.cid.clone())];
                kept_if(under.iter().all(|address| step.after.holds(address) && !step.after.wants(address)
                    && (!step.before.wants(address) || step.has_effect(&Effect::Obtained(address.clone()))
                        && step.cancels_unanswered(address, Some(from))))
                    && step.newly_held().all(|address| under.contains(address)))
            }
            _ => Silent,
        };
        "HELD-1: a stored block is held and ends its wants" ["HELD-1"] ALWAYS |step| match step.event {
            Event::Stored { cid, leaves } => {
                let plain = Address::Plain(cid.clone());
                kept_if(leaves.iter().chain([&plain]).all(|address| step.after.holds(address) && !step.after.wants(address)
                    && (!step.before.wants(address) || step.has_effect(&Effect::Obtained(address.clone()))
                        && step.cancels_unanswered(address, None))))
            }
            _ => Silent,
        };
        "HELD-1: a stored block is sent to whoever waits for it" ["HELD-1", "WANT-13"] SERVES_LATER |step| match step.event {
            Event::Stored { .. } => {
                let mut any = false;
                for address in step.newly_held() {
                    for (peer, context) in step.before.contexts() {
                        if !context.wants().any(|entry| entry.address == *address && entry.want_type == WantType::WantBlock) {
                            continue;
                        }
                        any = true;
                        if !step.deliveries_to(peer).any(|delivery| delivery.address == *address) { return Broken; }
                    }
                }
                if any { Kept } else { Silent }
            }
            _ => Silent,
        };
        "HELD-2: deleting sends nothing and changes no context" ["HELD-2"] ALWAYS |step| match step.event {
            Event::Deleted(cid) => kept_if(step.without_effects()
                && same_contexts(step.before, step.after)
                && step.before.own_wants().eq(step.after.own_wants())
                && !step.after.held().values().any(|held| held == cid)),
            _ => Silent,
        };
        "WIRE-6: the parts of a message are handled in order" ["WIRE-6"] ALWAYS |step| match step.received() {
            Some((from, message)) => {
                let parts = parts(message);
                if parts.len() < 2 { return Silent; }
                kept_if(step.one_by_one(from, parts, |node, effects| {
                    looks_like(node, step.after) && told(effects) == told(step.effects)
                }))
            }
            _ => Silent,
        };
        "WIRE-6: an empty message does nothing" ["WIRE-6"] ALWAYS |step| match step.received() {
            Some((_, message)) if message.is_empty() => kept_if(step.unchanged() && step.without_effects()),
            _ => Silent,
        };
        "WIRE-9: nothing that a peer does ends the process" ["WIRE-9"] ALWAYS |step| match step.event {
            Event::Received { .. } | Event::Joined(_) | Event::Left(_) => {
                kept_if(!step.effects.iter().any(|effect| matches!(effect, Effect::Other(OtherEffect::Abort(_)))))
            }
            _ => Silent,
        };
        "PAY-1: the later account replaces the earlier" ["PAY-1"] ALWAYS |step| match step.received() {
            Some((from, message)) if message.account.is_some() => {
                kept_if(context_of(step.after, from).is_some_and(|context| context.account() == message.account.as_ref()))
            }
            _ => Silent,
        };
    }
}

/// A set of predicates, by their place in a [`Judge`]'s list.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u128);

impl Marks {
    /// The set of this one.
    pub const fn of(place: usize) -> Self {
        Marks(1 << place)
    }

    /// Whether this one is in the set.
    pub const fn contains(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    pub const fn union(self, other: Marks) -> Self {
        Marks(self.0 | other.0)
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries((0..128).filter(|place| self.contains(*place)))
            .finish()
    }
}

/// Judges steps by every rule, and the state after them by every invariant.
pub struct Judge<N: Names> {
    rules: Vec<Rule<N>>,
    invariants: Vec<Invariant<N, Deviating<N>>>,
    reached: [AtomicU64; 2],
}

/// One predicate of a [`Judge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// What it says.
    pub name: &'static str,
    /// The requirements that a node breaks when it does not hold.
    pub requirements: &'static [&'static str],
}

/// Invariants that a node may break until it comes to serving what it owes.
const UNTIL_SERVED: &[&str] = &["WANT-2", "WANT-13"];

impl<N: Names> Default for Judge<N> {
    fn default() -> Self {
        Judge {
            rules: rules(),
            invariants: invariants(),
            reached: Default::default(),
        }
    }
}

impl<N: Names> Judge<N> {
    /// Every predicate, by its place in [`Marks`].
    pub fn predicates(&self) -> impl Iterator<Item = Predicate> {
        let rules = self.rules.iter().map(|rule| Predicate {
            name: rule.name,
            requirements: rule.requirements,
        });
        rules.chain(self.invariants.iter().map(|invariant| Predicate {
            name: invariant.name,
            requirements: invariant.requirements,
        }))
    }

    /// The predicates that this step breaks.
    pub fn broken(&self, step: &Step<'_, N>) -> Marks {
        let deviations = step.before.deviations();
        let mut broken = Marks::default();
        let mut reached = Marks::default();
        for (place, rule) in self.rules.iter().enumerate() {
            if deviations.intersects(rule.unless) {
                continue;
            }
            match (rule.judge)(step) {
                Silent => {}
                Kept => reached = reached.union(Marks::of(place)),
                Broken => {
                    reached = reached.union(Marks::of(place));
                    broken = broken.union(Marks::of(place));
                }
            }
        }
        for (place, invariant) in self.invariants.iter().enumerate() {
            let excused = deviations.intersects(SERVES_LATER)
                && invariant
                    .requirements
                    .iter()
                    .any(|id| UNTIL_SERVED.contains(id));
            if !excused && !(invariant.holds)(step.after) {
                broken = broken.union(Marks::of(self.rules.len() + place));
            }
        }
        self.note(reached);
        broken
    }

    /// The rules that had anything to say so far: a rule that never had holds vacuously.
    pub fn reached(&self) -> Marks {
        let [low, high] = &self.reached;
        let (low, high) = (low.load(Ordering::Relaxed), high.load(Ordering::Relaxed));
        Marks(u128::from(low) | u128::from(high) << 64)
    }

    /// The rules that never had anything to say.
    pub fn unreached(&self) -> Vec<Predicate> {
        let reached = self.reached();
        self.predicates()
            .take(self.rules.len())
            .enumerate()
            .filter(|(place, _)| !reached.contains(*place))
            .map(|(_, predicate)| predicate)
            .collect()
    }

    fn note(&self, marks: Marks) {
        let halves = [marks.0 as u64, (marks.0 >> 64) as u64];
        for (known, marks) in self.reached.iter().zip(halves) {
            if marks & !known.load(Ordering::Relaxed) != 0 {
                known.fetch_or(marks, Ordering::Relaxed);
            }
        }
    }
}
