//! `blockexc vectors`: the specification as data, for a codec, a tree or a state machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use chrono::Utc;
use clap::{Args, Subcommand};

use super::interruption::Interruption;
use super::reporting::{ReportArgs, exit_of};
use super::results::{look_ahead, write_file};
use super::{Exit, known, runtime, seconds};
use crate::report::counted::counted;
use crate::suite::baseline::{Baseline, BaselineError};
use crate::vectors::archive::archive;
use crate::vectors::driver::DriverSettings;
use crate::vectors::kill_matrix::{self, NOT_TOLD, Row};
use crate::vectors::select::{check_name, select};
use crate::vectors::vector::{self, Kind, Vector};
use crate::vectors::{files, run as runs};

/// Write vectors for a codec, a tree or a state machine in any language, or run them
///
/// vectors/README.md describes the vectors, and the drivers that answer them.
#[derive(Args, Clone, Debug)]
pub struct VectorsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    Write(WriteArgs),
    Run(Box<RunArgs>),
    KillMatrix(KillMatrixArgs),
}

/// Write all vectors, their manifest and their description into a folder
#[derive(Args, Clone, Debug)]
struct WriteArgs {
    /// The folder; it is made when it is not there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write them all into this file as well, a tar file compressed with gzip
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
}

/// Run vectors on an implementation's own driver, a program that speaks lines of JSON
///
/// In reports a vector is called a scenario.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0 nothing wrong in what was run, 1 something is, \
    2 the driver does not start or it could not be told, 130 interrupted."
)]
struct RunArgs {
    /// What to run: sections, requirements or vectors [default: everything]
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// What not to run
    #[arg(long, value_name = "SELECTOR")]
    exclude: Vec<String>,
    /// Run only vectors of this kind: wire, tree or state
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,
    /// List what would be run, and run nothing
    #[arg(long)]
    list: bool,
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    /// A skipped vector is a failure
    #[arg(long)]
    require_all: bool,
    /// What is known to fail, with reasons: a TOML file, as for conform
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
    /// The driver, with its arguments
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "list")]
    command: Vec<String>,
}

/// Show which deviations of the model the state vectors tell from the reference
///
/// Exit code: 0 every one is told, or it is known why not; 1 one is not.
#[derive(Args, Clone, Debug)]
struct KillMatrixArgs {
    /// Name the vectors
    #[arg(long, short)]
    verbose: bool,
}

/// Writes vectors, runs them, or says what they are worth.
///
/// # Errors
///
/// When a file cannot be read or written, nothing is selected, or the driver does not start.
pub fn run(args: &VectorsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match &args.action {
        Action::Write(args) => write(args, out),
        Action::Run(args) => run_vectors(args, out),
        Action::KillMatrix(args) => kill_matrix(args, out),
    }
}

fn all_vectors() -> anyhow::Result<Vec<Vector>> {
    vector::all().map_err(|error| anyhow!(error))
}

fn write(args: &WriteArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let WriteArgs {
        folder,
        archive: to,
    } = args;
    look_ahead([to])?;
    let files = files::all().map_err(|error| anyhow!(error))?;
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    for file in &files {
        write_file(&folder.join(file.name), &file.text)?;
    }
    if let Some(to) = to {
        write_file(to, archive(&files)?)?;
    }
    for file in &files {
        let vectors: usize = file.counts.values().sum();
        let name = folder.join(file.name);
        match vectors {
            0 => writeln!(out, "{}", name.display())?,
            _ => writeln!(
                out,
                "{}: {} about {}, {} bytes",
                name.display(),
                counted(vectors as u64, "vector", "vectors"),
                counted(file.counts.len() as u64, "requirement", "requirements"),
                file.text.len()
            )?,
        }
    }
    Ok(Exit::Good)
}

fn run_vectors(args: &RunArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let all = all_vectors()?;
    let selected = select(&all, &args.kind, &args.selectors, &args.exclude);
    let selected = selected.map_err(|error| anyhow!(error))?;
    if args.list {
        for vector in selected {
            writeln!(
                out,
                "{:<9} {:<32} {}",
                vector.command, vector.id, vector.summary
            )?;
        }
        return Ok(Exit::Good);
    }
    args.reports.look_ahead()?;
    let baseline = args.baseline.as_deref();
    let baseline = baseline.map(|file| read_baseline(file, &all)).transpose()?;
    let settings = DriverSettings {
        command: shlex::try_join(args.command.iter().map(String::as_str))?,
        within: args.timeout,
    };
    let interruption = Interruption::listen()?;
    let mut result = runtime()?
        .block_on(runs::run(
            &selected,
            &settings,
            all.len(),
            interruption.requested(),
        ))
        .map_err(|error| anyhow!("the driver `{}`: {error}", settings.command))?;
    result.selection.selected.clone_from(&args.selectors);
    result.selection.excluded.clone_from(&args.exclude);
    result.options.require_all = args.require_all;
    result.baseline = baseline.map(|baseline| {
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|vector| (vector.id.as_str(), vector.requirement.id))
            .collect();
        baseline.compare_with(&mut result.results, &all)
    });
    result.conclude();
    args.reports.write(&result, out)?;
    Ok(exit_of(&result))
}

fn read_baseline(file: &Path, all: &[Vector]) -> anyhow::Result<Baseline> {
    let check = |name: &str| check_name(name, all).map_err(BaselineError::Unknown);
    let today = Utc::now().date_naive();
    known::read_with(file, |text| Baseline::parse_with(text, today, check))
}

fn kill_matrix(args: &KillMatrixArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let vectors = all_vectors()?;
    let rows = kill_matrix::rows(&vectors).map_err(|error| anyhow!(error))?;
    let reasons: BTreeMap<_, _> = NOT_TOLD.iter().copied().collect();
    let mut exit = Exit::Good;
    for row in &rows {
        let is_told = match row.deviation.is_permitted() {
            true => !row.differs.is_empty(),
            false => !row.accuses.is_empty(),
        };
        let reason = reasons.get(&row.deviation);
        if !is_told && reason.is_none() {
            exit = Exit::Bad;
        }
        writeln!(out, "{:<32} {}", row.deviation.name(), what(row, reason))?;
        if args.verbose {
            let named = match row.deviation.is_permitted() {
                true => &row.differs,
                false => &row.accuses,
            };
            for vector in named {
                writeln!(out, "    {vector}")?;
            }
        }
    }
    let told = rows.iter().filter(|row| !row.differs.is_empty()).count();
    writeln!(
        out,
        "{told} of {} deviations of the model are told.",
        rows.len()
    )?;
    Ok(exit)
}

/// What the vectors make of a deviation, in words.
fn what(row: &Row, reason: Option<&&str>) -> String {
    let vectors = |of: &[String]| counted(of.len() as u64, "vector", "vectors");
    match (row.accuses.is_empty(), row.differs.is_empty()) {
        (false, _) => {
            let of: Vec<_> = row.accused_of.iter().copied().collect();
            format!("{} by {}", of.join(" "), vectors(&row.accuses))
        }
        (true, false) if row.deviation.is_permitted() => {
            format!("allowed, and seen at {}", vectors(&row.differs))
        }
        _ => format!(
            "NOT TOLD: {}",
            reason.copied().unwrap_or("it is not known why")
        ),
    }
}
