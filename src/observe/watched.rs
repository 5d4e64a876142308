//! [`Watched`]: one of the two nodes, judged by what is seen of it.

use blockexc_model::deviating::{Event, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::node::Config;
use libp2p::PeerId;

use super::side::Side;
use crate::trace::coverage::Coverage;
use crate::trace::line::{Entry, Output};
use crate::trace::outside::{Finding, OutsideRun};
use crate::wire::{Message, Network};

/// How many kinds there are at most. Further ones are only counted.
const MOST_KINDS: usize = 200;

/// What was found of a node.
#[derive(Clone, Debug)]
pub struct Found {
    /// The first of its kind.
    pub finding: Finding,
    /// When, in milliseconds since the relay was started.
    pub time_ms: f64,
    /// How often something of this kind was found.
    pub count: u64,
}

/// One of the two nodes.
pub struct Watched {
    /// Which one.
    pub side: Side,
    /// What it is taken for.
    pub deviations: Deviations,
    /// Its identity, when it was connected.
    pub node: Option<PeerId>,
    /// How many messages it sent.
    pub messages: u64,
    /// What was found of it, each kind once.
    pub found: Vec<Found>,
    /// Why it is not judged any more.
    pub unjudged: Option<String>,
    /// The relay's identity, as it sees it.
    relay: Option<PeerId>,
    run: OutsideRun,
}

impl Watched {
    /// A node that was not seen yet, and is taken for one that deviates so.
    pub fn new(side: Side, deviations: Deviations) -> Self {
        let config = Config::default();
        Watched {
            side,
            deviations,
            node: None,
            messages: 0,
            found: Vec::new(),
            unjudged: None,
            relay: None,
            run: OutsideRun::new(Setup { config, deviations }),
        }
    }

    /// What of the specification has shown in what was seen.
    pub fn coverage(&self) -> Coverage {
        self.run.coverage()
    }

    /// The number of parts of messages that could have been found to be wrong.
    pub fn judged(&self) -> u64 {
        self.run.judged()
    }

    /// The number of parts of messages that were not judged.
    pub fn skipped(&self) -> u64 {
        self.run.skipped()
    }

    /// It is connected with the relay. The answer is the line of its log.
    pub fn joined(&mut self, node: PeerId, relay: PeerId, line: u64) -> Entry {
        self.node = Some(node);
        self.relay = Some(relay);
        self.event(line, Event::Joined(relay))
    }

    /// It is connected no longer.
    pub fn left(&mut self, line: u64) -> Option<Entry> {
        let relay = self.relay.take()?;
        Some(self.event(line, Event::Left(relay)))
    }

    /// This message is on its way to it.
    pub fn received(&mut self, message: Message, line: u64) -> Option<Entry> {
        let from = self.relay?;
        Some(self.event(line, Event::Received { from, message }))
    }

    /// It has sent this. The answer is the line of its log, and what of it is found for the first time.
    pub fn sent(
        &mut self,
        output: impl FnOnce(PeerId) -> Output,
        line: u64,
        time_ms: f64,
    ) -> Option<(Entry, Vec<Finding>)> {
        let output = output(self.relay?);
        self.messages += 1;
        let mut new = Vec::new();
        if self.unjudged.is_none() {
            for finding in self.run.output(line, &output) {
                if self.is_new(&finding, time_ms) {
                    new.push(finding);
                }
            }
        }
        Some((Entry::Output(output), new))
    }

    /// Something is on its way to it that was not looked at. What it says from now on may follow of that.
    pub fn cannot_be_judged(&mut self, why: &str) {
        self.unjudged.get_or_insert_with(|| why.to_owned());
    }

    fn event(&mut self, line: u64, event: Event<Network>) -> Entry {
        self.run.input(line, &event);
        Entry::Input(event)
    }

    fn is_new(&mut self, finding: &Finding, time_ms: f64) -> bool {
        let kind = |it: &Finding| {
            let it = &it.unexplained;
            (
                it.requirements.clone(),
                it.may_break.clone(),
                it.deviations.clone(),
            )
        };
        let of_kind = kind(finding);
        let mut known = self.found.iter_mut();
        if let Some(known) = known.find(|it| kind(&it.finding) == of_kind) {
            known.count += 1;
            return false;
        }
        if self.found.len() >= MOST_KINDS {
            return false;
        }
        self.found.push(Found {
            finding: finding.clone(),
            time_ms,
            count: 1,
        });
        true
    }
}
