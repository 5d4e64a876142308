//! The command line program.

use std::io::{self, Write as _};
use std::process::ExitCode;

use blockexc::causes::with_causes;
use blockexc::cli::interruption::Interrupted;
use blockexc::cli::{
    CLOSED_PIPE, Exit, adapter, baseline, check, completions, conform, decode, get, node, observe,
    probe, put, report, simulate, spec, trace, tree, vectors,
};
use clap::{CommandFactory as _, Parser, Subcommand};
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
    Conform(Box<conform::ConformArgs>),
    Adapter(adapter::AdapterArgs),
    Spec(spec::SpecArgs),
    Check(Box<check::CheckArgs>),
    Simulate(simulate::SimulateArgs),
    Node(node::NodeArgs),
    Observe(Box<observe::ObserveArgs>),
    Probe(Box<probe::ProbeArgs>),
    Put(put::PutArgs),
    Trace(trace::TraceArgs),
    Get(get::GetArgs),
    Decode(decode::DecodeArgs),
    Tree(tree::TreeArgs),
    Vectors(vectors::VectorsArgs),
    Report(Box<report::ReportCommandArgs>),
    Baseline(baseline::BaselineArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
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
        .with_ansi(anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never)
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
        Command::Observe(args) => observe::run(args, &mut out),
        Command::Probe(args) => probe::run(args, &mut out),
        Command::Put(args) => put::run(args, &mut out),
        Command::Trace(args) => trace::run(args, &mut out),
        Command::Get(args) => get::run(args),
        Command::Decode(args) => decode::run(args, &mut out),
        Command::Tree(args) => tree::run(args, &mut out),
        Command::Vectors(args) => vectors::run(args, &mut out),
        Command::Report(args) => report::run(args, &mut out),
        Command::Baseline(args) => baseline::run(args, &mut out),
        Command::Completions(args) => {
            completions::completions(args, Arguments::command(), &mut out)
        }
        Command::Man(args) => completions::man(args, Arguments::command(), &mut out),
    };
    let ended = ended.and_then(|exit: Exit| {
        out.flush()?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Whoever reads the output has had enough, as `head` has: no error of ours.
            if is_closed_pipe(&error) {
                return CLOSED_PIPE.into();
            }
            anstream::eprintln!("error: {}", with_causes(error.as_ref()));
            match error.is::<Interrupted>() {
                true => Exit::Interrupted.into(),
                false => ExitCode::from(2),
            }
        }
    }
}

/// Whether nobody reads the output any more.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = || cause.downcast_ref::<serde_json::Error>()?.io_error_kind();
        io.or_else(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
