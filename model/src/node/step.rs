//! [`Step`]: what one step has to do so far, and who makes its choices.

use std::collections::BTreeMap;

use crate::address::{Address, Names};
use crate::message::{Account, Delivery, Presence, WantEntry};

use super::state::{Beside, Choose, Effect};

/// One step under way.
pub struct Step<'a, N: Names, B: Beside> {
    choices: &'a mut dyn Choose<N>,
    pub(super) effects: Vec<Effect<N, B::Effect>>,
    pub(super) owed: BTreeMap<N::Peer, Owed<N>>,
}

/// What a step owes one peer, in the order in which it is sent.
#[derive(Clone, Debug)]
pub struct Owed<N: Names> {
    /// The own want list, for a peer that joined (JOIN-4).
    pub own_want_list: Option<Vec<WantEntry<N::Cid>>>,
    /// Where this node wants to be paid (JOIN-6).
    pub account: Option<Account>,
    /// Answers to want entries.
    pub presences: Vec<Presence<N::Cid>>,
    /// Cancel entries.
    pub cancels: Vec<WantEntry<N::Cid>>,
    /// Other want entries.
    pub wants: Vec<WantEntry<N::Cid>>,
    /// Blocks, each with the priority of the want that it meets.
    pub deliveries: Vec<(i32, Delivery<N::Cid>)>,
}

impl<'a, N: Names, B: Beside> Step<'a, N, B> {
    pub(super) fn new(choices: &'a mut dyn Choose<N>) -> Self {
        Step {
            choices,
            effects: Vec::new(),
            owed: BTreeMap::new(),
        }
    }

    /// One of these peers; `None` when there are none.
    pub fn choose<'p>(
        &mut self, address: &Address<N::Cid>, peers: &'p [N::Peer],
    ) -> Option<&'p N::Peer> {
        match peers {
            [] | [_] => peers.first(),
            several => {
                let choice = self.choices.holder(address, several);
                several.get(choice).or(several.last())
            }
        }
    }

    /// An effect that is no message.
    pub fn effect(&mut self, effect: Effect<N, B::Effect>) {
        self.effects.push(effect);
    }

    /// The effects so far that are no messages.
    pub fn effects(&self) -> &[Effect<N, B::Effect>] {
        &self.effects
    }

    /// This account is owed to a peer.
    pub fn account(&mut self, to: &N::Peer, account: Account) {
        self.owed(to).account = Some(account);
    }

    /// The own want list is owed to a peer.
    pub fn own_want_list(&mut self, to: &N::Peer, entries: Vec<WantEntry<N::Cid>>) {
        self.owed(to).own_want_list = Some(entries);
    }

    /// A cancel of this address is owed to a peer.
    ///
    /// A want entry for it that the same step owes to this peer is dropped, or it would be sent
    /// after the cancel. That happens when a message brings a bad delivery, after which this peer is
    /// asked, and then a good one.
    pub fn cancel(&mut self, to: &N::Peer, address: Address<N::Cid>) {
        let owed = self.owed(to);
        owed.wants.retain(|entry| entry.address != address);
        owed.cancels.push(WantEntry::cancel(address));
    }

    /// A want entry is owed to a peer.
    pub fn want(&mut self, to: &N::Peer, entry: WantEntry<N::Cid>) {
        self.owed(to).wants.push(entry);
    }

    /// A presence item is owed to a peer.
    pub fn presence(&mut self, to: &N::Peer, presence: Presence<N::Cid>) {
        self.owed(to).presences.push(presence);
    }

    /// A block is owed to a peer, for a want of this priority.
    pub fn delivery(&mut self, to: &N::Peer, priority: i32, delivery: Delivery<N::Cid>) {
        self.owed(to).deliveries.push((priority, delivery));
    }

    /// What is owed to each peer so far.
    pub fn owed_to_all(&mut self) -> impl Iterator<Item = &mut Owed<N>> {
        self.owed.values_mut()
    }

    fn owed(&mut self, to: &N::Peer) -> &mut Owed<N> {
        self.owed.entry(to.clone()).or_insert_with(|| Owed {
            own_want_list: None,
            account: None,
            presences: Vec::new(),
            cancels: Vec::new(),
            wants: Vec::new(),
            deliveries: Vec::new(),
        })
    }
}
