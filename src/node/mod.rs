//! A node of the block exchange: a network shell around a core that knows no network.
//!
//! The [`core`] decides what the node does. The shell turns messages, timers and the calls of
//! [`NodeHandle`]s into events of the core, and carries out its effects. Blocks are in a [`store`].
//!
//! A message passes these files on its way in: `transport` (connections), `streams` (frames),
//! `handler` (one connection), `exchange` (all connections), `shell` (decoding), [`core`]. On its way
//! out: `shell`, `exchange`, `outgoing` (the queue of a peer, and encoding), `handler`.

mod closing;
pub mod core;
mod corked;
pub mod dataset;
pub mod engine;
mod exchange;
mod handle;
mod handler;
pub mod index;
mod options;
mod outgoing;
mod protocol;
pub mod recording;
pub mod sendable;
mod shell;
mod start;
pub mod store;
mod streams;
pub mod transport;
mod unwritten;

pub use handle::{NodeHandle, PendingBlock, RequestError};
pub use options::{
    ARCHIVIST_PROTOCOL, CODEX_PROTOCOL, KeyType, Muxers, NodeOptions, PROMETHEI_PROTOCOL,
    STORAGE_PROTOCOL, WAITING_PER_PEER, WANTS_PER_PEER,
};
pub use start::{StartError, start};
