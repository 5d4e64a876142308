//! The specification on a terminal.

use std::io::{self, Write};

use blockexc_model::Requirement;
use blockexc_model::deviation::Layer;
use blockexc_model::requirement::{Observable, Section};
use blockexc_model::source::Function;

use super::entries::{DeviationEntry, DialectEntry, RequirementEntry, ScenarioEntry};
use super::glossary::Term;
use super::selection::Selection;
use crate::report::style::{FAINT, HEADLINE};
use crate::report::wrap::wrapped;

/// Everything that is known of each thing selected.
pub(super) fn in_full(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    for requirement in &selection.requirements {
        show_requirement(&RequirementEntry::of(requirement), out)?;
    }
    for deviation in &selection.deviations {
        show_deviation(&DeviationEntry::of(*deviation), out)?;
    }
    for dialect in &selection.dialects {
        show_dialect(&DialectEntry::of(dialect), out)?;
    }
    Ok(())
}

/// A line or two for each thing selected.
pub(super) fn in_brief(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    list_requirements(&selection.requirements, out)?;
    if !selection.deviations.is_empty() {
        headline("Deviations", out)?;
        for deviation in &selection.deviations {
            let entry = DeviationEntry::of(*deviation);
            item(entry.name, entry.summary, out)?;
            let breaks = match entry.breaks {
                [] => "breaks nothing: the specification leaves this open".to_owned(),
                ids => format!("breaks {}", ids.join(", ")),
            };
            below(&breaks, out)?;
        }
        writeln!(out)?;
    }
    if !selection.dialects.is_empty() {
        headline("Dialects", out)?;
        for dialect in &selection.dialects {
            let entry = DialectEntry::of(dialect);
            item(
                entry.name,
                &format!("{} ({})", entry.about, entry.evidence),
                out,
            )?;
            let breaks = match entry.breaks.as_slice() {
                [] => "breaks nothing".to_owned(),
                broken => {
                    let ids: Vec<&str> = broken.iter().map(|broken| broken.id).collect();
                    format!("breaks {}", ids.join(", "))
                }
            };
            below(&breaks, out)?;
        }
        writeln!(out)?;
    }
    if !selection.scenarios.is_empty() {
        headline("Scenarios", out)?;
        for scenario in &selection.scenarios {
            item(scenario.id, scenario.summary, out)?;
            below(&format!("→ {}", scenario.expects), out)?;
        }
        writeln!(out)?;
    }
    if !selection.terms.is_empty() {
        headline("Terms", out)?;
        for Term { term, meaning } in &selection.terms {
            item(term, meaning, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn list_requirements(requirements: &[&Requirement], out: &mut dyn Write) -> io::Result<()> {
    for section in Section::ALL {
        let mut of_section = requirements
            .iter()
            .filter(|requirement| requirement.section == *section)
            .peekable();
        if of_section.peek().is_none() {
            continue;
        }
        headline(&format!("{}: {}", section.name(), section.title()), out)?;
        for requirement in of_section {
            let Requirement {
                id, level, text, ..
            } = requirement;
            writeln!(out, "  {id:<8} {level:<6} {}", wrapped(text, 18, 18))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn show_requirement(entry: &RequirementEntry, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{HEADLINE}{} {}{HEADLINE:#}  {FAINT}{}{FAINT:#}",
        entry.id, entry.level, entry.section
    )?;
    writeln!(out, "  {}", wrapped(entry.text, 2, 2))?;
    writeln!(out, "source:     {}", entry.source)?;
    if !entry.rationale.is_empty() {
        writeln!(out, "rationale:  {}", wrapped(entry.rationale, 12, 12))?;
    }
    writeln!(out, "observable: {}", ways(entry.observable))?;
    for (place, functions) in [
        ("in the model:", &entry.model),
        ("in the engine:", &entry.engine),
        ("in the shell:", &entry.shell),
    ] {
        show_functions(place, functions, out)?;
    }
    let known = match entry.reach_of {
        "" => entry.reach.to_owned(),
        why => format!("{} ({why})", entry.reach),
    };
    writeln!(out, "how far:    {}", wrapped(&known, 12, 12))?;
    if !entry.properties.is_empty() {
        writeln!(out, "properties:")?;
        for property in &entry.properties {
            writeln!(out, "  {}", wrapped(property, 2, 2))?;
        }
    }
    if !entry.broken_by.is_empty() {
        writeln!(out, "broken by:")?;
    }
    for deviation in &entry.broken_by {
        item(deviation.name, deviation.summary, out)?;
        if !deviation.dialects.is_empty() {
            below(&format!("in {}", deviation.dialects.join(", ")), out)?;
        }
    }
    if !entry.scenarios.is_empty() {
        writeln!(out, "checked by:")?;
    }
    for ScenarioEntry {
        id,
        summary,
        expects,
    } in &entry.scenarios
    {
        item(id, summary, out)?;
        below(&format!("→ {expects}"), out)?;
    }
    Ok(())
}

fn ways(observable: &[Observable]) -> String {
    let ways: Vec<&str> = observable
        .iter()
        .map(|way| match way {
            Observable::Wire => "from the wire alone",
            Observable::Control => "from the wire, when the target can be steered",
            Observable::Dump => "from a dump of the target's contexts",
        })
        .collect();
    if ways.is_empty() {
        "not of a single node".to_owned()
    } else {
        ways.join("; ")
    }
}

fn show_deviation(entry: &DeviationEntry, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEADLINE}{}{HEADLINE:#}", entry.name)?;
    writeln!(out, "  {}", wrapped(entry.summary, 2, 2))?;
    if entry.breaks.is_empty() {
        writeln!(out, "breaks nothing: the specification leaves this open")?;
    } else {
        writeln!(out, "breaks:")?;
    }
    for requirement in entry.breaks.iter().filter_map(|id| Requirement::find(id)) {
        let Requirement {
            id, level, text, ..
        } = requirement;
        writeln!(out, "  {id:<8} {level:<6} {}", wrapped(text, 18, 18))?;
    }
    let layer = match entry.layer {
        Layer::Model => "in the model:",
        Layer::Shell => "in the shell:",
    };
    writeln!(out, "{layer}")?;
    for place in &entry.places {
        show_function(&place.function, out)?;
        if let Some(rule) = &place.replaces {
            below(&format!("instead of {}:{}", rule.file, rule.line), out)?;
        }
    }
    if entry.dialects.is_empty() {
        writeln!(out, "in no dialect")
    } else {
        writeln!(out, "in the dialects {}", entry.dialects.join(", "))
    }
}

fn show_dialect(entry: &DialectEntry, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEADLINE}{}{HEADLINE:#}", entry.name)?;
    writeln!(out, "  {}", wrapped(entry.about, 2, 2))?;
    writeln!(out, "  known: {}", entry.evidence)?;
    if entry.breaks.is_empty() {
        writeln!(out, "breaks nothing")?;
    } else {
        writeln!(out, "breaks:")?;
    }
    for broken in &entry.breaks {
        let text = Requirement::find(broken.id).map_or("", |requirement| requirement.text);
        writeln!(
            out,
            "  {:<8} {:<6} {}",
            broken.id,
            broken.level,
            wrapped(text, 18, 18)
        )?;
        let deviations = broken.deviations.join(", ");
        let deviations = format!("by {deviations}");
        writeln!(
            out,
            "{:18}{FAINT}{}{FAINT:#}",
            "",
            wrapped(&deviations, 18, 18)
        )?;
    }
    if !entry.permitted.is_empty() {
        writeln!(out, "and does what the specification leaves open:")?;
        for name in &entry.permitted {
            writeln!(out, "  {name}")?;
        }
    }
    Ok(())
}

fn show_functions(place: &str, functions: &[Function], out: &mut dyn Write) -> io::Result<()> {
    if functions.is_empty() {
        return Ok(());
    }
    writeln!(out, "{place}")?;
    for function in functions {
        show_function(function, out)?;
    }
    Ok(())
}

fn show_function(function: &Function, out: &mut dyn Write) -> io::Result<()> {
    let Function { file, line, name } = function;
    writeln!(out, "  {name:<30} {file}:{line}")
}

fn headline(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEADLINE}{text}{HEADLINE:#}")
}

fn item(name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {name:<30} {}", wrapped(text, 33, 33))
}

/// More of the item above.
fn below(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  {:<30} {FAINT}{}{FAINT:#}",
        "",
        wrapped(text, 35, 35)
    )
}
