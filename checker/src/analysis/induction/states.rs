//! [`States`]: every state of a world's node that the invariants allow.
//!
//! A state is put together from parts: what is held, which peers have a context, what is known of
//! each own want, and what each peer waits for. Parts that break an invariant by themselves are
//! left out, since an invariant speaks of all addresses and peers and so fails of the whole as well.
//! The whole is looked at once more.

use std::collections::BTreeSet;

use blockexc_model::address::Address;
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Deviating, Node, Setup};
use blockexc_model::invariant::{Invariant, invariants};
use blockexc_model::message::{Account, Payment, WantEntry};
use blockexc_model::node::OwnWant;
use blockexc_model::price::Price;

use crate::network::names::{Cid, Peer, Small};

use super::memories::add_memories;
use super::world::World;

/// What the node knows of one address as one that it wants, or does not.
#[derive(Clone, Debug)]
struct Pursuit {
    want: Option<OwnWant<Small>>,
    /// Who is known to have the block, at which price.
    records: Vec<(Peer, Price)>,
}

/// What one peer waits for, in the order recorded.
type Waits = Vec<WantEntry<Cid>>;

/// Some of the states: those with the same blocks held, the same contexts, and the same said of the
/// first address.
#[derive(Clone, Debug)]
pub struct Part {
    base: Node<Small>,
    first: Pursuit,
    /// The possible pursuits of each further address.
    others: Vec<Vec<Pursuit>>,
    /// What each peer that has a context may wait for.
    waits: Vec<(Peer, Vec<Waits>)>,
}

/// All states of a world's node.
pub struct States<'a> {
    world: &'a World,
    setup: Setup,
    invariants: Vec<Invariant<Small, Deviating<Small>>>,
    /// Parts that break an invariant by themselves are left out at once.
    prunes: bool,
}

impl<'a> States<'a> {
    /// The states of this world's node, when it is otherwise made so.
    pub fn new(world: &'a World, setup: &Setup) -> Self {
        States {
            world,
            setup: world.setup(setup),
            invariants: invariants(),
            prunes: true,
        }
    }

    /// The same states, and those that break only the invariant of this name.
    pub fn without(mut self, invariant: Option<&str>) -> Self {
        self.invariants.retain(|it| Some(it.name) != invariant);
        self
    }

    /// The same states, found by looking at every combination of parts. It takes much longer, and
    /// shows that nothing is lost.
    pub fn without_shortcut(mut self) -> Self {
        self.prunes = false;
        self
    }

    fn is_allowed(&self, node: &Node<Small>) -> bool {
        self.invariants.iter().all(|it| (it.holds)(node))
    }

    fn is_tried(&self, node: &Node<Small>) -> bool {
        !self.prunes || self.is_allowed(node)
    }

    /// The states in parts, in a fixed order.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for bare in self.holding() {
            for peers in subsets(&self.world.peers) {
                let mut base = bare.clone();
                for peer in &peers {
                    base.contexts.insert(*peer, PeerContext::default());
                }
                let addresses = self.world.addresses.iter();
                let mut pursuits = addresses.map(|address| self.pursuits(&base, address));
                let first = pursuits.next().unwrap_or_default();
                let others: Vec<_> = pursuits.collect();
                let waits: Vec<_> = peers
                    .iter()
                    .map(|peer| (*peer, self.waits(&base, *peer)))
                    .collect();
                parts.extend(first.into_iter().map(|first| Part {
                    base: base.clone(),
                    first,
                    others: others.clone(),
                    waits: waits.clone(),
                }));
            }
        }
        parts
    }

    /// Nodes that know of no peers and want nothing, with each choice of blocks held.
    fn holding(&self) -> Vec<Node<Small>> {
        let mut nodes = vec![Node::deviating(self.setup.clone())];
        for address in &self.world.addresses {
            let more: Vec<_> = nodes
                .iter()
                .flat_map(|node| {
                    self.world.cids().into_iter().map(|cid| {
                        let mut more = node.clone();
                        more.held.insert(address.clone(), cid);
                        more
                    })
                })
                .collect();
            nodes.extend(more);
        }
        nodes.retain(|node| self.is_tried(node));
        nodes
    }

    /// Whether this is the peer that events are of.
    fn is_first(&self, peer: Peer) -> bool {
        self.world.peers.first() == Some(&peer)
    }

    /// What this peer may ask for a block: any price only the first one, of whom events are.
    fn prices_of(&self, peer: Peer) -> &[Price] {
        self.values_of(peer, &self.world.prices)
    }

    /// With which priorities this peer may wait: with any only the first one.
    fn entries_of(&self, peer: Peer) -> &[(i32, bool)] {
        self.values_of(peer, &self.world.entries)
    }

    fn values_of<'v, T>(&self, peer: Peer, values: &'v [T]) -> &'v [T] {
        match self.is_first(peer) {
            true => values,
            false => &values[..values.len().min(1)],
        }
    }

    fn pursuits(&self, base: &Node<Small>, address: &Address<Cid>) -> Vec<Pursuit> {
        let mut wants = vec![None];
        for asked in subsets(&self.world.peers) {
            for unanswered in subsets(&self.world.peers) {
                for &(retries, others) in &self.world.counters {
                    wants.push(Some(OwnWant {
                        asked: asked.clone(),
                        unanswered: unanswered.clone(),
                        retries,
                        others,
                    }));
                }
            }
        }
        let mut records = vec![Vec::new()];
        for peer in base.contexts.keys() {
            let more: Vec<_> = records
                .iter()
                .flat_map(|known: &Vec<_>| {
                    let prices = self.prices_of(*peer).iter();
                    prices.map(|price| known.iter().copied().chain([(*peer, *price)]).collect())
                })
                .collect();
            records.extend(more);
        }
        let mut pursuits = Vec::new();
        for want in &wants {
            for records in &records {
                let pursuit = Pursuit {
                    want: want.clone(),
                    records: records.clone(),
                };
                let mut node = base.clone();
                pursuit.add_to(&mut node, address);
                if self.is_tried(&node) {
                    pursuits.push(pursuit);
                }
            }
        }
        pursuits
    }

    /// Every order in which this peer may wait for addresses, by entries that may be recorded and
    /// by such as may not.
    fn waits(&self, base: &Node<Small>, peer: Peer) -> Vec<Waits> {
        let mut kinds: Vec<WantEntry<()>> = Vec::new();
        for &(priority, send_dont_have) in self.entries_of(peer) {
            kinds.push(WantEntry {
                priority,
                send_dont_have,
                ..WantEntry::want_block(Address::Plain(()))
            });
        }
        kinds.push(WantEntry::want_have(Address::Plain(())));
        kinds.push(WantEntry::cancel(Address::Plain(())));
        let mut all: Vec<Waits> = vec![Vec::new()];
        let mut longest = 0..1;
        while !longest.is_empty() {
            let end = all.len();
            for shorter in longest {
                for address in &self.world.addresses {
                    if all[shorter].iter().any(|entry| entry.address == *address) {
                        continue;
                    }
                    for kind in &kinds {
                        let mut waits = all[shorter].clone();
                        waits.push(WantEntry {
                            address: address.clone(),
                            priority: kind.priority,
                            cancel: kind.cancel,
                            want_type: kind.want_type,
                            send_dont_have: kind.send_dont_have,
                        });
                        let mut node = base.clone();
                        add_waits(&mut node, peer, &waits);
                        if self.is_tried(&node) {
                            all.push(waits);
                        }
                    }
                }
            }
            longest = end..all.len();
        }
        let most = match self.is_first(peer) {
            true => self.world.most_waits,
            false => self.world.most_waits_of_others,
        };
        all.retain(|waits| waits.len() <= most);
        all
    }

    /// Does something with each state of a part, in a fixed order, until it says to stop. Returns
    /// whether it never did.
    pub fn each_of(&self, part: &Part, mut visit: impl FnMut(&Node<Small>) -> bool) -> bool {
        let mut number = 0;
        let mut chosen: Vec<&Pursuit> = vec![&part.first];
        self.pursued(part, &mut chosen, &mut |pursued| {
            part.waiting(pursued, 0, &mut |node| {
                if !self.is_allowed(node) {
                    return true;
                }
                number += 1;
                let mut node = node.clone();
                add_accounts(&mut node, number);
                if !visit(&node) {
                    return false;
                }
                !add_memories(&mut node, self.world) || visit(&node)
            })
        })
    }

    /// Goes through the pursuits of all addresses, and the orders in which they were requested.
    fn pursued<'p>(
        &self,
        part: &'p Part,
        chosen: &mut Vec<&'p Pursuit>,
        visit: &mut dyn FnMut(&Node<Small>) -> bool,
    ) -> bool {
        if let Some(next) = part.others.get(chosen.len() - 1) {
            return next.iter().all(|pursuit| {
                chosen.push(pursuit);
                let goes_on = self.pursued(part, chosen, visit);
                chosen.pop();
                goes_on
            });
        }
        let wants = || chosen.iter().filter_map(|pursuit| pursuit.want.as_ref());
        let at_bounds = wants().filter(|want| want.retries > 0 || want.others > 0);
        if at_bounds.count() > 1 {
            return true;
        }
        let wanted: Vec<usize> = (0..chosen.len())
            .filter(|place| chosen[*place].want.is_some())
            .collect();
        let orders = match self.world.every_order {
            true => orders(&wanted),
            false => vec![wanted.clone()],
        };
        orders.into_iter().all(|order| {
            let mut node = part.base.clone();
            let unwanted = (0..chosen.len()).filter(|place| !wanted.contains(place));
            for place in order.into_iter().chain(unwanted) {
                chosen[place].add_to(&mut node, &self.world.addresses[place]);
            }
            visit(&node)
        })
    }
}

impl Pursuit {
    fn add_to(&self, node: &mut Node<Small>, address: &Address<Cid>) {
        if let Some(want) = &self.want {
            node.wants.insert(address.clone(), want.clone());
        }
        for (peer, price) in &self.records {
            if let Some(context) = node.contexts.get_mut(peer) {
                context.set_presence(address.clone(), *price);
            }
        }
    }
}

impl Part {
    /// Goes through what each peer may wait for.
    fn waiting(
        &self,
        node: &Node<Small>,
        place: usize,
        visit: &mut dyn FnMut(&Node<Small>) -> bool,
    ) -> bool {
        let Some((peer, all)) = self.waits.get(place) else {
            return visit(node);
        };
        all.iter().all(|waits| {
            let mut node = node.clone();
            add_waits(&mut node, *peer, waits);
            self.waiting(&node, place + 1, visit)
        })
    }
}

fn add_waits(node: &mut Node<Small>, peer: Peer, waits: &Waits) {
    if let Some(context) = node.contexts.get_mut(&peer) {
        for entry in waits {
            context.wants.insert(entry.address.clone(), entry.clone());
        }
    }
}

/// The accounts and payments of this state: a pair of each peer, other pairs in the next state.
fn add_accounts(node: &mut Node<Small>, number: usize) {
    for (peer, context) in &mut node.contexts {
        let number = number + peer.index();
        context.account = (number % 2 == 1).then_some(Account([1; 20]));
        context.payment = (number / 2 % 2 == 1).then_some(Payment(vec![1]));
    }
}

/// Every set of these, smaller ones first in each place.
fn subsets(peers: &[Peer]) -> Vec<BTreeSet<Peer>> {
    let mut subsets = vec![BTreeSet::new()];
    for peer in peers {
        let more: Vec<_> = subsets
            .iter()
            .map(|subset: &BTreeSet<Peer>| subset.iter().copied().chain([*peer]).collect())
            .collect();
        subsets.extend(more);
    }
    subsets
}

/// Every order of these.
fn orders(items: &[usize]) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for item in items {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(|place| {
                    let mut order = order.clone();
                    order.insert(place, *item);
                    order
                })
            })
            .collect();
    }
    orders
}
