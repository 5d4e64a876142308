//! [`Property`]: something that must hold of a network; [`Judging`]: a network that can be asked.

use std::hash::Hash;

use stateright::Model;

use super::super::liveness::FREE;
use super::super::network::{Action, Network, State};
use super::super::open::{OpenNetwork, OpenState};
use super::super::rules::PredicateSet;

/// In how many states a property is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In all.
    Always,
    /// In at least one.
    Sometimes,
}

/// Something that must hold of a network.
pub struct Property<M: Model> {
    /// What it says, in a few words.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// In how many states it is to hold.
    pub kind: Kind,
    /// Whether it holds in a state.
    pub test: Test<M>,
    /// What must be the case for it to say anything. The rules of single steps count for
    /// themselves how often they had anything to say ([`StepChecker::reached`](super::super::rules::StepChecker::reached)).
    pub premise: Option<Predicate<M>>,
    /// It holds wherever something is under way: it need only be looked at where nothing is.
    pub when_quiet: bool,
}

/// How a property looks at a state.
pub enum Test<M: Model> {
    /// The step that led here did not break the rule or invariant of this number.
    Unbroken(usize),
    /// A predicate over the state.
    Holds(Predicate<M>),
}

/// A predicate over the states of a model.
pub type Predicate<M> = fn(&M, &<M as Model>::State) -> bool;

/// A model whose steps are judged.
pub trait Judging: Model<State: Clone + Eq + Hash + Send + Sync> + Sync {
    /// The rules and invariants that the step that led to this state broke.
    fn broken(&self, state: &Self::State) -> PredicateSet;

    /// Whether nothing happens any more by itself: properties that are about that case are looked
    /// at then only.
    fn is_quiet(&self, _: &Self::State) -> bool {
        true
    }

    /// Which of the obligations this action meets that a run has which goes on for ever.
    fn obligation(&self, _: &Self::Action) -> u8 {
        FREE
    }
}

impl Judging for Network {
    fn broken(&self, state: &State) -> PredicateSet {
        state.broken
    }

    fn is_quiet(&self, state: &State) -> bool {
        state.is_quiet()
    }

    fn obligation(&self, action: &Action) -> u8 {
        Network::obligation(self, action)
    }
}

impl Judging for OpenNetwork {
    fn broken(&self, state: &OpenState) -> PredicateSet {
        state.broken
    }
}

impl<M: Judging> Property<M> {
    /// Whether it holds in this state.
    pub fn holds(&self, model: &M, state: &M::State) -> bool {
        match self.test {
            Test::Unbroken(number) => !model.broken(state).contains(number),
            Test::Holds(holds) => holds(model, state),
        }
    }

    /// Whether it stands for one of these requirements.
    pub fn stands_for_any(&self, requirements: &[&str]) -> bool {
        self.requirements
            .iter()
            .any(|requirement| requirements.contains(requirement))
    }
}
