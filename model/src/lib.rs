//! The peer contexts of the Codex block exchange as a pure state machine.

pub mod address;
pub mod deviation;
pub mod dialect;
pub mod message;
pub mod price;
pub mod requirement;
pub mod sequence;
