//! What must hold of a whole network, as data.
//!
//! Three kinds of property stand here. Every rule and every invariant of a node is one: no step of
//! any node breaks it. What relates several nodes, or a node and its connections, is written out
//! in `safety`. And what shows that the network does anything at all must hold at least once:
//! `activity`.

mod activity;
mod ends;
mod safety;
mod sets;

pub use activity::{MET, activity, cancelling, deleting, open_activity, relaying};
pub use safety::{ASKED_IS_KNOWN, is_owed, progress, safety, settled};
pub use sets::{network, open, properties_of};
