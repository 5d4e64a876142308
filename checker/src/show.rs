//! How networks and their runs are shown.
//!
//! [`words`]: what nodes keep, do and say, in words. [`whole`]: all that a node keeps. [`shown`]: how a network of either kind is
//! shown. [`chart`]: a run as a sequence chart. [`counterexample`]: a run that violates a
//! property. [`replay`]: a counterexample as a file that runs again. [`map`]: all states of a small
//! network, to be walked through elsewhere. [`browse`]: a network in stateright's Explorer.

pub mod browse;
pub mod chart;
pub mod counterexample;
pub mod map;
pub mod replay;
pub mod shown;
pub mod whole;
pub mod words;
