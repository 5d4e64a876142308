//! [`Contexts`]: the table of contexts. A peer has a number while it has a context.

use std::collections::{HashMap, HashSet};

use blockexc_model::address::Names;
use blockexc_model::message::{Account, Payment};
use blockexc_model::price::Price;

use super::addresses::Addresses;
use super::numbers::{AddressNumber, PeerNumber};

/// What the node keeps about one peer.
pub(super) struct Context<N: Names> {
    /// Whose context it is.
    pub peer: N::Peer,
    /// The presence records: the prices of the own wants that the peer has.
    pub presence: HashMap<AddressNumber, Price>,
    /// What the peer asked for explicitly.
    pub wants: HashMap<AddressNumber, PeerWant>,
    next_want: u64,
    /// The own wants that this peer was asked for and has not answered.
    pub unanswered: HashSet<AddressNumber>,
    /// The account that the peer sent last (PAY-1).
    pub account: Option<Account>,
    /// The payment that the peer sent last, opaque (PAY-2).
    pub payment: Option<Payment>,
}

/// A recorded WantBlock entry (WANT-3: no other kind is recorded).
#[derive(Clone, Copy)]
pub(super) struct PeerWant {
    /// Its place in the list: entries are numbered as they are recorded.
    pub place: u64,
    /// Higher priorities are served first (WANT-14).
    pub priority: i32,
    /// As the entry said.
    pub send_dont_have: bool,
}

impl<N: Names> Context<N> {
    /// JOIN-2: a new context is empty.
    fn new(peer: N::Peer) -> Self {
        Context {
            peer,
            presence: HashMap::new(),
            wants: HashMap::new(),
            next_want: 0,
            unanswered: HashSet::new(),
            account: None,
            payment: None,
        }
    }
}

/// All contexts.
pub(super) struct Contexts<N: Names> {
    numbers: HashMap<N::Peer, PeerNumber>,
    contexts: Vec<Option<Context<N>>>,
    free: Vec<PeerNumber>,
}

impl<N: Names> Default for Contexts<N> {
    fn default() -> Self {
        Contexts {
            numbers: HashMap::new(),
            contexts: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<N: Names> Contexts<N> {
    /// The number of a peer that has a context.
    pub fn find(&self, peer: &N::Peer) -> Option<PeerNumber> {
        self.numbers.get(peer).copied()
    }

    /// Creates the context of a peer that has none (JOIN-1).
    pub fn create(&mut self, peer: N::Peer) -> PeerNumber {
        let context = Some(Context::new(peer.clone()));
        let number = match self.free.pop() {
            Some(number) => {
                self.contexts[number.0 as usize] = context;
                number
            }
            None => {
                let number = PeerNumber(self.contexts.len() as u32);
                self.contexts.push(context);
                number
            }
        };
        self.numbers.insert(peer, number);
        number
    }

    /// Removes the context of a peer. Its number becomes free (LEFT-1).
    pub fn remove(&mut self, peer: &N::Peer) -> Option<(PeerNumber, Context<N>)> {
        let number = self.numbers.remove(peer)?;
        let context = self.contexts[number.0 as usize].take()?;
        self.free.push(number);
        Some((number, context))
    }

    /// The context of the peer with this number.
    #[allow(clippy::expect_used)]
    pub fn get(&self, number: PeerNumber) -> &Context<N> {
        self.contexts[number.0 as usize]
            .as_ref()
            .expect("a peer's number goes everywhere with its context")
    }

    /// The context of the peer with this number, to change it.
    #[allow(clippy::expect_used)]
    pub fn get_mut(&mut self, number: PeerNumber) -> &mut Context<N> {
        self.contexts[number.0 as usize]
            .as_mut()
            .expect("a peer's number goes everywhere with its context")
    }

    /// Every context, in arbitrary order.
    pub fn iter(&self) -> impl Iterator<Item = (PeerNumber, &Context<N>)> {
        self.numbers
            .values()
            .map(|number| (*number, self.get(*number)))
    }

    /// Records that this peer has this block (PRES-2), or its new price (PRES-4). The one place
    /// where a record is created: there are no more than own wants (PRES-1).
    pub fn record_presence(
        &mut self,
        addresses: &mut Addresses<N>,
        peer: PeerNumber,
        address: AddressNumber,
        price: Price,
    ) {
        self.get_mut(peer).presence.insert(address, price);
        addresses.get_mut(address).holders.insert(peer);
    }

    /// Removes this peer's record of this block, if there is one. PRES-7: beside this, a
    /// record goes only when its want ends or its peer leaves.
    pub fn remove_presence(
        &mut self,
        addresses: &mut Addresses<N>,
        peer: PeerNumber,
        address: AddressNumber,
    ) {
        if self.get_mut(peer).presence.remove(&address).is_some() {
            addresses.get_mut(address).holders.remove(peer);
        }
    }

    /// Records what this peer wants: at the end of its list (WANT-1), or in the place of its
    /// earlier entry (WANT-9). The one place where an entry is recorded.
    pub fn record_want(
        &mut self,
        addresses: &mut Addresses<N>,
        peer: PeerNumber,
        address: AddressNumber,
        priority: i32,
        send_dont_have: bool,
    ) {
        let context = self.get_mut(peer);
        let next = context.next_want;
        let entry = context.wants.entry(address).or_insert(PeerWant {
            place: next,
            priority,
            send_dont_have,
        });
        entry.priority = priority;
        entry.send_dont_have = send_dont_have;
        if entry.place == next {
            context.next_want += 1;
            addresses.get_mut(address).wanting.insert(peer);
        }
    }

    /// Removes this peer's entry for this address, if there is one (WANT-8).
    pub fn remove_want(
        &mut self,
        addresses: &mut Addresses<N>,
        peer: PeerNumber,
        address: AddressNumber,
    ) -> Option<PeerWant> {
        let want = self.get_mut(peer).wants.remove(&address)?;
        addresses.get_mut(address).wanting.remove(peer);
        addresses.drop_if_idle(address);
        Some(want)
    }

    /// Every context, by number. Checks that every other number is free.
    #[cfg(test)]
    pub fn places(&self) -> Vec<(PeerNumber, &Context<N>)> {
        let places: Vec<_> = (0..)
            .map(PeerNumber)
            .zip(&self.contexts)
            .filter_map(|(number, context)| Some((number, context.as_ref()?)))
            .collect();
        assert_eq!(self.numbers.len(), places.len());
        let free: HashSet<_> = self.free.iter().collect();
        assert_eq!(free.len(), self.free.len());
        assert_eq!(free.len() + places.len(), self.contexts.len());
        places
    }
}
