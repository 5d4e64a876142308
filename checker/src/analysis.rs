//! What is asked of networks, and what comes of it.
//!
//! 1. [`networks`]: the networks that are searched; [`wide`]: wider ones. [`configuration`]: a
//!    network with what is asked of it; [`report`]: what its search found. [`standard`]: all of them.
//!    [`walking`]: random walks, where the states are too many.
//! 2. [`induction`]: every step from every state that the invariants allow. [`reach`]: for
//!    which requirements that, and how far it is known of the others.
//! 3. [`interop`]: who can fetch from whom. [`questions`]: what the source notes leave open.
//!    [`changes`]: when the lists are updated. [`findings`]: all that as text for the documentation.
//! 4. [`breaches`]: the shortest way in which a deviation breaks what it breaks. [`life`]: what may
//!    become of a context, and of an own want.

pub mod breaches;
pub mod changes;
pub mod configuration;
pub mod findings;
pub mod induction;
pub mod interop;
pub mod life;
pub mod networks;
pub mod questions;
pub mod reach;
pub mod report;
pub mod standard;
pub mod walking;
pub mod wide;
