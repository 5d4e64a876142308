//! [`Comparison`]: several results side by side.

use std::io::{self, Write};

use askama::Template;
use blockexc_model::requirement::REQUIREMENTS;

use super::style;
use super::words;
use crate::suite::verdict::{RunResult, Verdict};

/// One result, under a name.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The result.
    pub run: RunResult,
}

/// A requirement with its worst verdict in each column; nothing where it was not run.
struct Row {
    requirement: &'static str,
    text: &'static str,
    verdicts: Vec<Option<Verdict>>,
}

impl Row {
    fn differs(&self) -> bool {
        self.verdicts.iter().any(|it| *it != self.verdicts[0])
    }
}

/// Several results: requirements as rows, those that differ first.
#[derive(Template)]
#[template(path = "compare.html")]
pub struct Comparison {
    names: Vec<String>,
    targets: Vec<String>,
    conclusions: Vec<String>,
    rows: Vec<Row>,
    different: usize,
}

/// From the best to the worst.
fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skipped => 0,
        Verdict::Pass => 1,
        Verdict::Warning => 2,
        Verdict::Inconclusive => 3,
        Verdict::Fail => 4,
    }
}

fn word(verdict: &Option<Verdict>) -> String {
    verdict
        .as_ref()
        .map_or_else(|| "-".to_owned(), |verdict| verdict.to_string())
}

impl Comparison {
    /// Compares these.
    pub fn of(columns: &[Column]) -> Self {
        let worst = |run: &RunResult, id: &str| {
            let results = run.results.iter().filter(|it| it.requirement == id);
            results.map(|it| it.verdict).max_by_key(|it| badness(*it))
        };
        let mut rows: Vec<Row> = REQUIREMENTS
            .iter()
            .map(|requirement| Row {
                requirement: requirement.id,
                text: requirement.text,
                verdicts: columns
                    .iter()
                    .map(|column| worst(&column.run, requirement.id))
                    .collect(),
            })
            .filter(|row| row.verdicts.iter().any(Option::is_some))
            .collect();
        // The sort is stable: the order of the specification stays.
        rows.sort_by_key(|row| !row.differs());
        Comparison {
            names: columns.iter().map(|it| it.name.clone()).collect(),
            targets: columns.iter().map(|it| words::target(&it.run)).collect(),
            conclusions: columns
                .iter()
                .map(|it| words::conclusion(&it.run))
                .collect(),
            different: rows.iter().filter(|row| row.differs()).count(),
            rows,
        }
    }

    /// Whether this row is the first that is the same in all columns.
    fn is_first_same(&self, place: &usize) -> bool {
        *place == self.different
    }

    /// Writes the table for people.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for ((name, target), conclusion) in
            self.names.iter().zip(&self.targets).zip(&self.conclusions)
        {
            writeln!(out, "{name}: {target}. {conclusion}")?;
        }
        let widths: Vec<usize> = self
            .names
            .iter()
            .map(|it| it.chars().count().max(12))
            .collect();
        write!(out, "\n{:<10}", "")?;
        for (name, width) in self.names.iter().zip(&widths) {
            write!(out, " {name:<width$}")?;
        }
        writeln!(out)?;
        for (place, row) in self.rows.iter().enumerate() {
            if place == self.different && place > 0 {
                writeln!(out, "the same in all:")?;
            }
            write!(out, "{:<10}", row.requirement)?;
            for (verdict, width) in row.verdicts.iter().zip(&widths) {
                let style = verdict.map_or(style::FAINT, style::of);
                write!(out, " {style}{:<width$}{style:#}", word(verdict))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The table as Markdown.
    pub fn markdown(&self) -> String {
        use super::markdown::plain;
        let names: Vec<String> = self.names.iter().map(|name| plain(name)).collect();
        let mut text = String::new();
        for (name, (target, conclusion)) in
            names.iter().zip(self.targets.iter().zip(&self.conclusions))
        {
            text.push_str(&format!(
                "- **{name}**: {}. {}\n",
                plain(target),
                plain(conclusion)
            ));
        }
        text.push_str(&format!("\n| requirement | {} |\n", names.join(" | ")));
        text.push_str(&format!("| --- |{}\n", " --- |".repeat(names.len())));
        for row in &self.rows {
            let verdicts: Vec<String> = row.verdicts.iter().map(word).collect();
            let id = match row.differs() {
                true => format!("**{}**", row.requirement),
                false => row.requirement.to_owned(),
            };
            text.push_str(&format!("| {id} | {} |\n", verdicts.join(" | ")));
        }
        text
    }

    /// The table as an HTML page.
    ///
    /// # Errors
    ///
    /// When the template cannot be filled in.
    pub fn html(&self) -> anyhow::Result<String> {
        Ok(self.render()?)
    }
}
