//! Trace validation: does the model explain the log of a node?
//!
//! A log is a file of JSON lines about what a node received and did. Any implementation can write
//! one: `docs/traces.md` describes the format, which [`line`](mod@line) reads. [`record`] writes
//! the logs of this program's nodes.
//!
//! [`validate`](mod@validate) drives the model with the inputs of the log. The outputs of the model
//! then have to be the outputs in the log. If they are not, [`diagnose`] finds the deviations that
//! explain the difference.
//!
//! The parts: [`names`] parses peer ids and addresses, [`message`] reads and writes messages,
//! [`read`] reads lines, [`piece`] and [`walk`] put lines together into inputs with their outputs.
//! [`run`] explains them: [`exact`] for complete logs, [`outside`] for those that were written from outside
//! of the node, [`loose`] for others. [`find`] finds the
//! dialects that explain a log, [`shrink`](mod@shrink) shortens a failing log, and
//! [`draw`](mod@draw) draws a chart. [`dumped`] is the state that a log shows, and [`difference`] how
//! the model's differs.

mod beginning;
mod broken;
pub mod choices;
pub mod coverage;
pub mod diagnose;
pub mod difference;
pub mod draw;
pub mod dumped;
pub mod exact;
pub mod find;
pub mod frame;
mod full_list;
pub mod header;
pub mod judge;
pub mod knowledge;
pub mod line;
pub mod loose;
pub mod message;
pub mod names;
pub mod nearest;
pub mod outside;
mod owed;
mod parts;
pub mod piece;
pub mod read;
pub mod record;
pub mod run;
pub mod shrink;
pub mod step;
mod turns;
pub mod unexplained;
pub mod validate;
pub mod walk;
