//! Random traces: exchanges that nobody thought of, driven against a target and judged by the model.
//!
//! [`generate`] makes [`stimulus`]es by small numbers, and [`fit`](mod@fit) leaves those that a target
//! can be put through. [`play`] carries them out with peers of the suite, about the blocks of a
//! [`world`], and writes a [`log`] of what was done and what came. [`judged`] asks
//! [`crate::trace`] whether a run of the model explains it. What it does not explain is made small
//! against the target ([`shrink`](mod@shrink)), and saved in a [`file`](mod@file). [`campaign`] does all
//! of that for many traces, and makes a result of it.

mod barriers;
pub mod campaign;
pub mod file;
pub mod fit;
pub mod generate;
pub mod judged;
pub mod log;
pub mod play;
pub mod result;
pub mod shrink;
pub mod stimulus;
pub mod world;
