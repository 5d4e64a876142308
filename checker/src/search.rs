//! The search: knows no protocol, and goes through all states of any [`stateright::Model`].
//!
//! 1. [`checkable`]: a model, and what a search must be told of it. [`property`]: what must hold
//!    of it. [`space`]: a model with an encoding of its states that suits the search.
//! 2. [`explorer`]: the exact breadth-first search. [`exploration`]: what it found.
//!    [`walks`]: random walks, where there are too many states, by random [`numbers`].
//! 3. [`interner`]: components of states as numbers, for spaces that encode states so.
//! 4. [`graph`]: all transitions of a search. [`fair_cycles`]: what can be put off for ever.

pub mod checkable;
pub mod exploration;
pub mod explorer;
pub mod fair_cycles;
mod frontier;
pub mod graph;
mod hash_index;
pub mod interner;
mod lookup;
pub mod numbers;
pub(crate) mod parallel;
pub mod property;
pub mod space;
#[cfg(test)]
mod tests;
mod visited;
pub mod walks;
