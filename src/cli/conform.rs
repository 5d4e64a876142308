//! `blockexc conform`: the conformance suite.

mod start;
pub(super) mod target;

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use self::target::{TargetArgs, source};
use super::Exit;
use crate::report::{console, json};
use crate::suite::plan::Plan;
use crate::suite::probe;
use crate::suite::runner::{self, Observer};
use crate::suite::scenario::Scenario;
use crate::suite::select::select;
use crate::suite::transport::Muxer;
use crate::suite::verdict::{Conclusion, ScenarioResult};

/// Validate a node against the specification
///
/// Without --target, the embedded reference node is validated: a fresh one for each scenario, in
/// this process, reached through its sockets.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A selector is a section (WANT), a requirement (WANT-1, which is not WANT-10) or \
    a scenario (WANT-10/held).\n\
    Exit code: 0 the target conforms as far as tested, 1 it does not (it misses a MUST), 2 the \
    suite could not run, or could not tell (no MUST is missed, and a scenario is inconclusive). \
    A missed SHOULD is a warning, and does not change the exit code."
)]
pub struct ConformArgs {
    /// What to run: sections, requirements or scenarios [default: everything]
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// What not to run
    #[arg(long, value_name = "SELECTOR")]
    exclude: Vec<String>,
    /// List what would be run, and run nothing
    #[arg(long)]
    list: bool,
    /// The seed of all random choices. Each run prints its seed; the same seed repeats the run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the results as JSON to this file, or - for the standard output instead of the report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Show the bytes of each exchange
    #[arg(long)]
    bytes: bool,
    /// Show a line for every scenario
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the suite, and reports.
///
/// # Errors
///
/// When nothing is selected, the target is not to be reached, or a report cannot be written.
pub fn run(args: &ConformArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let scenarios = select(&args.selectors, &args.exclude)?;
    if args.list {
        for scenario in scenarios {
            writeln!(out, "{:<28} {}", scenario.id, scenario.summary)?;
        }
        return Ok(Exit::Good);
    }
    // Opened first: a run whose report cannot be written is a run for nothing.
    let mut json_file = match &args.json {
        Some(path) if path.as_os_str() != "-" => {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            Some(BufWriter::new(file))
        }
        _ => None,
    };
    let plan = Plan {
        scenarios,
        seed: args.seed.unwrap_or_else(rand::random),
        timeout: args.target.timeout,
        protocol: args.target.protocol.clone(),
        muxers: match args.target.muxer {
            Some(muxer) => vec![muxer],
            None => vec![Muxer::Yamux, Muxer::Mplex],
        },
        key_type: args.target.key_type,
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let result = runtime.block_on(async {
        let source = source(&args.target).await?;
        if args.target.is_foreign()
            && let Err(error) = probe::reach(source.as_ref(), &plan).await
        {
            source.end().await;
            return Err(error.into());
        }
        let progress = Progress::new(plan.scenarios.len());
        let result = runner::run(source, &plan, &progress).await;
        progress.bar.finish_and_clear();
        anyhow::Ok(result)
    })?;
    // What still runs belongs to nobody any more.
    runtime.shutdown_background();
    if let Some(file) = &mut json_file {
        json::write(&result, file)?;
        file.flush()?;
    }
    if args.json.is_some() && json_file.is_none() {
        json::write(&result, out)?;
    } else {
        let detail = console::Detail {
            verbose: args.verbose,
            bytes: args.bytes,
        };
        console::write(&result, detail, out)?;
    }
    Ok(match result.conclusion {
        Conclusion::Conforms => Exit::Good,
        Conclusion::DoesNotConform => Exit::Bad,
        Conclusion::CouldNotTell => Exit::CouldNotTell,
    })
}

/// A bar on a terminal, nothing elsewhere.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(scenarios: usize) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(scenarios as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Progress { bar }
    }
}

impl Observer for Progress {
    fn begun(&self, scenario: &'static Scenario) {
        self.bar.set_message(scenario.id);
    }

    fn ended(&self, _: &ScenarioResult) {
        self.bar.inc(1);
    }
}
