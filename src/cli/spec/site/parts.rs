//! What the pages show of requirements, deviations and terms.

use std::collections::BTreeMap;

use blockexc_checker::analysis::breaches::{Breach, of_all, out_of_reach};
use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{Level, REQUIREMENTS, Section};
use blockexc_model::source::{self, Function};

use super::links::{anchor, requirement_link, section_file};
use crate::cli::spec::entries::{DeviationEntry, DialectEntry, RequirementEntry};
use crate::cli::spec::glossary;
use crate::cli::threads;
use crate::vectors::files::WITHOUT;
use crate::vectors::vector::Vector;

/// A section, and its page.
pub(super) struct SectionPart {
    pub name: &'static str,
    pub title: &'static str,
    pub file: String,
}

/// All sections.
pub(super) fn section_parts() -> Vec<SectionPart> {
    let sections = Section::ALL.iter();
    sections
        .map(|section| SectionPart {
            name: section.name(),
            title: section.title(),
            file: section_file(section.name()),
        })
        .collect()
}

/// A requirement with all that is known of it.
pub(super) struct RequirementPart {
    pub entry: RequirementEntry,
    pub vectors: Vec<(String, String)>,
    /// Why there are no vectors.
    pub without: &'static str,
    pub rules: Vec<Rule>,
}

impl RequirementPart {
    /// Whether it belongs to this section.
    pub fn is_of(&self, section: &SectionPart) -> bool {
        self.entry.id.split('-').next() == Some(section.name)
    }

    /// Where no property of the checker stands for it, what does.
    pub fn without_property(&self) -> String {
        let RequirementEntry {
            reach, reach_of, ..
        } = self.entry;
        match reach_of.is_empty() {
            true => reach.to_owned(),
            false => format!("{reach}: {reach_of}"),
        }
    }

    /// Why no function of the model meets it: it is met elsewhere, or nowhere.
    pub fn without_rule(&self) -> &'static str {
        match self.entry.shell.is_empty() {
            true => "asks nothing of a node's state",
            false => "met where bytes and connections are handled",
        }
    }

    /// Why no deviation breaks it.
    pub fn without_deviation(&self) -> &'static str {
        match self.entry.level {
            Level::May => "a permission cannot be broken",
            _ => "no implementation is known to break it",
        }
    }

    /// Why no scenario tests it.
    pub fn without_scenario(&self) -> &'static str {
        match self.entry.observable.is_empty() {
            true => "it cannot be seen in a single node",
            false => "a permission cannot be failed",
        }
    }
}

/// Every requirement, in the order of the specification.
pub(super) fn requirement_parts(vectors: &[Vector]) -> Vec<RequirementPart> {
    let requirements = REQUIREMENTS.iter();
    requirements
        .map(|requirement| {
            let id = requirement.id;
            let entry = RequirementEntry::of(requirement);
            let mine = vectors.iter().filter(|vector| vector.requirement.id == id);
            let without = WITHOUT.iter().find(|(known, _)| *known == id);
            RequirementPart {
                vectors: mine
                    .map(|vector| (vector.id.clone(), vector.summary.clone()))
                    .collect(),
                without: without.map_or("", |(_, reason)| reason),
                rules: entry.model.iter().map(rule).collect(),
                entry,
            }
        })
        .collect()
}

/// A function of the model, as it is written.
pub(super) struct Rule {
    pub name: &'static str,
    pub place: String,
    pub text: String,
}

/// A function with its documentation: from the comment before it to the brace that ends it.
fn rule(function: &Function) -> Rule {
    let file = source::RULES.iter().find(|file| file.path == function.file);
    let lines: Vec<&str> = file.map_or("", |file| file.text).lines().collect();
    let signature = function.line.saturating_sub(1).min(lines.len());
    let is_comment = |line: &&&str| line.trim_start().starts_with("///");
    let comments = lines[..signature]
        .iter()
        .rev()
        .take_while(is_comment)
        .count();
    let first = lines.get(signature).copied().unwrap_or_default();
    let indent = &first[..first.len() - first.trim_start().len()];
    let last = format!("{indent}}}");
    let mut body = lines[signature..].iter();
    let body = body.position(|line| **line == last || *line == first && first.ends_with('}'));
    let end = body.map_or(lines.len(), |length| signature + length + 1);
    Rule {
        name: function.name,
        place: format!("{}:{}", function.file, function.line),
        text: lines[signature - comments..end].join("\n"),
    }
}

/// The shortest ways in which deviations break requirements.
pub(super) struct Charts(BTreeMap<&'static str, Vec<Breach>>);

impl Charts {
    /// All of them: the checker looks for each.
    pub fn new() -> Self {
        let all = of_all(threads(None)).into_iter();
        Charts(
            all.map(|(deviation, ways)| (deviation.name(), ways))
                .collect(),
        )
    }

    /// How this deviation breaks this requirement.
    pub fn of(&self, deviation: &str, requirement: &str) -> Option<&Breach> {
        let mut breaches = self.0.get(deviation)?.iter();
        breaches.find(|breach| breach.requirement == requirement)
    }

    /// Why there is no chart of this deviation.
    pub fn without(&self, deviation: &str) -> &'static str {
        let mut deviations = Deviation::ALL.iter();
        let known = deviations.find(|known| known.name() == deviation);
        let reason = known.and_then(|known| out_of_reach(*known));
        reason.unwrap_or("no property of the checker stands for this; the scenarios and vectors do")
    }
}

/// A dialect, and what its nodes do otherwise.
pub(super) struct DialectPart {
    pub entry: DialectEntry,
    pub deviations: Vec<DeviationEntry>,
}

/// Every dialect.
pub(super) fn dialect_parts() -> Vec<DialectPart> {
    let dialects = DIALECTS.iter();
    dialects
        .map(|dialect| DialectPart {
            entry: DialectEntry::of(dialect),
            deviations: dialect.deviations.iter().map(DeviationEntry::of).collect(),
        })
        .collect()
}

/// The chart as a part of a page.
pub(super) fn drawing(breach: &Breach) -> String {
    breach
        .chart
        .svg()
        .replace(" xmlns=\"http://www.w3.org/2000/svg\"", "")
}

/// A term that reports use.
pub(super) struct TermPart {
    pub term: &'static str,
    pub meaning: &'static str,
    pub anchor: String,
}

/// Every term.
pub(super) fn term_parts() -> Vec<TermPart> {
    let terms = glossary::terms().into_iter();
    terms
        .map(|term| TermPart {
            term: term.term,
            meaning: term.meaning,
            anchor: anchor(term.term),
        })
        .collect()
}

/// Something that can be searched for.
pub(super) struct Entry {
    pub name: String,
    pub link: String,
    pub text: String,
    pub words: String,
}

/// Pages that the search finds beside what stands on them: a name, a link, and what is there.
const PAGES: &[(&str, &str, &str)] = &[
    (
        "The life of a context",
        "life.html#context",
        "Which events record a want or a presence record in a peer's context, and which end them.",
    ),
    (
        "The life of an own want",
        "life.html#want",
        "From the request to the block: who is asked, who is asked next, and how it ends.",
    ),
    (
        "Step through it",
        "stepper.html",
        "Play two peers and a node by hand, with and without a deviation.",
    ),
    (
        "Who can fetch from whom",
        "dialects.html#Who-can-fetch-from-whom",
        "Which dialects obtain blocks from which, as the model checker finds.",
    ),
    (
        "When exactly is a want list updated?",
        "findings.html#When-exactly-is-a-want-list-updated",
        "What changes in the want list of a peer and in the node's own, by event.",
    ),
    (
        "Beside BitTorrent",
        "bittorrent.html",
        "The contexts compared with BitTorrent's choke, interested and have.",
    ),
    (
        "Coverage",
        "coverage.html",
        "The rules, properties, scenarios, deviations and vectors of each requirement.",
    ),
];

/// What the search finds.
pub(super) fn entries() -> Vec<Entry> {
    let entry = |name: &str, link: String, text: &str, more: &str| Entry {
        name: name.to_owned(),
        link,
        text: text.to_owned(),
        words: format!("{name} {text} {more}").to_lowercase(),
    };
    let requirements = REQUIREMENTS.iter().map(|one| {
        let link = requirement_link(one.id);
        entry(one.id, link, one.text, one.rationale)
    });
    let deviations = Deviation::ALL.iter().map(|one| {
        let link = format!("deviations.html#{}", one.name());
        entry(one.name(), link, one.summary(), &one.breaks().join(" "))
    });
    let dialects = DIALECTS.iter().map(|one| {
        let link = format!("dialects.html#{}", one.name);
        entry(one.name, link, one.about, "")
    });
    let terms = glossary::terms().into_iter().map(|term| {
        let link = format!("glossary.html#{}", anchor(term.term));
        entry(term.term, link, term.meaning, "")
    });
    let pages = PAGES
        .iter()
        .map(|(name, link, text)| entry(name, (*link).to_owned(), text, ""));
    requirements
        .chain(deviations)
        .chain(dialects)
        .chain(terms)
        .chain(pages)
        .collect()
}
