//! [`Life`]: what may become of a peer's context, and of an own want: all states of one node among
//! peers that do as they like, seen through a few fields.
//!
//! Nothing of it is drawn by hand: the states are those of a network that is searched to the end, and
//! two of them are joined when a step leads from one to the other.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use blockexc_model::address::Address;
use blockexc_model::deviating::{Node, Setup};
use stateright::Model as _;

use crate::network::names::{Cid, Peer, Small};
use crate::network::open::{OpenNetwork, OpenState};
use crate::show::shown::requirements;
use crate::show::words::show_event;
use crate::step::rules::{PredicateSet, Step};

use super::networks::open_networks;

/// The peer whose context is looked at.
const PEER: Peer = Peer(1);

/// The block.
const BLOCK: Address<Cid> = Address::Plain(Cid(0));

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What the node keeps of one of its peers, of one block.
    Context,
    /// What the node keeps of a block for itself.
    OwnWant,
}

impl Subject {
    /// What the node keeps, in a few words.
    pub fn state_of(self, node: &Node<Small>) -> String {
        match self {
            Subject::Context => {
                let Some(context) = node.contexts().get(&PEER) else {
                    return "no context".to_owned();
                };
                match (context.contains(&BLOCK), context.wants().len() > 0) {
                    (false, false) => "a context without records",
                    (true, false) => "a presence record",
                    (false, true) => "a recorded want",
                    (true, true) => "a presence record and a recorded want",
                }
                .to_owned()
            }
            Subject::OwnWant => {
                let asked: Vec<String> = node.asked(&BLOCK).iter().map(Peer::to_string).collect();
                match (node.wants(&BLOCK), node.holds(&BLOCK)) {
                    (false, false) => "not wanted".to_owned(),
                    (false, true) => "held".to_owned(),
                    (true, true) => "held and wanted".to_owned(),
                    (true, false) if asked.is_empty() => "wanted, nobody is asked".to_owned(),
                    (true, false) => format!("wanted, {} is asked", asked.join(" and ")),
                }
            }
        }
    }

    /// The node after a step, had the step left this as it was.
    fn unchanged(self, before: &Node<Small>, after: &Node<Small>) -> Node<Small> {
        let mut node = after.clone();
        match self {
            Subject::Context => match before.contexts.get(&PEER) {
                Some(context) => drop(node.contexts.insert(PEER, context.clone())),
                None => drop(node.contexts.remove(&PEER)),
            },
            Subject::OwnWant => {
                node.wants = before.wants.clone();
                node.held = before.held.clone();
            }
        }
        node
    }
}

/// What may become of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// The states in a few words, the first one first.
    pub states: Vec<String>,
    /// What leads from one to another, or leaves it as it is.
    pub changes: Vec<Change>,
    /// So many states of the network were seen.
    pub seen: usize,
    /// So many steps between them.
    pub steps: usize,
}

/// What leads from a state to another, or to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place of the state before.
    pub from: usize,
    /// The place of the state after.
    pub to: usize,
    /// The events that do it.
    pub events: Events,
}

/// Events in words, each with the requirements that ask for what it does.
pub type Events = BTreeMap<String, BTreeSet<&'static str>>;

impl Life {
    /// What may become of a subject of a node that behaves so.
    pub fn of(subject: Subject, setup: &Setup) -> Life {
        let network = open_networks(setup).swap_remove(0);
        let mut states: Vec<String> = Vec::new();
        let mut changes: BTreeMap<(usize, usize), Events> = BTreeMap::new();
        let mut seen: HashSet<OpenState> = HashSet::new();
        let mut steps = 0;
        let mut waiting = network.init_states();
        let mut place_of = |state: &OpenState| {
            let words = subject.state_of(&state.node);
            let known = states.iter().position(|known| *known == words);
            known.unwrap_or_else(|| {
                states.push(words);
                states.len() - 1
            })
        };
        seen.extend(waiting.iter().cloned());
        let mut next_place = 0;
        while let Some(state) = waiting.get(next_place).cloned() {
            next_place += 1;
            let from = place_of(&state);
            let mut actions = Vec::new();
            network.actions(&state, &mut actions);
            for action in actions {
                let Some(event) = network.event(action.act) else {
                    continue;
                };
                let Some((next, effects)) = network.perform(&state, &action) else {
                    continue;
                };
                steps += 1;
                let to = place_of(&next);
                let step = Step {
                    before: &state.node,
                    event: &event,
                    effects: &effects,
                    after: &next.node,
                };
                let asking = match from == to {
                    true => network.judge().asking(&state.node, &event),
                    false => asking_for_change(subject, &network, &step),
                };
                let asking = requirements(network.judge(), asking);
                let events = changes.entry((from, to)).or_default();
                events.entry(show_event(&event)).or_default().extend(asking);
                if seen.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        }
        let changes = changes
            .into_iter()
            .map(|((from, to), events)| Change { from, to, events });
        Life {
            states,
            changes: changes.collect(),
            seen: seen.len(),
            steps,
        }
    }
}

/// The rules that ask for what a step makes of the subject. A node that does all but this breaks them,
/// and so does one that does nothing at all, unless they ask for it only since something else is done.
fn asking_for_change(
    subject: Subject,
    network: &OpenNetwork,
    step: &Step<'_, Small>,
) -> PredicateSet {
    let judge = network.judge();
    let asking = judge.asking(step.before, step.event);
    let unchanged = subject.unchanged(step.before, step.after);
    let broken = judge.broken(&Step {
        after: &unchanged,
        ..*step
    });
    // Rules say it more closely than invariants do.
    let rules = broken.before(judge.rules());
    let choices = [asking.common(broken), rules, broken];
    let mut choices = choices.into_iter();
    choices.find(|set| !set.is_empty()).unwrap_or_default()
}
