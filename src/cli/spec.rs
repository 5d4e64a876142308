//! `blockexc spec`: the catalogue of requirements, deviations and dialects, and the glossary.

mod entries;
mod glossary;
mod properties;
mod search;
mod show;

use std::io::Write;

use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{REQUIREMENTS, Section};
use blockexc_model::{Dialect, Requirement};
use clap::Args;

use super::Exit;
use crate::near::Unknown;
use crate::suite::scenario::Scenario;
use glossary::Term;

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
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What is to be shown of the specification.
#[derive(Clone, Debug, Default)]
struct Selection {
    requirements: Vec<&'static Requirement>,
    deviations: Vec<Deviation>,
    dialects: Vec<&'static Dialect>,
    scenarios: Vec<&'static Scenario>,
    terms: Vec<Term>,
}

impl Selection {
    fn is_empty(&self) -> bool {
        self.requirements.is_empty()
            && self.deviations.is_empty()
            && self.dialects.is_empty()
            && self.scenarios.is_empty()
            && self.terms.is_empty()
    }
}

/// Shows the catalogue, or a part of it.
///
/// # Errors
///
/// When there is nothing of the name, or writing fails.
pub fn run(args: &SpecArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let is_single = args
        .name
        .as_deref()
        .is_some_and(|name| section(name).is_none());
    let selection = select(args)?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &entries::document(&selection))?;
        writeln!(out)?;
    } else if is_single {
        show::in_full(&selection, out)?;
    } else {
        show::in_brief(&selection, out)?;
    }
    Ok(Exit::Good)
}

fn select(args: &SpecArgs) -> anyhow::Result<Selection> {
    if let Some(name) = &args.name {
        return Ok(by_name(name)?);
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

fn section(name: &str) -> Option<Section> {
    let mut sections = Section::ALL.iter().copied();
    sections.find(|section| section.name().eq_ignore_ascii_case(name))
}

fn by_name(name: &str) -> Result<Selection, Unknown> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let section = section(name);
    let requirements = REQUIREMENTS.iter();
    let deviations = Deviation::ALL.iter().copied();
    let found = Selection {
        requirements: requirements
            .filter(|known| is(known.id) || section == Some(known.section))
            .collect(),
        deviations: deviations.filter(|known| is(known.name())).collect(),
        dialects: DIALECTS.iter().filter(|known| is(known.name)).collect(),
        ..Selection::default()
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let sections = Section::ALL.iter().map(|section| section.name());
    let ids = REQUIREMENTS.iter().map(|known| known.id);
    let deviations = Deviation::ALL.iter().map(|known| known.name());
    let dialects = DIALECTS.iter().map(|known| known.name);
    let names = ids.chain(sections).chain(deviations).chain(dialects);
    Err(Unknown::new(
        "requirement, section, deviation or dialect",
        name,
        names,
        "`blockexc spec`, `spec --deviations` and `spec --dialects` list all",
    ))
}
