//! [`Known`]: what is known of a node whose log starts in the middle, and so can be judged.
//!
//! Of such a node neither the contexts nor the own wants nor the held blocks are known. A context
//! is known once its peer has joined; an address, once its block is stored and until
//! it is requested; and all of it once a dump shows contexts, own wants and
//! what is held, but for two things that a dump does not show: of whom each own want was asked,
//! and which block a held leaf is. What is not known is left out of what the model hears, and of
//! what it is held to.

use std::collections::BTreeSet;

use blockexc_model::message::{Message, WantList};
use blockexc_model::node::{Config, Event, First, Node};
use libp2p::PeerId;

use super::dumped::Dumped;
use crate::wire::{Address, Network};

/// At most so many addresses are known before a dump: so that memory does not grow with the log.
const MOST_KNOWN: usize = 1 << 16;

/// What can be judged, and how much could not.
pub struct Known {
    /// Everything but `lost` and `unclear` is known.
    all: bool,
    /// Known peers and addresses, while not all are.
    peers: BTreeSet<PeerId>,
    addresses: BTreeSet<Address>,
    /// Peers that nothing is known of until they join again.
    lost: BTreeSet<PeerId>,
    /// Own wants of which it is not known of whom they were asked.
    unclear: BTreeSet<Address>,
    /// Leaves held of which it is not known which block they are, and so not when it is deleted.
    nameless: BTreeSet<Address>,
    skipped: u64,
}

impl Known {
    /// Everything is known, or, of a log that starts in the middle, nothing.
    pub fn new(from_the_middle: bool) -> Self {
        Known {
            all: !from_the_middle,
            peers: BTreeSet::new(),
            addresses: BTreeSet::new(),
            lost: BTreeSet::new(),
            unclear: BTreeSet::new(),
            nameless: BTreeSet::new(),
            skipped: 0,
        }
    }

    /// How many parts of messages were not judged.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// So many parts are not judged.
    pub fn skip(&mut self, parts: usize) {
        self.skipped += parts as u64;
    }

    /// Whether nothing is left to learn from a dump.
    pub fn is_all_known(&self) -> bool {
        self.all
    }

    /// Whether the context of this peer is known.
    pub fn judges_peer(&self, peer: &PeerId) -> bool {
        !self.lost.contains(peer) && (self.all || self.peers.contains(peer))
    }

    /// Whether what a node says of this address can be judged; `as_want`: as of an own want.
    /// What is about no address can be.
    pub fn judges(&self, address: &Option<Address>, as_want: bool) -> bool {
        address.as_ref().is_none_or(|address| {
            (self.all || self.addresses.contains(address))
                && !(as_want && self.unclear.contains(address))
                && !self.nameless.contains(address)
        })
    }

    /// Nothing is known of this peer from now on, until it joins again.
    pub fn lose_sight_of(&mut self, peer: &PeerId) {
        self.lost.insert(*peer);
    }

    /// The part of an event that the model can be told.
    pub fn before(&mut self, event: &Event<Network>) -> Option<Event<Network>> {
        match event {
            Event::Joined(peer) => {
                self.lost.remove(peer);
                if !self.all {
                    self.peers.insert(*peer);
                }
                Some(event.clone())
            }
            Event::Left(peer) => {
                self.lost.remove(peer);
                let known = self.all || self.peers.remove(peer);
                known.then(|| event.clone())
            }
            _ if self.all => Some(event.clone()),
            Event::Received { from, message } => {
                if !self.peers.contains(from) {
                    return None;
                }
                let message = self.known_part(message);
                (!message.is_empty()).then_some(Event::Received {
                    from: *from,
                    message,
                })
            }
            // What becomes of it now depends on what peers deliver that are not known.
            Event::Request(address) => {
                self.addresses.remove(address);
                None
            }
            Event::Cancel(_) | Event::Retry(_) => None,
            Event::Stored { .. } | Event::Deleted(_) | Event::Serve(_) => Some(event.clone()),
        }
    }

    /// What is known after an event, and was not while it was being handled.
    pub fn after(&mut self, event: &Event<Network>) {
        match event {
            Event::Stored { cid, leaves } => {
                self.settled(Address::Plain(cid.clone()));
                for leaf in leaves {
                    self.settled(leaf.clone());
                }
            }
            Event::Cancel(address) => self.ended(address),
            _ => {}
        }
    }

    /// This is no own want any longer.
    pub fn ended(&mut self, address: &Address) {
        self.unclear.remove(address);
    }

    /// The block of this address is held: nobody can want it from before.
    fn settled(&mut self, address: Address) {
        self.unclear.remove(&address);
        self.nameless.remove(&address);
        if !self.all && self.addresses.len() < MOST_KNOWN {
            self.addresses.insert(address);
        }
    }

    fn known_part(&mut self, message: &Message<Network>) -> Message<Network> {
        let before = count(message);
        let knows = |address: &Address| self.addresses.contains(address);
        let mut known = message.clone();
        if let Some(WantList { entries, full }) = &mut known.want_list {
            entries.retain(|entry| knows(&entry.address));
            if entries.is_empty() && !*full {
                known.want_list = None;
            }
        }
        known.presences.retain(|item| knows(&item.address));
        known.deliveries.retain(|delivery| knows(&delivery.address));
        let after = count(&known);
        self.skip(before - after);
        known
    }

    /// Learns from a dump: a node in the state that it shows, if it shows all that is needed.
    pub fn learn(&mut self, dumped: &Dumped, config: &Config) -> Option<Node<Network>> {
        let (Some(contexts), Some(own_wants), Some(held)) =
            (&dumped.contexts, &dumped.own_wants, &dumped.held)
        else {
            return None;
        };
        let mut wants = Vec::with_capacity(contexts.len());
        for (peer, context) in contexts {
            wants.push((peer, context.wants.as_ref()?, context.account?));
        }
        let mut node = Node::new(config.clone());
        for address in held {
            // By which CID a leaf's block goes, a dump does not show: its tree's stands for it.
            node.set_held(address.clone(), Some(address.cid_or_tree_cid().clone()));
        }
        for address in own_wants {
            node.step(Event::Request(address.clone()), &mut First);
        }
        for (peer, entries, account) in wants {
            node.step(Event::Joined(*peer), &mut First);
            let message = Message {
                account,
                ..Message::want_list(entries.clone(), false)
            };
            node.step(
                Event::Received {
                    from: *peer,
                    message,
                },
                &mut First,
            );
        }
        self.all = true;
        self.unclear = own_wants.clone();
        self.nameless = held.iter().filter(|it| it.is_leaf()).cloned().collect();
        self.peers.clear();
        self.addresses.clear();
        Some(node)
    }
}

fn count(message: &Message<Network>) -> usize {
    let entries = message.want_list.as_ref();
    entries.map_or(0, |list| list.entries.len())
        + message.presences.len()
        + message.deliveries.len()
}
