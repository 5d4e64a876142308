//! Reports: what a run found out, for people and for programs.
//!
//! Every report is made from one [`RunResult`](crate::suite::verdict::RunResult).

pub mod compare;
pub mod console;
pub mod counted;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod style;
pub mod words;
pub mod wrap;
