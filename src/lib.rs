//! An executable specification of the peer contexts of the Codex block exchange, and a suite that
//! validates nodes against it.
//!
//! The specification itself is the crate [`blockexc_model`]: start there. This crate surrounds it
//! with bytes, sockets and judgement. Read it in this order:
//!
//! 1. [`wire`]: bytes to the model's messages, and back.
//! 2. [`node`]: a node. [`node::engine`] decides, and the rest connects it with the network.
//! 3. [`suite`]: the conformance suite. [`suite::scenarios`] says how a scenario is written.
//! 4. [`simulate`]: networks of nodes in virtual time. [`trace`]: logs compared with the model.
//! 5. [`observe`]: a relay between two nodes, which judges both.
//! 6. [`report`] and [`cli`]: what the program prints, and how it is asked.
//!
//! `docs/architecture.md` shows how they work together, and which way a message goes.
//!
//! # Example
//!
//! What of a message can be used, and by which requirement the rest cannot:
//!
//! ```
//! use blockexc::wire::{DecodeOptions, Part, decode};
//!
//! // A want list with one entry, which has no address.
//! let bytes = vec![0x0a, 2, 0x0a, 0];
//! let decoded = decode(bytes.into(), &DecodeOptions::default())?;
//! assert_eq!(decoded.unusable[0].part, Part::Entry);
//! assert_eq!(decoded.unusable[0].requirement(), "WANT-16");
//! # Ok::<(), blockexc::wire::DecodeError>(())
//! ```

pub mod causes;
pub mod cli;
pub mod near;
pub mod node;
pub mod observe;
pub mod report;
pub mod resolve;
pub mod shortened;
pub mod simulate;
pub mod suite;
pub mod trace;
pub mod vectors;
pub mod wire;
