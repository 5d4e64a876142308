//! [`Outbox`]: what one step owes each peer, put into messages when the step ends.

use std::collections::BTreeMap;

use crate::address::{Address, Names};
use crate::deviation::Deviation;
use crate::message::{Account, Delivery, Evidence, Message, Presence, WantEntry};

use super::{Config, Effect, MAX_BLOCKS_SENT, MAX_ENTRIES_SENT, MAX_PRESENCES_SENT, deviant};

/// What a step has come to so far.
pub(super) struct Outbox<N: Names> {
    effects: Vec<Effect<N>>,
    owed: BTreeMap<N::Peer, Owed<N>>,
}

/// What the step owes one peer, in the order in which it is sent.
struct Owed<N: Names> {
    /// The own want list, for a peer that joined (JOIN-4).
    own_want_list: Option<Vec<WantEntry<N::Cid>>>,
    account: Option<Account>,
    presences: Vec<Presence<N::Cid>>,
    cancels: Vec<WantEntry<N::Cid>>,
    wants: Vec<WantEntry<N::Cid>>,
    /// With the priority of the want that each one meets.
    deliveries: Vec<(i32, Delivery<N::Cid>)>,
}

impl<N: Names> Outbox<N> {
    pub(super) fn new() -> Self {
        Outbox {
            effects: Vec::new(),
            owed: BTreeMap::new(),
        }
    }

    /// An effect that is no message.
    pub(super) fn effect(&mut self, effect: Effect<N>) {
        self.effects.push(effect);
    }

    pub(super) fn account(&mut self, to: &N::Peer, account: Account) {
        self.owed(to).account = Some(account);
    }

    pub(super) fn own_want_list(&mut self, to: &N::Peer, entries: Vec<WantEntry<N::Cid>>) {
        self.owed(to).own_want_list = Some(entries);
    }

    pub(super) fn cancel(&mut self, to: &N::Peer, address: Address<N::Cid>) {
        let owed = self.owed(to);
        // A want that is asked anew and then met in the same step, by two deliveries of one
        // message, must not be asked after its cancel.
        owed.wants.retain(|entry| entry.address != address);
        owed.cancels.push(WantEntry::cancel(address));
    }

    /// Whoever is owed a cancel of this address is owed another ([`Deviation::TakeTwice`]).
    pub(super) fn cancel_again(&mut self, address: &Address<N::Cid>) {
        for owed in self.owed.values_mut() {
            if owed.cancels.iter().any(|entry| entry.address == *address) {
                owed.cancels.push(WantEntry::cancel(address.clone()));
            }
        }
    }

    pub(super) fn want(&mut self, to: &N::Peer, entry: WantEntry<N::Cid>) {
        self.owed(to).wants.push(entry);
    }

    pub(super) fn presence(&mut self, to: &N::Peer, presence: Presence<N::Cid>) {
        self.owed(to).presences.push(presence);
    }

    pub(super) fn delivery(
        &mut self,
        to: &N::Peer,
        priority: i32,
        address: Address<N::Cid>,
        cid: N::Cid,
    ) {
        let evidence = Evidence::valid_for(&address);
        self.owed(to).deliveries.push((
            priority,
            Delivery {
                address,
                cid,
                evidence,
            },
        ));
    }

    fn owed(&mut self, to: &N::Peer) -> &mut Owed<N> {
        self.owed.entry(to.clone()).or_insert_with(|| Owed {
            account: None,
            own_want_list: None,
            cancels: Vec::new(),
            wants: Vec::new(),
            presences: Vec::new(),
            deliveries: Vec::new(),
        })
    }

    /// The effects of the step: first what is no message, then the messages, peer by peer.
    pub(super) fn into_effects(mut self, config: &Config) -> Vec<Effect<N>> {
        for (peer, owed) in std::mem::take(&mut self.owed) {
            for message in owed.into_messages(config) {
                self.effects.push(Effect::Send {
                    to: peer.clone(),
                    message,
                });
            }
        }
        self.effects
    }
}

impl<N: Names> Owed<N> {
    fn into_messages(mut self, config: &Config) -> Vec<Message<N>> {
        let deviates = |deviation| config.deviations.contains(deviation);
        let mut messages = Vec::new();
        // JOIN-8
        let max_entries = if deviates(Deviation::OversizedLists) {
            usize::MAX
        } else {
            MAX_ENTRIES_SENT
        };
        // JOIN-4: the first says `full`, the following ones do not.
        if let Some(list) = self.own_want_list {
            if list.is_empty() {
                messages.push(Message::want_list(list, true));
            } else {
                messages.extend(
                    split(list, max_entries)
                        .enumerate()
                        .map(|(i, entries)| Message::want_list(entries, i == 0)),
                );
            }
        }
        if let Some(account) = self.account {
            messages.push(Message::account(account));
        }
        // WANT-18
        let max_presences = if deviates(Deviation::AnswerEachEntry) {
            1
        } else {
            MAX_PRESENCES_SENT
        };
        messages.extend(split(self.presences, max_presences).map(Message::presences));
        for entries in [self.cancels, self.wants] {
            messages.extend(
                split(entries, max_entries).map(|entries| Message::want_list(entries, false)),
            );
        }
        if deviates(Deviation::FullOnEveryList) {
            deviant::mark_every_list_full(&mut messages);
        }
        // WANT-14: highest priority first; a stable sort keeps the order recorded.
        if deviates(Deviation::UnorderedServing) {
            deviant::scatter(&mut self.deliveries);
        } else {
            self.deliveries
                .sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
        }
        // XFER-9
        let max_blocks = if deviates(Deviation::UnboundedMessage) {
            usize::MAX
        } else {
            MAX_BLOCKS_SENT
        };
        // XFER-1
        if deviates(Deviation::DeliverUnderOwnCid) {
            deviant::name_by_own_cid(&mut self.deliveries);
        }
        let deliveries = self.deliveries.into_iter().map(|(_, delivery)| delivery);
        messages.extend(split(deliveries.collect(), max_blocks).map(Message::deliveries));
        messages
    }
}

/// The items in runs of at most `most`, in order; no run is empty.
fn split<T>(items: Vec<T>, most: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rest = items.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(most).collect())
    })
}
