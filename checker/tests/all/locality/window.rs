//! [`Window`]: some of a node's peers and addresses, and what of a node, of what happens to it and of
//! what it does is seen through it.
//!
//! What is seen of a node is a small node. A step is local when the small node takes the step that is
//! seen of the large one. The engine's tests in the root of the workspace use this file too.

use std::collections::BTreeSet;

use blockexc_model::address::{Address, Names};
use blockexc_model::message::{Message, WantList};
use blockexc_model::node::{Effect, Event, Node, OwnWant};

/// Some peers and some addresses.
#[derive(Clone, Debug)]
pub struct Window<N: Names> {
    /// The peers.
    pub peers: BTreeSet<N::Peer>,
    /// The addresses: with one, all others of the same block.
    pub addresses: BTreeSet<Address<N::Cid>>,
}

impl<N: Names> Window<N> {
    /// The node of these peers and addresses. A want that is asked of a peer outside is seen without
    /// its holders: as a want that nobody here is known to have.
    pub fn node<B: Clone>(&self, node: &Node<N, B>) -> Node<N, B> {
        let mut seen = Node::behaving(node.behaviour.clone(), node.config.clone());
        let outside = |want: &OwnWant<N>| !want.asked.is_subset(&self.peers);
        for (address, want) in node.own_wants() {
            if self.addresses.contains(address) {
                let want = OwnWant {
                    asked: match outside(want) {
                        true => BTreeSet::new(),
                        false => want.asked.clone(),
                    },
                    unanswered: want.unanswered.intersection(&self.peers).cloned().collect(),
                    ..want.clone()
                };
                seen.wants.insert(address.clone(), want);
            }
        }
        for address in &self.addresses {
            if let Some(cid) = node.held.get(address) {
                seen.held.insert(address.clone(), cid.clone());
            }
        }
        let is_known = |address: &Address<N::Cid>| !node.wants.get(address).is_some_and(outside);
        for peer in &self.peers {
            let Some(context) = node.contexts.get(peer) else {
                continue;
            };
            let mut seen_context = blockexc_model::PeerContext {
                account: context.account,
                payment: context.payment.clone(),
                ..blockexc_model::PeerContext::default()
            };
            for address in self.addresses.iter().filter(|address| is_known(address)) {
                if let Some(price) = context.presence.get(address) {
                    seen_context.set_presence(address.clone(), *price);
                }
            }
            for entry in context.wants() {
                if self.addresses.contains(&entry.address) {
                    seen_context
                        .wants
                        .insert(entry.address.clone(), entry.clone());
                }
            }
            seen.contexts.insert(peer.clone(), seen_context);
        }
        seen
    }

    /// What of an event is seen; nothing when it is about other addresses.
    pub fn event<O: Clone>(&self, event: &Event<N, O>) -> Option<Event<N, O>> {
        let about = |address: &Address<N::Cid>| self.addresses.contains(address);
        match event {
            Event::Joined(_) | Event::Left(_) | Event::Other(_) => {}
            Event::Request(address) | Event::Cancel(address) | Event::Retry(address) => {
                return about(address).then(|| event.clone());
            }
            Event::Deleted(cid) => {
                return about(&Address::Plain(cid.clone())).then(|| event.clone());
            }
            Event::Stored { cid, leaves } => {
                return about(&Address::Plain(cid.clone())).then(|| Event::Stored {
                    cid: cid.clone(),
                    leaves: leaves.iter().filter(|leaf| about(leaf)).cloned().collect(),
                });
            }
            Event::Received { from, message } => {
                let mut message = self.restricted(message);
                // A list that is not full and names nothing does nothing.
                message.want_list = message
                    .want_list
                    .filter(|list| list.full || !list.entries.is_empty());
                let from = from.clone();
                return Some(Event::Received { from, message });
            }
        }
        Some(event.clone())
    }

    fn restricted(&self, message: &Message<N>) -> Message<N> {
        let about = |address: &Address<N::Cid>| self.addresses.contains(address);
        let mut seen = message.clone();
        if let Some(WantList { entries, .. }) = &mut seen.want_list {
            entries.retain(|entry| about(&entry.address));
        }
        seen.deliveries.retain(|block| about(&block.address));
        seen.presences.retain(|item| about(&item.address));
        seen
    }

    /// What of the effects of this event is seen, however many messages it was put into. What a large
    /// node cuts into several messages a small one says in one.
    pub fn effects<O: Clone, P: Clone>(
        &self,
        event: &Event<N, O>,
        effects: &[Effect<N, P>],
    ) -> Vec<Effect<N, P>> {
        let about = |address: &Address<N::Cid>| self.addresses.contains(address);
        let is_here = self.event(event).is_some();
        uncut(effects)
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Send { to, message } => {
                    let seen = self.restricted(&message);
                    let says_less = seen != message;
                    let says_nothing = seen.deliveries.is_empty()
                        && seen.presences.is_empty()
                        && seen.account.is_none()
                        && seen.payment.is_none()
                        && seen
                            .want_list
                            .as_ref()
                            .is_none_or(|list| list.entries.is_empty());
                    let is_seen = self.peers.contains(&to) && !(says_less && says_nothing);
                    is_seen.then_some(Effect::Send { to, message: seen })
                }
                Effect::Keep {
                    delivery,
                    cid,
                    addresses,
                } => about(addresses.first()?).then(|| Effect::Keep {
                    delivery: self.place(event, delivery),
                    cid,
                    addresses,
                }),
                Effect::Obtained(address) | Effect::Failed(address) if !about(&address) => None,
                Effect::Cancelled { address, .. } if !about(&address) => None,
                Effect::Discover(cid) => {
                    let mut names = self.addresses.iter().map(Address::cid_or_tree_cid);
                    (is_here && names.any(|name| *name == cid)).then_some(Effect::Discover(cid))
                }
                other => Some(other),
            })
            .collect()
    }

    /// Which of the deliveries that are seen this one is.
    fn place<O>(&self, event: &Event<N, O>, delivery: usize) -> usize {
        let Event::Received { message, .. } = event else {
            return delivery;
        };
        let before = message.deliveries.iter().take(delivery);
        before
            .filter(|block| self.addresses.contains(&block.address))
            .count()
    }
}

/// The effects as if a message had no bounds: what continues the message before it to the same peer
/// is a part of that.
pub fn uncut<N: Names, O: Clone>(effects: &[Effect<N, O>]) -> Vec<Effect<N, O>> {
    let mut whole: Vec<Effect<N, O>> = Vec::new();
    for effect in effects {
        if let (
            Some(Effect::Send { to, message }),
            Effect::Send {
                to: next_to,
                message: next,
            },
        ) = (whole.last_mut(), effect)
            && to == next_to
            && continues(message, next)
        {
            if let (Some(list), Some(next)) = (&mut message.want_list, &next.want_list) {
                list.entries.extend(next.entries.iter().cloned());
            }
            message.presences.extend(next.presences.iter().cloned());
            message.deliveries.extend(next.deliveries.iter().cloned());
        } else {
            whole.push(effect.clone());
        }
    }
    whole
}

/// Whether a message can be the continuation of the one before it: both have one part, the same,
/// and a list is not full, and as the list before says only cancels or none.
fn continues<N: Names>(message: &Message<N>, next: &Message<N>) -> bool {
    let parts = |message: &Message<N>| {
        [
            message.want_list.is_some(),
            !message.deliveries.is_empty(),
            !message.presences.is_empty(),
            message.account.is_some(),
            message.payment.is_some(),
        ]
    };
    let cancels = |message: &Message<N>| {
        let list = message.want_list.as_ref();
        list.is_some_and(|list| list.entries.iter().any(|entry| entry.cancel))
    };
    let [.., account, payment] = parts(next);
    parts(message) == parts(next)
        && !account
        && !payment
        && next.want_list.as_ref().is_none_or(|list| !list.full)
        && cancels(message) == cancels(next)
}
