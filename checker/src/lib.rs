//! Model checking: what holds of every node and of every network of nodes, in all states that
//! they can reach.
//!
//! What is explored is [`Node::step`](blockexc_model::Node::step) itself. Read in this order:
//!
//! 1. [`names`]: peers and blocks as small numbers. [`choice`]: the choices of a step as input.
//! 2. [`rules`]: what each requirement says of a single step, as predicates over the state
//!    before it, its event, its effects and the state after it.
//! 3. [`network`]: the closed network, all of whose nodes run the model. [`open`]: one node among
//!    peers that do as they like.
//! 4. [`properties`]: what must hold of a whole network.
//! 5. [`explorer`]: the search through all states. [`tabled`]: the same network in numbers, for
//!    speed. [`symmetry`]: states that differ in names alone.
//! 6. [`liveness`]: the search for fair cycles.
//! 7. [`configurations`]: the networks that are searched. [`standard`]: all of them, with what is
//!    reported.
//! 8. [`interop`]: who can fetch from whom. [`questions`]: what the source notes leave open.
//!    [`changes`]: when the lists are updated. [`findings`]: all that as text for the documentation.
//! 9. [`chart`]: a counterexample as a sequence chart; [`words`]: its words. [`replay`]: a
//!    counterexample as a file that runs again. [`browse`]: a network in stateright's Explorer.
//!
//! [`bittorrent`] is a model of its own: what the contexts are compared with.

pub mod bittorrent;
pub mod browse;
pub mod changes;
pub mod chart;
pub mod choice;
pub mod configurations;
pub mod explorer;
pub mod findings;
pub mod interop;
pub mod liveness;
pub mod names;
pub mod network;
pub mod open;
pub mod properties;
pub mod questions;
pub mod replay;
pub mod rules;
pub mod standard;
pub mod symmetry;
pub mod tabled;
pub mod words;
