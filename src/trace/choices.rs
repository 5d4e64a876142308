//! Where a step of the model leaves a choice, the log says how it was made: a step is tried with
//! every choice that the log bears out.

use std::collections::BTreeSet;

use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::node::{Choose, Effect, Event, First, Node};
use libp2p::PeerId;

use super::line::Deed;
use super::step::LoggedStep;
use crate::wire::{Address, Message, Network};

/// At most so many states are pursued at a time.
pub const MOST_STATES: usize = 64;

/// There are more ways to choose than are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Whether a step of the reference with this event may leave a choice.
pub fn may_choose(node: &Node<Network>, event: &Event<Network>) -> bool {
    if !node.config().deviations.is_empty() {
        return true;
    }
    match event {
        Event::Left(_) | Event::Retry(_) => true,
        // Whoever denies what it was asked for, or delivers it wrongly, is asked no longer.
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

/// Of whom the log says that which block was asked.
#[derive(Default)]
pub struct Asked(BTreeSet<(PeerId, Address)>);

impl Asked {
    /// What the deeds of a step say.
    pub fn of(step: &LoggedStep) -> Self {
        let mut asked = Asked::default();
        for (_, deed) in &step.deeds {
            if let Deed::Sent { to, message } = deed {
                asked.add(*to, message);
            }
        }
        asked
    }

    /// What one message says.
    pub fn add(&mut self, to: PeerId, message: &Message) {
        let entries = message.want_list.iter().flat_map(|list| &list.entries);
        for entry in entries {
            if !entry.cancel && entry.want_type == WantType::WantBlock {
                self.0.insert((to, entry.address.clone()));
            }
        }
    }
}

/// Chooses by a script, and the first where the script ends; remembers between how many.
struct Scripted<'a> {
    asked: &'a Asked,
    /// Where the log bears out no holder, it may still come to: each is tried.
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
            // Those that the log bears out come first.
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

/// A node after a step, with the effects of the step.
pub type Outcome = (Node<Network>, Vec<Effect<Network>>);

/// What a step can come to: one outcome for each way to choose that the log bears out.
///
/// # Errors
///
/// When there are more than [`MOST_STATES`].
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
        if outcomes.len() >= MOST_STATES {
            return Err(TooMany);
        }
        outcomes.push((after, effects));
        // The next way: the last choice that has another.
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
