//! [`OutsideRun`]: explains a log that was written from outside of the node, by whoever carried its
//! messages.
//!
//! Such a log has what the node was sent and what it sent, and nothing else: not what its user
//! requests, stores, deletes and cancels, nor its other peers, nor when it handles what it was sent. All
//! of this is free. So each address is looked at by itself, once as a block that the node may have and once
//! as one that it may want, and what the node says of it must follow from some of what it was sent about it
//! and from anything that its user may have done. What follows from nothing is unexplained.
//!
//! What a node does not say is never held against it: it may be about to say it.

mod addressed;
mod bounds;
mod conversation;
mod finding;
mod hidden;
mod naming;
mod state;

use std::collections::BTreeMap;

use blockexc_model::deviating::{Event, Setup};
use libp2p::PeerId;

pub use addressed::Happened;
pub use finding::Finding;

use self::conversation::Conversation;
use super::coverage::Coverage;
use super::frame::wrongly_refused;
use super::line::Output;
use super::message::message_value;
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained};
use crate::wire::Network;

/// The conversations of a node, as they are seen from outside.
#[derive(Clone)]
pub struct OutsideRun {
    setup: Setup,
    peers: BTreeMap<PeerId, Conversation>,
    coverage: Coverage,
    judged: u64,
    skipped: u64,
}

impl OutsideRun {
    /// A run before anybody is connected with the node.
    pub fn new(setup: Setup) -> Self {
        OutsideRun {
            setup,
            peers: BTreeMap::new(),
            coverage: Coverage::default(),
            judged: 0,
            skipped: 0,
        }
    }

    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The requirements that the log touches, of those that show from outside.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The number of parts of messages that could have been found to be wrong.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// Explains a step.
    ///
    /// # Errors
    ///
    /// When something in it is unexplained: the first of it.
    pub fn step(&mut self, step: &LoggedStep) -> Result<(), Stop> {
        if let Some(refused) = &step.refused {
            self.coverage.refused();
            if let Some((message, broken)) = wrongly_refused(refused, self.setup.deviations) {
                let message = message_value(&message);
                let what = format!(
                    "refused a frame of {} that is a message: {message}",
                    refused.from
                );
                return Err(Unexplained::at(step.line, what).breaking(broken).stop());
            }
        }
        if let Some(event) = &step.event {
            self.input(step.line, event);
        }
        for (line, output) in &step.outputs {
            if let Some(finding) = self.output(*line, output).into_iter().next() {
                return Err(finding.unexplained.after(step.line).stop());
            }
        }
        Ok(())
    }

    /// The node was sent something, or a peer has come or gone. Other events are not seen from outside:
    /// where a log has them all the same, they are not needed.
    pub fn input(&mut self, line: u64, event: &Event<Network>) {
        match event {
            Event::Joined(peer) => {
                self.coverage.seen_to_join();
                let conversation = self
                    .peers
                    .entry(*peer)
                    .or_insert_with(|| Conversation::new(*peer, self.setup.clone()));
                conversation.joined();
            }
            Event::Left(peer) => {
                if let Some(conversation) = self.peers.get_mut(peer)
                    && conversation.left()
                {
                    self.peers.remove(peer);
                }
            }
            Event::Received { from, message } => {
                if let Some(conversation) = self.peers.get_mut(from) {
                    self.coverage.seen_to_receive(message);
                    conversation.received(line, message);
                }
            }
            _ => {}
        }
    }

    /// The node has sent something. Returns what of it is unexplained. Of the address of each, nothing
    /// more is judged.
    pub fn output(&mut self, line: u64, output: &Output) -> Vec<Finding> {
        match output {
            Output::Sent { to, message } => {
                let Some(conversation) = self.peers.get_mut(to) else {
                    self.skipped += 1;
                    return Vec::new();
                };
                self.coverage.seen_to_send(message);
                let sent = conversation.sent(line, message);
                self.judged += sent.judged;
                self.skipped += sent.skipped;
                sent.findings
            }
            Output::SentGarbage { .. } => {
                self.judged += 1;
                let unexplained =
                    Unexplained::at(line, output.to_string()).breaking(vec!["WIRE-1"]);
                vec![Finding {
                    unexplained,
                    exchange: Vec::new(),
                }]
            }
            Output::Obtained(_) | Output::Failed(_) => Vec::new(),
        }
    }
}
