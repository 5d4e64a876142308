//! [`Deviating`]: the behaviour of a node that deviates from the specification in named ways.
//!
//! The rules stand in [`crate::node`], and nothing there knows of this module. Each file here is
//! about one section. It takes over all rules of that section, and then defines anew those that a
//! deviation replaces, under the same name: so the functions of a file *are* the list of what is
//! replaced. A replacement asks which deviations the node has, in a fixed order, and falls back on
//! the rule. Where two deviations replace one rule, the one that stands first in the function goes
//! first.

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
