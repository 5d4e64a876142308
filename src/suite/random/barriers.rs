//! Barriers that stand in the log: a question of a peer, behind which all that the target had to send
//! has come.
//!
//! The peer's own barriers are left out of what a scenario sees. A log has everything that a node
//! handled, so a random trace asks openly, and writes down question and answer.

use blockexc_model::deviating::Event;
use blockexc_model::message::PresenceType;
use prost::Message as _;

use crate::suite::compose;
use crate::suite::describe::describe;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::peer_error::PeerError;
use crate::suite::received::Received;
use crate::suite::stream::Stream;
use crate::wire::{Address, DecodeOptions, Message, Network, decode};

/// How often a question is asked again whose stream the target has closed.
const MOST_ASKED: usize = 3;

/// A question that was sent.
pub struct Question {
    /// The block that it asks for.
    pub address: Address,
    message: Message,
    stream: Stream,
}

impl Question {
    /// Whether what was received answers it. Answers that all name the same held block are counted.
    fn is_answered(&self, harness: &Harness, open: &[Question], received: &Received) -> bool {
        if harness.barrier_block().is_none() {
            return received.has_dont_have(&self.address);
        }
        let place = open.iter().position(|it| std::ptr::eq(it, self));
        let haves = received.presences_of(&self.address);
        let haves = haves
            .iter()
            .filter(|it| it.presence_type == PresenceType::Have);
        place.is_some_and(|place| place < haves.count())
    }

    /// The question as an input of the node.
    pub fn event(&self, peer: &Peer) -> Event<Network> {
        Event::Received {
            from: peer.id(),
            message: self.message.clone(),
        }
    }
}

/// What came of the questions of one peer.
#[derive(Default)]
pub struct Answered {
    /// Those that the target has handled.
    pub handled: Vec<Question>,
    /// Those whose stream ended before an answer: the target may have handled them, or not.
    pub lost: Vec<Question>,
    /// What was received until then.
    pub received: Received,
    /// Why there is no connection any more.
    pub is_gone: bool,
}

/// Asks on every stream on which something was sent since the last question, or on the own stream.
///
/// # Errors
///
/// When the target takes no question.
pub async fn ask(harness: &Harness, peer: &Peer) -> Result<Vec<Question>, PeerError> {
    let mut questions = Vec::new();
    for stream in peer.streams() {
        if stream.is_unconfirmed() {
            // The target may be closing this stream; the others are asked all the same.
            if let Ok(question) = ask_on(harness, stream).await {
                questions.push(question);
            }
        }
    }
    if questions.is_empty() {
        questions.push(ask_on(harness, peer.own_stream().await?).await?);
    }
    Ok(questions)
}

async fn ask_on(harness: &Harness, stream: Stream) -> Result<Question, PeerError> {
    let (address, entry) = match harness.barrier_block() {
        Some(block) => (block.clone(), compose::want_have(block)),
        None => {
            let fresh = harness.address();
            let entry = compose::want_have(&fresh).with_dont_have();
            (fresh, entry)
        }
    };
    let bytes: bytes::Bytes = compose::list([entry]).encode_to_vec().into();
    let text = format!("{} (barrier)", describe(&bytes));
    stream.send_frame_described(&bytes, text).await?;
    stream.set_confirmed();
    let message = decode(bytes, &DecodeOptions::default()).map(|decoded| decoded.message);
    Ok(Question {
        address,
        message: message.unwrap_or_default(),
        stream,
    })
}

/// Waits until the target has handled these questions.
///
/// # Errors
///
/// When no answer comes in time, or the target takes no further question.
pub async fn answered(
    harness: &Harness,
    peer: &Peer,
    mut open: Vec<Question>,
) -> Result<Answered, PeerError> {
    let mut answered = Answered::default();
    let within = harness.deadline();
    for _ in 0..MOST_ASKED {
        let has_ended = |question: &&Question| question.stream.ended().is_some();
        let done = |received: &Received| {
            let mut waiting = open
                .iter()
                .filter(|it| !it.is_answered(harness, &open, received));
            !peer.is_connected() || waiting.all(|it| has_ended(&it))
        };
        let received = peer.receive_within(within, done).await;
        let is_answered: Vec<bool> = open
            .iter()
            .map(|question| question.is_answered(harness, &open, &received))
            .collect();
        let mut is_answered = is_answered.into_iter();
        let (handled, lost): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|_| is_answered.next().unwrap_or(false));
        let is_silent = lost
            .iter()
            .any(|question| question.stream.ended().is_none());
        let came = received.to_string();
        answered.received.extend(received.0);
        answered.handled.extend(handled);
        if lost.is_empty() {
            return Ok(answered);
        }
        answered.lost.extend(lost);
        if !peer.is_connected() {
            answered.is_gone = true;
            return Ok(answered);
        }
        if is_silent {
            return Err(PeerError::NoAnswer {
                peer: peer.name().to_owned(),
                within,
                received: came,
            });
        }
        open = match ask(harness, peer).await {
            Ok(questions) => questions,
            Err(_) if peer.disconnected().await => {
                answered.is_gone = true;
                return Ok(answered);
            }
            Err(error) => return Err(error),
        };
    }
    Err(PeerError::Ended {
        peer: peer.name().to_owned(),
        what: "each stream".to_owned(),
        how: "the target closes them".to_owned(),
    })
}
