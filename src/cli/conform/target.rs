//! The target of a run: which node is validated, and how it is reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use blockexc_model::{Deviation, Deviations, Dialect};
use clap::Args;
use libp2p::Multiaddr;

use crate::cli::{deviation, dialect};
use crate::suite::adapter::source::{AdapterSettings, AdapterSource};
use crate::suite::embedded::{EmbeddedSource, USUAL_JOBS};
use crate::suite::protocol_id::CODEX;
use crate::suite::source::{RemoteSource, TargetSource};
use crate::suite::target::HeldBlock;
use crate::suite::transport::{KeyType, Muxer};
use crate::wire::{Address, address};

/// The arguments that name a target.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetArgs {
    /// The multiaddress of a node to validate. Only what the wire shows can be checked
    #[arg(long, value_name = "MULTIADDR")]
    pub(super) target: Option<Multiaddr>,
    /// How to steer the target: exec:'COMMAND' starts an adapter (see docs/adapter.md), which starts
    /// or knows the node
    #[arg(long, value_name = "HOW", value_parser = control, conflicts_with_all = ["dialect", "deviation"])]
    pub(super) control: Option<ControlBy>,
    /// A block that the target holds: a CID, or TREE/INDEX
    #[arg(long, value_name = "ADDRESS", requires = "target", value_parser = address::parse)]
    pub(super) holds: Option<Address>,
    /// A file with the bytes of the block named with --holds
    #[arg(long, value_name = "FILE", requires = "holds")]
    pub(super) holds_file: Option<PathBuf>,
    /// The dialect that the embedded node emulates
    #[arg(long, value_name = "DIALECT", conflicts_with = "target", value_parser = dialect)]
    pub(super) dialect: Option<&'static Dialect>,
    /// One more deviation of the embedded node
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, conflicts_with = "target")]
    pub(super) deviation: Vec<Deviation>,
    /// Offer this muxer only, both in the suite's peers and in the embedded node [default: offer both]
    #[arg(long)]
    pub(super) muxer: Option<Muxer>,
    /// The type of the keys of the suite's peers and of the embedded node
    #[arg(long, default_value = "secp256k1")]
    pub(super) key_type: KeyType,
    /// The protocol's ID
    #[arg(long, value_name = "ID", default_value = CODEX)]
    pub(super) protocol: String,
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(super) timeout: Duration,
}

/// What steers a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ControlBy {
    /// An adapter, started by this command of the shell.
    Exec(String),
}

fn control(text: &str) -> Result<ControlBy, String> {
    match text.split_once(':') {
        Some(("exec", command)) if !command.trim().is_empty() => {
            Ok(ControlBy::Exec(command.to_owned()))
        }
        _ => Err("exec:'COMMAND' is expected".to_owned()),
    }
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

/// Where the scenarios get their targets.
///
/// # Errors
///
/// When a file cannot be read, or is not the block that it is said to be, or an adapter does not
/// start.
pub(super) async fn source(args: &TargetArgs) -> anyhow::Result<Arc<dyn TargetSource>> {
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
    if let Some(ControlBy::Exec(command)) = &args.control {
        arguments.push(format!("--control exec:{}", quoted(command)));
        if let Some(target) = &args.target {
            arguments.push(format!("--target {target}"));
        }
        let held = held(args, &mut arguments)?;
        return Ok(Arc::new(
            AdapterSource::open(AdapterSettings {
                command: command.clone(),
                within: args.timeout,
                protocol: args.protocol.clone(),
                muxer: args.muxer,
                key_type: args.key_type,
                address: args.target.clone(),
                held,
                arguments,
            })
            .await?,
        ));
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
    let held = held(args, &mut arguments)?;
    Ok(Arc::new(RemoteSource {
        address: target.clone(),
        held,
        arguments,
    }))
}

/// For the shell, as one word.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The block that the target is said to hold.
fn held(args: &TargetArgs, arguments: &mut Vec<String>) -> anyhow::Result<Option<HeldBlock>> {
    Ok(match &args.holds {
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
    })
}

fn value_name(value: impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
