//! [`Node`]: the state of one node, and [`Node::step`], the transition function.
//!
//! An event comes in, the state changes, effects come out: one atomic step. [`state`] has the values,
//! `transition` the function. Each section of the
//! specification is a file of rules below this one: [`join`], [`left`], [`wire`], [`presence`],
//! [`ask`], [`want`], [`transfer`], [`held`], [`pay`]. What a step owes each peer is collected by
//! [`Step`] and put into messages by [`sending`]. [`behaviour`] has the table of all rules.

pub mod arrived;
pub mod ask;
pub mod behaviour;
pub mod held;
pub mod join;
pub mod left;
pub mod pay;
pub mod presence;
mod rules;
pub mod sending;
pub mod state;
pub mod step;
pub mod transfer;
mod transition;
pub mod want;
pub mod wire;

pub use behaviour::Behaviour;
pub use sending::{MAX_BLOCKS_SENT, MAX_ENTRIES_SENT, MAX_PRESENCES_SENT};
pub use state::{Choose, Config, Effect, Event, First, Node, OwnWant, Reference};
pub use step::Step;
