//! `blockexc check induction`: whatever state a node is in that keeps the invariants, every step
//! keeps them, and every rule of single steps.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use blockexc_checker::analysis::induction::search::{Found, Kept, Options, search};
use blockexc_checker::analysis::induction::world::{World, worlds};
use blockexc_model::deviating::Setup;
use blockexc_model::{Deviation, Deviations};
use clap::Args;
use indicatif::HumanCount;
use serde::Serialize;

use super::interruption::Interruption;
use super::results::{look_ahead, write_json};
use super::spinner::spinner;
use super::{Exit, deviation, threads};
use crate::report::counted::counted;
use crate::report::style::{BAD, DOUBTFUL, FAINT, GOOD, HEADLINE};

/// Take every step from every state that the invariants allow, reachable or not
///
/// This searches no network. It goes through all states of small nodes that keep the invariants, and
/// lets everything happen to each that can happen. When every step keeps the invariants and every rule
/// of single steps, they hold however long a node runs; docs/any-size.md says why they hold for nodes
/// of any size too.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0 everything holds, 1 a step breaks something, 2 it cannot be told (the \
                  command could not run), 130 it was interrupted."
)]
pub struct InductionArgs {
    /// A deviation of the node
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
    /// Look only at worlds whose name contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many threads search [default: one for each core]
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    /// Show every rule and invariant, not only those that do not hold
    #[arg(short, long)]
    verbose: bool,
    /// Write the results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// All results, for JSON.
#[derive(Serialize)]
struct Results<'a> {
    format: &'static str,
    deviations: Vec<&'static str>,
    threads: usize,
    interrupted: bool,
    worlds: &'a [Found],
    /// The rules that had nothing to say in any of them.
    unreached: &'a [&'static str],
    seconds: f64,
}

/// Searches, and reports.
///
/// # Errors
///
/// When no world has the name, a file cannot be written, or writing fails.
pub fn run(args: &InductionArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    look_ahead([&args.json])?;
    let worlds = chosen(args)?;
    let deviations: Deviations = args.deviation.iter().copied().collect();
    let setup = Setup::deviating(deviations);
    let threads = threads(args.threads);
    let options = Options {
        threads,
        requirements: &[],
        without: None,
    };
    let begun = Instant::now();
    let interruption = Interruption::listen()?;
    let mut found: Vec<Found> = Vec::new();
    for world in &worlds {
        if interruption.is_requested() {
            break;
        }
        let bar = spinner(world.name);
        let one = search(world, &setup, &options, &|states| {
            bar.set_message(format!("{} states", HumanCount(states)));
            interruption.go_on()
        });
        bar.finish_and_clear();
        write_found(&one, args.verbose, out)?;
        out.flush()?;
        found.push(one);
    }
    let is_whole = args.only.is_none() && !interruption.is_requested();
    let unreached = match is_whole {
        true => unreached(&found),
        false => Vec::new(),
    };
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(kept) = found.iter().flat_map(Found::failures).next() {
        write_violation(kept, out)?;
    }
    let exit = conclude(&found, &unreached, seconds, out)?;
    if let Some(file) = &args.json {
        let results = Results {
            format: "blockexc-induction/1",
            deviations: deviations.iter().map(Deviation::name).collect(),
            threads,
            interrupted: interruption.is_requested(),
            worlds: &found,
            unreached: &unreached,
            seconds,
        };
        write_json(file, &results, out)?;
    }
    if interruption.is_requested() {
        writeln!(
            out,
            "{DOUBTFUL}interrupted{DOUBTFUL:#}: not every state was looked at"
        )?;
        return Ok(Exit::Interrupted);
    }
    Ok(exit)
}

fn chosen(args: &InductionArgs) -> anyhow::Result<Vec<World>> {
    let mut chosen = worlds();
    let names: Vec<_> = chosen.iter().map(|world| world.name).collect();
    let text = args.only.as_deref().unwrap_or_default();
    chosen.retain(|world| world.name.contains(text));
    if chosen.is_empty() {
        bail!(
            "no world's name contains `{text}`; there are: {}",
            names.join("; ")
        );
    }
    Ok(chosen)
}

/// The rules that had nothing to say in any of these worlds: what they say would hold of anything.
fn unreached(found: &[Found]) -> Vec<&'static str> {
    let Some(first) = found.first() else {
        return Vec::new();
    };
    let is_reached = |place: usize| found.iter().any(|one| one.predicates[place].reached);
    let all = first.predicates.iter().enumerate();
    all.filter(|(place, _)| !is_reached(*place))
        .map(|(_, kept)| kept.name)
        .collect()
}

fn write_found(found: &Found, verbose: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let ended = match found.exhausted {
        true => format!("{GOOD}all of them{GOOD:#}"),
        false => format!("{DOUBTFUL}not all of them{DOUBTFUL:#}"),
    };
    writeln!(
        out,
        "{HEADLINE}{}{HEADLINE:#}: {}, addresses {}",
        found.world,
        counted(found.peers as u64, "peer", "peers"),
        found.addresses.join(", ")
    )?;
    writeln!(
        out,
        "  {}, {ended}; {} in each, {}; {:.1} s",
        counted(found.states, "state", "states"),
        counted(found.events as u64, "event", "events"),
        counted(found.steps, "step", "steps"),
        found.seconds
    )?;
    let failed = found.failures().count();
    let of = |is_invariant| {
        let kept = found.predicates.iter();
        let kept = kept.filter(|kept| kept.is_invariant == is_invariant && kept.broken == 0);
        kept.count() as u64
    };
    write!(
        out,
        "  {} and {} hold",
        counted(of(true), "invariant", "invariants"),
        counted(of(false), "rule", "rules")
    )?;
    match failed {
        0 => writeln!(out)?,
        _ => writeln!(out, ", {BAD}{failed} not{BAD:#}")?,
    }
    for kept in &found.predicates {
        let text = match (kept.broken, kept.reached) {
            (0, _) if !verbose => continue,
            (0, true) => format!("{GOOD}holds{GOOD:#}"),
            (0, false) => format!("{FAINT}says nothing here{FAINT:#}"),
            (times, _) => format!("{BAD}broken{BAD:#} by {}", counted(times, "step", "steps")),
        };
        writeln!(
            out,
            "    {text}: {} {FAINT}({}){FAINT:#}",
            kept.name,
            kept.requirements.join(", ")
        )?;
    }
    writeln!(out)
}

fn write_violation(kept: &Kept, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(violation) = &kept.violation else {
        return Ok(());
    };
    let what = match kept.is_invariant {
        true => "The invariant",
        false => "The rule",
    };
    writeln!(
        out,
        "{HEADLINE}{what} \"{}\" is broken{HEADLINE:#}\n",
        kept.name
    )?;
    let event = [violation.event.clone()];
    for (title, lines) in [
        ("before", &violation.before[..]),
        ("what happens", &event[..]),
        ("what the node does", &violation.effects[..]),
        ("after", &violation.after[..]),
    ] {
        writeln!(out, "  {title}")?;
        for line in lines {
            writeln!(out, "    {line}")?;
        }
    }
    writeln!(out)
}

fn conclude(
    found: &[Found],
    unreached: &[&str],
    seconds: f64,
    out: &mut dyn Write,
) -> std::io::Result<Exit> {
    let states = found.iter().map(|one| one.states).sum();
    let steps = found.iter().map(|one| one.steps).sum();
    writeln!(
        out,
        "{}, {}, {}, {seconds:.1} s",
        counted(found.len() as u64, "world", "worlds"),
        counted(states, "state", "states"),
        counted(steps, "step", "steps")
    )?;
    if !unreached.is_empty() {
        writeln!(
            out,
            "{DOUBTFUL}of these rules no step reaches the premise{DOUBTFUL:#}: {}",
            unreached.join("; ")
        )?;
    }
    let mut failed: Vec<_> = found
        .iter()
        .flat_map(Found::failures)
        .map(|it| it.name)
        .collect();
    failed.sort_unstable();
    failed.dedup();
    if !failed.is_empty() {
        let failed = counted(
            failed.len() as u64,
            "invariant or rule",
            "invariants and rules",
        );
        writeln!(out, "{BAD}broken{BAD:#}: {failed}")?;
        return Ok(Exit::Bad);
    }
    if !unreached.is_empty() || found.iter().any(|one| !one.exhausted) {
        return Ok(Exit::CouldNotTell);
    }
    writeln!(
        out,
        "{GOOD}every step keeps the invariants and every rule{GOOD:#}, whatever came before it"
    )?;
    Ok(Exit::Good)
}
