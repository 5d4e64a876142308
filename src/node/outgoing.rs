//! [`Outgoing`]: what waits to be sent to one peer.
//!
//! A message waits as the model says it, and becomes bytes when its turn comes: a queue holds no
//! block data, however many blocks are owed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use libp2p::PeerId;
use tracing::{error, warn};

use super::store::{BlockStore, StoreError};
use crate::wire::{Address, Delivery, EncodeOptions, Message, OutgoingBlock, encode_frames};

/// How many bytes are given out to be written together, unless one frame has more.
const WRITTEN_TOGETHER: usize = 256 * 1024;

/// A frame up to this length is copied next to its neighbours, to be written in one go with them.
const SMALL_FRAME: usize = 4 * 1024;

/// The queue of one peer, shared by its connections: at most one of them sends.
#[derive(Clone, Default)]
pub struct Outgoing(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// The frames of the message whose turn it is, after the pieces that were put back.
    frames: VecDeque<Bytes>,
    waiting: usize,
    /// Whether the peer has agreed on a stream.
    agreed: bool,
}

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole at every point where a holder could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message at the end. Says how many entries, items and blocks wait now.
    pub fn push(&self, message: Message) -> usize {
        let mut queue = self.lock();
        queue.waiting += size(&message);
        queue.messages.push_back(message);
        queue.waiting
    }

    /// Puts back pieces that were not sent, in their order.
    pub fn push_front(
        &self,
        pieces: impl IntoIterator<Item = Bytes, IntoIter: DoubleEndedIterator>,
    ) {
        let mut queue = self.lock();
        for piece in pieces.into_iter().rev() {
            queue.frames.push_front(piece);
        }
    }

    /// Forgets everything that waits.
    pub fn clear(&self) {
        let mut queue = self.lock();
        *queue = Queue {
            agreed: queue.agreed,
            ..Queue::default()
        };
    }

    /// The peer has agreed on a stream.
    pub fn agreed(&self) {
        self.lock().agreed = true;
    }

    /// Whether the peer has agreed on a stream.
    pub fn has_agreed(&self) -> bool {
        self.lock().agreed
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.messages.is_empty() && queue.frames.is_empty()
    }

    /// The next frames, each with its length before it, as pieces to be written one after the
    /// other: a small frame shares a piece with its neighbours. Nothing when nothing waits.
    pub fn next(&self, to: &PeerId, encoder: &Encoder) -> Vec<Bytes> {
        let mut queue = self.lock();
        let mut pieces = Vec::new();
        let mut small = BytesMut::new();
        let mut length = 0;
        while length < WRITTEN_TOGETHER {
            let Some(frame) = queue.next(to, encoder) else {
                break;
            };
            length += frame.len();
            if frame.len() <= SMALL_FRAME {
                small.extend_from_slice(&frame);
                continue;
            }
            if !small.is_empty() {
                pieces.push(small.split().freeze());
            }
            pieces.push(frame);
        }
        if !small.is_empty() {
            pieces.push(small.freeze());
        }
        pieces
    }
}

impl Queue {
    fn next(&mut self, to: &PeerId, encoder: &Encoder) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let message = self.messages.pop_front()?;
            self.waiting -= size(&message);
            self.frames.extend(encoder.encode(to, &message));
        }
    }
}

fn size(message: &Message) -> usize {
    let entries = message
        .want_list
        .as_ref()
        .map_or(0, |list| list.entries.len());
    1 + entries + message.presences.len() + message.deliveries.len()
}

/// Turns messages into frames, with the blocks from the store.
pub struct Encoder {
    store: Arc<dyn BlockStore>,
    options: EncodeOptions,
}

impl Encoder {
    /// An encoder for the blocks of this store.
    pub fn new(store: Arc<dyn BlockStore>, options: EncodeOptions) -> Self {
        Encoder { store, options }
    }

    fn encode(&self, to: &PeerId, message: &Message) -> Vec<Bytes> {
        let encoded = encode_frames(
            message,
            &mut |delivery| match self.block(delivery) {
                Ok(block) => block,
                Err(cause) => {
                    error!("a block owed to {to} could not be read: {cause}");
                    None
                }
            },
            &self.options,
        );
        for unsendable in &encoded.unsendable {
            warn!("not sent to {to}: {unsendable}");
        }
        encoded.messages
    }

    fn block(&self, delivery: &Delivery) -> Result<Option<OutgoingBlock>, StoreError> {
        let Some(data) = self.store.block(&delivery.cid)? else {
            return Ok(None);
        };
        let proof = match &delivery.address {
            Address::Plain(_) => None,
            // One that was accepted without a proof is sent without one.
            leaf => {
                let leaf = self.store.leaf(leaf)?;
                leaf.map(|(_, proof)| proof).filter(|it| !it.is_empty())
            }
        };
        Ok(Some(OutgoingBlock { data, proof }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::node::store::{MemoryStore, StoredBlock};
    use crate::wire::BlockCid;

    /// A queue to which a block was promised between small messages, and what it needs to be read.
    fn queue(block: Bytes) -> (Outgoing, Encoder, PeerId) {
        let store = MemoryStore::default();
        let cid = BlockCid::of_block(&block);
        let stored = StoredBlock {
            cid: cid.clone(),
            data: block,
        };
        store.put(&stored, &[]).unwrap();
        let outgoing = Outgoing::default();
        let delivery = Delivery {
            address: Address::Plain(cid.clone()),
            cid,
            evidence: blockexc_model::message::Evidence::VALID_PLAIN,
        };
        for deliveries in [vec![], vec![], vec![delivery], vec![]] {
            outgoing.push(Message {
                deliveries,
                ..Message::default()
            });
        }
        let encoder = Encoder::new(Arc::new(store), EncodeOptions::default());
        (outgoing, encoder, PeerId::random())
    }

    #[test]
    fn small_frames_share_a_piece() {
        let (outgoing, encoder, to) = queue(Bytes::from(vec![7; 5000]));
        let pieces = outgoing.next(&to, &encoder);
        let lengths: Vec<usize> = pieces.iter().map(Bytes::len).collect();
        // An empty message is its length alone.
        assert!(
            matches!(lengths[..], [2, large, 1] if large > 5000),
            "{lengths:?}"
        );
        assert!(outgoing.is_empty());
        assert!(outgoing.next(&to, &encoder).is_empty());
    }

    #[test]
    fn frames_beyond_what_is_written_together_wait() {
        let (outgoing, encoder, to) = queue(Bytes::from(vec![7; WRITTEN_TOGETHER]));
        assert_eq!(outgoing.next(&to, &encoder).len(), 2);
        assert_eq!(outgoing.next(&to, &encoder), [Bytes::from_static(&[0])]);
    }

    #[test]
    fn what_was_not_sent_comes_again_in_its_order() {
        let (outgoing, encoder, to) = queue(Bytes::from(vec![7; 5000]));
        let pieces = outgoing.next(&to, &encoder);
        outgoing.push_front(pieces.clone());
        let again = outgoing.next(&to, &encoder);
        assert_eq!(again.concat(), pieces.concat());
    }
}
