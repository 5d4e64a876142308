//! `blockexc check`: the model checker.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use blockexc_checker::analysis::configuration::{Configuration, Options};
use blockexc_checker::analysis::networks::custom;
use blockexc_checker::analysis::report::{Report, ReportedVerdict, idle};
use blockexc_checker::analysis::standard::standard_set;
use blockexc_checker::analysis::walking::wide_set;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Naming};
use blockexc_checker::search::explorer::Progress;
use blockexc_checker::search::walks::Walks;
use blockexc_checker::show::browse::browse;
use blockexc_checker::show::counterexample::Counterexample;
use blockexc_checker::show::replay::{self, Replay};
use blockexc_model::deviating::Setup;
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanCount, ProgressBar};
use serde::Serialize;

use super::interruption::Interruption;
use super::results::{look_ahead, write_file};
use super::spinner::spinner;
use super::{Exit, check_walks, deviation, dialect, requirement};
use crate::near::Unknown;
use crate::report::counted::counted;
use crate::report::style::{BAD, DOUBTFUL, FAINT, GOOD, HEADLINE};

/// So many states are seen of one configuration of the reference when nothing else is said, and so
/// many of one that deviates: its violations are near, and it has many more states.
const USUAL_STATES: usize = 50_000_000;
const USUAL_STATES_OF_DEVIANTS: usize = 50_000;

/// Search all states of small networks for violations of the specification
///
/// Without options for a network of your own, this searches the standard set: closed networks,
/// whose nodes all run the model, with reconnects, cancels, deletions and retries; networks without
/// a limit on retries, which show whether wants are met; and one node among peers that may send any
/// message at any time. A search that saw every state is a proof for its configuration. A search
/// that was stopped is not, and is reported as bounded.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Exit code: 0 everything holds, 1 a property is violated, 2 it cannot be told (a \
                  search was stopped, or the command could not run), 130 it was interrupted; what \
                  it found until then is printed and written."
)]
pub struct CheckArgs {
    #[command(subcommand)]
    subject: Option<Subject>,
    /// The dialect of the nodes
    #[arg(long, value_name = "DIALECT", value_parser = dialect, default_value = "reference")]
    dialect: &'static Dialect,
    /// One more deviation of the nodes
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
    /// Check only the properties that stand for this requirement
    #[arg(long, value_name = "ID", value_parser = requirement_id)]
    requirement: Vec<&'static str>,
    /// Search only configurations whose name contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many threads search [default: one for each core]
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    /// Count states that differ only in the names of nodes and blocks as one
    #[arg(long)]
    symmetry: bool,
    /// Stop after this many states of a configuration [default: 50 million, or 50,000 when the
    /// nodes deviate]
    #[arg(long, value_name = "NUMBER")]
    max_states: Option<usize>,
    /// Instead of searching, take this many random walks through each of some networks that are too
    /// large to be searched, or through the network of your own
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["symmetry", "max_states", "requirement", "explore", "verbose"])]
    random_walks: Option<u64>,
    /// What the walks are made of: the same seed walks the same ways
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        requires = "random_walks"
    )]
    seed: u64,
    /// End a walk after this many steps
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 500,
        requires = "random_walks"
    )]
    walk_steps: usize,
    /// Show every property, not only those that do not hold
    #[arg(short, long)]
    verbose: bool,
    /// Write the results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the chart of the shortest counterexample to this file, as a Mermaid diagram
    #[arg(long, value_name = "FILE")]
    mermaid: Option<PathBuf>,
    /// Write that chart to this file, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the shortest counterexample to this file, for `blockexc check replay`
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Instead of searching, show the states of the first configuration as a web page at this
    /// address
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:3000")]
    explore: Option<SocketAddr>,
    #[command(flatten)]
    custom: CustomArgs,
}

/// What else can be checked.
#[derive(Subcommand, Clone, Debug)]
enum Subject {
    Induction(super::check_induction::InductionArgs),
    Interop(super::check_interop::InteropArgs),
    Questions(super::check_interop::QuestionsArgs),
    Replay(ReplayArgs),
}

/// Repeat a counterexample that was written to a file
#[derive(Args, Clone, Debug)]
struct ReplayArgs {
    /// The file that `--trace` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// A closed network instead of the standard set: all its nodes but the last one request, the last
/// one holds every block.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A network of your own")]
struct CustomArgs {
    /// How many nodes, all of which may connect
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(2..=5))]
    nodes: Option<u8>,
    /// How many blocks
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=4))]
    blocks: Option<u8>,
    /// Blocks are requested by leaf address as well as by CID
    #[arg(long)]
    leaves: bool,
    /// How often connections may close, and open again
    #[arg(long, value_name = "NUMBER")]
    disconnects: Option<u8>,
    /// How often users may cancel
    #[arg(long, value_name = "NUMBER")]
    cancels: Option<u8>,
    /// How often the last node's user may store a block that was deleted
    #[arg(long, value_name = "NUMBER")]
    stores: Option<u8>,
    /// How often a block may be deleted
    #[arg(long, value_name = "NUMBER")]
    deletions: Option<u8>,
    /// How often a want may be retried
    #[arg(long, value_name = "NUMBER")]
    retries: Option<u8>,
}

impl CustomArgs {
    fn configuration(&self, setup: &Setup) -> Option<Configuration> {
        let numbers = [
            self.nodes,
            self.blocks,
            self.disconnects,
            self.cancels,
            self.stores,
            self.deletions,
            self.retries,
        ];
        if numbers.iter().all(Option::is_none) && !self.leaves {
            return None;
        }
        let naming = if self.leaves {
            Naming::LeafAndPlain
        } else {
            Naming::Plain
        };
        let nodes = self.nodes.unwrap_or(2);
        let blocks = Blocks::named(self.blocks.unwrap_or(1), naming);
        let disconnects = self.disconnects.unwrap_or(0);
        let limits = Limits {
            connects: (nodes * (nodes - 1) / 2).saturating_add(disconnects),
            disconnects,
            requests: (nodes - 1) * blocks.count,
            cancels: self.cancels.unwrap_or(0),
            stores: self.stores.unwrap_or(0),
            deletions: self.deletions.unwrap_or(0),
            retries: self.retries.unwrap_or(0),
        };
        Some(Configuration::Closed(custom(setup, nodes, blocks, limits)))
    }
}

fn requirement_id(id: &str) -> Result<&'static str, Unknown> {
    requirement(id).map(|requirement| requirement.id)
}

/// All results, for JSON.
#[derive(Serialize)]
struct Results<'a> {
    format: &'static str,
    dialect: &'static str,
    deviations: Vec<String>,
    threads: usize,
    /// Whether the user ended the search.
    interrupted: bool,
    /// The configurations that were not begun.
    unsearched: &'a [&'a str],
    configurations: &'a [Report],
    /// The properties of which no configuration reached the premise.
    idle: &'a [&'static str],
    seconds: f64,
    /// The most memory that the process held, in bytes, where the system tells.
    peak_memory: Option<u64>,
}

/// Searches, and reports.
///
/// # Errors
///
/// When a network does not fit, a file cannot be written, or writing fails.
pub fn run(args: &CheckArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match &args.subject {
        Some(Subject::Induction(args)) => return super::check_induction::run(args, out),
        Some(Subject::Interop(args)) => return super::check_interop::run(args, out),
        Some(Subject::Questions(args)) => return super::check_interop::questions(args, out),
        Some(Subject::Replay(replay)) => return run_replay(&replay.file, out),
        None => {}
    }
    look_ahead([&args.json, &args.mermaid, &args.svg, &args.trace])?;
    let deviations: Deviations = args
        .dialect
        .deviations
        .iter()
        .chain(args.deviation.iter().copied())
        .collect();
    let setup = Setup::deviating(deviations);
    let configurations = chosen(args, &setup)?;
    if let Some(walks) = args.random_walks {
        return walk(args, walks, deviations, &configurations, out);
    }
    if let Some(address) = args.explore {
        return explore(configurations, address, out);
    }
    let threads = args.threads.map_or_else(
        || std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        NonZeroUsize::get,
    );
    let usual = match deviations.is_empty() {
        true => USUAL_STATES,
        false => USUAL_STATES_OF_DEVIANTS,
    };
    let most_states = args.max_states.unwrap_or(usual);
    let options = Options {
        threads,
        symmetric: args.symmetry,
        states: Some(most_states),
        requirements: &args.requirement,
    };
    headline(args, out)?;
    let begun = Instant::now();
    let interruption = Interruption::listen()?;
    let mut reports = Vec::new();
    for configuration in &configurations {
        if interruption.is_requested() {
            break;
        }
        let bar = spinner(configuration.name());
        let report = configuration.search(&options, &mut |progress| {
            show(&bar, progress);
            interruption.go_on()
        })?;
        bar.finish_and_clear();
        write_report(&report, args.verbose, out)?;
        out.flush()?;
        reports.push(report);
    }
    let unsearched: Vec<&str> = configurations[reports.len()..]
        .iter()
        .map(Configuration::name)
        .collect();
    let interrupted = interruption.is_requested();
    // A premise is to be reached somewhere in the whole set, by the reference.
    let is_whole = !interrupted
        && args.only.is_none()
        && args.requirement.is_empty()
        && configurations.len() > 1;
    let idle = if is_whole { idle(&reports) } else { Vec::new() };
    let seconds = begun.elapsed().as_secs_f64();
    if !interrupted {
        show_counterexamples(args, &configurations, &reports, most_states, out)?;
    }
    let mut exit = conclude(&reports, &idle, seconds, out)?;
    if interrupted {
        writeln!(
            out,
            "{DOUBTFUL}interrupted{DOUBTFUL:#}: not searched: {}",
            match unsearched.is_empty() {
                true => "the rest of the last configuration".to_owned(),
                false => unsearched.join("; "),
            }
        )?;
        exit = Exit::Interrupted;
    }
    if let Some(file) = &args.json {
        let results = Results {
            format: "blockexc-check/1",
            dialect: args.dialect.name,
            deviations: deviations.iter().map(|one| one.name().to_owned()).collect(),
            threads,
            interrupted,
            unsearched: &unsearched,
            configurations: &reports,
            idle: &idle,
            seconds,
            peak_memory: peak_memory(),
        };
        let json = serde_json::to_string_pretty(&results)?;
        write_file(file, json)?;
    }
    Ok(exit)
}

/// Takes random walks instead of searching.
fn walk(
    args: &CheckArgs,
    walks: u64,
    deviations: Deviations,
    configurations: &[Configuration],
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let how = Walks {
        walks,
        steps: args.walk_steps,
        seed: args.seed,
    };
    headline(args, out)?;
    let interruption = Interruption::listen()?;
    let mut all = Vec::new();
    for configuration in configurations {
        let bar = spinner(configuration.name());
        let walked = configuration.walk(how, &mut |walks| {
            bar.set_message(format!("{} walks", HumanCount(walks)));
            interruption.go_on()
        });
        bar.finish_and_clear();
        check_walks::write_walk(&walked, out)?;
        out.flush()?;
        all.push(walked);
    }
    let exit = check_walks::conclude(&all, how, out)?;
    let shortest = all.iter().flat_map(|walked| &walked.violations);
    if let Some(violation) = shortest.min_by_key(|violation| violation.steps) {
        write_counterexample(args, &violation.walk, out)?;
    }
    if let Some(file) = &args.json {
        let results = check_walks::Results {
            format: "blockexc-walks/1",
            dialect: args.dialect.name,
            deviations: deviations.iter().map(Deviation::name).collect(),
            seed: how.seed,
            most_steps: how.steps,
            interrupted: interruption.is_requested(),
            configurations: &all,
        };
        write_file(file, serde_json::to_string_pretty(&results)?)?;
    }
    match interruption.is_requested() {
        true => {
            writeln!(out, "{DOUBTFUL}interrupted{DOUBTFUL:#}")?;
            Ok(Exit::Interrupted)
        }
        false => Ok(exit),
    }
}

fn chosen(args: &CheckArgs, setup: &Setup) -> anyhow::Result<Vec<Configuration>> {
    let all = match args.custom.configuration(setup) {
        Some(custom) => vec![custom],
        None if args.random_walks.is_some() => wide_set(setup),
        None => standard_set(setup),
    };
    let names: Vec<String> = all.iter().map(|one| one.name().to_owned()).collect();
    let only = |one: &Configuration| {
        args.only
            .as_ref()
            .is_none_or(|text| one.name().contains(text.as_str()))
    };
    let mut chosen: Vec<_> = all.into_iter().filter(only).collect();
    if chosen.is_empty() {
        bail!(
            "no configuration's name contains `{}`; there are: {}",
            args.only.as_deref().unwrap_or_default(),
            names.join("; ")
        );
    }
    if !args.requirement.is_empty() {
        chosen.retain(|one| one.stands_for_any(&args.requirement));
    }
    if chosen.is_empty() {
        let ids = args.requirement.join(", ");
        let first = args.requirement[0];
        bail!(
            "no property of these networks stands for {ids}: a search has nothing to say of it; \
             `blockexc spec {first}` shows what does"
        );
    }
    Ok(chosen)
}

fn headline(args: &CheckArgs, out: &mut dyn Write) -> std::io::Result<()> {
    write!(
        out,
        "{HEADLINE}{}{HEADLINE:#} ({}; {})",
        args.dialect.name,
        args.dialect.about,
        args.dialect.evidence.words()
    )?;
    if !args.deviation.is_empty() {
        let names: Vec<&str> = args.deviation.iter().map(|one| one.name()).collect();
        write!(out, ", with {}", names.join(", "))?;
    }
    writeln!(out, "\n")
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_message(format!(
        "{} states, {} to be expanded, {} steps deep",
        HumanCount(progress.states as u64),
        HumanCount(progress.waiting as u64),
        progress.depth
    ));
}

fn write_report(report: &Report, verbose: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let ended = match &report.bounded_by {
        None => format!("{GOOD}exhausted{GOOD:#}"),
        Some(why) => format!("{DOUBTFUL}bounded{DOUBTFUL:#}: {why}"),
    };
    writeln!(
        out,
        "{HEADLINE}{}{HEADLINE:#}: {}",
        report.name, report.description
    )?;
    writeln!(
        out,
        "  {}, {}, {} deep, {ended}; {:.2} s, {} states/s, {} ({:.0} bytes a state)",
        counted(report.states as u64, "state", "states"),
        counted(report.transitions, "transition", "transitions"),
        counted(report.depth.into(), "step", "steps"),
        report.seconds,
        HumanCount(report.states_per_second() as u64),
        HumanBytes(report.memory as u64),
        report.bytes_per_state(),
    )?;
    if report.renamings > 0 {
        writeln!(
            out,
            "  states that are the same under {} count as one",
            counted(report.renamings as u64, "renaming", "renamings")
        )?;
    }
    let failed = report.failures().count();
    let open = report
        .properties
        .iter()
        .filter(|property| property.verdict.is_open())
        .count();
    let good = report.properties.len() - failed - open;
    let all = counted(report.properties.len() as u64, "property", "properties");
    let good = counted(good as u64, "holds", "hold");
    write!(out, "  {all}: {good}")?;
    if open > 0 {
        let open = counted(open as u64, "is", "are");
        write!(out, ", {open} not violated as far as was seen")?;
    }
    if failed > 0 {
        let failed = counted(failed as u64, "does", "do");
        write!(out, ", {BAD}{failed} not{BAD:#}")?;
    }
    writeln!(out)?;
    for property in &report.properties {
        let text = match property.verdict {
            ReportedVerdict::Violated(steps) => {
                format!("{BAD}violated{BAD:#} after {}", in_steps(steps))
            }
            ReportedVerdict::NeverSeen => format!("{BAD}never seen{BAD:#}"),
            ReportedVerdict::Holds if verbose && !property.premise_reached => {
                format!("{FAINT}holds, but its premise is never the case here{FAINT:#}")
            }
            ReportedVerdict::Holds if verbose => format!("{GOOD}holds{GOOD:#}"),
            ReportedVerdict::Seen(steps) if verbose => {
                format!("{GOOD}seen{GOOD:#} after {}", in_steps(steps))
            }
            ReportedVerdict::NotViolated if verbose => {
                format!("{DOUBTFUL}not violated so far{DOUBTFUL:#}")
            }
            ReportedVerdict::NotSeen if verbose => format!("{DOUBTFUL}not seen so far{DOUBTFUL:#}"),
            _ => continue,
        };
        writeln!(
            out,
            "    {text}: {} {FAINT}({}){FAINT:#}",
            property.name,
            property.requirements.join(", ")
        )?;
    }
    writeln!(out)
}

fn in_steps(steps: usize) -> String {
    counted(steps as u64, "step", "steps")
}

/// The counterexample with the fewest steps of all, in words, and to files on request.
fn show_counterexamples(
    args: &CheckArgs,
    configurations: &[Configuration],
    reports: &[Report],
    most_states: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let violations = configurations
        .iter()
        .zip(reports)
        .flat_map(|(configuration, report)| {
            report
                .properties
                .iter()
                .filter_map(move |property| match property.verdict {
                    ReportedVerdict::Violated(steps) => Some((steps, configuration, property.name)),
                    _ => None,
                })
        });
    let Some((_, configuration, property)) = violations.min_by_key(|(steps, ..)| *steps) else {
        if args.mermaid.is_some() || args.svg.is_some() || args.trace.is_some() {
            writeln!(
                out,
                "nothing is violated: there is no counterexample to be written\n"
            )?;
        }
        return Ok(());
    };
    let Some(found) = configuration.counterexample(property, Some(most_states))? else {
        return Ok(());
    };
    let chart = found.chart();
    writeln!(
        out,
        "{HEADLINE}The shortest way to a violation{HEADLINE:#}: \"{property}\", in {}\n",
        configuration.name()
    )?;
    writeln!(out, "{}", chart.text())?;
    if let Counterexample::Closed { round, .. } = &found
        && *round > 0
    {
        writeln!(
            out,
            "The last {} for ever, while the want stays unmet.\n",
            counted(*round as u64, "step repeats", "steps repeat")
        )?;
    }
    write_counterexample(args, &found, out)
}

/// The counterexample to the files that were asked for.
fn write_counterexample(
    args: &CheckArgs,
    found: &Counterexample<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let chart = found.chart();
    if let Some(file) = &args.mermaid {
        write_file(file, chart.mermaid())?;
    }
    if let Some(file) = &args.svg {
        write_file(file, chart.svg())?;
    }
    if let Some(file) = &args.trace {
        match found.replay() {
            Some(replay) => write_file(file, replay.to_json())?,
            None => writeln!(
                out,
                "that a run goes on for ever does not show by repeating it: {} is not written\n",
                file.display()
            )?,
        }
    }
    Ok(())
}

fn run_replay(file: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let name = || file.display().to_string();
    let length = fs::metadata(file)
        .with_context(|| format!("{} cannot be read", name()))?
        .len();
    if length > replay::MOST_BYTES as u64 {
        bail!(
            "{} has {length} bytes; a counterexample has at most {}",
            name(),
            replay::MOST_BYTES
        );
    }
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", name()))?;
    let replay = Replay::from_json(&text).with_context(name)?;
    let replayed = replay.run().with_context(name)?;
    writeln!(out, "{}", replayed.chart.text())?;
    let requirements = replayed.requirements.join(", ");
    if replayed.violated {
        writeln!(
            out,
            "{BAD}violated{BAD:#}: {} ({requirements})",
            replayed.property
        )?;
        Ok(Exit::Bad)
    } else {
        writeln!(
            out,
            "{GOOD}not violated{GOOD:#} any more: {} ({requirements})",
            replayed.property
        )?;
        Ok(Exit::Good)
    }
}

/// Serves stateright's Explorer for the first of these, until the process ends.
fn explore(
    configurations: Vec<Configuration>,
    address: SocketAddr,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let Some(first) = configurations.into_iter().next() else {
        bail!("there is nothing to explore");
    };
    writeln!(
        out,
        "{HEADLINE}{}{HEADLINE:#}: {}\nhttp://{address}/ shows its states, until interrupted. \
         \"Run to completion\" checks its properties; before that none is checked.",
        first.name(),
        first.description()
    )?;
    out.flush()?;
    let ended = match first {
        Configuration::Closed(network) | Configuration::Progress(network) => {
            browse(network, address)
        }
        Configuration::Open(network) => browse(network, address),
    };
    let Err(error) = ended;
    Err(error).with_context(|| format!("the browser cannot be served at {address}"))
}

fn conclude(
    reports: &[Report],
    idle: &[&str],
    seconds: f64,
    out: &mut dyn Write,
) -> std::io::Result<Exit> {
    let states: usize = reports.iter().map(|report| report.states).sum();
    let bounded = reports
        .iter()
        .filter(|report| report.bounded_by.is_some())
        .count();
    let failed: usize = reports.iter().map(|report| report.failures().count()).sum();
    write!(
        out,
        "{}, {}, {seconds:.1} s",
        counted(reports.len() as u64, "configuration", "configurations"),
        counted(states as u64, "state", "states")
    )?;
    if let Some(bytes) = peak_memory() {
        write!(out, ", at most {} of memory", HumanBytes(bytes))?;
    }
    writeln!(out)?;
    if !idle.is_empty() {
        writeln!(
            out,
            "{DOUBTFUL}of these properties no configuration reaches the premise{DOUBTFUL:#}: {}",
            idle.join("; ")
        )?;
    }
    let idle = !idle.is_empty();
    if failed > 0 {
        let failed = counted(failed as u64, "property", "properties");
        writeln!(out, "{BAD}violated{BAD:#}: {failed}")?;
        return Ok(Exit::Bad);
    }
    if reports.is_empty() {
        writeln!(out, "{DOUBTFUL}nothing was searched{DOUBTFUL:#}")?;
        return Ok(Exit::CouldNotTell);
    }
    if bounded > 0 {
        writeln!(
            out,
            "{DOUBTFUL}nothing violated as far as was seen{DOUBTFUL:#}: {} stopped, which proves \
             nothing",
            counted(bounded as u64, "search was", "searches were")
        )?;
        return Ok(Exit::CouldNotTell);
    }
    writeln!(
        out,
        "{GOOD}everything holds{GOOD:#}, in every state of all of them"
    )?;
    // What holds of nothing holds of anything.
    Ok(if idle { Exit::CouldNotTell } else { Exit::Good })
}

/// The most memory that this process held so far, in bytes: where the system keeps count.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
