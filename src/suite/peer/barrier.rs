//! Barriers: how a peer shows that the target did *not* send something.
//!
//! A peer asks a later question, whose answer must come after everything before it: a WantHave,
//! with sendDontHave, for a block that cannot exist. A node answers in order. So when the DontHave
//! is here, everything that was to come is here, too. What a scenario sees holds neither the
//! questions of barriers nor their answers.

use std::time::Duration;

use prost::Message as _;
use tokio::time::Instant;

use super::Peer;
use super::endpoint::Endpoint;
use super::inbox::{Inbox, Question};
use crate::suite::compose;
use crate::suite::describe::describe;
use crate::suite::peer_error::PeerError;
use crate::suite::received::Received;
use crate::suite::stream::Stream;
use crate::wire::protobuf::wantlist::Entry;
use crate::wire::{Address, protobuf};

/// A barrier's question, and the stream on which it was asked.
#[derive(Clone)]
struct OpenQuestion {
    question: Question,
    stream: Stream,
}

impl Peer {
    /// Sends a want list and waits until the target has handled it. The barrier's question is the
    /// last entry of the same list, so that no other list follows.
    ///
    /// # Errors
    ///
    /// When the target does not take it, or does not answer in time.
    pub async fn send_confirmed(&self, mut message: protobuf::Message) -> Result<(), PeerError> {
        let stream = self.own_stream().await?;
        let (question, entry) = self.question(&stream);
        message.wantlist.get_or_insert_default().entries.push(entry);
        let bytes: bytes::Bytes = message.encode_to_vec().into();
        let text = format!("{} (the last entry: barrier)", describe(&bytes));
        stream.send_frame_described(&bytes, text).await?;
        self.answered(vec![question], self.deadline(), |_| false)
            .await
    }

    /// Waits until the target has handled everything that was sent so far, on whichever stream.
    /// Takes what was received before the answer.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn barrier(&self) -> Result<Received, PeerError> {
        let questions = self.ask().await?;
        self.answered(questions, self.deadline(), |_| false).await?;
        Ok(self.take_received())
    }

    /// As [`barrier`](Peer::barrier), asked on this stream only.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn barrier_on(&self, stream: &Stream) -> Result<Received, PeerError> {
        let question = self.ask_on(stream).await?;
        self.answered(vec![question], self.deadline(), |_| false)
            .await?;
        Ok(self.take_received())
    }

    /// As [`barrier`](Peer::barrier), and takes nothing.
    ///
    /// # Errors
    ///
    /// When no answer comes in time, or the connection ends.
    pub async fn wait_until_handled(&self) -> Result<(), PeerError> {
        let questions = self.ask().await?;
        self.answered(questions, self.deadline(), |_| false).await
    }

    /// Asks until the target answers, or the deadline. No answer is no error.
    pub(in crate::suite) async fn wait_until_answering(
        &self,
        deadline: Instant,
    ) -> Result<(), PeerError> {
        let mut patience = self.endpoint.config.grace;
        loop {
            let questions = self.ask().await?;
            let end = deadline.min(Instant::now() + patience);
            match self.answered(questions, end, |_| false).await {
                Err(PeerError::NoAnswer { .. }) if Instant::now() < deadline => patience *= 2,
                Ok(()) | Err(PeerError::NoAnswer { .. }) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
    }

    /// Sends a message, waits until the target has handled it, and takes what was received until
    /// then: the target's answer, and what else it sent.
    ///
    /// # Errors
    ///
    /// When the target does not take it, or does not answer in time.
    pub async fn exchange(
        &self,
        message: impl AsRef<protobuf::Message>,
    ) -> Result<Received, PeerError> {
        self.send(message).await?;
        self.barrier().await
    }

    /// Waits until what was received is as `done` describes, and takes it. If it does not come, a
    /// barrier is set, and what was received before its answer is taken. What is missing then was
    /// not sent, and the target may be accused of that.
    ///
    /// `done` is shown all that was received and not taken yet.
    ///
    /// # Errors
    ///
    /// When it does not come, and neither does the barrier's answer.
    pub async fn receive_until(
        &self,
        done: impl Fn(&Received) -> bool,
    ) -> Result<Received, PeerError> {
        let start = Instant::now();
        let Endpoint { config, .. } = self.endpoint.as_ref();
        let found = |inbox: &Inbox| done(inbox.received());
        if !self.endpoint.wait(start + config.grace, found).await {
            let questions = self.ask().await?;
            self.answered(questions, self.deadline(), found).await?;
        }
        if config.may_answer_late {
            let patience = config.pace.patience();
            if !self.endpoint.wait(start + patience, found).await {
                self.note_wait(patience);
                // What arrived at the last moment must not be taken for missing.
                let questions = self.ask().await?;
                self.answered(questions, self.deadline(), found).await?;
            }
            if found(&self.endpoint.inbox()) {
                config.pace.saw(start.elapsed());
            }
        }
        Ok(self.take_received())
    }

    /// Says in the log how long something was waited for that did not come.
    fn note_wait(&self, patience: Duration) {
        let Endpoint { name, config, .. } = self.endpoint.as_ref();
        let text = format!("waited {:.1} s for more", patience.as_secs_f32());
        config.exchange.note(name, name, text);
    }

    /// Asks a barrier's question on every stream on which something was sent since the last one,
    /// or on the own stream when there is none.
    async fn ask(&self) -> Result<Vec<OpenQuestion>, PeerError> {
        let mut questions = Vec::new();
        for stream in self.streams() {
            if stream.is_unconfirmed() {
                // The target may be closing this stream; the others are asked all the same.
                if let Ok(question) = self.ask_on(&stream).await {
                    questions.push(question);
                }
            }
        }
        if questions.is_empty() {
            let stream = self.own_stream().await?;
            questions.push(self.ask_on(&stream).await?);
        }
        Ok(questions)
    }

    async fn ask_on(&self, stream: &Stream) -> Result<OpenQuestion, PeerError> {
        let (question, entry) = self.question(stream);
        let bytes: bytes::Bytes = compose::list([entry]).encode_to_vec().into();
        let text = format!("{} (barrier)", describe(&bytes));
        stream.send_frame_described(&bytes, text).await?;
        stream.set_confirmed();
        Ok(question)
    }

    /// A barrier's question on this stream, and the entry that asks it.
    fn question(&self, stream: &Stream) -> (OpenQuestion, Entry) {
        let fresh = self.endpoint.address_for_a_barrier();
        let (question, entry) = self.endpoint.inbox().ask(fresh);
        let stream = stream.clone();
        (OpenQuestion { question, stream }, entry)
    }

    /// Waits for the answers to these questions, or until `found`. A question whose stream the
    /// target has closed is asked again on another.
    async fn answered(
        &self,
        mut questions: Vec<OpenQuestion>,
        deadline: Instant,
        found: impl Fn(&Inbox) -> bool,
    ) -> Result<(), PeerError> {
        let open = |inbox: &Inbox, asked: &OpenQuestion| !inbox.is_answered(&asked.question);
        let start = Instant::now();
        let mut asked_again = false;
        loop {
            let lost = |inbox: &Inbox, questions: &[OpenQuestion]| {
                questions
                    .iter()
                    .any(|question| open(inbox, question) && question.stream.ended().is_some())
            };
            let settled = self
                .endpoint
                .wait(deadline, |inbox| {
                    found(inbox)
                        || !questions.iter().any(|question| open(inbox, question))
                        || (!asked_again && lost(inbox, &questions))
                        || !self.is_connected()
                })
                .await;
            let (is_found, is_lost) = {
                let inbox = self.endpoint.inbox();
                questions.retain(|question| open(&inbox, question));
                (found(&inbox), lost(&inbox, &questions))
            };
            if questions.is_empty() {
                self.endpoint.config.pace.saw(start.elapsed());
                return Ok(());
            }
            if is_found {
                return Ok(());
            }
            if let Some(how) = self.endpoint.all_ended() {
                return Err(PeerError::Ended {
                    peer: self.name().to_owned(),
                    what: "the connection".to_owned(),
                    how,
                });
            }
            if is_lost && !asked_again {
                asked_again = true;
                questions.retain(|question| question.stream.ended().is_none());
                let stream = self.own_stream().await?;
                questions.push(self.ask_on(&stream).await?);
                continue;
            }
            if !settled {
                return Err(PeerError::NoAnswer {
                    peer: self.name().to_owned(),
                    within: self.endpoint.config.pace.deadline(),
                    received: self.endpoint.inbox().received().to_string(),
                });
            }
        }
    }

    /// Whether barriers of this peer ask for this block.
    pub fn is_barrier(&self, address: &Address) -> bool {
        self.endpoint.inbox().is_barrier(address)
    }
}
