//! The wire against what a deployed node encodes and decodes, and against hostile input.
//!
//! `vectors/codex-2025-06.json` holds bytes as nim-codex of 2025-06, commit baff9021, encodes and
//! decodes them, produced by running its codec.

#![allow(clippy::unwrap_used)]

#[path = "wire/frames.rs"]
mod frames;
#[path = "wire/hostile.rs"]
mod hostile;
#[path = "wire/properties.rs"]
mod properties;
#[path = "wire/vectors.rs"]
mod vectors;
