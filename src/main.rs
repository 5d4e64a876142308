//! The command line program.

use std::io::Write as _;
use std::process::ExitCode;

use blockexc::cli::{Exit, conform, decode, spec, tree};
use clap::{Parser, Subcommand};

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
    Spec(spec::SpecArgs),
    Decode(decode::DecodeArgs),
    Tree(tree::TreeArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = anstream::stdout().lock();
    let ended = match &arguments.command {
        Command::Conform(args) => conform::run(args, &mut out),
        Command::Spec(args) => spec::run(args, &mut out),
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
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
