//! The peer contexts of the Codex block exchange as a pure state machine.
//!
//! This crate *is* the specification: values, and one transition function over them. It has no
//! input or output, no clock, no randomness and no network. An [`Event`] goes into
//! [`Node::step`], the state changes, and [`Effect`]s come out.
//!
//! Read it in this order:
//!
//! 1. [`address`], [`price`], [`message`]: what peers talk about, and what they say.
//! 2. [`context`]: what a node keeps about one peer.
//! 3. [`node`]: events, effects, and the step. Below it, one file for each section of the
//!    specification, each rule a function with the IDs of its requirements: [`node::join`],
//!    [`node::left`], [`node::wire`], [`node::presence`], [`node::ask`], [`node::want`],
//!    [`node::transfer`], [`node::held`], [`node::pay`]. [`node::behaviour`] has the table of all
//!    rules, and [`node::sending`] puts into messages what a step owes.
//! 4. [`requirement`]: the catalogue, with the text of each requirement.
//! 5. [`deviation`] and [`dialect`]: the ways of not meeting them, and which deployed nodes have
//!    which. What a deviating node does instead is in [`deviating`], a file for each section.
//! 6. [`invariant`]: what holds of a node after every step.
//! 7. [`source`]: finds the functions that meet a requirement.
//!
//! The crate `blockexc-checker` searches networks of such nodes.
//!
//! # Example
//!
//! A peer joins and asks for a block that the node does not hold: its want is recorded (WANT-1). The
//! peer withdraws it, and the entry goes (WANT-8).
//!
//! ```
//! use blockexc_model::message::{Message, WantEntry};
//! use blockexc_model::node::First;
//! use blockexc_model::{Address, Config, Event, Names, Node};
//!
//! /// Peers and blocks are told apart by names.
//! #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
//! struct ByName;
//!
//! impl Names for ByName {
//!     type Peer = &'static str;
//!     type Cid = &'static str;
//! }
//!
//! let mut node = Node::<ByName>::new(Config::default());
//! node.step(Event::Joined("ben"), &mut First);
//!
//! let block = Address::Plain("a block");
//! let list = |entry| Message::want_list(vec![entry], false);
//! let message = list(WantEntry::want_block(block.clone()));
//! node.step(Event::Received { from: "ben", message }, &mut First);
//! assert_eq!(node.contexts()["ben"].wants().count(), 1);
//!
//! let message = list(WantEntry::cancel(block));
//! node.step(Event::Received { from: "ben", message }, &mut First);
//! assert_eq!(node.contexts()["ben"].wants().count(), 0);
//! ```
//!
//! `model/examples/two_nodes.rs` lets two nodes talk to each other.

pub mod address;
pub mod context;
pub mod deviating;
pub mod deviation;
pub mod dialect;
pub mod dump;
pub mod invariant;
pub mod message;
pub mod node;
pub mod price;
pub mod requirement;
pub mod sequence;
pub mod source;

pub use address::{Address, Names};
pub use context::PeerContext;
pub use deviation::{Deviation, Deviations};
pub use dialect::Dialect;
pub use message::Message;
pub use node::{Config, Effect, Event, Node};
pub use requirement::Requirement;
