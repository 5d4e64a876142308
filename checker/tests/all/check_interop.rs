//! Who can fetch from whom, with timers that never tire: what was seen of running nodes, and what
//! was not looked for there.

use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Peer};
use blockexc_checker::network::role::Role;
use blockexc_checker::network::state::State;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::Outcome;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::fair_cycles::{Fairness, fair_cycle};
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::Dialect;

fn dialect(name: &str) -> Deviations {
    Dialect::find(name).unwrap().deviations
}

fn without(deviations: Deviations, one: Deviation) -> Deviations {
    deviations.iter().filter(|other| *other != one).collect()
}

fn role(deviations: Deviations) -> Role {
    Role::new(Setup::deviating(deviations))
}

/// Whether a want of a block that a connected peer holds is obtained in every fair run. A timer
/// that runs again and again goes off in the end.
fn obtains(network: &Network) -> bool {
    let interned = InternedNetwork::<10>::new(network).unwrap();
    let owed = |state: &State| properties::is_owed(network, state);
    let found = Explorer::new(&interned, Vec::new())
        .bounded(Bounds {
            states: Some(200_000),
            ..Bounds::default()
        })
        .with_graph(&owed)
        .explore();
    assert_eq!(found.outcome, Outcome::Exhausted);
    let graph = found.graph.as_ref().unwrap();
    fair_cycle(graph, &network.obligations(Fairness::Strong)).is_none()
}

/// Whether the one fetches from the other, where the connection may close once and open again.
fn fetches(asker: Deviations, holder: Deviations) -> bool {
    let blocks = Blocks::plain(1);
    let roles = vec![
        role(asker).requesting(blocks.addresses()),
        role(holder).holding(Cid(0)),
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        ..Limits::default()
    };
    obtains(&Network::new("asker and holder", blocks, roles, limits).retrying(2))
}

#[test]
fn what_was_seen_of_running_nodes_is_predicted() {
    let neverust = dialect("neverust-2026-03");
    let archivist = dialect("codex-2025-06");
    assert!(fetches(archivist, neverust));
    assert!(!fetches(neverust, archivist));
}

#[test]
fn the_reference_fetches_from_those_that_do_not_overwrite_wants() {
    let reference = Deviations::none();
    for name in ["reference", "logos-2025-12", "neverust-2026-03"] {
        assert!(fetches(reference, dialect(name)), "{name}");
    }
    // A retry says WantHave again; to a peer that has recorded the WantBlock and is about to serve
    // it, that silences it, and so does every retry after it.
    for name in ["codex-2025-01", "codex-2025-06"] {
        let deviations = dialect(name);
        assert!(!fetches(reference, deviations), "{name}");
        let mended = without(deviations, Deviation::OverwriteWant);
        assert!(fetches(reference, mended), "{name}");
    }
}

#[test]
fn the_dialects_that_keep_contexts_fetch_from_the_reference() {
    for name in ["codex-2025-01", "codex-2025-06", "logos-2025-12"] {
        assert!(fetches(dialect(name), Deviations::none()), "{name}");
    }
}

#[test]
fn a_block_comes_through_two_hops() {
    let blocks = Blocks::plain(1);
    let asking = || role(Deviations::none()).requesting(blocks.addresses());
    let roles = vec![asking(), asking(), role(Deviations::none()).holding(Cid(0))];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 2,
        ..Limits::default()
    };
    let network = Network::new("a row of three", blocks, roles, limits)
        .linked(vec![[Peer(0), Peer(1)], [Peer(1), Peer(2)]])
        .retrying(1);
    assert!(obtains(&network));
}
