//! Which renamings of a network's nodes and blocks change nothing but names, and how a state is
//! called under them.
//!
//! Nodes with the same role are told apart by name alone, and so are blocks that the same nodes
//! hold and request. Where a state was searched, its renamings need not be. Every field that holds
//! a name is rewritten: the patterns below are without `..`, so that a new field cannot be
//! forgotten.

use std::collections::BTreeSet;

use blockexc_model::address::Address;
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Deviating, Node, Remembered};
use blockexc_model::message::{Delivery, Message, Presence, WantEntry, WantList};
use blockexc_model::node::OwnWant;
use blockexc_model::sequence::Sequence;

use super::closed::Network;
use super::names::{Cid, Peer, Small};
use super::role::Role;
use super::state::{End, Link, State};

/// The renamings of a network that change nothing but names, without the one that changes nothing
/// at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symmetry {
    /// The renamings.
    pub renamings: Vec<Renaming>,
}

/// A renaming of nodes and blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The new place of each node.
    pub peers: Vec<u8>,
    /// The new number of each block.
    pub blocks: Vec<u8>,
    /// The new place of each end of a link, two for each link.
    pub ends: Vec<usize>,
}

impl Symmetry {
    /// The renamings that map this network's roles, blocks and links to themselves.
    pub fn of(network: &Network) -> Self {
        let mut renamings = Vec::new();
        for peers in permutations(network.roles.len()) {
            for blocks in permutations(usize::from(network.blocks.count)) {
                let renaming = Renaming {
                    ends: Vec::new(),
                    peers: peers.clone(),
                    blocks,
                };
                let is_identity = renaming.peers.is_sorted() && renaming.blocks.is_sorted();
                if !is_identity
                    && renaming.keeps_roles(&network.roles)
                    && let Some(ends) = renaming.ends_of(&network.pairs)
                {
                    renamings.push(Renaming { ends, ..renaming });
                }
            }
        }
        Symmetry { renamings }
    }
}

/// All orders of the first so many numbers.
fn permutations(count: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for number in 0..count {
        all = all
            .into_iter()
            .flat_map(|shorter: Vec<u8>| {
                (0..=shorter.len()).map(move |place| {
                    let mut longer = shorter.clone();
                    // Few enough to be counted by eight bits.
                    longer.insert(place, number as u8);
                    longer
                })
            })
            .collect();
    }
    all
}

impl Renaming {
    fn keeps_roles(&self, roles: &[Role]) -> bool {
        roles.iter().zip(&self.peers).all(|(role, to)| {
            let other = &roles[usize::from(*to)];
            let Role {
                setup,
                holds,
                requests,
                stores,
                deletes,
                answers,
            } = role;
            let cids = |cids: &[Cid]| sorted(cids.iter().map(|cid| self.cid(cid)));
            *setup == other.setup
                && *answers == other.answers
                && cids(holds) == sorted(other.holds.iter().copied())
                && cids(stores) == sorted(other.stores.iter().copied())
                && cids(deletes) == sorted(other.deletes.iter().copied())
                && sorted(requests.iter().map(|address| self.address(address)))
                    == sorted(other.requests.iter().cloned())
        })
    }

    fn ends_of(&self, pairs: &[[Peer; 2]]) -> Option<Vec<usize>> {
        let ends = pairs.iter().flat_map(|[a, b]| [[*a, *b], [*b, *a]]);
        ends.map(|[own, far]| {
            let image = [self.peer(&own), self.peer(&far)];
            pairs.iter().enumerate().find_map(|(link, [a, b])| {
                if image == [*a, *b] {
                    Some(2 * link)
                } else if image == [*b, *a] {
                    Some(2 * link + 1)
                } else {
                    None
                }
            })
        })
        .collect()
    }

    /// The new name of a node.
    pub fn peer(&self, peer: &Peer) -> Peer {
        Peer(self.peers[peer.index()])
    }

    /// The new name of a block; the dataset has only one.
    pub fn cid(&self, cid: &Cid) -> Cid {
        self.blocks
            .get(usize::from(cid.0))
            .map_or(*cid, |number| Cid(*number))
    }

    /// The new name of an address: a block's place in the dataset is its number.
    pub fn address(&self, address: &Address<Cid>) -> Address<Cid> {
        match address {
            Address::Plain(cid) => Address::Plain(self.cid(cid)),
            Address::Leaf { tree, index } => Address::Leaf {
                tree: *tree,
                index: usize::try_from(*index)
                    .ok()
                    .and_then(|index| self.blocks.get(index))
                    .map_or(*index, |number| u64::from(*number)),
            },
        }
    }

    /// The new names of a set of nodes, a bit each.
    pub fn set_of_peers(&self, set: u8) -> u8 {
        (0..)
            .zip(&self.peers)
            .filter(|(from, _)| set & 1 << from != 0)
            .fold(0, |image, (_, to)| image | 1 << to)
    }

    /// A set of addresses, with the new names.
    fn addresses(&self, addresses: &BTreeSet<Address<Cid>>) -> BTreeSet<Address<Cid>> {
        addresses
            .iter()
            .map(|address| self.address(address))
            .collect()
    }

    /// A node, with the new names.
    pub fn node(&self, node: &Node<Small>) -> Node<Small> {
        let Node {
            config,
            contexts,
            wants,
            held,
            behaviour,
        } = node;
        let mut renamed = Node::behaving(self.behaviour(behaviour), config.clone());
        renamed.contexts = contexts
            .iter()
            .map(|(peer, context)| (self.peer(peer), self.context(context)))
            .collect();
        for (address, want) in wants.iter() {
            let OwnWant {
                asked,
                unanswered,
                retries,
                others,
            } = want;
            let want = OwnWant {
                asked: asked.iter().map(|peer| self.peer(peer)).collect(),
                unanswered: unanswered.iter().map(|peer| self.peer(peer)).collect(),
                retries: *retries,
                others: *others,
            };
            renamed.wants.insert(self.address(address), want);
        }
        renamed.held = held
            .iter()
            .map(|(address, cid)| (self.address(address), self.cid(cid)))
            .collect();
        renamed
    }

    fn behaviour(&self, behaviour: &Deviating<Small>) -> Deviating<Small> {
        let Deviating {
            deviations,
            peers,
            departed,
            taken,
            trees,
        } = behaviour;
        Deviating {
            deviations: *deviations,
            peers: peers
                .iter()
                .map(|(peer, remembered)| (self.peer(peer), self.remembered(remembered)))
                .collect(),
            departed: departed
                .iter()
                .map(|(peer, (context, remembered))| {
                    let renamed = (self.context(context), self.remembered(remembered));
                    (self.peer(peer), renamed)
                })
                .collect(),
            taken: self.addresses(taken),
            trees: trees
                .iter()
                .map(|(tree, is_forged)| (self.cid(tree), *is_forged))
                .collect(),
        }
    }

    fn remembered(&self, remembered: &Remembered<Small>) -> Remembered<Small> {
        let Remembered {
            denied,
            announced,
            asked,
            served,
        } = remembered;
        Remembered {
            denied: self.addresses(denied),
            announced: self.addresses(announced),
            asked: self.addresses(asked),
            served: self.addresses(served),
        }
    }

    fn context(&self, context: &PeerContext<Small>) -> PeerContext<Small> {
        let PeerContext {
            presence,
            wants,
            account,
            payment,
        } = context;
        let mut renamed_wants = Sequence::default();
        for entry in wants.values() {
            let entry = self.entry(entry);
            renamed_wants.insert(entry.address.clone(), entry);
        }
        PeerContext {
            presence: presence
                .iter()
                .map(|(address, price)| (self.address(address), *price))
                .collect(),
            wants: renamed_wants,
            account: *account,
            payment: payment.clone(),
        }
    }

    fn entry(&self, entry: &WantEntry<Cid>) -> WantEntry<Cid> {
        let WantEntry {
            address,
            priority,
            cancel,
            want_type,
            send_dont_have,
        } = entry;
        WantEntry {
            address: self.address(address),
            priority: *priority,
            cancel: *cancel,
            want_type: *want_type,
            send_dont_have: *send_dont_have,
        }
    }

    fn message(&self, message: &Message<Small>) -> Message<Small> {
        let Message {
            want_list,
            deliveries,
            presences,
            account,
            payment,
        } = message;
        Message {
            want_list: want_list.as_ref().map(|list| {
                let WantList { entries, full } = list;
                WantList {
                    entries: entries.iter().map(|entry| self.entry(entry)).collect(),
                    full: *full,
                }
            }),
            deliveries: deliveries
                .iter()
                .map(|delivery| {
                    let Delivery {
                        address,
                        cid,
                        evidence,
                    } = delivery;
                    Delivery {
                        address: self.address(address),
                        cid: self.cid(cid),
                        evidence: *evidence,
                    }
                })
                .collect(),
            presences: presences
                .iter()
                .map(|item| {
                    let Presence {
                        address,
                        presence_type,
                        price,
                    } = item;
                    Presence {
                        address: self.address(address),
                        presence_type: *presence_type,
                        price: *price,
                    }
                })
                .collect(),
            account: *account,
            payment: payment.clone(),
        }
    }

    /// What awaits a node, with the new names.
    pub fn end(&self, end: &End) -> End {
        let End {
            news,
            inbox,
            serves,
        } = end;
        End {
            news: news.clone(),
            inbox: inbox.iter().map(|message| self.message(message)).collect(),
            serves: *serves,
        }
    }

    /// A state of the network whose renaming this is, with the new names.
    pub fn state(&self, state: &State) -> State {
        let State {
            nodes,
            links,
            left,
            ended,
            broken,
        } = state;
        let mut renamed = State {
            nodes: nodes.clone(),
            links: links.clone(),
            left: *left,
            ended: sorted(ended.iter().map(|peer| self.peer(peer))),
            broken: *broken,
        };
        for (node, to) in nodes.iter().zip(&self.peers) {
            renamed.nodes[usize::from(*to)] = self.node(node);
        }
        for (link, Link { open, ends }) in links.iter().enumerate() {
            for (side, end) in ends.iter().enumerate() {
                let to = self.ends[2 * link + side];
                renamed.links[to / 2].open = *open;
                renamed.links[to / 2].ends[to % 2] = self.end(end);
            }
        }
        renamed
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}
