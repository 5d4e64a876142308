//! `blockexc spec`: the catalogue of requirements.

use std::io::Write;

use anyhow::bail;
use blockexc_model::Requirement;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{Observable, REQUIREMENTS, Section};
use clap::Args;

use super::Exit;
use crate::report::style::{FAINT, HEADLINE};
use crate::report::wrap::wrapped;
use crate::suite::scenario::Scenario;
use crate::suite::{scenarios, select};

/// Show what the specification asks: all of it, a section, or one requirement with all that is known of it
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0 shown, 2 there is no such requirement.")]
pub struct SpecArgs {
    /// A requirement, such as WANT-10, or a section, such as WANT
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Shows the catalogue, or a part of it.
///
/// # Errors
///
/// When there is no such requirement or section, or writing fails.
pub fn run(args: &SpecArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(id) = &args.id else {
        for section in Section::ALL {
            show_section(*section, out)?;
        }
        return Ok(Exit::Good);
    };
    let is = |name: &str| name.eq_ignore_ascii_case(id);
    if let Some(section) = Section::ALL.iter().find(|section| is(section.name())) {
        show_section(*section, out)?;
    } else if let Some(requirement) = REQUIREMENTS.iter().find(|requirement| is(requirement.id)) {
        show_requirement(requirement, out)?;
    } else {
        let sections = Section::ALL.iter().map(|section| section.name().to_owned());
        let ids = REQUIREMENTS
            .iter()
            .map(|requirement| requirement.id.to_owned());
        let near = select::near(id, ids.chain(sections));
        let near = if near.is_empty() {
            "`blockexc spec` lists all".to_owned()
        } else {
            format!("near it: {}", near.join(", "))
        };
        bail!("`{id}` is no requirement or section; {near}");
    }
    Ok(Exit::Good)
}

fn show_section(section: Section, out: &mut dyn Write) -> std::io::Result<()> {
    let name = section.name();
    writeln!(out, "{HEADLINE}{name}: {}{HEADLINE:#}", section.title())?;
    for requirement in REQUIREMENTS.iter().filter(|known| known.section == section) {
        let Requirement {
            id, level, text, ..
        } = requirement;
        writeln!(out, "  {id:<8} {level:<6} {}", wrapped(text, 18, 18))?;
    }
    writeln!(out)
}

fn show_requirement(requirement: &Requirement, out: &mut dyn Write) -> std::io::Result<()> {
    let Requirement {
        id,
        section,
        level,
        text,
        source,
        rationale,
        observable,
    } = requirement;
    writeln!(
        out,
        "{HEADLINE}{id} {level}{HEADLINE:#}  {FAINT}{}{FAINT:#}",
        section.title()
    )?;
    writeln!(out, "  {}", wrapped(text, 2, 2))?;
    writeln!(out, "source:     {source}")?;
    if !rationale.is_empty() {
        writeln!(out, "rationale:  {}", wrapped(rationale, 12, 12))?;
    }
    let ways: Vec<&str> = observable
        .iter()
        .map(|way| match way {
            Observable::Wire => "from the wire alone",
            Observable::Control => "from the wire, when the target can be steered",
            Observable::Dump => "from a dump of the target's contexts",
        })
        .collect();
    let ways = if ways.is_empty() {
        "not of a single node".to_owned()
    } else {
        ways.join("; ")
    };
    writeln!(out, "observable: {ways}")?;
    let deviations: Vec<_> = requirement.broken_by().collect();
    if !deviations.is_empty() {
        writeln!(out, "broken by:")?;
    }
    for deviation in deviations {
        let summary = wrapped(deviation.summary(), 33, 33);
        writeln!(out, "  {:<30} {summary}", deviation.name())?;
        let dialects: Vec<&str> = DIALECTS
            .iter()
            .filter(|dialect| dialect.deviations.contains(deviation))
            .map(|dialect| dialect.name)
            .collect();
        if !dialects.is_empty() {
            let dialects = dialects.join(", ");
            writeln!(out, "  {:<30} {FAINT}in {dialects}{FAINT:#}", "")?;
        }
    }
    let scenarios: Vec<&Scenario> = scenarios::all()
        .filter(|scenario| scenario.requirement_id() == *id)
        .collect();
    if !scenarios.is_empty() {
        writeln!(out, "checked by:")?;
    }
    for scenario in scenarios {
        let summary = wrapped(scenario.summary, 33, 33);
        writeln!(out, "  {:<30} {summary}", scenario.id)?;
        let expects = wrapped(scenario.expects, 35, 35);
        writeln!(out, "  {:<30} {FAINT}→ {expects}{FAINT:#}", "")?;
    }
    Ok(())
}
