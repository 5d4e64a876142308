//! `blockexc probe`: what can be seen of a node, and what the suite could do with it.

use std::io::Write;

use clap::Args;
use libp2p::Multiaddr;

use super::conform::target::{TargetArgs, source};
use super::{Exit, runtime};
use crate::suite::coverage::{Piece, additions, runnable};
use crate::suite::look::Look;
use crate::suite::probe::look_at;
use crate::suite::scenario::Scenario;
use crate::suite::scenarios;
use crate::suite::transport::Muxer;

/// Look at a node, and say what conform would run
///
/// Exit code: 0 the node speaks the protocol, and serves what --holds names; 2 it does not, or nobody
/// is there.
#[derive(Args, Clone, Debug)]
pub struct ProbeArgs {
    /// Where the node is
    #[arg(value_name = "MULTIADDR", conflicts_with_all = ["foreign", "dialect", "deviation"])]
    node: Option<Multiaddr>,
    #[command(flatten)]
    target: TargetArgs,
}

/// Looks, and tells.
///
/// # Errors
///
/// When nobody is there, or they speak another protocol.
pub fn run(args: &ProbeArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut target = args.target.clone();
    target.target = target.target.or_else(|| args.node.clone());
    let plan = target.plan(scenarios::all().collect(), 0);
    let runtime = runtime()?;
    let (look, offers) = runtime.block_on(async {
        let source = source(&target).await?;
        let look = look_at(source.as_ref(), &plan).await;
        source.end().await;
        anyhow::Ok((look?, source.offers()))
    })?;
    write_look(&look, &plan.protocol, out)?;
    let all: Vec<&Scenario> = plan.scenarios.clone();
    let runs = runnable(&offers, &all);
    writeln!(out, "conform would run {runs} of {} scenarios", all.len())?;
    for addition in additions(&offers, &all) {
        let piece = match addition.piece {
            Piece::Held => "with a block that it holds, named with --holds".to_owned(),
            Piece::HeldLeaves => {
                "with a dataset that it holds, its tree named with --holds".to_owned()
            }
            Piece::Capability(capability) => format!("with a control that can {capability}"),
            Piece::Option(option) => {
                format!(
                    "with a control that starts it with the option `{}`",
                    option.name()
                )
            }
        };
        writeln!(out, "  {piece}: {} more", addition.more)?;
    }
    if look.held == Some(false) {
        writeln!(out, "the target does not serve what --holds names")?;
        return Ok(Exit::CouldNotTell);
    }
    Ok(Exit::Good)
}

fn write_look(look: &Look, protocol: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "address    {}", look.address)?;
    match &look.identity {
        Ok(identity) => {
            let unknown = "it does not say";
            writeln!(
                out,
                "agent      {}",
                identity.agent.as_deref().unwrap_or(unknown)
            )?;
            writeln!(
                out,
                "key        {}",
                identity.key_type.as_deref().unwrap_or(unknown)
            )?;
            writeln!(out, "protocols  {}", identity.protocols.join(" "))?;
        }
        Err(why) => writeln!(out, "identify   {why}")?,
    }
    let muxers = look.muxers.iter().map(|muxer| match muxer {
        Muxer::Yamux => "yamux",
        Muxer::Mplex => "mplex",
    });
    writeln!(out, "muxers     {}", muxers.collect::<Vec<_>>().join(" "))?;
    writeln!(out, "speaks     {protocol}")?;
    writeln!(
        out,
        "answers    {}",
        match look.answer {
            None => "no WantHave for a block that does not exist",
            Some(answer) if answer.on_our_stream => "a WantHave, on the stream that it came on",
            Some(_) => "a WantHave, on a stream of its own",
        }
    )?;
    if let Some(held) = look.held {
        let held = if held { "serves" } else { "does not serve" };
        writeln!(out, "holds      {held} what --holds names")?;
    }
    let payment = if look.asks_for_payment {
        "it asks for payment"
    } else {
        "it has not asked for any"
    };
    writeln!(out, "payment    {payment}")?;
    Ok(())
}
