//! [`Options`]: how the protocol is spoken.

use std::sync::Arc;

use libp2p::swarm::StreamProtocol;

use super::outgoing::Encoder;
use crate::wire::FrameOptions;

/// How the protocol is spoken.
#[derive(Clone)]
pub struct Options {
    /// The protocol id.
    pub protocol: StreamProtocol,
    /// How frames are read.
    pub frames: FrameOptions,
    /// How messages become frames.
    pub encoder: Arc<Encoder>,
    /// The largest number of entries, items and blocks waiting for one peer (WIRE-10).
    pub waiting_per_peer: usize,
    /// Deviating nodes only: skip a frame that is too long, and go on reading its stream.
    pub skips_long_frames: bool,
    /// Deviating nodes only: read any number of streams.
    pub unbounded_streams: bool,
    /// Deviating nodes only: send want lists to one peer after the other, each when the one before
    /// has agreed on a stream.
    pub stalls_on_mute_peers: bool,
    /// Deviating nodes only: keep the messages for a peer when its last connection closes.
    pub queue_survives_left: bool,
    /// Deviating nodes only: forget what is being written to a connection that closes.
    pub loses_with_connection: bool,
}
