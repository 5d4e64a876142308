//! [`Monitor`]: checks the nodes that follow the specification while they run.
//!
//! It checks the steps of a node that runs the model by the rules of the model checker, and the
//! states of any node by [`STATE_PROPERTIES`].

use std::collections::BTreeMap;

use blockexc_checker::step::rules::{Step, StepChecker};
use blockexc_model::deviating::{Effect, Event, Node};
use serde::Serialize;

use super::event_queue::Time;
use super::properties::{Property, STATE_PROPERTIES};
use crate::wire::{Dump, Network};

/// A property was violated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violated {
    /// The property.
    pub property: Property,
    /// The node, counted from zero.
    pub node: usize,
    /// The virtual time.
    pub time: Time,
    /// The number of starts of the node until then.
    pub life: u32,
    /// The number of events that it had handled since its last start.
    pub step: u64,
}

/// Checks steps and states, and counts the violations.
#[derive(Default)]
pub struct Monitor {
    rules: StepChecker<Network>,
    /// The number of violations of each property.
    pub violations: BTreeMap<Property, u64>,
    /// The first violation.
    pub first: Option<Violated>,
    /// The number of steps checked by the rules.
    pub steps_checked: u64,
    /// The number of states checked.
    pub states_checked: u64,
}

impl Monitor {
    /// Counts a violation.
    pub fn violated(&mut self, violated: Violated) {
        let count = self.violations.entry(violated.property.clone());
        *count.or_default() += 1;
        self.first.get_or_insert(violated);
    }

    /// Checks a state. Returns the properties that it does not have.
    pub fn check_state(&mut self, dump: &Dump) -> Vec<Property> {
        self.states_checked += 1;
        STATE_PROPERTIES
            .iter()
            .filter(|it| !(it.holds)(dump))
            .map(|it| it.property.clone())
            .collect()
    }

    /// Checks a step of the model. Returns the rules that it breaks.
    pub fn check_step(
        &mut self,
        before: &Node<Network>,
        event: &Event<Network>,
        effects: &[Effect<Network>],
        after: &Node<Network>,
    ) -> Vec<Property> {
        self.steps_checked += 1;
        let broken = self.rules.broken(&Step {
            before,
            event,
            effects,
            after,
        });
        if broken.is_empty() {
            return Vec::new();
        }
        self.rules
            .predicates()
            .enumerate()
            .filter(|(place, _)| broken.contains(*place))
            .map(|(_, predicate)| Property {
                name: predicate.name,
                requirements: predicate.requirements,
            })
            .collect()
    }
}
