//! What the documentation says was found, as text that is worked out anew: so that a test can hold
//! the documentation to it.

use std::collections::BTreeMap;
use std::fmt::Write;

use blockexc_model::deviating::Setup;
use blockexc_model::dialect::{DIALECTS, Dialect};

use crate::network::interned::{InternedNetwork, Unfit};
use crate::network::names::Blocks;
use crate::network::open::OpenNetwork;
use crate::properties::{self, properties_of};
use crate::search::exploration::Verdict;
use crate::search::explorer::{Bounds, Explorer};
use crate::search::property::Kind;
use crate::show::counterexample::Loss;

use super::changes::{Change, Occasion, changes};
use super::interop::{Held, Table};
use super::networks;
use super::questions::{Evidence, STATEMENTS};

/// A part of the documentation, by the name that stands in its markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its name.
    pub name: String,
    /// What stands between the markers: Markdown.
    pub text: String,
}

/// The line before a block of this name.
pub fn begins(name: &str) -> String {
    format!("<!-- worked out: {name} -->")
}

/// The line after a block.
pub const ENDS: &str = "<!-- end -->";

/// Puts these blocks between their markers; what is outside of markers stays.
pub fn fill_in(page: &str, blocks: &[Block]) -> String {
    let mut filled = String::new();
    let mut inside = false;
    for line in page.lines() {
        if line == ENDS {
            inside = false;
        }
        if !inside {
            filled.push_str(line);
            filled.push('\n');
        }
        if let Some(block) = blocks.iter().find(|block| begins(&block.name) == line) {
            inside = true;
            let _ = write!(filled, "\n{}\n", block.text);
        }
    }
    filled
}

/// All blocks.
///
/// # Errors
///
/// When a network is too large to be put into numbers.
pub fn blocks() -> Result<Vec<Block>, Unfit> {
    let mut blocks = Vec::new();
    for statement in STATEMENTS {
        blocks.push(Block {
            name: statement.name.to_owned(),
            text: evidence(statement.claim, &statement.evidence()?),
        });
    }
    let table = Table::new()?;
    for (name, retries, held) in [
        ("interop, retries, held before", true, Held::Before),
        ("interop, retries, held later", true, Held::Later),
        ("interop, no retries, held before", false, Held::Before),
        ("interop, no retries, held later", false, Held::Later),
    ] {
        blocks.push(Block {
            name: name.to_owned(),
            text: table.markdown(retries, held),
        });
    }
    blocks.push(Block {
        name: "interop, let down".to_owned(),
        text: table.let_down_markdown(),
    });
    if let Some(loss) = table.let_down.iter().find_map(|row| row.loss.as_ref()) {
        blocks.push(Block {
            name: "interop, let down: a loss".to_owned(),
            text: run(loss),
        });
    }
    blocks.push(Block {
        name: "when lists change".to_owned(),
        text: list_changes(),
    });
    for dialect in DIALECTS {
        if !dialect.deviations.is_empty() {
            blocks.push(Block {
                name: format!("what {} breaks", dialect.name),
                text: broken_by(dialect)?,
            });
        }
    }
    Ok(blocks)
}

fn evidence(claim: &str, evidence: &Evidence) -> String {
    let mut text = format!("{claim}\n\n");
    match evidence {
        Evidence::Proof { states } => {
            let _ = writeln!(text, "Proof: all of {states} states were searched.");
        }
        Evidence::Run(loss) => text.push_str(&run(loss)),
        Evidence::Nothing => text.push_str("Nothing was found.\n"),
    }
    text
}

fn run(loss: &Loss) -> String {
    let mut text = String::from("Run:\n\n");
    let before = loss.steps.len() - loss.round;
    for (number, step) in (1..).zip(&loss.steps) {
        let again = if number > before {
            " (again and again)"
        } else {
            ""
        };
        let _ = writeln!(text, "{number}. {step}{again}");
    }
    text
}

fn list_changes() -> String {
    let networks: Vec<OpenNetwork> = networks::open_networks(&Setup::default());
    let seen = changes(&networks);
    let mut by_occasion: BTreeMap<Occasion, Vec<Change>> = BTreeMap::new();
    for (occasion, change) in seen.keys() {
        by_occasion.entry(*occasion).or_default().push(*change);
    }
    let mut text = String::from("| when | what changes |\n| --- | --- |\n");
    for (occasion, changes) in by_occasion {
        let changes: Vec<&str> = changes.into_iter().map(Change::words).collect();
        let _ = writeln!(text, "| {} | {} |", occasion.words(), changes.join("; "));
    }
    text
}

/// So many states of each open network are searched for what a dialect breaks: what it breaks is
/// near.
const NEAR: usize = 2_000;

/// The nearest violation of each requirement.
fn broken_by(dialect: &Dialect) -> Result<String, Unfit> {
    let setup = Setup::deviating(dialect.deviations);
    let mut nearest: BTreeMap<&'static str, (usize, &'static str, String)> = BTreeMap::new();
    let mut note = |requirements: &[&'static str], steps, name, place: &str| {
        for requirement in requirements {
            let known = nearest.get(requirement);
            if known.is_none_or(|(before, ..)| steps < *before) {
                nearest.insert(requirement, (steps, name, place.to_owned()));
            }
        }
    };
    for network in networks::open_networks(&setup) {
        let found = Explorer::new(&network, properties::open(&network))
            .bounded(Bounds {
                states: Some(NEAR),
                ..Bounds::default()
            })
            .explore();
        for finding in &found.findings {
            if let Verdict::Violated(state) = finding.verdict {
                let steps = found.trail_length(state);
                note(finding.requirements, steps, finding.name, &network.name);
            }
        }
    }
    let reference = Setup::default();
    for (place, asker, holder) in [
        ("a pair", &setup, &setup),
        ("a pair, the holder is the reference", &setup, &reference),
        ("a pair, the asker is the reference", &reference, &setup),
    ] {
        let network = networks::pair(asker, holder, Blocks::plain(1), 1);
        let space = InternedNetwork::<6>::new(&network)?;
        let mut list = properties_of(&network);
        list.retain(|property| property.kind == Kind::Always);
        let found = Explorer::new(&space, list).explore();
        for finding in &found.findings {
            if let Verdict::Violated(state) = finding.verdict {
                let steps = found.trail_length(state);
                note(finding.requirements, steps, finding.name, place);
            }
        }
    }
    let mut text = String::from(
        "| requirement | steps | what is violated | where |\n| --- | --- | --- | --- |\n",
    );
    for (requirement, (steps, name, place)) in nearest {
        let _ = writeln!(text, "| {requirement} | {steps} | {name} | {place} |");
    }
    Ok(text)
}
