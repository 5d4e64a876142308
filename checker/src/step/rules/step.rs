//! [`Step`]: one step of one node, and what the rules ask of it.

use blockexc_model::address::{Address, Names};
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::{
    Delivery, Message, Presence, PresenceType, WantEntry, WantList, WantType,
};

use super::super::choice::any_way;
use super::message::{count_parts, is_valid, is_want_block, is_want_have, sent_items};
use super::state::{asked_of, context_of, same_state, wants_of};

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

/// A received message of one part, which is one entry or item.
enum Single<'a, N: Names> {
    Entry {
        entry: &'a WantEntry<N::Cid>,
        full: bool,
    },
    Item(&'a Presence<N::Cid>),
    Delivery(&'a Delivery<N::Cid>),
}

/// How the node deviates.
impl<N: Names> Step<'_, N> {
    /// The node's deviations: none for the reference.
    pub(super) fn deviations(&self) -> Deviations {
        self.before.deviations()
    }

    /// Whether the node's process ends.
    pub(super) fn aborts(&self) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Other(OtherEffect::Abort(_))))
    }
}

/// The event.
impl<N: Names> Step<'_, N> {
    /// The peer of a Joined that had no context.
    pub(super) fn joined(&self) -> Option<&N::Peer> {
        match self.event {
            Event::Joined(peer) if context_of(self.before, peer).is_none() => Some(peer),
            _ => None,
        }
    }

    /// The peer of a Left.
    pub(super) fn left(&self) -> Option<&N::Peer> {
        match self.event {
            Event::Left(peer) => Some(peer),
            _ => None,
        }
    }

    /// The address that the user requests.
    pub(super) fn requested(&self) -> Option<&Address<N::Cid>> {
        match self.event {
            Event::Request(address) => Some(address),
            _ => None,
        }
    }

    /// The address whose request the user cancels.
    pub(super) fn cancelled(&self) -> Option<&Address<N::Cid>> {
        match self.event {
            Event::Cancel(address) => Some(address),
            _ => None,
        }
    }

    /// The message that was received, from a peer with a context.
    pub(super) fn received(&self) -> Option<(&N::Peer, &Message<N>)> {
        match self.event {
            Event::Received { from, message } if context_of(self.before, from).is_some() => {
                Some((from, message))
            }
            _ => None,
        }
    }

    /// A message of one part.
    pub(super) fn received_part(&self) -> Option<(&N::Peer, &Message<N>)> {
        self.received()
            .filter(|(_, message)| count_parts(message) == 1)
    }

    /// Whether a message of several parts was received.
    pub(super) fn has_several_parts(&self) -> bool {
        self.received()
            .is_some_and(|(_, message)| count_parts(message) > 1)
    }

    /// A message with a want list.
    pub(super) fn received_list(&self) -> Option<(&N::Peer, &WantList<N::Cid>)> {
        let (from, message) = self.received()?;
        Some((from, message.want_list.as_ref()?))
    }

    fn single(&self) -> Option<(&N::Peer, Single<'_, N>)> {
        let (from, message) = self.received()?;
        if message.account.is_some() || message.payment.is_some() {
            return None;
        }
        let parts = (
            message.want_list.as_ref(),
            message.deliveries.as_slice(),
            message.presences.as_slice(),
        );
        let single = match parts {
            (Some(list), [], []) => match list.entries.as_slice() {
                [entry] => Single::Entry {
                    entry,
                    full: list.full,
                },
                _ => return None,
            },
            (None, [delivery], []) => Single::Delivery(delivery),
            (None, [], [item]) => Single::Item(item),
            _ => return None,
        };
        Some((from, single))
    }

    /// The entry of a message that is a list with one.
    pub(super) fn entry(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        match self.single()? {
            (from, Single::Entry { entry, .. }) => Some((from, entry)),
            _ => None,
        }
    }

    /// The entry of a message that is a list with one and not full.
    pub(super) fn entry_of_partial_list(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        match self.single()? {
            (from, Single::Entry { entry, full: false }) => Some((from, entry)),
            _ => None,
        }
    }

    /// The same for an entry that asks for the block itself.
    pub(super) fn want_block(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        self.entry().filter(|(_, entry)| is_want_block(entry))
    }

    /// The same for an entry that asks who has the block.
    pub(super) fn want_have(&self) -> Option<(&N::Peer, &WantEntry<N::Cid>)> {
        self.entry().filter(|(_, entry)| is_want_have(entry))
    }

    /// The presence item of a message that is nothing else.
    pub(super) fn any_item(&self) -> Option<(&N::Peer, &Presence<N::Cid>)> {
        match self.single()? {
            (from, Single::Item(item)) => Some((from, item)),
            _ => None,
        }
    }

    /// The same for an item of this type.
    pub(super) fn item(
        &self,
        presence_type: PresenceType,
    ) -> Option<(&N::Peer, &Presence<N::Cid>)> {
        self.any_item()
            .filter(|(_, item)| item.presence_type == presence_type)
    }

    /// The delivery of a message that is nothing else.
    pub(super) fn delivery(&self) -> Option<(&N::Peer, &Delivery<N::Cid>)> {
        match self.single()? {
            (from, Single::Delivery(delivery)) => Some((from, delivery)),
            _ => None,
        }
    }

    /// The same for a delivery for an own want that does not count (XFER-3, XFER-4).
    pub(super) fn invalid_delivery(&self) -> Option<(&N::Peer, &Delivery<N::Cid>)> {
        self.delivery()
            .filter(|(_, delivery)| self.before.wants(&delivery.address) && !is_valid(delivery))
    }

    /// Whether a received message has an item of this peer, address and type.
    pub(super) fn has_item(
        &self,
        peer: &N::Peer,
        address: &Address<N::Cid>,
        presence_type: PresenceType,
    ) -> bool {
        self.received().is_some_and(|(from, message)| {
            from == peer
                && message
                    .presences
                    .iter()
                    .any(|item| item.address == *address && item.presence_type == presence_type)
        })
    }
}

/// The effects.
impl<N: Names> Step<'_, N> {
    pub(super) fn has_effect(&self, wanted: &Effect<N>) -> bool {
        self.effects.contains(wanted)
    }

    pub(super) fn sends(&self) -> impl Iterator<Item = (&N::Peer, &Message<N>)> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Send { to, message } => Some((to, message)),
            _ => None,
        })
    }

    /// The messages to this peer.
    pub(super) fn sent_to<'b>(&'b self, peer: &'b N::Peer) -> impl Iterator<Item = &'b Message<N>> {
        self.sends()
            .filter(move |(to, _)| *to == peer)
            .map(|(_, message)| message)
    }

    pub(super) fn lists_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl Iterator<Item = &'b WantList<N::Cid>> {
        self.sent_to(peer)
            .filter_map(|message| message.want_list.as_ref())
    }

    pub(super) fn entries_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl DoubleEndedIterator<Item = &'b WantEntry<N::Cid>> {
        let lists: Vec<_> = self.lists_to(peer).collect();
        lists.into_iter().flat_map(|list| &list.entries)
    }

    pub(super) fn items_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl Iterator<Item = &'b Presence<N::Cid>> {
        self.sent_to(peer).flat_map(|message| &message.presences)
    }

    pub(super) fn deliveries_to<'b>(
        &'b self,
        peer: &'b N::Peer,
    ) -> impl Iterator<Item = &'b Delivery<N::Cid>> {
        self.sent_to(peer).flat_map(|message| &message.deliveries)
    }

    /// How many deliveries of this block the peer is sent.
    pub(super) fn count_deliveries(&self, peer: &N::Peer, address: &Address<N::Cid>) -> usize {
        self.deliveries_to(peer)
            .filter(|delivery| delivery.address == *address)
            .count()
    }

    /// The types of the presence items about this block that the peer is sent.
    pub(super) fn answers(&self, peer: &N::Peer, address: &Address<N::Cid>) -> Vec<PresenceType> {
        self.items_to(peer)
            .filter(|item| item.address == *address)
            .map(|item| item.presence_type)
            .collect()
    }

    /// The WantBlock entries that are sent, each with its receiver.
    pub(super) fn asks(&self) -> impl Iterator<Item = (&N::Peer, &WantEntry<N::Cid>)> {
        self.sends().flat_map(|(peer, message)| {
            let entries = message.want_list.iter().flat_map(|list| &list.entries);
            entries
                .filter(|entry| is_want_block(entry))
                .map(move |entry| (peer, entry))
        })
    }

    /// Whether this peer is asked for this block.
    pub(super) fn asks_for(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        self.entries_to(peer)
            .any(|entry| is_want_block(entry) && entry.address == *address)
    }

    fn cancels(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        self.entries_to(peer)
            .any(|entry| entry.cancel && entry.address == *address)
    }

    /// Whether every peer that was asked and has not answered is sent a cancel, except this one.
    pub(super) fn cancels_unanswered(
        &self,
        address: &Address<N::Cid>,
        except: Option<&N::Peer>,
    ) -> bool {
        self.before
            .own_wants()
            .filter(|(wanted, _)| *wanted == address)
            .flat_map(|(_, want)| want.unanswered.union(&want.asked))
            .filter(|peer| Some(*peer) != except && context_of(self.before, peer).is_some())
            .all(|peer| self.cancels(peer, address))
    }
}

/// What has changed.
impl<N: Names> Step<'_, N> {
    /// Whether the step did nothing at all, as far as can be seen now or later of a node that
    /// keeps the specification.
    pub(super) fn does_nothing(&self) -> bool {
        self.changes_nothing() && self.effects.is_empty()
    }

    /// Whether the state after the step is the state before it.
    pub(super) fn changes_nothing(&self) -> bool {
        same_state(self.before, self.after)
    }

    /// The own wants that this step ended.
    pub(super) fn ended(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.before
            .own_wants()
            .map(|(address, _)| address)
            .filter(|address| !self.after.wants(address))
    }

    /// The addresses that this step made held.
    pub(super) fn newly_held(&self) -> impl Iterator<Item = &Address<N::Cid>> {
        self.after
            .held()
            .keys()
            .filter(|address| !self.before.holds(address))
    }

    /// The peers that wait for a block that this step made held, each with the block's address.
    pub(super) fn waiting_for_newly_held(
        &self,
    ) -> impl Iterator<Item = (&N::Peer, &Address<N::Cid>)> {
        self.newly_held().flat_map(|address| {
            let waits = |context: &PeerContext<N>| {
                context.wants().any(|entry| {
                    entry.address == *address && entry.want_type == WantType::WantBlock
                })
            };
            let contexts = self.before.contexts().iter();
            contexts
                .filter(move |(_, context)| waits(context))
                .map(move |(peer, _)| (peer, address))
        })
    }

    /// Whether there was room for one more want of this peer (WIRE-10).
    pub(super) fn had_room(&self, peer: &N::Peer) -> bool {
        wants_of(self.before, peer).count() < self.before.config().wants_per_peer as usize
    }

    /// Contexts that were there before, with what became of them.
    pub(super) fn contexts(
        &self,
    ) -> impl Iterator<Item = (&N::Peer, &PeerContext<N>, Option<&PeerContext<N>>)> {
        self.before
            .contexts()
            .iter()
            .map(|(peer, context)| (peer, context, context_of(self.after, peer)))
    }

    /// Whether the block is held after the step, and wanted no more. If it was wanted, its request
    /// completes, and whoever was asked and has not answered, except this peer, is sent a cancel.
    pub(super) fn obtains(&self, address: &Address<N::Cid>, except: Option<&N::Peer>) -> bool {
        let completes = || {
            self.has_effect(&Effect::Obtained(address.clone()))
                && self.cancels_unanswered(address, except)
        };
        self.after.holds(address)
            && !self.after.wants(address)
            && (!self.before.wants(address) || completes())
    }

    /// Whether what was asked of this peer is no longer asked of it, and is asked of one other
    /// holder where there is one (PRES-3, XFER-6, ASK-8, LEFT-2).
    pub(super) fn asks_elsewhere(&self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
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
        holders.any(|holder| asked == [holder] && self.asks_for(holder, address))
    }

    /// Whether the same node comes to the same result when it receives these messages of the same
    /// peer instead, one after the other. One way to make the choices that this leaves is enough.
    pub(super) fn one_by_one(
        &self,
        from: &N::Peer,
        messages: Vec<Message<N>>,
        is_same: impl Fn(&Node<N>, &[Effect<N>]) -> bool,
    ) -> bool {
        any_way(|player| {
            let mut node = self.before.clone();
            let mut effects = Vec::new();
            for message in messages.iter().cloned() {
                let from = from.clone();
                effects.extend(node.step(Event::Received { from, message }, player));
            }
            is_same(&node, &effects)
        })
    }

    /// Whether the same node comes to the same state and sends the same to everybody when it
    /// receives these messages instead.
    pub(super) fn does_the_same_one_by_one(
        &self,
        from: &N::Peer,
        messages: Vec<Message<N>>,
    ) -> bool {
        self.one_by_one(from, messages, |node, effects| {
            same_state(node, self.after) && sent_items(effects) == sent_items(self.effects)
        })
    }
}
