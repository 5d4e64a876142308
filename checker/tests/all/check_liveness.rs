//! What a network puts off for ever is found, also where stateright's `eventually` does not look.

use blockexc_checker::network::action::{Act, Action};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::limits::{Limits, Retries};
use blockexc_checker::network::names::{Blocks, Cid, Peer, Small};
use blockexc_checker::network::role::Role;
use blockexc_checker::network::state::State;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::Outcome;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::fair_cycles::{Fairness, Lasso, Obligations, fair_cycle};
use blockexc_checker::search::graph::FREE;
use blockexc_checker::step::choice::Script;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use stateright::{Checker, Model, Property};

/// No two things that are owed may pass for each other, or the one would excuse the other.
#[test]
fn whatever_is_owed_is_an_obligation_of_its_own() {
    let blocks = Blocks::plain(2);
    let roles = vec![Role::new(Setup::default()); 3];
    let network = Network::new("three nodes", blocks, roles, Limits::default());
    let peers = [Peer(0), Peer(1), Peer(2)];
    let mut owed = Vec::new();
    let mut of = |node, act, fairness| {
        let script = Script::default();
        let label = network.obligation(&Action::Act { node, act, script });
        owed.push((label, fairness));
    };
    for node in peers {
        for peer in peers.into_iter().filter(|peer| *peer != node) {
            of(node, Act::Join(peer), Fairness::Weak);
            of(node, Act::Leave(peer), Fairness::Weak);
            of(node, Act::Handle(peer), Fairness::Weak);
            of(node, Act::Serve(peer), Fairness::Weak);
        }
        for place in 0..2 {
            of(node, Act::Retry(place), Fairness::Strong);
        }
    }
    // That a peer joined and that it left share a label: a node hears of them in turn.
    owed.sort_unstable_by_key(|(label, _)| *label);
    owed.dedup();
    let labels: Vec<u8> = owed.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, (1..=24).collect::<Vec<u8>>());
    assert_eq!(
        network.obligations(Fairness::Strong),
        Obligations::new(owed.into_iter().map(|(_, fairness)| fairness))
    );
    let free = Action::Connect(Peer(0), Peer(1));
    assert_eq!(network.obligation(&free), FREE);
}

/// An asker and a holder that may part once, with timers that never tire.
fn patient(asker: Deviations, holder: Deviations) -> Network {
    let blocks = Blocks::plain(1);
    let roles = vec![
        Role::new(Setup::deviating(asker)).requesting(blocks.addresses()),
        Role::new(Setup::deviating(holder)).storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        stores: 1,
        ..Limits::default()
    };
    Network::new("asker and holder", blocks, roles, limits).retrying(2)
}

fn put_off(network: &Network, fairness: Fairness) -> Option<Lasso> {
    let owed = |state: &State| properties::is_owed(network, state);
    let found = Explorer::new(network, Vec::new())
        .bounded(Bounds {
            states: Some(500_000),
            ..Bounds::default()
        })
        .with_graph(&owed)
        .explore();
    assert_eq!(found.outcome, Outcome::Exhausted);
    let graph = found.graph.as_ref().unwrap();
    assert!(
        (0..graph.len() as u32).any(|state| graph.is_marked(state)),
        "the premise is never the case"
    );
    fair_cycle(graph, &network.obligations(fairness))
}

#[test]
fn with_retries_the_reference_obtains_what_a_peer_that_stays_holds() {
    let network = patient(Deviations::none(), Deviations::none());
    assert_eq!(put_off(&network, Fairness::Weak), None);
}

#[test]
fn a_deviation_that_loses_liveness_on_a_cycle_is_caught() {
    let silent = Deviations::of(&[Deviation::SilentHave]);
    let network = patient(Deviations::none(), silent);
    let lasso = put_off(&network, Fairness::Weak).unwrap();
    assert!(!lasso.cycle.is_empty(), "the asker retries for ever");
}

/// A network of which stateright is asked whether every want is met eventually.
struct Eventually(Network);

impl Model for Eventually {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.0.init_states()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.0.actions(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.0.next_state(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::eventually(
            "met",
            |model: &Eventually, state: &State| {
                let wants =
                    |node: &blockexc_model::deviating::Node<Small>| node.own_wants().len() > 0;
                !state.nodes.iter().any(wants)
                    && model
                        .0
                        .roles
                        .iter()
                        .zip(&state.nodes)
                        .all(|(role, node)| role.requests.iter().all(|address| node.holds(address)))
            },
        )]
    }
}

/// The block held from the start, the connection never lost: nothing but the cycle is in the way.
fn steady(holder: Deviations) -> Network {
    let mut network = patient(Deviations::none(), holder);
    network.roles[1].stores.clear();
    network.roles[1].holds.push(Cid(0));
    network.limits.connects = 1;
    network.limits.disconnects = 0;
    network.limits.stores = 0;
    network
}

#[test]
fn eventually_misses_the_cycle_that_the_search_for_fair_cycles_finds() {
    let silent = Deviations::of(&[Deviation::SilentHave]);
    let lasso = put_off(&steady(silent), Fairness::Weak).unwrap();
    assert!(!lasso.cycle.is_empty());
    let checker = Eventually(steady(silent)).checker().spawn_bfs().join();
    assert!(checker.is_done());
    assert!(
        checker.discovery("met").is_none(),
        "stateright sees no run in which the want is not met eventually"
    );
    // Where the run just ends, for want of retries, it does see it.
    let mut ends = steady(silent);
    ends.retries = Retries::Limited;
    let checker = Eventually(ends).checker().spawn_bfs().join();
    assert!(checker.discovery("met").is_some());
}

#[test]
fn without_retries_liveness_is_lost() {
    let never = Deviations::of(&[Deviation::NeverRetry]);
    let network = patient(never, Deviations::none());
    assert!(put_off(&network, Fairness::Weak).is_some());
}
