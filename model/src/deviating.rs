//! [`Deviating`]: the behaviour of a node that deviates from the specification in named ways.
//!
//! The rules stand in [`crate::node`], and nothing there knows of this module. Each file here is
//! about one section. It imports all rules of that section, and defines those that a deviation
//! replaces again, under the same name. So its public functions with the name of a rule are the list
//! of what is replaced. A replacement asks which deviations the node has, and calls the rule
//! (`rule::name`) where they leave it as it is. Where several deviations replace one rule, they take
//! effect in the order in which the function asks for them. `replaced` connects these files with
//! [`Behaviour`](crate::node::Behaviour).

pub mod ask;
pub mod held;
pub mod join;
pub mod left;
pub mod node;
pub mod pay;
pub mod presence;
mod replaced;
pub mod sending;
pub mod transfer;
pub mod want;
pub mod wire;

pub use node::{Deviating, Effect, Event, Node, OtherEffect, OtherEvent, Remembered, Setup, Step};
