//! Vectors: what is written is right and up to date, drivers pass and faults in them are found.

mod drivers;
mod faults;
mod lint;
mod told;
