//! [`Violation`]: a step from a state that keeps the invariants which breaks something.

use blockexc_model::deviating::{Event, Node};
use serde::Serialize;

use crate::network::names::Small;
use crate::show::whole::show_whole;
use crate::show::words::{show_effects, show_event};
use crate::step::choice::Script;

/// A step that breaks an invariant or a rule, in words. The state before it keeps every invariant.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    /// The state before.
    pub before: Vec<String>,
    /// What happens.
    pub event: String,
    /// What the node does.
    pub effects: Vec<String>,
    /// The state after.
    pub after: Vec<String>,
}

impl Violation {
    /// The step of this node, when it chooses so.
    pub(super) fn of(before: &Node<Small>, event: &Event<Small>, script: Script) -> Self {
        let mut after = before.clone();
        let effects = after.step(event.clone(), &mut script.player());
        Violation {
            before: show_whole(before),
            event: format!("{}{}", show_event(event), script.words()),
            effects: show_effects(&effects),
            after: show_whole(&after),
        }
    }
}
