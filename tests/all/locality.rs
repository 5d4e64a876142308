//! A step of the engine is local, as one of the model is (`locality` among the checker's tests): what
//! it does to some peers and addresses, a small engine does that knows only of these.
//!
//! An engine is brought into a state by what happens to it: each state has a history. With
//! `BLOCKEXC_WINDOWS` it is looked through more windows.

#[path = "../../checker/tests/all/locality/large.rs"]
mod large;
#[path = "../../checker/tests/all/locality/large_step.rs"]
mod large_step;
#[path = "../../checker/tests/all/locality/window.rs"]
mod window;

use std::collections::BTreeMap;

use blockexc::node::engine::Engine;
use blockexc_model::Address;
use blockexc_model::deviating::{Event, Node, Setup};
use blockexc_model::dump::Dump;
use blockexc_model::message::{Message, Presence, PresenceType};
use blockexc_model::node::First;
use blockexc_model::price::Price;

use large::{Dice, Many, config, event, made_up};
use large_step::{LargeStep, looked_at};
use window::Window;

/// Through so many windows is looked by default, so many of them of one step.
const WINDOWS: usize = 1000;
const WINDOWS_OF_A_STEP: usize = 20;
/// A state that was made up goes so many steps on, and then another is made up.
const STEPS: usize = 100;

/// What leads to this state.
fn history(node: &Node<Many>) -> Vec<Event<Many>> {
    let mut events = Vec::new();
    let mut blocks: BTreeMap<u32, Vec<Address<u32>>> = BTreeMap::new();
    for (address, cid) in node.held() {
        let leaves = blocks.entry(*cid).or_default();
        if address.is_leaf() {
            leaves.push(address.clone());
        }
    }
    events.extend(
        blocks
            .into_iter()
            .map(|(cid, leaves)| Event::Stored { cid, leaves }),
    );
    for (address, want) in node.own_wants() {
        events.extend((0..=want.others).map(|_| Event::Request(address.clone())));
        events.extend((0..want.retries).map(|_| Event::Retry(address.clone())));
    }
    events.extend(node.contexts().keys().map(|peer| Event::Joined(*peer)));
    let say = |from: &u16, message| Event::Received {
        from: *from,
        message,
    };
    // Who was asked and is no longer has said that it has the block, and then that it has not.
    for peer in node.contexts().keys() {
        let own_wants = node.own_wants();
        let owing = own_wants
            .filter(|(_, want)| want.unanswered.contains(peer) && !want.asked.contains(peer));
        let owing: Vec<_> = owing
            .map(|(address, _)| (address.clone(), Price::ZERO))
            .collect();
        for presence_type in [PresenceType::Have, PresenceType::DontHave] {
            events.push(say(peer, items(owing.clone(), presence_type)));
        }
    }
    // Then whoever is asked has said that it has the block, and then all others.
    for is_asked in [true, false] {
        for (peer, context) in node.contexts() {
            let records = context.presence().iter();
            let records = records.filter(|(address, _)| node.is_asked(peer, address) == is_asked);
            let records = records.map(|(address, price)| (address.clone(), *price));
            events.push(say(peer, items(records.collect(), PresenceType::Have)));
        }
    }
    for (peer, context) in node.contexts() {
        let mut message = Message::want_list(context.wants().cloned().collect(), false);
        message.account = context.account;
        message.payment = context.payment.clone();
        events.push(say(peer, message));
    }
    events
}

fn items(records: Vec<(Address<u32>, Price)>, presence_type: PresenceType) -> Message<Many> {
    let items = records.into_iter().map(|(address, price)| Presence {
        address,
        presence_type,
        price,
    });
    Message::presences(items.collect())
}

/// An engine in this state. A node of the model with the same history is in this state too.
fn engine_in(state: &Node<Many>) -> Engine<Many> {
    let mut engine = Engine::new(config());
    let mut node = fresh();
    for event in history(state) {
        node.step(event.clone(), &mut First);
        engine.step_among_deviating(event, &mut First);
    }
    assert!(node == *state, "no history leads to {state:#?}");
    engine
}

fn fresh() -> Node<Many> {
    Node::deviating(Setup {
        config: config(),
        ..Setup::default()
    })
}

/// What of a dump is seen through a window.
fn seen_of(window: &Window<Many>, dump: &Dump<u16, u32>) -> Dump<u16, u32> {
    let about = |address: &Address<u32>| window.addresses.contains(address);
    let mut seen = dump.clone();
    seen.contexts.retain(|peer, _| window.peers.contains(peer));
    for context in seen.contexts.values_mut() {
        context.presence.retain(|(address, _)| about(address));
        context.wants.retain(|entry| about(&entry.address));
        context.peer_have.retain(|address| about(address));
        let cid = |address: &Address<u32>| *address.cid_or_tree_cid();
        context.peer_have_cids = context.peer_have.iter().map(cid).collect();
        let wants = context.wants.iter();
        context.peer_wants_cids = wants.map(|entry| cid(&entry.address)).collect();
    }
    seen.own_wants.retain(|(address, _)| about(address));
    for (_, asked) in &mut seen.own_wants {
        asked.retain(|peer| window.peers.contains(peer));
    }
    seen.held.retain(|address| about(address));
    seen
}

#[test]
fn a_step_of_the_engine_is_local() {
    let windows = std::env::var("BLOCKEXC_WINDOWS").map_or(WINDOWS, |it| it.parse().unwrap());
    let mut dice = Dice::new(61);
    let mut node = made_up(&mut dice, fresh().behaviour);
    let mut engine = engine_in(&node);
    let (mut steps, mut seen, mut moved) = (0, 0, 0);
    while seen < windows {
        if steps % STEPS == STEPS - 1 {
            node = made_up(&mut dice, fresh().behaviour);
            engine = engine_in(&node);
        }
        let event = event(&mut dice, &node);
        let step = LargeStep::take(node, event, &mut dice);
        let effects = engine.step_among_deviating(step.event.clone(), &mut step.same_choice());
        assert_eq!(effects, step.effects, "engine and model differ");
        let state = engine.dump();
        steps += 1;
        for number in 0..WINDOWS_OF_A_STEP {
            let (peers, addresses) = looked_at(&mut dice, &step, 1 + number % 2);
            let window = step.window(&peers, &addresses);
            let mut small = engine_in(&window.node(&step.before));
            let before = small.dump();
            let event = window.event(&step.event);
            let done = event.as_ref().map_or_else(Vec::new, |event| {
                small.step_among_deviating(event.clone(), &mut step.same_choice())
            });
            let focus = Window::<Many> {
                addresses: addresses.clone(),
                ..window
            };
            assert_eq!(
                event.map_or_else(Vec::new, |event| focus.effects(&event, &done)),
                focus.effects(&step.event, &effects),
                "{:?}",
                step.event
            );
            assert_eq!(
                seen_of(&focus, &small.dump()),
                seen_of(&focus, &state),
                "{:?}",
                step.event
            );
            seen += 1;
            moved += usize::from(!done.is_empty() || before != small.dump());
        }
        node = step.after;
    }
    println!("{seen} windows of {steps} steps, something was seen to happen through {moved}");
    assert!(moved * 3 > seen, "{moved}");
}
