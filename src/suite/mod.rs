//! The conformance suite: what a node does, seen from outside, against the specification.
//!
//! The suite trusts nothing that it tests. It speaks the wire through its own [`peer`]s, which
//! share no code with the node above the encoding, and reaches a [`target`] through the network,
//! and through a [`control`] if there is one. What is done and what is expected stands in
//! [`scenarios`], a file for each section of the specification; [`stage`] is what a scenario is
//! given to do it with.

pub mod connection;
pub mod control;
pub mod embedded;
pub mod exchange;
pub mod material;
pub mod peer;
pub mod probe;
pub mod received;
pub mod runner;
pub mod say;
pub mod scenario;
pub mod scenarios;
pub mod select;
pub mod source;
pub mod stage;
mod steps;
pub mod target;
pub mod transport;
pub mod verdict;
