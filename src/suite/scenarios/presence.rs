//! Scenarios of section PRES: presence, limited to the node's own wants.

pub mod item;
pub mod record;
pub mod record_end;
mod steps;
