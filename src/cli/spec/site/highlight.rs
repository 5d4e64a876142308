//! Rust source as HTML in a few colours: comments, texts, keywords, types, names of functions and
//! numbers. That takes the letters of the language and no parser.

use regex::{Captures, Regex};

use super::links::{Links, escaped};

const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "false",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use",
    "where", "while",
];

/// Colours source text.
pub(super) struct Highlighter(Regex);

impl Highlighter {
    /// Ready to colour.
    ///
    /// # Errors
    ///
    /// Never, as long as the pattern is one.
    pub fn new() -> Result<Self, regex::Error> {
        // A lifetime stands before characters, which end in a second quote.
        let pattern = r#"(?<comment>//[^\n]*)|(?<text>b?"(?:\\.|[^"\\])*"|b?'(?:\\.|[^'\\])')|(?<lifetime>'[a-z_]\w*)|(?<number>\b[0-9]\w*)|(?<function>\bfn \w+)|(?<word>\b[A-Za-z_]\w*)"#;
        Regex::new(pattern).map(Highlighter)
    }

    /// The source as HTML; requirements that its comments name are links.
    pub fn rust(&self, source: &str, links: &Links) -> String {
        let mut html = String::new();
        let mut done = 0;
        for found in self.0.captures_iter(source) {
            let Some(whole) = found.get(0) else { continue };
            html.push_str(&escaped(&source[done..whole.start()]));
            html.push_str(&coloured(&found, whole.as_str(), links));
            done = whole.end();
        }
        html.push_str(&escaped(&source[done..]));
        html
    }
}

/// A piece of source in its colour.
fn coloured(found: &Captures<'_>, piece: &str, links: &Links) -> String {
    let is = |kind| found.name(kind).is_some();
    if is("comment") {
        return format!("<i class=\"co\">{}</i>", links.linked(piece));
    }
    if let Some(name) = found
        .name("function")
        .and_then(|_| piece.strip_prefix("fn "))
    {
        return format!("<b class=\"kw\">fn</b> <b class=\"fn\">{name}</b>");
    }
    let class = match piece.chars().next() {
        _ if is("text") => "tx",
        _ if is("number") => "nu",
        _ if is("lifetime") => "ty",
        Some(first) if first.is_uppercase() => "ty",
        _ if KEYWORDS.contains(&piece) => "kw",
        _ => return escaped(piece),
    };
    format!("<b class=\"{class}\">{}</b>", escaped(piece))
}
