//! The tests of the library and of the program that need no private items: one program, since each
//! more would be linked with all dependencies again.
//!
//! `cargo test --test all kill_matrix` runs those of one file.

#![allow(clippy::unwrap_used, missing_docs)]

mod adapter;
mod catalogue;
mod check_cli;
mod conform_cli;
mod conform_listen;
mod conform_remote;
mod conform_rest;
mod conform_start;
mod cross_check;
mod cross_check_sockets;
mod fuzzed;
mod get_cli;
#[cfg(target_os = "linux")]
mod hostile_memory;
mod imports;
mod kill_matrix;
mod locality;
mod node;
mod node_kill;
mod observe;
mod probe_cli;
mod program;
mod random;
mod reports;
mod simulate;
mod spec_site;
mod trace_cli;
mod trace_many;
mod trace_validation;
mod vectors;
mod where_tests_are;
mod wire;
