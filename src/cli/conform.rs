//! `blockexc conform`: the conformance suite.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use libp2p::Multiaddr;

use super::{Exit, deviation, dialect};
use crate::report::{console, json};
use crate::suite::embedded::{EmbeddedSource, USUAL_JOBS};
use crate::suite::plan::Plan;
use crate::suite::probe;
use crate::suite::protocol_id::CODEX;
use crate::suite::runner::{self, Observer};
use crate::suite::scenario::Scenario;
use crate::suite::select::select;
use crate::suite::source::{RemoteSource, TargetSource};
use crate::suite::target::HeldBlock;
use crate::suite::transport::{KeyType, Muxer};
use crate::suite::verdict::{Conclusion, ScenarioResult};
use crate::wire::{Address, address};

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
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// Write the results as JSON to this file, or - for the standard output instead of the report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The multiaddress of a node to validate. Only what the wire shows can be checked
    #[arg(long, value_name = "MULTIADDR")]
    target: Option<Multiaddr>,
    /// A block that the target holds: a CID, or TREE/INDEX
    #[arg(long, value_name = "ADDRESS", requires = "target", value_parser = address::parse)]
    holds: Option<Address>,
    /// A file with the bytes of the block named with --holds
    #[arg(long, value_name = "FILE", requires = "holds")]
    holds_file: Option<PathBuf>,
    /// The dialect that the embedded node emulates
    #[arg(long, value_name = "DIALECT", conflicts_with = "target", value_parser = dialect)]
    dialect: Option<&'static Dialect>,
    /// One more deviation of the embedded node
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, conflicts_with = "target")]
    deviation: Vec<Deviation>,
    /// Offer this muxer only, both in the suite's peers and in the embedded node [default: offer both]
    #[arg(long)]
    muxer: Option<Muxer>,
    /// The type of the keys of the suite's peers and of the embedded node
    #[arg(long, default_value = "secp256k1")]
    key_type: KeyType,
    /// The protocol's ID
    #[arg(long, value_name = "ID", default_value = CODEX)]
    protocol: String,
    /// Show the bytes of each exchange
    #[arg(long)]
    bytes: bool,
    /// Show a line for every scenario
    #[arg(long, short)]
    verbose: bool,
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "a number of seconds from 0.1 to 3600 is expected".to_owned();
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    if !(0.1..=3600.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
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
        timeout: args.timeout,
        protocol: args.protocol.clone(),
        muxers: match args.muxer {
            Some(muxer) => vec![muxer],
            None => vec![Muxer::Yamux, Muxer::Mplex],
        },
        key_type: args.key_type,
    };
    let source = source(args)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let result = runtime.block_on(async {
        if args.target.is_some() {
            probe::reach(source.as_ref(), &plan).await?;
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

fn source(args: &ConformArgs) -> anyhow::Result<Arc<dyn TargetSource>> {
    // What both kinds of target need to be met the same way again.
    let mut arguments = Vec::new();
    if args.timeout != DEFAULT_TIMEOUT {
        arguments.push(format!("--timeout {}", args.timeout.as_secs_f64()));
    }
    if let Some(muxer) = args.muxer {
        arguments.push(format!("--muxer {}", value_name(muxer)));
    }
    if args.key_type != KeyType::Secp256k1 {
        arguments.push(format!("--key-type {}", value_name(args.key_type)));
    }
    if args.protocol != CODEX {
        arguments.push(format!("--protocol {}", args.protocol));
    }
    let Some(target) = &args.target else {
        let mut deviations = args
            .dialect
            .map_or(Deviations::none(), |dialect| dialect.deviations);
        for deviation in &args.deviation {
            deviations.insert(*deviation);
        }
        if let Some(dialect) = args.dialect {
            arguments.push(format!("--dialect {}", dialect.name));
        }
        for deviation in &args.deviation {
            arguments.push(format!("--deviation {deviation}"));
        }
        return Ok(Arc::new(EmbeddedSource {
            dialect: args.dialect,
            deviations,
            protocol: args.protocol.clone(),
            muxer: args.muxer,
            key_type: args.key_type,
            arguments,
            jobs: USUAL_JOBS,
        }));
    };
    arguments.push(format!("--target {target}"));
    let held = match &args.holds {
        None => None,
        Some(held) => {
            arguments.push(format!("--holds {}", address::show(held)));
            let data = match &args.holds_file {
                None => None,
                Some(path) => {
                    arguments.push(format!("--holds-file '{}'", path.display()));
                    let data = std::fs::read(path).with_context(|| path.display().to_string())?;
                    if let Address::Plain(cid) = held
                        && !cid.matches(&data)
                    {
                        bail!("{} is not the block {cid}", path.display());
                    }
                    Some(data.into())
                }
            };
            Some(HeldBlock {
                address: held.clone(),
                data,
            })
        }
    };
    Ok(Arc::new(RemoteSource {
        address: target.clone(),
        held,
        arguments,
    }))
}

fn value_name(value: impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
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
