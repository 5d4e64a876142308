//! The target of a run: which node is validated, and how it is reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Error, bail};
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::{ArgGroup, Args};
use libp2p::Multiaddr;

use super::start::{StartArgs, quoted};
use crate::cli::interruption::{Interrupted, Interruption};
use crate::cli::{deviation, dialect, seconds};
use crate::suite::adapter::source::{AdapterSettings, AdapterSource};
use crate::suite::embedded::{EmbeddedSource, USUAL_JOBS};
use crate::suite::launcher::{Launcher, Place};
use crate::suite::plan::{DEFAULT_TIMEOUT, Plan};
use crate::suite::probe;
use crate::suite::protocol_id::CODEX;
use crate::suite::rest::Rest;
use crate::suite::rest_source::RestSource;
use crate::suite::scenario::Scenario;
use crate::suite::source::{OneNode, RemoteSource, TargetSource};
use crate::suite::started::StartedSource;
use crate::suite::target::{Held, HeldBlock};
use crate::suite::transport::{KeyType, Muxer};
use crate::wire::cid::DATASET_ROOT;
use crate::wire::{Address, address};

/// The arguments that name a target.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("foreign").args(["target", "start", "control"]).multiple(true))]
pub(in crate::cli) struct TargetArgs {
    /// The multiaddress of a node to validate. Only what the wire shows can be checked
    #[arg(long, value_name = "MULTIADDR")]
    pub(in crate::cli) target: Option<Multiaddr>,
    /// How to steer the target: exec:'COMMAND' starts an adapter (see docs/adapter.md), which starts
    /// or knows the node; rest:URL is the REST interface of a Codex, Archivist or Logos Storage node,
    /// which also says the address
    #[arg(long, value_name = "HOW", value_parser = control)]
    pub(in crate::cli) control: Option<ControlBy>,
    #[command(flatten)]
    pub(in crate::cli) start: StartArgs,
    /// What the target holds: the CID of a block, TREE/INDEX, or the CID of a dataset's tree, of which
    /// leaves and proofs are then taken from the target. May be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub(in crate::cli) holds: Vec<Address>,
    /// A file with the bytes of the one block named with --holds
    #[arg(long, value_name = "FILE", requires = "holds")]
    pub(in crate::cli) holds_file: Option<PathBuf>,
    /// The dialect that the embedded node emulates
    #[arg(long, value_name = "DIALECT", conflicts_with = "foreign", value_parser = dialect)]
    pub(in crate::cli) dialect: Option<&'static Dialect>,
    /// One more deviation of the embedded node
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, conflicts_with = "foreign")]
    pub(in crate::cli) deviation: Vec<Deviation>,
    /// A deviation of the dialect that the embedded node does not have
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, requires = "dialect")]
    pub(in crate::cli) without: Vec<Deviation>,
    /// Offer this muxer only, both in the suite's peers and in the embedded node [default: offer both]
    #[arg(long)]
    pub(in crate::cli) muxer: Option<Muxer>,
    /// The type of the keys of the suite's peers and of the embedded node
    #[arg(long, default_value = "secp256k1")]
    pub(in crate::cli) key_type: KeyType,
    /// The protocol's ID
    #[arg(long, value_name = "ID", default_value = CODEX)]
    pub(in crate::cli) protocol: String,
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(in crate::cli) timeout: Duration,
}

/// What steers a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum ControlBy {
    /// An adapter, started by this command of the shell.
    Exec(String),
    /// The REST interface at this URL.
    Rest(String),
}

fn control(text: &str) -> Result<ControlBy, String> {
    match text.split_once(':') {
        Some(("exec", command)) if !command.trim().is_empty() => {
            Ok(ControlBy::Exec(command.to_owned()))
        }
        Some(("rest", url)) if !url.is_empty() => Ok(ControlBy::Rest(url.to_owned())),
        _ => Err("exec:'COMMAND' or rest:URL is expected".to_owned()),
    }
}

impl TargetArgs {
    /// Whether the target is a node that the suite does not embed.
    pub(in crate::cli) fn is_foreign(&self) -> bool {
        self.target.is_some() || self.start.start.is_some() || self.control.is_some()
    }

    /// The plan of a run of these scenarios on it.
    pub(in crate::cli) fn plan(&self, scenarios: Vec<&'static Scenario>, seed: u64) -> Plan {
        let mut plan = Plan {
            timeout: self.timeout,
            protocol: self.protocol.clone(),
            key_type: self.key_type,
            ..Plan::new(scenarios, seed)
        };
        if let Some(muxer) = self.muxer {
            plan.muxers = vec![muxer];
        }
        plan
    }
}

/// Where the scenarios get their targets.
///
/// # Errors
///
/// When a file cannot be read, or is not the block that it is said to be, or what steers the target
/// does not work.
pub(in crate::cli) async fn source(args: &TargetArgs) -> anyhow::Result<Arc<dyn TargetSource>> {
    if !args.holds.is_empty() && !args.is_foreign() {
        bail!("--holds names a block of a node of yours: give --target, --start or --control too");
    }
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
    if !args.is_foreign() {
        let mut deviations = args
            .dialect
            .map_or(Deviations::none(), |dialect| dialect.deviations);
        for deviation in &args.deviation {
            deviations.insert(*deviation);
        }
        for deviation in &args.without {
            deviations = deviations.without(*deviation);
        }
        if let Some(dialect) = args.dialect {
            arguments.push(format!("--dialect {}", dialect.name));
        }
        for deviation in &args.deviation {
            arguments.push(format!("--deviation {deviation}"));
        }
        for deviation in &args.without {
            arguments.push(format!("--without {deviation}"));
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
    }
    if let Some(target) = &args.target {
        arguments.push(format!("--target {target}"));
    }
    let held = held(args, &mut arguments)?;
    match &args.control {
        Some(ControlBy::Exec(_)) if args.start.start.is_some() => {
            bail!("an adapter starts the node itself: give --control exec:… or --start, not both");
        }
        Some(ControlBy::Exec(command)) => {
            arguments.push(format!("--control exec:{}", quoted(command)));
            let settings = AdapterSettings {
                command: command.clone(),
                within: args.timeout,
                protocol: args.protocol.clone(),
                muxer: args.muxer,
                key_type: args.key_type,
                address: args.target.clone(),
                held,
                arguments,
            };
            return Ok(Arc::new(AdapterSource::open(settings).await?));
        }
        Some(ControlBy::Rest(url)) => {
            arguments.push(format!("--control rest:{url}"));
            if args.start.start.is_none() {
                return Ok(Arc::new(steered_by_rest(args, url, held, arguments).await?));
            }
        }
        None => {}
    }
    let rest = match &args.control {
        Some(ControlBy::Rest(url)) => Some(url.clone()),
        _ => None,
    };
    let place = match (rest, args.target.clone()) {
        (Some(url), known) => Some(Place::Rest(url, known, args.timeout)),
        (None, known) => known.map(Place::Known),
    };
    if let Some(launch) = args.start.launch(place, &mut arguments) {
        let by = match &launch.place {
            Place::Rest(url, ..) => format!(", steered through {url}"),
            Place::Known(_) | Place::InOutput(_) => String::new(),
        };
        return Ok(Arc::new(StartedSource {
            node: OneNode {
                name: format!("{}{by}", launch.command),
                held,
                arguments,
            },
            launcher: Launcher::new(launch),
        }));
    }
    let Some(address) = args.target.clone() else {
        bail!("neither --target nor --start names a target");
    };
    let node = OneNode {
        name: address.to_string(),
        held,
        arguments,
    };
    Ok(Arc::new(RemoteSource { address, node }))
}

/// Looks whether a foreign target is there and is what it is said to be. Where it is not, its source is
/// ended.
///
/// # Errors
///
/// When it is not, or the user interrupts.
pub(in crate::cli) async fn reach(
    args: &TargetArgs,
    source: &Arc<dyn TargetSource>,
    plan: &Plan,
    interruption: &Interruption,
) -> anyhow::Result<()> {
    if !args.is_foreign() {
        return Ok(());
    }
    let reached = tokio::select! {
        reached = probe::reach(source.as_ref(), plan) => reached.map_err(Into::into),
        () = interruption.requested() => Err(Interrupted.into()),
    };
    if reached.is_err() {
        source.end().await;
    }
    reached
}

/// What the target is said to hold.
fn held(args: &TargetArgs, arguments: &mut Vec<String>) -> anyhow::Result<Held> {
    let mut held = Held::default();
    for named in &args.holds {
        arguments.push(format!("--holds {}", address::show(named)));
        match named {
            Address::Plain(cid) if cid.codec() == Some(DATASET_ROOT) => {
                held.trees.push(cid.clone())
            }
            block => held.blocks.push(HeldBlock {
                address: block.clone(),
                data: None,
            }),
        }
    }
    if let Some(path) = &args.holds_file {
        let ([block], []) = (&mut held.blocks[..], &held.trees[..]) else {
            bail!("--holds-file holds the bytes of one block: name just that with --holds");
        };
        arguments.push(format!("--holds-file '{}'", path.display()));
        let data = std::fs::read(path).with_context(|| path.display().to_string())?;
        if let Address::Plain(cid) = &block.address
            && !cid.matches(&data)
        {
            bail!("{} is not the block {cid}", path.display());
        }
        block.data = Some(data.into());
    }
    Ok(held)
}

/// A node that is steered through its REST interface.
async fn steered_by_rest(
    args: &TargetArgs,
    url: &str,
    held: Held,
    arguments: Vec<String>,
) -> anyhow::Result<RestSource> {
    let rest = Rest::find(url, args.timeout).await.map_err(Error::msg)?;
    let info = rest.info().await.map_err(Error::msg)?;
    let address = match &args.target {
        Some(address) => address.clone(),
        None => rest.address().await.map_err(Error::msg)?,
    };
    let version = info
        .version
        .as_deref()
        .unwrap_or("of a version that it does not tell");
    Ok(RestSource {
        node: OneNode {
            name: format!("{address} ({version}, steered through {})", rest.base()),
            held,
            arguments,
        },
        rest,
        address,
    })
}

fn value_name(value: impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
