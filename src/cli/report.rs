//! `blockexc report`: stored results as reports, side by side, or put together.

mod merge;
pub(super) mod stored;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};

use self::merge::MergeArgs;
use self::stored::read;
use super::reporting::ReportArgs;
use super::results::write_file;
use super::{Exit, results};
use crate::report::compare::{Column, Comparison};

/// Make reports of stored results
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Exit code: 0 done, 2 a file could not be read or written."
)]
pub struct ReportCommandArgs {
    #[command(subcommand)]
    command: Option<ReportCommand>,
    /// The result that `conform --json` wrote
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
}

#[derive(Clone, Debug, Subcommand)]
enum ReportCommand {
    Compare(CompareArgs),
    Merge(MergeArgs),
}

/// Show results side by side: requirements as rows, those that differ first
#[derive(Args, Clone, Debug)]
struct CompareArgs {
    /// The results, one for each column
    #[arg(value_name = "FILE", required = true, num_args = 2..)]
    files: Vec<PathBuf>,
    /// Write the table as Markdown to this file
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the table as an HTML page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Makes reports.
///
/// # Errors
///
/// When a result cannot be read, or a report not be written.
pub fn run(args: &ReportCommandArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match &args.command {
        Some(ReportCommand::Compare(args)) => return args.run(out),
        Some(ReportCommand::Merge(args)) => return args.run(out),
        None => {}
    }
    if args.files.len() > 1 && args.reports.has_files() {
        bail!("one result goes to a file: {} are given", args.files.len());
    }
    args.reports.look_ahead()?;
    for file in &args.files {
        args.reports.write(&read(file)?, out)?;
    }
    Ok(Exit::Good)
}

impl CompareArgs {
    fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        results::look_ahead([&self.markdown, &self.html])?;
        let mut columns = Vec::new();
        for file in &self.files {
            let name = file.file_stem().unwrap_or(file.as_os_str());
            columns.push(Column {
                name: name.to_string_lossy().into_owned(),
                run: read(file)?,
            });
        }
        let comparison = Comparison::of(&columns);
        if let Some(file) = &self.markdown {
            write_file(file, comparison.markdown())?;
        }
        if let Some(file) = &self.html {
            write_file(file, comparison.html()?)?;
        }
        comparison.write(out)?;
        Ok(Exit::Good)
    }
}
