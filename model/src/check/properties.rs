//! What must hold of a whole network, as data.
//!
//! Three kinds of property stand here. Every rule and every invariant of a node is one: no step of
//! any node breaks it. What relates several nodes, or a node and its connections, is written out
//! below. And what shows that the network does anything at all must hold at least once.

use std::hash::Hash;

use stateright::Model;

use crate::address::Address;
use crate::message::{Message, PresenceType, WantType};
use crate::node::Node;

use super::liveness::FREE;
use super::names::{Cid, Peer, Small};
use super::network::{Action, Network, State, UNCONNECTED, UNREAD};
use super::open::{OpenNetwork, OpenState, is_want_block};
use super::rules::{PredicateSet, StepChecker};

/// In how many states a property is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In all.
    Always,
    /// In at least one.
    Sometimes,
}

/// Something that must hold of a network.
pub struct Property<M: Model> {
    /// What it says, in a few words.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// In how many states it is to hold.
    pub kind: Kind,
    /// Whether it holds in a state.
    pub test: Test<M>,
    /// What must be the case for it to say anything. The rules of single steps count for
    /// themselves how often they had anything to say ([`StepChecker::reached`]).
    pub premise: Option<Predicate<M>>,
    /// It holds wherever something is under way: it need only be looked at where nothing is.
    pub when_quiet: bool,
}

/// How a property looks at a state.
pub enum Test<M: Model> {
    /// The step that led here did not break the rule or invariant of this place.
    Unbroken(usize),
    /// A predicate over the state.
    Holds(Predicate<M>),
}

/// A predicate over the states of a model.
pub type Predicate<M> = fn(&M, &<M as Model>::State) -> bool;

/// A model whose steps are judged.
pub trait Judging: Model<State: Clone + Eq + Hash + Send + Sync> + Sync {
    /// The rules and invariants that the step that led to this state broke.
    fn broken(&self, state: &Self::State) -> PredicateSet;

    /// Whether nothing happens any more by itself: properties that are about that case are looked
    /// at then only.
    fn is_quiet(&self, _: &Self::State) -> bool {
        true
    }

    /// Which of the obligations this action meets that a run has which goes on for ever.
    fn obligation(&self, _: &Self::Action) -> u8 {
        FREE
    }
}

impl Judging for Network {
    fn broken(&self, state: &State) -> PredicateSet {
        state.broken
    }

    fn is_quiet(&self, state: &State) -> bool {
        state.is_quiet()
    }

    fn obligation(&self, action: &Action) -> u8 {
        Network::obligation(self, action)
    }
}

impl Judging for OpenNetwork {
    fn broken(&self, state: &OpenState) -> PredicateSet {
        state.broken
    }
}

impl<M: Judging> Property<M> {
    /// Whether it holds in this state.
    pub fn holds(&self, model: &M, state: &M::State) -> bool {
        match self.test {
            Test::Unbroken(place) => !model.broken(state).contains(place),
            Test::Holds(holds) => holds(model, state),
        }
    }

    /// Whether it stands for one of these requirements.
    pub fn stands_for_any(&self, requirements: &[&str]) -> bool {
        self.requirements
            .iter()
            .any(|requirement| requirements.contains(requirement))
    }
}

fn unbroken<M: Model>(judge: &StepChecker<Small>) -> Vec<Property<M>> {
    judge
        .predicates()
        .enumerate()
        .map(|(place, predicate)| Property {
            name: predicate.name,
            requirements: predicate.requirements,
            kind: Kind::Always,
            test: Test::Unbroken(place),
            premise: None,
            when_quiet: false,
        })
        .collect()
}

/// What must hold of an open network.
pub fn open(model: &OpenNetwork) -> Vec<Property<OpenNetwork>> {
    unbroken(model.judge())
}

/// What shows that an open network does anything at all, when its peers know the essentials.
pub fn open_activity() -> Vec<Property<OpenNetwork>> {
    vec![
        sometimes_of_one("a peer is asked", &["ASK-6"], |_, state| {
            state
                .node
                .own_wants()
                .any(|(_, want)| !want.asked.is_empty())
        }),
        sometimes_of_one("a peer waits", &["WANT-1"], |_, state| {
            state
                .node
                .contexts()
                .values()
                .any(|context| context.wants().len() > 0)
        }),
        sometimes_of_one("a block is held", &["XFER-7", "HELD-1"], |_, state| {
            !state.node.held().is_empty()
        }),
    ]
}

/// What must hold of a closed network, whether wants are pursued anew or not.
pub fn network(model: &Network) -> Vec<Property<Network>> {
    let mut properties = unbroken(model.judge());
    properties.extend(safety());
    properties.extend(activity());
    properties
}

/// The name of the property that says that nobody is asked in vain.
pub const ASKED_IS_KNOWN: &str = "fallen silent, whoever is asked knows of it";

/// What relates several nodes, or a node and its connections.
pub fn safety() -> Vec<Property<Network>> {
    vec![
        Property {
            name: "whatever arrives is read, whoever opened its stream",
            requirements: &["WIRE-7"],
            kind: Kind::Always,
            test: Test::Unbroken(UNREAD),
            premise: None,
            when_quiet: false,
        },
        Property {
            name: "no context without a connection, or a Left to be handled",
            requirements: &["JOIN-1", "LEFT-1"],
            kind: Kind::Always,
            test: Test::Unbroken(UNCONNECTED),
            premise: None,
            when_quiet: false,
        },
        always(
            "fallen silent, a context of a node that wants nothing holds no record",
            &["PRES-1", "PRES-6"],
            |_, state| {
                !state.is_quiet()
                    || state
                        .nodes
                        .iter()
                        .filter(|node| node.own_wants().len() == 0)
                        .all(|node| {
                            node.contexts()
                                .values()
                                .all(|context| context.presence().is_empty())
                        })
            },
            |_, state| {
                state.is_quiet() && state.nodes.iter().all(|node| node.own_wants().len() == 0)
            },
        ),
        always(
            "fallen silent, no peer waits for a block that its peer holds",
            &["WANT-2", "WANT-13"],
            |_, state| {
                !state.is_quiet()
                    || state.nodes.iter().all(|node| {
                        node.contexts()
                            .values()
                            .flat_map(|context| context.wants())
                            .all(|entry| !node.holds(&entry.address) || !is_want_block(entry))
                    })
            },
            |_, state| {
                state.is_quiet() && state.nodes.iter().any(|node| waits(node).next().is_some())
            },
        ),
        always(
            ASKED_IS_KNOWN,
            &["ASK-6", "WANT-1"],
            |model, state| {
                !state.is_quiet()
                    || ends(model, state).filter(End::is_mutual).all(|end| {
                        asked_of(end.node, end.peer).all(|address| {
                            records(end.other, end.me).any(|recorded| recorded == address)
                        })
                    })
            },
            |model, state| {
                state.is_quiet()
                    && ends(model, state)
                        .filter(End::is_mutual)
                        .any(|end| asked_of(end.node, end.peer).next().is_some())
            },
        ),
    ]
}

/// What is recorded as wanted is wanted. This holds of the specification only where no want is
/// pursued anew: a peer that is asked twice may serve the first, delete the block and record the
/// second, and XFER-7 sends the one that delivered no cancel.
pub fn settled() -> Property<Network> {
    always(
        "fallen silent, whoever is recorded as wanting a block wants it",
        &["ASK-7", "XFER-7", "WANT-8"],
        |model, state| {
            !state.is_quiet()
                || ends(model, state)
                    .filter(End::is_mutual)
                    .all(|end| records(end.node, end.peer).all(|address| end.other.wants(address)))
        },
        |model, state| {
            state.is_quiet()
                && ends(model, state)
                    .filter(End::is_mutual)
                    .any(|end| records(end.node, end.peer).next().is_some())
        },
    )
}

/// Progress, as far as it can be said of single states: where nothing pursues a want anew, it must
/// not be needed. This does not hold of the specification without retries; with them it is a
/// matter of [`super::liveness`].
pub fn progress() -> Property<Network> {
    always(
        "fallen silent, nobody wants what a connected peer holds",
        &["ASK-6", "ASK-8"],
        |model, state| !state.is_quiet() || !is_owed(model, state),
        |_, state| state.is_quiet() && state.nodes.iter().any(|node| node.own_wants().len() > 0),
    )
}

/// Whether some node wants a block that a peer holds with which it is connected.
pub fn is_owed(model: &Network, state: &State) -> bool {
    ends(model, state).filter(|end| end.open).any(|end| {
        end.node
            .own_wants()
            .any(|(address, _)| end.other.holds(address))
    })
}

/// The name of the property that says that some want is met by a delivery.
pub const MET: &str = "a want is met";

/// What shows that a network does anything at all.
pub fn activity() -> Vec<Property<Network>> {
    fn any(state: &State, holds: impl Fn(&Message<Small>) -> bool) -> bool {
        state.under_way().any(holds)
    }
    fn entries(message: &Message<Small>) -> impl Iterator<Item = &crate::message::WantEntry<Cid>> {
        message.want_list.iter().flat_map(|list| &list.entries)
    }
    vec![
        sometimes("a WantHave is under way", &["ASK-1"], |_, state| {
            any(state, |message| {
                entries(message).any(|entry| !entry.cancel && entry.want_type == WantType::WantHave)
            })
        }),
        sometimes("a full list is under way", &["JOIN-4"], |_, state| {
            any(state, |message| {
                message.want_list.as_ref().is_some_and(|list| list.full)
            })
        }),
        sometimes("a Have is under way", &["WANT-4"], |_, state| {
            any(state, |message| {
                message
                    .presences
                    .iter()
                    .any(|item| item.presence_type == PresenceType::Have)
            })
        }),
        sometimes("a WantBlock is under way", &["ASK-6"], |_, state| {
            any(state, |message| entries(message).any(is_want_block))
        }),
        sometimes("a delivery is under way", &["WANT-2"], |_, state| {
            any(state, |message| !message.deliveries.is_empty())
        }),
        sometimes(MET, &["XFER-7"], |model, state| {
            model.roles.iter().zip(&state.nodes).any(|(role, node)| {
                role.requests.iter().any(|address| {
                    let cid = model.blocks.cid_of(address);
                    node.holds(address) && !role.holds.contains(&cid) && !role.stores.contains(&cid)
                })
            })
        }),
    ]
}

/// What is seen only in networks in which users cancel.
pub fn cancelling() -> Vec<Property<Network>> {
    vec![sometimes(
        "a cancel is under way",
        &["ASK-7"],
        |_, state| {
            state.under_way().any(|message| {
                message
                    .want_list
                    .iter()
                    .flat_map(|list| &list.entries)
                    .any(|entry| entry.cancel)
            })
        },
    )]
}

/// What is seen only in networks in which blocks are deleted.
pub fn deleting() -> Vec<Property<Network>> {
    vec![sometimes(
        "a want is recorded",
        &["WANT-1", "HELD-2"],
        |_, state| state.nodes.iter().any(|node| waits(node).next().is_some()),
    )]
}

/// What is seen only in networks in which a block's holder and somebody who requests it can meet
/// through a third node alone.
pub fn relaying() -> Vec<Property<Network>> {
    vec![sometimes(
        "a want is met through two hops",
        &["XFER-7", "WANT-4"],
        |model, state| {
            (0u8..).map(Peer).zip(&state.nodes).any(|(peer, node)| {
                let role = &model.roles[peer.index()];
                role.requests.iter().any(|address| {
                    let cid = model.blocks.cid_of(address);
                    let next_to_a_source = model
                        .pairs
                        .iter()
                        .filter(|pair| pair.contains(&peer))
                        .flatten()
                        .any(|other| {
                            let other = &model.roles[other.index()];
                            other.holds.contains(&cid) || other.stores.contains(&cid)
                        });
                    node.holds(address) && !next_to_a_source
                })
            })
        },
    )]
}

/// One node's end of a connection.
struct End<'a> {
    me: Peer,
    node: &'a Node<Small>,
    peer: Peer,
    other: &'a Node<Small>,
    open: bool,
}

impl End<'_> {
    fn has_context(&self) -> bool {
        self.node.contexts().contains_key(&self.peer)
    }

    /// Both have handled the other's Joined.
    fn is_mutual(&self) -> bool {
        self.open && self.has_context() && self.other.contexts().contains_key(&self.me)
    }
}

fn ends<'a>(model: &'a Network, state: &'a State) -> impl Iterator<Item = End<'a>> {
    model
        .pairs
        .iter()
        .zip(&state.links)
        .flat_map(move |(pair, link)| {
            [0, 1].map(|i: usize| End {
                me: pair[i],
                node: &state.nodes[pair[i].index()],
                peer: pair[1 - i],
                other: &state.nodes[pair[1 - i].index()],
                open: link.open,
            })
        })
        .filter(|end| !state.ended.contains(&end.me))
}

/// What peers wait for at this node.
fn waits(node: &Node<Small>) -> impl Iterator<Item = &Address<Cid>> {
    node.contexts()
        .values()
        .flat_map(|context| context.wants())
        .map(|entry| &entry.address)
}

/// What this peer waits for at this node.
fn records(node: &Node<Small>, peer: Peer) -> impl Iterator<Item = &Address<Cid>> {
    node.contexts()
        .get(&peer)
        .into_iter()
        .flat_map(|context| context.wants())
        .map(|entry| &entry.address)
}

/// What this node asks of this peer.
fn asked_of(node: &Node<Small>, peer: Peer) -> impl Iterator<Item = &Address<Cid>> {
    node.own_wants()
        .filter(move |(_, want)| want.asked.contains(&peer))
        .map(|(address, _)| address)
}

/// How the names of properties begin that are about networks in which nothing is under way.
const QUIET: &str = "fallen silent";

fn always(
    name: &'static str,
    requirements: &'static [&'static str],
    holds: fn(&Network, &State) -> bool,
    premise: fn(&Network, &State) -> bool,
) -> Property<Network> {
    Property {
        name,
        requirements,
        kind: Kind::Always,
        test: Test::Holds(holds),
        premise: Some(premise),
        when_quiet: name.starts_with(QUIET),
    }
}

fn sometimes(
    name: &'static str,
    requirements: &'static [&'static str],
    holds: fn(&Network, &State) -> bool,
) -> Property<Network> {
    Property {
        name,
        requirements,
        kind: Kind::Sometimes,
        test: Test::Holds(holds),
        premise: None,
        when_quiet: false,
    }
}

fn sometimes_of_one(
    name: &'static str,
    requirements: &'static [&'static str],
    holds: fn(&OpenNetwork, &OpenState) -> bool,
) -> Property<OpenNetwork> {
    Property {
        name,
        requirements,
        kind: Kind::Sometimes,
        test: Test::Holds(holds),
        premise: None,
        when_quiet: false,
    }
}

/// The same properties for stateright's own checkers, which take plain functions.
pub fn for_stateright<M>(properties: Vec<Property<M>>) -> Vec<stateright::Property<M>>
where
    M: Judging + 'static,
    M::State: 'static,
{
    properties
        .into_iter()
        .filter_map(|property| {
            let condition = match property.test {
                Test::Holds(holds) => holds,
                Test::Unbroken(place) => *unbroken_functions().get(place)?,
            };
            Some(match property.kind {
                Kind::Always => stateright::Property::always(property.name, condition),
                Kind::Sometimes => stateright::Property::sometimes(property.name, condition),
            })
        })
        .collect()
}

fn is_unbroken<M: Judging, const PLACE: usize>(model: &M, state: &M::State) -> bool {
    !model.broken(state).contains(PLACE)
}

/// One plain function for each place in [`PredicateSet`].
fn unbroken_functions<M: Judging + 'static>() -> &'static [fn(&M, &M::State) -> bool]
where
    M::State: 'static,
{
    macro_rules! functions {
        ($($tens:literal)*) => { &[$(
            is_unbroken::<M, { 10 * $tens }>, is_unbroken::<M, { 10 * $tens + 1 }>,
            is_unbroken::<M, { 10 * $tens + 2 }>, is_unbroken::<M, { 10 * $tens + 3 }>,
            is_unbroken::<M, { 10 * $tens + 4 }>, is_unbroken::<M, { 10 * $tens + 5 }>,
            is_unbroken::<M, { 10 * $tens + 6 }>, is_unbroken::<M, { 10 * $tens + 7 }>,
            is_unbroken::<M, { 10 * $tens + 8 }>, is_unbroken::<M, { 10 * $tens + 9 }>,
        )*] };
    }
    functions!(0 1 2 3 4 5 6 7 8 9 10 11)
}
