//! What each requirement says of a single step: a [`Rule`] looks at the state before a step, its
//! event, its effects and the state after it, and says whether the step keeps it.
//!
//! The rules are written from the text of the requirements. They do not know how the model meets
//! them, with one exception: what was asked of whom *earlier* no step can show, so it is read from
//! the node's own record of it. Rules about lists and messages of several parts compare with what
//! the same node does with the parts one by one. All others look at messages of one part only.
//! Together they cover every message.
//!
//! There is a file for each section of the specification, with a function for each rule, and a list
//! of them at its top. [`rules`] puts the lists together; [`StepChecker`] applies all of them, and
//! the invariants, to a step.

mod ask;
mod checker;
mod held;
mod join;
mod left;
mod list;
mod message;
mod pay;
mod predicate;
mod presence;
mod rule;
mod state;
mod step;
mod transfer;
mod want;
mod wire;

pub use checker::StepChecker;
pub use list::rules;
pub use predicate::{Predicate, PredicateSet};
pub use rule::Rule;
pub use step::Step;
