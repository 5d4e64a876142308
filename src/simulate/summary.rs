//! [`Summary`]: what came of a simulation, as data and as text.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Options;
use super::faults::Fault;
use super::judged::{Findings, Property};
use super::requests::{Chance, Counts, Requests};
use crate::wire::Message;

/// What the format of a summary is called.
pub const FORMAT: &str = "blockexc-simulation/1";

/// How often things happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// Events that nodes handled.
    pub events: u64,
    /// Messages sent.
    pub messages: u64,
    /// Entries of want lists sent.
    pub entries: u64,
    /// Presence items sent.
    pub presences: u64,
    /// Blocks sent.
    pub deliveries: u64,
    /// Connections opened.
    pub connections: u64,
    /// Connections closed.
    pub disconnections: u64,
    /// Nodes that restarted.
    pub restarts: u64,
    /// Nodes that ended by a mistake of their own, among those that restarted.
    pub aborts: u64,
    /// Nodes that were slow, silent or lying for a while.
    pub spells: BTreeMap<Fault, u64>,
    /// Blocks uploaded.
    pub uploads: u64,
    /// Blocks deleted.
    pub deletions: u64,
}

impl Happened {
    /// A message was sent.
    pub fn message(&mut self, message: &Message) {
        let list = message.want_list.as_ref();
        self.messages += 1;
        self.entries += list.map_or(0, |list| list.entries.len() as u64);
        self.presences += message.presences.len() as u64;
        self.deliveries += message.deliveries.len() as u64;
    }
}

/// A log as the bytes of its file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Log(pub Vec<u8>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// The first violation of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What was violated.
    #[serde(flatten)]
    pub property: Property,
    /// Which node, counted from zero.
    pub node: usize,
    /// Its peer id.
    pub peer: String,
    /// What it speaks.
    pub dialect: &'static str,
    /// When, in milliseconds of virtual time.
    pub time_ms: u64,
    /// In which life of the node, counted from one.
    pub life: u32,
    /// After how many events of that life.
    pub step: u64,
    /// What the node saw and did in that life until then.
    #[serde(skip)]
    pub log: Log,
}

/// A property that was violated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// Which.
    #[serde(flatten)]
    pub property: Property,
    /// How often.
    pub times: u64,
}

/// What came of a simulation. The same options give the same, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The seed.
    pub seed: u64,
    /// How many nodes.
    pub nodes: usize,
    /// How many blocks.
    pub blocks: usize,
    /// How long, in milliseconds of virtual time.
    pub length_ms: u64,
    /// What went wrong.
    pub faults: Vec<Fault>,
    /// How many nodes speak each dialect.
    pub dialects: BTreeMap<&'static str, usize>,
    /// How the first node deviates.
    pub deviations: Vec<&'static str>,
    /// What happened.
    pub happened: Happened,
    /// What came of all requests.
    pub requests: Counts,
    /// What came of the requests of the nodes of each dialect.
    pub requests_of: BTreeMap<&'static str, Counts>,
    /// How long half of those that were met took at most, in milliseconds.
    pub half_met_within_ms: u64,
    /// How long 99 of 100 took at most.
    pub nearly_all_met_within_ms: u64,
    /// How long the longest took.
    pub all_met_within_ms: u64,
    /// How many steps were judged by the rules.
    pub steps_judged: u64,
    /// How many states were looked at.
    pub states_looked_at: u64,
    /// What was violated.
    pub violations: Vec<Violations>,
    /// What was violated first.
    pub first_violation: Option<Violation>,
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Summary {
    /// Puts it together.
    pub fn new(
        options: &Options,
        peers: &[String],
        happened: Happened,
        mut requests: Requests,
        findings: Findings,
    ) -> Self {
        let dialect_of = |node: usize| options.dialects[node % options.dialects.len()].name;
        let mut dialects = BTreeMap::new();
        for node in 0..options.nodes {
            *dialects.entry(dialect_of(node)).or_default() += 1;
        }
        let mut all = Counts::default();
        requests.counts.values().for_each(|counts| all.add(counts));
        requests.durations.sort_unstable();
        let met_within = |share: usize| {
            let last = requests.durations.len().saturating_sub(1);
            let duration = requests.durations.get(last * share / 100);
            duration.copied().map_or(0, milliseconds)
        };
        Summary {
            format: FORMAT,
            seed: options.seed,
            nodes: options.nodes,
            blocks: options.blocks,
            length_ms: milliseconds(options.length),
            faults: options.faults.clone(),
            dialects,
            deviations: options.deviations.iter().map(|it| it.name()).collect(),
            happened,
            requests: all,
            half_met_within_ms: met_within(50),
            nearly_all_met_within_ms: met_within(99),
            all_met_within_ms: met_within(100),
            requests_of: requests.counts,
            steps_judged: findings.judged.0,
            states_looked_at: findings.judged.1,
            violations: findings
                .violations
                .into_iter()
                .map(|(property, times)| Violations { property, times })
                .collect(),
            first_violation: findings.first.map(|first| Violation {
                property: first.property,
                node: first.node,
                peer: peers.get(first.node).cloned().unwrap_or_default(),
                dialect: dialect_of(first.node),
                time_ms: milliseconds(first.time),
                life: first.life,
                step: first.step,
                log: Log::default(),
            }),
        }
    }
}

impl Chance {
    /// Why the request was lost.
    pub fn why(self) -> &'static str {
        match self {
            Chance::NobodyHeldIt => "no node that was up held the block",
            Chance::NeverConnected => "whoever held it was never connected to the asker",
            Chance::Misbehaved => "whoever held it and was connected misbehaved, or the asker did",
            Chance::Dialects => "the dialects of asker and holder lose it, as the checker predicts",
            Chance::LetDown => {
                "the asker stayed with a peer that let it down, as the checker predicts"
            }
            Chance::Briefly => "nobody who held it and behaved well stayed long enough",
            Chance::Missed => "it could have been met",
        }
    }
}

/// A time as hours, minutes and seconds.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "{}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        time.subsec_millis()
    )
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialects: Vec<String> = self
            .dialects
            .iter()
            .map(|(dialect, nodes)| format!("{nodes} {dialect}"))
            .collect();
        let faults: Vec<String> = self.faults.iter().map(|fault| fault.to_string()).collect();
        let faults = match faults.is_empty() {
            true => "none".to_owned(),
            false => faults.join(", "),
        };
        writeln!(
            f,
            "{} nodes ({}), {} blocks, {} of virtual time, seed {}",
            self.nodes,
            dialects.join(", "),
            self.blocks,
            clock(Duration::from_millis(self.length_ms)),
            self.seed
        )?;
        writeln!(f, "faults: {faults}")?;
        if !self.deviations.is_empty() {
            writeln!(f, "node 0 deviates: {}", self.deviations.join(", "))?;
        }
        writeln!(f, "\nwhat happened")?;
        let it = &self.happened;
        for (count, what) in [
            (it.events, "events handled"),
            (it.messages, "messages sent"),
            (it.entries, "want list entries"),
            (it.presences, "presence items"),
            (it.deliveries, "blocks"),
            (it.connections, "connections opened"),
            (it.disconnections, "connections closed"),
            (it.restarts, "restarts"),
            (it.aborts, "of them by a mistake of the node's own"),
            (it.uploads, "blocks uploaded"),
            (it.deletions, "blocks deleted"),
        ] {
            writeln!(f, "{count:>12}  {what}")?;
        }
        for (fault, count) in &it.spells {
            writeln!(f, "{count:>12}  spells of a node: {fault}")?;
        }
        self.requested(f, "requests", &self.requests)?;
        writeln!(
            f,
            "              met within {} ms (half), {} ms (99 of 100), {} ms (all)",
            self.half_met_within_ms, self.nearly_all_met_within_ms, self.all_met_within_ms
        )?;
        if self.requests_of.len() > 1 {
            for (dialect, counts) in &self.requests_of {
                self.requested(f, &format!("requests of {dialect} nodes"), counts)?;
            }
        }
        writeln!(
            f,
            "\njudged: {} steps by every rule, {} states looked at",
            self.steps_judged, self.states_looked_at
        )?;
        for violations in &self.violations {
            writeln!(
                f,
                "violated {} times: {} ({})",
                violations.times,
                violations.property.name,
                violations.property.requirements.join(", ")
            )?;
        }
        match &self.first_violation {
            None => writeln!(f, "nothing was violated"),
            Some(first) => writeln!(
                f,
                "first by node {} ({}, {}) at {}, event {} of its life: {}",
                first.node,
                first.dialect,
                first.peer,
                clock(Duration::from_millis(first.time_ms)),
                first.step,
                first.property.name
            ),
        }
    }
}

impl Summary {
    fn requested(&self, f: &mut fmt::Formatter<'_>, title: &str, counts: &Counts) -> fmt::Result {
        writeln!(f, "\n{title}")?;
        for (count, what) in [
            (counts.requested, "requested"),
            (counts.obtained, "obtained"),
            (counts.cancelled, "cancelled by their users"),
            (counts.ended_by_restart, "ended by a restart of the asker"),
            (counts.all_lost(), "lost"),
        ] {
            writeln!(f, "{count:>12}  {what}")?;
        }
        for (chance, count) in &counts.lost {
            writeln!(f, "{count:>16}  {}", chance.why())?;
        }
        if counts.obtained_garbage > 0 {
            writeln!(
                f,
                "{:>12}  obtained, and not the block that was asked for",
                counts.obtained_garbage
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Disconnects => "disconnects",
            Fault::Slow => "slow",
            Fault::Silent => "silent",
            Fault::Lying => "lying",
            Fault::Restarts => "restarts",
        })
    }
}
