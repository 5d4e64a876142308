//! [`Sight`]: one thing that the relay has seen.

use bytes::Bytes;
use libp2p::PeerId;
use tokio::sync::OwnedSemaphorePermit;

use super::side::Side;

/// One thing that the relay has seen.
#[derive(Debug)]
pub enum Sight {
    /// A node's first connection with the relay has opened.
    Joined {
        /// The node.
        side: Side,
        /// Its identity.
        node: PeerId,
        /// The relay's identity, as this node sees it.
        relay: PeerId,
    },
    /// A node's last connection with the relay has closed.
    Left {
        /// The node.
        side: Side,
        /// Why, as far as it is known.
        why: String,
    },
    /// A whole frame. It is seen before its last byte goes to the other node, so that whatever that
    /// node answers is seen later.
    Frame {
        /// Who sent it.
        from: Side,
        /// Its bytes, without the length.
        bytes: Bytes,
        /// The memory that it takes, of what there is for frames.
        memory: Option<OwnedSemaphorePermit>,
    },
    /// A frame, or the rest of a stream, that goes to the other node and is not looked at.
    Unseen {
        /// Who sent it.
        from: Side,
        /// Why it is not.
        why: String,
    },
    /// Anything else that somebody may want to know.
    Note(String),
}
