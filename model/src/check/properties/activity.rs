//! What must hold of a network at least once: it shows that the network does anything at all.

use super::super::names::{Cid, Peer, Small};
use super::super::network::{Network, State};
use super::super::open::{OpenNetwork, OpenState, is_want_block};
use super::property::{Kind, Property, Test};
use super::safety::waits;
use crate::message::{Message, PresenceType, WantType};

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
