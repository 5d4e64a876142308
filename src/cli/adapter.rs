//! `blockexc adapter`: tries adapters, which steer nodes for the suite.

use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Exit, runtime};
use crate::suite::adapter::check::{Checked, check};
use crate::suite::adapter::source::{AdapterSettings, AdapterSource};
use crate::suite::protocol_id::CODEX;
use crate::suite::source::TargetSource as _;
use crate::suite::target::Held;
use crate::suite::transport::KeyType;

/// Try an adapter, a program that steers a node for `conform --control`
///
/// docs/adapter.md says how to write one.
#[derive(Args, Clone, Debug)]
pub struct AdapterArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    /// Try each capability that the adapter announces once, and say what is wrong
    ///
    /// Exit code: 0 all is as it should be, 1 something is not, 2 the adapter does not start.
    Check {
        /// The command of the shell that starts the adapter
        command: String,
        /// The protocol's ID
        #[arg(long, value_name = "ID", default_value = CODEX)]
        protocol: String,
        /// How many seconds to wait for an answer
        #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = 1..=3600)]
        timeout: i64,
    },
}

/// Tries an adapter.
///
/// # Errors
///
/// When it does not start, or nothing can be written.
pub fn run(args: &AdapterArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Action::Check {
        command,
        protocol,
        timeout,
    } = &args.action;
    let within = Duration::from_secs(timeout.unsigned_abs());
    let checked = runtime()?.block_on(async {
        let source = AdapterSource::open(AdapterSettings {
            command: command.clone(),
            within,
            protocol: protocol.clone(),
            muxer: None,
            key_type: KeyType::Secp256k1,
            address: None,
            held: Held::default(),
            arguments: Vec::new(),
        })
        .await?;
        writeln!(out, "{}", source.describe().name)?;
        let checked = check(&source, protocol, within).await;
        source.end().await;
        anyhow::Ok(checked)
    })?;
    for Checked { what, found } in &checked {
        match found {
            Ok(None) => writeln!(out, "  ok     {what}")?,
            Ok(Some(remark)) => writeln!(out, "  ok     {what}: {remark}")?,
            Err(wrong) => writeln!(out, "  WRONG  {what}: {wrong}")?,
        }
    }
    let wrong = checked.iter().filter(|it| it.found.is_err()).count();
    if wrong == 0 {
        writeln!(out, "All that was tried is as it should be.")?;
        return Ok(Exit::Good);
    }
    writeln!(out, "{wrong} of {} are wrong.", checked.len())?;
    Ok(Exit::Bad)
}
