//! A way through a network as a sequence chart: who joined, who said what to whom, what the node
//! that broke a rule kept before and after the step, and which requirement the step breaks.
//!
//! A message stands where it is handled, since that is where it does something.

mod mermaid;
mod svg;
mod text;

use blockexc_model::deviating::Event;
use blockexc_model::requirement::Requirement;

use super::explorer::Trail;
use super::names::Peer;
use super::network::{Act, Action, Network, State};
use super::open::{OpenAction, OpenNetwork, OpenState, What};
use super::properties::{Judging, Property, Test};
use super::words::{broken_rules, show_effects, show_event, show_message, show_node, show_state};

/// A sequence chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Who takes part, from left to right.
    pub lanes: Vec<String>,
    /// What happens, from top to bottom.
    pub rows: Vec<Row>,
    /// What is wrong with the last of the steps that break a rule, if one does.
    pub offence: Option<Offence>,
    /// What is wrong with the state at the end, when a property of whole states is violated.
    pub ending: Option<Ending>,
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
    /// Which step it is, counted from one.
    pub step: usize,
    /// Whose step it is.
    pub node: String,
    /// What the node kept before.
    pub before: Vec<String>,
    /// What it did.
    pub did: Vec<String>,
    /// What it keeps now.
    pub after: Vec<String>,
    /// The rules and invariants that are broken.
    pub broken: Vec<Broken>,
}

/// What is wrong with the state that a way leads to, rather than with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How many steps the way has.
    pub step: usize,
    /// What every node keeps then, and what is between them.
    pub keeps: Vec<String>,
    /// The property that is violated.
    pub broken: Broken,
}

/// What is broken, by name, with the requirements that it stands for.
pub type Broken = (&'static str, &'static [&'static str]);

impl Chart {
    /// The chart of a way through a closed network.
    pub fn of_network(network: &Network, trail: &Trail<Network>) -> Chart {
        let mut chart = Chart::of_lanes(network.roles.len());
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            chart.add_step(network, state, action, next);
            state = next;
        }
        chart
    }

    /// The chart of a way through an open network.
    pub fn of_open_network(network: &OpenNetwork, trail: &Trail<OpenNetwork>) -> Chart {
        let mut chart = Chart::of_lanes(usize::from(network.peers) + 1);
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            chart.add_open_step(network, state, action, next);
            state = next;
        }
        chart
    }

    /// The chart of a way through a closed network that violates this property.
    pub fn of_violation(
        network: &Network,
        trail: &Trail<Network>,
        property: &Property<Network>,
    ) -> Chart {
        let mut chart = Chart::of_network(network, trail);
        let last = trail.steps.last().map_or(&trail.start, |(_, last)| last);
        chart.end(network, last, property, show_state);
        chart
    }

    /// Says what is wrong with the last state, if it violates the property and does so by itself:
    /// what is wrong with a step, the offence says.
    pub(super) fn end<M: Judging>(
        &mut self,
        network: &M,
        last: &M::State,
        property: &Property<M>,
        show: fn(&M, &M::State) -> Vec<String>,
    ) {
        if !matches!(property.test, Test::Unbroken(_)) && !property.holds(network, last) {
            self.ending = Some(Ending {
                step: self.rows.len(),
                keeps: show(network, last),
                broken: (property.name, property.requirements),
            });
        }
    }

    /// The chart of so many nodes, before anything has happened.
    pub(super) fn of_lanes(count: usize) -> Chart {
        Chart {
            lanes: (0u8..).take(count).map(|i| Peer(i).to_string()).collect(),
            rows: Vec::new(),
            offence: None,
            ending: None,
        }
    }

    /// Adds a step of a closed network, from one state to the next.
    pub(super) fn add_step(
        &mut self,
        network: &Network,
        state: &State,
        action: &Action,
        next: &State,
    ) {
        self.rows.push(match *action {
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
            self.offence = Some(Offence {
                step: self.rows.len(),
                node: node.to_string(),
                before: show_node(&state.nodes[node.index()]),
                did: show_effects(&effects.unwrap_or_default()),
                after: show_node(&next.nodes[node.index()]),
                broken: broken_rules(network.judge(), next.broken),
            });
        }
    }

    /// Adds a step of an open network, from one state to the next.
    pub(super) fn add_open_step(
        &mut self,
        network: &OpenNetwork,
        state: &OpenState,
        action: &OpenAction,
        next: &OpenState,
    ) {
        self.rows
            .push(match (action.what, network.event(action.what)) {
                (What::Say(from, _), Some(Event::Received { message, .. })) => Row::Message {
                    from: from.index(),
                    to: OpenNetwork::NODE.index(),
                    text: show_message(&message),
                },
                (_, event) => Row::Note {
                    lane: OpenNetwork::NODE.index(),
                    text: event.map_or_else(String::new, |event| show_event(&event)),
                },
            });
        if !next.broken.is_empty() {
            let effects = network.perform(state, action).map(|(_, effects)| effects);
            self.offence = Some(Offence {
                step: self.rows.len(),
                node: OpenNetwork::NODE.to_string(),
                before: show_node(&state.node),
                did: show_effects(&effects.unwrap_or_default()),
                after: show_node(&next.node),
                broken: broken_rules(network.judge(), next.broken),
            });
        }
    }
}

/// What is said below the rows, by whatever draws them.
struct Paragraph {
    title: String,
    lines: Vec<String>,
    /// Whether it says what is broken.
    is_breach: bool,
}

impl Chart {
    /// What there is to say of the offence and of the ending.
    fn paragraphs(&self) -> Vec<Paragraph> {
        let mut paragraphs = Vec::new();
        let mut say = |title: String, lines: &[String]| {
            paragraphs.push(Paragraph {
                title,
                lines: lines.to_vec(),
                is_breach: false,
            });
        };
        if let Some(offence) = &self.offence {
            let Offence { step, node, .. } = offence;
            say(format!("Before step {step}, {node} keeps"), &offence.before);
            say(format!("In step {step}, {node} does"), &offence.did);
            say(format!("After step {step}, {node} keeps"), &offence.after);
        }
        if let Some(ending) = &self.ending {
            say(format!("After step {}", ending.step), &ending.keeps);
        }
        let mut named = Vec::new();
        for (name, ids) in self.broken() {
            paragraphs.push(Paragraph {
                title: format!("This breaks \"{name}\""),
                lines: sentences(ids, &mut named),
                is_breach: true,
            });
        }
        paragraphs
    }

    /// Everything that is broken.
    fn broken(&self) -> impl Iterator<Item = Broken> {
        let by_the_step = self.offence.iter().flat_map(|offence| &offence.broken);
        let by_the_end = self.ending.iter().map(|ending| &ending.broken);
        by_the_step.chain(by_the_end).copied()
    }
}

/// The requirements' sentences, but for those that have been named.
fn sentences(ids: &[&'static str], named: &mut Vec<&'static str>) -> Vec<String> {
    let mut sentences = Vec::new();
    for id in ids {
        if named.contains(id) {
            continue;
        }
        named.push(id);
        if let Some(requirement) = Requirement::find(id) {
            let Requirement { level, text, .. } = requirement;
            sentences.push(format!("{id} {level}: {text}"));
        }
    }
    sentences
}

fn between(a: Peer, b: Peer, what: &str) -> Row {
    Row::Between {
        lanes: [a.index(), b.index()],
        text: format!("{a} and {b}: {what}"),
    }
}
