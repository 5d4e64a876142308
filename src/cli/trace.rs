//! `blockexc trace`: logs of any implementation against the model.

mod accepted;
mod follow;
mod input;
mod show;
pub(super) mod stored;
mod suppose;
mod validate;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use self::input::Log;
use self::suppose::SupposeArgs;
use super::Exit;
use super::interruption::Interruption;
use super::results::{look_ahead, write_text};
use crate::trace::draw::draw;
use crate::trace::read::LogReader;
use crate::trace::shrink::shrink;
use crate::trace::unexplained::Stop;

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
    Validate(validate::ValidateArgs),
    Shrink(ShrinkArgs),
    Draw(DrawArgs),
}

/// Shrink a log that fails to the few lines that fail in the same way
///
/// Writes the small log to the standard output. When several nodes fail, it is that of the first.
///
/// Exit code: 0 done, 1 nothing fails, 2 the log could not be read.
#[derive(Args, Clone, Debug)]
struct ShrinkArgs {
    /// The log, or - for the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    suppose: SupposeArgs,
}

/// Draw a log as a sequence chart
///
/// Exit code: 0 done, 2 the log could not be read.
#[derive(Args, Clone, Debug)]
struct DrawArgs {
    /// The log, or - for the standard input
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
    /// Write the chart to this file, as a Mermaid diagram; - is the standard output
    #[arg(long, value_name = "FILE")]
    mermaid: Option<PathBuf>,
    /// Write the chart to this file, as an SVG image; - is the standard output
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
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

impl ShrinkArgs {
    fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let context = || self.file.display().to_string();
        let log = Log::of(&self.file, &Interruption::listen()?).with_context(context)?;
        let verdicts = log.validate(self.suppose.suppose()).with_context(context)?;
        for verdict in &verdicts {
            let Some(Stop::Unexplained(failure)) = &verdict.stop else {
                continue;
            };
            let reader = LogReader::new(log.open()?);
            let shrunk = shrink(reader, verdict, failure).with_context(context)?;
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
        look_ahead([&self.mermaid, &self.svg])?;
        let context = || self.file.display().to_string();
        let log = Log::of(&self.file, &Interruption::listen()?).with_context(context)?;
        let verdicts = log.validate(self.suppose.suppose()).with_context(context)?;
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
        let reader = LogReader::new(log.open()?);
        let chart = draw(reader, verdict, self.lines).with_context(context)?;
        let drawn = [
            self.mermaid.as_ref().map(|file| (file, chart.mermaid())),
            self.svg.as_ref().map(|file| (file, chart.svg())),
        ];
        for (file, text) in drawn.iter().flatten() {
            write_text(file, &format!("{}\n", text.trim_end()), out)?;
        }
        if self.mermaid.is_none() && self.svg.is_none() {
            writeln!(out, "{}\n", chart.text().trim_end())?;
            show::show(verdict, false, out)?;
        }
        Ok(Exit::Good)
    }
}
