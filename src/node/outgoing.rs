//! [`Outgoing`]: what waits to be sent to one peer.
//!
//! A message waits as the model says it, and becomes bytes when its turn comes: a queue holds no
//! block data, however many blocks are owed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use libp2p::PeerId;
use tracing::{error, warn};

use super::store::{BlockStore, StoreError};
use crate::wire::{Address, Delivery, EncodeOptions, Message, OutgoingBlock, encode_split};

/// The queue of one peer, shared by its connections: at most one of them sends.
#[derive(Clone, Default)]
pub struct Outgoing(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// The frames of the message whose turn it is.
    frames: VecDeque<Bytes>,
    waiting: usize,
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

    /// Puts back a frame that was not sent.
    pub fn push_front(&self, frame: Bytes) {
        self.lock().frames.push_front(frame);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Queue::default();
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.messages.is_empty() && queue.frames.is_empty()
    }

    /// The next frame, without its length.
    pub fn next(&self, to: &PeerId, encoder: &Encoder) -> Option<Bytes> {
        let mut queue = self.lock();
        loop {
            if let Some(frame) = queue.frames.pop_front() {
                return Some(frame);
            }
            let message = queue.messages.pop_front()?;
            queue.waiting -= size(&message);
            queue.frames.extend(encoder.encode(to, &message));
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
        let encoded = encode_split(
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
            leaf => self.store.leaf(leaf)?.map(|(_, proof)| proof),
        };
        Ok(Some(OutgoingBlock { data, proof }))
    }
}
