//! The explorers agree: on how many states there are, and on what holds in them. A count that
//! changes means that the model has changed: look at why before pinning the new one.

use std::collections::HashSet;

use blockexc_checker::network::alphabet::Alphabet;
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Cid, Naming};
use blockexc_checker::network::open::OpenNetwork;
use blockexc_checker::network::role::Role;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::Outcome;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::property::Property;
use blockexc_checker::show::browse::Browsed;
use blockexc_checker::show::shown::Shown;
use blockexc_model::deviating::Setup;
use stateright::{Checker, HasDiscoveries, Model};

fn asker_and_holder(limits: Limits) -> Network {
    let blocks = Blocks::plain(1);
    let asker = Role::new(Setup::default()).requesting(blocks.addresses());
    let holder = Role::new(Setup::default())
        .holding(Cid(0))
        .deleting([Cid(0)])
        .storing([Cid(0)]);
    Network::new("asker and holder", blocks, vec![asker, holder], limits)
}

fn eventful() -> Network {
    asker_and_holder(Limits {
        connects: 2,
        disconnects: 1,
        requests: 2,
        cancels: 1,
        stores: 1,
        deletions: 1,
        retries: 0,
    })
}

fn three_in_a_row() -> Network {
    let blocks = Blocks::plain(1);
    let role = || Role::new(Setup::default());
    let roles = vec![
        role().requesting(blocks.addresses()),
        role().requesting(blocks.addresses()),
        role().holding(Cid(0)),
    ];
    let limits = Limits {
        connects: 2,
        requests: 2,
        ..Limits::default()
    };
    use blockexc_checker::network::names::Peer;
    Network::new("three in a row", blocks, roles, limits)
        .linked(vec![[Peer(0), Peer(1)], [Peer(1), Peer(2)]])
}

fn open(naming: Naming) -> OpenNetwork {
    let blocks = Blocks::named(1, naming);
    let alphabet = Alphabet::essential(blocks);
    let peers = if naming == Naming::Plain { 2 } else { 1 };
    OpenNetwork::new("open", Setup::default(), blocks, peers, alphabet)
}

/// The states and transitions that every explorer must find.
struct Counts {
    states: usize,
    transitions: u64,
    depth: u32,
}

fn distinct<M>(model: &M) -> usize
where
    M: Model,
    M::State: Clone + Eq + std::hash::Hash,
{
    let mut seen: HashSet<M::State> = model.init_states().into_iter().collect();
    let mut frontier: Vec<_> = seen.iter().cloned().collect();
    while let Some(state) = frontier.pop() {
        for next in model.next_states(&state) {
            if seen.insert(next.clone()) {
                frontier.push(next);
            }
        }
    }
    seen.len()
}

fn all_agree<M>(make: impl Fn() -> M, list: impl Fn(&M) -> Vec<Property<M>>, counts: &Counts)
where
    M: Shown + Send + Sync + 'static,
    M::State: Clone + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static,
    M::Action: std::fmt::Debug + Clone + PartialEq + Send + Sync + 'static,
{
    let model = make();
    let ours = Explorer::new(&model, list(&model)).explore();
    assert_eq!(ours.outcome, Outcome::Exhausted);
    assert_eq!(
        (ours.states, ours.transitions, ours.depth),
        (counts.states, counts.transitions, counts.depth)
    );
    // Distinct by equality: no fingerprint of stateright's hides a state.
    assert_eq!(distinct(&model), counts.states);
    // Stateright stops when nothing is left to be found, unless some property never fails.
    let generated = counts.transitions as usize + model.init_states().len();
    let never = HasDiscoveries::AnyOf(Default::default());
    let breadth_first = Browsed::new(make())
        .checker()
        .finish_when(never.clone())
        .spawn_bfs()
        .join();
    let depth_first = Browsed::new(make())
        .checker()
        .finish_when(never)
        .spawn_dfs()
        .join();
    assert_eq!(breadth_first.unique_state_count(), counts.states);
    assert_eq!(breadth_first.state_count(), generated);
    assert_eq!(depth_first.unique_state_count(), counts.states);
    assert_eq!(depth_first.state_count(), generated);
    for finding in &ours.findings {
        let theirs = breadth_first.discovery(finding.name);
        let ours = match finding.verdict {
            blockexc_checker::search::exploration::Verdict::Violated(state)
            | blockexc_checker::search::exploration::Verdict::Seen(state) => Some(state),
            _ => None,
        };
        assert_eq!(ours.is_some(), theirs.is_some(), "{}", finding.name);
    }
}

#[test]
fn stateright_agrees_on_a_closed_network() {
    let counts = Counts {
        states: 1_454,
        transitions: 4_160,
        depth: 23,
    };
    all_agree(eventful, properties::network, &counts);
}

#[test]
fn stateright_agrees_on_a_row_of_three() {
    let counts = Counts {
        states: 414,
        transitions: 1_199,
        depth: 16,
    };
    all_agree(three_in_a_row, properties::network, &counts);
}

#[test]
fn stateright_agrees_on_an_open_network() {
    let counts = Counts {
        states: 135,
        transitions: 3_571,
        depth: 10,
    };
    all_agree(|| open(Naming::Plain), properties::open, &counts);
}

#[test]
fn stateright_agrees_on_an_open_network_with_leaves() {
    let counts = Counts {
        states: 457,
        transitions: 11_832,
        depth: 11,
    };
    all_agree(|| open(Naming::LeafAndPlain), properties::open, &counts);
}

#[test]
fn a_bounded_search_proves_nothing() {
    use blockexc_checker::search::exploration::Verdict;
    let model = eventful();
    for bounds in [
        Bounds {
            states: Some(100),
            ..Bounds::default()
        },
        Bounds {
            depth: Some(5),
            ..Bounds::default()
        },
    ] {
        let found = Explorer::new(&model, properties::network(&model))
            .bounded(bounds)
            .explore();
        assert!(matches!(found.outcome, Outcome::Bounded(_)));
        assert!(
            found
                .findings
                .iter()
                .all(|finding| !matches!(finding.verdict, Verdict::Holds | Verdict::NeverSeen))
        );
    }
}
