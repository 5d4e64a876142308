//! [`Property`]: what must hold of a model, as data.

use stateright::Model;

use super::checkable::Checkable;

/// In how many states a property is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In all.
    Always,
    /// In at least one.
    Sometimes,
}

/// Something that must hold of a model.
pub struct Property<M: Model> {
    /// What it says, in a few words.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// In how many states it is to hold.
    pub kind: Kind,
    /// When it holds in a state.
    pub condition: Condition<M>,
    /// What must be the case for it to say anything.
    pub premise: Option<Predicate<M>>,
    /// It holds wherever something is under way: it is looked at only where nothing is.
    pub when_quiet: bool,
}

/// When a property holds in a state.
pub enum Condition<M: Model> {
    /// When the step that led to the state kept the rule of this number.
    OfStep(usize),
    /// When this predicate holds of the state.
    OfState(Predicate<M>),
}

/// A predicate over the states of a model.
pub type Predicate<M> = fn(&M, &<M as Model>::State) -> bool;

impl<M: Checkable> Property<M> {
    /// Whether it holds in this state.
    pub fn holds(&self, model: &M, state: &M::State) -> bool {
        match self.condition {
            Condition::OfStep(rule) => model.keeps(state, rule),
            Condition::OfState(holds) => holds(model, state),
        }
    }

    /// Whether it stands for one of these requirements.
    pub fn stands_for_any(&self, requirements: &[&str]) -> bool {
        self.requirements
            .iter()
            .any(|requirement| requirements.contains(requirement))
    }
}
