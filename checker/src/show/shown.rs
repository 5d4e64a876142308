//! [`Shown`]: how the actions, steps and states of a network of either kind are shown.

use blockexc_model::deviating::{Effect, Event, Node};

use crate::network::action::{Act, Action};
use crate::network::closed::Network;
use crate::network::names::{Peer, Small, show_address};
use crate::network::open::{OpenAct, OpenAction, OpenNetwork, OpenState};
use crate::network::state::State;
use crate::properties;
use crate::search::checkable::Checkable;
use crate::search::exploration::Trail;
use crate::search::property::{Condition, Property};
use crate::step::rules::{PredicateSet, StepChecker};

use super::chart::{Chart, Ending, Offence, Row};
use super::words::{
    broken_rules, indented, show_broken, show_effects, show_event, show_limits, show_message,
    show_node, show_open_state, show_state,
};

/// A network, closed or open, that can be shown.
pub trait Shown: Checkable<Action: Copy> + Sized {
    /// How many nodes there are, peers included.
    fn node_count(&self) -> usize;

    /// The properties by which the network is shown.
    fn checked_properties(&self) -> Vec<Property<Self>>;

    /// What can happen in this state, wherever a node may choose in the first of the ways.
    fn possible(&self, state: &Self::State) -> Vec<Self::Action>;

    /// Whether this is one of the actions that are possible in this state.
    fn can(&self, state: &Self::State, action: &Self::Action) -> bool;

    /// What an action says in words, with addresses and messages by name.
    fn describe(&self, action: &Self::Action) -> String;

    /// What all nodes keep in this state, and what is between them.
    fn show_state(&self, state: &Self::State) -> Vec<String>;

    /// What the acting node does, and what all keep afterwards.
    fn show_step(&self, state: &Self::State, action: &Self::Action) -> Option<Vec<String>>;

    /// The requirements that ask the acting node for something, each once: those that it would break if
    /// it did nothing.
    fn asking(&self, state: &Self::State, action: &Self::Action) -> Vec<&'static str>;

    /// Adds a step from one state to the next to a chart.
    fn add_step(
        &self,
        chart: &mut Chart,
        state: &Self::State,
        action: &Self::Action,
        next: &Self::State,
    );
}

impl Chart {
    /// The chart of a way through a network.
    pub fn of<M: Shown>(network: &M, trail: &Trail<M>) -> Chart {
        let mut chart = Chart::of_lanes(network.node_count());
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            network.add_step(&mut chart, state, action, next);
            state = next;
        }
        chart
    }

    /// The chart of a way through a network that violates this property.
    pub fn of_violation<M: Shown>(network: &M, trail: &Trail<M>, property: &Property<M>) -> Chart {
        let mut chart = Chart::of(network, trail);
        let last = trail.steps.last().map_or(&trail.start, |(_, last)| last);
        chart.end(network, last, property);
        chart
    }

    /// Says what is wrong with the last state, if it violates the property and does so by itself:
    /// what is wrong with a step, the offence says.
    pub(super) fn end<M: Shown>(&mut self, network: &M, last: &M::State, property: &Property<M>) {
        if !matches!(property.condition, Condition::OfStep(_)) && !property.holds(network, last) {
            self.ending = Some(Ending {
                step: self.rows.len(),
                keeps: network.show_state(last),
                broken: (property.name, property.requirements),
            });
        }
    }

    /// Says what is wrong with the last step, which is this node's.
    fn offend(
        &mut self,
        node: Peer,
        [before, after]: [&Node<Small>; 2],
        effects: Option<Vec<Effect<Small>>>,
        judge: &StepChecker<Small>,
        broken: PredicateSet,
    ) {
        self.offence = Some(Offence {
            step: self.rows.len(),
            node: node.to_string(),
            before: show_node(before),
            did: show_effects(&effects.unwrap_or_default()),
            after: show_node(after),
            broken: broken_rules(judge, broken),
        });
    }
}

impl Shown for Network {
    fn node_count(&self) -> usize {
        self.roles.len()
    }

    fn checked_properties(&self) -> Vec<Property<Self>> {
        properties::network(self)
    }

    fn possible(&self, state: &State) -> Vec<Action> {
        Network::possible(self, state)
    }

    fn can(&self, state: &State, action: &Action) -> bool {
        Network::can(self, state, action)
    }

    fn describe(&self, action: &Action) -> String {
        if let Action::Act { node, act, script } = action {
            let about = |verb: &str, place: &u8| {
                let address = show_address(&self.address(*place));
                format!("{node}{verb} {address}{}", script.words())
            };
            match act {
                Act::Request(place) => return about("'s user requests", place),
                Act::Cancel(place) => return about("'s user cancels", place),
                Act::Retry(place) => return about(" retries", place),
                _ => {}
            }
        }
        format!("{action:?}")
    }

    fn show_state(&self, state: &State) -> Vec<String> {
        show_state(self, state)
    }

    fn show_step(&self, state: &State, action: &Action) -> Option<Vec<String>> {
        let (next, effects) = self.perform(state, action)?;
        let mut lines = Vec::new();
        if let Action::Act { node, .. } = action {
            lines.push(format!("{node} does"));
            lines.extend(indented(show_effects(&effects)));
            lines.extend(indented(show_broken(self.judge(), next.broken)));
            lines.push(String::new());
        }
        lines.extend(show_state(self, &next));
        lines.push(format!("may still happen: {}", show_limits(&next.left)));
        Some(lines)
    }

    fn asking(&self, state: &State, action: &Action) -> Vec<&'static str> {
        let Action::Act { node, act, .. } = *action else {
            return Vec::new();
        };
        let event = self.event(state, node, act);
        let set = event.map(|event| self.judge().asking(&state.nodes[node.index()], &event));
        requirements(self.judge(), set.unwrap_or_default())
    }

    fn add_step(&self, chart: &mut Chart, state: &State, action: &Action, next: &State) {
        chart.rows.push(match *action {
            Action::Connect(a, b) => between(a, b, "connect"),
            Action::Disconnect(a, b) => between(a, b, "their connection closes"),
            Action::Act { node, act, .. } => match (act, self.event(state, node, act)) {
                (Act::Handle(from), Some(Event::Received { message, .. })) => Row::Message {
                    from: from.index(),
                    to: node.index(),
                    text: show_message(&message),
                },
                (_, event) => note(node, event.as_ref()),
            },
        });
        if let Action::Act { node, .. } = *action
            && !next.broken.is_empty()
        {
            let effects = self.perform(state, action).map(|(_, effects)| effects);
            let nodes = [state, next].map(|state| &state.nodes[node.index()]);
            chart.offend(node, nodes, effects, self.judge(), next.broken);
        }
    }
}

impl Shown for OpenNetwork {
    fn node_count(&self) -> usize {
        usize::from(self.peers) + 1
    }

    fn checked_properties(&self) -> Vec<Property<Self>> {
        properties::open(self)
    }

    fn possible(&self, state: &OpenState) -> Vec<OpenAction> {
        OpenNetwork::possible(self, state)
    }

    fn can(&self, state: &OpenState, action: &OpenAction) -> bool {
        OpenNetwork::can(self, state, action)
    }

    fn describe(&self, action: &OpenAction) -> String {
        match (action.act, self.event(action.act)) {
            // What is said is named by the message, and what is done by the address.
            (
                OpenAct::Say(..) | OpenAct::Request(_) | OpenAct::Cancel(_) | OpenAct::Retry(_),
                Some(event),
            ) => show_event(&event) + &action.script.words(),
            _ => format!("{action:?}"),
        }
    }

    fn show_state(&self, state: &OpenState) -> Vec<String> {
        show_open_state(state)
    }

    fn show_step(&self, state: &OpenState, action: &OpenAction) -> Option<Vec<String>> {
        let (next, effects) = self.perform(state, action)?;
        let mut lines = vec![format!("{} does", OpenNetwork::NODE)];
        lines.extend(indented(show_effects(&effects)));
        lines.extend(indented(show_broken(self.judge(), next.broken)));
        lines.push(String::new());
        lines.extend(show_open_state(&next));
        Some(lines)
    }

    fn asking(&self, state: &OpenState, action: &OpenAction) -> Vec<&'static str> {
        let event = self.event(action.act);
        let set = event.map(|event| self.judge().asking(&state.node, &event));
        requirements(self.judge(), set.unwrap_or_default())
    }

    fn add_step(
        &self,
        chart: &mut Chart,
        state: &OpenState,
        action: &OpenAction,
        next: &OpenState,
    ) {
        let row = match (action.act, self.event(action.act)) {
            (OpenAct::Say(from, _), Some(Event::Received { message, .. })) => Row::Message {
                from: from.index(),
                to: OpenNetwork::NODE.index(),
                text: show_message(&message),
            },
            (_, event) => note(OpenNetwork::NODE, event.as_ref()),
        };
        chart.rows.push(row);
        if !next.broken.is_empty() {
            let effects = self.perform(state, action).map(|(_, effects)| effects);
            let nodes = [&state.node, &next.node];
            chart.offend(OpenNetwork::NODE, nodes, effects, self.judge(), next.broken);
        }
    }
}

/// What the rules of this set are named after, each once.
pub(crate) fn requirements(judge: &StepChecker<Small>, set: PredicateSet) -> Vec<&'static str> {
    let mut ids = Vec::new();
    for (_, requirements) in broken_rules(judge, set) {
        if let Some(id) = requirements.first().filter(|id| !ids.contains(*id)) {
            ids.push(*id);
        }
    }
    ids
}

fn note(node: Peer, event: Option<&Event<Small>>) -> Row {
    Row::Note {
        lane: node.index(),
        text: event.map_or_else(String::new, show_event),
    }
}

fn between(a: Peer, b: Peer, what: &str) -> Row {
    Row::Between {
        lanes: [a.index(), b.index()],
        text: format!("{a} and {b}: {what}"),
    }
}
