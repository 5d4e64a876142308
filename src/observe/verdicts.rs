//! What an observation comes to: a result like that of any run.

use std::io::Write;

use blockexc_model::Requirement;
use blockexc_model::requirement::{Level, REQUIREMENTS};

use super::observation::Observation;
use super::side::Side;
use super::watched::{Found, Watched};
use crate::suite::circumstances::RunOptions;
use crate::suite::describe::{OneLine, short};
use crate::suite::verdict::{
    Conclusion, Line, RunResult, ScenarioResult, TargetDescription, Verdict,
};
use crate::trace::outside::Happened;
use crate::trace::unexplained::Unexplained;
use crate::wire::{Decoded, Message};

/// How the observation was made.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// When it began, in UTC, as RFC 3339 has it.
    pub started: String,
    /// What the relay's identities were made of.
    pub seed: u64,
    /// The names of the protocol that were agreed to.
    pub protocols: Vec<String>,
    /// The arguments of the command.
    pub arguments: Vec<String>,
}

/// What was found out of both nodes: a result for each requirement that what a node did has to do with.
/// A requirement that passes was not seen to be broken, which is all that can be said of it.
pub fn result<W: Write>(observation: &Observation<W>, circumstances: Circumstances) -> RunResult {
    let rerun = format!("blockexc observe {}", circumstances.arguments.join(" "));
    let mut results = Vec::new();
    for requirement in REQUIREMENTS {
        for side in Side::BOTH {
            let watched = &observation.nodes[side.place()];
            let judging = Judging {
                observation,
                watched,
                requirement,
                rerun: &rerun,
            };
            results.extend(judging.result());
        }
    }
    let [dialling, dialled] = &observation.nodes;
    let named = |watched: &Watched| match &watched.node {
        Some(node) => format!("{} ({node})", watched.side),
        None => format!("{} (which was never connected)", watched.side),
    };
    let duration = observation.begun.elapsed().as_millis();
    let target = TargetDescription::named(format!("{} and {}", named(dialling), named(dialled)));
    let mut run = RunResult {
        protocol: circumstances.protocols.join(", "),
        seed: circumstances.seed,
        options: RunOptions {
            arguments: circumstances.arguments,
            ..RunOptions::default()
        },
        duration_ms: u64::try_from(duration).unwrap_or(u64::MAX),
        ..RunResult::of(target, circumstances.started, results)
    };
    run.conclude();
    // Where nothing was said nothing is shown.
    if dialling.judged() + dialled.judged() == 0 && run.conclusion == Conclusion::NothingWrong {
        run.conclusion = Conclusion::CouldNotTell;
    }
    run
}

/// The requirement that a finding is counted under: of those that may be broken one that binds least, and
/// of these the one of the simplest explanation. `None`: none is known that forbids it.
pub fn counted_under(unexplained: &Unexplained) -> Option<&'static Requirement> {
    let ids = match unexplained.requirements.as_slice() {
        [] => unexplained.may_break.as_slice(),
        ids => ids,
    };
    let known = || ids.iter().filter_map(|id| Requirement::find(id));
    let certain = !unexplained.requirements.is_empty();
    let should = known().find(|it| it.level != Level::Must);
    match certain {
        true => known().next(),
        false => should.or_else(|| known().next()),
    }
}

/// The requirement of what a node says that nothing explains and no requirement is known to forbid.
fn closest_to(unexplained: &Unexplained) -> &'static str {
    match &unexplained.what {
        what if what.contains("\"deliveries\"") => "XFER-1",
        what if what.contains("\"presences\"") => "WANT-4",
        _ => "ASK-1",
    }
}

struct Judging<'a, W> {
    observation: &'a Observation<W>,
    watched: &'a Watched,
    requirement: &'static Requirement,
    rerun: &'a str,
}

impl<W: Write> Judging<'_, W> {
    fn result(&self) -> Option<ScenarioResult> {
        let id = self.requirement.id;
        let under = |found: &&Found| {
            let counted = counted_under(&found.finding.unexplained);
            counted.is_some_and(|it| it.id == id)
        };
        let unclear = |found: &&Found| {
            let unexplained = &found.finding.unexplained;
            counted_under(unexplained).is_none() && closest_to(unexplained) == id
        };
        let found = self.watched.found.iter().find(under);
        let unclear = self.watched.found.iter().find(unclear);
        let mut touched = self.watched.coverage().touched();
        let is_touched = touched.any(|it| it.id == id);
        if !is_touched && found.is_none() && unclear.is_none() {
            return None;
        }
        let side = self.watched.side;
        let mut result = ScenarioResult::of(
            format!("{id}/{}", side.name()),
            self.requirement,
            format!("Watched {side} while it spoke with the other one."),
            "Whatever it says follows from what it was sent and from what its user may have done."
                .to_owned(),
            self.rerun.to_owned(),
        );
        if let Some(found) = found {
            result.verdict = match self.requirement.level {
                Level::Must => Verdict::Fail,
                Level::Should => Verdict::Warning,
                Level::May => Verdict::Pass,
            };
            self.say(&mut result, found);
        } else if let Some(found) = unclear {
            result.verdict = Verdict::Inconclusive;
            self.say(&mut result, found);
            let reason = "nothing that is known explains what it said, and no requirement is known \
                that forbids it";
            result.reason = Some(reason.to_owned());
        } else if let Some(why) = &self.watched.unjudged {
            result.verdict = Verdict::Inconclusive;
            result.reason = Some(why.clone());
        }
        Some(result)
    }

    fn say(&self, result: &mut ScenarioResult, found: &Found) {
        let unexplained = &found.finding.unexplained;
        let mut actual = crate::shortened::shortened(&unexplained.what, 500).into_owned();
        if unexplained.requirements.len() > 1 {
            let all = unexplained.requirements.join(" and ");
            actual.push_str(&format!(", which breaks {all}"));
        }
        if unexplained.requirements.is_empty() && unexplained.may_break.len() > 1 {
            let all = unexplained.may_break.join(" or ");
            actual.push_str(&format!(", which breaks {all}, as far as can be told"));
        }
        if found.count > 1 {
            actual.push_str(&format!("; {} times in all", found.count));
        }
        result.expected = Some(result.expects.clone());
        result.actual = Some(actual);
        let names = unexplained.deviations.iter().map(|it| it.name().to_owned());
        result.broken_by = names.collect();
        let exchange = found.finding.exchange.iter();
        result.exchange = exchange
            .map(|(line, happened)| self.line(*line, happened))
            .collect();
    }

    fn line(&self, line: u64, happened: &Happened) -> Line {
        let side = self.watched.side;
        let (from, message) = match happened {
            Happened::Received(message) => (side.other(), message),
            Happened::Sent(message) => (side, message),
        };
        Line {
            number: usize::try_from(line).unwrap_or(usize::MAX),
            time_ms: self.observation.time_of(line).unwrap_or(0.0),
            from: from.name().to_owned(),
            to: from.other().name().to_owned(),
            connection: None,
            stream: None,
            text: in_one_line(message),
            length: None,
            bytes: None,
        }
    }
}

/// A message in one line, of which the blocks are not at hand any more.
fn in_one_line(message: &Message) -> String {
    let mut parts: Vec<String> = Vec::new();
    let deliveries = message.deliveries.iter();
    let delivered: Vec<String> = deliveries.map(|it| short(&it.address)).collect();
    let rest = Message {
        deliveries: Vec::new(),
        ..message.clone()
    };
    if !rest.is_empty() {
        let decoded = Decoded {
            message: rest,
            ..Decoded::default()
        };
        parts.push(OneLine(&decoded).to_string());
    }
    if !delivered.is_empty() {
        parts.push(format!("delivery: {}", delivered.join(", ")));
    }
    parts.join(" + ")
}
