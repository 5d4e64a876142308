//! [`Checkable`]: a model that can be searched.

use std::hash::Hash;

use stateright::Model;

use super::graph::FREE;

/// A model that can be searched, with what the search must be told beside its transitions.
///
/// Everything has a default, so an empty `impl` makes a model checkable.
pub trait Checkable: Model<State: Clone + Eq + Hash + Send + Sync> + Sync {
    /// Whether the step that led to this state kept the rule of this number
    /// ([`Condition::OfStep`](super::property::Condition::OfStep)). A model whose steps have rules
    /// notes in the state which of them the last step broke.
    fn keeps(&self, _: &Self::State, _: usize) -> bool {
        true
    }

    /// Whether the step that led to this state kept every rule.
    fn keeps_all(&self, _: &Self::State) -> bool {
        true
    }

    /// Whether nothing happens any more by itself in this state. Properties that are
    /// [`when_quiet`](super::property::Property::when_quiet) are looked at only then.
    fn is_quiet(&self, _: &Self::State) -> bool {
        true
    }

    /// The label of a transition by this action: the number of the obligation that it meets
    /// ([`Obligations`](super::fair_cycles::Obligations)), or [`FREE`].
    fn label(&self, _: &Self::Action) -> u8 {
        FREE
    }
}
