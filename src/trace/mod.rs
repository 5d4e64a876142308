//! Traces: logs of what one node saw and did, of whoever's making, judged against the model.
//!
//! A log is a file of JSON lines ([`line`](mod@line); `docs/traces.md` tells a stranger how to
//! write one). [`read`] reads it line by line, [`record`] writes it beside a running node's core,
//! and [`validate`](mod@validate) asks whether there is a run of the model that explains it:
//! inputs drive the model, and what the model then sends must be what the log says was sent.
//!
//! The parts: [`names`] reads peers and addresses, [`message`] turns messages to JSON and back,
//! [`step`] gathers an input with what it caused, [`run`] is one attempt to explain the steps of
//! one node, [`exact`] or [`loose`], and [`diagnose`] finds which deviations explain what the model does
//! not. [`dumped`] is what a log shows of the state, and [`difference`] how the model's state differs.
//! [`shrink`](mod@shrink) makes a failing log small, [`draw`](mod@draw) draws one.

pub mod choices;
pub mod diagnose;
pub mod difference;
pub mod draw;
pub mod dumped;
pub mod exact;
pub mod find;
pub mod known;
pub mod line;
pub mod loose;
pub mod message;
pub mod names;
pub mod read;
pub mod record;
pub mod run;
pub mod shrink;
pub mod step;
pub mod unexplained;
pub mod validate;
