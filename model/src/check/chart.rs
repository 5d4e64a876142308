//! A way through a network as a sequence chart: who joined, who said what to whom, what the node
//! that broke a rule kept before and after the step, and which requirement the step breaks.
//!
//! A message stands where it is handled, since that is where it does something.

mod mermaid;
mod svg;
mod text;

use crate::node::{Effect, Event, Node};
use crate::requirement::Requirement;

use super::explorer::Trail;
use super::names::{Peer, Small};
use super::network::{Act, Action, Network};
use super::open::{OpenNetwork, What};
use super::rules::{Judge, Marks};
use super::words::{show_effect, show_event, show_message, show_node};

/// A sequence chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Who takes part, from left to right.
    pub lanes: Vec<String>,
    /// What happens, from top to bottom.
    pub rows: Vec<Row>,
    /// What is wrong with the last step, when it breaks a rule.
    pub offence: Option<Offence>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Something that concerns one lane.
    Note {
        /// Which.
        lane: usize,
        /// What happens.
        text: String,
    },
    /// Something that concerns two lanes alike.
    Between {
        /// Which.
        lanes: [usize; 2],
        /// What happens.
        text: String,
    },
    /// A message that one lane sent and another now handles.
    Message {
        /// Who sent it.
        from: usize,
        /// Who handles it.
        to: usize,
        /// What it says.
        text: String,
    },
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Whose step it is.
    pub node: String,
    /// What the node kept before.
    pub before: Vec<String>,
    /// What it did.
    pub did: Vec<String>,
    /// What it keeps now.
    pub after: Vec<String>,
    /// The rules and invariants that are broken, each with the requirements it stands for.
    pub broken: Vec<(&'static str, &'static [&'static str])>,
}

impl Chart {
    /// The chart of a way through a closed network.
    pub fn of_network(network: &Network, trail: &Trail<Network>) -> Chart {
        let mut rows = Vec::new();
        let mut offence = None;
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            rows.push(match *action {
                Action::Connect(a, b) => between(a, b, "connect"),
                Action::Disconnect(a, b) => between(a, b, "their connection closes"),
                Action::Act { node, act, .. } => match (act, network.event(state, node, act)) {
                    (Act::Handle(from), Some(Event::Received { message, .. })) => Row::Message {
                        from: from.index(),
                        to: node.index(),
                        text: show_message(&message),
                    },
                    (_, event) => Row::Note {
                        lane: node.index(),
                        text: event.map_or_else(String::new, |event| show_event(&event)),
                    },
                },
            });
            if let Action::Act { node, .. } = *action
                && !next.broken.is_empty()
            {
                let effects = network.perform(state, action).map(|(_, effects)| effects);
                offence = Some(offence_of(
                    node,
                    &state.nodes[node.index()],
                    &effects.unwrap_or_default(),
                    &next.nodes[node.index()],
                    network.judge(),
                    next.broken,
                ));
            }
            state = next;
        }
        Chart {
            lanes: lanes(network.roles.len()),
            rows,
            offence,
        }
    }

    /// The chart of a way through an open network.
    pub fn of_open_network(network: &OpenNetwork, trail: &Trail<OpenNetwork>) -> Chart {
        const NODE: Peer = Peer(0);
        let mut rows = Vec::new();
        let mut offence = None;
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            let text = network
                .event(action.what)
                .map_or_else(String::new, |event| show_event(&event));
            rows.push(match (action.what, network.event(action.what)) {
                (What::Say(from, _), Some(Event::Received { message, .. })) => Row::Message {
                    from: from.index(),
                    to: NODE.index(),
                    text: show_message(&message),
                },
                _ => Row::Note {
                    lane: NODE.index(),
                    text,
                },
            });
            if !next.broken.is_empty() {
                let effects = network.perform(state, action).map(|(_, effects)| effects);
                offence = Some(offence_of(
                    NODE,
                    &state.node,
                    &effects.unwrap_or_default(),
                    &next.node,
                    network.judge(),
                    next.broken,
                ));
            }
            state = next;
        }
        Chart {
            lanes: lanes(usize::from(network.peers) + 1),
            rows,
            offence,
        }
    }
}

impl Offence {
    /// What is broken, each with its requirements: those only that were not named before.
    fn breaks(&self) -> impl Iterator<Item = (&'static str, Vec<&'static Requirement>)> {
        let mut shown: Vec<&str> = Vec::new();
        self.broken.iter().map(move |(name, ids)| {
            let mut requirements = Vec::new();
            for id in *ids {
                if !shown.contains(id) {
                    shown.push(id);
                    requirements.extend(Requirement::find(id));
                }
            }
            (*name, requirements)
        })
    }
}

fn lanes(count: usize) -> Vec<String> {
    (0u8..).take(count).map(|i| Peer(i).to_string()).collect()
}

fn between(a: Peer, b: Peer, what: &str) -> Row {
    Row::Between {
        lanes: [a.index(), b.index()],
        text: format!("{a} and {b}: {what}"),
    }
}

fn offence_of(
    node: Peer,
    before: &Node<Small>,
    effects: &[Effect<Small>],
    after: &Node<Small>,
    judge: &Judge<Small>,
    broken: Marks,
) -> Offence {
    let predicates = judge.predicates().enumerate();
    let mut did: Vec<_> = effects.iter().map(show_effect).collect();
    if did.is_empty() {
        did.push("nothing".to_owned());
    }
    Offence {
        node: node.to_string(),
        before: show_node(before),
        did,
        after: show_node(after),
        broken: predicates
            .filter(|(place, _)| broken.contains(*place))
            .map(|(_, predicate)| (predicate.name, predicate.requirements))
            .collect(),
    }
}
