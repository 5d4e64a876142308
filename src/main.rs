//! The command line program.

use std::io::Write as _;
use std::process::ExitCode;

use blockexc::causes::with_causes;
use blockexc::cli::{
    Exit, adapter, check, conform, decode, get, node, probe, put, simulate, spec, trace, tree,
};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// An executable specification of the Codex block exchange's peer contexts, and a conformance
/// suite for nodes that speak it
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Conform(conform::ConformArgs),
    Adapter(adapter::AdapterArgs),
    Spec(spec::SpecArgs),
    Check(Box<check::CheckArgs>),
    Simulate(simulate::SimulateArgs),
    Node(node::NodeArgs),
    Probe(Box<probe::ProbeArgs>),
    Put(put::PutArgs),
    Trace(trace::TraceArgs),
    Get(get::GetArgs),
    Decode(decode::DecodeArgs),
    Tree(tree::TreeArgs),
}

/// Blocks and states come and go in great numbers: a gibibyte of blocks takes a tenth less time
/// with this allocator than with the system's, and so do the model checker's configurations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // What a node refuses is for whoever runs one; the suite reports what its targets do.
    let usual = match &arguments.command {
        Command::Node(_) => "blockexc=info",
        _ => "off",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| usual.into()))
        .with_writer(std::io::stderr)
        .init();
    // Not locked: a command may write by a thread of its own.
    let mut out = anstream::stdout();
    let ended = match &arguments.command {
        Command::Conform(args) => conform::run(args, &mut out),
        Command::Adapter(args) => adapter::run(args, &mut out),
        Command::Spec(args) => spec::run(args, &mut out),
        Command::Check(args) => check::run(args, &mut out),
        Command::Simulate(args) => simulate::run(args, &mut out),
        Command::Node(args) => node::run(args, &mut out),
        Command::Probe(args) => probe::run(args, &mut out),
        Command::Put(args) => put::run(args, &mut out),
        Command::Trace(args) => trace::run(args, &mut out),
        Command::Get(args) => get::run(args),
        Command::Decode(args) => decode::run(args, &mut out),
        Command::Tree(args) => tree::run(args, &mut out),
    };
    let ended = ended.and_then(|exit: Exit| {
        out.flush()?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Whoever reads the output has had enough, as `head` has: no error of ours.
            if let Some(io) = error.downcast_ref::<std::io::Error>()
                && io.kind() == std::io::ErrorKind::BrokenPipe
            {
                return ExitCode::SUCCESS;
            }
            anstream::eprintln!("error: {}", with_causes(error.as_ref()));
            ExitCode::from(2)
        }
    }
}
