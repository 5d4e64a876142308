//! `blockexc simulate`: a network of nodes in virtual time.

pub(super) mod runs;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use runs::Runs;
use serde::Serialize;
use serde_json::json;

use super::interruption::Interruption;
use super::results::{is_standard_output, look_ahead, write_file, write_json};
use super::{Exit, deviation, dialect};
use crate::report::style::{BAD, FAINT, GOOD};
use crate::simulate::faults::Fault;
use crate::simulate::summary::{Summary, Violation, clock};
use crate::simulate::{Options, simulate};
use crate::suite::circumstances::Part;

/// Of the log of a node that broke a rule so many lines are shown.
const SHOWN_LINES: usize = 12;
const MOST_NODES: usize = 1000;
const MOST_BLOCKS: usize = 1_000_000;
const MOST_HOURS: f64 = 10_000.0;
const MOST_RUNS: u64 = 1_000_000;

/// Simulate a network of nodes for hours of virtual time, with faults, and check that every want is
/// met that can be
///
/// Users request, cancel, upload and delete blocks. Connections have delays. Discovery connects a
/// node that wants a block to nodes that have it. Nodes that follow the specification run the
/// engine and the model in turn, all others run the model. The same options and seed give the same
/// output, to the byte.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0 nothing was violated, 1 a property was, 2 the command could not run, \
                  130 it was interrupted; what it found until then is printed and written."
)]
pub struct SimulateArgs {
    /// How many nodes
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    nodes: usize,
    /// How many blocks there are. Every second group of twenty is a dataset
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    blocks: usize,
    /// How long users are active, in hours of virtual time
    #[arg(long, value_name = "HOURS", default_value_t = 1.0)]
    hours: f64,
    /// The faults: any of disconnects, slow, silent, lying, restarts, separated by commas; or all,
    /// or none
    #[arg(long, value_name = "FAULTS", default_value = "none", value_parser = faults)]
    faults: Faults,
    /// The seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many simulations, with the seeds that follow one another
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    runs: u64,
    /// Run only part I of N of the simulations, by seed; `report merge` puts the parts together
    #[arg(long, value_name = "I/N", requires = "runs")]
    shard: Option<Part>,
    /// The dialects, separated by commas. The nodes take them in turn
    #[arg(
        long, value_name = "DIALECT", value_delimiter = ',', value_parser = dialect,
        default_value = "reference"
    )]
    dialect: Vec<&'static Dialect>,
    /// One more deviation of the first node
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
    /// After how many milliseconds an unmet want is retried
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 500)]
    retry_interval: u64,
    /// After how many retries a request fails
    #[arg(long, value_name = "NUMBER", default_value_t = 3000)]
    retries: u32,
    /// The average time between two requests of one user, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    request_interval: u64,
    /// Check every Nth step of a node against all rules. The other steps are checked only by what
    /// the node sends and stores
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    judge_every: u64,
    /// Write the summary as JSON to this file, or - for the standard output instead of the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the log of the first node that violated a property to this file, for `blockexc trace`
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// A set of faults, as given on the command line.
#[derive(Clone, Debug)]
struct Faults(Vec<Fault>);

fn faults(text: &str) -> Result<Faults, String> {
    use clap::ValueEnum as _;
    match text {
        "none" => return Ok(Faults(Vec::new())),
        "all" => return Ok(Faults(Fault::value_variants().to_vec())),
        _ => {}
    }
    let mut faults = Vec::new();
    for name in text.split(',') {
        let fault = Fault::from_str(name.trim(), false).map_err(|_| {
            format!(
                "`{name}` is none of disconnects, slow, silent, lying, restarts; or say all or none"
            )
        })?;
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults.sort_unstable();
    Ok(Faults(faults))
}

impl SimulateArgs {
    fn options(&self) -> anyhow::Result<Options> {
        if !(2..=MOST_NODES).contains(&self.nodes) {
            bail!(
                "--nodes is {}: from 2 to {MOST_NODES} is expected",
                self.nodes
            );
        }
        if !(1..=MOST_BLOCKS).contains(&self.blocks) {
            bail!(
                "--blocks is {}: from 1 to {MOST_BLOCKS} is expected",
                self.blocks
            );
        }
        if !(self.hours > 0.0 && self.hours <= MOST_HOURS) {
            bail!(
                "--hours is {}: more than 0 and at most {MOST_HOURS} is expected",
                self.hours
            );
        }
        if !(1..=MOST_RUNS).contains(&self.runs) {
            bail!("--runs is {}: from 1 to {MOST_RUNS} is expected", self.runs);
        }
        if self.retry_interval == 0 || self.request_interval == 0 {
            bail!("an interval is 0: wants and requests have to come one after the other");
        }
        Ok(Options {
            nodes: self.nodes,
            blocks: self.blocks,
            length: Duration::from_secs_f64(self.hours * 3600.0),
            faults: self.faults.0.clone(),
            seed: self.seed,
            dialects: self.dialect.clone(),
            deviations: Deviations::of(&self.deviation),
            retry_interval: Duration::from_millis(self.retry_interval),
            retries: self.retries,
            request_interval: Duration::from_secs(self.request_interval),
            judge_every: self.judge_every.max(1),
        })
    }
}

/// Simulates, and says what came of it.
///
/// # Errors
///
/// When an option is out of range, a file cannot be written, or writing fails.
pub fn run(args: &SimulateArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let options = args.options()?;
    look_ahead([&args.json, &args.trace])?;
    let interruption = Interruption::listen()?;
    if args.runs > 1 {
        return args.run_all(options, &interruption, out);
    }
    let summary = run_one(&options, "", &interruption)?;
    args.write_files(&summary, summary.first_violation.as_ref(), out)?;
    if !args.is_json_shown() {
        show(&summary, args, out)?;
    }
    Ok(if summary.interrupted_at_ms.is_some() {
        Exit::Interrupted
    } else if summary.first_violation.is_some() {
        Exit::Bad
    } else {
        Exit::Good
    })
}

fn show(summary: &Summary, args: &SimulateArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    write!(out, "{summary}")?;
    match &summary.first_violation {
        Some(first) => {
            let requirements = first.property.requirements.join(", ");
            writeln!(out, "{BAD}requirements: {requirements}{BAD:#}")?;
            show_log(first, args, out)?;
        }
        None if summary.interrupted_at_ms.is_some() => {}
        None => writeln!(out, "{GOOD}every want was met that could be{GOOD:#}")?,
    }
    Ok(())
}

/// One simulation; `of` says before the time which one it is.
fn run_one(options: &Options, of: &str, interruption: &Interruption) -> anyhow::Result<Summary> {
    let bar = ProgressBar::new(options.length.as_secs());
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg} of virtual time, {eta} to go")
    {
        bar.set_style(style);
    }
    let summary = simulate(options, &mut |time| {
        bar.set_position(time.as_secs());
        bar.set_message(format!("{of}{}", clock(time)));
        interruption.go_on()
    })?;
    bar.finish_and_clear();
    Ok(summary)
}

impl SimulateArgs {
    fn is_json_shown(&self) -> bool {
        self.json.as_deref().is_some_and(is_standard_output)
    }

    /// Writes the files that are asked for: the JSON, and the log of the node that violated a property
    /// first, if one did.
    fn write_files(
        &self,
        value: &impl Serialize,
        first: Option<&Violation>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        if let Some(file) = &self.json {
            write_json(file, value, out)?;
        }
        if let (Some(file), Some(first)) = (&self.trace, first) {
            write_file(file, &first.log.0)?;
        }
        Ok(())
    }

    /// One simulation for each seed. The first that violates a property gives its log.
    fn run_all(
        &self,
        options: Options,
        interruption: &Interruption,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let described = json!({
            "nodes": options.nodes,
            "blocks": options.blocks,
            "length_ms": options.length.as_millis(),
            "faults": options.faults,
            "dialects": options.dialects.iter().map(|it| it.name).collect::<Vec<_>>(),
            "deviations": options.deviations.iter().map(Deviation::name).collect::<Vec<_>>(),
            "retry_interval_ms": self.retry_interval,
            "retries": options.retries,
            "request_interval_s": self.request_interval,
            "judge_every": options.judge_every,
        });
        let mut runs = Runs::new(described, self.seed, self.runs, self.shard);
        let seeds = runs.seeds();
        if let (Some(part), true) = (self.shard, seeds.is_empty()) {
            bail!("part {part} has no simulation: there are {}", self.runs);
        }
        let mut first: Option<Summary> = None;
        for (place, seed) in seeds.iter().enumerate() {
            if interruption.is_requested() {
                runs.leave_out(&seeds[place..]);
                break;
            }
            let of = format!("seed {seed}, {} of {}: ", place + 1, seeds.len());
            let options = Options {
                seed: *seed,
                ..options.clone()
            };
            let summary = run_one(&options, &of, interruption)?;
            runs.add(&summary)?;
            if summary.first_violation.is_some() {
                first.get_or_insert(summary);
            }
        }
        let violation = first.as_ref().and_then(|it| it.first_violation.as_ref());
        self.write_files(&runs, violation, out)?;
        if !self.is_json_shown() {
            if let (Some(summary), Some(violation)) = (&first, violation) {
                writeln!(out, "{summary}")?;
                show_log(violation, self, out)?;
                writeln!(out)?;
            }
            runs.write(out)?;
        }
        Ok(runs.exit())
    }
}

fn show_log(first: &Violation, args: &SimulateArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(&first.log.0);
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.len().min(SHOWN_LINES);
    writeln!(
        out,
        "\nthe last {shown} of {} lines of its log:",
        lines.len()
    )?;
    for line in &lines[lines.len() - shown..] {
        writeln!(out, "  {FAINT}{line}{FAINT:#}")?;
    }
    if let Some(file) = &args.trace {
        writeln!(
            out,
            "all of it: {0}; try `blockexc trace validate {0}`",
            file.display()
        )?;
    }
    Ok(())
}
