//! [`Inbox`]: the messages that a peer has received, without the answers to its barriers.

use std::collections::HashSet;

use bytes::Bytes;

use crate::suite::compose;
use crate::suite::describe::OneLine;
use crate::suite::exchange::StreamId;
use crate::suite::received::{Received, ReceivedMessage};
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{Address, DecodeOptions, Message, decode};

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

    /// Adds a frame, without what answers a barrier, and without what the target wants because of
    /// others. Returns the frame in one line, for the log.
    pub fn add(
        &mut self,
        stream: StreamId,
        on_our_stream: bool,
        bytes: Bytes,
        of_others: impl Fn(&Address) -> bool,
    ) -> String {
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
        let wants_of_others = take_wants(&mut decoded.message, of_others);
        if wants_of_others {
            text.push_str(" (with wants of others)");
        }
        if !((answers || wants_of_others)
            && decoded.message.is_empty()
            && decoded.unusable.is_empty())
        {
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

/// Takes the entries of these addresses out of a message, and a list of which none is left. Returns
/// whether there were any.
fn take_wants(message: &mut Message, of_others: impl Fn(&Address) -> bool) -> bool {
    let Some(list) = &mut message.want_list else {
        return false;
    };
    let before = list.entries.len();
    list.entries.retain(|entry| !of_others(&entry.address));
    let taken = list.entries.len() < before;
    if taken && list.entries.is_empty() {
        message.want_list = None;
    }
    taken
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::suite::compose::{list, want_have};
    use crate::suite::fixture::Fixtures;

    #[test]
    fn what_others_make_the_target_want_is_left_out() {
        let mut scenario = Fixtures::new(1, "own");
        let mut others = Fixtures::new(2, "others");
        let (own, theirs) = (scenario.address(), others.address());
        let id = StreamId {
            connection: 1,
            stream: 1,
        };
        let both: Bytes = list([want_have(&theirs), want_have(&own)])
            .encode_to_vec()
            .into();
        let only_theirs: Bytes = list([want_have(&theirs)]).encode_to_vec().into();
        for shared in [false, true] {
            if shared {
                scenario.set_shared();
            }
            let mut inbox = Inbox::new(None);
            let is_of_others = |address: &Address| scenario.is_of_others(address);
            let text = inbox.add(id, true, both.clone(), is_of_others);
            assert_eq!(text.contains("of others"), shared, "{text}");
            assert_eq!(
                inbox.received().want_entries().count(),
                if shared { 1 } else { 2 }
            );
            assert!(inbox.take().has_want_have(&own));
            inbox.add(id, true, only_theirs.clone(), is_of_others);
            assert_eq!(inbox.take().is_empty(), shared);
        }
    }
}
