//! The choices of a step. The model may choose which holder of a block to ask; [`outcomes`] tries
//! each choice that the log allows.

use std::collections::BTreeSet;

use blockexc_model::deviating::{Effect, Event, Node};
use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::node::{Choose, First};
use libp2p::PeerId;

use super::line::Output;
use super::step::LoggedStep;
use crate::wire::{Address, Message, Network};

/// The largest number of states that are followed at a time.
pub const MAX_STATES: usize = 64;

/// There are more than [`MAX_STATES`] outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Whether the node may have a choice when it handles this event.
pub fn may_choose(node: &Node<Network>, event: &Event<Network>) -> bool {
    if !node.deviations().is_empty() {
        return true;
    }
    match event {
        Event::Left(_) | Event::Retry(_) => true,
        // A peer that was asked and has nothing valid is replaced by another holder.
        Event::Received { message, .. } => {
            message
                .presences
                .iter()
                .any(|item| item.presence_type == PresenceType::DontHave)
                || message.deliveries.iter().any(|delivery| {
                    let valid = blockexc_model::message::Evidence::valid_for(&delivery.address);
                    delivery.evidence != valid
                })
        }
        _ => false,
    }
}

/// Which peers the log says were asked for which blocks.
#[derive(Default)]
pub struct Asked(BTreeSet<(PeerId, Address)>);

impl Asked {
    /// Those of one step.
    pub fn of(step: &LoggedStep) -> Self {
        let mut asked = Asked::default();
        for (_, output) in &step.outputs {
            if let Output::Sent { to, message } = output {
                asked.add(*to, message);
            }
        }
        asked
    }

    /// Adds those of one message.
    pub fn add(&mut self, to: PeerId, message: &Message) {
        let entries = message.want_list.iter().flat_map(|list| &list.entries);
        for entry in entries {
            if !entry.cancel && entry.want_type == WantType::WantBlock {
                self.0.insert((to, entry.address.clone()));
            }
        }
    }
}

/// Makes the choices of a script, and the first choice after its end. Records the number of
/// choices at each turn.
struct Scripted<'a> {
    asked: &'a Asked,
    /// Try all holders, not only those that the log names: it may name them later.
    tries_all: bool,
    script: Vec<usize>,
    offered: Vec<usize>,
}

impl Choose<Network> for Scripted<'_> {
    fn holder(&mut self, address: &Address, holders: &[PeerId]) -> usize {
        let mut places: Vec<usize> = (0..holders.len())
            .filter(|place| self.asked.0.contains(&(holders[*place], address.clone())))
            .collect();
        if places.is_empty() || self.tries_all {
            // Those that the log names come first.
            let others = 0..if self.tries_all { holders.len() } else { 1 };
            let named = places.clone();
            places.extend(others.filter(|place| !named.contains(place)));
        }
        let turn = self.offered.len();
        self.offered.push(places.len());
        let choice = self.script.get(turn).copied().unwrap_or(0);
        places[choice]
    }
}

/// A node after a step, and the effects of the step.
pub type Outcome = (Node<Network>, Vec<Effect<Network>>);

/// The outcomes of a step: one for each combination of choices that the log allows.
///
/// # Errors
///
/// When there are more than [`MAX_STATES`].
pub fn outcomes(
    mut node: Node<Network>,
    event: &Event<Network>,
    asked: &Asked,
    tries_all: bool,
) -> Result<Vec<Outcome>, TooMany> {
    if !may_choose(&node, event) {
        let effects = node.step(event.clone(), &mut First);
        return Ok(vec![(node, effects)]);
    }
    let mut outcomes = Vec::new();
    let mut script = Vec::new();
    loop {
        let mut choices = Scripted {
            asked,
            tries_all,
            script,
            offered: Vec::new(),
        };
        let mut after = node.clone();
        let effects = after.step(event.clone(), &mut choices);
        if outcomes.len() >= MAX_STATES {
            return Err(TooMany);
        }
        outcomes.push((after, effects));
        // The next combination: change the last choice that has an alternative.
        let offered = choices.offered;
        script = choices.script;
        script.resize(offered.len(), 0);
        loop {
            match script.pop() {
                None => return Ok(outcomes),
                Some(choice) if choice + 1 < offered[script.len()] => {
                    script.push(choice + 1);
                    break;
                }
                Some(_) => {}
            }
        }
    }
}
