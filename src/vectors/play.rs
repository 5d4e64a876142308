//! What the model does: every outcome of an event, with every choice that a step leaves open.

use blockexc_model::Deviation::{AbortOnStaleAsk, AskOutlivesCancel, OnlyAsked};
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::node::{Config, First};
use serde_json::{Value, json};

use super::state_json;
use crate::trace::choices::{Asked, outcomes};
use crate::wire::Network;

/// The most runs of one sequence that are followed.
const MOST_RUNS: usize = 256;

/// The deviations that keep what is asked of a peer as marks on the peer.
const MARKING: Deviations = Deviations::of(&[OnlyAsked, AskOutlivesCancel, AbortOnStaleAsk]);

/// What one event comes to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the node does, in order.
    pub effects: Vec<Effect<Network>>,
    /// The node afterwards.
    pub after: Node<Network>,
}

impl Outcome {
    /// As JSON.
    pub fn value(&self) -> Value {
        json!({
            "effects": state_json::effects(&self.effects),
            "after": state_json::state(&self.after),
        })
    }

    /// Whether the same is done, and the same is to be seen of the node.
    pub fn is_same(&self, other: &Outcome) -> bool {
        self.effects == other.effects
            && self.after.contexts == other.after.contexts
            && self.after.dump() == other.after.dump()
    }
}

/// The reference, after these events. Of several holders it asks the first.
pub fn reached(config: &Config, events: &[Event<Network>]) -> Node<Network> {
    let mut node = Node::deviating(Setup {
        config: config.clone(),
        deviations: Deviations::none(),
    });
    for event in events {
        node.step(event.clone(), &mut First);
    }
    node
}

/// A node in this state that deviates from now on. What it would have marked as asked of a peer is what
/// the peer has not answered.
pub fn deviating(mut node: Node<Network>, deviations: Deviations) -> Node<Network> {
    let asked: Vec<_> = node
        .own_wants()
        .flat_map(|(address, want)| want.unanswered.iter().map(|peer| (*peer, address.clone())))
        .collect();
    node.behaviour.deviations = deviations;
    if deviations.intersects(MARKING) {
        for (peer, address) in asked {
            let remembered = node.behaviour.peers.entry(peer).or_default();
            remembered.asked.insert(address);
        }
    }
    node
}

/// The outcomes of one event. An event is over when all that the node does because of it is done: what
/// it puts off has its turn.
///
/// # Errors
///
/// When there are too many.
pub fn step(node: &Node<Network>, event: &Event<Network>) -> Result<Vec<Outcome>, String> {
    let all = outcomes(node.clone(), event, &Asked::default(), true);
    let all = all.map_err(|_| "an event has too many outcomes".to_owned())?;
    let settled = all.into_iter().map(|(mut after, mut effects)| {
        settle(&mut after, &mut effects);
        Outcome { effects, after }
    });
    Ok(settled.collect())
}

fn settle(node: &mut Node<Network>, effects: &mut Vec<Effect<Network>>) {
    let is_turn = |effect: &Effect<Network>| match effect {
        Effect::Other(OtherEffect::ServeLater(peer)) => Some(*peer),
        _ => None,
    };
    while let Some(place) = effects.iter().position(|effect| is_turn(effect).is_some()) {
        if let Some(peer) = is_turn(&effects.remove(place)) {
            let turn = Event::Other(OtherEvent::Serve(peer));
            effects.extend(node.step(turn, &mut First));
        }
    }
}

/// Every run through these events, from this node on.
///
/// # Errors
///
/// When there are too many.
pub fn runs(node: &Node<Network>, events: &[Event<Network>]) -> Result<Vec<Vec<Outcome>>, String> {
    let mut runs = vec![Vec::<Outcome>::new()];
    for event in events {
        let mut longer = Vec::new();
        for run in &runs {
            let before = run.last().map_or(node, |outcome| &outcome.after);
            for outcome in step(before, event)? {
                let mut run = run.clone();
                run.push(outcome);
                longer.push(run);
            }
        }
        if longer.len() > MOST_RUNS {
            return Err(format!("there are more than {MOST_RUNS} runs"));
        }
        runs = longer;
    }
    Ok(runs)
}
