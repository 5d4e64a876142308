//! Adapters: programs that steer a node for the suite, by lines of JSON on their standard input and
//! output. `docs/adapter.md` says how to write one.
//!
//! [`message`] holds the protocol, [`session`] the conversation with a program,
//! [`control`] and [`source`] what the suite sees of it.

pub mod check;
pub mod control;
pub mod message;
pub mod session;
pub mod source;
