//! The tests of the model: one program, since each more would be linked with all dependencies again.
//!
//! `cargo test -p blockexc-model --test all rules::want` runs those of one file.

#![allow(clippy::unwrap_used, missing_docs)]

mod narrow;
mod rules;
mod source;
mod transcripts;
