//! The standard configurations: small enough to be searched to the end, and together such that
//! every rule of a single node has something to say.

use blockexc_model::deviating::Setup;
use blockexc_model::message::Account;
use blockexc_model::price::Price;

use crate::network::alphabet::Alphabet;
use crate::network::closed::Network;
use crate::network::limits::Limits;
use crate::network::names::{Blocks, Cid, Naming, Peer};
use crate::network::open::OpenNetwork;
use crate::network::role::Role;

/// A node that asks for payment and gives up after one retry: every rule applies to it.
fn demanding(setup: &Setup) -> Setup {
    let mut setup = setup.clone();
    setup.config.price = Price::from(1);
    setup.config.account = Some(Account([7; 20]));
    setup.config.retries = 1;
    setup
}

/// One node, with these deviations, among peers that do as they like: the smaller ones.
pub fn open_networks(setup: &Setup) -> Vec<OpenNetwork> {
    let setup = demanding(setup);
    let [one, two, three] = [1, 2, 3].map(Blocks::plain);
    let leaf = Blocks::named(1, Naming::LeafAndPlain);
    let open = |name, blocks, peers, alphabet| {
        OpenNetwork::new(name, setup.clone(), blocks, peers, alphabet)
    };
    let mut crowded = setup.clone();
    crowded.config.wants_per_peer = 1;
    vec![
        open("essentials", one, 2, Alphabet::essential(one)),
        open("lists of a peer", two, 1, {
            Alphabet::lists(two).and(Alphabet::long_lists(two))
        }),
        open("lists of two peers", one, 2, {
            Alphabet::lists(one).and(Alphabet::long_lists(one))
        }),
        open("three waits", three, 1, Alphabet::waits(three)),
        OpenNetwork::new(
            "two waits, room for one",
            crowded,
            two,
            1,
            Alphabet::waits(two),
        ),
        open("items for two wants", two, 1, {
            Alphabet::presences(two).and(Alphabet::essential(two))
        }),
        open("answers", one, 2, {
            Alphabet::presences(one)
                .and(Alphabet::deliveries(one))
                .and(Alphabet::mixed(one))
        }),
        open("leaves", leaf, 1, {
            Alphabet::essential(leaf)
                .and(Alphabet::deliveries(leaf))
                .and(Alphabet::mixed(leaf))
        }),
    ]
}

/// One node, with these deviations, among peers that do as they like: the larger ones.
pub fn large_open_networks(setup: &Setup) -> Vec<OpenNetwork> {
    let setup = demanding(setup);
    let two = Blocks::plain(2);
    let leaf = Blocks::named(1, Naming::LeafAndPlain);
    vec![
        OpenNetwork::new(
            "two peers, leaves",
            setup.clone(),
            leaf,
            2,
            Alphabet::essential(leaf),
        ),
        OpenNetwork::new(
            "two peers, two blocks",
            setup,
            two,
            2,
            Alphabet::essential(two),
        ),
    ]
}

/// An asker and a holder, with reconnects, cancels, deletions and stores.
pub fn pair(asker: &Setup, holder: &Setup, blocks: Blocks, retries: u8) -> Network {
    let cids = || blocks.cids();
    let mut holding = Role::new(holder.clone()).deleting(cids()).storing(cids());
    for cid in cids() {
        holding = holding.holding(cid);
    }
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1 + blocks.count,
        cancels: 1,
        stores: 1,
        deletions: 1,
        retries,
    };
    let asking = Role::new(asker.clone()).requesting(blocks.addresses());
    let name = match (blocks.naming, blocks.count) {
        (Naming::Plain, 1) => "a pair",
        (Naming::Plain, _) => "a pair, more blocks",
        _ => "a pair, leaves",
    };
    Network::new(name, blocks, vec![asking, holding], limits)
}

/// Two askers that know of the holder through each other alone.
pub fn row(setup: &Setup) -> Network {
    let blocks = Blocks::plain(1);
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let roles = vec![asking(), asking(), Role::new(setup.clone()).holding(Cid(0))];
    let limits = Limits {
        connects: 2,
        requests: 2,
        retries: 2,
        ..Limits::default()
    };
    Network::new("a row of three", blocks, roles, limits)
        .linked(vec![[Peer(0), Peer(1)], [Peer(1), Peer(2)]])
}

/// Two askers and a holder, all connected, one connection of which may close.
pub fn triangle(setup: &Setup) -> Network {
    let blocks = Blocks::plain(1);
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let roles = vec![asking(), asking(), Role::new(setup.clone()).holding(Cid(0))];
    let limits = Limits {
        connects: 3,
        disconnects: 1,
        requests: 2,
        ..Limits::default()
    };
    Network::new("a triangle", blocks, roles, limits)
}

/// The triangle, with a cancel, a deletion and a retry.
pub fn busy_triangle(setup: &Setup) -> Network {
    let mut network = triangle(setup);
    network.name = "a busy triangle".to_owned();
    network.limits.cancels = 1;
    network.limits.deletions = 1;
    network.limits.retries = 1;
    network.roles[2].deletes.push(Cid(0));
    network
}

/// Two nodes that ask for two blocks of a third, all connected, with a cancel and a deletion: more
/// than ten million states.
pub fn two_block_triangle(setup: &Setup) -> Network {
    let blocks = Blocks::plain(2);
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let mut holder = Role::new(setup.clone()).deleting(blocks.cids());
    for cid in blocks.cids() {
        holder = holder.holding(cid);
    }
    let limits = Limits {
        connects: 3,
        requests: 4,
        cancels: 1,
        deletions: 1,
        ..Limits::default()
    };
    let roles = vec![asking(), asking(), holder];
    Network::new("a triangle, two blocks", blocks, roles, limits)
}

/// An asker, and a peer that holds the block sooner or later, with timers that never tire.
pub fn patient_pair(asker: &Setup, holder: &Setup) -> Network {
    let blocks = Blocks::plain(1);
    let roles = vec![
        Role::new(asker.clone()).requesting(blocks.addresses()),
        Role::new(holder.clone()).storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        stores: 1,
        ..Limits::default()
    };
    Network::new("a patient pair", blocks, roles, limits).retrying(2)
}

/// Two askers that know of the holder through each other alone, with timers that never tire.
pub fn patient_row(setup: &Setup) -> Network {
    let mut network = row(setup).retrying(1);
    network.name = "a patient row of three".to_owned();
    network.limits.retries = 0;
    network.limits.disconnects = 1;
    network
}

/// A network of so many nodes, all connected: all but the last one request every block, and the
/// last one holds them, and deletes and stores what the limits allow.
pub fn custom(setup: &Setup, nodes: u8, blocks: Blocks, limits: Limits) -> Network {
    let asking = || Role::new(setup.clone()).requesting(blocks.addresses());
    let mut roles: Vec<Role> = (1..nodes).map(|_| asking()).collect();
    let mut holder = Role::new(setup.clone())
        .deleting(blocks.cids())
        .storing(blocks.cids());
    for cid in blocks.cids() {
        holder = holder.holding(cid);
    }
    roles.push(holder);
    Network::new("a network of your own", blocks, roles, limits)
}
