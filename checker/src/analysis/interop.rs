//! Who can fetch from whom: each dialect against each, as data.
//!
//! One node asks, the other holds the block, from the start or from some time on; they connect,
//! may part once and connect again; either may handle the other's first message before it learns
//! of the connection. With retries, timers never tire: whatever is tried again and again goes
//! through in the end. Without, each want is pursued by what happens anyway.

use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::{DIALECTS, Dialect};
use serde::Serialize;

use crate::network::action::Action;
use crate::network::closed::Network;
use crate::network::interned::{InternedNetwork, Unfit};
use crate::network::limits::{Limits, Retries};
use crate::network::names::{Blocks, Cid, Peer};
use crate::network::role::Role;
use crate::network::state::State;
use crate::properties::{self, properties_of};
use crate::search::exploration::{Outcome, Verdict};
use crate::search::explorer::{Bounds, Explorer};
use crate::search::fair_cycles::{Fairness, fair_cycle};
use crate::search::property::Kind;
use crate::show::counterexample::{Counterexample, Loss};

use super::networks;

/// More states than any of these networks has: a search that meets this bound decides nothing.
const MOST_STATES: usize = 5_000_000;

/// When the holder comes to hold the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// It holds it from the start.
    Before,
    /// Its user stores it at some time.
    Later,
}

/// Whether a want of a block that a connected peer holds is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obtained {
    /// In every run in which nothing that must happen is put off for ever.
    Always,
    /// In some runs, and not in others.
    Sometimes,
    /// In none.
    Never,
    /// The search was stopped.
    Unknown,
}

/// A property that is violated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What it says.
    pub property: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// Whose step it is: the asker's or the holder's.
    pub by: &'static str,
    /// After how many steps.
    pub steps: usize,
}

/// What comes of one node asking another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The asker's dialect.
    pub asker: &'static str,
    /// The holder's dialect.
    pub holder: &'static str,
    /// Whether wants are pursued anew.
    pub retries: bool,
    /// When the holder comes to hold the block.
    pub held: Held,
    /// Whether the asker gets the block.
    pub obtained: Obtained,
    /// A way to lose it: the nearest to the start in a network so small.
    pub loss: Option<Loss>,
    /// How many states were searched.
    pub states: usize,
}

/// Which requirements a pair of dialects break towards each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Safety {
    /// The asker's dialect.
    pub asker: &'static str,
    /// The holder's dialect.
    pub holder: &'static str,
    /// What is violated, nearest first.
    pub violations: Vec<Violation>,
    /// Whether every state was seen.
    pub exhausted: bool,
}

/// What comes of it when a holder deletes the block that it has announced, and another peer stores
/// it, both of which follow the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LetDown {
    /// The asker's dialect.
    pub asker: &'static str,
    /// Whether the asker gets the block from the other peer, when wants are pursued anew.
    pub obtained: Obtained,
    /// A way to lose it.
    pub loss: Option<Loss>,
    /// How many states were searched.
    pub states: usize,
}

/// The whole table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The dialects, in order.
    pub dialects: Vec<&'static str>,
    /// Each asker with each holder, with and without retries, the block held before and later.
    pub progress: Vec<Cell>,
    /// Each asker with each holder.
    pub safety: Vec<Safety>,
    /// Each asker whose holder lets it down.
    pub let_down: Vec<LetDown>,
}

impl Table {
    /// Works the whole table out.
    ///
    /// # Errors
    ///
    /// When a network is too large to be put into numbers.
    pub fn new() -> Result<Self, Unfit> {
        let mut table = Table {
            dialects: DIALECTS.iter().map(|dialect| dialect.name).collect(),
            progress: Vec::new(),
            safety: Vec::new(),
            let_down: Vec::new(),
        };
        for asker in DIALECTS {
            table.let_down.push(let_down(asker)?);
            for holder in DIALECTS {
                for retries in [true, false] {
                    for held in [Held::Before, Held::Later] {
                        table.progress.push(cell(asker, holder, retries, held)?);
                    }
                }
                table.safety.push(safety(asker, holder)?);
            }
        }
        Ok(table)
    }

    /// One cell of the table.
    pub fn cell(&self, asker: &str, holder: &str, retries: bool, held: Held) -> Option<&Cell> {
        self.progress.iter().find(|cell| {
            cell.asker == asker
                && cell.holder == holder
                && cell.retries == retries
                && cell.held == held
        })
    }

    /// The table of progress as text, in Markdown: a line for each asker, a column for each holder.
    pub fn markdown(&self, retries: bool, held: Held) -> String {
        let mut text = String::from("| asker \\ holder |");
        for holder in &self.dialects {
            text.push_str(&format!(" {holder} |"));
        }
        text.push_str("\n| --- |");
        text.push_str(&" --- |".repeat(self.dialects.len()));
        for asker in &self.dialects {
            text.push_str(&format!("\n| {asker} |"));
            for holder in &self.dialects {
                let word = self
                    .cell(asker, holder, retries, held)
                    .map_or("?", |cell| cell.obtained.word());
                text.push_str(&format!(" {word} |"));
            }
        }
        text.push('\n');
        text
    }

    /// The table of askers that are let down as text, in Markdown.
    pub fn let_down_markdown(&self) -> String {
        let mut text = String::from("| asker | obtained from the other |\n| --- | --- |\n");
        for row in &self.let_down {
            text.push_str(&format!("| {} | {} |\n", row.asker, row.obtained.word()));
        }
        text
    }
}

impl Obtained {
    /// As a word of a table.
    pub fn word(self) -> &'static str {
        match self {
            Obtained::Always => "yes",
            Obtained::Sometimes => "not always",
            Obtained::Never => "no",
            Obtained::Unknown => "?",
        }
    }
}

/// The block that is asked for is a manifest, the one plain block that nodes with `manifests-only`
/// take. So in these networks they do not deviate in that way.
fn of_a_manifest(deviations: Deviations) -> Deviations {
    deviations.without(Deviation::ManifestsOnly)
}

/// An asker and a holder that may part once.
pub fn asker_and_holder(
    asker: Deviations,
    holder: Deviations,
    retries: bool,
    held: Held,
) -> Network {
    let blocks = Blocks::plain(1);
    let holding = Role::new(Setup::deviating(of_a_manifest(holder)));
    let roles = vec![
        Role::new(Setup::deviating(of_a_manifest(asker))).requesting(blocks.addresses()),
        match held {
            Held::Before => holding.holding(Cid(0)),
            Held::Later => holding.storing([Cid(0)]),
        },
    ];
    let limits = Limits {
        connects: 2,
        disconnects: 1,
        requests: 1,
        stores: u8::from(held == Held::Later),
        ..Limits::default()
    };
    let mut network = Network::new("asker and holder", blocks, roles, limits);
    if retries {
        network.retries = Retries::Unlimited { room: 2 };
    }
    network
}

fn cell(
    asker: &'static Dialect,
    holder: &'static Dialect,
    retries: bool,
    held: Held,
) -> Result<Cell, Unfit> {
    let network = asker_and_holder(asker.deviations, holder.deviations, retries, held);
    let found = progress(&network)?;
    Ok(Cell {
        asker: asker.name,
        holder: holder.name,
        retries,
        held,
        obtained: found.obtained,
        loss: found.loss.as_ref().map(Counterexample::loss),
        states: found.states,
    })
}

/// An asker and two peers that follow the specification: one holds the block and may delete it, the
/// other may store it.
pub fn asker_let_down(asker: Deviations) -> Network {
    let blocks = Blocks::plain(1);
    let roles = vec![
        Role::new(Setup::deviating(of_a_manifest(asker))).requesting(blocks.addresses()),
        Role::new(Setup::default())
            .holding(Cid(0))
            .deleting([Cid(0)]),
        Role::new(Setup::default()).storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 2,
        requests: 1,
        stores: 1,
        deletions: 1,
        ..Limits::default()
    };
    let mut network = Network::new("asker let down", blocks, roles, limits)
        .linked(vec![[Peer(0), Peer(1)], [Peer(0), Peer(2)]]);
    network.retries = Retries::Unlimited { room: 2 };
    network
}

fn let_down(asker: &'static Dialect) -> Result<LetDown, Unfit> {
    let network = asker_let_down(asker.deviations);
    let found = progress(&network)?;
    Ok(LetDown {
        asker: asker.name,
        obtained: found.obtained,
        loss: found.loss.as_ref().map(Counterexample::loss),
        states: found.states,
    })
}

/// What comes of the wants of a network.
pub struct Progress<'a> {
    /// Whether they are met.
    pub obtained: Obtained,
    /// A way not to be met.
    pub loss: Option<Counterexample<'a>>,
    /// How many states were searched.
    pub states: usize,
}

/// Whether each want of a block that a connected peer holds is met, in every fair run: a timer
/// that runs again and again goes off in the end.
///
/// # Errors
///
/// When the network is too large to be put into numbers.
pub fn progress(network: &Network) -> Result<Progress<'_>, Unfit> {
    let space = InternedNetwork::<18>::new(network)?;
    let owed = |state: &State| properties::is_owed(network, state);
    let mut list = properties::activity();
    list.retain(|property| property.name == properties::MET);
    list.push(properties::progress());
    let found = Explorer::new(&space, list)
        .bounded(Bounds {
            states: Some(MOST_STATES),
            ..Bounds::default()
        })
        .with_graph(&owed)
        .explore();
    let states = found.states;
    let Some(graph) = found
        .graph
        .as_ref()
        .filter(|_| found.outcome == Outcome::Exhausted)
    else {
        return Ok(Progress {
            obtained: Obtained::Unknown,
            loss: None,
            states,
        });
    };
    let verdicts = || found.findings.iter().map(|finding| finding.verdict);
    let met = verdicts().any(|verdict| matches!(verdict, Verdict::Seen(_)));
    let lasso = fair_cycle(graph, &network.obligations(Fairness::Strong));
    // Where the run just ends, the nearest such end; with retries none is the end.
    let end = verdicts().find_map(|verdict| match verdict {
        Verdict::Violated(state) if network.retries == Retries::Limited => Some(state),
        _ => None,
    });
    let obtained = match (&lasso, met) {
        (None, _) => Obtained::Always,
        (Some(_), true) => Obtained::Sometimes,
        (Some(_), false) => Obtained::Never,
    };
    Ok(Progress {
        obtained,
        loss: lasso.map(|lasso| match end {
            Some(end) => Counterexample::Closed {
                network,
                trail: found.trail(end),
                property: Some(properties::progress()),
                round: 0,
            },
            None => Counterexample::Closed {
                network,
                trail: found.trail_on(lasso.knot, &lasso.cycle),
                property: None,
                round: lasso.cycle.len(),
            },
        }),
        states,
    })
}

/// What the pair violates when each may be asked to do anything: reconnect, cancel, store, delete,
/// retry.
fn safety(asker: &'static Dialect, holder: &'static Dialect) -> Result<Safety, Unfit> {
    let network = networks::pair(
        &Setup::deviating(of_a_manifest(asker.deviations)),
        &Setup::deviating(of_a_manifest(holder.deviations)),
        Blocks::plain(1),
        1,
    );
    let space = InternedNetwork::<6>::new(&network)?;
    let mut list = properties_of(&network);
    list.retain(|property| property.kind == Kind::Always);
    let found = Explorer::new(&space, list)
        .bounded(Bounds {
            states: Some(MOST_STATES),
            ..Bounds::default()
        })
        .explore();
    let mut violations: Vec<Violation> = found
        .findings
        .iter()
        .filter_map(|finding| {
            let Verdict::Violated(state) = finding.verdict else {
                return None;
            };
            let trail = found.trail(state);
            let by = match trail.steps.last() {
                Some((Action::Act { node: Peer(0), .. }, _)) => "asker",
                Some((Action::Act { .. }, _)) => "holder",
                _ => "connection",
            };
            Some(Violation {
                property: finding.name,
                requirements: finding.requirements,
                by,
                steps: trail.steps.len(),
            })
        })
        .collect();
    violations.sort_by_key(|violation| violation.steps);
    Ok(Safety {
        asker: asker.name,
        holder: holder.name,
        violations,
        exhausted: found.outcome == Outcome::Exhausted,
    })
}
