//! `blockexc completions` and `blockexc man`: what a shell and `man` read.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::Exit;
use super::results::write_file;

/// Print the completions for a shell
///
/// For example, for bash: blockexc completions bash > ~/.local/share/bash-completion/completions/blockexc
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Write the man pages into a folder, one for each command
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// The folder; it is made when it is not there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Prints the completions of this command.
///
/// # Errors
///
/// When writing fails.
pub fn completions(
    args: &CompletionsArgs,
    mut command: Command,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    // Made in memory, since the maker panics when writing fails.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "blockexc", &mut text);
    out.write_all(&text)?;
    Ok(Exit::Good)
}

/// Writes the man pages of this command and of those below it.
///
/// # Errors
///
/// When a file cannot be written, naming it.
pub fn man(args: &ManArgs, mut command: Command, out: &mut dyn Write) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(&args.folder)
        .with_context(|| format!("{} cannot be made", args.folder.display()))?;
    command.build();
    let mut pages = Vec::new();
    collect(command, &mut pages)?;
    for (name, page) in pages {
        let file = args.folder.join(format!("{name}.1"));
        write_file(&file, page)?;
        writeln!(out, "{}", file.display())?;
    }
    Ok(Exit::Good)
}

fn collect(command: Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for below in command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        collect(below.clone(), pages)?;
    }
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    pages.push((name, page));
    Ok(())
}
