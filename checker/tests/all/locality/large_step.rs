//! [`LargeStep`]: one step of a large node, and through which windows to look at it. The engine's tests
//! in the root of the workspace use this file too.

use std::collections::BTreeSet;

use blockexc_model::Address;
use blockexc_model::deviating::{Effect, Event, Node};
use blockexc_model::node::Choose;

use super::large::{Dice, Many, addresses_of, block_of, concerned};
use super::window::Window;

/// Some peers.
pub type Peers = BTreeSet<u16>;
/// Some addresses.
pub type Addresses = BTreeSet<Address<u32>>;

/// Chooses at random, and remembers whom.
struct Chosen {
    dice: Dice,
    made: Vec<(Address<u32>, u16)>,
}

impl Choose<Many> for Chosen {
    fn holder(&mut self, address: &Address<u32>, holders: &[u16]) -> usize {
        let choice = self.dice.below(holders.len());
        self.made.push((address.clone(), holders[choice]));
        choice
    }
}

/// One step of a large node.
pub struct LargeStep {
    /// The node before it.
    pub before: Node<Many>,
    /// What happened.
    pub event: Event<Many>,
    /// What the node did.
    pub effects: Vec<Effect<Many>>,
    /// The node after it.
    pub after: Node<Many>,
    /// Who was chosen for which address.
    pub chosen: Vec<(Address<u32>, u16)>,
}

impl LargeStep {
    /// The step of this node; where it may choose, it chooses at random.
    pub fn take(before: Node<Many>, event: Event<Many>, dice: &mut Dice) -> Self {
        let mut choices = Chosen {
            dice: Dice::new(dice.below(usize::MAX) as u64),
            made: Vec::new(),
        };
        let mut after = before.clone();
        let effects = after.step(event.clone(), &mut choices);
        LargeStep {
            before,
            event,
            effects,
            after,
            chosen: choices.made,
        }
    }

    /// The addresses that the event names.
    fn named(&self) -> Vec<Address<u32>> {
        match &self.event {
            Event::Request(address) | Event::Cancel(address) | Event::Retry(address) => {
                vec![address.clone()]
            }
            Event::Stored { cid, .. } | Event::Deleted(cid) => addresses_of(*cid),
            Event::Received { message, .. } => {
                let entries = message.want_list.iter().flat_map(|list| &list.entries);
                let entries = entries.map(|entry| &entry.address);
                let blocks = message.deliveries.iter().map(|block| &block.address);
                let items = message.presences.iter().map(|item| &item.address);
                entries.chain(blocks).chain(items).cloned().collect()
            }
            Event::Left(peer) => {
                let own_wants = self.before.own_wants();
                let asked = own_wants.filter(|(_, want)| want.asked.contains(peer));
                asked.map(|(address, _)| address.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The peer that the event is about, if it is about one.
    fn peer(&self) -> Option<u16> {
        match &self.event {
            Event::Joined(peer) | Event::Left(peer) | Event::Received { from: peer, .. } => {
                Some(*peer)
            }
            _ => None,
        }
    }

    /// The peers without whom the step cannot be understood: whom the event is about, and of whom
    /// these addresses are asked before and after it.
    pub fn involved<'a>(&'a self, addresses: &'a Addresses) -> impl Iterator<Item = u16> + 'a {
        let asked = addresses.iter().flat_map(|address| {
            let before = self.before.asked(address);
            before.into_iter().chain(self.after.asked(address))
        });
        let chosen = self.chosen.iter();
        let chosen = chosen.filter(|(address, _)| addresses.contains(address));
        asked
            .chain(chosen.map(|(_, peer)| *peer))
            .chain(self.peer())
    }

    /// The window of these addresses with all others of their blocks, and of these peers with those who
    /// are involved.
    pub fn window(&self, peers: &Peers, focus: &Addresses) -> Window<Many> {
        Window {
            peers: peers.iter().copied().chain(self.involved(focus)).collect(),
            addresses: closed(focus),
        }
    }

    /// Chooses as the large node did. What the window does not show may be chosen anyhow.
    pub fn same_choice(&self) -> impl FnMut(&Address<u32>, &[u16]) -> usize + '_ {
        |address, holders| {
            let mut chosen = self.chosen.iter();
            let chosen = chosen.find(|(of, who)| of == address && holders.contains(who));
            chosen
                .and_then(|(_, who)| holders.iter().position(|holder| holder == who))
                .unwrap_or(0)
        }
    }
}

/// With each of these, all other addresses of the same block.
pub fn closed(addresses: &Addresses) -> Addresses {
    addresses
        .iter()
        .flat_map(|address| addresses_of(block_of(address)))
        .collect()
}

/// Peers and addresses to look at, most of them such that the step is about.
pub fn looked_at(dice: &mut Dice, step: &LargeStep, many: usize) -> (Peers, Addresses) {
    let named = step.named();
    let mut addresses = Addresses::new();
    while addresses.len() < many {
        let address = match dice.one_in(5) {
            true => None,
            false => dice.one_of(&named),
        };
        addresses.insert(address.unwrap_or_else(|| dice.address()));
        // Of one named address there may be no second one.
        if addresses.len() < many && named.len() == 1 && dice.one_in(2) {
            addresses.extend(dice.one_of(&addresses_of(block_of(&named[0]))));
        }
    }
    let mut near = Vec::new();
    for address in &addresses {
        near.extend(concerned(&step.before, address));
    }
    let mut peers = Peers::new();
    while peers.len() < many {
        let peer = match dice.one_in(3) {
            true => None,
            false => dice.one_of(&near),
        };
        peers.insert(peer.unwrap_or_else(|| dice.peer()));
    }
    (peers, addresses)
}
