//! The wire against what a deployed node encodes and decodes, and against hostile input.
//!
//! `tests/vectors/codex-2025-06.json` holds bytes as nim-codex of 2025-06, commit baff9021, encodes and
//! decodes them, produced by running its codec.

mod frames;
mod hostile;
mod properties;
mod schema;
mod vectors;
