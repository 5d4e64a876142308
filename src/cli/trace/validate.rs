//! `blockexc trace validate`: does a run of the model explain these logs?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::Utc;
use clap::Args;
use serde_json::{Value, json};

use super::accepted::{Accepted, Accepting, Outcome};
use super::follow::follow;
use super::input::Log;
use super::show::{called, found_value, show, show_coverage, show_found, verdict_value};
use super::stored::{FORMAT, StoredVerdicts};
use super::suppose::SupposeArgs;
use crate::causes::with_causes;
use crate::cli::interruption::{Interrupted, Interruption};
use crate::cli::results::{is_standard_output, look_ahead, write_json};
use crate::cli::{Exit, known};
use crate::suite::baseline::Baseline;
use crate::suite::circumstances::Part;
use crate::trace::coverage::Coverage;
use crate::trace::find::{Found, find_dialects};
use crate::trace::judge::NodeVerdict;
use crate::trace::read::LogReader;
use crate::trace::unexplained::Stop;
use crate::trace::validate::validate_while;

/// Say whether a run of the model explains a log
///
/// Exit code: 0 a run explains every log, 1 no run explains one of them, or an entry of the baseline is
/// stale, 2 it could not be told, a log says nothing, or it could not be read, 130 it was interrupted.
#[derive(Args, Clone, Debug)]
pub(super) struct ValidateArgs {
    /// The logs; - is the standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    suppose: SupposeArgs,
    /// Say which dialects explain them
    #[arg(long, conflicts_with_all = ["dialect", "deviation", "baseline", "follow"])]
    find_dialect: bool,
    /// What is known to fail, with reasons: the TOML file that `conform` takes. What fails as listed is
    /// accepted, and the rest of the log is judged; what is listed and is shown to be done is an error
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    baseline: Option<PathBuf>,
    /// Judge only part I of N of the logs, by file; `report merge` puts the parts together
    #[arg(long, value_name = "I/N")]
    shard: Option<Part>,
    /// Judge the log as it is written, until the first failure or the end of the input. The input of
    /// a file ends when it is removed
    #[arg(long)]
    follow: bool,
    /// Write the verdicts as JSON to this file, or - for the standard output instead of the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show messages and states in full, and which requirements a log does not touch
    #[arg(long, short)]
    verbose: bool,
}

/// What was found of all logs.
#[derive(Default)]
struct Findings {
    /// Each log with the verdicts on it and what in it was known.
    logs: Vec<(PathBuf, Vec<NodeVerdict>, Vec<Accepted>)>,
    /// The logs that could not be read, and why.
    unreadable: Vec<(PathBuf, String)>,
    outcome: Option<Outcome>,
    is_interrupted: bool,
}

impl ValidateArgs {
    /// Judges the logs.
    ///
    /// # Errors
    ///
    /// When the only log cannot be read, the baseline is refused, or writing fails.
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let stdins = self.files.iter().filter(|it| *it == Path::new("-"));
        if stdins.count() > 1 {
            bail!("the standard input is there only once");
        }
        if self.follow && self.files.len() > 1 {
            bail!("--follow takes one log");
        }
        let files = match self.shard {
            Some(part) => part.take(self.files.iter()),
            None => self.files.iter().collect(),
        };
        if let (Some(part), true) = (self.shard, files.is_empty()) {
            bail!("part {part} has no log: there are {}", self.files.len());
        }
        look_ahead([&self.json])?;
        let interruption = Interruption::listen()?;
        if self.find_dialect {
            return self.find(&files, &interruption, out);
        }
        let baseline = self.baseline.as_deref();
        let baseline = baseline
            .map(|file| known::read(file, Utc::now().date_naive()))
            .transpose()?;
        let findings = self.judge(&files, baseline.as_ref(), &interruption)?;
        let stored = findings.stored(self);
        if let Some(file) = &self.json {
            write_json(file, &stored, out)?;
        }
        if !self.shows_json() {
            findings.show(self.files.len() > 1, self.verbose, out)?;
        }
        Ok(stored.exit())
    }

    fn shows_json(&self) -> bool {
        self.json.as_deref().is_some_and(is_standard_output)
    }

    fn judge(
        &self,
        files: &[&PathBuf],
        baseline: Option<&Baseline>,
        interruption: &Interruption,
    ) -> anyhow::Result<Findings> {
        let mut findings = Findings::default();
        let mut accepting = baseline.map(Accepting::new);
        for file in files {
            let judged = self.judge_one(file, accepting.as_mut(), interruption);
            match judged.with_context(|| file.display().to_string()) {
                Ok((verdicts, accepted)) => {
                    findings.logs.push(((*file).clone(), verdicts, accepted));
                }
                Err(error) if error.is::<Interrupted>() => return Err(error),
                Err(error) if files.len() == 1 && self.shard.is_none() => return Err(error),
                Err(error) => {
                    let why = with_causes(error.as_ref());
                    anstream::eprintln!("error: {why}");
                    findings.unreadable.push(((*file).clone(), why));
                }
            }
            if interruption.is_requested() {
                findings.is_interrupted = true;
                return Ok(findings);
            }
        }
        let sees_all = self.shard.is_none() && findings.unreadable.is_empty();
        findings.outcome = accepting.map(|accepting| accepting.outcome(sees_all));
        Ok(findings)
    }

    fn judge_one(
        &self,
        file: &Path,
        accepting: Option<&mut Accepting<'_>>,
        interruption: &Interruption,
    ) -> anyhow::Result<(Vec<NodeVerdict>, Vec<Accepted>)> {
        let suppose = self.suppose.suppose();
        if self.follow {
            return Ok((follow(file, suppose, interruption)?, Vec::new()));
        }
        let log = Log::of(file, interruption)?;
        let go_on = || interruption.go_on();
        Ok(match accepting {
            Some(accepting) => accepting.validate(&log, suppose, go_on)?,
            None => (validate_while(|| log.open(), suppose, go_on)?, Vec::new()),
        })
    }

    fn find(
        &self,
        files: &[&PathBuf],
        interruption: &Interruption,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let mut all: Vec<(&PathBuf, Vec<Found>)> = Vec::new();
        for file in files {
            let found = Log::of(file, interruption)
                .and_then(|log| Ok(find_dialects(LogReader::new(log.open()?))?))
                .with_context(|| file.display().to_string())?;
            all.push((file, found));
        }
        if let Some(to) = &self.json {
            let nodes = all.iter().flat_map(|(file, found)| {
                found
                    .iter()
                    .map(move |found| of_file(file, found_value(found)))
            });
            write_json(to, &json!({ "nodes": nodes.collect::<Vec<_>>() }), out)?;
        }
        if !self.shows_json() {
            for (file, found) in &all {
                if self.files.len() > 1 {
                    writeln!(out, "{}:", file.display())?;
                }
                found.iter().try_for_each(|found| show_found(found, out))?;
            }
        }
        let mut nodes = all.iter().flat_map(|(_, found)| found);
        let says_nothing = |found: &Found| {
            let mut stops = found.dialects.iter().map(|(_, stop)| stop);
            stops.all(|stop| matches!(stop, Some(Stop::Vacuous { .. })))
        };
        if nodes.clone().any(says_nothing) {
            return Ok(Exit::CouldNotTell);
        }
        let are_all = nodes.all(|found| found.explaining().next().is_some());
        Ok(if are_all { Exit::Good } else { Exit::Bad })
    }
}

/// The value of a node, with the log that it is in.
fn of_file(file: &Path, mut value: Value) -> Value {
    value["file"] = json!(file.display().to_string());
    value
}

impl Findings {
    fn show(&self, names_files: bool, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut coverage = Coverage::default();
        for (file, verdicts, accepted) in &self.logs {
            if names_files {
                writeln!(out, "{}:", file.display())?;
            }
            for it in accepted {
                writeln!(
                    out,
                    "{}: line {} is known: {} breaks {} ({})",
                    called(&it.node),
                    it.line,
                    it.deviation,
                    it.deviation.breaks().join(", "),
                    it.reasons.join("; ")
                )?;
            }
            for verdict in verdicts {
                show(verdict, verbose, out)?;
                coverage = coverage.union(verdict.coverage);
            }
        }
        if self.logs.len() > 1 {
            writeln!(out, "all logs together:")?;
            show_coverage(coverage, verbose, out)?;
        }
        match &self.outcome {
            Some(outcome) => outcome.write(out),
            None => Ok(()),
        }
    }

    fn stored(&self, args: &ValidateArgs) -> StoredVerdicts {
        let nodes = self.logs.iter().flat_map(|(file, verdicts, accepted)| {
            verdicts.iter().map(move |verdict| {
                let mut value = of_file(file, verdict_value(verdict));
                let known = accepted.iter().filter(|it| it.node == verdict.header.node);
                let known = known.map(|it| {
                    json!({
                        "line": it.line,
                        "deviation": it.deviation.name(),
                        "reasons": it.reasons,
                    })
                });
                value["known"] = known.collect();
                value
            })
        });
        let unreadable = self.unreadable.iter();
        let unreadable = unreadable
            .map(|(file, why)| json!({ "file": file.display().to_string(), "error": why }));
        let names = args.files.iter().map(|file| file.display().to_string());
        StoredVerdicts {
            format: FORMAT.to_owned(),
            blockexc_version: env!("CARGO_PKG_VERSION").to_owned(),
            files: names.collect(),
            supposed: args.suppose.names(),
            part: args.shard,
            nodes: nodes.collect(),
            unreadable: unreadable.collect(),
            baseline: self.outcome.clone(),
            interrupted: self.is_interrupted,
        }
    }
}
