//! [`Summary`]: the results of a simulation, as data and as text.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::faults::Fault;
use super::monitor::Monitor;
use super::options::Options;
use super::properties::Property;
use super::requests::{LossReason, RequestCounts, Requests};
use crate::wire::Message;

/// The name of the format of a summary as JSON.
pub const FORMAT: &str = "blockexc-simulation/1";

/// Counts of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
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
    /// Restarts of nodes.
    pub restarts: u64,
    /// Those of the restarts that followed a crash of the node.
    pub aborts: u64,
    /// How often a node became slow, silent or lying, by fault.
    pub spells: BTreeMap<Fault, u64>,
    /// Blocks uploaded.
    pub uploads: u64,
    /// Blocks deleted.
    pub deletions: u64,
}

impl Counters {
    /// Counts a message that is sent.
    pub fn count_message(&mut self, message: &Message) {
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
    /// The property.
    #[serde(flatten)]
    pub property: Property,
    /// The node, counted from zero.
    pub node: usize,
    /// Its peer id.
    pub peer: String,
    /// Its dialect.
    pub dialect: &'static str,
    /// The virtual time, in milliseconds.
    pub time_ms: u64,
    /// The number of starts of the node until then.
    pub life: u32,
    /// The number of events that it had handled since its last start.
    pub step: u64,
    /// The log of the node since its last start.
    #[serde(skip)]
    pub log: Log,
}

/// The violations of one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// The property.
    #[serde(flatten)]
    pub property: Property,
    /// Their number.
    pub times: u64,
}

/// The results of a simulation. The same options give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The seed.
    pub seed: u64,
    /// The number of nodes.
    pub nodes: usize,
    /// The number of blocks.
    pub blocks: usize,
    /// How long users were active, in milliseconds of virtual time.
    pub length_ms: u64,
    /// The injected faults.
    pub faults: Vec<Fault>,
    /// The number of nodes that speak each dialect.
    pub dialects: BTreeMap<&'static str, usize>,
    /// How the first node deviates.
    pub deviations: Vec<&'static str>,
    /// The virtual time at which the simulation was interrupted, in milliseconds. What was asked
    /// for and not met until then is not counted as lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted_at_ms: Option<u64>,
    /// Counts of what happened.
    pub happened: Counters,
    /// The results of all requests.
    pub requests: RequestCounts,
    /// The results of the requests of the nodes of each dialect.
    pub requests_of: BTreeMap<&'static str, RequestCounts>,
    /// The median duration of the requests that were met, in milliseconds.
    pub half_met_within_ms: u64,
    /// The 99th percentile of these durations.
    pub nearly_all_met_within_ms: u64,
    /// The longest of these durations.
    pub all_met_within_ms: u64,
    /// The number of steps checked by the rules.
    pub steps_judged: u64,
    /// The number of states checked.
    pub states_looked_at: u64,
    /// The violations, by property.
    pub violations: Vec<Violations>,
    /// The first violation.
    pub first_violation: Option<Violation>,
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Summary {
    /// The summary of a simulation with these options.
    pub fn new(
        options: &Options,
        peers: &[String],
        happened: Counters,
        mut requests: Requests,
        monitor: Monitor,
    ) -> Self {
        let dialect_of = |node: usize| options.dialects[node % options.dialects.len()].name;
        let mut dialects = BTreeMap::new();
        for node in 0..options.nodes {
            *dialects.entry(dialect_of(node)).or_default() += 1;
        }
        let mut all = RequestCounts::default();
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
            interrupted_at_ms: None,
            happened,
            requests: all,
            half_met_within_ms: met_within(50),
            nearly_all_met_within_ms: met_within(99),
            all_met_within_ms: met_within(100),
            requests_of: requests.counts,
            steps_judged: monitor.steps_checked,
            states_looked_at: monitor.states_checked,
            violations: monitor
                .violations
                .into_iter()
                .map(|(property, times)| Violations { property, times })
                .collect(),
            first_violation: monitor.first.map(|first| Violation {
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

impl LossReason {
    /// The reason as a sentence.
    pub fn text(self) -> &'static str {
        match self {
            LossReason::NobodyHeldIt => "no node that was up held the block",
            LossReason::NeverConnected => "no node that held it was connected to the asker",
            LossReason::Misbehaved => {
                "every connected node that held it misbehaved, or the asker did"
            }
            LossReason::Dialects => {
                "the dialects of asker and holder lose it, as the model checker predicts"
            }
            LossReason::LetDown => {
                "the asker waited for a peer that did not deliver, as the model checker predicts"
            }
            LossReason::BeyondPairs => {
                "the asker tells few of its peers or takes no such block, or the holder serves it once"
            }
            LossReason::Briefly => "no well-behaved node that held it stayed connected long enough",
            LossReason::Missed => "nothing prevented it",
        }
    }
}

/// A number of times, as words.
fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

/// A duration as `hours:minutes:seconds`.
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
        if let Some(time) = self.interrupted_at_ms {
            let time = clock(Duration::from_millis(time));
            writeln!(
                f,
                "interrupted at {time}: what follows is of the time until then"
            )?;
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
            (it.aborts, "of them after a crash of the node"),
            (it.uploads, "blocks uploaded"),
            (it.deletions, "blocks deleted"),
        ] {
            writeln!(f, "{count:>12}  {what}")?;
        }
        for (fault, count) in &it.spells {
            writeln!(f, "{count:>12}  times a node became {fault}")?;
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
            "\nchecked: {} steps by every rule, {} states",
            self.steps_judged, self.states_looked_at
        )?;
        for violations in &self.violations {
            writeln!(
                f,
                "violated {}: {} ({})",
                times(violations.times),
                violations.property.name,
                violations.property.requirements.join(", ")
            )?;
        }
        match &self.first_violation {
            None if self.interrupted_at_ms.is_some() => {
                writeln!(f, "nothing was violated until the interruption")
            }
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
    fn requested(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        counts: &RequestCounts,
    ) -> fmt::Result {
        writeln!(f, "\n{title}")?;
        for (count, what) in [
            (counts.requested, "requested"),
            (counts.obtained, "obtained"),
            (counts.cancelled, "cancelled by users"),
            (counts.ended_by_restart, "ended by a restart of the asker"),
            (counts.all_lost(), "lost"),
        ] {
            writeln!(f, "{count:>12}  {what}")?;
        }
        for (reason, count) in &counts.lost {
            writeln!(f, "{count:>16}  {}", reason.text())?;
        }
        if counts.obtained_garbage > 0 {
            writeln!(
                f,
                "{:>12}  met with another block than the one asked for",
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
