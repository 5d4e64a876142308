//! Model checking: what holds of every node and of every network of nodes, in all states that
//! they can reach.
//!
//! What is explored is [`Node::step`](blockexc_model::Node::step) itself. The crate has layers,
//! each of which knows only those above it in this list:
//!
//! 1. [`search`]: an exact search through all states of any model. It knows no protocol.
//! 2. [`step`]: what each requirement says of a single step of a node, as predicates over the
//!    state before it, its event, its effects and the state after it.
//! 3. [`network`]: networks of nodes as models. Their states note which rules the last step broke.
//! 4. [`properties`]: what must hold of a whole network.
//! 5. [`show`]: charts, words, and files that run again.
//! 6. [`analysis`]: what is asked of networks, and what comes of it.
//!
//! [`bittorrent`] is a model of its own: what the contexts are compared with.
//!
//! # Example
//!
//! The smallest network of the standard set is searched to the end, and everything holds:
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use blockexc_checker::analysis::configuration::Options;
//! use blockexc_checker::analysis::standard::standard_set;
//! use blockexc_model::deviating::Setup;
//!
//! let set = standard_set(&Setup::default());
//! let options = Options { threads: 1, ..Options::default() };
//! let report = set[0].search(&options, &mut |_| ControlFlow::Continue(()))?;
//! assert!(report.bounded_by.is_none());
//! assert_eq!(report.failures().count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analysis;
pub mod bittorrent;
pub mod network;
pub mod properties;
pub mod search;
pub mod show;
pub mod step;
