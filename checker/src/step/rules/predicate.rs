//! What is checked at a step, by number: [`Predicate`], [`PredicateSet`].

use std::fmt;

/// A rule of a step or an invariant of the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// What it says.
    pub name: &'static str,
    /// The requirements that a node breaks when it does not hold.
    pub requirements: &'static [&'static str],
}

/// A set of predicates, one bit for each, such as those that a step broke. A predicate's number is
/// its place in [`StepChecker::predicates`](super::StepChecker::predicates), below 128.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PredicateSet(pub(super) u128);

impl PredicateSet {
    /// The set of the predicate of this number.
    pub const fn of(number: usize) -> Self {
        PredicateSet(1 << number)
    }

    /// Whether the predicate of this number is in the set.
    pub const fn contains(self, number: usize) -> bool {
        self.0 & (1 << number) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in both sets.
    pub const fn common(self, other: PredicateSet) -> Self {
        PredicateSet(self.0 & other.0)
    }

    /// The predicates of less than this number.
    pub const fn before(self, number: usize) -> Self {
        PredicateSet(self.0 & ((1 << number) - 1))
    }

    /// Both sets together.
    pub const fn union(self, other: PredicateSet) -> Self {
        PredicateSet(self.0 | other.0)
    }
}

impl fmt::Debug for PredicateSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries((0..128).filter(|number| self.contains(*number)))
            .finish()
    }
}
