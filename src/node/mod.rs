//! A node of the block exchange: a network shell around a core that knows no network.
//!
//! The [`core`] decides; everything else here carries out what it says. The shell turns streams
//! and frames into the core's events, keeps the clock for retries, holds the bytes of blocks, and
//! answers whoever steers the node through a [`NodeHandle`].

mod closing;
pub mod core;
mod corked;
pub mod dataset;
pub mod engine;
mod handle;
mod options;
mod outgoing;
mod protocol;
pub mod recording;
mod shell;
pub mod store;
mod streams;
mod transport;

pub use handle::{NodeHandle, PendingBlock, RequestError};
pub use options::{
    ARCHIVIST_PROTOCOL, CODEX_PROTOCOL, KeyType, Muxers, NodeOptions, STORAGE_PROTOCOL,
    WAITING_PER_PEER, WANTS_PER_PEER,
};
pub use shell::{StartError, start};
