//! An executable specification of the peer contexts of the Codex block exchange, and a suite that
//! validates nodes against it.

pub mod causes;
pub mod cli;
pub mod node;
pub mod report;
pub mod simulate;
pub mod suite;
pub mod trace;
pub mod wire;
