//! The specification as a small site without a server: pages from the catalogue.

use askama::Template;
use blockexc_model::deviation::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{REQUIREMENTS, Section};
use blockexc_model::source::{self, Function};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use regex::Regex;

use super::entries::{DeviationEntry, DialectEntry, RequirementEntry};
use super::{glossary, stepper};
use crate::vectors::files::WITHOUT;
use crate::vectors::vector::Vector;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A page: the name of its file, and its text.
pub(super) type Page = (String, String);

/// A section, and its page.
struct SectionPart {
    name: &'static str,
    title: &'static str,
    file: String,
}

/// A requirement with all that is known of it.
struct RequirementPart {
    entry: RequirementEntry,
    vectors: Vec<(String, String)>,
    without: &'static str,
    rules: Vec<Rule>,
}

impl RequirementPart {
    fn is_of(&self, section: &SectionPart) -> bool {
        self.entry.id.split('-').next() == Some(section.name)
    }
}

/// A function of the model, as it is written.
struct Rule {
    name: &'static str,
    place: String,
    text: String,
}

/// Something that can be searched for.
struct Entry {
    name: String,
    link: String,
    text: String,
    words: String,
}

struct TermPart {
    term: &'static str,
    meaning: &'static str,
    anchor: String,
}

/// Turns the IDs of requirements in texts into links.
struct Links(Regex);

impl Links {
    /// The text as HTML.
    fn text(&self, text: &str) -> String {
        let escaped = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let link = |found: &regex::Captures<'_>| {
            let id = &found[0];
            match REQUIREMENTS.iter().any(|known| known.id == id) {
                true => format!("<a href=\"{}\">{id}</a>", requirement_link(id)),
                false => id.to_owned(),
            }
        };
        self.0.replace_all(&escaped, link).into_owned()
    }
}

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
    OfSection, "spec/section.html" { section: &'a SectionPart, requirements: Vec<&'a RequirementPart> }
    Deviations, "spec/deviations.html" { deviations: Vec<DeviationEntry> }
    Dialects, "spec/dialects.html" { dialects: Vec<DialectEntry> }
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

/// Pages that stand in the repository: the file of the page, its title, and its text.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    (
        "findings.html",
        "Findings",
        include_str!("../../../docs/findings.md"),
    ),
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
    let links = &Links(Regex::new(r"\b[A-Z]{3,4}-[0-9]+\b")?);
    let sections = &section_parts()[..];
    let requirements = requirement_parts(vectors);
    let mut pages = Vec::new();
    let index = Index {
        version,
        sections,
        links,
        entries: entries(),
    };
    pages.push(("index.html".to_owned(), index.render()?));
    for section in sections {
        let requirements = requirements.iter();
        let requirements = requirements.filter(|part| part.is_of(section)).collect();
        let page = OfSection {
            version,
            sections,
            links,
            section,
            requirements,
        };
        pages.push((section.file.clone(), page.render()?));
    }
    let deviations = Deviation::ALL
        .iter()
        .map(|one| DeviationEntry::of(*one))
        .collect();
    let page = Deviations {
        version,
        sections,
        links,
        deviations,
    };
    pages.push(("deviations.html".to_owned(), page.render()?));
    let dialects = DIALECTS.iter().map(DialectEntry::of).collect();
    let page = Dialects {
        version,
        sections,
        links,
        dialects,
    };
    pages.push(("dialects.html".to_owned(), page.render()?));
    let page = Coverage {
        version,
        sections,
        links,
        requirements: &requirements,
    };
    pages.push(("coverage.html".to_owned(), page.render()?));
    let page = Glossary {
        version,
        sections,
        links,
        terms: term_parts(),
    };
    pages.push(("glossary.html".to_owned(), page.render()?));
    // Within a script element a `<` could end it.
    let data = serde_json::to_string(&stepper::walks())?.replace('<', "\\u003c");
    let page = Stepper {
        version,
        sections,
        links,
        data,
    };
    pages.push(("stepper.html".to_owned(), page.render()?));
    for (file, title, text) in DOCUMENTS {
        let page = Document {
            version,
            sections,
            links,
            title,
            body: from_markdown(text, links),
        };
        pages.push(((*file).to_owned(), page.render()?));
    }
    Ok(pages)
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

fn section_parts() -> Vec<SectionPart> {
    let sections = Section::ALL.iter();
    sections
        .map(|section| SectionPart {
            name: section.name(),
            title: section.title(),
            file: section_file(section.name()),
        })
        .collect()
}

fn requirement_parts(vectors: &[Vector]) -> Vec<RequirementPart> {
    let requirements = REQUIREMENTS.iter();
    requirements
        .map(|requirement| {
            requirement_part(requirement.id, RequirementEntry::of(requirement), vectors)
        })
        .collect()
}

fn term_parts() -> Vec<TermPart> {
    let terms = glossary::terms().into_iter();
    terms
        .map(|term| TermPart {
            term: term.term,
            meaning: term.meaning,
            anchor: anchor(term.term),
        })
        .collect()
}

/// A document as HTML: without its comments, and with links to the pages of the site.
fn from_markdown(text: &str, links: &Links) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    // Not within code or a link.
    let mut is_text = true;
    let events = events.filter_map(|event| match event {
        Event::Html(_) | Event::InlineHtml(_) => None,
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            is_text = false;
            Some(Event::Start(Tag::Link {
                link_type,
                dest_url: dest_url.replace(".md", ".html").into(),
                title,
                id,
            }))
        }
        Event::Text(text) if is_text => Some(Event::InlineHtml(links.text(&text).into())),
        event => {
            match event {
                Event::Start(Tag::CodeBlock(_)) => is_text = false,
                Event::End(TagEnd::CodeBlock | TagEnd::Link) => is_text = true,
                _ => {}
            }
            Some(event)
        }
    });
    let mut body = String::new();
    html::push_html(&mut body, events);
    body
}

fn section_file(name: &str) -> String {
    format!("{}.html", name.to_lowercase())
}

fn requirement_link(id: &str) -> String {
    let section = id.split('-').next().unwrap_or_default();
    format!("{}#{id}", section_file(section))
}

fn anchor(term: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric();
    let words = term
        .split(|letter| !is_word(letter))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn requirement_part(id: &str, entry: RequirementEntry, vectors: &[Vector]) -> RequirementPart {
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
    let body = lines[signature..]
        .iter()
        .position(|line| matches!(*line, "}" | "    }"));
    let end = body.map_or(lines.len(), |length| signature + length + 1);
    Rule {
        name: function.name,
        place: format!("{}:{}", function.file, function.line),
        text: lines[signature - comments..end].join("\n"),
    }
}

/// What the search finds.
fn entries() -> Vec<Entry> {
    let entry = |name: &str, link: String, text: &str| Entry {
        name: name.to_owned(),
        link,
        text: text.to_owned(),
        words: format!("{name} {text}").to_lowercase(),
    };
    let requirements = REQUIREMENTS
        .iter()
        .map(|one| entry(one.id, requirement_link(one.id), one.text));
    let deviations = Deviation::ALL.iter().map(|one| {
        let link = format!("deviations.html#{}", one.name());
        entry(one.name(), link, one.summary())
    });
    let dialects = DIALECTS
        .iter()
        .map(|one| entry(one.name, format!("dialects.html#{}", one.name), one.about));
    let terms = glossary::terms().into_iter().map(|term| {
        let link = format!("glossary.html#{}", anchor(term.term));
        entry(term.term, link, term.meaning)
    });
    requirements
        .chain(deviations)
        .chain(dialects)
        .chain(terms)
        .collect()
}
