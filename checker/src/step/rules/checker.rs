//! [`StepChecker`]: applies every rule and every invariant to a step.

use std::sync::atomic::{AtomicU64, Ordering};

use blockexc_model::address::Names;
use blockexc_model::deviating::{Deviating, Event, Node};
use blockexc_model::deviation::Deviation;
use blockexc_model::invariant::{Invariant, invariants};

use super::list::rules;
use super::predicate::{Predicate, PredicateSet};
use super::rule::Rule;
use super::step::Step;

/// Invariants that a node may break until it comes to serving what it owes.
const UNTIL_SERVED: &[&str] = &["WANT-2", "WANT-13"];

/// Checks steps by every rule, and the state after them by every invariant. It counts which rules
/// said anything so far, over all threads that use it.
pub struct StepChecker<N: Names> {
    rules: Vec<Rule<N>>,
    invariants: Vec<Invariant<N, Deviating<N>>>,
    /// The bits of the [`PredicateSet`] of the rules that said anything, the lower half first.
    reached: [AtomicU64; 2],
}

impl<N: Names> Default for StepChecker<N> {
    fn default() -> Self {
        StepChecker {
            rules: rules(),
            invariants: invariants(),
            reached: Default::default(),
        }
    }
}

impl<N: Names> StepChecker<N> {
    /// Every predicate, in the order of their numbers in a [`PredicateSet`]: the rules, then the
    /// invariants.
    pub fn predicates(&self) -> impl Iterator<Item = Predicate> {
        let rules = self.rules.iter().map(|rule| Predicate {
            name: rule.name,
            requirements: rule.requirements,
        });
        rules.chain(self.invariants.iter().map(|invariant| Predicate {
            name: invariant.name,
            requirements: invariant.requirements,
        }))
    }

    /// How many of the predicates are rules. Those after them are invariants.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// The predicates that this step breaks.
    pub fn broken(&self, step: &Step<'_, N>) -> PredicateSet {
        self.broken_rules(step).union(self.broken_invariants(step))
    }

    /// The rules that a node breaks which does nothing at all when this happens: those that ask for
    /// something.
    pub fn asking(&self, before: &Node<N>, event: &Event<N>) -> PredicateSet {
        let (broken, _) = self.judged(&Step {
            before,
            event,
            effects: &[],
            after: before,
        });
        broken
    }

    fn broken_rules(&self, step: &Step<'_, N>) -> PredicateSet {
        let (broken, reached) = self.judged(step);
        self.note(reached);
        broken
    }

    /// The rules that this step breaks, and those that say anything of it.
    fn judged(&self, step: &Step<'_, N>) -> (PredicateSet, PredicateSet) {
        let deviations = step.deviations();
        let deviates = !deviations.is_empty();
        let mut broken = PredicateSet::default();
        let mut reached = PredicateSet::default();
        for (number, rule) in self.rules.iter().enumerate() {
            if deviates && deviations.intersects(rule.unless) {
                continue;
            }
            let Some(kept) = (rule.keeps)(step) else {
                continue;
            };
            reached = reached.union(PredicateSet::of(number));
            if !kept {
                broken = broken.union(PredicateSet::of(number));
            }
        }
        (broken, reached)
    }

    fn broken_invariants(&self, step: &Step<'_, N>) -> PredicateSet {
        let serves_later = step.deviations().contains(Deviation::ServeLater);
        let mut broken = PredicateSet::default();
        for (number, invariant) in (self.rules.len()..).zip(&self.invariants) {
            let may_be_broken = serves_later
                && invariant
                    .requirements
                    .iter()
                    .any(|id| UNTIL_SERVED.contains(id));
            if !may_be_broken && !(invariant.holds)(step.after) {
                broken = broken.union(PredicateSet::of(number));
            }
        }
        broken
    }

    /// The rules that said anything so far. A rule that never did holds vacuously.
    pub fn reached(&self) -> PredicateSet {
        let [low, high] = &self.reached;
        let (low, high) = (low.load(Ordering::Relaxed), high.load(Ordering::Relaxed));
        PredicateSet(u128::from(low) | u128::from(high) << 64)
    }

    /// The rules that never said anything.
    pub fn unreached(&self) -> Vec<Predicate> {
        let reached = self.reached();
        self.predicates()
            .take(self.rules.len())
            .enumerate()
            .filter(|(number, _)| !reached.contains(*number))
            .map(|(_, predicate)| predicate)
            .collect()
    }

    fn note(&self, reached: PredicateSet) {
        let halves = [reached.0 as u64, (reached.0 >> 64) as u64];
        for (known, reached) in self.reached.iter().zip(halves) {
            // Writing is dear where several threads share it, and rarely needed.
            if reached & !known.load(Ordering::Relaxed) != 0 {
                known.fetch_or(reached, Ordering::Relaxed);
            }
        }
    }
}
