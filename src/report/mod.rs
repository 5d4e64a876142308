//! Reports: what a run found out, for people and for programs.
//!
//! Every report is made from one [`RunResult`](crate::suite::verdict::RunResult).

pub mod console;
pub mod counted;
pub mod json;
pub mod style;
pub mod wrap;
