//! [`PeerError`]: the target cannot be reached, or stopped answering.

use std::time::Duration;

/// Why a peer cannot go on talking to the target. Most scenarios pass it on with `?` and are then
/// inconclusive: whether the target answers at all is not what they test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// There is no connection.
    #[error("{peer} could not connect: {cause}")]
    NotConnected {
        /// Which peer.
        peer: String,
        /// Why.
        cause: String,
    },
    /// A connection or a stream ended.
    #[error("{what} of {peer} has ended: {how}")]
    Ended {
        /// Which peer.
        peer: String,
        /// Which connection or stream.
        what: String,
        /// How it ended.
        how: String,
    },
    /// The target does not read.
    #[error("the target did not take what {peer} wrote on stream {stream} within {} s", .within.as_secs_f32())]
    NotAccepted {
        /// Which peer.
        peer: String,
        /// Which stream.
        stream: u32,
        /// How long was waited.
        within: Duration,
    },
    /// The target does not speak the protocol, or not on one more stream.
    #[error("{peer} could not open a stream: {cause}")]
    NoStream {
        /// Which peer.
        peer: String,
        /// Why.
        cause: String,
    },
    /// The connection stands, and no answer comes.
    #[error("no answer to a barrier came to {peer} within {} s, the target does not answer any more", .within.as_secs_f32())]
    NoAnswer {
        /// Which peer.
        peer: String,
        /// How long was waited.
        within: Duration,
        /// What was received instead.
        received: String,
    },
}
