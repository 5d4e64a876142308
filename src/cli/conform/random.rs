//! `blockexc conform --random` and `--replay`: random traces instead of scenarios.

use std::fs;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use blockexc_model::Dialect;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::start::quoted;
use super::target::{TargetArgs, reach, source};
use crate::cli::interruption::Interruption;
use crate::cli::reporting::{ReportArgs, exit_of};
use crate::cli::results::write_file;
use crate::cli::{Exit, runtime, seed};
use crate::suite::circumstances::now;
use crate::suite::random::campaign::{self, Campaign, Failure, Orders, Stimuli};
use crate::suite::random::file::Saved;
use crate::suite::random::result::result;

/// What scenarios have and random traces have not.
const OF_SCENARIOS: [&str; 9] = [
    "selectors",
    "exclude",
    "list",
    "shuffle",
    "keep_passes",
    "listen",
    "require_all",
    "shard",
    "baseline",
];

/// Random traces instead of scenarios.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Random traces")]
pub(super) struct RandomArgs {
    /// Play N random traces instead of scenarios, and judge what the target does by the model: by the
    /// reference, or with --expect by that dialect. A failure is made small, and saved
    #[arg(long, value_name = "N", conflicts_with_all = OF_SCENARIOS,
        value_parser = clap::value_parser!(u64).range(1..))]
    random: Option<u64>,
    /// Play a saved random trace again. It is judged as it was then, unless --expect says otherwise
    #[arg(long, value_name = "FILE", conflicts_with = "random", conflicts_with_all = OF_SCENARIOS)]
    replay: Option<PathBuf>,
    /// Where a random trace that fails is saved: as random-SEED-NUMBER.json for --replay, and its log as
    /// random-SEED-NUMBER.jsonl for `trace validate`
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    save: PathBuf,
}

/// What the command was called with, as far as random traces have it.
pub(super) struct Called<'a> {
    /// What is played, and where failures are saved.
    pub(super) random: &'a RandomArgs,
    /// The target.
    pub(super) target: &'a TargetArgs,
    /// The reports.
    pub(super) reports: &'a ReportArgs,
    /// The seed, if it was given.
    pub(super) seed: Option<u64>,
    /// The dialect that the target is judged by, if it was given.
    pub(super) expect: Option<&'static Dialect>,
}

impl RandomArgs {
    /// What is to be played, if anything is.
    ///
    /// # Errors
    ///
    /// When a file is no saved trace, naming it, or the folder to save in is none.
    pub(super) fn stimuli(&self) -> anyhow::Result<Option<Stimuli>> {
        let stimuli = match (&self.replay, self.random) {
            (Some(file), _) => Stimuli::Saved(Box::new(read(file)?)),
            (None, Some(many)) => Stimuli::Random(many),
            (None, None) => return Ok(None),
        };
        if !self.save.is_dir() {
            bail!("--save {}: there is no such folder", self.save.display());
        }
        Ok(Some(stimuli))
    }
}

fn read(file: &Path) -> anyhow::Result<Saved> {
    let name = || file.display().to_string();
    let text = fs::read_to_string(file).with_context(name)?;
    Saved::read(&text).with_context(name)
}

/// Plays random traces, and reports.
///
/// # Errors
///
/// When the target is not to be reached, or a file cannot be written.
pub(super) fn run(
    args: &Called<'_>,
    stimuli: Stimuli,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    args.reports.look_ahead()?;
    let interruption = Interruption::listen()?;
    let (chosen, saved_expect) = match &stimuli {
        Stimuli::Saved(saved) => (args.seed.unwrap_or(saved.seed), saved.expect.clone()),
        Stimuli::Random(_) => (seed(args.seed), None),
    };
    let expect = match (args.expect, saved_expect) {
        (Some(dialect), _) => Some(dialect),
        (None, Some(name)) => Some(Dialect::find(&name).ok_or_else(|| {
            anyhow!("the saved trace was judged by `{name}`, and no dialect is named so")
        })?),
        (None, None) => None,
    };
    let many = match &stimuli {
        Stimuli::Random(many) => *many,
        Stimuli::Saved(_) => 1,
    };
    let mut again = match &args.random.replay {
        Some(file) => format!(
            "blockexc conform --replay {}",
            quoted(&file.display().to_string())
        ),
        None => format!("blockexc conform --random {many}"),
    };
    again.push_str(&format!(" --seed {chosen}"));
    if let Some(dialect) = expect {
        again.push_str(&format!(" --expect {}", dialect.name));
    }
    let plan = args.target.plan(Vec::new(), chosen);
    let started = now();
    let runtime = runtime()?;
    let bar = bar(many);
    let (campaign, orders) = runtime.block_on(async {
        let source = source(args.target).await?;
        reach(args.target, &source, &plan, &interruption).await?;
        let orders = Orders {
            source,
            plan,
            expect,
        };
        let interrupted = interruption.requested();
        let campaign = campaign::run(&orders, stimuli, interrupted, |done| bar.set_position(done));
        anyhow::Ok((campaign.await, orders))
    })?;
    bar.finish_and_clear();
    // What still runs belongs to nobody any more.
    runtime.shutdown_background();
    let mut saved = Vec::new();
    for failure in &campaign.failures {
        let file = save(&args.random.save, failure)?;
        saved.push(quoted(&file.display().to_string()));
    }
    let result = result(&campaign, &orders, started, &again, &saved);
    if !args.reports.is_json_shown() {
        summary(&campaign, out)?;
    }
    args.reports.write(&result, out)?;
    Ok(exit_of(&result))
}

/// Saves a failing trace and its log. Returns the name of the first.
fn save(folder: &Path, failure: &Failure) -> anyhow::Result<PathBuf> {
    let name = format!("random-{}-{}", failure.saved.seed, failure.saved.number);
    let file = folder.join(format!("{name}.json"));
    write_file(&file, failure.saved.text()?)?;
    let log = folder.join(format!("{name}.jsonl"));
    write_file(&log, failure.played.log.text()?)?;
    Ok(file)
}

/// How much was played.
fn summary(campaign: &Campaign, out: &mut dyn Write) -> std::io::Result<()> {
    let Campaign { traces, steps, .. } = campaign;
    writeln!(
        out,
        "random traces: {traces}, of {steps} steps, in {:.1} s",
        campaign.duration_ms as f64 / 1000.0
    )?;
    if let Some((many, why)) = &campaign.partly {
        writeln!(
            out,
            "not judged to their end: {many}; the first of them because {why}"
        )?;
    }
    for failure in &campaign.failures {
        writeln!(
            out,
            "trace {} of {} steps was made small by {} plays: {} steps",
            failure.saved.number,
            failure.steps_before,
            failure.tries,
            failure.saved.trace.steps.len()
        )?;
    }
    Ok(())
}

/// A bar on a terminal, nothing elsewhere.
fn bar(traces: u64) -> ProgressBar {
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(traces),
        false => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}
