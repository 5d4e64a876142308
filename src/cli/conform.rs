//! `blockexc conform`: the conformance suite.

mod random;
mod start;
pub(super) mod target;

use std::io::{IsTerminal as _, Write};
use std::time::Duration;

use anyhow::bail;
use async_trait::async_trait;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

use self::random::RandomArgs;
use self::target::{TargetArgs, reach, source};
use super::Exit;
use super::interruption::Interruption;
use super::known::{self, KnownArgs};
use super::reporting::{ReportArgs, exit_of};
use super::{runtime, seconds, seed};
use crate::suite::circumstances::Part;
use crate::suite::control::Capability;
use crate::suite::listen::Listen;
use crate::suite::plan::Plan;
use crate::suite::runner::{self, Observer};
use crate::suite::scenario::Scenario;
use crate::suite::select::select;
use crate::suite::verdict::ScenarioResult;

/// Validate a node against the specification
///
/// Without --target, the embedded reference node is validated: a fresh one for each scenario, in
/// this process, reached through its sockets.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A selector is a section (WANT), a requirement (WANT-1, which is not WANT-10) or \
    a scenario (WANT-10/held).\n\
    Exit code: 0 nothing wrong in what was run, or nothing that is not known, 1 the target misses a \
    MUST, or the baseline is stale, or something was skipped with --require-all, 2 the suite could \
    not run, or could not tell (no MUST is missed, and a scenario is inconclusive), 130 it was \
    interrupted; what it found until then is printed and written. \
    A missed SHOULD is a warning, and does not change the exit code."
)]
pub struct ConformArgs {
    /// What to run: sections, requirements or scenarios [default: everything]
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// What not to run
    #[arg(long, value_name = "SELECTOR")]
    exclude: Vec<String>,
    /// List what would be run, and run nothing; with --json as JSON
    #[arg(long)]
    list: bool,
    /// The seed of all random choices. Each run prints its seed; the same seed repeats the run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run the scenarios in an order that the seed makes; the report has them in that of the specification
    #[arg(long)]
    shuffle: bool,
    /// Keep the exchange of passes in the result, too, for whoever audits it
    #[arg(long)]
    keep_passes: bool,
    /// The suite's peers listen, and the target connects to them, told by its control to: the first
    /// peer of a scenario at this address, the next one at the next port; port 0 is any free one
    #[arg(long, value_name = "MULTIADDR", requires = "foreign")]
    listen: Option<Multiaddr>,
    /// Nobody tells the target to connect: it was told the addresses of the suite's peers, which the
    /// run prints first, and may take so many seconds to dial each
    #[arg(long, value_name = "SECONDS", requires_all = ["listen", "seed"], value_parser = seconds)]
    wait: Option<Duration>,
    /// A skipped scenario is a failure
    #[arg(long)]
    require_all: bool,
    /// Run only part I of N of the scenarios. `blockexc report merge` puts the parts together
    #[arg(long, value_name = "I/N", requires = "seed")]
    shard: Option<Part>,
    #[command(flatten)]
    random: RandomArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    known: KnownArgs,
    #[command(flatten)]
    reports: ReportArgs,
}

/// Runs the suite, and reports.
///
/// # Errors
///
/// When nothing is selected, the target is not to be reached, or a report cannot be written.
pub fn run(args: &ConformArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(stimuli) = args.random.stimuli()? {
        let called = random::Called {
            random: &args.random,
            target: &args.target,
            reports: &args.reports,
            seed: args.seed,
            expect: args.known.expected(),
        };
        return random::run(&called, stimuli, out);
    }
    let mut scenarios = select(&args.selectors, &args.exclude)?;
    if let Some(part) = args.shard {
        let selected = scenarios.len();
        scenarios = part.take(scenarios);
        if scenarios.is_empty() {
            bail!("part {part} has no scenario: {selected} are selected");
        }
    }
    if args.list {
        args.reports.write_list(&scenarios, out)?;
        return Ok(Exit::Good);
    }
    args.reports.look_ahead()?;
    let baseline = args.known.baseline()?;
    let interruption = Interruption::listen()?;
    let seed = seed(args.seed);
    let listen = listen(args)?;
    if let Some(listen) = &listen
        && listen.wait.is_some()
    {
        for number in 1..=PEERS_TOLD {
            let address = listen.dialled_at(number, args.target.key_type, seed);
            writeln!(std::io::stderr(), "peer {number} listens at {address}")?;
        }
    }
    let plan = Plan {
        listen,
        shuffled: args.shuffle,
        keep_passes: args.keep_passes,
        ..args.target.plan(scenarios, seed)
    };
    let runtime = runtime()?;
    let mut result = runtime.block_on(async {
        let source = source(&args.target).await?;
        let is_told = args.listen.is_some() && args.wait.is_none();
        if is_told && !source.offers().control.contains(&Capability::Connect) {
            source.end().await;
            bail!("--listen needs a control that can connect to a peer, or --wait");
        }
        reach(&args.target, &source, &plan, &interruption).await?;
        let progress = Progress::new(plan.scenarios.len(), interruption.clone());
        let result = runner::run(source, &plan, &progress).await;
        progress.bar.finish_and_clear();
        anyhow::Ok(result)
    })?;
    // What still runs belongs to nobody any more.
    runtime.shutdown_background();
    result.selection.selected.clone_from(&args.selectors);
    result.selection.excluded.clone_from(&args.exclude);
    result.options.require_all = args.require_all;
    result.part = args.shard;
    known::apply(baseline.as_ref(), &mut result);
    args.reports.write(&result, out)?;
    Ok(exit_of(&result))
}

/// Of so many peers of a scenario the addresses are told before the run. No scenario needs more.
const PEERS_TOLD: u32 = 4;

/// How the target comes to the suite's peers, if they do not dial it.
fn listen(args: &ConformArgs) -> anyhow::Result<Option<Listen>> {
    let Some(address) = args.listen.clone() else {
        return Ok(None);
    };
    let mut parts = address.iter();
    let port = match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Ip4(_) | Protocol::Ip6(_)), Some(Protocol::Tcp(port)), None) => port,
        _ => bail!("--listen {address}: /ip4/ADDRESS/tcp/PORT is expected"),
    };
    if port == 0 && args.wait.is_some() {
        bail!("--listen {address}: a target that dials by itself has to know the port");
    }
    Ok(Some(Listen {
        address,
        wait: args.wait,
    }))
}

/// A bar on a terminal, nothing elsewhere.
struct Progress {
    bar: ProgressBar,
    interruption: Interruption,
}

impl Progress {
    fn new(scenarios: usize, interruption: Interruption) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(scenarios as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Progress { bar, interruption }
    }
}

#[async_trait]
impl Observer for Progress {
    fn begun(&self, scenario: &'static Scenario) {
        self.bar.set_message(scenario.id);
    }

    fn ended(&self, _: &ScenarioResult) {
        self.bar.inc(1);
    }

    async fn interrupted(&self) {
        self.interruption.requested().await;
    }
}
