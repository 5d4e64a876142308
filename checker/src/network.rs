//! Networks of nodes as models.
//!
//! 1. [`names`]: peers and blocks as small numbers. [`role`], [`limits`]: what a network is made
//!    of. [`state`], [`action`]: its states, and what can happen in it.
//! 2. [`closed`]: the closed network, all of whose nodes run the model. [`open`]: one node among
//!    peers that do as they like; [`alphabet`]: what they may say.
//! 3. [`interned`]: a closed network whose states are rows of numbers, for speed. [`symmetry`]:
//!    states that differ in names alone.

pub mod action;
pub mod alphabet;
pub mod closed;
pub mod interned;
pub mod limits;
pub mod names;
pub mod open;
pub mod role;
pub mod state;
pub mod symmetry;
