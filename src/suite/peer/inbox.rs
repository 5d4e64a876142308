//! [`Inbox`]: the messages that a peer has received, without the answers to its barriers.

use std::collections::HashSet;

use bytes::Bytes;

use crate::suite::compose;
use crate::suite::describe::OneLine;
use crate::suite::exchange::StreamId;
use crate::suite::received::{Received, ReceivedMessage};
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{Address, DecodeOptions, decode};

/// What a peer has received, and which of its barriers are answered.
pub(super) struct Inbox {
    /// Not yet taken by the scenario.
    received: Received,
    /// The held block that barriers ask for, if they do not ask for blocks that cannot exist.
    barrier_block: Option<Address>,
    /// How often the held block was asked for.
    barrier_block_asked: usize,
    /// How often the target said that it has the held block.
    barrier_block_answered: usize,
    /// The blocks that cannot exist and were asked for.
    asked: HashSet<Address>,
    /// Those of them that were answered.
    answered: HashSet<Address>,
}

/// A barrier's question.
#[derive(Clone)]
pub(super) struct Question {
    /// The block that it asks for, if that is one that cannot exist.
    fresh: Address,
    /// How many answers about the held block there are when this question is answered.
    barrier_block_answers: usize,
}

impl Inbox {
    /// An empty inbox.
    pub fn new(barrier_block: Option<Address>) -> Self {
        Inbox {
            received: Received::default(),
            barrier_block,
            barrier_block_asked: 0,
            barrier_block_answered: 0,
            asked: HashSet::new(),
            answered: HashSet::new(),
        }
    }

    /// What was received and not taken yet.
    pub fn received(&self) -> &Received {
        &self.received
    }

    /// Takes what was received.
    pub fn take(&mut self) -> Received {
        std::mem::take(&mut self.received)
    }

    /// Makes a barrier's question, and the entry that asks it. `fresh` is the address of a block
    /// that cannot exist.
    pub fn ask(&mut self, fresh: Address) -> (Question, Entry) {
        let entry = match &self.barrier_block {
            Some(block) => {
                self.barrier_block_asked += 1;
                compose::want_have(block)
            }
            None => {
                self.asked.insert(fresh.clone());
                compose::want_have(&fresh).with_dont_have()
            }
        };
        let question = Question {
            fresh,
            barrier_block_answers: self.barrier_block_asked,
        };
        (question, entry)
    }

    /// Whether the question is answered.
    pub fn is_answered(&self, question: &Question) -> bool {
        if self.barrier_block.is_some() {
            self.barrier_block_answered >= question.barrier_block_answers
        } else {
            self.answered.contains(&question.fresh)
        }
    }

    /// Whether barriers ask for this block.
    pub fn is_barrier(&self, address: &Address) -> bool {
        self.asked.contains(address) || self.barrier_block.as_ref() == Some(address)
    }

    /// Adds a frame, without what answers a barrier. Returns the frame in one line, for the log.
    pub fn add(&mut self, stream: StreamId, on_our_stream: bool, bytes: Bytes) -> String {
        let (mut decoded, undecodable) = match decode(bytes.clone(), &DecodeOptions::default()) {
            Ok(decoded) => (decoded, None),
            Err(error) => (Default::default(), Some(error.to_string())),
        };
        let mut text = match &undecodable {
            Some(why) => why.clone(),
            None => OneLine(&decoded).to_string(),
        };
        let before = decoded.message.presences.len();
        decoded.message.presences.retain(|presence| {
            if self.asked.contains(&presence.address) {
                self.answered.insert(presence.address.clone());
                false
            } else if self.barrier_block.as_ref() == Some(&presence.address) {
                self.barrier_block_answered += 1;
                false
            } else {
                true
            }
        });
        let answers = before > decoded.message.presences.len();
        if answers {
            text.push_str(" (barrier)");
        }
        if !(answers && decoded.message.is_empty() && decoded.unusable.is_empty()) {
            self.received.0.push(ReceivedMessage {
                stream,
                on_our_stream,
                bytes,
                decoded,
                undecodable,
            });
        }
        text
    }
}
