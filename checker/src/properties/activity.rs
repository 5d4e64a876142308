//! What shows that a network does anything at all: each of these must hold in at least one state.

use blockexc_model::address::Address;
use blockexc_model::message::{Message, PresenceType, WantEntry, WantType};
use stateright::Model;

use crate::network::closed::Network;
use crate::network::names::{Cid, Peer, Small};
use crate::network::open::OpenNetwork;
use crate::network::state::State;
use crate::search::property::{Condition, Kind, Predicate, Property};

use super::ends::{is_want_block, waits};

/// What shows that an open network does anything at all, when its peers know the essentials.
pub fn open_activity() -> Vec<Property<OpenNetwork>> {
    vec![
        sometimes::<OpenNetwork>("a peer is asked", &["ASK-6"], |_, state| {
            state
                .node
                .own_wants()
                .any(|(_, want)| !want.asked.is_empty())
        }),
        sometimes::<OpenNetwork>("a peer waits", &["WANT-1"], |_, state| {
            state
                .node
                .contexts()
                .values()
                .any(|context| context.wants().len() > 0)
        }),
        sometimes::<OpenNetwork>("a block is held", &["XFER-7", "HELD-1"], |_, state| {
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
    fn entries(message: &Message<Small>) -> impl Iterator<Item = &WantEntry<Cid>> {
        message.want_list.iter().flat_map(|list| &list.entries)
    }
    vec![
        sometimes::<Network>("a WantHave is under way", &["ASK-1"], |_, state| {
            any(state, |message| {
                entries(message).any(|entry| !entry.cancel && entry.want_type == WantType::WantHave)
            })
        }),
        sometimes::<Network>("a full list is under way", &["JOIN-4"], |_, state| {
            any(state, |message| {
                message.want_list.as_ref().is_some_and(|list| list.full)
            })
        }),
        sometimes::<Network>("a Have is under way", &["WANT-4"], |_, state| {
            any(state, |message| {
                message
                    .presences
                    .iter()
                    .any(|item| item.presence_type == PresenceType::Have)
            })
        }),
        sometimes::<Network>("a WantBlock is under way", &["ASK-6"], |_, state| {
            any(state, |message| entries(message).any(is_want_block))
        }),
        sometimes::<Network>("a delivery is under way", &["WANT-2"], |_, state| {
            any(state, |message| !message.deliveries.is_empty())
        }),
        sometimes::<Network>(MET, &["XFER-7"], |model, state| {
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
    vec![sometimes::<Network>(
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
    vec![sometimes::<Network>(
        "a want is recorded",
        &["WANT-1", "HELD-2"],
        |_, state| state.nodes.iter().any(|node| waits(node).next().is_some()),
    )]
}

/// What is seen only in networks in which a block's holder and somebody who requests it can meet
/// through a third node alone.
pub fn relaying() -> Vec<Property<Network>> {
    vec![sometimes::<Network>(
        "a want is met through two hops",
        &["XFER-7", "WANT-4"],
        |model, state| {
            (0u8..).map(Peer).zip(&state.nodes).any(|(peer, node)| {
                let role = &model.roles[peer.index()];
                role.requests.iter().any(|address| {
                    node.holds(address) && !is_next_to_a_source(model, peer, address)
                })
            })
        },
    )]
}

/// Whether some node requests a block that neither it nor anybody whom it may connect to has by
/// itself.
pub(super) fn has_relays(model: &Network) -> bool {
    (0u8..).map(Peer).zip(&model.roles).any(|(peer, role)| {
        role.requests
            .iter()
            .any(|address| !is_next_to_a_source(model, peer, address))
    })
}

fn is_next_to_a_source(model: &Network, peer: Peer, address: &Address<Cid>) -> bool {
    let cid = model.blocks.cid_of(address);
    let pairs = model.pairs.iter().filter(|pair| pair.contains(&peer));
    pairs.flatten().any(|other| {
        let other = &model.roles[other.index()];
        other.holds.contains(&cid) || other.stores.contains(&cid)
    })
}

fn sometimes<M: Model>(
    name: &'static str,
    requirements: &'static [&'static str],
    holds: Predicate<M>,
) -> Property<M> {
    Property {
        name,
        requirements,
        kind: Kind::Sometimes,
        condition: Condition::OfState(holds),
        premise: None,
        when_quiet: false,
    }
}
