//! [`Rule`]: what a requirement says of a step.

use blockexc_model::address::Names;
use blockexc_model::deviation::{Deviation, Deviations};

use super::step::Step;

/// What a requirement says of a step.
pub struct Rule<N: Names> {
    /// The requirement whose text this is, and its gist.
    pub name: &'static str,
    /// The requirements that a step breaks when it breaks this.
    pub requirements: &'static [&'static str],
    /// Permitted deviations under which the node does the thing later, or not at all.
    pub unless: Deviations,
    /// Whether a step keeps it: `None` when the rule says nothing of this step.
    pub keeps: fn(&Step<'_, N>) -> Option<bool>,
}

impl<N: Names> Rule<N> {
    /// A rule for every node.
    pub(super) fn new(
        name: &'static str,
        requirements: &'static [&'static str],
        keeps: fn(&Step<'_, N>) -> Option<bool>,
    ) -> Self {
        Rule {
            name,
            requirements,
            unless: Deviations::none(),
            keeps,
        }
    }

    /// The same rule, but not for nodes with this permitted deviation.
    pub(super) fn unless(mut self, deviation: Deviation) -> Self {
        self.unless.insert(deviation);
        self
    }

    /// Whether this step breaks it.
    pub fn is_broken_by(&self, step: &Step<'_, N>) -> bool {
        (self.keeps)(step) == Some(false)
    }
}

/// Whether all items keep a rule: `None` without items, for then the rule says nothing.
pub(super) fn every<T>(
    items: impl IntoIterator<Item = T>,
    keeps: impl FnMut(T) -> bool,
) -> Option<bool> {
    let mut items = items.into_iter().peekable();
    items.peek()?;
    Some(items.all(keeps))
}
