//! How fast the model checker is: unique states in a second, on networks whose numbers of states
//! are known, and the memory that each state takes. Stateright's own checkers stand beside it, on
//! the same network.

use std::hint::black_box;

use blockexc_checker::analysis::networks::{busy_triangle, triangle, two_block_triangle};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::interned::InternedNetwork;
use blockexc_checker::properties::properties_of;
use blockexc_checker::search::exploration::Outcome;
use blockexc_checker::search::explorer::Explorer;
use blockexc_checker::show::browse::Browsed;
use blockexc_model::deviating::Setup;
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use stateright::{Checker, HasDiscoveries, Model};

/// Searches a network to the end; how many states it has, and the bytes that each took.
fn explore(network: &Network, threads: usize, symmetric: bool) -> (usize, f64) {
    let tabled = InternedNetwork::<10>::new(network).expect("three nodes fit into ten words");
    let tabled = if symmetric {
        tabled.symmetric()
    } else {
        tabled
    };
    let found = Explorer::new(&tabled, properties_of(network))
        .threads(threads)
        .explore();
    assert_eq!(found.outcome, Outcome::Exhausted);
    assert_eq!(found.failures().count(), 0);
    (found.states, found.bytes_per_state())
}

fn ours(group: &mut BenchmarkGroup<'_, WallTime>, network: &Network) {
    for (name, threads, symmetric) in [
        ("one thread", 1, false),
        ("two threads", 2, false),
        ("one thread, symmetry", 1, true),
    ] {
        let (states, bytes) = explore(network, threads, symmetric);
        println!(
            "{}, {name}: {states} states, {bytes:.1} bytes a state",
            network.name
        );
        group.throughput(Throughput::Elements(states as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(explore(network, threads, symmetric)));
        });
    }
}

fn three_nodes_one_block(criterion: &mut Criterion) {
    let network = busy_triangle(&Setup::default());
    let mut group = criterion.benchmark_group("3 nodes, 1 block");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    ours(&mut group, &network);
    group.finish();
}

fn three_nodes_two_blocks(criterion: &mut Criterion) {
    let network = two_block_triangle(&Setup::default());
    let mut group = criterion.benchmark_group("3 nodes, 2 blocks");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    ours(&mut group, &network);
    group.finish();
}

fn stateright_beside(criterion: &mut Criterion) {
    let make = || triangle(&Setup::default());
    let (states, _) = explore(&make(), 1, false);
    let never = || HasDiscoveries::AnyOf(Default::default());
    let mut group = criterion.benchmark_group("a triangle");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(states as u64));
    group.bench_function("this explorer", |bencher| {
        bencher.iter(|| black_box(explore(&make(), 1, false)));
    });
    group.bench_function("stateright, breadth first", |bencher| {
        bencher.iter(|| {
            let checker = Browsed::new(make())
                .checker()
                .finish_when(never())
                .spawn_bfs()
                .join();
            assert_eq!(checker.unique_state_count(), states);
        });
    });
    group.bench_function("stateright, depth first", |bencher| {
        bencher.iter(|| {
            let checker = Browsed::new(make())
                .checker()
                .finish_when(never())
                .spawn_dfs()
                .join();
            assert_eq!(checker.unique_state_count(), states);
        });
    });
    group.finish();
}

criterion_group!(
    benches,
    stateright_beside,
    three_nodes_one_block,
    three_nodes_two_blocks
);
criterion_main!(benches);
