//! A step is local: what it does to some peers and addresses does not depend on how many others there
//! are. The step of a large node, seen through a window of few peers and addresses, is the step of
//! the small node that the window shows.
//!
//! `BLOCKEXC_WINDOWS` says through how many windows is looked. Three things are not local, and have
//! tests of their own: messages are cut at their bounds, one of several holders is chosen, and the
//! recorded wants of a peer have a bound. docs/any-size.md says what follows.

mod large;
mod large_step;
mod window;

use std::collections::BTreeSet;

use blockexc_model::deviating::{Deviating, Effect, Event, Node, Setup};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::invariant::invariants;
use blockexc_model::message::{Message, WantEntry};
use blockexc_model::node::{MAX_BLOCKS_SENT, MAX_ENTRIES_SENT, MAX_PRESENCES_SENT};
use blockexc_model::{Address, Deviation::*};

use large::{Dice, Many, concerned, config, event, made_up};
use large_step::{Addresses, LargeStep, Peers, closed, looked_at};
use window::{Window, uncut};

/// Through so many windows is looked by default.
const WINDOWS: usize = 4000;
/// So many of them are of one step.
const WINDOWS_OF_A_STEP: usize = 20;
/// A state that was made up goes so many steps on, and then another is made up.
const STEPS: usize = 25;

/// What the small node does otherwise than what is seen of the large one, as far as it is about the
/// addresses that are in focus; and whether anything happened.
fn difference(step: &LargeStep, peers: &Peers, focus: &Addresses) -> Result<bool, String> {
    let window = step.window(peers, focus);
    let before = window.node(&step.before);
    if let Some(broken) = broken_invariant(&before) {
        return Err(format!("the small node breaks \"{broken}\": {before:#?}"));
    }
    let mut small = before.clone();
    let event = window.event(&step.event);
    let effects = event.as_ref().map_or_else(Vec::new, |event| {
        small.step(event.clone(), &mut step.same_choice())
    });
    let seen = Window::<Many> {
        addresses: focus.clone(),
        ..window
    };
    let (expected, done) = (seen.node(&step.after), seen.node(&small));
    if done != expected {
        return Err(format!(
            "{event:?}\nbefore {before:#?}\nthe large node comes to {expected:#?}\nthe small one to {done:#?}"
        ));
    }
    let expected = seen.effects(&step.event, &step.effects);
    let done = event
        .as_ref()
        .map_or_else(Vec::new, |event| seen.effects(event, &effects));
    if done != expected {
        return Err(format!(
            "{event:?}\nbefore {before:#?}\nthe large node does {expected:#?}\nthe small one {done:#?}"
        ));
    }
    Ok(!done.is_empty() || seen.node(&before) != seen.node(&small))
}

/// An invariant that does not hold of this node.
fn broken_invariant(node: &Node<Many>) -> Option<&'static str> {
    invariants::<Many, Deviating<Many>>()
        .into_iter()
        .find(|invariant| !(invariant.holds)(node))
        .map(|invariant| invariant.name)
}

/// What looking through windows has shown.
#[derive(Debug, Default)]
struct Seen {
    windows: usize,
    /// Those through which something was seen to happen.
    moved: usize,
    steps: usize,
    /// The most peers of a window with one address in focus.
    most_peers: usize,
}

/// Looks at large steps of nodes that are made so. The first difference ends it.
fn look(deviations: Deviations, windows: usize, seed: u64) -> Result<Seen, String> {
    let mut dice = Dice::new(seed);
    let mut seen = Seen::default();
    let mut node = made_up(&mut dice, behaviour(deviations));
    assert_eq!(broken_invariant(&node), None);
    while seen.windows < windows {
        if seen.steps % STEPS == STEPS - 1 {
            node = made_up(&mut dice, behaviour(deviations));
        }
        let event = event(&mut dice, &node);
        let step = LargeStep::take(node, event, &mut dice);
        if deviations.is_empty() {
            is_cut_well(&step.effects)?;
        }
        seen.steps += 1;
        for number in 0..WINDOWS_OF_A_STEP {
            // Two peers and two addresses; or one of each, and no more than is needed to see it.
            let many = 1 + number % 2;
            let (peers, addresses) = looked_at(&mut dice, &step, many);
            if many == 1 {
                let all: Peers = step
                    .involved(&addresses)
                    .chain(peers.iter().copied())
                    .collect();
                seen.most_peers = seen.most_peers.max(all.len());
            }
            seen.moved += usize::from(difference(&step, &peers, &addresses)?);
            seen.windows += 1;
        }
        node = step.after;
    }
    Ok(seen)
}

#[test]
fn a_step_of_the_model_is_local() {
    let windows = std::env::var("BLOCKEXC_WINDOWS").map_or(WINDOWS, |it| it.parse().unwrap());
    let seen = look(Deviations::none(), windows, 16).unwrap_or_else(|found| panic!("{found}"));
    println!("{seen:?}");
    assert!(seen.moved * 3 > seen.windows, "{seen:?}");
    // The worlds of induction have three peers.
    assert!(seen.most_peers <= 3, "{seen:?}");
}

/// Deviations under which a small node does otherwise than a large one: no search of small networks
/// finds them.
const NOT_LOCAL: &[Deviation] = &[
    PresenceReplaces,
    RefuseLongLists,
    AnnounceToBest,
    OversizedLists,
    ListsOf1024,
    AskInSlices,
    ManyBlocksAMessage,
];

#[test]
fn what_is_not_local_is_found() {
    for deviation in NOT_LOCAL {
        let deviations = Deviations::of(&[*deviation]);
        let found = look(deviations, WINDOWS, 1).is_err() || cuts_badly(deviations, 1);
        assert!(found, "{deviation} is not found");
    }
}

/// Whether a node that deviates so cuts what it says elsewhere than at the bounds.
fn cuts_badly(deviations: Deviations, seed: u64) -> bool {
    let mut dice = Dice::new(seed);
    (0..100).any(|_| {
        let mut node = made_up(&mut dice, behaviour(deviations));
        (0..STEPS).any(|_| {
            let event = event(&mut dice, &node);
            let effects = node.step(event, &mut |_: &Address<u32>, _: &[u16]| 0);
            is_cut_well(&effects).is_err()
        })
    })
}

fn behaviour(deviations: Deviations) -> Deviating<Many> {
    let config = config();
    Node::deviating(Setup { config, deviations }).behaviour
}

/// The messages of a step are what it has to say, cut at the bounds and nowhere else (JOIN-8, WANT-18,
/// XFER-10).
fn is_cut_well(effects: &[Effect<Many>]) -> Result<(), String> {
    let cut: Vec<_> = uncut(effects).iter().flat_map(cut).collect();
    match cut == effects {
        true => Ok(()),
        false => Err(format!("cut otherwise: {:?}", lengths(effects))),
    }
}

fn cut(effect: &Effect<Many>) -> Vec<Effect<Many>> {
    let Effect::Send { to, message } = effect else {
        return vec![effect.clone()];
    };
    let mut messages: Vec<Message<Many>> = Vec::new();
    if let Some(list) = &message.want_list {
        let chunks = list.entries.chunks(MAX_ENTRIES_SENT).enumerate();
        let lists = chunks
            .map(|(place, entries)| Message::want_list(entries.to_vec(), list.full && place == 0));
        messages.extend(lists);
    }
    let presences = message.presences.chunks(MAX_PRESENCES_SENT);
    messages.extend(presences.map(|items| Message::presences(items.to_vec())));
    let deliveries = message.deliveries.chunks(MAX_BLOCKS_SENT);
    messages.extend(deliveries.map(|blocks| Message::deliveries(blocks.to_vec())));
    if messages.is_empty() {
        messages.push(message.clone());
    }
    let to = *to;
    let send = |message| Effect::Send { to, message };
    messages.into_iter().map(send).collect()
}

fn lengths(effects: &[Effect<Many>]) -> Vec<(usize, usize, usize)> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send { message, .. } => Some(message),
        _ => None,
    });
    sent.map(|message| {
        let entries = message
            .want_list
            .as_ref()
            .map_or(0, |list| list.entries.len());
        (entries, message.presences.len(), message.deliveries.len())
    })
    .filter(|lengths| *lengths != (0, 0, 0))
    .collect()
}

/// Each of the holders may be chosen: whoever is, the small node that can choose it does the same.
#[test]
fn every_choice_is_local() {
    let mut dice = Dice::new(3);
    let node = made_up(&mut dice, behaviour(Deviations::none()));
    let mut choices = 0;
    let wants: Vec<_> = node
        .own_wants()
        .map(|(address, _)| address.clone())
        .collect();
    for address in wants.into_iter().take(400) {
        let Some(asked) = node.asked(&address).into_iter().next() else {
            continue;
        };
        let holders = concerned(&node, &address);
        let holders = holders
            .iter()
            .filter(|peer| **peer != asked && node.contexts()[*peer].contains(&address));
        for holder in holders.copied().collect::<Vec<_>>() {
            let event = Event::Left(asked);
            let mut after = node.clone();
            let mut chosen = Vec::new();
            let mut this = |of: &Address<u32>, offered: &[u16]| {
                let place = offered
                    .iter()
                    .position(|it| *it == holder && *of == address);
                let place = place.unwrap_or(0);
                chosen.push((of.clone(), offered[place]));
                place
            };
            let effects = after.step(event.clone(), &mut this);
            assert_eq!(after.asked(&address), BTreeSet::from([holder]));
            let step = LargeStep {
                before: node.clone(),
                event,
                effects,
                after,
                chosen,
            };
            let (peers, focus) = (Peers::new(), Addresses::from([address.clone()]));
            difference(&step, &peers, &focus).unwrap();
            choices += 1;
        }
    }
    assert!(choices > 100, "{choices}");
}

/// WANT-19: whether there is room for one more want depends on all that the peer waits for. The small
/// node does the same when it has as much room as is left.
#[test]
fn the_bound_on_recorded_wants_is_the_room_that_is_left() {
    let mut dice = Dice::new(5);
    let mut node = made_up(&mut dice, behaviour(Deviations::none()));
    node.config.wants_per_peer = 10;
    let mut refused = 0;
    for _ in 0..2000 {
        let peer = dice.one_of(&node.peers()).unwrap();
        let address = dice.address();
        let before = node.contexts()[&peer].wants().len();
        let room = 10usize.saturating_sub(before);
        let entry = WantEntry {
            send_dont_have: dice.one_in(2),
            ..WantEntry::want_block(address.clone())
        };
        let event = Event::Received {
            from: peer,
            message: Message::want_list(vec![entry], false),
        };
        let window = Window::<Many> {
            peers: Peers::from([peer]),
            addresses: closed(&Addresses::from([address.clone()])),
        };
        let mut small = window.node(&node);
        let seen = small.contexts()[&peer].wants().len();
        small.config.wants_per_peer = (seen + room) as u32;
        let step = LargeStep::take(node, event.clone(), &mut dice);
        let done = small.step(event.clone(), &mut |_: &Address<u32>, _: &[u16]| 0);
        let mut expected = window.node(&step.after);
        expected.config = small.config.clone();
        // What the address is asked of is not what this is about.
        assert_eq!(small.contexts(), expected.contexts());
        assert_eq!(
            window.effects(&event, &done),
            window.effects(&event, &step.effects)
        );
        refused += usize::from(room == 0 && !step.after.contexts()[&peer].wants.contains(&address));
        node = step.after;
    }
    assert!(refused > 50, "{refused}");
}
