//! The tests of the checker: one program, since each more would be linked with all dependencies again.
//!
//! `cargo test -p blockexc-checker --test all check_replay` runs those of one file.

#![allow(clippy::unwrap_used, missing_docs)]

mod bittorrent;
mod check_browse;
mod check_chart;
mod check_choice;
mod check_counts;
mod check_deviations;
mod check_findings;
mod check_interop;
mod check_liveness;
mod check_order;
mod check_reference;
mod check_replay;
mod check_standard;
mod check_symmetry;
mod check_tabled;
mod check_wide;
mod check_words;
mod induction;
mod life;
mod locality;
mod map;
mod narrow;
mod reach;
mod walks;
