//! The specification as a small site without a server: pages from the catalogue.

mod highlight;
mod life;
mod links;
mod parts;

use askama::Template;
use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use regex::Regex;

use super::entries::{DeviationEntry, DialectEntry};
use super::stepper;
use crate::vectors::vector::Vector;
use highlight::Highlighter;
use life::{LifePart, lives};
use links::Links;
use parts::{
    Charts, DialectPart, Entry, RequirementPart, SectionPart, TermPart, dialect_parts, drawing,
    entries, requirement_parts, section_parts, term_parts,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A page: the name of its file, and its text.
pub(super) type Page = (String, String);

macro_rules! pages {
    ($($name:ident, $path:literal { $($field:ident : $type:ty),* })*) => {
        $(
            #[derive(Template)]
            #[template(path = $path)]
            struct $name<'a> {
                version: &'static str,
                sections: &'a [SectionPart],
                links: &'a Links,
                $($field: $type,)*
            }
        )*
    };
}

pages! {
    Index, "spec/index.html" { entries: Vec<Entry> }
    OfSection, "spec/section.html" {
        section: &'a SectionPart,
        requirements: Vec<&'a RequirementPart>,
        charts: &'a Charts,
        highlighter: &'a Highlighter
    }
    Lives, "spec/life.html" { lives: Vec<LifePart> }
    Deviations, "spec/deviations.html" { deviations: Vec<DeviationEntry>, charts: &'a Charts }
    Dialects, "spec/dialects.html" { dialects: Vec<DialectPart>, interop: String }
    Coverage, "spec/coverage.html" { requirements: &'a [RequirementPart] }
    Glossary, "spec/glossary.html" { terms: Vec<TermPart> }
    Stepper, "spec/stepper.html" { data: String }
    Document, "spec/document.html" { title: &'static str, body: String }
}

/// All of it as one file, for those who paste.
#[derive(Template)]
#[template(path = "spec/whole.md", escape = "none")]
struct Whole<'a> {
    version: &'static str,
    sections: &'a [SectionPart],
    requirements: &'a [RequirementPart],
    dialects: Vec<DialectEntry>,
    terms: Vec<TermPart>,
}

const FINDINGS: &str = include_str!("../../../docs/findings.md");

/// Pages that stand in the repository: the file of the page, its title, and its text.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    ("findings.html", "Findings", FINDINGS),
    (
        "bittorrent.html",
        "Beside BitTorrent",
        include_str!("../../../docs/bittorrent.md"),
    ),
];

/// All pages.
///
/// # Errors
///
/// When a template cannot be filled in.
pub(super) fn pages(vectors: &[Vector]) -> anyhow::Result<Vec<Page>> {
    let version = VERSION;
    let links = &Links::new()?;
    let highlighter = &Highlighter::new()?;
    let charts = &Charts::new();
    let sections = &section_parts()[..];
    let requirements = &requirement_parts(vectors)[..];
    let mut pages = Vec::new();
    let mut add = |name: &str, text| pages.push((name.to_owned(), text));
    macro_rules! page {
        ($file:expr, $name:ident { $($field:tt)* }) => {
            add($file, $name { version, sections, links, $($field)* }.render()?)
        };
    }
    let entries = entries();
    page!("index.html", Index { entries });
    for section in sections {
        let requirements = requirements.iter();
        let requirements = requirements.filter(|part| part.is_of(section)).collect();
        page!(
            &section.file,
            OfSection {
                section,
                requirements,
                charts,
                highlighter
            }
        );
    }
    page!("life.html", Lives { lives: lives() });
    let deviations = Deviation::ALL
        .iter()
        .copied()
        .map(DeviationEntry::of)
        .collect();
    page!("deviations.html", Deviations { deviations, charts });
    let interop = links.markdown(chapter(FINDINGS, "Who can fetch from whom"));
    page!(
        "dialects.html",
        Dialects {
            dialects: dialect_parts(),
            interop
        }
    );
    page!("coverage.html", Coverage { requirements });
    page!(
        "glossary.html",
        Glossary {
            terms: term_parts()
        }
    );
    // Within a script element a `<` could end it.
    let data = serde_json::to_string(&stepper::walks())?.replace('<', "\\u003c");
    page!("stepper.html", Stepper { data });
    for (file, title, text) in DOCUMENTS {
        let body = links.markdown(text);
        page!(file, Document { title, body });
    }
    Ok(pages)
}

/// The chapter of this title, with its heading; nothing when there is none.
fn chapter<'a>(text: &'a str, title: &str) -> &'a str {
    let Some(start) = text.find(&format!("\n## {title}\n")) else {
        return "";
    };
    let rest = &text[start + 1..];
    let end = rest.find("\n## ").unwrap_or(rest.len());
    &rest[..end]
}

/// The specification as one text in Markdown.
///
/// # Errors
///
/// When the template cannot be filled in.
pub(super) fn markdown(vectors: &[Vector]) -> anyhow::Result<String> {
    let whole = Whole {
        version: VERSION,
        sections: &section_parts(),
        requirements: &requirement_parts(vectors),
        dialects: DIALECTS.iter().map(DialectEntry::of).collect(),
        terms: term_parts(),
    };
    // A template cannot well say where empty lines are too many.
    let many = Regex::new("\n{3,}")?;
    Ok(many.replace_all(&whole.render()?, "\n\n").into_owned())
}
