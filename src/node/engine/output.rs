//! [`Output`]: what one step comes to, and the messages that it owes each peer.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use blockexc_model::address::{Address, Names};
use blockexc_model::message::{Account, Delivery, Evidence, Message, Presence, WantEntry};
use blockexc_model::node::{Effect, MAX_BLOCKS_SENT, MAX_ENTRIES_SENT, MAX_PRESENCES_SENT};

use super::contexts::Contexts;
use super::numbers::PeerNumber;

/// What a step has come to so far.
pub(super) struct Output<N: Names> {
    effects: Vec<Effect<N>>,
    owed: HashMap<PeerNumber, Owed<N>>,
}

impl<N: Names> Default for Output<N> {
    fn default() -> Self {
        Output {
            effects: Vec::new(),
            owed: HashMap::new(),
        }
    }
}

/// What the step owes one peer, in the order in which it is sent.
pub(super) struct Owed<N: Names> {
    /// For a peer that joined: a WantHave for each own want (JOIN-4).
    pub own_want_list: Vec<WantEntry<N::Cid>>,
    /// For a peer that joined: where to pay (JOIN-6).
    pub account: Option<Account>,
    /// Answers to its want list (WANT-18).
    pub presences: Vec<Presence<N::Cid>>,
    /// With the number of the request that ended.
    cancels: Vec<(u64, WantEntry<N::Cid>)>,
    /// With the number of the request that is pursued.
    wants: Vec<(u64, WantEntry<N::Cid>)>,
    /// With the priority of the want that each one meets.
    deliveries: Vec<(i32, Delivery<N::Cid>)>,
}

impl<N: Names> Default for Owed<N> {
    fn default() -> Self {
        Owed {
            own_want_list: Vec::new(),
            account: None,
            presences: Vec::new(),
            cancels: Vec::new(),
            wants: Vec::new(),
            deliveries: Vec::new(),
        }
    }
}

impl<N: Names> Output<N> {
    /// An effect that is no message.
    pub fn effect(&mut self, effect: Effect<N>) {
        self.effects.push(effect);
    }

    /// What this peer is owed.
    pub fn to(&mut self, peer: PeerNumber) -> &mut Owed<N> {
        self.owed.entry(peer).or_default()
    }

    /// An entry in pursuit of the own want with this request number.
    pub fn want(&mut self, to: PeerNumber, request: u64, entry: WantEntry<N::Cid>) {
        self.to(to).wants.push((request, entry));
    }

    /// The own want with this request number has ended, and the peer was asked for it.
    pub fn cancel(&mut self, to: PeerNumber, request: u64, address: Address<N::Cid>) {
        let entry = WantEntry::cancel(address);
        self.to(to).cancels.push((request, entry));
    }

    /// A block, for an entry of this priority. XFER-1: under the address that the entry names.
    pub fn delivery(
        &mut self,
        to: PeerNumber,
        priority: i32,
        address: Address<N::Cid>,
        cid: N::Cid,
    ) {
        let evidence = Evidence::valid_for(&address);
        let delivery = Delivery {
            address,
            cid,
            evidence,
        };
        self.to(to).deliveries.push((priority, delivery));
    }

    /// The effects of the step: first what is no message, then the messages, peer by peer in
    /// ascending order.
    pub fn into_effects(self, contexts: &Contexts<N>) -> Vec<Effect<N>> {
        let mut effects = self.effects;
        let mut owed: Vec<_> = self
            .owed
            .into_iter()
            .map(|(number, owed)| (contexts.get(number).peer.clone(), owed))
            .collect();
        owed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (peer, owed) in owed {
            effects.extend(
                owed.into_messages()
                    .into_iter()
                    .map(|message| Effect::Send {
                        to: peer.clone(),
                        message,
                    }),
            );
        }
        effects
    }
}

impl<N: Names> Owed<N> {
    fn into_messages(mut self) -> Vec<Message<N>> {
        // What was asked anew and ended in the same step is not asked after its cancel.
        if !self.cancels.is_empty() && !self.wants.is_empty() {
            let ended: HashSet<_> = self.cancels.iter().map(|(request, _)| *request).collect();
            self.wants.retain(|(request, _)| !ended.contains(request));
        }
        // WANT-14: the sort is stable, and so keeps the order in which they became due.
        self.deliveries
            .sort_by_key(|(priority, _)| Reverse(*priority));

        let mut messages = Vec::new();
        // JOIN-4: only the first says that it is the whole list. JOIN-8: each has so many entries
        // at most.
        let own_want_list = runs(self.own_want_list, MAX_ENTRIES_SENT);
        messages.extend(
            own_want_list
                .into_iter()
                .enumerate()
                .map(|(place, entries)| Message::want_list(entries, place == 0)),
        );
        messages.extend(self.account.map(Message::account));
        // WANT-18: all answers together, in as few messages as their limit allows.
        let presences = runs(self.presences, MAX_PRESENCES_SENT);
        messages.extend(presences.into_iter().map(Message::presences));
        for entries in [self.cancels, self.wants] {
            let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
            messages.extend(
                runs(entries, MAX_ENTRIES_SENT)
                    .into_iter()
                    .map(|entries| Message::want_list(entries, false)),
            );
        }
        let deliveries: Vec<_> = self.deliveries.into_iter().map(|(_, one)| one).collect();
        // XFER-10
        let deliveries = runs(deliveries, MAX_BLOCKS_SENT);
        messages.extend(deliveries.into_iter().map(Message::deliveries));
        messages
    }
}

/// The items in runs of at most `most`, in order; no run is empty.
fn runs<T>(items: Vec<T>, most: usize) -> Vec<Vec<T>> {
    if items.is_empty() {
        return Vec::new();
    }
    if items.len() <= most {
        return vec![items];
    }
    let mut runs = Vec::with_capacity(items.len().div_ceil(most));
    let mut rest = items.into_iter();
    loop {
        let run: Vec<_> = rest.by_ref().take(most).collect();
        if run.is_empty() {
            return runs;
        }
        runs.push(run);
    }
}
