//! The conformance suite: what a node does, seen from outside, against the specification.
//!
//! The suite does not trust what it tests. It speaks the wire through its own [`peer`]s, which
//! share no code with the node above the encoding. It reaches a [`target`] through the network, and
//! through a [`control`] if there is one. What is done and what is expected stands in
//! [`scenarios`], a directory or file for each section of the specification. The [`runner`] gives
//! each scenario a [`harness`] to do it with, and collects the [`verdict`]s.
//!
//! From the bottom to the top: bytes ([`transport`], [`connection`], [`stream`]), messages
//! ([`compose`], [`received`], [`exchange`]), peers ([`peer`]), the node under test ([`source`],
//! [`target`], [`control`], [`dump`]), scenarios ([`harness`], [`scenario`], [`needs`]), runs ([`plan`],
//! [`runner`], [`verdict`], [`baseline`]). Imports run towards the bottom only.

pub mod adapter;
pub mod baseline;
pub mod campaign;
pub mod circumstances;
pub mod compose;
pub mod connection;
pub mod control;
pub mod coverage;
pub mod describe;
pub mod dump;
pub mod embedded;
pub mod exchange;
pub mod fixture;
pub mod harness;
pub mod identify;
pub mod launcher;
pub mod listen;
pub mod look;
pub mod needs;
pub mod pace;
pub mod peer;
pub mod peer_config;
pub mod peer_error;
pub mod plan;
pub mod probe;
pub mod process;
pub mod protocol_id;
mod quirk_detection;
pub mod quirks;
pub mod random;
pub mod received;
pub mod rest;
pub mod rest_source;
pub mod runner;
pub mod scenario;
pub mod scenarios;
pub mod select;
mod setup;
pub mod source;
pub mod started;
mod steps;
pub mod stop;
pub mod stream;
pub mod target;
pub mod transport;
pub mod verdict;
