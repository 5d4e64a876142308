//! The glossary: the section of that name in the README.

use serde::Serialize;

const README: &str = include_str!("../../../README.md");

/// A term that reports use.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Term {
    /// The term.
    pub term: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Every term, in the order of the README: the rows of the table between the heading "Glossary"
/// and the next heading.
pub(super) fn terms() -> Vec<Term> {
    let lines = README.lines();
    lines
        .skip_while(|line| *line != "## Glossary")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(row)
        // The table's own heading, and the line below it.
        .skip(2)
        .collect()
}

fn row(line: &'static str) -> Option<Term> {
    let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (term, meaning) = cells.split_once(" | ")?;
    Some(Term { term, meaning })
}
