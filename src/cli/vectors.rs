//! `blockexc vectors`: the specification as data, for a codec, a tree or a state machine.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};

use super::Exit;
use super::results::write_file;
use crate::vectors::files;

/// Write vectors for a codec, a tree or a state machine in any language, or run them
///
/// vectors/README.md describes them.
#[derive(Args, Clone, Debug)]
pub struct VectorsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    /// Write all vectors and their manifest into a folder
    Write {
        /// The folder; it is made when it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Writes vectors, or runs them.
///
/// # Errors
///
/// When a file cannot be written.
pub fn run(args: &VectorsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Action::Write { folder } = &args.action;
    let files = files::all().map_err(|error| anyhow!(error))?;
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    for file in &files {
        write_file(&folder.join(file.name), &file.text)?;
        let vectors: usize = file.counts.values().sum();
        writeln!(
            out,
            "{:<16} {vectors:>5} vectors, {} bytes",
            file.name,
            file.text.len()
        )?;
    }
    Ok(Exit::Good)
}
