//! [`Knowledge`]: what is known of a node whose log starts in the middle.
//!
//! At first neither the contexts nor the own wants nor the held blocks of such a node are known. A
//! context is known when its peer has joined. An address is known from when its block is stored
//! until it is requested. Everything is known after a dump that shows contexts, own wants and held
//! blocks, except what a dump does not show: which peer was asked for each own want, how many have
//! requested it, and the CID of the block of a held leaf. The model is not told what is not known, and the node is
//! not judged by it.

use std::collections::BTreeSet;

use blockexc_model::deviating::{Event, Node, OtherEvent, Setup};
use blockexc_model::message::{Message, WantList};
use blockexc_model::node::First;
use libp2p::PeerId;

use super::beginning::new_node;
use super::dumped::Dumped;
use crate::wire::{Address, Network};

/// The largest number of addresses known before a dump. It bounds the memory.
const MAX_KNOWN: usize = 1 << 16;

/// What is known of a node, and how much of its log was not judged.
#[derive(Clone)]
pub struct Knowledge {
    /// Everything is known, except for `lost_peers`, `unknown_asked` and `unknown_cids`.
    all: bool,
    /// Knowledge peers and addresses, while not all are.
    peers: BTreeSet<PeerId>,
    addresses: BTreeSet<Address>,
    /// Peers of which nothing is known until they join again.
    lost_peers: BTreeSet<PeerId>,
    /// Own wants of which it is not known which peer was asked, nor how many have requested them.
    unknown_asked: BTreeSet<Address>,
    /// Held leaves of which the block's CID is not known, and so not when it is deleted.
    unknown_cids: BTreeSet<Address>,
    skipped: u64,
}

impl Knowledge {
    /// Everything is known of a log from the start, and nothing of one that starts in the middle.
    pub fn new(from_the_middle: bool) -> Self {
        Knowledge {
            all: !from_the_middle,
            peers: BTreeSet::new(),
            addresses: BTreeSet::new(),
            lost_peers: BTreeSet::new(),
            unknown_asked: BTreeSet::new(),
            unknown_cids: BTreeSet::new(),
            skipped: 0,
        }
    }

    /// The number of parts of messages that were not judged.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Counts parts that are not judged.
    pub fn skip(&mut self, parts: usize) {
        self.skipped += parts as u64;
    }

    /// Whether a dump adds no knowledge.
    pub fn is_all_known(&self) -> bool {
        self.all
    }

    /// Whether the context of this peer is known.
    pub fn judges_peer(&self, peer: &PeerId) -> bool {
        !self.lost_peers.contains(peer) && (self.all || self.peers.contains(peer))
    }

    /// Whether a part about this address can be judged. `as_want`: whether it is about an own want.
    /// A part without an address can always be judged.
    pub fn judges(&self, address: &Option<Address>, as_want: bool) -> bool {
        address.as_ref().is_none_or(|address| {
            (self.all || self.addresses.contains(address))
                && !(as_want && self.unknown_asked.contains(address))
                && !self.unknown_cids.contains(address)
        })
    }

    /// From now on nothing is known of this peer, until it joins again.
    pub fn forget_peer(&mut self, peer: &PeerId) {
        self.lost_peers.insert(*peer);
    }

    /// Updates the knowledge before an event. Returns what of the event the model is told.
    pub fn before(&mut self, event: &Event<Network>) -> Option<Event<Network>> {
        match event {
            Event::Joined(peer) => {
                self.lost_peers.remove(peer);
                if !self.all {
                    self.peers.insert(*peer);
                }
                Some(event.clone())
            }
            Event::Left(peer) => {
                self.lost_peers.remove(peer);
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
            // What follows depends on what unknown peers deliver.
            Event::Request(address) => {
                self.addresses.remove(address);
                None
            }
            Event::Cancel(_) | Event::Retry(_) => None,
            Event::Stored { .. } | Event::Deleted(_) | Event::Other(OtherEvent::Serve(_)) => {
                Some(event.clone())
            }
        }
    }

    /// Updates the knowledge after an event.
    pub fn after(&mut self, event: &Event<Network>) {
        if let Event::Stored { cid, leaves } = event {
            self.learn_address(Address::Plain(cid.clone()));
            for leaf in leaves {
                self.learn_address(leaf.clone());
            }
        }
    }

    /// Whether it is unknown if a cancel ends this want: a dump does not show how many have
    /// requested it (ASK-10).
    pub fn may_outlive_cancel(&self, address: &Address) -> bool {
        self.unknown_asked.contains(address)
    }

    /// The address is no longer an own want.
    pub fn ended(&mut self, address: &Address) {
        self.unknown_asked.remove(address);
    }

    /// The block of this address is held: it is no own want, and no peer waits for it.
    fn learn_address(&mut self, address: Address) {
        self.unknown_asked.remove(&address);
        self.unknown_cids.remove(&address);
        if !self.all && self.addresses.len() < MAX_KNOWN {
            self.addresses.insert(address);
        }
    }

    /// The parts of a message that are about known addresses.
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

    /// Updates the knowledge by a dump. Returns a node in the state that the dump shows, if the dump
    /// shows enough.
    pub fn learn(&mut self, dumped: &Dumped, setup: &Setup) -> Option<Node<Network>> {
        let (Some(contexts), Some(own_wants), Some(held)) =
            (&dumped.contexts, &dumped.own_wants, &dumped.held)
        else {
            return None;
        };
        let mut wants = Vec::with_capacity(contexts.len());
        for (peer, context) in contexts {
            wants.push((peer, context.wants.as_ref()?, context.account?));
        }
        let mut node = new_node(setup.clone());
        for address in held {
            // A dump does not show the CID of a leaf's block. The tree's CID is used instead.
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
        self.unknown_asked = own_wants.clone();
        self.unknown_cids = held.iter().filter(|it| it.is_leaf()).cloned().collect();
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
