//! What it costs the engine to handle an event, as what it knows grows; and the memory that what it
//! keeps takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use blockexc::node::engine::Engine;
use blockexc::wire::{Address, BlockCid, Network};
use blockexc_model::message::{Message, Presence, PresenceType, WantEntry};
use blockexc_model::node::{Config, Event, First};
use blockexc_model::price::Price;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use libp2p::PeerId;

/// Counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// An allocator cannot be written without `unsafe`: this one hands everything on, and counts.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn cid(number: usize) -> BlockCid {
    BlockCid::of_block(&number.to_le_bytes())
}

/// A leaf of a dataset, as most wants are.
fn address(number: usize) -> Address {
    Address::Leaf {
        tree: BlockCid::of_tree(&[7; 32]),
        index: number as u64,
    }
}

fn peers(count: usize) -> Vec<PeerId> {
    std::iter::repeat_with(PeerId::random).take(count).collect()
}

struct Node {
    engine: Engine<Network>,
    peers: Vec<PeerId>,
}

impl Node {
    /// A node with so many contexts.
    fn new(contexts: usize) -> Self {
        let engine = Engine::new(Config::default());
        let mut node = Node {
            engine,
            peers: peers(contexts),
        };
        for peer in node.peers.clone() {
            node.handle(Event::Joined(peer));
        }
        node
    }

    fn handle(&mut self, event: Event<Network>) {
        black_box(self.engine.step(event, &mut First));
    }

    fn received(&mut self, from: usize, message: Message<Network>) {
        let from = self.peers[from % self.peers.len()];
        self.handle(Event::Received { from, message });
    }

    /// So many wants of peers are recorded, spread over all contexts.
    fn record_wants(&mut self, count: usize) {
        for number in 0..count {
            let entry = WantEntry::want_block(address(number));
            self.received(number, Message::want_list(vec![entry], false));
        }
    }

    fn request(&mut self, count: usize) {
        for number in 0..count {
            self.handle(Event::Request(address(number)));
        }
    }
}

fn have(number: usize) -> Presence<BlockCid> {
    Presence {
        address: address(number),
        presence_type: PresenceType::Have,
        price: Price::ZERO,
    }
}

fn want_list_of_1000(criterion: &mut Criterion) {
    let mut node = Node::new(1000);
    node.record_wants(100_000);
    let list = |cancel: bool| {
        let entries = (0..1000).map(|number| WantEntry {
            cancel,
            ..WantEntry::want_block(address(1_000_000 + number))
        });
        Message::want_list(entries.collect(), false)
    };
    let mut group = criterion.benchmark_group("messages");
    group.throughput(Throughput::Elements(1000));
    group.bench_function(
        "a want list of 1,000 entries, 100,000 recorded wants, 1,000 contexts",
        |bencher| {
            bencher.iter_batched(
                || (list(false), list(true)),
                |(wants, cancels)| {
                    node.received(0, wants);
                    // Half of what is measured: so that the next list is as new as this one.
                    node.received(0, cancels);
                },
                BatchSize::SmallInput,
            );
        },
    );
    let mut node = Node::new(1);
    node.request(100_000);
    let items = |presence_type| {
        let items = (0..1000).map(|number| Presence {
            presence_type,
            ..have(50_000 + number)
        });
        Message::presences(items.collect())
    };
    group.bench_function(
        "a presence message of 1,000 items, and one that takes it back, 100,000 own wants",
        |bencher| {
            bencher.iter_batched(
                || (items(PresenceType::Have), items(PresenceType::DontHave)),
                |(have, dont_have)| {
                    node.received(0, have);
                    node.received(0, dont_have);
                },
                BatchSize::SmallInput,
            );
        },
    );
    group.finish();
}

/// One WantBlock and its cancel: as recorded wants grow, and as contexts grow.
fn one_event(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one WantBlock and its cancel");
    let entry = |cancel| {
        let entry = WantEntry {
            cancel,
            ..WantEntry::want_block(address(10_000_000))
        };
        Message::want_list(vec![entry], false)
    };
    for wants in [1_000, 10_000, 100_000, 1_000_000] {
        let mut node = Node::new(100);
        node.record_wants(wants);
        group.bench_function(BenchmarkId::new("recorded wants", wants), |bencher| {
            bencher.iter(|| {
                node.received(0, entry(false));
                node.received(0, entry(true));
            });
        });
    }
    for contexts in [10, 100, 1_000, 10_000] {
        let mut node = Node::new(contexts);
        node.record_wants(100_000);
        group.bench_function(BenchmarkId::new("contexts", contexts), |bencher| {
            bencher.iter(|| {
                node.received(0, entry(false));
                node.received(0, entry(true));
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("a block arrives that one peer of many waits for");
    for wants in [1_000, 10_000, 100_000, 1_000_000] {
        let mut node = Node::new(100);
        node.record_wants(wants);
        let block = 20_000_000;
        group.bench_function(BenchmarkId::new("recorded wants", wants), |bencher| {
            bencher.iter(|| {
                let entry = WantEntry::want_block(Address::Plain(cid(block)));
                node.received(7, Message::want_list(vec![entry], false));
                node.handle(Event::Stored {
                    cid: cid(block),
                    leaves: Vec::new(),
                });
                node.handle(Event::Deleted(cid(block)));
            });
        });
    }
    group.finish();
}

/// Not timed: how many bytes each thing kept takes, with the addresses it is about.
fn memory(_: &mut Criterion) {
    const COUNT: usize = 100_000;
    let mut node = Node::new(100);
    let before = HELD.load(Ordering::Relaxed);
    node.record_wants(COUNT);
    let wants = HELD.load(Ordering::Relaxed) - before;
    println!("memory: {} bytes a recorded want", wants / COUNT);

    let mut node = Node::new(10);
    let before = HELD.load(Ordering::Relaxed);
    node.request(COUNT);
    let own = HELD.load(Ordering::Relaxed) - before;
    println!("memory: {} bytes an own want", own / COUNT);
    let before = HELD.load(Ordering::Relaxed);
    for from in 0..10 {
        for start in (0..COUNT).step_by(1000) {
            let items = (start..start + 1000).map(have);
            node.received(from, Message::presences(items.collect()));
        }
    }
    let records = HELD.load(Ordering::Relaxed) - before;
    println!("memory: {} bytes a presence record", records / (10 * COUNT));
}

criterion_group!(benches, memory, want_list_of_1000, one_event);
criterion_main!(benches);
