//! Scenarios of section WIRE: framing and encoding, and what hostile peers send.

pub mod encoding;
pub mod frame;
pub mod hostile;
mod steps;
pub mod stream;
