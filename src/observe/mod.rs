//! A relay between two unmodified nodes, which judges what both say.
//!
//! One node dials the relay, and the relay dials the other. What either sends goes to the other as it
//! is. What is seen on the way is put together to a log of each node, written from outside of it, and
//! judged as any log is ([`crate::trace`]).
//!
//! From the bottom to the top: [`side`] and [`sight`] (what is seen), [`frames`] (bytes to frames),
//! [`pair`] (two streams), [`relay`] (connections), [`watched`] (one node, judged), [`observation`]
//! (both nodes, and what it comes to), [`verdicts`] (the result).

pub mod frames;
pub mod observation;
pub mod pair;
pub mod relay;
pub mod side;
pub mod sight;
pub mod verdicts;
pub mod watched;
