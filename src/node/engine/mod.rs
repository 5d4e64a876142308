//! [`Engine`]: the reference specification again, made to be run.
//!
//! It says and keeps exactly what the model's reference does, step by step, and shares the
//! model's vocabulary (addresses, messages, events, effects) but none of its logic: what the two
//! do differently is a mistake in one of them, and `tests/all/cross_check.rs` looks for it. Handling
//! an event costs what the event and its effects are long, not what the node knows: every address
//! is looked up once and carries the indexes that say who has it and who wants it. Two events
//! are longer by nature: Left goes through the leaving peer's own context, and Joined names every
//! own want.
//!
//! The parts: `addresses` and `contexts` are the tables; `connections`, `want_lists`,
//! `deliveries`, `presences` and `own_wants` handle what happens; `output` turns what a
//! step owes each peer into messages; `dump` shows the state.

use std::collections::{BTreeMap, HashMap};

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating;
use blockexc_model::message::Message;
use blockexc_model::node::{Choose, Config, Effect, Event};
use blockexc_model::price::Price;

mod addresses;
mod connections;
#[cfg(test)]
mod consistency;
mod contexts;
mod deliveries;
mod dump;
mod numbers;
mod output;
mod own_wants;
mod presences;
mod want_lists;

use addresses::Addresses;
use contexts::Contexts;
use numbers::{AddressNumber, PeerNumber};
use output::Output;

/// The state of one node that follows the specification. It deviates in no way; a node that does
/// runs the model.
pub struct Engine<N: Names> {
    config: Config,
    addresses: Addresses<N>,
    contexts: Contexts<N>,
    /// The own wants in the order requested, by the number that each got when it was.
    own_wants: BTreeMap<u64, AddressNumber>,
    next_request: u64,
    /// Under which addresses each block is held: what goes when it is deleted.
    held_under: HashMap<N::Cid, Vec<AddressNumber>>,
}

impl<N: Names> Engine<N> {
    /// A node without peers, wants or blocks.
    pub fn new(config: Config) -> Self {
        Engine {
            config,
            addresses: Addresses::default(),
            contexts: Contexts::default(),
            own_wants: BTreeMap::new(),
            next_request: 0,
            held_under: HashMap::new(),
        }
    }

    /// Changes what a block costs from now on.
    pub fn set_price(&mut self, price: Price) {
        self.config.price = price;
    }

    /// Handles one event: changes the state and says what is to be done, in order.
    pub fn step(&mut self, event: Event<N>, choose: &mut impl Choose<N>) -> Vec<Effect<N>> {
        let mut out = Output::default();
        match event {
            Event::Joined(peer) => self.joined(peer, &mut out),
            Event::Left(peer) => self.left(&peer, choose, &mut out),
            Event::Received { from, message } => {
                // JOIN-7: who has no context is not listened to.
                if let Some(from) = self.contexts.find(&from) {
                    self.received(from, message, choose, &mut out);
                }
            }
            Event::Request(address) => self.request(address, &mut out),
            Event::Cancel(address) => self.cancel(address, &mut out),
            Event::Retry(address) => self.retry(&address, choose, &mut out),
            Event::Stored { cid, leaves } => self.stored(cid, leaves, &mut out),
            Event::Deleted(cid) => self.deleted(&cid),
            Event::Other(never) => match never {},
        }
        out.into_effects(&self.contexts)
    }

    /// The same among nodes that may deviate. What can happen to these only does nothing here: the
    /// engine puts nothing off.
    pub fn step_among_deviating(
        &mut self,
        event: deviating::Event<N>,
        choose: &mut impl Choose<N>,
    ) -> Vec<deviating::Effect<N>> {
        let effects = match event.narrowed() {
            Some(event) => self.step(event, choose),
            None => Vec::new(),
        };
        effects.into_iter().map(Effect::widened).collect()
    }

    /// WIRE-6: the parts of a message, in this order.
    fn received(
        &mut self,
        from: PeerNumber,
        message: Message<N>,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        if let Some(list) = message.want_list {
            self.want_list(from, list, out);
        }
        self.deliveries(from, message.deliveries, choose, out);
        self.presences(from, message.presences, choose, out);
        let context = self.contexts.get_mut(from);
        // PAY-1, PAY-2: the later replaces the earlier.
        if message.account.is_some() {
            context.account = message.account;
        }
        if message.payment.is_some() {
            context.payment = message.payment;
        }
    }

    /// Whether this address is an own want.
    pub fn wants(&self, address: &Address<N::Cid>) -> bool {
        self.addresses
            .find(address)
            .is_some_and(|number| self.addresses.get(number).own_want.is_some())
    }

    /// Whether the block of this address is held.
    pub fn holds(&self, address: &Address<N::Cid>) -> bool {
        self.addresses
            .find(address)
            .is_some_and(|number| self.addresses.get(number).held_as.is_some())
    }
}
