//! [`Unexplained`]: the first line of a log that the model does not explain.

use blockexc_model::deviating::Event;
use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::{Deviation, Requirement};
use libp2p::PeerId;

use super::dumped::Dumped;
use super::line::Output;
use crate::wire::{Message, Network};

/// Why a run ends before the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No run of the model explains the next line.
    Unexplained(Box<Unexplained>),
    /// It cannot be told whether the model explains the next line.
    Inconclusive {
        /// The line.
        line: u64,
        /// The reason.
        why: String,
    },
}

/// The first unexplained line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    /// The node's name in the log.
    pub node: String,
    /// The line, counted from one. If an output is missing, the line before which it should be.
    pub line: u64,
    /// The line of the input that was being handled, if there was one.
    pub input: u64,
    /// What is in this line, or what is missing before it.
    pub what: String,
    /// The outputs that the model allows instead.
    pub allowed: Vec<String>,
    /// The violated requirements: those that the explaining deviations violate. Without such
    /// deviations, those that a line of this kind violates.
    pub requirements: Vec<&'static str>,
    /// The deviations that explain the line, each one alone. Only those that explain the longest
    /// part of the log after it.
    pub deviations: Vec<Deviation>,
    /// The state of the model at this line, in the run that explains most.
    pub state: Box<Dumped>,
}

impl Unexplained {
    /// The violated requirements, from the catalogue.
    pub fn broken(&self) -> impl Iterator<Item = &'static Requirement> {
        self.requirements
            .iter()
            .filter_map(|id| Requirement::find(id))
    }
}

/// The requirements that an output of this kind violates when the model does not allow it.
pub(super) fn broken_by_output(
    output: &Output,
    event: Option<&Event<Network>>,
    knows_holder: impl Fn(&PeerId, &crate::wire::Address) -> bool,
    wants: impl Fn(&crate::wire::Address) -> bool,
) -> Vec<&'static str> {
    let mut broken = Vec::new();
    let Output::Sent { to, message } = output else {
        return vec!["XFER-5", "XFER-7"];
    };
    let joins = matches!(event, Some(Event::Joined(_)));
    for entry in message.want_list.iter().flat_map(|list| &list.entries) {
        broken.extend_from_slice(match (entry.cancel, entry.want_type) {
            (true, _) => &["ASK-7", "XFER-7"],
            (_, WantType::WantBlock) if !knows_holder(to, &entry.address) => &["ASK-4"],
            (_, WantType::WantBlock) => &["ASK-5", "ASK-6"],
            _ if joins => &["JOIN-3", "JOIN-4"],
            _ if !wants(&entry.address) => &["ASK-1"],
            _ => &["ASK-2"],
        });
    }
    if message
        .want_list
        .as_ref()
        .is_some_and(|list| list.entries.is_empty())
    {
        broken.push("JOIN-5");
    }
    for item in &message.presences {
        broken.extend_from_slice(match item.presence_type {
            PresenceType::Have => &["WANT-4"],
            PresenceType::DontHave => &["WANT-6", "WANT-8"],
        });
    }
    if !message.deliveries.is_empty() {
        broken.extend(["WANT-2", "WANT-13"]);
    }
    if message.account.is_some() {
        broken.push("JOIN-6");
    }
    once_each(broken)
}

/// The requirements that a node violates when it does not send a message of this kind.
pub(super) fn broken_by_missing(
    message: &Message,
    event: Option<&Event<Network>>,
) -> Vec<&'static str> {
    let mut broken = Vec::new();
    for entry in message.want_list.iter().flat_map(|list| &list.entries) {
        broken.extend_from_slice(match (entry.cancel, entry.want_type, event) {
            (true, _, Some(Event::Cancel(_))) => &["ASK-7"],
            (true, _, _) => &["XFER-7", "HELD-1"],
            (_, WantType::WantBlock, Some(Event::Left(_))) => &["LEFT-2"],
            (_, WantType::WantBlock, Some(Event::Retry(_))) => &["ASK-8"],
            (_, WantType::WantBlock, _) => &["ASK-6", "PRES-3", "XFER-6"],
            (_, _, Some(Event::Joined(_))) => &["JOIN-4", "LEFT-3"],
            (_, _, Some(Event::Retry(_))) => &["ASK-8"],
            _ => &["ASK-1"],
        });
    }
    for item in &message.presences {
        broken.extend_from_slice(match item.presence_type {
            PresenceType::Have => &["WANT-4"],
            PresenceType::DontHave => &["WANT-5", "WANT-7"],
        });
    }
    if !message.deliveries.is_empty() {
        broken.push(match event {
            Some(Event::Received { message, .. }) if message.want_list.is_some() => "WANT-2",
            _ => "WANT-13",
        });
    }
    if message.account.is_some() {
        broken.push("JOIN-6");
    }
    once_each(broken)
}

/// The IDs without repetitions, in order.
pub(super) fn once_each(mut ids: Vec<&'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    ids.retain(|id| {
        let is_new = !seen.contains(id);
        seen.push(*id);
        is_new
    });
    ids
}
