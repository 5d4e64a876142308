//! Networks that are wider than those of the standard set: four nodes, two holders, two leaves. Some
//! with bounds under which every state can be seen, and the others for random walks.

use blockexc_model::deviating::Setup;

use crate::network::closed::Network;
use crate::network::limits::Limits;
use crate::network::names::{Blocks, Cid, Naming, Peer};
use crate::network::role::Role;

/// Networks all of whose states can be seen in some minutes each, and in less than 8 GiB of memory.
///
/// What may happen in them is chosen so that it is no more than that: one more cancel, retry or
/// reconnect makes the states several times as many.
pub fn to_be_searched(setup: &Setup) -> Vec<Network> {
    let line = Limits {
        connects: 4,
        disconnects: 1,
        requests: 3,
        cancels: 1,
        deletions: 1,
        retries: 1,
        ..Limits::default()
    };
    let ring = Limits {
        connects: 5,
        disconnects: 1,
        requests: 3,
        deletions: 1,
        ..Limits::default()
    };
    let two_and_two = Limits {
        connects: 4,
        requests: 4,
        deletions: 1,
        ..Limits::default()
    };
    let leaves = Limits {
        connects: 3,
        disconnects: 1,
        requests: 2,
        cancels: 1,
        deletions: 1,
        retries: 1,
        ..Limits::default()
    };
    let reconnects = Limits {
        connects: 4,
        disconnects: 2,
        requests: 2,
        deletions: 1,
        retries: 1,
        ..Limits::default()
    };
    let (two, two_leaves) = (Blocks::plain(2), Blocks::named(2, Naming::Leaf));
    vec![
        four("four in a line", setup, LINE, line),
        four("four in a ring", setup, RING, ring),
        askers_and_holders(
            "two askers, two holders, two blocks",
            setup,
            2,
            two,
            two_and_two,
        ),
        askers_and_holders("two leaves at two holders", setup, 1, two_leaves, leaves),
        askers_and_holders(
            "reconnects during delivery",
            setup,
            1,
            two_leaves,
            reconnects,
        ),
    ]
}

/// Networks with too many states to be searched: for random walks.
pub fn to_be_walked(setup: &Setup) -> Vec<Network> {
    let limits = |connects| Limits {
        connects,
        disconnects: 1,
        requests: 5,
        cancels: 3,
        deletions: 1,
        retries: 3,
        ..Limits::default()
    };
    let (two, leaves) = (Blocks::plain(2), Blocks::named(2, Naming::Leaf));
    vec![
        four("four in a line", setup, LINE, limits(4)),
        four("four in a ring", setup, RING, limits(5)),
        two_and_two("two askers and two holders, two blocks", setup, two),
        two_and_two("a dataset of two leaves at two holders", setup, leaves),
    ]
}

const LINE: &[[Peer; 2]] = &[[Peer(0), Peer(1)], [Peer(1), Peer(2)], [Peer(2), Peer(3)]];
const RING: &[[Peer; 2]] = &[
    [Peer(0), Peer(1)],
    [Peer(1), Peer(2)],
    [Peer(2), Peer(3)],
    [Peer(0), Peer(3)],
];

/// Three askers, not all of whom are connected with the holder.
fn four(name: &str, setup: &Setup, pairs: &[[Peer; 2]], limits: Limits) -> Network {
    let blocks = Blocks::plain(1);
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let holder = Role::new(setup.clone()).holding(Cid(0)).deleting([Cid(0)]);
    let roles = vec![asking(), asking(), asking(), holder];
    Network::new(name, blocks, roles, limits).linked(pairs.to_vec())
}

/// Two that ask for everything, and two that hold it, all connected, with reconnects during delivery.
fn two_and_two(name: &str, setup: &Setup, blocks: Blocks) -> Network {
    let limits = Limits {
        connects: 8,
        disconnects: 2,
        requests: 6,
        cancels: 3,
        deletions: 1,
        retries: 2,
        ..Limits::default()
    };
    Network::new(name, blocks, asking_and_holding(setup, 2, blocks), limits)
}

/// So many that ask for everything and two that hold it. Each asker is connected with each holder,
/// and with nobody else.
fn askers_and_holders(
    name: &str,
    setup: &Setup,
    askers: u8,
    blocks: Blocks,
    limits: Limits,
) -> Network {
    let holders = [askers, askers + 1].map(Peer);
    let askers_each = (0..askers).map(Peer);
    let pairs = askers_each.flat_map(|asker| holders.map(|holder| [asker, holder]));
    Network::new(
        name,
        blocks,
        asking_and_holding(setup, askers, blocks),
        limits,
    )
    .linked(pairs.collect())
}

/// So many that ask for everything, and two that hold it and may delete it.
fn asking_and_holding(setup: &Setup, askers: u8, blocks: Blocks) -> Vec<Role> {
    let asking = Role::new(setup.clone()).requesting(blocks.addresses());
    let holding = Role::new(setup.clone()).deleting(blocks.cids());
    let holding = blocks.cids().fold(holding, Role::holding);
    let mut roles = vec![asking; usize::from(askers)];
    roles.extend([holding.clone(), holding]);
    roles
}
