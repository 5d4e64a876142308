//! `blockexc trace`: logs of any implementation against the model.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use blockexc_model::deviation::Deviations;
use blockexc_model::{Deviation, Dialect};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::interruption::Interruption;
use super::{Exit, deviation, dialect};
use crate::trace::diagnose::MAX_PIECES;
use crate::trace::draw::draw;
use crate::trace::find::find_dialects;
use crate::trace::read::LogReader;
use crate::trace::shrink::shrink;
use crate::trace::unexplained::{Stop, Unexplained};
use crate::trace::validate::{NodeVerdict, Suppose, validate, validate_while};

/// Check logs of nodes against the model
///
/// docs/traces.md describes the format, and how to convert the log of another implementation.
#[derive(Args, Clone, Debug)]
pub struct TraceArgs {
    #[command(subcommand)]
    command: TraceCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum TraceCommand {
    Validate(ValidateArgs),
    Shrink(ShrinkArgs),
    Draw(DrawArgs),
}

/// How the nodes of a log are assumed to deviate.
#[derive(Args, Clone, Debug)]
struct SupposeArgs {
    /// Explain the log by this dialect, not by the one that the log names
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialect: Option<&'static Dialect>,
    /// Explain the log by this deviation too
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
}

/// Shrink a log that fails to the few lines that fail in the same way
///
/// Writes the small log to the standard output. When several nodes fail, it is that of the first.
///
/// Exit code: 0 done, 1 nothing fails, 2 the log could not be read.
#[derive(Args, Clone, Debug)]
struct ShrinkArgs {
    /// The log
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    suppose: SupposeArgs,
}

/// Draw a log as a sequence chart, up to the first line that no run of the model explains
///
/// Exit code: 0 drawn, 2 the log could not be read.
#[derive(Args, Clone, Debug)]
struct DrawArgs {
    /// The log
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    suppose: SupposeArgs,
    /// The node to draw [default: the first that fails, or else the first]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Draw only this many lines, the last ones
    #[arg(long, value_name = "N", default_value = "60")]
    lines: usize,
    /// Draw for Mermaid
    #[arg(long, conflicts_with = "svg")]
    mermaid: bool,
    /// Draw as SVG
    #[arg(long)]
    svg: bool,
}

/// Say whether a run of the model explains a log
///
/// Exit code: 0 a run explains it, 1 no run does, 2 it could not be told, or the log could not be
/// read, 130 it was interrupted.
#[derive(Args, Clone, Debug)]
struct ValidateArgs {
    /// The log
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    suppose: SupposeArgs,
    /// Say which dialects explain it
    #[arg(long, conflicts_with_all = ["dialect", "deviation"])]
    find_dialect: bool,
    /// Write the verdict as JSON
    #[arg(long)]
    json: bool,
}

/// Does what is asked of a log.
///
/// # Errors
///
/// When the log cannot be read, or writing fails.
pub fn run(args: &TraceArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match &args.command {
        TraceCommand::Validate(args) => args.run(out),
        TraceCommand::Shrink(args) => args.run(out),
        TraceCommand::Draw(args) => args.run(out),
    }
}

fn open(file: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 18, File::open(file)?))
}

impl SupposeArgs {
    fn suppose(&self) -> Suppose {
        if self.dialect.is_none() && self.deviation.is_empty() {
            return Suppose::AsLogged;
        }
        let mut deviations = self
            .dialect
            .map_or_else(Deviations::none, |dialect| dialect.deviations);
        for deviation in &self.deviation {
            deviations.insert(*deviation);
        }
        Suppose::So(deviations)
    }
}

impl ShrinkArgs {
    fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let context = || self.file.display().to_string();
        let verdicts =
            validate(|| open(&self.file), self.suppose.suppose()).with_context(context)?;
        for verdict in &verdicts {
            let Some(Stop::Unexplained(failure)) = &verdict.stop else {
                continue;
            };
            let log = LogReader::new(open(&self.file)?);
            let shrunk = shrink(log, verdict, failure).with_context(context)?;
            let (before, after) = shrunk.lines();
            anstream::eprintln!("{before} lines up to the failure, {after} are enough");
            shrunk.write(out)?;
            return Ok(Exit::Good);
        }
        anstream::eprintln!("nothing in the log fails");
        Ok(Exit::Bad)
    }
}

impl DrawArgs {
    fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let context = || self.file.display().to_string();
        let verdicts =
            validate(|| open(&self.file), self.suppose.suppose()).with_context(context)?;
        let verdict = match &self.node {
            Some(name) => verdicts.iter().find(|it| it.header.node == *name),
            None => verdicts
                .iter()
                .find(|it| it.stop.is_some())
                .or(verdicts.first()),
        };
        let Some(verdict) = verdict else {
            let names: Vec<_> = verdicts.iter().map(|it| it.header.node.as_str()).collect();
            bail!(
                "there is no such node in the log, there are: {}",
                names.join(", ")
            );
        };
        let log = LogReader::new(open(&self.file)?);
        let chart = draw(log, verdict, self.lines).with_context(context)?;
        let drawn = if self.mermaid {
            chart.mermaid()
        } else if self.svg {
            chart.svg()
        } else {
            chart.text()
        };
        writeln!(out, "{}", drawn.trim_end())?;
        if !self.mermaid && !self.svg {
            writeln!(out)?;
            show(verdict, out)?;
        }
        Ok(Exit::Good)
    }
}

impl ValidateArgs {
    fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let context = || self.file.display().to_string();
        if self.find_dialect {
            return self.find(out).with_context(context);
        }
        let interruption = Interruption::listen()?;
        let suppose = self.suppose.suppose();
        let verdicts = validate_while(|| open(&self.file), suppose, || interruption.go_on())
            .with_context(context)?;
        if self.json {
            let nodes: Vec<_> = verdicts.iter().map(verdict_value).collect();
            writeln!(out, "{:#}", json!({ "nodes": nodes }))?;
        } else {
            for verdict in &verdicts {
                show(verdict, out)?;
            }
        }
        if interruption.is_requested() {
            return Ok(Exit::Interrupted);
        }
        let stops = || verdicts.iter().filter_map(|verdict| verdict.stop.as_ref());
        Ok(
            if stops().any(|stop| matches!(stop, Stop::Unexplained(_))) {
                Exit::Bad
            } else if stops().next().is_some() {
                Exit::CouldNotTell
            } else {
                Exit::Good
            },
        )
    }

    fn find(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let found = find_dialects(LogReader::new(open(&self.file)?))?;
        if self.json {
            let nodes: Vec<_> = found
                .iter()
                .map(|found| {
                    let dialects: serde_json::Map<_, _> = found
                        .dialects
                        .iter()
                        .map(|(dialect, stop)| {
                            (
                                dialect.name.to_owned(),
                                json!(stop.as_ref().map(stop_value)),
                            )
                        })
                        .collect();
                    json!({ "node": found.node, "dialects": dialects })
                })
                .collect();
            writeln!(out, "{:#}", json!({ "nodes": nodes }))?;
        } else {
            for found in &found {
                let node = called(&found.node);
                for (dialect, stop) in &found.dialects {
                    match stop {
                        None => writeln!(out, "{node}: {} explains the log", dialect.name)?,
                        Some(Stop::Unexplained(it)) => {
                            writeln!(
                                out,
                                "{node}: {} does not, from line {}",
                                dialect.name, it.line
                            )?;
                        }
                        Some(Stop::Inconclusive { line, why }) => {
                            writeln!(
                                out,
                                "{node}: {}: unclear at line {line}: {why}",
                                dialect.name
                            )?;
                        }
                    }
                }
            }
        }
        let all = found
            .iter()
            .all(|found| found.explaining().next().is_some());
        Ok(if all { Exit::Good } else { Exit::Bad })
    }
}

fn called(node: &str) -> &str {
    if node.is_empty() { "the node" } else { node }
}

fn show(verdict: &NodeVerdict, out: &mut dyn Write) -> io::Result<()> {
    let node = called(&verdict.header.node);
    let model = supposed(verdict);
    if verdict.skipped > 0 {
        writeln!(
            out,
            "{node}: not judged, because what they are about is unknown: {} parts of messages",
            verdict.skipped
        )?;
    }
    let explained = verdict.explained;
    match &verdict.stop {
        None => writeln!(out, "{node}: {model} explains all {explained} lines"),
        Some(Stop::Inconclusive { line, why }) => writeln!(
            out,
            "{node}: it cannot be told: {explained} lines are explained, and at line {line} {why}"
        ),
        Some(Stop::Unexplained(unexplained)) => {
            writeln!(
                out,
                "{node}: {model} explains {explained} lines, and not line {}",
                unexplained.line
            )?;
            explain(unexplained, explained, out)
        }
    }
}

fn explain(it: &Unexplained, explained: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  line {}: {}", it.line, it.what)?;
    if it.input != it.line {
        writeln!(out, "  after the input of line {}", it.input)?;
    }
    if it.allowed.is_empty() {
        writeln!(out, "  the model does nothing more here")?;
    }
    for allowed in &it.allowed {
        writeln!(out, "  the model: {allowed}")?;
    }
    for requirement in it.broken() {
        writeln!(
            out,
            "  breaks {} ({}): {}",
            requirement.id, requirement.level, requirement.text
        )?;
    }
    for deviation in &it.deviations {
        let permitted = if deviation.is_permitted() {
            ", which is permitted"
        } else {
            ""
        };
        writeln!(
            out,
            "  as a node does by {deviation}{permitted}: {}",
            deviation.summary()
        )?;
    }
    if it.deviations.is_empty() {
        if explained > MAX_PIECES {
            writeln!(out, "  no deviation was tried: the log is too long")?;
        } else {
            writeln!(
                out,
                "  no single deviation known explains it; the requirements are by the kind of line"
            )?;
        }
    }
    writeln!(out, "  the model's state: {}", it.state.value())
}

fn supposed(verdict: &NodeVerdict) -> String {
    if verdict.deviations.is_empty() {
        "the reference".to_owned()
    } else {
        let known = blockexc_model::dialect::DIALECTS
            .iter()
            .find(|dialect| dialect.deviations == verdict.deviations);
        match known {
            Some(dialect) => dialect.name.to_owned(),
            None => {
                let names: Vec<_> = verdict.deviations.iter().map(Deviation::name).collect();
                format!("the model with {}", names.join(", "))
            }
        }
    }
}

fn verdict_value(verdict: &NodeVerdict) -> Value {
    json!({
        "node": verdict.header.node,
        "model": supposed(verdict),
        "explained_lines": verdict.explained,
        "not_judged": verdict.skipped,
        "stop": verdict.stop.as_ref().map(stop_value),
    })
}

fn stop_value(stop: &Stop) -> Value {
    match stop {
        Stop::Inconclusive { line, why } => json!({ "inconclusive": why, "line": line }),
        Stop::Unexplained(it) => json!({
            "line": it.line,
            "input": it.input,
            "what": it.what,
            "allowed": it.allowed,
            "requirements": it.requirements,
            "deviations": it.deviations.iter().map(|deviation| deviation.name()).collect::<Vec<_>>(),
            "state": it.state.value(),
        }),
    }
}
