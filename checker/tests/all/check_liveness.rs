//! What is put off for ever is found, also where stateright's `eventually` does not look.

use blockexc_checker::choice::Script;
use blockexc_checker::explorer::{Bounds, Explorer, Outcome};
use blockexc_checker::liveness::{FREE, Fairness, Lasso, Obligations, put_off_for_ever};
use blockexc_checker::names::{Blocks, Cid, Peer, Small};
use blockexc_checker::network::{Act, Action, Limits, Network, Retries, Role, State};
use blockexc_checker::properties::{self, Judging};
use blockexc_checker::rules::Marks;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::deviating::Setup;
use stateright::{Checker, Model, Property};

/// Numbered states with labelled steps between them; something is owed in some of them.
#[derive(Clone)]
struct Tiny {
    steps: Vec<(u8, u8, u8)>,
    owed: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct At(u8);

impl Judging for Tiny {
    fn broken(&self, _: &At) -> Marks {
        Marks::default()
    }

    fn obligation(&self, (label, _): &(u8, u8)) -> u8 {
        *label
    }
}

impl Model for Tiny {
    type State = At;
    type Action = (u8, u8);

    fn init_states(&self) -> Vec<At> {
        vec![At(0)]
    }

    fn actions(&self, state: &At, actions: &mut Vec<(u8, u8)>) {
        let steps = self.steps.iter().filter(|(from, ..)| *from == state.0);
        actions.extend(steps.map(|(_, label, to)| (*label, *to)));
    }

    fn next_state(&self, _: &At, (_, to): (u8, u8)) -> Option<At> {
        Some(At(to))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::eventually("met", |tiny: &Tiny, state: &At| {
            !tiny.owed.contains(&state.0)
        })]
    }
}

impl Tiny {
    fn lasso(&self, fairness: &[Fairness]) -> Option<Lasso> {
        let owed = |state: &At| self.owed.contains(&state.0);
        let found = Explorer::new(self, Vec::new()).with_graph(&owed).explore();
        let obligations = Obligations::new(fairness.iter().copied());
        let lasso = put_off_for_ever(found.graph.as_ref().unwrap(), &obligations)?;
        let name = |index: u32| u32::from(found.state(index).0);
        Some(Lasso {
            knot: name(lasso.knot),
            cycle: lasso.cycle.iter().map(|index| name(*index)).collect(),
        })
    }

    fn eventually_objects(&self) -> bool {
        let checker = self.clone().checker().spawn_bfs().join();
        checker.discovery("met").is_some()
    }
}

fn lasso(knot: u32, cycle: &[u32]) -> Option<Lasso> {
    Some(Lasso {
        knot,
        cycle: cycle.to_vec(),
    })
}

#[test]
fn a_dead_end_is_found() {
    let tiny = Tiny {
        steps: vec![(0, 1, 1)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(1, &[]));
    assert!(tiny.eventually_objects());
}

#[test]
fn a_cycle_is_found_that_eventually_misses() {
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(0, &[1, 0]));
    assert!(!tiny.eventually_objects());
}

#[test]
fn a_way_that_joins_another_is_found_that_eventually_misses() {
    // From 0 both by way of 1, where the debt is paid once, and straight to 2, where it is not.
    let tiny = Tiny {
        steps: vec![(0, FREE, 1), (0, FREE, 2), (1, FREE, 3), (2, FREE, 3)],
        owed: vec![0, 2, 3],
    };
    assert_eq!(tiny.lasso(&[]), lasso(0, &[]));
    let demanded = Tiny {
        steps: tiny.steps.iter().map(|(a, _, b)| (*a, 1, *b)).collect(),
        ..tiny
    };
    assert_eq!(demanded.lasso(&[Fairness::Weak]), lasso(3, &[]));
    assert!(!demanded.eventually_objects());
}

#[test]
fn a_cycle_that_passes_an_obligation_over_is_none() {
    // Round and round, while step 2 is possible all the time.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2), (1, 2, 2)],
        owed: vec![0, 1],
    };
    assert_eq!(tiny.lasso(&[Fairness::Weak; 2]), None);
    assert_eq!(tiny.lasso(&[Fairness::Weak]), lasso(0, &[1, 0]));
}

#[test]
fn strong_fairness_demands_what_is_possible_again_and_again() {
    // Step 2 is possible at 0 only.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2)],
        owed: vec![0, 1],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Weak]),
        lasso(0, &[1, 0])
    );
    assert_eq!(tiny.lasso(&[Fairness::Weak, Fairness::Strong]), None);
}

#[test]
fn strong_fairness_looks_into_what_is_left() {
    // Without 0, where step 2 is possible, the cycle of 1 and 3 remains.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (0, 2, 2), (1, 1, 3), (3, 1, 1)],
        owed: vec![0, 1, 3],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Strong]),
        lasso(1, &[3, 1])
    );
}

#[test]
fn a_cycle_takes_each_strong_obligation_that_it_passes() {
    // Step 2 is possible at 1 only; the shortest cycle of 0 and 1 leaves it out.
    let tiny = Tiny {
        steps: vec![(0, 1, 1), (1, 1, 0), (1, 2, 2), (2, 1, 0)],
        owed: vec![0, 1, 2],
    };
    assert_eq!(
        tiny.lasso(&[Fairness::Weak, Fairness::Strong]),
        lasso(0, &[1, 2, 0])
    );
    assert_eq!(tiny.lasso(&[Fairness::Weak; 2]), lasso(0, &[1, 0]));
}

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
    put_off_for_ever(graph, &network.obligations(fairness))
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
                let wants = |node: &blockexc_model::deviating::Node<Small>| node.own_wants().len() > 0;
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
