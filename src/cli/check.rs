//! `blockexc check`: the model checker.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail};
use blockexc_checker::analysis::configuration::{Configuration, Options};
use blockexc_checker::analysis::report::idle;
use blockexc_checker::analysis::standard::{standard_set, wider_set};
use blockexc_checker::analysis::walking::wide_set;
use blockexc_checker::search::explorer::Progress;
use blockexc_checker::search::walks::Walks;
use blockexc_checker::show::browse::browse;
use blockexc_model::deviating::Setup;
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{HumanCount, ProgressBar};

use super::check_counterexample::{
    Files, ReplayArgs, run_replay, show_counterexamples, write_counterexample,
};
use super::check_custom::CustomArgs;
use super::check_report::{Results, conclude, peak_memory, write_report};
use super::interruption::Interruption;
use super::results::{look_ahead, write_file};
use super::spinner::spinner;
use super::{Exit, check_walks, deviation, dialect, requirement, threads};
use crate::near::Unknown;
use crate::report::style::{DOUBTFUL, HEADLINE};

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
    /// Whether steps of different nodes that commute are taken in every order, or in one: that finds
    /// the same states, each after as few steps, by fewer transitions [default: every; one with
    /// --wider]
    #[arg(long, value_name = "ORDER")]
    order: Option<Order>,
    /// Search wider networks as well: four nodes, two holders, two leaves, more reconnects. States
    /// that differ only in names then count as one. This takes some minutes and gigabytes more
    #[arg(long)]
    wider: bool,
    /// Stop after this many states of a configuration [default: 50 million, or 50,000 when the
    /// nodes deviate]
    #[arg(long, value_name = "NUMBER")]
    max_states: Option<usize>,
    /// Instead of searching, take this many random walks through each of some networks that are too
    /// large to be searched, or through the network of your own
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["symmetry", "order", "wider", "max_states", "requirement", "explore", "verbose"])]
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
    #[command(flatten)]
    files: Files,
    /// Instead of searching, show the states of the first configuration as a web page at this
    /// address
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:3000")]
    explore: Option<SocketAddr>,
    #[command(flatten)]
    custom: CustomArgs,
}

/// In which orders steps that commute are taken.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// In every order.
    Every,
    /// In one.
    One,
}

/// What else can be checked.
#[derive(Subcommand, Clone, Debug)]
enum Subject {
    Induction(super::check_induction::InductionArgs),
    Interop(super::check_interop::InteropArgs),
    Questions(super::check_interop::QuestionsArgs),
    Replay(ReplayArgs),
}

fn requirement_id(id: &str) -> Result<&'static str, Unknown> {
    requirement(id).map(|requirement| requirement.id)
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
        Some(Subject::Replay(args)) => return run_replay(args, out),
        None => {}
    }
    let Files {
        mermaid,
        svg,
        trace,
    } = &args.files;
    look_ahead([&args.json, mermaid, svg, trace])?;
    let more = Deviations::of(&args.deviation);
    let deviations = args.dialect.deviations.union(more);
    let setup = Setup::deviating(deviations);
    let configurations = chosen(args, &setup)?;
    if let Some(walks) = args.random_walks {
        return walk(args, walks, deviations, &configurations, out);
    }
    if let Some(address) = args.explore {
        return explore(configurations, address, out);
    }
    let threads = threads(args.threads);
    let usual = match deviations.is_empty() {
        true => USUAL_STATES,
        false => USUAL_STATES_OF_DEVIANTS,
    };
    let most_states = args.max_states.unwrap_or(usual);
    let options = Options {
        threads,
        symmetric: args.symmetry || args.wider,
        one_order: args.order.unwrap_or(match args.wider {
            true => Order::One,
            false => Order::Every,
        }) == Order::One,
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
        show_counterexamples(&args.files, &configurations, &reports, most_states, out)?;
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
        write_counterexample(&args.files, &violation.walk, out)?;
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
        None if args.wider => {
            let mut all = standard_set(setup);
            all.extend(wider_set(setup));
            all
        }
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
