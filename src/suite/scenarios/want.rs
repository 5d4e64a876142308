//! Scenarios of section WANT: when the peer's want list is updated.
//!
//! A scenario that builds upon a recorded want sends it with `Peer::send_confirmed`, so that no
//! later list of a barrier changes it. One that has no dump to look into stores the block
//! afterwards. Where it expects that nothing is delivered, or accuses the target of a missing
//! delivery, it has a *baseline*: another peer that wants the same block in the plainest way. If
//! the baseline is not served, the scenario is inconclusive: stored blocks are then not sent to
//! anybody (WANT-13).

pub mod cancel;
pub mod full_list;
pub mod list;
pub mod repeated;
pub mod served;
mod steps;
pub mod want_block;
pub mod want_have;
