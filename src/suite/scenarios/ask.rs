//! Scenarios of section ASK: how the node pursues its own wants.
//!
//! Where a scenario builds upon a peer's being asked, the target is told to request the block
//! before that peer joins. So the peer learns of it by the own want list (JOIN-4) or not at all, and
//! nothing depends on how requests are announced (ASK-1).
//!
//! A foreign node may repeat at any time that it wants what it wants. So a scenario expects silence
//! only about what the target does not want, or does not want of that peer.

pub mod announce;
pub mod asked;
pub mod cancel;
pub mod retry;
mod steps;
