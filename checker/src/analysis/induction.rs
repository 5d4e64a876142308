//! Induction over single steps: whatever state a node is in that keeps the invariants, and whatever
//! happens to it then, it keeps them, and every rule of single steps.
//!
//! The search does not begin where a node begins. It goes through *every* state of a small node that
//! the invariants allow, whether a node can come to it or not, and takes every step from there. So
//! what it shows holds of steps, however many came before, and docs/any-size.md says what follows
//! for nodes of any size.
//!
//! [`world`]: the small nodes, and what can happen to them. [`states`]: all that the invariants
//! allow, with `memories` where nodes deviate. [`search`]: every step from there. [`violation`]: what a
//! step broke.

mod memories;
pub mod search;
pub mod states;
pub mod violation;
pub mod world;
