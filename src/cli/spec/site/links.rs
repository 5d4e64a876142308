//! Where things stand in the site, and texts with links to them.

use blockexc_model::requirement::REQUIREMENTS;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use regex::Regex;

/// Turns the IDs of requirements in texts into links.
pub(super) struct Links {
    ids: Regex,
    headings: Regex,
    code: Regex,
}

impl Links {
    /// Ready to find IDs.
    ///
    /// # Errors
    ///
    /// Never, as long as the patterns are some.
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Links {
            ids: Regex::new(r"\b[A-Z]{3,4}-[0-9]+\b")?,
            headings: Regex::new("<(h[2-6])>([^\n]*?)</h[2-6]>")?,
            code: Regex::new("`([^`]+)`")?,
        })
    }

    /// Where a requirement stands, for templates.
    pub fn requirement(&self, id: &str) -> String {
        requirement_link(id)
    }

    /// The text as HTML; what stands between backticks is code.
    pub fn text(&self, text: &str) -> String {
        self.code
            .replace_all(&self.linked(text), "<code>$1</code>")
            .into_owned()
    }

    /// The text as HTML, with all its letters.
    pub fn linked(&self, text: &str) -> String {
        let link = |found: &regex::Captures<'_>| {
            let id = &found[0];
            match REQUIREMENTS.iter().any(|known| known.id == id) {
                true => format!("<a href=\"{}\">{id}</a>", requirement_link(id)),
                false => id.to_owned(),
            }
        };
        self.ids.replace_all(&escaped(text), link).into_owned()
    }

    /// A document in Markdown as HTML: without its comments, and with links to the pages of the site.
    pub fn markdown(&self, text: &str) -> String {
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
            Event::Text(text) if is_text => Some(Event::InlineHtml(self.text(&text).into())),
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
        let heading = |found: &regex::Captures<'_>| {
            let (tag, words) = (&found[1], &found[2]);
            format!("<{tag} id=\"{}\">{words}</{tag}>", anchor(words))
        };
        // A wide table is moved by itself, not with the page.
        self.headings
            .replace_all(&body, heading)
            .replace("<table>", "<div class=\"wide\"><table>")
            .replace("</table>", "</table></div>")
    }
}

/// The text with the letters that mean something in HTML written otherwise.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The page of the section of this name.
pub(super) fn section_file(name: &str) -> String {
    format!("{}.html", name.to_lowercase())
}

/// Where a requirement stands.
pub(super) fn requirement_link(id: &str) -> String {
    let section = id.split('-').next().unwrap_or_default();
    format!("{}#{id}", section_file(section))
}

/// The anchor of a term: its words.
pub(super) fn anchor(term: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric();
    let words = term
        .split(|letter| !is_word(letter))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
