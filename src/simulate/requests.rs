//! [`Requests`]: every request from its start to its end, and why it was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use blockexc_model::dialect::Dialect;
use serde::Serialize;

use super::event_queue::Time;
use crate::wire::Address;

/// Why a request was lost. In ascending order of the chance to meet it: the reason that counts is
/// the greatest one during the request's life, over all other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossReason {
    /// No node that was up held the block.
    NobodyHeldIt,
    /// No node that held it was connected to the asker.
    NeverConnected,
    /// Every node that held it and was connected was slow, silent or lying, or the asker was.
    Misbehaved,
    /// The dialects of asker and holders: according to `check interop` the want is lost in some
    /// runs, or in all.
    Dialects,
    /// There was a peer that announced the block and did not deliver it, and according to
    /// `check interop` the asker's dialect may wait for such a peer for ever.
    LetDown,
    /// What no pair of nodes with one request shows: the asker has more peers than it tells
    /// (`announce-to-best`), or takes no such block (`manifests-only`), or the holder serves a block
    /// once (`serve-once`, `resend-cooldown`).
    BeyondPairs,
    /// No healthy node that held it stayed connected long enough.
    Briefly,
    /// Nothing prevented it: the request could have been met.
    Missed,
}

/// An open request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The node whose user made it.
    pub node: usize,
    /// The address requested.
    pub address: Address,
    /// When it was made.
    pub since: Time,
    /// The reason of its loss, if it ended now.
    pub loss_reason: LossReason,
}

/// How a request ended, other than by being met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Its user cancelled it.
    Cancelled,
    /// The asker restarted.
    Restarted,
    /// The asker gave up (ASK-9).
    GivenUp,
    /// It was open when the simulation ended.
    Open,
}

/// The results of the requests of all nodes of one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// The number of requests.
    pub requested: u64,
    /// Those that were met with the right block.
    pub obtained: u64,
    /// Those that were met with another block.
    pub obtained_garbage: u64,
    /// Those that their users cancelled.
    pub cancelled: u64,
    /// Those that ended because their node restarted.
    pub ended_by_restart: u64,
    /// Those that were lost, by reason.
    pub lost: BTreeMap<LossReason, u64>,
    /// Those of the lost ones that failed after the last retry (ASK-9). The other lost ones were
    /// open at the end of the simulation.
    pub given_up: u64,
}

impl RequestCounts {
    /// The number of lost requests.
    pub fn all_lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// Adds other counts to these.
    pub fn add(&mut self, other: &RequestCounts) {
        self.requested += other.requested;
        self.obtained += other.obtained;
        self.obtained_garbage += other.obtained_garbage;
        self.cancelled += other.cancelled;
        self.ended_by_restart += other.ended_by_restart;
        for (reason, count) in &other.lost {
            *self.lost.entry(*reason).or_default() += count;
        }
        self.given_up += other.given_up;
    }
}

/// All requests.
#[derive(Default)]
pub struct Requests {
    open: BTreeMap<u64, Request>,
    next_number: u64,
    /// The results of all requests, by the asker's dialect.
    pub counts: BTreeMap<&'static str, RequestCounts>,
    /// The durations of the requests that were met.
    pub durations: Vec<Duration>,
}

impl Requests {
    /// Adds a request. Returns its number.
    pub fn begin(&mut self, dialect: &'static Dialect, request: Request) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.open.insert(number, request);
        self.counts(dialect).requested += 1;
        number
    }

    fn counts(&mut self, dialect: &'static Dialect) -> &mut RequestCounts {
        self.counts.entry(dialect.name).or_default()
    }

    /// A request was met, with the right block if `is_valid`.
    pub fn met(&mut self, number: u64, dialect: &'static Dialect, now: Time, is_valid: bool) {
        let Some(request) = self.open.remove(&number) else {
            return;
        };
        let counts = self.counts(dialect);
        if is_valid {
            counts.obtained += 1;
        } else {
            counts.obtained_garbage += 1;
        }
        self.durations.push(now.saturating_sub(request.since));
    }

    /// A request ended without being met.
    pub fn end(&mut self, number: u64, dialect: &'static Dialect, ending: Ending) {
        let Some(request) = self.open.remove(&number) else {
            return;
        };
        let counts = self.counts(dialect);
        match ending {
            Ending::Cancelled => counts.cancelled += 1,
            Ending::Restarted => counts.ended_by_restart += 1,
            Ending::GivenUp | Ending::Open => {
                *counts.lost.entry(request.loss_reason).or_default() += 1;
                counts.given_up += u64::from(ending == Ending::GivenUp);
            }
        }
    }

    /// The open requests, with their numbers.
    pub fn open(&self) -> impl Iterator<Item = (u64, &Request)> {
        self.open.iter().map(|(number, request)| (*number, request))
    }

    /// The open request with this number.
    pub fn get(&self, number: u64) -> Option<&Request> {
        self.open.get(&number)
    }

    /// Raises the loss reason of a request to this one, if this one is greater.
    pub fn raise_loss_reason(&mut self, number: u64, reason: LossReason) {
        if let Some(request) = self.open.get_mut(&number) {
            request.loss_reason = request.loss_reason.max(reason);
        }
    }
}
