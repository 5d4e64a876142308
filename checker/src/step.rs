//! A single step of a single node.
//!
//! [`choice`]: the choices that a step leaves open, as input. [`rules`]: what each requirement
//! says of a step.

pub mod choice;
pub mod rules;
