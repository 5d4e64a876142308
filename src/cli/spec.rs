//! `blockexc spec`: the catalogue of requirements, deviations and dialects, and the glossary.

mod entries;
mod glossary;
mod properties;
mod search;
mod selection;
mod show;
mod site;
mod stepper;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::REQUIREMENTS;
use clap::Args;

use super::Exit;
use super::results::{write_file, write_json, write_text};
use crate::vectors::vector;
use selection::Selection;

/// Show what the specification asks: all requirements, or all that is known of one
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0 shown, 2 there is nothing of this name.")]
pub struct SpecArgs {
    /// A requirement (WANT-10), a section (WANT), a deviation (presence-unbounded) or a dialect
    /// (codex-2025-06)
    #[arg(value_name = "NAME", group = "what")]
    name: Option<String>,
    /// Show what contains this text: requirements, deviations, dialects, scenarios and terms
    #[arg(long, value_name = "TEXT", group = "what")]
    search: Option<String>,
    /// List all deviations, with what they break
    #[arg(long, group = "what")]
    deviations: bool,
    /// List all dialects, with what they break
    #[arg(long, group = "what")]
    dialects: bool,
    /// Explain the terms that reports use
    #[arg(long, group = "what")]
    glossary: bool,
    /// Write it as JSON to this file, or - for the standard output
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write all of it as pages into this folder, which is made when it is not there
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["what", "json"])]
    html: Option<PathBuf>,
    /// Write all of it as Markdown to this file, or - for the standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["what", "json", "html"])]
    markdown: Option<PathBuf>,
}

/// Shows the catalogue, or a part of it.
///
/// # Errors
///
/// When there is nothing of the name, or writing fails.
pub fn run(args: &SpecArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(folder) = &args.html {
        return write_pages(folder, out);
    }
    if let Some(file) = &args.markdown {
        let vectors = vector::all().map_err(|error| anyhow::anyhow!(error))?;
        write_text(file, &site::markdown(&vectors)?, out)?;
        return Ok(Exit::Good);
    }
    let is_single = args
        .name
        .as_deref()
        .is_some_and(|name| selection::section(name).is_none());
    let selection = select(args)?;
    if let Some(file) = &args.json {
        write_json(file, &entries::document(&selection), out)?;
    } else if is_single {
        show::in_full(&selection, out)?;
    } else {
        show::in_brief(&selection, out)?;
    }
    Ok(Exit::Good)
}

fn write_pages(folder: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let vectors = vector::all().map_err(|error| anyhow::anyhow!(error))?;
    let pages = site::pages(&vectors)?;
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    for (name, text) in &pages {
        write_file(&folder.join(name), text)?;
    }
    writeln!(
        out,
        "{}: {} pages",
        folder.join("index.html").display(),
        pages.len()
    )?;
    Ok(Exit::Good)
}

fn select(args: &SpecArgs) -> anyhow::Result<Selection> {
    if let Some(name) = &args.name {
        return Ok(selection::named(name)?);
    }
    if let Some(text) = &args.search {
        let found = search::containing(text);
        anyhow::ensure!(!found.is_empty(), "nothing contains `{text}`");
        return Ok(found);
    }
    let mut selection = Selection::default();
    if args.deviations {
        selection.deviations = Deviation::ALL.to_vec();
    } else if args.dialects {
        selection.dialects = DIALECTS.iter().collect();
    } else if args.glossary {
        selection.terms = glossary::terms();
    } else {
        selection.requirements = REQUIREMENTS.iter().collect();
    }
    Ok(selection)
}
