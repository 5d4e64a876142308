//! [`Source`]: where a message comes from.

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::swarm::ConnectionId;

use crate::node::streams::StreamNumber;
use crate::wire::ReceivedBlock;

/// The stream on which a message was received, and the bytes of its deliveries.
pub(super) struct Source {
    pub peer: PeerId,
    pub connection: ConnectionId,
    pub stream: StreamNumber,
    pub frame_length: usize,
    pub blocks: Vec<ReceivedBlock>,
}

impl Source {
    /// The bytes of a block, to be stored. A copy, if the block is only a part of its frame: the
    /// store would otherwise hold the memory of the whole frame.
    pub fn bytes_to_store(&self, data: &Bytes) -> Bytes {
        if data.len() >= self.frame_length - self.frame_length / 8 {
            data.clone()
        } else {
            Bytes::copy_from_slice(data)
        }
    }
}
