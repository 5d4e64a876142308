//! `blockexc baseline`: files of what is known to fail.

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::results::write_file;
use super::{Exit, known, report};
use crate::report::counted::counted;
use crate::suite::baseline::Baseline;

/// Write a baseline: what is known to fail, for `conform --baseline`
#[derive(Args, Clone, Debug)]
pub struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum BaselineCommand {
    Write(WriteArgs),
}

/// Write a baseline of what did not pass in a stored result
///
/// Reasons, links and dates of entries that are in the file already are kept. What passes has no
/// entry any more. Look at each new reason: it says what the node did, not why that is accepted.
#[derive(Args, Clone, Debug)]
struct WriteArgs {
    /// The baseline to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The result that `conform --json` wrote
    #[arg(long, value_name = "RESULT")]
    from: PathBuf,
}

/// Writes a baseline.
///
/// # Errors
///
/// When the result or an older baseline cannot be read, or the file not be written.
pub fn run(args: &BaselineArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let BaselineCommand::Write(args) = &args.command;
    let result = report::stored::read(&args.from)?;
    let older = match args.file.exists() {
        // What has expired is written again, for whoever extends it.
        true => known::read(&args.file, NaiveDate::MIN)?,
        false => Baseline::default(),
    };
    let baseline = Baseline::of_results(&result.results, &older);
    write_file(&args.file, baseline.to_toml()?)?;
    let entries = counted(baseline.entries.len() as u64, "entry", "entries");
    writeln!(out, "{}: {entries}", args.file.display())?;
    Ok(Exit::Good)
}
