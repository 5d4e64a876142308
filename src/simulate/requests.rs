//! [`Requests`]: every request from its start to its end, and why it ended so.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use blockexc_checker::interop::{Held as HeldWhen, Obtained, Table};
use blockexc_checker::tabled::Unfit;
use blockexc_model::dialect::{DIALECTS, Dialect};
use serde::Serialize;

use super::agenda::Time;
use crate::wire::Address;

/// Why a request was not met, from the least that could be expected to the most: what counts is
/// the best chance that there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chance {
    /// No node that was up held the block.
    NobodyHeldIt,
    /// Whoever held it was never connected to the asker.
    NeverConnected,
    /// Whoever held it and was connected was slow, silent or lying, or the asker was.
    Misbehaved,
    /// The dialects of the asker and of those who held it: `check interop` has runs in which the
    /// want is lost, or nothing but such runs.
    Dialects,
    /// The asker's dialect may stay for ever with a peer that has announced the block and does not
    /// deliver it, as `check interop` says, and there was such a peer.
    LetDown,
    /// Nobody who held it and behaved well stayed connected long enough.
    Briefly,
    /// It could have been met.
    Missed,
}

/// A request that has not ended.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose it is.
    pub node: usize,
    /// What is requested.
    pub address: Address,
    /// Since when.
    pub since: Time,
    /// The best chance that there was so far.
    pub chance: Chance,
}

/// How a request ended that was not met.
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

/// What came of the requests of the nodes of one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// How many there were.
    pub requested: u64,
    /// How many were met.
    pub obtained: u64,
    /// How many were met with what is not the block that was asked for.
    pub obtained_garbage: u64,
    /// How many their users cancelled.
    pub cancelled: u64,
    /// How many ended with the node.
    pub ended_by_restart: u64,
    /// How many were lost, and why.
    pub lost: BTreeMap<Chance, u64>,
    /// How many of those that were lost were given up after the last retry; the others were open
    /// at the end.
    pub given_up: u64,
}

impl Counts {
    /// How many were lost in all.
    pub fn all_lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// These and those.
    pub fn add(&mut self, other: &Counts) {
        self.requested += other.requested;
        self.obtained += other.obtained;
        self.obtained_garbage += other.obtained_garbage;
        self.cancelled += other.cancelled;
        self.ended_by_restart += other.ended_by_restart;
        for (chance, count) in &other.lost {
            *self.lost.entry(*chance).or_default() += count;
        }
        self.given_up += other.given_up;
    }
}

/// All requests.
#[derive(Default)]
pub struct Requests {
    open: BTreeMap<u64, Request>,
    next_number: u64,
    /// What came of those that have ended, by the asker's dialect.
    pub counts: BTreeMap<&'static str, Counts>,
    /// How long those took that were met.
    pub durations: Vec<Duration>,
}

impl Requests {
    /// Begins one, and gives its number.
    pub fn begin(&mut self, dialect: &'static Dialect, request: Request) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.open.insert(number, request);
        self.counts(dialect).requested += 1;
        number
    }

    fn counts(&mut self, dialect: &'static Dialect) -> &mut Counts {
        self.counts.entry(dialect.name).or_default()
    }

    /// One was met.
    pub fn met(&mut self, number: u64, dialect: &'static Dialect, now: Time, is_sound: bool) {
        let Some(request) = self.open.remove(&number) else {
            return;
        };
        let counts = self.counts(dialect);
        if is_sound {
            counts.obtained += 1;
        } else {
            counts.obtained_garbage += 1;
        }
        self.durations.push(now.saturating_sub(request.since));
    }

    /// One ended in another way.
    pub fn end(&mut self, number: u64, dialect: &'static Dialect, ending: Ending) {
        let Some(request) = self.open.remove(&number) else {
            return;
        };
        let counts = self.counts(dialect);
        match ending {
            Ending::Cancelled => counts.cancelled += 1,
            Ending::Restarted => counts.ended_by_restart += 1,
            Ending::GivenUp | Ending::Open => {
                *counts.lost.entry(request.chance).or_default() += 1;
                counts.given_up += u64::from(ending == Ending::GivenUp);
            }
        }
    }

    /// Those that have not ended, with their numbers.
    pub fn open(&self) -> impl Iterator<Item = (u64, &Request)> {
        self.open.iter().map(|(number, request)| (*number, request))
    }

    /// One that has not ended.
    pub fn get(&self, number: u64) -> Option<&Request> {
        self.open.get(&number)
    }

    /// There was this chance of meeting it.
    pub fn note(&mut self, number: u64, chance: Chance) {
        if let Some(request) = self.open.get_mut(&number) {
            request.chance = request.chance.max(chance);
        }
    }
}

/// What the model checker says of who gets blocks from whom, when wants are pursued anew.
#[derive(Default)]
pub struct Expected {
    pairs: HashMap<(&'static str, &'static str, bool), Obtained>,
    let_down: HashMap<&'static str, Obtained>,
}

impl Expected {
    /// For nodes of these dialects.
    ///
    /// # Errors
    ///
    /// When the checker cannot work it out.
    pub fn of(dialects: &[&'static Dialect]) -> Result<Self, Unfit> {
        // The reference gets everything from itself: there is a proof, and no need to repeat it.
        if dialects
            .iter()
            .all(|dialect| dialect.name == DIALECTS[0].name)
        {
            return Ok(Expected::default());
        }
        let table = Table::new()?;
        Ok(Expected {
            pairs: table
                .progress
                .iter()
                .filter(|cell| cell.retries)
                .map(|cell| {
                    let before = cell.held == HeldWhen::Before;
                    ((cell.asker, cell.holder, before), cell.obtained)
                })
                .collect(),
            let_down: table
                .let_down
                .iter()
                .map(|row| (row.asker, row.obtained))
                .collect(),
        })
    }

    /// Whether the asker gets the block from the holder, which held it before they met, or not.
    pub fn obtained(&self, asker: &Dialect, holder: &Dialect, before: bool) -> Obtained {
        let cell = self.pairs.get(&(asker.name, holder.name, before));
        cell.copied().unwrap_or(Obtained::Always)
    }

    /// Whether the asker gets the block from one peer when another has announced it and does not
    /// deliver.
    pub fn obtained_when_let_down(&self, asker: &Dialect) -> Obtained {
        let row = self.let_down.get(asker.name);
        row.copied().unwrap_or(Obtained::Always)
    }
}
